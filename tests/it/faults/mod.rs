//! Servers that share rooms while everything between them goes wrong and they die in the middle of it: in the end all have
//! the same rooms, in the same state, with the same events. `tests/README.md` says how.
//!
//! `PEERBRAIN_STORM=SECONDS` sets how long it goes on; `PEERBRAIN_SEED` repeats the dice of an earlier run.

mod cast;
mod meeting;
mod notes;
mod person;
mod proxy;
mod resident;
mod site;
mod state_ids;
mod story;
mod synapse;
mod verdict;
mod visitor;

use std::time::Instant;

use site::Site;
use story::Story;
use tokio::sync::Mutex;

use crate::database::Database;
use crate::federation::authority::Authority;
use crate::random::Chance;

/// Two storms at once would be too much for a small machine.
static STORM: Mutex<()> = Mutex::const_new(());

/// Plays the story with two of ours and a third server. Nothing where there is no Synapse, which has been said.
async fn come_through(third: &str) {
    let _alone = STORM.lock().await;
    let (seed, started) = (Chance::seed(), Instant::now());
    let (mut chance, authority) = (Chance::new(seed), Authority::new());
    let third_site = match third {
        "a Synapse" => Site::synapse(&authority, &mut chance),
        _ => Some(Site::ours(&authority, &Database::Sqlite, &mut chance).await),
    };
    let Some(third_site) = third_site else { return };
    let on_postgres = Database::postgres().unwrap_or(Database::Sqlite);
    let first = Site::ours(&authority, &Database::Sqlite, &mut chance).await;
    let second = Site::ours(&authority, &on_postgres, &mut chance).await;
    // It is kept until all has been said, for servers tell what they logged when a test fails.
    let mut story = Story { sites: vec![first, second, third_site], authority, chance };
    let found = story.play().await;
    eprintln!("two of ours and {third}: {:.0} s, PEERBRAIN_SEED={seed}", started.elapsed().as_secs_f32());
    for site in &story.sites {
        site.logged(&found).iter().for_each(|line| eprintln!("{}: {line}", site.name()));
    }
    let shown: String = found.iter().take(40).map(|one| format!("  {one}\n")).collect();
    assert!(found.is_empty(), "PEERBRAIN_SEED={seed}: {} things are not as they should be:\n{shown}", found.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_of_ours_come_through_a_storm() {
    come_through("a third").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_of_ours_and_a_synapse_come_through_a_storm() {
    come_through("a Synapse").await;
}
