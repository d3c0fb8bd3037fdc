//! `db backup` under load, and `db restore` into either kind of database: the way from one to the other.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tokio::task::JoinHandle;

use crate::client::encode;
use crate::database::{Database, on_both_databases};
use crate::programs;
use crate::server::{Server, mode};
use crate::user::{PASSWORD, User, timeline};

on_both_databases!(a_backup_restores_into_the_same_kind, bad_backups_are_refused);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_sqlite_to_postgres() {
    if let Some(postgres) = Database::postgres() {
        moves_under_load(&Database::Sqlite, &postgres).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_postgres_to_sqlite() {
    if let Some(postgres) = Database::postgres() {
        moves_under_load(&postgres, &Database::Sqlite).await;
    }
}

async fn a_backup_restores_into_the_same_kind(database: Database) {
    let other = match database {
        Database::Sqlite => Database::Sqlite,
        Database::Postgres { .. } => Database::postgres().unwrap(),
    };
    moves_under_load(&database, &other).await;
}

/// Somebody who writes all the time; the end says what was acknowledged: (transaction id, event id).
fn load(user: &User, room: &str, stop: &Arc<AtomicBool>) -> JoinHandle<Vec<(String, String)>> {
    let (user, room, stop) = (user.clone(), room.to_owned(), stop.clone());
    tokio::spawn(async move {
        let mut sent = Vec::new();
        while !stop.load(Ordering::SeqCst) {
            let transaction = format!("{} of {}", sent.len(), user.device);
            let event = user.say(&room, &transaction, &transaction).await;
            if sent.len() % 10 == 0 {
                let data = format!("/user/{}/account_data/load", encode(&user.id));
                user.put(&data, json!({ "newest": transaction })).await.ok();
            }
            sent.push((transaction, event));
        }
        sent
    })
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
fn does(server: &Server, arguments: &[&str]) -> String {
    let output = server.run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", words(&output));
    words(&output)
}

/// The position in one of our sync tokens: the first number.
fn position(token: &str) -> u64 {
    token.trim_start_matches('s').split('_').next().unwrap().parse().unwrap()
}

async fn moves_under_load(from: &Database, to: &Database) {
    let mut old = Server::start(from).await;
    let (alice, bob) = (old.register("alice").await, old.register("bob").await);
    let room = alice
        .post("/createRoom", json!({ "preset": "public_chat", "room_alias_name": "tea" }))
        .await
        .text_at("room_id");
    bob.join(&room).await;
    alice
        .put(&format!("/user/{}/account_data/a.b", encode(&alice.id)), json!({ "text": "ünï\u{0}cödé \\ \" \n\t" }))
        .await
        .ok();
    let early = alice.say(&room, "early", "early").await;
    let since = bob.sync(None, 0).await["next_batch"].as_str().unwrap().to_owned();

    let stop = Arc::new(AtomicBool::new(false));
    let loads = [load(&alice, &room, &stop), load(&bob, &room, &stop)];
    // However slow the machine is: some of it is written before the backup begins.
    while bob.texts(&room).await.len() < 10 {
        assert!(!loads.iter().any(JoinHandle::is_finished), "nobody writes");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let known: HashSet<String> =
        bob.newest(&room, 1_000).await.iter().map(|event| event["event_id"].to_string()).collect();
    let file = old.beside("backup").join("peerbrain.backup");
    let name = file.to_str().unwrap().to_owned();
    let mut command = old.command(&["db", "backup", &name]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(mode(&file), 0o600, "a backup holds secrets");
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    stop.store(true, Ordering::SeqCst);
    let mut sent = Vec::new();
    for load in loads {
        sent.extend(load.await.unwrap());
    }
    let newest = bob.sync(None, 0).await["next_batch"].as_str().unwrap().to_owned();
    old.is_sound();
    old.stop().await;

    let mut new = Server::prepare(programs::server());
    new.write_configuration(to);
    does(&new, &["db", "restore", &name]);
    assert_eq!(fs::read(new.data().join("signing.key")).unwrap(), fs::read(old.data().join("signing.key")).unwrap());
    assert_eq!(mode(&new.data().join("signing.key")), 0o600);
    does(&new, &["db", "check"]);
    new.restart().await;
    check_restored(&mut new, &Restored { alice, bob, room, since, newest, early, known, sent }).await;
    let twice = new.run(&["db", "restore", &name]);
    assert!(!twice.status.success(), "a restore over a database that is in use: {}", words(&twice));
}

/// What must be there after a restore.
struct Restored {
    alice: User,
    bob: User,
    room: String,
    /// Where bob was before the load.
    since: String,
    /// The newest position that the old server gave out.
    newest: String,
    early: String,
    /// Events from before the backup.
    known: HashSet<String>,
    /// All that the old server acknowledged, the backup or not.
    sent: Vec<(String, String)>,
}

/// The ids of all events of a room: how much the load wrote is up to the machine.
async fn all_events(user: &User, room: &str) -> Vec<String> {
    let (mut ids, mut from) = (Vec::new(), String::new());
    loop {
        let path = format!("/rooms/{}/messages?dir=b&limit=1000{from}", encode(room));
        let page = user.get(&path).await.ok();
        ids.extend(page["chunk"].as_array().unwrap().iter().map(|event| event["event_id"].to_string()));
        match page["end"].as_str() {
            Some(end) => from = format!("&from={}", encode(end)),
            None => return ids,
        }
    }
}

async fn check_restored(new: &mut Server, expected: &Restored) {
    let Restored { room, .. } = expected;
    // The sessions of old clients go on, at the new address.
    let (alice, bob) = (new.client().with_token(expected.alice.token()), new.client().with_token(expected.bob.token()));
    assert_eq!(alice.get("/account/whoami").await.text_at("device_id"), expected.alice.device);
    let again = User::login(new.client(), "alice", PASSWORD).await;
    let ids = all_events(&again, room).await;
    let unique: HashSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "something is there twice");
    let missing: Vec<&String> = expected.known.iter().filter(|event| !unique.contains(event)).collect();
    assert!(missing.is_empty(), "lost by the backup: {missing:?}");

    let data = alice.get(&format!("/user/{}/account_data/a.b", encode(&expected.alice.id))).await.ok();
    assert_eq!(data["text"], "ünï\u{0}cödé \\ \" \n\t");
    let found = new.client().get(&format!("/directory/room/{}", encode("#tea:peer.test"))).await.text_at("room_id");
    assert_eq!(found, *room);
    // Transaction ids came along: what the backup holds is not written again.
    let early = alice.put(&crate::user::message_path(room, "early"), crate::user::message("early")).await;
    assert_eq!(early.text_at("event_id"), expected.early);
    let kept = expected.sent.iter().filter(|(_, event)| unique.contains(&format!("{event:?}"))).count();
    assert!(kept > 0 && kept <= expected.sent.len());

    // A token from before the backup still leads on, and none is given out twice.
    let sync = bob.get(&format!("/sync?since={}", encode(&expected.since))).await.ok();
    assert!(!timeline(&sync, room).is_empty(), "{sync}");
    let next = sync["next_batch"].as_str().unwrap();
    assert!(position(next) > position(&expected.newest), "{next} may have been given out before: {}", expected.newest);
    // A token from after the backup is of a time that is lost; what comes now is told all the same.
    let text =
        alice.put(&crate::user::message_path(room, "new"), crate::user::message("new")).await.text_at("event_id");
    let sync = bob.get(&format!("/sync?since={}", encode(&expected.newest))).await.ok();
    assert_eq!(timeline(&sync, room).last().unwrap()["event_id"], text, "{sync}");
    new.is_sound();
}

async fn bad_backups_are_refused(database: Database) {
    let mut server = Server::start(&database).await;
    server.register("alice").await.public_room("Tea").await;
    let folder = server.beside("backup");
    let path = |name: &str| -> PathBuf { folder.join(name) };
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let good = text(&path("good"));
    does(&server, &["db", "backup", &good]);
    let again = server.run(&["db", "backup", &good]);
    assert!(!again.status.success() && words(&again).contains("exists"), "{}", words(&again));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "something unfinished was left behind");
    server.stop().await;

    let bytes = fs::read(&good).unwrap();
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    let damaged = [
        ("flipped", flipped),
        ("cut", bytes[..bytes.len() - 40].to_vec()),
        ("half", bytes[..bytes.len() / 2].to_vec()),
        ("empty", Vec::new()),
        ("other", b"not a backup\n".to_vec()),
    ];
    for (name, bytes) in damaged {
        fs::write(path(name), bytes).unwrap();
        let target = Server::prepare(programs::server());
        target.write_configuration(&Database::Sqlite);
        let refused = target.run(&["db", "restore", &text(&path(name))]);
        assert!(!refused.status.success() && !words(&refused).contains("panicked"), "{name}: {}", words(&refused));
        assert!(!Database::file(&target.data()).exists(), "{name}: it was restored in part");
    }
    // Over what is there already.
    let over = server.run(&["db", "restore", &good]);
    assert!(!over.status.success(), "{}", words(&over));
    server.restart().await;
    User::login(server.client(), "alice", PASSWORD).await;
    // Under another name.
    let mut stranger = Server::prepare(programs::server());
    stranger.write_configuration(&Database::Sqlite);
    stranger.set("PEERBRAIN__SERVER__NAME", "stranger.test");
    let refused = stranger.run(&["db", "restore", &good]);
    assert!(!refused.status.success() && words(&refused).contains("peer.test"), "{}", words(&refused));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_enough_for_an_empty_folder() {
    let mut old = Server::start(&Database::Sqlite).await;
    old.register("alice").await;
    let file = old.beside("backup").join("all");
    let name = file.to_str().unwrap();
    old.kill();
    does(&old, &["db", "backup", name]);
    let mut new = Server::prepare(programs::server());
    does(&new, &["db", "restore", name]);
    assert_eq!(
        fs::read(new.folder().join("peerbrain.toml")).unwrap(),
        fs::read(old.folder().join("peerbrain.toml")).unwrap()
    );
    new.restart().await;
    User::login(new.client(), "alice", PASSWORD).await;
}
