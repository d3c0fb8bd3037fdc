//! Random graphs: what is stored is what the plain algorithms say, in whatever order the events come.

use events::VerifiedPdu;

use super::{
    VERSIONS, check,
    model::Model,
    random::{self, Dice},
    world::World,
};

/// How many rooms of each version.
const ROOMS: u64 = 6;

async fn received(model: &Model, order: &[usize], together: usize) -> World {
    let world = World::of_others(model).await;
    let events: Vec<VerifiedPdu> = order.iter().map(|i| model.event(*i).clone()).collect();
    for events in events.chunks(together) {
        world.receive_together(events).await;
        check::tables_agree(&world).await;
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_comes_to_the_same_in_any_order() {
    let mut soft_failed = 0;
    for version in VERSIONS {
        for seed in 1..=ROOMS {
            let model = random::room(version.clone(), seed, 45);
            let last = model.events.last().unwrap();
            let mut dice = Dice::new(seed + 1_000);
            let orders = [(1..model.events.len()).collect(), random::shuffled(&mut dice, &model)];
            for (order, together) in orders.iter().zip([1, 7]) {
                let world = received(&model, order, together).await;
                soft_failed += check::events_agree(&world, &model).await;
                let row = world.row().await;
                assert_eq!(row.extremities.split(',').count(), 1, "version {version}, seed {seed}");
                assert_eq!(check::contents(&world, row.state).await, last.after, "version {version}, seed {seed}");
            }
        }
    }
    assert!(soft_failed > 0, "the rooms are too peaceful");
}
