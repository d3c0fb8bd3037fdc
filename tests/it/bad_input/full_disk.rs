//! A disk that is really full: what is written is refused, what is read is not, and all goes on when there is room again.

use std::fs;
use std::path::Path;

use reqwest::Method;

use crate::client::Reply;
use crate::database::Database;
use crate::postgres::Cluster;
use crate::programs;
use crate::random::Chance;
use crate::server::Server;
use crate::skipped::skipped;
use crate::small_disk::SmallDisk;
use crate::user::{User, message, message_path};

/// A fresh database of either kind fits in.
const MEGABYTES: u32 = 48;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    let Some(disk) = SmallDisk::mount(MEGABYTES, skipped) else { return };
    fills_up(&disk, &Database::Sqlite).await;
}

/// Without the log of PostgreSQL, which stops where it cannot write that: then the database has gone away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    let Some(disk) = SmallDisk::mount(MEGABYTES, skipped) else { return };
    let Some(cluster) = Cluster::start("fsync=off") else { return };
    let folder = disk.path().join("tables");
    fs::create_dir(&folder).unwrap();
    fills_up(&disk, &Database::Postgres { url: cluster.fresh_database_in(&folder) }).await;
}

async fn fills_up(disk: &SmallDisk, database: &Database) {
    let mut server = Server::prepare(programs::server());
    server.write_configuration(database);
    let data = disk.path().join("data");
    server.set("PEERBRAIN__SERVER__DATA_DIR", data.display().to_string());
    server.restart().await;
    let alice = server.register("alice").await;
    let room = alice.public_room("Disk").await;
    alice.say(&room, "before", "before").await;
    let kept = upload(&alice, b'k').await.text_at("content_uri");
    let (mut said, files) = (vec!["before".to_owned()], count_files(&data.join("media")));

    disk.fill();
    let (mut refused, mut chance) = (Vec::new(), Chance::new(1));
    for turn in 0..80 {
        let name = format!("full{turn}");
        let reply = alice.put(&message_path(&room, &name), message(&long(&name, &mut chance))).await;
        match reply.status {
            // The database's files may have room inside.
            200 => said.push(name),
            _ => {
                reply.fails(&["503 M_UNKNOWN"]);
                refused.push(name);
            }
        }
        if refused.len() == 10 {
            break;
        }
    }
    assert_eq!(refused.len(), 10, "the disk was not full");
    upload(&alice, b'r').await.fails(&["503 M_UNKNOWN"]);
    assert_eq!(count_files(&data.join("media")), files, "a refused upload left something");
    assert_eq!(names(&alice, &room).await, said, "reading needs no room on the disk");
    downloads(&alice, &kept, b'k').await;

    disk.free();
    let repeated = refused.remove(0);
    alice.say(&room, &repeated, &long(&repeated, &mut chance)).await;
    said.push(repeated);
    let uploaded = upload(&alice, b'r').await.text_at("content_uri");
    for _ in 0..2 {
        assert_eq!(names(&alice, &room).await, said);
        downloads(&alice, &kept, b'k').await;
        downloads(&alice, &uploaded, b'r').await;
        server.is_sound();
        server.kill();
        server.restart().await;
    }
}

/// So long a text that little room inside the files does not help, and noise that PostgreSQL can hardly compress.
fn long(name: &str, chance: &mut Chance) -> String {
    let noise: String = (0..4_000).map(|_| format!("{:012x}", chance.among(0..1 << 48))).collect();
    format!("{name} {noise}")
}

/// How the texts of a room begin.
async fn names(user: &User, room: &str) -> Vec<String> {
    let texts = user.texts(room).await;
    texts.iter().map(|text| text.split(' ').next().unwrap().to_owned()).collect()
}

fn content(letter: u8) -> Vec<u8> {
    vec![letter; 1 << 20]
}

async fn upload(user: &User, letter: u8) -> Reply {
    user.raw(Method::POST, "/_matrix/media/v3/upload?filename=f", content(letter)).await
}

async fn downloads(user: &User, uri: &str, letter: u8) {
    let id = uri.strip_prefix("mxc://").unwrap();
    let reply = user.get(&format!("/_matrix/client/v1/media/download/{id}")).await;
    assert!(reply.status == 200 && reply.text.as_bytes() == content(letter), "{}: {}", reply.asked, reply.status);
}

/// How many files there are below this folder.
fn count_files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| if entry.file_type().unwrap().is_dir() { count_files(&entry.path()) } else { 1 }).sum()
}
