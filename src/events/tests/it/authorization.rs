//! The authorization rules on small rooms, one per preset of `createRoom`, in every room version.

use events::{Error, Pdu, PowerLevels, auth, order, version};
use ruma::{RoomVersionId, events::TimelineEventType};
use serde_json::{Value, json, value::to_raw_value};

use crate::room::{ALICE, BOB, CAROL, DAVE, Room, all_versions, user};

/// A room as `createRoom` makes it, with Bob invited.
fn preset(version: &RoomVersionId, name: &str) -> Room {
    let mut room = Room::empty(version);
    let v12 = version::room_id_is_create_hash(room.rules);
    let trusted = name == "trusted_private_chat";
    let mut create = json!({ "room_version": version });
    if !room.rules.authorization.use_room_create_sender {
        create["creator"] = json!(ALICE);
    }
    let mut users = json!({});
    if v12 && trusted {
        create["additional_creators"] = json!([BOB]);
    } else if !v12 {
        users[ALICE] = json!(100);
        if trusted {
            users[BOB] = json!(100);
        }
    }
    let tombstone = if v12 { 150 } else { 100 };
    let join_rule = if name == "public_chat" { "public" } else { "invite" };
    let guests = if name == "public_chat" { "forbidden" } else { "can_join" };
    for (kind, key, content) in [
        ("m.room.create", "", create),
        ("m.room.member", ALICE, json!({ "membership": "join" })),
        ("m.room.power_levels", "", json!({ "users": users, "events": { "m.room.tombstone": tombstone } })),
        ("m.room.join_rules", "", json!({ "join_rule": join_rule })),
        ("m.room.history_visibility", "", json!({ "history_visibility": "shared" })),
        ("m.room.guest_access", "", json!({ "guest_access": guests })),
        ("m.room.name", "", json!({ "name": "A room" })),
        ("m.room.member", BOB, json!({ "membership": "invite" })),
    ] {
        room.say(ALICE, kind, Some(key), content).unwrap();
    }
    room
}

fn member(room: &mut Room, sender: &str, target: &str, membership: &str) -> Result<(), Error> {
    room.say(sender, "m.room.member", Some(target), json!({ "membership": membership })).map(drop)
}

fn text(room: &mut Room, sender: &str) -> Result<(), Error> {
    room.say(sender, "m.room.message", None, json!({ "body": "hello" })).map(drop)
}

fn refused(result: Result<(), Error>) {
    assert!(matches!(result, Err(Error::Forbidden(_))), "{result:?}");
}

#[test]
fn presets() {
    for (version, _) in all_versions() {
        for name in ["private_chat", "trusted_private_chat", "public_chat"] {
            let mut room = preset(&version, name);
            refused(text(&mut room, BOB));
            member(&mut room, BOB, BOB, "join").unwrap();
            text(&mut room, BOB).unwrap();
            let carol = member(&mut room, CAROL, CAROL, "join");
            if name == "public_chat" {
                carol.unwrap()
            } else {
                refused(carol)
            }
            // By default everyone may invite, and Bob may name the room if he has the level.
            member(&mut room, BOB, DAVE, "invite").unwrap();
            let named = room.say(BOB, "m.room.name", Some(""), json!({ "name": "Bob's" })).map(drop);
            let kicked = member(&mut room, BOB, DAVE, "leave");
            if name == "trusted_private_chat" {
                named.unwrap();
                kicked.unwrap();
            } else {
                refused(named);
                refused(kicked);
            }
            refused(member(&mut room, BOB, ALICE, "ban"));
            member(&mut room, BOB, BOB, "leave").unwrap();
            refused(text(&mut room, BOB));
        }
    }
}

#[test]
fn bans_and_kicks() {
    for (version, _) in all_versions() {
        let mut room = preset(&version, "public_chat");
        member(&mut room, CAROL, CAROL, "join").unwrap();
        refused(member(&mut room, CAROL, BOB, "ban"));
        member(&mut room, ALICE, CAROL, "ban").unwrap();
        refused(member(&mut room, CAROL, CAROL, "join"));
        refused(member(&mut room, ALICE, CAROL, "invite"));
        member(&mut room, ALICE, CAROL, "leave").unwrap();
        member(&mut room, CAROL, CAROL, "join").unwrap();
        refused(member(&mut room, ALICE, DAVE, "join"));
    }
}

#[test]
fn power_levels() {
    for (version, rules) in all_versions() {
        let mut room = preset(&version, "public_chat");
        let v12 = version::room_id_is_create_hash(rules);
        member(&mut room, BOB, BOB, "join").unwrap();
        let levels = |room: &mut Room, sender: &str, mut users: Value| {
            if !v12 {
                users[ALICE] = json!(100);
            }
            room.say(sender, "m.room.power_levels", Some(""), json!({ "users": users })).map(drop)
        };
        refused(levels(&mut room, BOB, json!({ BOB: 50 })));
        levels(&mut room, ALICE, json!({ BOB: 50 })).unwrap();
        refused(levels(&mut room, BOB, json!({ BOB: 51 })));
        levels(&mut room, BOB, json!({ BOB: 50, CAROL: 50 })).unwrap();
        refused(levels(&mut room, BOB, json!({ BOB: 50 })));
        levels(&mut room, BOB, json!({ CAROL: 50 })).unwrap();
        if v12 {
            refused(levels(&mut room, ALICE, json!({ ALICE: 100 })));
            levels(&mut room, ALICE, json!({ BOB: (1_i64 << 53) - 1 })).unwrap();
            refused(member(&mut room, BOB, ALICE, "leave"));
        }
        let stringy = room.say(ALICE, "m.room.power_levels", Some(""), json!({ "users": {}, "ban": "50" }));
        let strict = version.as_str().parse::<u32>().unwrap() >= 10;
        assert_eq!(stringy.is_err(), strict, "{version}");
    }
}

