//! One run: writers and followers work, the server dies again and again, and at the end all is compared.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::task::JoinHandle;

use super::follower::Follower;
use super::history::History;
use super::ledger::{Breach, Ledger};
use super::machine::{Death, Kind, Machine};
use super::setup::Cast;
use super::verdict::Judge;
use super::writer::Writer;
use crate::client::Client;
use crate::random::Chance;
use crate::user::User;

/// What to try.
pub struct Plan {
    /// On which database.
    pub kind: Kind,
    /// How the server dies.
    pub death: Death,
    /// How the server breaks its promises, if it does.
    pub sabotage: Option<&'static str>,
    /// How often the server dies.
    pub kills: usize,
}

/// Runs it and returns the promises that were broken. None where this machine cannot run it, which has been said.
pub async fn run(plan: Plan) -> Option<Vec<Breach>> {
    let seed = Chance::seed();
    let started = Instant::now();
    let mut chance = Chance::new(seed);
    let mut machine = Machine::start(plan.kind, plan.death, plan.sabotage).await?;
    let client = machine.server.client().clone();
    let cast = Cast::assemble(&client).await;
    let ledger = Arc::new(Ledger::new(machine.loses_its_database()));
    let (before, known) = so_far(&cast).await;
    let followers = begin_following(&cast, &ledger, &known).await;
    let writers = begin_writing(&cast, &ledger, &client, &mut chance);

    let came_back = die_again_and_again(&plan, &mut machine, &ledger, &cast.writers[0], &mut chance).await;
    ledger.end();
    if came_back {
        join_all(writers).await.into_iter().for_each(|writer| writer.unwrap());
        ledger.settle();
        let followed: Vec<_> = join_all(followers).await.into_iter().map(|follower| follower.unwrap().seen).collect();
        Judge { ledger: &ledger, cast: &cast, client: &client }.judge(&followed, &before).await;
        machine.server.is_sound();
        if plan.sabotage.is_none() {
            check_the_database(&mut machine, &ledger).await;
        }
    } else {
        writers.iter().for_each(JoinHandle::abort);
        followers.iter().for_each(JoinHandle::abort);
    }
    let (facts, breaches) = (ledger.facts().len(), ledger.breaches());
    eprintln!(
        "{:?}, {:?}, {}: {} deaths, {facts} acknowledgements, {} breaches, {:.0} s, PEERBRAIN_SEED={seed}",
        plan.kind,
        plan.death,
        plan.sabotage.unwrap_or("honest"),
        plan.kills,
        breaches.len(),
        started.elapsed().as_secs_f32(),
    );
    Some(breaches)
}

/// How many events each room has, and which.
async fn so_far(cast: &Cast) -> (HashMap<String, usize>, HashSet<String>) {
    let (mut before, mut known) = (HashMap::new(), HashSet::new());
    for room in &cast.rooms {
        let history = History::read(&cast.writers[0], room, "f").await.unwrap();
        before.insert(room.clone(), history.events.len());
        known.extend(history.ids().into_iter().map(str::to_owned));
    }
    (before, known)
}

async fn begin_following(cast: &Cast, ledger: &Arc<Ledger>, known: &HashSet<String>) -> Vec<JoinHandle<Follower>> {
    let mut tasks = Vec::new();
    for user in &cast.followers {
        let follower = Follower::begin(user.clone(), ledger.clone(), known.clone()).await.expect("the first sync");
        tasks.push(tokio::spawn(follower.follow()));
    }
    tasks
}

fn begin_writing(cast: &Cast, ledger: &Arc<Ledger>, client: &Client, chance: &mut Chance) -> Vec<JoinHandle<()>> {
    let writers = cast.writers.iter().enumerate().map(|(number, user)| Writer {
        number,
        user: user.clone(),
        anybody: client.clone(),
        rooms: cast.rooms.clone(),
        revolving_door: cast.revolving_door.clone(),
        ledger: ledger.clone(),
        chance: Chance::new(chance.among(0..u64::MAX)),
        done: 0,
        messages: Vec::new(),
        inside: true,
    });
    writers.map(|writer| tokio::spawn(writer.write())).collect()
}

/// Whether the server came back after every death.
pub async fn die_again_and_again(
    plan: &Plan,
    machine: &mut Machine,
    ledger: &Ledger,
    watcher: &User,
    chance: &mut Chance,
) -> bool {
    for death in 0..plan.kills {
        tokio::time::sleep(Duration::from_millis(chance.among(20..800))).await;
        if ledger.is_ruined() {
            return true;
        }
        let seen = ledger.newest_position();
        machine.die();
        ledger.died();
        ledger.count("unfinished files at a death", machine.unfinished_files());
        // One death in four is followed by another while the server starts.
        let stillborn = (chance.among(0..4) == 0).then(|| Duration::from_millis(chance.among(0..200)));
        if let Err(reason) = machine.revive(stillborn).await {
            ledger.breach(Breach::Lost(format!("after death {death} nothing comes back: {reason}")));
            return false;
        }
        // Somebody who never synced before is not told of an older moment either.
        let path = "/sync?timeout=0&filter={\"room\":{\"timeline\":{\"limit\":1}}}";
        let asked = ledger.success(watcher, reqwest::Method::GET, path, &serde_json::Value::Null).await;
        if let Some((sync, _)) = asked {
            ledger.not_before(seen, sync["next_batch"].as_str().unwrap_or_default());
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    true
}

/// The database itself finds no fault with itself.
pub async fn check_the_database(machine: &mut Machine, ledger: &Ledger) {
    machine.server.stop().await;
    let check = machine.server.run(&["db", "check"]);
    if !check.status.success() {
        let words = format!("{}{}", String::from_utf8_lossy(&check.stdout), String::from_utf8_lossy(&check.stderr));
        ledger.breach(Breach::Inconsistent(format!("db check: {words}")));
    }
}
