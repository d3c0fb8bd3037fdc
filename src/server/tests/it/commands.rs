//! `peerbrain config …` and `peerbrain user …`.

use std::fs;

use crate::program::{Folder, Kind, Server, each};

#[test]
fn configuration_is_checked_and_shown() {
    let folder = Folder::new(Kind::Sqlite).with("REGISTRATION__SHARED_SECRET", "a secret of some length");
    assert!(folder.ask(&["config", "check"]).contains("can be used"));
    let shown = folder.ask(&["config", "show"]);
    assert!(shown.contains("memory_kb = 64") && shown.contains("name = \"localhost\""), "{shown}");
    assert!(shown.contains("***") && !shown.contains("a secret"), "{shown}");

    fs::write(folder.path("other.toml"), "[server]\nnmae = \"x\"\n").unwrap();
    let complaint = folder.fails(&["config", "check", "--config", "other.toml"]);
    assert!(complaint.contains("other.toml") && complaint.contains("`server.name`"), "{complaint}");
    let complaint = folder.fails(&["--config", "missing.toml", "serve"]);
    assert!(complaint.contains("missing.toml"), "{complaint}");
    let folder = folder.with("LOG__LEVEL", "loud");
    assert!(folder.fails(&["config", "check"]).contains("log.level"));
    let folder = folder.with("SERVER__NMAE", "x");
    assert!(folder.fails(&["serve"]).contains("PEERBRAIN__SERVER__NAME"));
    assert!(!folder.path("data").exists());
}

#[test]
fn users_are_managed_with_and_without_a_server() {
    each(|kind| {
        let folder = Folder::new(kind);
        manage(&folder, "alice", None);
        let server = folder.start();
        manage(&folder, "bob", Some(&server));
        assert_eq!(folder.ask(&["user", "list"]), "@alice:localhost (admin)\n@bob:localhost (admin)\n");
    });
}

/// The same commands, and the same effect, whether a server runs or not.
fn manage(folder: &Folder, name: &str, server: Option<&Server>) {
    let check = |password: &str, expected: u16| {
        if let Some(server) = server {
            let (status, answer) = server.login(name, password);
            assert_eq!(status, expected, "{answer}");
        }
    };
    let said = folder.ask(&["user", "create", name]);
    assert!(said.contains(&format!("Created @{name}:localhost.")), "{said}");
    let (_, made) = said.trim_end().rsplit_once("Password: ").unwrap();
    assert_eq!(made.len(), 20);
    check(made, 200);
    assert!(folder.fails(&["user", "create", name]).contains("taken"));
    assert!(folder.fails(&["user", "create", "no spaces"]).contains("user name"));
    assert!(folder.fails(&["user", "lock", "nobody"]).contains("no such user"));

    let told = folder.tell(&["user", "password", name, "--password-stdin"], "correct horse\n");
    assert!(told.status.success(), "{told:?}");
    check(made, 403);
    check("correct horse", 200);
    folder.ask(&["user", "lock", name]);
    assert!(folder.ask(&["user", "list"]).contains(&format!("@{name}:localhost (locked)")));
    check("correct horse", 401);
    folder.ask(&["user", "lock", "--undo", &format!("@{name}:localhost")]);
    check("correct horse", 200);
    folder.ask(&["user", "admin", name]);
    folder.ask(&["user", "admin", "--revoke", name]);
    assert!(!folder.ask(&["user", "list"]).contains(&format!("@{name}:localhost (")));
    folder.ask(&["user", "admin", name]);
}

#[test]
fn an_empty_folder_is_no_server() {
    let folder = Folder::new(Kind::Sqlite);
    for command in [&["user", "list"][..], &["user", "lock", "alice"], &["room", "list"], &["media", "list"]] {
        let complaint = folder.fails(command);
        assert!(complaint.contains("no server is here"), "{complaint}");
    }
    assert!(!folder.path("data").exists());
}

#[test]
fn the_database_is_looked_after() {
    each(|kind| {
        let folder = Folder::new(kind);
        let unused = folder.fails(&["db", "check"]);
        assert!(unused.contains("no database") || unused.contains("never been used"), "{unused}");
        folder.ask(&["db", "migrate"]);
        assert!(folder.ask(&["db", "check"]).contains("sound"));
        let _server = folder.start();
        assert!(folder.ask(&["db", "check"]).contains("sound"));
        assert!(folder.fails(&["db", "migrate"]).contains("in use"));
    });
}
