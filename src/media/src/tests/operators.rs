//! What operators do to files.

use store::testing::each;

use super::*;
use crate::{ContentHash, Which};

#[tokio::test]
async fn nobody_gets_what_is_quarantined_and_nobody_uploads_it_again() {
    each(async |database| {
        let world = World::open(database);
        for bytes in [noise(1_000, 0), noise(100_000, 0)] {
            let (one, other) = (world.upload(&bytes).await.unwrap(), world.upload_by(bob(), &bytes).await.unwrap());
            let which = world.media.which(&format!("mxc://example.org/{one}")).unwrap();
            let hash = world.media.quarantine(&which).await.unwrap();
            assert_eq!(hash, ContentHash::of(&bytes));
            for id in [&one, &other] {
                assert_eq!(word(world.download(id).await), "not found");
                assert!(world.media.file(id).await.unwrap().quarantined);
            }
            assert_eq!(word(world.upload(&bytes).await), "forbidden");
            world.media.end_quarantine(&Which::Content(hash)).await.unwrap();
            assert!(world.download(&other).await.unwrap() == bytes);
            world.upload(&bytes).await.unwrap();
        }
    })
    .await
}

#[tokio::test]
async fn a_quarantine_outlives_what_it_is_about() {
    each(async |database| {
        let world = World::open(database);
        for bytes in [noise(1_000, 0), noise(100_000, 0)] {
            let id = world.upload(&bytes).await.unwrap();
            let which = Which::Content(ContentHash::of(&bytes));
            world.media.quarantine(&which).await.unwrap();
            assert_eq!(world.media.delete(&which).await.unwrap().files, 1);
            assert_eq!(word(world.media.delete(&which).await), "not found");
            assert_eq!(word(world.media.file(&id).await), "not found");
            assert_eq!(world.files().len(), 0);
            assert_eq!(word(world.upload(&bytes).await), "forbidden");
            world.media.end_quarantine(&which).await.unwrap();
            let id = world.upload(&bytes).await.unwrap();
            assert!(world.download(&id).await.unwrap() == bytes);
            world.media.delete(&which).await.unwrap();
        }
    })
    .await
}

#[tokio::test]
async fn a_content_can_be_kept_out_before_it_comes() {
    each(async |database| {
        let world = World::open(database);
        for bytes in [noise(1_000, 0), noise(100_000, 0)] {
            let which = world.media.which(&ContentHash::of(&bytes).to_string()).unwrap();
            world.media.quarantine(&which).await.unwrap();
            assert_eq!(word(world.upload(&bytes).await), "forbidden");
            world.media.end_quarantine(&which).await.unwrap();
            world.upload(&bytes).await.unwrap();
        }
    })
    .await
}

#[tokio::test]
async fn everything_of_a_user_goes_or_is_put_away() {
    each(async |database| {
        let world = World::open(database);
        let ids: Vec<String> = {
            let mut ids = Vec::new();
            for n in 0..3 {
                world.clock.advance(Duration::from_secs(1));
                ids.push(world.upload(&noise(40_000, n)).await.unwrap());
            }
            ids
        };
        let bobs = world.upload_by(bob(), b"bob's").await.unwrap();
        let (files, total) = world.media.files_of(alice(), 1, 10).await.unwrap();
        let found: Vec<&str> = files.iter().map(|file| file.media_id.as_str()).collect();
        assert_eq!((found, total), (vec![ids[1].as_str(), ids[0].as_str()], 3));
        assert_eq!(world.media.files("", 10).await.unwrap().len(), 4);
        assert_eq!(world.media.quarantine_user(alice()).await.unwrap(), 3);
        assert_eq!(word(world.download(&ids[0]).await), "not found");
        assert_eq!(word(world.download(&bobs).await), "fine");
        assert_eq!(world.media.delete_files_of(alice()).await.unwrap().len(), 3);
        assert_eq!((world.files().len(), world.media.files_of(alice(), 0, 10).await.unwrap().1), (0, 0));
    })
    .await
}

#[tokio::test]
async fn what_is_meant_must_be_clear() {
    each(async |database| {
        let world = World::open(database);
        for bad in ["", "mxc://elsewhere.org/a/c", "mxc://example.org", "mxc://example.org/../x", "a b"] {
            assert_eq!(word(world.media.which(bad)), "invalid", "{bad}");
        }
        assert_eq!(word(world.media.quarantine(&Which::Id("nothing".into())).await), "not found");
        assert_eq!(word(world.media.delete(&Which::Id("nothing".into())).await), "not found");
    })
    .await
}
