//! What is found, by whom.

use serde_json::json;
use store::search::Field;

use crate::world::{criteria, user, worlds};

#[tokio::test(flavor = "multi_thread")]
async fn words_are_found_however_they_are_written() {
    worlds(async |world| {
        let room = world.room("alice").await;
        let german = world.say(&room, "alice", "Die Größe der Übung").await;
        let chinese = world.say(&room, "alice", "我们今天下午三点在会议室开会").await;
        let spread = world.say(&room, "alice", "会议 and 议室").await;
        for (term, expected) in [
            ("GROSSE", vec![&german]),
            ("ubung größe", vec![&german]),
            ("größe fehlt", vec![]),
            ("会议室", vec![&chinese]),
            ("议", vec![&spread, &chinese]),
            ("会", vec![&spread, &chinese]),
            ("室", vec![&spread, &chinese]),
            ("今天 会议室", vec![&chinese]),
            ("", vec![]),
            ("\"' OR * ) (", vec![]),
        ] {
            world.expect("alice", term, &expected).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_told_apart() {
    worlds(async |world| {
        let room = world.room("alice").await;
        let name = world.set_state(&room, "alice", "m.room.name", json!({ "name": "tulips" })).await;
        let topic = json!({ "topic": "a garden", "m.topic": { "m.text": [{ "body": "of tulips" }] } });
        let topic = world.set_state(&room, "alice", "m.room.topic", topic).await;
        let body = world.say(&room, "alice", "tulips").await;
        world.expect("alice", "tulips", &[&body, &topic, &name]).await;
        for (field, expected) in [(Field::Body, &body), (Field::Name, &name), (Field::Topic, &topic)] {
            let found = world
                .find("alice", peerbrain_search::Criteria { fields: Some(vec![field]), ..criteria("tulips") })
                .await;
            assert_eq!(crate::world::ids(&found), [expected.to_string()], "{field:?}");
        }
        let none =
            world.find("alice", peerbrain_search::Criteria { fields: Some(Vec::new()), ..criteria("tulips") }).await;
        assert_eq!((none.count, none.results.len()), (0, 0));
    })
    .await;
}

/// Not even the count tells of what one cannot see.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_one_sees_is_found_and_counted() {
    worlds(async |world| {
        let room = world.room("alice").await;
        let hidden = world.room("alice").await;
        world.join(&room, "bob").await;
        let before = world.say(&room, "alice", "tulips before").await;
        world.rooms.leave(&room, &user("bob"), None).await.unwrap();
        let after = world.say(&room, "alice", "tulips after").await;
        let secret = world.say(&hidden, "alice", "tulips elsewhere").await;
        world.expect("alice", "tulips", &[&secret, &after, &before]).await;
        let found = world.find("bob", criteria("tulips")).await;
        assert_eq!((crate::world::ids(&found), found.count), (vec![before.to_string()], 1));
        world.rooms.forget(&room, &user("bob")).await.unwrap();
        assert_eq!(world.find("bob", criteria("tulips")).await.count, 0);
        let content = json!({ "algorithm": "m.megolm.v1.aes-sha2" });
        world.set_state(&hidden, "alice", "m.room.encryption", content).await;
        world.expect("alice", "tulips", &[&after, &before]).await;
    })
    .await;
}
