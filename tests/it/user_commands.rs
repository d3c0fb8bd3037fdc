//! `peerbrain user …`, on a running server and on a database that none runs on.

use std::io::Write as _;
use std::process::Stdio;

use crate::database::{Database, on_both_databases};
use crate::server::Server;
use crate::user::{PASSWORD, User, login};

on_both_databases!(commands_reach_the_running_server, commands_work_without_a_server);

/// Runs a command that must succeed and returns what it says.
#[track_caller]
fn does(server: &Server, arguments: &[&str]) -> String {
    let done = server.run(arguments);
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Runs a command that must fail with these words.
#[track_caller]
fn refuses(server: &Server, arguments: &[&str], words: &str) {
    let done = server.run(arguments);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(!done.status.success() && said.to_lowercase().contains(words), "{arguments:?}: {said}");
}

async fn commands_reach_the_running_server(database: Database) {
    let mut server = Server::start(&database).await;
    let client = server.client().clone();
    does(&server, &["user", "create", "alice", "--password", PASSWORD, "--admin"]);
    refuses(&server, &["user", "create", "alice", "--password", PASSWORD], "");
    refuses(&server, &["user", "create", "Not A Name", "--password", PASSWORD], "");
    refuses(&server, &["user", "create", "carol", "--password", "short"], "");
    let alice = User::login(&client, "alice", PASSWORD).await;
    assert_eq!(alice.id, "@alice:peer.test");

    let made = does(&server, &["user", "create", "bob"]);
    let password = made.lines().find_map(|line| line.strip_prefix("Password: ")).expect("a password was made");
    let bob = User::login(&client, "bob", password).await;
    let listed = does(&server, &["user", "list"]);
    assert!(listed.contains("@alice:peer.test (admin)") && listed.contains("@bob:peer.test\n"), "{listed}");

    // A new password ends all sessions at once.
    let mut command = server.command(&["user", "password", "bob", "--password-stdin"]);
    let mut running = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(running.stdin.take().unwrap(), "another long password").unwrap();
    assert!(running.wait().unwrap().success());
    bob.get("/account/whoami").await.fails(&["401 M_UNKNOWN_TOKEN"]);
    login(&client, "bob", password).await.fails(&["403 M_FORBIDDEN"]);
    let bob = User::login(&client, "bob", "another long password").await;

    does(&server, &["user", "lock", "bob"]);
    bob.get("/account/whoami").await.fails(&["401 M_USER_LOCKED"]);
    assert!(does(&server, &["user", "list"]).contains("@bob:peer.test (locked)"));
    does(&server, &["user", "lock", "bob", "--undo"]);
    bob.get("/account/whoami").await.ok();

    does(&server, &["user", "admin", "@bob:peer.test"]);
    assert!(does(&server, &["user", "list"]).contains("@bob:peer.test (admin)"));
    does(&server, &["user", "admin", "bob", "--revoke"]);
    assert!(does(&server, &["user", "list"]).contains("@bob:peer.test\n"));
    for command in [&["user", "lock", "nobody"][..], &["user", "admin", "nobody"], &["user", "password", "nobody"]] {
        refuses(&server, command, "");
    }
    server.is_sound();
}

async fn commands_work_without_a_server(database: Database) {
    let mut server = Server::start(&database).await;
    let bob = server.register("bob").await;
    let client = server.client().clone();
    server.kill();
    // The dead server left its socket behind: that must not be taken for a running one.
    does(&server, &["user", "create", "alice", "--password", PASSWORD, "--admin"]);
    does(&server, &["user", "lock", "bob"]);
    assert!(does(&server, &["user", "list"]).contains("@bob:peer.test (locked)"));
    server.restart().await;
    bob.get("/account/whoami").await.fails(&["401 M_USER_LOCKED"]);
    User::login(&client, "alice", PASSWORD).await;
    assert!(does(&server, &["user", "list"]).contains("@alice:peer.test (admin)"));
}
