//! State resolution takes a join away.

use std::collections::HashSet;

use ruma::RoomVersionId;
use serde_json::json;
use store::rooms::event_by_id;

use super::{
    check,
    model::{Model, member, message, state, user},
    world::World,
};
use crate::{
    Received,
    read::{MembersRequest, Reader, Standing, Viewer, visible},
};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_had_joined_still_reads_what_they_could() {
    let mut model = Model::new(RoomVersionId::V11);
    let before = model.add(&[3], message("@alice:a", "before"));
    let carol = model.add(&[before], member("@carol:c", "@carol:c", "join"));
    let said = model.add(&[carol], message("@carol:c", "while there"));
    let closed = model.add(&[before], state("@alice:a", "m.room.join_rules", "", json!({ "join_rule": "invite" })));
    let after = model.add(&[said, closed], message("@alice:a", "after"));
    let world = World::of(&model).await;
    for event in 1..=after {
        let received = world.receive(model.event(event)).await;
        assert!(matches!(received, Received::Accepted(_)), "{received:?}");
    }
    check::tables_agree(&world).await;
    let (room, rooms) = (world.row().await, world.rooms.clone());
    let ids: Vec<String> = [before, carol, said, after].map(|event| model.id(event).to_string()).into();
    let (standing, seen) = world
        .rooms
        .store()
        .read(move |conn| {
            let viewer = Viewer::of(conn, &rooms, &room, &user("@carol:c")).unwrap();
            let events = ids.iter().map(|id| event_by_id(conn, room.nid, id).unwrap().unwrap()).collect();
            let seen = visible(conn, &rooms, &viewer, &HashSet::new(), events).unwrap();
            Ok((viewer.standing, seen.into_iter().map(|seen| seen.event.event_id.clone()).collect::<Vec<_>>()))
        })
        .await
        .unwrap();
    assert!(matches!(standing, Standing::Departed { .. }), "{standing:?}");
    assert_eq!(seen, [before, carol, said].map(|event| model.id(event).to_string()));
    let alice = Reader { user_id: user("@alice:a"), device_id: None, ignored: HashSet::new() };
    let members = world.rooms.members(&alice, &world.room_id, MembersRequest::default()).await.unwrap();
    assert_eq!(members.len(), 1, "carol is no member any more: {members:?}");
}
