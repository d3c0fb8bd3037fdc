//! Kill test: the server dies at random moments under concurrent writers; whatever it acknowledged must be there, once.
//!
//! `PEERBRAIN_KILLS=N` sets how often it dies (3 without it); `PEERBRAIN_SEED` repeats the dice of an earlier run. Its
//! broken variants of the server prove that the test sees what it is for (see `tests/README.md`).

mod backup;
mod claims;
mod clients;
mod crew;
mod follower;
mod hand;
pub mod history;
mod identities;
mod keys;
mod ledger;
mod machine;
mod media;
mod media_content;
mod receipts;
mod run;
mod setup;
mod to_device;
mod verdict;
mod writer;

use std::collections::BTreeSet;

use clients::SUBJECTS;
use ledger::Breach;
use machine::{Death, Kind};
use run::{Plan, run};

/// How often a broken server is run before it counts as not caught: most are caught at the first or second time.
const RUNS: usize = 15;

/// How often the server dies.
fn kills() -> usize {
    std::env::var("PEERBRAIN_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(3)
}

/// The honest server breaks no promise.
async fn keeps_its_word(kind: Kind, death: Death) {
    let plan = Plan { kind, death, sabotage: None, kills: kills() };
    if let Some(breaches) = run(plan).await {
        assert!(breaches.is_empty(), "{} promises broken:\n{}", breaches.len(), shown(&breaches));
    }
}

/// The broken server is caught losing what it acknowledged, where dice may ask for a few runs.
async fn is_caught(kind: Kind, death: Death, sabotage: &'static str) {
    let mut all = Vec::new();
    for _ in 0..RUNS {
        let plan = Plan { kind, death, sabotage: Some(sabotage), kills: kills().clamp(5, 8) };
        let Some(mut breaches) = run(plan).await else { return };
        if breaches.iter().any(|breach| matches!(breach, Breach::Lost(_))) {
            return;
        }
        all.append(&mut breaches);
    }
    panic!("a server that sabotages by {sabotage} was not caught losing anything:\n{}", shown(&all));
}

/// The honest server breaks no promise to the rest of a client's world.
async fn keeps_its_word_to_clients(kind: Kind, death: Death) {
    let plan = Plan { kind, death, sabotage: None, kills: kills() };
    if let Some(breaches) = clients::run(plan).await {
        assert!(breaches.is_empty(), "{} promises broken:\n{}", breaches.len(), shown(&breaches));
    }
}

/// The broken server is caught losing something acknowledged of each of these subjects, where dice may ask for a few runs.
async fn is_caught_by_clients(kind: Kind, death: Death, sabotage: &'static str, subjects: &[&'static str]) {
    let mut missing: BTreeSet<&str> = subjects.iter().copied().collect();
    let mut all = Vec::new();
    for _ in 0..RUNS {
        let plan = Plan { kind, death, sabotage: Some(sabotage), kills: 5 };
        let Some(mut breaches) = clients::run(plan).await else { return };
        let caught = clients::lost_subjects(&breaches);
        eprintln!("  lost: {caught:?}");
        missing.retain(|subject| !caught.contains(subject));
        all.append(&mut breaches);
        if missing.is_empty() {
            return;
        }
    }
    panic!("a server that sabotages by {sabotage} was not caught losing {missing:?}:\n{}", shown(&all));
}

/// The first breaches, one a line.
fn shown(breaches: &[Breach]) -> String {
    breaches.iter().take(20).map(|breach| format!("  {breach:?}\n")).collect()
}

macro_rules! kill_tests {
    ($($name:ident: $test:ident($($argument:expr),*);)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $test($($argument),*).await;
        }
    )* };
}

kill_tests! {
    sqlite_survives_kill_9: keeps_its_word(Kind::Sqlite, Death::Kill);
    postgres_survives_kill_9: keeps_its_word(Kind::Postgres, Death::Kill);
    sqlite_survives_a_power_cut: keeps_its_word(Kind::Sqlite, Death::PowerCut);
    postgres_survives_a_power_cut: keeps_its_word(Kind::Postgres, Death::PowerCut);
    answering_before_the_commit_is_caught_on_sqlite: is_caught(Kind::Sqlite, Death::Kill, "ack-early");
    answering_before_the_commit_is_caught_on_postgres: is_caught(Kind::Postgres, Death::Kill, "ack-early");
    not_syncing_is_caught_on_sqlite: is_caught(Kind::Sqlite, Death::PowerCut, "no-sync");
    not_syncing_is_caught_on_postgres: is_caught(Kind::Postgres, Death::PowerCut, "no-sync");
    clients_survive_kill_9_on_sqlite: keeps_its_word_to_clients(Kind::Sqlite, Death::Kill);
    clients_survive_kill_9_on_postgres: keeps_its_word_to_clients(Kind::Postgres, Death::Kill);
    clients_survive_a_power_cut_on_sqlite: keeps_its_word_to_clients(Kind::Sqlite, Death::PowerCut);
    clients_survive_a_power_cut_on_postgres: keeps_its_word_to_clients(Kind::Postgres, Death::PowerCut);
    clients_catch_early_answers_on_sqlite: is_caught_by_clients(Kind::Sqlite, Death::Kill, "ack-early", &["to-device"]);
    clients_catch_early_answers_on_postgres: is_caught_by_clients(Kind::Postgres, Death::Kill, "ack-early", &["to-device"]);
    clients_catch_commits_that_are_not_synced: is_caught_by_clients(Kind::Postgres, Death::PowerCut, "no-sync", &SUBJECTS);
    clients_catch_files_that_are_not_synced: is_caught_by_clients(Kind::Sqlite, Death::PowerCut, "no-file-sync", &["media"]);
    clients_catch_names_that_are_not_synced: is_caught_by_clients(Kind::Postgres, Death::PowerCut, "no-folder-sync", &["media"]);
}
