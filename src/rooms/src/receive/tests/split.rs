//! Random graphs of which a part is here by the state that was told, a part by what came afterwards, and a part as history:
//! it is the same room as for who was there all the time.

use store::rooms::EventFlags;

use super::{
    VERSIONS, check,
    model::Model,
    random::{self, Dice},
    world::World,
};
use crate::Received;

/// How many rooms of each version.
const ROOMS: u64 = 6;

/// A join of carol's or frank's by which the room can be entered.
fn entry(model: &Model, dice: &mut Dice) -> usize {
    let is_join = |i: &usize| {
        let event = &model.events[*i];
        let ours = event.event.state_key().is_some_and(|user| user.ends_with(":c"));
        ours && event.event.sender().as_str().ends_with(":c")
            && !event.rejected
            && event.event.content().get().contains(r#""membership":"join""#)
    };
    let joins: Vec<usize> = (0..model.events.len()).filter(is_join).collect();
    dice.pick(&joins)
}

/// Takes in what happened after the join, but for some that is never sent. Gives what is missing then.
async fn receive_later(world: &World, model: &Model, entry: usize, dice: &mut Dice) -> Vec<usize> {
    let last = model.events.len() - 1;
    let mut missing: Vec<usize> = (0..entry).collect();
    for index in entry + 1..last {
        if dice.below(4) == 0 {
            missing.push(index);
            continue;
        }
        if let Received::Missing(lacks) = world.receive(model.event(index)).await {
            // Where some previous events are here the state is told, but not to be believed alone: that is no test of
            // exactness.
            if lacks.prev_events.len() < model.event(index).prev_events().len() {
                missing.push(index);
                continue;
            }
            let received = world.receive_told(model, index).await;
            assert!(!matches!(received, Received::Missing(_)), "{received:?}");
        }
        check::tables_agree(world).await;
    }
    missing
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_in_parts_is_the_same_room() {
    let (mut rooms, mut single) = (0, 0);
    for version in VERSIONS {
        for seed in 100..100 + ROOMS {
            let model = random::room(version.clone(), seed, 40);
            let mut dice = Dice::new(seed);
            let entry = entry(&model, &mut dice);
            let world = World::entered(&model, entry).await;
            let mut missing = receive_later(&world, &model, entry, &mut dice).await;
            let before = world.row().await;
            while !missing.is_empty() {
                // The newest first, and what had to wait again and again.
                let count = 1 + dice.below(8.min(missing.len()));
                let mut batch = missing.split_off(missing.len() - count);
                world.add_history(&model, &batch).await;
                let ids: Vec<_> = batch.iter().map(|index| model.id(*index).to_owned()).collect();
                let here = world.rooms.known(&world.room_id, &ids).await.unwrap();
                let placed = |index: &usize| here.get(model.id(*index)).is_some_and(|f| !f.has(EventFlags::OUTLIER));
                batch.retain(|index| !placed(index));
                missing.splice(0..0, batch);
                assert_eq!(world.row().await.state, before.state, "version {version}, seed {seed}");
            }
            let last = model.events.last().unwrap();
            assert!(matches!(world.receive(&last.event).await, Received::Accepted(_) | Received::SoftFailed(_)));
            check::tables_agree(&world).await;
            check::events_agree(&world, &model).await;
            let row = world.row().await;
            assert_eq!(world.rooms.gaps(&world.room_id, i64::MAX).await.unwrap(), [], "version {version}, seed {seed}");
            rooms += 1;
            if row.extremities.split(',').count() == 1 {
                single += 1;
                assert_eq!(check::contents(&world, row.state).await, last.after, "version {version}, seed {seed}");
            }
        }
    }
    assert!(single * 2 > rooms, "{single} of {rooms} rooms have come together");
}
