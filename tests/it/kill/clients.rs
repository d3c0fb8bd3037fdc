//! A run over the rest of a client's world: keys, messages between devices, receipts, backups, media.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::crew::{Crew, Hiring};
use super::ledger::{Breach, Ledger};
use super::machine::Machine;
use super::run::{Plan, check_the_database, die_again_and_again};
use crate::random::Chance;
use crate::user::User;

/// With what the breaches of each subject begin.
pub const SUBJECTS: [&str; 6] = ["keys", "identities", "to-device", "receipts", "backup", "media"];

/// The subjects of which something acknowledged was lost.
pub fn lost_subjects(breaches: &[Breach]) -> BTreeSet<&'static str> {
    let loses = |subject: &&str| {
        let begins = |text: &String| text.strip_prefix(*subject).is_some_and(|rest| rest.starts_with(':'));
        breaches.iter().any(|breach| matches!(breach, Breach::Lost(text) if begins(text)))
    };
    SUBJECTS.into_iter().filter(loses).collect()
}

/// Runs it and returns the promises that were broken. None where this machine cannot run it, which has been said.
pub async fn run(plan: Plan) -> Option<Vec<Breach>> {
    let (seed, started) = (Chance::seed(), Instant::now());
    let mut chance = Chance::new(seed);
    let mut machine = Machine::start(plan.kind, plan.death, plan.sabotage).await?;
    let client = machine.server.client().clone();
    let ledger = Arc::new(Ledger::new(machine.loses_its_database()));
    let watcher = User::register(&client, "watcher").await;
    let crew = Crew::hire(Hiring { client: &client, ledger: &ledger, chance: &mut chance }, &watcher).await;
    let came_back = die_again_and_again(&plan, &mut machine, &ledger, &watcher, &mut chance).await;
    ledger.end();
    if came_back {
        crew.judge(&ledger).await;
        if machine.unfinished_files() > 0 {
            let count = machine.unfinished_files();
            ledger.breach(Breach::Inconsistent(format!("media: {count} files of unfinished uploads were left")));
        }
        machine.server.is_sound();
        if plan.sabotage.is_none() {
            check_the_database(&mut machine, &ledger).await;
        }
    } else {
        crew.abort();
    }
    let breaches = ledger.breaches();
    eprintln!(
        "clients, {:?}, {:?}, {}: {} deaths, {} breaches, {:.0} s, PEERBRAIN_SEED={seed}\n  {:?}",
        plan.kind,
        plan.death,
        plan.sabotage.unwrap_or("honest"),
        plan.kills,
        breaches.len(),
        started.elapsed().as_secs_f32(),
        ledger.counts(),
    );
    Some(breaches)
}
