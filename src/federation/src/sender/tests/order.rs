//! Everything arrives, once and in order, at those for whom it is.

use store::{rooms::Membership, testing::each};

use super::{
    network::Mood,
    world::{World, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn events_arrive_in_order_where_they_belong() {
    each(async |database| {
        let world = World::on(&database);
        let (shared, other) = (world.room(&["a.example", "b.example"]).await, world.room(&["b.example"]).await);
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for n in 0..30 {
            let said = world.say(shared, 1 + n % 7).await;
            a.extend(said.iter().cloned());
            b.extend(said);
            b.extend(world.say(other, 1).await);
        }
        world.expect("a.example", &a).await;
        world.expect("b.example", &b).await;
        world.calm().await;
        world.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leave_reaches_the_one_who_left_and_nothing_after_it() {
    each(async |database| {
        let world = World::on(&database);
        let room = world.room(&["a.example", "b.example"]).await;
        let mut a = world.say(room, 2).await;
        let mut b = a.clone();
        let kick = world.change(room, &[("@u:a.example", Membership::Leave)], true).await;
        let after = world.say(room, 3).await;
        a.extend(kick.iter().cloned());
        b.extend(kick.into_iter().chain(after));
        world.expect("b.example", &b).await;
        world.expect("a.example", &a).await;
        // Whoever is invited and is not let in after all hears of that only.
        world.change(room, &[("@u:c.example", Membership::Invite)], true).await;
        let taken_back = world.change(room, &[("@u:c.example", Membership::Leave)], true).await;
        world.expect("c.example", &taken_back).await;
        world.calm().await;
        assert_eq!(world.network.got("a.example").events, a);
        world.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_hands_over_goes_to_all_others() {
    each(async |database| {
        let world = World::on(&database);
        let room = world.room(&["a.example"]).await;
        let mut said = world.relay(room, "@u:b.example").await;
        world.expect("a.example", &said).await;
        let last = world.say(room, 1).await;
        world.expect("b.example", &last).await;
        said.extend(last);
        world.expect("a.example", &said).await;
        world.calm().await;
        world.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outboxes_are_emptied_in_order_and_within_bounds() {
    each(async |database| {
        let world = World::on(&database);
        let room = world.room(&["a.example"]).await;
        let edus: Vec<String> = (0..300).map(|n| format!("{{\"edu\":{n}}}")).collect();
        let large: Vec<String> = (0..30).map(|n| format!("{{\"large{n}\":\"{}\"}}", "x".repeat(60_000))).collect();
        world.push("a.example", &edus).await;
        world.push("a.example", &large).await;
        let said = world.say(room, 120).await;
        world.expect("a.example", &said).await;
        let network = world.network.clone();
        until(async || network.got("a.example").edus.len() == 330).await;
        assert_eq!(network.got("a.example").edus, [edus, large].concat());
        world.calm().await;
        let left = world.store.read(|conn| store::federation::outbox::count(conn, "a.example", 9));
        assert_eq!(left.await.unwrap(), 0);
        world.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_holds_up_nobody() {
    each(async |database| {
        let world = World::on(&database);
        world.network.set("slow.example", Mood::Silent);
        let room = world.room(&["slow.example", "quick.example"]).await;
        let mut said = Vec::new();
        for _ in 0..10 {
            said.extend(world.say(room, 1).await);
        }
        world.expect("quick.example", &said).await;
        assert!(world.network.got("slow.example").events.is_empty());
        world.network.set("slow.example", Mood::Well);
        world.expect("slow.example", &said).await;
        world.calm().await;
        world.end().await;
    })
    .await;
}
