//! Addresses that wait for their files.

use store::testing::each;

use super::*;

async fn fill(world: &World, user: &UserId, id: &str, bytes: &[u8]) -> Result<()> {
    let mut incoming = world.media.begin_fill(user, id, None).await?;
    incoming.write(bytes).await?;
    world.media.fill(user, id, incoming, label("text/csv")).await
}

#[tokio::test]
async fn a_file_comes_later_and_only_once() {
    each(async |database| {
        let world = World::open(database);
        let created = world.media.create(alice()).await.unwrap();
        let id = created.media_id.as_str();
        assert_eq!(word(world.download(id).await), "not yet uploaded");
        assert_eq!(word(fill(&world, bob(), id, b"bob's").await), "forbidden");
        fill(&world, alice(), id, b"alice's").await.unwrap();
        assert_eq!(world.download(id).await.unwrap(), b"alice's");
        assert_eq!(word(fill(&world, alice(), id, b"again").await), "cannot overwrite");
        assert_eq!(word(fill(&world, alice(), "never-made", b"x").await), "not found");
        let uploaded = world.upload(b"at once").await.unwrap();
        assert_eq!(word(fill(&world, alice(), &uploaded, b"x").await), "cannot overwrite");
    })
    .await
}

#[tokio::test]
async fn of_two_who_fill_one_address_one_succeeds() {
    each(async |database| {
        let world = World::open(database);
        let id = world.media.create(alice()).await.unwrap().media_id;
        let begin = async |bytes: &[u8]| {
            let mut incoming = world.media.begin_fill(alice(), &id, None).await.unwrap();
            incoming.write(bytes).await.unwrap();
            incoming
        };
        let (one, other) = (begin(b"one").await, begin(b"other").await);
        world.media.fill(alice(), &id, one, label("text/plain")).await.unwrap();
        assert_eq!(word(world.media.fill(alice(), &id, other, label("text/plain")).await), "cannot overwrite");
        assert_eq!(world.download(&id).await.unwrap(), b"one");
    })
    .await
}

#[tokio::test]
async fn an_address_expires() {
    each(async |database| {
        let world = World::open(database);
        let created = world.media.create(alice()).await.unwrap();
        world.clock.set(u64::try_from(created.expires_at).unwrap());
        assert_eq!(word(world.download(&created.media_id).await), "not found");
        assert_eq!(word(fill(&world, alice(), &created.media_id, b"late").await), "not found");
        world.media.housekeeping().await.unwrap();
        assert_eq!(word(world.media.file(&created.media_id).await), "not found");
    })
    .await
}

#[tokio::test]
async fn nobody_has_too_many_addresses() {
    each(async |database| {
        let world = World::with(database, |config| config.pending_uploads = 2);
        let first = world.media.create(alice()).await.unwrap();
        world.media.create(alice()).await.unwrap();
        assert_eq!(word(world.media.create(alice()).await), "limit exceeded");
        world.media.create(bob()).await.unwrap();
        fill(&world, alice(), &first.media_id, b"done").await.unwrap();
        world.media.create(alice()).await.unwrap();
        assert_eq!(word(world.media.create(alice()).await), "limit exceeded");
        world.clock.advance(Duration::from_secs(25 * 3_600));
        world.media.create(alice()).await.unwrap();
    })
    .await
}

#[tokio::test]
async fn a_download_waits_for_its_file() {
    each(async |database| {
        let world = World::open(database);
        let id = world.media.create(alice()).await.unwrap().media_id;
        let late = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            fill(&world, alice(), &id, b"at last").await.unwrap();
        };
        let wait = Duration::from_secs(30);
        let (one, other, ()) = tokio::join!(world.media.download(&id, wait), world.media.download(&id, wait), late);
        assert_eq!(read(one.unwrap(), 0, 99).await, b"at last");
        assert_eq!(read(other.unwrap(), 0, 99).await, b"at last");
        let id = world.media.create(alice()).await.unwrap().media_id;
        assert_eq!(word(world.media.download(&id, Duration::from_millis(50)).await), "not yet uploaded");
    })
    .await
}
