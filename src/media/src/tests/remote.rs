//! Files of other servers.

use ruma::{ServerName, server_name};
use store::{backup, testing::each};

use super::*;
use crate::{ContentHash, Method, Wanted};

const DAY: Duration = Duration::from_secs(86_400);

fn other() -> &'static ServerName {
    server_name!("other.example")
}

impl World {
    async fn keep(&self, id: &str, bytes: &[u8]) -> Result<()> {
        let mut incoming = self.media.begin_remote();
        for chunk in bytes.chunks(10_000) {
            incoming.write(chunk).await?;
        }
        self.media.keep_remote(other(), id, incoming, label("text/plain")).await
    }

    async fn cached(&self, id: &str) -> Result<Option<Vec<u8>>> {
        match self.media.cached(other(), id, false).await? {
            Some(file) => Ok(Some(read(file, 0, u64::MAX).await)),
            None => Ok(None),
        }
    }
}

#[tokio::test]
async fn what_was_fetched_is_there_until_nobody_asks_for_it() {
    each(async |database| {
        let world = World::with(database, |config| config.remote_cache_days = 3);
        assert_eq!(world.cached("small").await.unwrap(), None);
        world.keep("small", b"hello").await.unwrap();
        world.keep("large", &noise(200_000, 0)).await.unwrap();
        assert_eq!(world.cached("small").await.unwrap().as_deref(), Some(&b"hello"[..]));
        assert!(world.cached("large").await.unwrap() == Some(noise(200_000, 0)));
        assert_eq!(world.cached("nothing").await.unwrap(), None);
        assert_eq!(word(world.download("small").await), "not found", "it is not one of ours");
        for _ in 0..3 {
            world.clock.advance(DAY);
            assert!(world.cached("small").await.unwrap().is_some());
            world.media.housekeeping().await.unwrap();
        }
        world.clock.advance(DAY / 2);
        world.media.housekeeping().await.unwrap();
        assert!(world.cached("small").await.unwrap().is_some());
        assert_eq!(world.cached("large").await.unwrap(), None);
        assert_eq!(world.files().len(), 0, "the file is gone, too");
    })
    .await;
}

#[tokio::test]
async fn what_is_too_much_goes_least_used_first() {
    each(async |database| {
        let world = World::with(database, |config| (config.remote_cache_mb, config.max_remote_mb) = (2, 1));
        for (seed, id) in [(1, "one"), (2, "two"), (3, "three")] {
            world.keep(id, &noise(600_000, seed)).await.unwrap();
            world.clock.advance(DAY);
        }
        world.cached("one").await.unwrap();
        world.keep("four", &noise(600_000, 4)).await.unwrap();
        world.media.housekeeping().await.unwrap();
        let mut there = Vec::new();
        for id in ["one", "two", "three", "four"] {
            there.push(world.cached(id).await.unwrap().is_some());
        }
        assert_eq!(there, [true, false, true, true]);
        assert_eq!(world.media.cached_bytes(), 1_800_000);
        // It is bounded also between two housekeepings.
        for (seed, id) in (10..20).zip(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]) {
            world.keep(id, &noise(600_000, seed)).await.unwrap();
        }
        assert!(world.files().len() <= 5, "{:?}", world.files());
        assert_eq!(word(world.keep("huge", &noise(1_100_000, 9)).await), "too large");
    })
    .await;
}

#[tokio::test]
async fn it_shares_its_content_with_ours() {
    each(async |database| {
        let world = World::with(database, |config| config.remote_cache_days = 1);
        let bytes = noise(100_000, 0);
        let own = world.upload(&bytes).await.unwrap();
        world.keep("same", &bytes).await.unwrap();
        assert_eq!(world.files().len(), 1);
        world.clock.advance(2 * DAY);
        world.media.housekeeping().await.unwrap();
        assert_eq!(world.cached("same").await.unwrap(), None);
        assert!(world.download(&own).await.unwrap() == bytes);
        world.keep("same", &bytes).await.unwrap();
        world.media.delete(&crate::Which::Id(own)).await.unwrap();
        assert!(world.cached("same").await.unwrap() == Some(bytes));
    })
    .await;
}

#[tokio::test]
async fn operators_put_it_away() {
    each(async |database| {
        let world = World::open(database);
        world.keep("bad", b"bad").await.unwrap();
        let which = world.media.which("mxc://other.example/bad").unwrap();
        world.media.quarantine(&which).await.unwrap();
        assert_eq!(word(world.cached("bad").await), "not found");
        assert_eq!(word(world.keep("again", b"bad").await), "not found");
        world.media.end_quarantine(&which).await.unwrap();
        assert!(world.cached("bad").await.unwrap().is_some());
        world.media.delete(&which).await.unwrap();
        assert_eq!(world.cached("bad").await.unwrap(), None);
        assert_eq!(word(world.media.delete(&which).await), "not found");
    })
    .await;
}

#[tokio::test]
async fn strangers_get_what_came_while_that_was_wished() {
    each(async |database| {
        let mut world = World::open(database);
        world.keep("early", b"early").await.unwrap();
        world.media.config.open_downloads = true;
        world.keep("late", b"late").await.unwrap();
        assert_eq!(word(world.media.cached(other(), "early", true).await), "not found");
        assert!(world.media.cached(other(), "late", true).await.unwrap().is_some());
        assert!(world.media.cached(other(), "never", true).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn thumbnails_are_made_here_and_go_with_it() {
    each(async |database| {
        let world = World::with(database, |config| config.remote_cache_days = 1);
        let wanted = Wanted { width: 32, height: 32, method: Method::Crop, animated: false };
        assert!(world.media.cached_thumbnail(other(), "picture", wanted, false).await.unwrap().is_none());
        world.keep("picture", &super::pictures::picture(300, 200, 255, image::ImageFormat::Png)).await.unwrap();
        let made = world.media.cached_thumbnail(other(), "picture", wanted, false).await.unwrap().unwrap();
        assert!(made.size > 0 && made.content_type.starts_with("image/"));
        world.clock.advance(2 * DAY);
        world.media.housekeeping().await.unwrap();
        assert!(world.media.cached_thumbnail(other(), "picture", wanted, false).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn backups_leave_it_out() {
    each(async |database| {
        let target = database.target.clone();
        let world = World::open(database);
        world.keep("picture", &super::pictures::picture(300, 200, 255, image::ImageFormat::Png)).await.unwrap();
        world.keep("large", &noise(100_000, 7)).await.unwrap();
        let wanted = Wanted { width: 32, height: 32, method: Method::Crop, animated: false };
        world.media.cached_thumbnail(other(), "picture", wanted, false).await.unwrap().unwrap();
        let lines = |text: Vec<u8>| String::from_utf8(text).unwrap();
        let mut text = Vec::new();
        backup::write(&target, &[], &world.folder, &mut text).unwrap();
        let without = lines(text);
        assert!(
            !without.contains("other.example") && !without.contains(&ContentHash::of(&noise(100_000, 7)).to_string())
        );
        let rows = |text: &str| text.lines().filter(|line| line.starts_with('[')).count();
        let before = rows(&without);
        let own = world.upload(&noise(100_000, 7)).await.unwrap();
        let mut text = Vec::new();
        backup::write(&target, &[], &world.folder, &mut text).unwrap();
        let with = lines(text);
        assert!(with.contains(&own) && with.contains(&ContentHash::of(&noise(100_000, 7)).to_string()));
        assert!(rows(&with) > before);
    })
    .await;
}