#[test]
fn restricted_and_knock() {
    for (version, rules) in all_versions() {
        let mut room = preset(&version, "private_chat");
        room.say(ALICE, "m.room.join_rules", Some(""), json!({ "join_rule": "knock" })).unwrap();
        assert_eq!(member(&mut room, CAROL, CAROL, "knock").is_ok(), rules.authorization.knocking, "{version}");
        let allow = json!({ "join_rule": "restricted", "allow": [{ "type": "m.room_membership", "room_id": "!s:x" }] });
        room.say(ALICE, "m.room.join_rules", Some(""), allow).unwrap();
        refused(member(&mut room, DAVE, DAVE, "join"));
        let content = json!({ "membership": "join", "join_authorised_via_users_server": ALICE });
        let joined = room.say(DAVE, "m.room.member", Some(DAVE), content);
        assert_eq!(joined.is_ok(), rules.authorization.restricted_join_rule, "{version}");
    }
}

#[test]
fn not_federated() {
    for (version, rules) in all_versions() {
        let mut room = Room::empty(&version);
        let mut create = json!({ "room_version": version, "m.federate": false });
        if !rules.authorization.use_room_create_sender {
            refused(room.say(ALICE, "m.room.create", Some(""), create.clone()).map(drop));
            create["creator"] = json!(ALICE);
        }
        room.say(ALICE, "m.room.create", Some(""), create).unwrap();
        refused(member(&mut room, BOB, BOB, "join"));
        member(&mut room, ALICE, ALICE, "join").unwrap();
        room.say(ALICE, "m.room.join_rules", Some(""), json!({ "join_rule": "public" })).unwrap();
        member(&mut room, BOB, BOB, "join").unwrap();
        refused(member(&mut room, CAROL, CAROL, "join"));
    }
}

#[test]
fn auth_events_must_be_the_right_ones() {
    for (version, rules) in all_versions() {
        let mut room = preset(&version, "public_chat");
        member(&mut room, BOB, BOB, "join").unwrap();
        let message = room.say(BOB, "m.room.message", None, json!({})).unwrap();
        let fetch = |id: &ruma::EventId| room.fetch(id);
        auth::check_auth_events(rules, &message, fetch).unwrap();
        refused(auth::check_auth_events(rules, &message, |_| None));
        refused(auth::check_auth_events(rules, &message, |id| fetch(id).map(|event| event.with_rejected(true))));
        // The create event is cited up to room version 11, and implied by the room's ID since.
        let create = room.order[0].clone();
        assert_eq!(message.auth_events().contains(&create), !version::room_id_is_create_hash(rules));
        refused(auth::check_auth_events(rules, &message, |id| fetch(id).filter(|_| id != create)));
        let needed = auth::needed_state(rules, &message).unwrap();
        assert!(needed.contains(&("m.room.create".into(), String::new())), "{version}");
        assert_eq!(needed.len(), 3);
    }
}

#[test]
fn auth_types_of_an_invite() {
    for (_, rules) in all_versions() {
        let content = to_raw_value(&json!({ "membership": "invite" })).unwrap();
        let kind = TimelineEventType::RoomMember;
        let types = auth::auth_types(rules, &kind, &user(ALICE), Some(BOB), &content).unwrap();
        assert_eq!(types.len(), 5 - usize::from(version::room_id_is_create_hash(rules)));
        for bad in [json!({}), json!({ "membership": 1 })] {
            let content = to_raw_value(&bad).unwrap();
            assert!(matches!(
                auth::auth_types(rules, &kind, &user(ALICE), Some(BOB), &content),
                Err(Error::BadJson(_))
            ));
        }
    }
}

#[test]
fn orders() {
    for (version, rules) in all_versions() {
        let room = preset(&version, "public_chat");
        let mut events: Vec<_> = room.order.iter().map(|id| room.events[id].clone()).collect();
        events.reverse();
        events.push(events[0].clone());
        for edges in [order::Edges::Prev, order::Edges::Auth] {
            let sorted = order::topological(&events, edges);
            let ids: Vec<_> = sorted.iter().map(|event| event.event_id().to_owned()).collect();
            assert_eq!(ids, room.order, "{version}: the times are in this order too");
        }
        let create = &room.events[&room.order[0]];
        // Its server's clock says that all the others are older.
        let mut late: Value = serde_json::from_str(create.json()).unwrap();
        late["origin_server_ts"] = json!(1_u64 << 50);
        events.retain(|event| event.event_id() != create.event_id());
        events.push(Pdu::from_stored(late.to_string(), room.order[0].clone(), rules, false).unwrap());
        let sorted = order::topological(&events, order::Edges::Auth);
        assert_eq!(sorted[0].event_id(), room.order[0], "{version}");
        let levels = PowerLevels::new(rules, create, None).unwrap();
        assert!(levels.user(&user(ALICE)) >= levels.ban && levels.user(&user(BOB)) < levels.ban);
    }
}
