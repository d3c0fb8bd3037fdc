//! Order, pages, and what comes along.

use peerbrain_search::{ContextRequest, Criteria, GroupKey, OrderBy};
use serde_json::json;

use crate::world::{criteria, ids, worlds};

#[tokio::test(flavor = "multi_thread")]
async fn pages_give_everything_once_in_order() {
    worlds(async |world| {
        let room = world.room("alice").await;
        let mut said = Vec::new();
        for number in 0..23 {
            said.push(world.say(&room, "alice", &format!("{}tulips", "red ".repeat(number % 7))).await.to_string());
        }
        said.reverse();
        for order_by in [OrderBy::Recent, OrderBy::Rank] {
            let (mut got, mut next_batch) = (Vec::new(), None);
            loop {
                let criteria = Criteria { order_by, next_batch, ..criteria("tulips") };
                let page = world.find("alice", criteria).await;
                assert_eq!(page.count, 23);
                got.extend(ids(&page));
                next_batch = page.next_batch;
                if next_batch.is_none() {
                    break;
                }
            }
            if order_by == OrderBy::Rank {
                assert_ne!(got, said);
                got.sort();
                said.sort();
            }
            assert_eq!(got, said, "{order_by:?}");
        }
        let wrong = Criteria { next_batch: Some("k10".into()), ..criteria("tulips") };
        assert!(world.search.search(&crate::world::reader("alice"), wrong).await.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn surroundings_groups_and_states_come_along() {
    worlds(async |world| {
        let room = world.room("alice").await;
        world.join(&room, "bob").await;
        let before = world.say(&room, "bob", "before").await;
        let found = world.say(&room, "alice", "Tulips").await;
        let after = world.say(&room, "bob", "after").await;
        let context = ContextRequest { before: 1, after: 5, include_profile: true };
        let wanted = Criteria {
            context: Some(context),
            include_state: true,
            group_by: vec![GroupKey::Sender, GroupKey::Room],
            ..criteria("tulips")
        };
        let answer = serde_json::to_value(world.find("alice", wanted).await).unwrap();
        let around = &answer["results"][0]["context"];
        assert_eq!(around["events_before"][0]["event_id"], json!(before));
        assert_eq!(around["events_before"].as_array().unwrap().len(), 1);
        assert_eq!(around["events_after"][0]["event_id"], json!(after));
        assert!(around["profile_info"]["@alice:test"].is_object());
        assert!(around["start"].is_string() && around["end"].is_string());
        assert_eq!(answer["groups"]["sender"]["@alice:test"]["results"], json!([found]));
        assert_eq!(answer["groups"]["room_id"][room.as_str()]["order"], 1);
        let state = answer["state"][room.as_str()].as_array().unwrap();
        assert!(state.iter().any(|event| event["type"] == "m.room.create"));
        assert_eq!(answer["highlights"], json!(["Tulips", "tulips"]));
    })
    .await;
}
