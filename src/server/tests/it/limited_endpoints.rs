//! Every endpoint of which the specification says that it is rate-limited, and that is served, can answer 429.

use serde_json::{Value, json};

use crate::program::{Folder, Kind, Server};

const LIMITS: [&str; 15] = [
    "MESSAGE",
    "LOGIN",
    "FAILED_LOGIN",
    "REGISTRATION",
    "REGISTRATION_CHECK",
    "REFRESH",
    "JOIN",
    "INVITE",
    "OTHER_SERVER",
    "CREATE_ROOM",
    "PROFILE",
    "SEARCH",
    "REPORT",
    "WRITE",
    "READ",
];

/// What is asked with a token, below `/_matrix/`, and with which body.
const WITH_TOKEN: &str = r#"
POST client/v3/account/deactivate {}
POST client/v3/account/password {"new_password":"another good password"}
GET client/v1/media/download/localhost/x
GET client/v1/media/download/localhost/x/name
GET client/v1/media/thumbnail/localhost/x?width=1&height=1
GET client/v1/media/config
GET client/v3/capabilities
POST media/v3/upload x
PUT media/v3/upload/localhost/x x
POST media/v1/create
GET media/v3/config
GET client/v3/rooms/!r:localhost/aliases
POST client/v3/rooms/!r:localhost/invite {"user_id":"@bob:localhost"}
POST client/v3/rooms/!r:localhost/join {}
POST client/v3/join/!r:localhost {}
POST client/v3/room_keys/version {"algorithm":"m.megolm_backup.v1.curve25519-aes-sha2","auth_data":{}}
GET client/v3/room_keys/version
GET client/v3/room_keys/version/1
PUT client/v3/room_keys/version/1 {"algorithm":"m.megolm_backup.v1.curve25519-aes-sha2","auth_data":{}}
DELETE client/v3/room_keys/version/1
PUT client/v3/room_keys/keys/!r:localhost/s?version=1 {"first_message_index":1,"forwarded_count":0,"is_verified":false,"session_data":{}}
GET client/v3/room_keys/keys/!r:localhost/s?version=1
DELETE client/v3/room_keys/keys/!r:localhost/s?version=1
PUT client/v3/room_keys/keys/!r:localhost?version=1 {"sessions":{}}
GET client/v3/room_keys/keys/!r:localhost?version=1
DELETE client/v3/room_keys/keys/!r:localhost?version=1
PUT client/v3/room_keys/keys?version=1 {"rooms":{}}
GET client/v3/room_keys/keys?version=1
DELETE client/v3/room_keys/keys?version=1
POST client/v3/knock/!r:localhost {}
POST client/v3/rooms/!r:localhost/leave {}
POST client/v3/rooms/!r:localhost/forget {}
POST client/v1/login/get_token {}
GET client/v1/mutual_rooms?user_id=@bob:localhost
POST client/v3/user/@alice:localhost/openid/request_token {}
PUT client/v3/presence/@alice:localhost/status {"presence":"online"}
PUT client/v3/profile/@alice:localhost/displayname {"displayname":"Alice"}
DELETE client/v3/profile/@alice:localhost/displayname
POST client/v3/pushers/set {"app_id":"a","pushkey":"k","kind":null}
PUT client/v3/pushrules/global/override/r {"actions":[]}
POST client/v3/rooms/!r:localhost/read_markers {}
POST client/v3/rooms/!r:localhost/receipt/m.read/$e {}
POST client/v3/rooms/!r:localhost/report {"reason":""}
POST client/v3/users/@bob:localhost/report {"reason":""}
GET client/v1/rooms/!r:localhost/timestamp_to_event?ts=1&dir=f
POST client/v3/search {"search_categories":{"room_events":{"search_term":"x"}}}
GET client/v1/rooms/!r:localhost/hierarchy
GET client/v1/rooms/!r:localhost/threads
PUT client/v3/rooms/!r:localhost/typing/@alice:localhost {"typing":false}
POST client/v3/user_directory/search {"search_term":"x"}
GET client/v3/voip/turnServer
GET client/v3/account/whoami
"#;

/// And without one.
const WITHOUT_TOKEN: &str = r#"
GET media/v3/download/localhost/x
GET media/v3/download/localhost/x/name
GET media/v3/thumbnail/localhost/x?width=1&height=1
GET client/v3/login
POST client/v3/login {"type":"m.login.password","identifier":{"type":"m.id.user","user":"bob"},"password":"wrong"}
POST client/v3/refresh {"refresh_token":"made up"}
POST client/v3/register {"auth":{"type":"m.login.dummy"},"username":"alice","password":"a good password"}
GET client/v3/register/available?username=carl
GET client/v1/register/m.login.registration_token/validity?token=x
"#;

/// Asks until the limit is reached, which must be soon. What others used up before counts.
fn until_refused(server: &Server, line: &str, headers: &str) -> Value {
    let mut words = line.splitn(3, ' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let body = words.next().unwrap_or_default();
    let path = format!("/_matrix/{}", path.replace('!', "%21").replace('$', "%24"));
    let mut last = (0, String::new());
    for _ in 0..8 {
        last = server.request(method, &path, headers, body);
        if last.0 == 429 {
            return serde_json::from_str(&last.1).unwrap();
        }
    }
    panic!("{line}: {last:?}");
}

#[test]
fn each_can_refuse() {
    let folder = Folder::new(Kind::Sqlite).with("RATE_LIMITS__ENABLED", "true").with("REGISTRATION__MODE", "open");
    let limits = LIMITS.iter().fold(folder, |folder, name| {
        let folder = folder.with(&format!("RATE_LIMITS__{name}__BURST"), "3");
        folder.with(&format!("RATE_LIMITS__{name}__PER_SECOND"), "0.001")
    });
    for name in ["alice", "bob"] {
        limits.ask(&["user", "create", name, "--password", "correct horse"]);
    }
    let server = limits.start();
    let headers = server.authorized("alice", "correct horse");
    for (lines, headers) in [(WITH_TOKEN, headers.as_str()), (WITHOUT_TOKEN, "")] {
        for line in lines.lines().filter(|line| !line.is_empty()) {
            let refusal = until_refused(&server, line, headers);
            assert_eq!(refusal["errcode"], json!("M_LIMIT_EXCEEDED"), "{line}: {refusal}");
            assert!(refusal["retry_after_ms"].as_u64().is_some_and(|wait| wait > 0), "{line}: {refusal}");
        }
    }
}
