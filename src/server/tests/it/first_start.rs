//! The first start in an empty folder, and the ones after it.

use std::fs;

use crate::program::{Folder, each};

#[test]
fn an_empty_folder_becomes_a_server() {
    each(|kind| {
        let folder = Folder::new(kind);
        let server = folder.start();
        assert!(server.said.contains("FOR TRIAL ONLY"), "{}", server.said);
        assert!(server.said.contains("can never be changed"), "{}", server.said);
        assert!(server.said.contains("one-time token"), "{}", server.said);
        assert_eq!(folder.mode("data"), 0o700);
        assert_eq!(folder.mode("data/signing.key"), 0o600);
        assert_eq!(folder.mode("data/admin.sock"), 0o600);
        assert_eq!(folder.mode("peerbrain.toml"), 0o600);
        assert_eq!(server.get("/health"), (200, "ok\n".to_owned()));
        let example = folder.ask(&["config", "example"]);
        assert_eq!(fs::read_to_string(folder.path("peerbrain.toml")).unwrap(), example);
        assert_eq!(server.stop("TERM"), Some(0));

        let key = fs::read(folder.path("data/signing.key")).unwrap();
        let server = folder.start();
        assert!(!server.said.contains("Made the signing key"));
        assert_eq!(fs::read(folder.path("data/signing.key")).unwrap(), key);
    });
}

#[test]
fn the_name_cannot_be_changed() {
    each(|kind| {
        let folder = Folder::new(kind);
        folder.start().stop("TERM");
        let folder = folder.with("SERVER__NAME", "example.org");
        let complaint = folder.fails(&["serve"]);
        assert!(complaint.contains("localhost") && complaint.contains("never be changed"), "{complaint}");
    });
}

#[test]
fn a_lost_key_is_not_replaced_in_silence() {
    each(|kind| {
        let folder = Folder::new(kind);
        folder.start().stop("TERM");
        fs::rename(folder.path("data/signing.key"), folder.path("away")).unwrap();
        let complaint = folder.fails(&["serve"]);
        assert!(complaint.contains("signing key") && complaint.contains("backup"), "{complaint}");
        fs::rename(folder.path("away"), folder.path("data/signing.key")).unwrap();
        folder.start().stop("TERM");
    });
}

#[test]
fn a_second_server_on_the_same_database_is_refused() {
    each(|kind| {
        let folder = Folder::new(kind);
        let _server = folder.start();
        let complaint = folder.fails(&["serve"]);
        assert!(complaint.contains("in use by another process"), "{complaint}");
    });
}

#[test]
fn the_first_administrator_needs_the_token() {
    each(|kind| {
        let folder = Folder::new(kind);
        let server = folder.start();
        let register = |auth: &str| {
            let body = format!("{{\"username\":\"boss\",\"password\":\"correct horse\"{auth}}}");
            server.request("POST", "/_matrix/client/v3/register", "", &body)
        };
        let (status, challenge) = register("");
        assert_eq!(status, 401, "{challenge}");
        let session: serde_json::Value = serde_json::from_str(&challenge).unwrap();
        let session = session["session"].as_str().unwrap();
        let token = server.said.lines().find_map(|line| line.strip_prefix("    ")).unwrap().trim();
        let auth = |token: &str| {
            format!(
                ",\"auth\":{{\"type\":\"m.login.registration_token\",\"token\":\"{token}\",\"session\":\"{session}\"}}"
            )
        };
        assert_eq!(register(&auth("wrong")).0, 401);
        let (status, answer) = register(&auth(token));
        assert_eq!(status, 200, "{answer}");
        assert_eq!(folder.ask(&["user", "list"]), "@boss:localhost (admin)\n");
        server.stop("TERM");
        assert!(!folder.start().said.contains("one-time token"));
    });
}

#[test]
fn a_new_signing_key_takes_over() {
    each(|kind| {
        let folder = Folder::new(kind);
        let server = folder.start();
        let keys = |server: &crate::program::Server| -> serde_json::Value {
            let (status, body) = server.get("/_matrix/key/v2/server");
            assert_eq!(status, 200);
            serde_json::from_str(&body).unwrap()
        };
        let ids = |keys: &serde_json::Value| keys.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let before = keys(&server);
        assert!(ids(&before["old_verify_keys"]).is_empty());
        assert!(folder.fails(&["key", "rotate"]).contains("stop the server"));
        server.stop("TERM");

        let said = folder.ask(&["key", "rotate"]);
        let server = folder.start();
        let after = keys(&server);
        let new = ids(&after["verify_keys"]);
        assert!(new.len() == 1 && said.contains(&new[0]), "{said}");
        assert_eq!(ids(&after["old_verify_keys"]), ids(&before["verify_keys"]));
        let old = &ids(&before["verify_keys"])[0];
        assert_eq!(after["old_verify_keys"][old]["key"], before["verify_keys"][old]["key"]);
        assert!(after["old_verify_keys"][old]["expired_ts"].as_i64().unwrap() > 1_600_000_000_000);
        assert_eq!(ids(&after["signatures"]["localhost"]), new);
        assert_eq!(keys(&server)["old_verify_keys"], after["old_verify_keys"]);
        assert_eq!(folder.mode("data/signing.key"), 0o600);
        server.stop("TERM");
    });
}
