//! What operators see and do.

use ruma::server_name;
use store::testing::each;

use super::{
    network::Mood,
    world::{World, until},
};
use crate::{
    Error,
    sender::{destinations, retry},
};

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_what_waits_and_try_again() {
    each(async |database| {
        let world = World::on(&database);
        world.network.set("dead.example", Mood::Gone);
        let room = world.room(&["b.example", "dead.example"]).await;
        let said = world.say(room, 3).await;
        world.push("dead.example", &["{\"edu\":1}".to_owned()]).await;
        world.expect("b.example", &said).await;
        until(async || world.is_failing("dead.example").await).await;
        world.calm().await;
        let listed = destinations(&world.store, "").await.unwrap();
        let (well, dead) = (&listed[0], &listed[1]);
        assert_eq!((well.server.as_str(), well.failing_since, well.retry_at), ("b.example", None, None));
        assert_eq!((dead.server.as_str(), dead.events, dead.edus), ("dead.example", 3, 1));
        assert!(dead.failing_since.is_some() && dead.retry_at.is_some());
        assert!(dead.error.as_ref().unwrap().contains("could not be reached"));
        assert_eq!(destinations(&world.store, "b.example").await.unwrap().len(), 1);
        let well = retry(&world.store, Some(server_name!("b.example")), 1).await;
        assert!(matches!(well, Err(Error::NotFound(_))));
        world.network.set("dead.example", Mood::Well);
        assert_eq!(retry(&world.store, Some(server_name!("dead.example")), 1).await.unwrap(), 1);
        world.sender.look();
        world.expect("dead.example", &said).await;
        until(async || retry(&world.store, None, 1).await.unwrap() == 0).await;
        world.end().await;
    })
    .await;
}
