//! A room of thousands of members is entered at once.

use std::time::Instant;

use events::{EventBuilder, SigningKey, VerifiedPdu, canonical, version};
use ruma::{
    MilliSecondsSinceUnixEpoch, OwnedEventId, RoomId, RoomVersionId, UInt, events::TimelineEventType, server_name,
};
use serde_json::{Value, json};

use super::{
    check,
    model::{NOW, user},
    world::World,
};
use crate::{Adoption, Error};

/// A public room of many members from fifty servers, and carol's join.
fn adoption(members: usize) -> Adoption {
    let rules = version::rules(&RoomVersionId::V11).unwrap();
    let key = SigningKey::generate([9; 32]).unwrap();
    let room_id = RoomId::parse("!large:a").unwrap();
    let mut events: Vec<VerifiedPdu> = Vec::new();
    let mut add = |sender: &str, kind: &str, state_key: &str, content: Value, auth: &[usize]| {
        let id = |event: &VerifiedPdu| event.event_id().to_owned();
        let auth_events: Vec<OwnedEventId> = auth.iter().map(|i| id(&events[*i])).collect();
        let builder = EventBuilder {
            room_id: Some(room_id.clone()),
            sender: user(sender),
            event_type: TimelineEventType::from(kind),
            state_key: Some(state_key.to_owned()),
            content: canonical::object_from(&content).unwrap(),
            prev_events: events.last().map(id).into_iter().collect(),
            auth_events,
            depth: events.len() as i64 + 1,
            origin_server_ts: MilliSecondsSinceUnixEpoch(UInt::new_saturating(NOW + events.len() as u64)),
            redacts: None,
        };
        events.push(builder.build(rules, &key).unwrap());
    };
    add("@alice:a", "m.room.create", "", json!({ "room_version": "11" }), &[]);
    add("@alice:a", "m.room.member", "@alice:a", json!({ "membership": "join" }), &[0]);
    add("@alice:a", "m.room.power_levels", "", json!({ "users": { "@alice:a": 100 } }), &[0, 1]);
    add("@alice:a", "m.room.join_rules", "", json!({ "join_rule": "public" }), &[0, 1, 2]);
    for i in 0..members {
        let id = format!("@user{i}:server{}", i % 50);
        add(&id, "m.room.member", &id, json!({ "membership": "join", "displayname": format!("User {i}") }), &[0, 2, 3]);
    }
    add("@carol:c", "m.room.member", "@carol:c", json!({ "membership": "join" }), &[0, 2, 3]);
    let join = events.pop().unwrap();
    Adoption { room_id, version: RoomVersionId::V11, state: events, auth_chain: Vec::new(), join }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_members_come_in_one_step() {
    enter(4_000).await;
}

/// Of more the events are stored first, some at a time.
#[tokio::test(flavor = "multi_thread")]
async fn more_members_come_in_several_steps() {
    enter(7_000).await;
}

async fn enter(members: usize) {
    let adoption = adoption(members);
    let world = World::without(&adoption.room_id, server_name!("c"));
    // A join that fails leaves nothing that anybody sees, and keeps nobody from the next attempt.
    let mut banned = adoption.clone();
    banned.state.truncate(2);
    banned.state.extend(adoption.state.iter().skip(4).cloned());
    let refused = world.rooms.adopt(banned).await;
    assert!(matches!(refused, Err(Error::InvalidParam(_))), "{refused:?}");
    assert!(!world.rooms.is_resident(&adoption.room_id).await.unwrap());
    let start = Instant::now();
    world.rooms.adopt(adoption).await.unwrap();
    let took = start.elapsed();
    println!("{members} members in {took:?}");
    assert!(took.as_secs() < 60, "{took:?}");
    assert_eq!(world.row().await.joined, members as i64 + 2);
    check::tables_agree(&world).await;
}

/// What was stored of a room that nobody got into does not stay for ever, and keeps nobody from the next attempt.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_join_that_failed_goes_away() {
    let adoption = adoption(5_100);
    let world = World::without(&adoption.room_id, server_name!("c"));
    let mut lacking = adoption.clone();
    lacking.state.retain(|event| *event.pdu().event_type() != TimelineEventType::RoomPowerLevels);
    let power = adoption.state.iter().find(|event| *event.pdu().event_type() == TimelineEventType::RoomPowerLevels);
    lacking.auth_chain.extend(power.cloned());
    let refused = world.rooms.adopt(lacking).await;
    assert!(matches!(refused, Err(Error::InvalidParam(_))), "{refused:?}");
    let id = adoption.state[0].event_id().to_owned();
    let is_known = async || {
        world.rooms.known(&adoption.room_id, std::slice::from_ref(&id)).await.is_ok_and(|known| !known.is_empty())
    };
    assert!(is_known().await, "the events of a large room are stored ahead");
    // Not while somebody is at it.
    world.rooms.inner.entering.lock().push(adoption.room_id.clone());
    world.rooms.purge_forgotten().await.unwrap();
    assert!(is_known().await);
    world.rooms.inner.entering.lock().clear();
    world.rooms.purge_forgotten().await.unwrap();
    assert!(!is_known().await);
    world.rooms.adopt(adoption.clone()).await.unwrap();
    assert_eq!(world.row().await.joined, 5_102);
    check::tables_agree(&world).await;
}
