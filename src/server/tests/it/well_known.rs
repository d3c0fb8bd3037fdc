//! What is told under `/.well-known/matrix`, with and without the settings.

use serde_json::{Value, json};

use crate::program::{Folder, Kind, Server};

fn file(server: &Server, name: &str) -> (u16, Value) {
    let (status, body) = server.get(&format!("/.well-known/matrix/{name}"));
    (status, serde_json::from_str(&body).unwrap())
}

#[test]
fn what_is_not_configured_is_not_there() {
    let server = Folder::new(Kind::Sqlite).start();
    for name in ["client", "server", "support"] {
        let (status, body) = file(&server, name);
        assert_eq!((status, &body["errcode"]), (404, &json!("M_NOT_FOUND")), "{name}: {body}");
    }
}

#[test]
fn what_is_configured_is_told() {
    let contacts = "[{ matrix_id = \"@admin:example.org\" }, \
                     { role = \"m.role.security\", email_address = \"security@example.org\" }]";
    let folder = Folder::new(Kind::Sqlite).with("SERVER__PUBLIC_BASE_URL", "https://matrix.example.org");
    let server = folder.with("WELL_KNOWN__SUPPORT_CONTACTS", contacts).start();
    assert_eq!(file(&server, "client"), (200, json!({ "m.homeserver": { "base_url": "https://matrix.example.org" } })));
    assert_eq!(file(&server, "server"), (200, json!({ "m.server": "matrix.example.org:443" })));
    let contacts = json!([
        { "role": "m.role.admin", "matrix_id": "@admin:example.org" },
        { "role": "m.role.security", "email_address": "security@example.org" },
    ]);
    assert_eq!(file(&server, "support"), (200, json!({ "contacts": contacts })));
}

#[test]
fn a_page_alone_is_enough() {
    let page = "https://example.org/support.html";
    let server = Folder::new(Kind::Sqlite).with("WELL_KNOWN__SUPPORT_PAGE", page).start();
    assert_eq!(file(&server, "support"), (200, json!({ "support_page": page })));
}
