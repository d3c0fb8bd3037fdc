//! Each visibility with each way of a server's user through a room.

use ruma::{RoomVersionId, server_name};
use serde_json::{Value, json};
use store::accounts::users::{UserRow, deactivate, insert};

use super::{b, body, ids, with_bob};
use crate::receive::tests::{
    model::{Model, member, message, state},
    world::World,
};

const VISIBILITIES: [&str; 5] = ["world_readable", "shared", "invited", "joined", "org.example.odd"];

/// What dave of server b does, step by step; bob of server b joins at the end of each.
const WAYS: [&[&str]; 7] = [
    &[],
    &["invite"],
    &["join"],
    &["invite", "leave"],
    &["join", "leave"],
    &["invite", "join", "ban"],
    &["join", "leave", "invite", "join"],
];

async fn received(model: &Model) -> World {
    let world = World::of(model).await;
    for event in model.events.iter().skip(1) {
        world.receive(&event.event).await;
    }
    world
}

fn step(model: &mut Model, last: usize, step: &str) -> usize {
    let dave = "@dave:b";
    model.add(
        &[last],
        match step {
            "invite" => member("@alice:a", dave, "invite"),
            "ban" => member("@alice:a", dave, "ban"),
            word => member(dave, dave, word),
        },
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn each_visibility_with_each_way_through_a_room() {
    for visibility in VISIBILITIES {
        for way in WAYS {
            let mut model = Model::new(RoomVersionId::V11);
            let content = json!({ "history_visibility": visibility });
            let mut last = model.add(&[3], state("@alice:a", "m.room.history_visibility", "", content));
            let mut said = Vec::new();
            for index in 0..=way.len() {
                said.push(model.add(&[last], message("@alice:a", &index.to_string())));
                last = *said.last().unwrap();
                if let Some(next) = way.get(index) {
                    last = step(&mut model, last, next);
                }
            }
            model.add(&[last], member("@bob:b", "@bob:b", "join"));
            let world = received(&model).await;
            let page = world.rooms.backfill_for_server(b(), &world.room_id, ids(&model, [last + 1]), 100).await;
            let page: Vec<Value> = page.unwrap().iter().map(|e| serde_json::from_str(e.get()).unwrap()).collect();
            for (index, event) in said.iter().enumerate() {
                let at = if index == 0 { "" } else { way[index - 1] };
                let seen = match visibility {
                    "invited" => matches!(at, "invite" | "join"),
                    "joined" => at == "join",
                    _ => true,
                };
                let case = format!("{visibility} {way:?} {index}");
                let text = index.to_string();
                assert_eq!(body(&world, model.id(*event)).await, seen.then(|| text.clone()), "{case}");
                let listed = page.iter().any(|event| event["content"]["body"] == json!(text));
                assert_eq!(listed, seen, "{case}");
            }
            // What is redacted is there all the same, so that the graph holds together.
            assert_eq!(page.len(), model.events.len(), "{visibility} {way:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_visibility_are_seen_by_the_side_that_allows_it() {
    for (before, after, seen) in [("joined", "shared", true), ("shared", "joined", true), ("joined", "invited", false)]
    {
        let mut model = Model::new(RoomVersionId::V11);
        // A redaction leaves the visibility, but no note.
        let content = |word| json!({ "history_visibility": word, "note": "a reason" });
        let set = |word| state("@alice:a", "m.room.history_visibility", "", content(word));
        let first = model.add(&[3], set(before));
        let change = model.add(&[first], set(after));
        let said = model.add(&[change], message("@alice:a", "after"));
        model.add(&[said], member("@bob:b", "@bob:b", "join"));
        World::each(&model, async |world| {
            let event = world.rooms.event_for_server(b(), model.id(change)).await.unwrap();
            assert_eq!(event.get() == model.event(change).json(), seen, "{before} {after}");
            assert_eq!(body(&world, model.id(said)).await.is_some(), after == "shared", "{before} {after}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_sees_what_its_own_users_wrote_and_their_memberships() {
    let mut model = Model::new(RoomVersionId::V11);
    let content = json!({ "history_visibility": "joined" });
    let hidden = model.add(&[3], state("@alice:a", "m.room.history_visibility", "", content));
    let named = state("@bob:b", "m.room.member", "@bob:b", json!({ "membership": "join", "displayname": "Bob" }));
    let bob = model.add(&[hidden], named);
    let said = model.add(&[bob], message("@alice:a", "to bob"));
    World::each(&model, async |world| {
        let event = world.rooms.event_for_server(b(), model.id(bob)).await.unwrap();
        assert_eq!(event.get(), model.event(bob).json());
        assert_eq!(body(&world, model.id(said)).await.as_deref(), Some("to bob"));
    })
    .await;
}

fn alice() -> UserRow {
    UserRow {
        user_id: "@alice:a".into(),
        password_hash: None,
        created_at: 0,
        admin: false,
        deactivated: false,
        erased: false,
        locked: false,
        suspended: false,
        guest: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_erased_users_said_is_for_those_who_were_there() {
    let mut model = Model::new(RoomVersionId::V11);
    let carol = model.add(&[3], member("@carol:c", "@carol:c", "join"));
    let before = model.add(&[carol], message("@alice:a", "before"));
    let bob = model.add(&[before], member("@bob:b", "@bob:b", "join"));
    let after = model.add(&[bob], message("@alice:a", "after"));
    World::each(&model, async |world| {
        assert_eq!(body(&world, model.id(before)).await.as_deref(), Some("before"));
        let write = world.rooms.store().write(|tx| {
            insert(tx, &alice())?;
            deactivate(tx, "@alice:a", true)
        });
        write.await.unwrap();
        assert_eq!(body(&world, model.id(before)).await, None);
        assert_eq!(body(&world, model.id(after)).await.as_deref(), Some("after"));
        assert!(world.rooms.event_for_server(server_name!("c"), model.id(before)).await.is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_lead_to_what_may_be_seen() {
    let mut model = with_bob(RoomVersionId::V11).0;
    let content = json!({ "history_visibility": "joined" });
    let hidden = model.add(&[4], state("@alice:a", "m.room.history_visibility", "", content));
    let left = model.add(&[hidden], member("@bob:b", "@bob:b", "leave"));
    let secret = model.add(&[left], message("@alice:a", "secret"));
    let back = model.add(&[secret], member("@bob:b", "@bob:b", "join"));
    World::each(&model, async |world| {
        let ts = i64::from(model.event(secret).origin_server_ts().get());
        let (id, _) = world.rooms.timestamp_for_server(b(), &world.room_id, ts, false).await.unwrap();
        assert_eq!(id, model.id(back));
        let (id, _) = world.rooms.timestamp_for_server(b(), &world.room_id, ts, true).await.unwrap();
        assert_eq!(id, model.id(left));
    })
    .await;
}
