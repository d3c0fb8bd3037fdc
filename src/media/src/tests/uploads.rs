//! Up and down.

use store::testing::each;

use super::*;
use crate::upload::SMALL;

#[tokio::test]
async fn files_of_every_size_come_back() {
    each(async |database| {
        let world = World::open(database);
        for size in [0, 1, SMALL, SMALL + 1, 256 * 1_024, 256 * 1_024 + 1, 1_500_000, 2 << 20] {
            let bytes = noise(size, 0);
            let id = world.upload(&bytes).await.unwrap();
            assert!(world.download(&id).await.unwrap() == bytes, "{size}");
            let file = world.media.download(&id, Duration::ZERO).await.unwrap();
            assert_eq!((file.content_type.as_str(), file.file_name.as_deref()), ("text/plain", Some("name.txt")));
        }
        assert_eq!(world.files().len(), 5);
    })
    .await
}

#[tokio::test]
async fn parts_are_the_right_ones() {
    each(async |database| {
        let world = World::open(database);
        for bytes in [noise(1_000, 1), noise(600_000, 1)] {
            let id = world.upload(&bytes).await.unwrap();
            let length = bytes.len();
            for (start, end) in [(0, length), (1, 2), (length - 10, length), (100, length - 100), (5, 5), (9, 4)] {
                let file = world.media.download(&id, Duration::ZERO).await.unwrap();
                let expected = bytes.get(start..end).unwrap_or_default();
                assert!(read(file, start as u64, end as u64).await == expected, "{start}..{end} of {length}");
            }
            let file = world.media.download(&id, Duration::ZERO).await.unwrap();
            assert_eq!(read(file, 0, u64::MAX).await.len(), length);
        }
    })
    .await
}

#[tokio::test]
async fn the_same_bytes_are_kept_once_and_go_with_their_last_file() {
    each(async |database| {
        let world = World::open(database);
        for bytes in [noise(1_000, 2), noise(100_000, 2)] {
            let (one, other) = (world.upload(&bytes).await.unwrap(), world.upload_by(bob(), &bytes).await.unwrap());
            assert_ne!(one, other);
            assert!(world.files().len() <= 1);
            world.media.delete(&world.media.which(&one).unwrap()).await.unwrap();
            assert_eq!(word(world.download(&one).await), "not found");
            assert!(world.download(&other).await.unwrap() == bytes);
            world.media.delete(&world.media.which(&other).unwrap()).await.unwrap();
            assert_eq!(world.files().len(), 0);
        }
    })
    .await
}

#[tokio::test]
async fn what_is_too_large_or_broken_off_leaves_nothing() {
    each(async |database| {
        let world = World::open(database);
        assert_eq!(word(world.media.begin_upload(alice(), Some((2 << 20) + 1)).await), "too large");
        assert_eq!(word(world.upload(&noise((2 << 20) + 1, 3)).await), "too large");
        let mut incoming = world.media.begin_upload(alice(), None).await.unwrap();
        incoming.write(&noise(1_000_000, 3)).await.unwrap();
        incoming.write(&noise(500_000, 3)).await.unwrap();
        drop(incoming);
        // The last block may still be on its way.
        for _ in 0..6_000 {
            if world.files().is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(world.files(), Vec::<PathBuf>::new());
    })
    .await
}

#[tokio::test]
async fn strange_ids_are_not_found() {
    each(async |database| {
        let world = World::open(database);
        for id in ["", "nothing", "../../etc/passwd", "ü", "a b", &"a".repeat(5_000)] {
            assert_eq!(word(world.download(id).await), "not found", "{id:.20}");
        }
    })
    .await
}

#[tokio::test]
async fn what_was_uploaded_openly_stays_open() {
    each(async |database| {
        let world = World::with(database, |config| config.open_downloads = true);
        let id = world.upload(b"open").await.unwrap();
        assert_eq!(word(world.media.download_open(&id).await), "fine");
    })
    .await;
    each(async |database| {
        let world = World::open(database);
        let id = world.upload(b"closed").await.unwrap();
        assert_eq!(word(world.media.download_open(&id).await), "not found");
    })
    .await
}

#[tokio::test]
async fn a_lost_file_is_not_found() {
    each(async |database| {
        let world = World::open(database);
        let id = world.upload(&noise(100_000, 4)).await.unwrap();
        world.files().iter().for_each(|file| std::fs::remove_file(file).unwrap());
        assert_eq!(word(world.download(&id).await), "not found");
        // The next upload of the same bytes mends it.
        world.upload(&noise(100_000, 4)).await.unwrap();
        assert_eq!(world.download(&id).await.unwrap().len(), 100_000);
    })
    .await
}

#[tokio::test]
async fn files_without_a_row_are_collected_when_they_are_old() {
    each(async |database| {
        let world = World::open(database);
        let kept = world.upload(&noise(100_000, 5)).await.unwrap();
        let lost = world.upload(&noise(100_000, 6)).await.unwrap();
        let id = lost.clone();
        world.store.write(move |tx| store::media::deletion::delete(tx, &id).map(drop)).await.unwrap();
        assert_eq!(world.files().len(), 2);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        world.clock.set(now.as_millis() as u64);
        assert_eq!(world.media.collect().await.unwrap(), 0);
        world.clock.advance(Duration::from_secs(2 * 3_600));
        assert_eq!(world.media.collect().await.unwrap(), 1);
        assert_eq!(world.files().len(), 1);
        assert_eq!(world.download(&kept).await.unwrap().len(), 100_000);
        std::fs::write(world.folder.incoming().join("left-over"), "x").unwrap();
        world.folder.remove_unfinished().unwrap();
        assert_eq!(world.files().len(), 1);
    })
    .await
}
