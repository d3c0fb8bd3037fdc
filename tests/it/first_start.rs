//! The first start in an empty folder, and how the first administrator comes in.

use std::fs;

use serde_json::json;

use crate::database::{Database, on_both_databases};
use crate::programs;
use crate::server::{Server, mode};
use crate::user::{PASSWORD, User};

/// The one-time token in what the server said.
fn admin_token(said: &str) -> Option<&str> {
    let is_token = |line: &&str| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let after = said.split("one-time token").nth(1)?;
    after.lines().skip(1).map(str::trim).find(is_token)
}

/// A server in an empty folder with nothing set but a port that is free, and where PostgreSQL is.
async fn first_server(database: &Database) -> Server {
    let mut server = Server::prepare(programs::server());
    if let Database::Postgres { url } = database {
        server.set("PEERBRAIN__DATABASE__URL", url);
    }
    server.set("PEERBRAIN__PASSWORDS__MEMORY_KB", "8");
    // The default port may be taken, and listeners cannot be said in the environment.
    let port_only = "[[listeners]]\nbind = \"127.0.0.1:0\"\napis = [\"client\", \"health\", \"admin\"]\n";
    fs::write(server.folder().join("peerbrain.toml"), port_only).unwrap();
    server.restart().await;
    server
}

on_both_databases!(an_empty_folder_is_enough, the_token_makes_the_first_user_an_administrator);

async fn an_empty_folder_is_enough(database: Database) {
    let server = first_server(&database).await;
    let said = server.said();
    assert!(said.contains("localhost") && said.to_lowercase().contains("trial"), "no warning of the name: {said}");
    assert!(said.contains("never be changed"), "{said}");
    assert!(admin_token(&said).is_some(), "{said}");
    assert_eq!(mode(&server.data()), 0o700);
    assert_eq!(mode(&server.data().join("signing.key")), 0o600);
    assert_eq!(Database::file(&server.data()).exists(), matches!(database, Database::Sqlite));
}

#[tokio::test]
async fn a_commented_configuration_is_written() {
    let mut server = Server::prepare(programs::server());
    // Taken or not, the default port is none of this test's: the file is written before the server listens.
    server.spawn();
    let file = server.folder().join("peerbrain.toml");
    for _ in 0..3_000 {
        if file.exists() && server.data().exists() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    server.kill();
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(mode(&file), 0o600);
    assert_eq!(text, String::from_utf8(server.run(&["config", "example"]).stdout).unwrap());
    assert!(text.lines().filter(|line| line.starts_with('#')).count() > 50, "hardly commented: {text}");
    assert!(server.run(&["config", "check"]).status.success());
}

async fn the_token_makes_the_first_user_an_administrator(database: Database) {
    let mut server = first_server(&database).await;
    let token = admin_token(&server.said()).unwrap().to_owned();
    server.kill();
    server.restart().await;
    assert_eq!(admin_token(&server.said()), Some(token.as_str()), "the token changed before it was used");

    let client = server.client().clone();
    let account = |name: &str, auth| json!({ "username": name, "password": PASSWORD, "auth": auth });
    let stranger = client.post("/register", account("mallory", json!({ "type": "m.login.dummy" }))).await;
    assert!(matches!(stranger.status, 401 | 403) && stranger.json.get("user_id").is_none(), "{}", stranger.text);

    let begun = client.post("/register", json!({ "username": "first", "password": PASSWORD })).await;
    assert_eq!(begun.status, 401, "{}", begun.text);
    let session = begun.json["session"].as_str().unwrap();
    let stage = |token: &str| json!({ "type": "m.login.registration_token", "token": token, "session": session });
    let wrong = client.post("/register", account("first", stage("wrong"))).await;
    assert_eq!(wrong.status, 401, "{}", wrong.text);
    let mut made = client.post("/register", account("first", stage(&token))).await;
    if made.status == 401 {
        let dummy = json!({ "type": "m.login.dummy", "session": session });
        made = client.post("/register", account("first", dummy)).await;
    }
    let admin = User::of(&client, made);
    let whois = format!("/_matrix/client/v3/admin/whois/{}", crate::client::encode("@somebody:localhost"));
    assert_ne!(admin.get(&whois).await.status, 403, "the first user is no administrator");
    let listed = server.run(&["user", "list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("@first:localhost (admin"), "{listed:?}");

    server.stop().await;
    server.restart().await;
    assert_eq!(admin_token(&server.said()), None, "a second token is given away");
    let again = json!({ "type": "m.login.registration_token", "token": token });
    let again = client.post("/register", account("second", again)).await;
    assert!(again.json.get("user_id").is_none(), "the token works twice");
}
