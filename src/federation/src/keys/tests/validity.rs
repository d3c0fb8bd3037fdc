//! Until when keys are good.

use std::time::Duration;

use store::testing::each;

use super::world::{DAY, NOW, World, honest, key, sign, unsigned};

#[tokio::test]
async fn a_key_is_good_as_long_as_its_server_says_and_for_a_week_at_most() {
    each(async |database| {
        let world = World::new(&database);
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        assert!(world.finds("a.example", &key(2), NOW + DAY).await);
        assert!(!world.finds("a.example", &key(2), NOW + DAY + 1).await);
        assert_eq!(world.net.asked("a.example"), 1, "nobody is asked about the future");
        world.publish("b.example", honest("b.example", &key(3), NOW + 1_000 * DAY).to_string());
        assert!(world.finds("b.example", &key(3), NOW + 7 * DAY).await);
        assert!(!world.finds("b.example", &key(3), NOW + 7 * DAY + 1).await);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_has_run_out_is_asked_for_again() {
    each(async |database| {
        let world = World::new(&database);
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        assert!(world.finds_now("a.example", &key(2)).await);
        world.clock.advance(Duration::from_secs(2 * 86_400));
        world.kill("a.example");
        assert!(!world.finds_now("a.example", &key(2)).await, "it may have been stolen since");
        assert!(world.finds("a.example", &key(2), NOW).await, "what it signed in time stays good");
        world.publish("a.example", honest("a.example", &key(2), NOW + 3 * DAY).to_string());
        world.clock.advance(Duration::from_secs(60));
        assert!(world.finds_now("a.example", &key(2)).await);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn half_way_a_new_answer_is_asked_for_in_the_background() {
    each(async |database| {
        let world = World::new(&database);
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        assert!(world.finds_now("a.example", &key(2)).await);
        world.publish("a.example", honest("a.example", &key(2), NOW + 2 * DAY).to_string());
        world.clock.advance(Duration::from_secs(43_200));
        assert!(world.finds("a.example", &key(2), NOW).await);
        assert_eq!(world.net.asked("a.example"), 1, "the past needs no new answer");
        assert!(world.finds_now("a.example", &key(2)).await);
        for _ in 0..6_000 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            if world.finds("a.example", &key(2), NOW + 2 * DAY).await {
                break;
            }
        }
        assert_eq!(world.net.asked("a.example"), 2);
        world.kill("a.example");
        world.clock.advance(Duration::from_secs(86_400));
        assert!(world.finds_now("a.example", &key(2)).await);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn old_keys_are_good_for_old_things() {
    each(async |database| {
        let world = World::new(&database);
        let (new, old) = (key(2), key(3));
        world.publish("a.example", honest("a.example", &old, NOW + DAY).to_string());
        assert!(world.finds_now("a.example", &old).await);
        // The key is revoked, and that is heard of because of the new one.
        let answer = unsigned("a.example", &[&new], &[(&old, NOW - DAY)], NOW + DAY);
        world.publish("a.example", sign(&answer, "a.example", &new).to_string());
        assert!(world.finds_now("a.example", &new).await);
        assert!(!world.finds_now("a.example", &old).await);
        assert!(world.finds("a.example", &old, NOW - DAY).await);
        assert!(!world.finds("a.example", &old, NOW - DAY + 1).await);
        // It is not forgotten when its server no longer tells of it.
        world.clock.advance(Duration::from_secs(2 * 86_400));
        world.publish("a.example", honest("a.example", &new, NOW + 3 * DAY).to_string());
        assert!(world.finds_now("a.example", &new).await);
        let again = World::on(world.store.clone(), &[]);
        assert!(again.finds("a.example", &old, NOW - DAY).await);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_old_key_may_not_sign_for_the_answer() {
    each(async |database| {
        let world = World::new(&database);
        let (new, old) = (key(2), key(3));
        let answer = unsigned("a.example", &[&new], &[(&old, NOW - DAY)], NOW + DAY);
        world.publish("a.example", sign(&answer, "a.example", &old).to_string());
        assert!(!world.finds_now("a.example", &new).await);
        world.store.close().await;
    })
    .await;
}
