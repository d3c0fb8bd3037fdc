//! One process on one database.

use std::fs;

use crate::database::{Database, on_both_databases};
use crate::programs;
use crate::server::Server;

on_both_databases!(a_second_process_is_refused, another_server_name_is_refused);

async fn a_second_process_is_refused(database: Database) {
    let mut first = Server::start(&database).await;
    let alice = first.register("alice").await;
    // The same folder for SQLite; another one with the same database for PostgreSQL.
    let refused = match database {
        Database::Sqlite => first.run(&["serve"]),
        Database::Postgres { .. } => {
            let second = Server::prepare(programs::server());
            second.write_configuration(&database);
            fs::create_dir(second.data()).unwrap();
            fs::copy(first.data().join("signing.key"), second.data().join("signing.key")).unwrap();
            second.run(&["serve"])
        }
    };
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && words.contains("in use by another process"), "{words}");
    assert_eq!(words.matches("panicked").count(), 0, "{words}");

    alice.get("/account/whoami").await.ok();
    let users = first.run(&["user", "list"]);
    assert!(users.status.success() && String::from_utf8_lossy(&users.stdout).contains("@alice:"), "{users:?}");
    first.is_sound();
}

async fn another_server_name_is_refused(database: Database) {
    let mut server = Server::start(&database).await;
    server.stop().await;
    server.set("PEERBRAIN__SERVER__NAME", "other.test");
    let refused = server.run(&["serve"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && words.contains("peer.test"), "{words}");
    server.set("PEERBRAIN__SERVER__NAME", "peer.test");
    server.restart().await;
}
