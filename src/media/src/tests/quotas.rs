//! How much one may upload.

use store::testing::each;

use super::*;

#[tokio::test]
async fn nobody_has_more_bytes_than_allowed() {
    each(async |database| {
        let world = World::with(database, |config| config.user_quota_mb = 1);
        let id = world.upload(&noise(700_000, 0)).await.unwrap();
        assert_eq!(word(world.media.begin_upload(alice(), Some(700_000)).await), "forbidden");
        // Also where the length is not announced, and where the content is known.
        assert_eq!(word(world.upload(&noise(700_000, 0)).await), "forbidden");
        world.upload(&noise(10_000, 0)).await.unwrap();
        world.upload_by(bob(), &noise(700_000, 0)).await.unwrap();
        world.media.delete(&world.media.which(&id).unwrap()).await.unwrap();
        world.upload(&noise(700_000, 0)).await.unwrap();
    })
    .await
}

#[tokio::test]
async fn nobody_has_more_files_than_allowed() {
    each(async |database| {
        let world = World::with(database, |config| config.user_quota_files = 2);
        world.upload(b"one").await.unwrap();
        world.upload(b"two").await.unwrap();
        assert_eq!(word(world.upload(b"three").await), "forbidden");
        assert_eq!(world.media.delete_files_of(alice()).await.unwrap().len(), 2);
        world.upload(b"three").await.unwrap();
    })
    .await
}

#[tokio::test]
async fn nobody_uploads_too_many_at_once() {
    each(async |database| {
        let world = World::open(database);
        let mut many = Vec::new();
        for _ in 0..20 {
            many.push(world.media.begin_upload(alice(), None).await.unwrap());
        }
        assert_eq!(word(world.media.begin_upload(alice(), None).await), "limit exceeded");
        world.media.begin_upload(bob(), None).await.unwrap();
        drop(many);
        world.media.begin_upload(alice(), None).await.unwrap();
    })
    .await
}
