//! What must hold of every room, whatever it received.

use std::collections::{BTreeMap, HashMap};

use events::resolve::StateMap;
use store::{
    Conn, Result,
    rooms::{EventFlags, Membership, RoomRow, current_state, events_by_nid, members_of_room, state_keys_by_nid},
    state::{self, NodeReader},
    sync::deltas,
};

use super::{model::Model, world::World};

/// (type, state key) to event number.
type Keys = BTreeMap<(String, String), i64>;

const ALL: [Membership; 5] =
    [Membership::Join, Membership::Invite, Membership::Knock, Membership::Leave, Membership::Ban];

/// The contents of a root.
pub async fn contents(world: &World, root: i64) -> StateMap {
    let rooms = world.rooms.clone();
    let read = world.rooms.store().read(move |conn| {
        let keys = keys(conn, &rooms, root)?;
        let nids: Vec<i64> = keys.values().copied().collect();
        let ids: HashMap<i64, String> =
            events_by_nid(conn, &nids)?.into_iter().map(|event| (event.nid, event.event_id.clone())).collect();
        Ok(keys
            .into_iter()
            .map(|((event_type, state_key), nid)| {
                ((event_type.into(), state_key), ids[&nid].as_str().try_into().unwrap())
            })
            .collect())
    });
    read.await.unwrap()
}

fn keys(conn: &mut Conn, rooms: &crate::Rooms, root: i64) -> Result<Keys> {
    let entries: HashMap<i64, i64> =
        state::entries(&mut NodeReader::new(conn, rooms.nodes()), root)?.into_iter().collect();
    let names = state_keys_by_nid(conn, &entries.keys().copied().collect::<Vec<_>>())?;
    Ok(names.into_iter().map(|(nid, event_type, state_key)| ((event_type, state_key), entries[&nid])).collect())
}

/// The tables of the current state say what the head says.
pub async fn tables_agree(world: &World) {
    let (rooms, row) = (world.rooms.clone(), world.row().await);
    let check = world.rooms.store().read(move |conn| {
        let head = keys(conn, &rooms, row.state)?;
        let table: Keys = current_state(conn, row.nid)?.into_iter().map(|(t, k, event)| ((t, k), event)).collect();
        assert_eq!(table, head, "current_state");
        let mut replayed = Keys::new();
        for delta in deltas(conn, &[row.nid], 0, i64::MAX)? {
            let key = (delta.event_type, delta.state_key);
            let before = match delta.event {
                Some(event) => replayed.insert(key.clone(), event),
                None => replayed.remove(&key),
            };
            assert_eq!(before, delta.replaced, "{key:?} of state_deltas");
        }
        assert_eq!(replayed, head, "state_deltas");
        members_agree(conn, &row, &head)
    });
    check.await.unwrap();
}

fn members_agree(conn: &mut Conn, row: &RoomRow, head: &Keys) -> Result<()> {
    let members = members_of_room(conn, row.nid, &ALL)?;
    let mut counts = (0, 0);
    for member in &members {
        match head.get(&("m.room.member".into(), member.user_id.clone())) {
            None => assert_eq!(member.membership(), Membership::Leave, "{}", member.user_id),
            Some(nid) => {
                assert_eq!(*nid, member.event, "{}", member.user_id);
                let event = events_by_nid(conn, &[*nid])?.remove(0);
                let json: serde_json::Value = serde_json::from_str(&event.json).unwrap();
                assert_eq!(json["content"]["membership"], member.membership().as_str());
                counts.0 += i64::from(member.membership() == Membership::Join);
                counts.1 += i64::from(member.membership() == Membership::Invite);
            }
        }
    }
    let known = head.keys().filter(|(event_type, _)| event_type == "m.room.member");
    assert!(known.into_iter().all(|(_, user)| members.iter().any(|member| member.user_id == *user)));
    assert_eq!((row.joined, row.invited), counts);
    Ok(())
}

/// Every event stands where the model has it. Says how many have soft-failed.
pub async fn events_agree(world: &World, model: &Model) -> usize {
    let mut soft_failed = 0;
    for event in &model.events {
        let id = event.event.event_id();
        let stored = world.event(id).await.unwrap();
        assert_eq!(EventFlags(stored.flags).has(EventFlags::REJECTED), event.rejected, "{id}");
        assert_eq!(contents(world, stored.state_before).await, event.before, "before {id}");
        assert_eq!(contents(world, stored.state_after).await, event.after, "after {id}");
        soft_failed += usize::from(EventFlags(stored.flags).has(EventFlags::SOFT_FAILED));
    }
    soft_failed
}
