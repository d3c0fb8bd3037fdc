//! `peerbrain room …`, `peerbrain report …` and `peerbrain media …`, with and without a server that runs.

use serde_json::Value;

use crate::program::{Folder, Server, each};

/// A user who asks the server.
struct User<'a> {
    server: &'a Server,
    header: String,
}

impl<'a> User<'a> {
    fn register(server: &'a Server, name: &str) -> Self {
        Self { server, header: server.register(name, "") }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let (status, answer) = self.server.request(method, path, &self.header, body);
        (status, serde_json::from_str(&answer).unwrap_or(Value::Null))
    }

    fn text(&self, method: &str, path: &str, body: &str, key: &str) -> String {
        let (status, answer) = self.ask(method, path, body);
        assert_eq!(status, 200, "{path}: {answer}");
        answer[key].as_str().unwrap().to_owned()
    }

    fn create_room(&self) -> String {
        self.text("POST", "/_matrix/client/v3/createRoom", "{\"preset\":\"public_chat\"}", "room_id")
    }

    fn join(&self, room: &str) -> u16 {
        self.ask("POST", &format!("/_matrix/client/v3/join/{room}"), "{}").0
    }

    fn download(&self, uri: &str) -> u16 {
        let path = uri.trim_start_matches("mxc://");
        self.ask("GET", &format!("/_matrix/client/v1/media/download/{path}"), "").0
    }
}

#[test]
fn rooms_and_reports_are_looked_after() {
    each(|kind| {
        let folder = Folder::new(kind).with("REGISTRATION__MODE", "open");
        let server = folder.start();
        let (alice, bob) = (User::register(&server, "alice"), User::register(&server, "bob"));
        let (room, kept) = (alice.create_room(), alice.create_room());
        let path = format!("/_matrix/client/v3/rooms/{room}/send/m.room.message/1");
        let event = alice.text("PUT", &path, "{\"msgtype\":\"m.text\",\"body\":\"spam\"}", "event_id");
        assert_eq!(bob.join(&room), 200);
        let path = format!("/_matrix/client/v3/rooms/{room}/report/{event}");
        assert_eq!(bob.ask("POST", &path, "{\"reason\":\"it is spam\"}").0, 200);
        assert_eq!(bob.ask("POST", &path, "{\"reason\":\"it still is\"}").0, 200);

        let listed = folder.ask(&["room", "list"]);
        assert!(listed.contains(&format!("{room} version 12, 2 joined\n")), "{listed}");
        let reports = folder.ask(&["report", "list"]);
        let line = |number: u8, reason: &str| {
            format!("{number}: @bob:localhost reports room {room}, event {event}, user @alice:localhost: {reason:?}\n")
        };
        assert_eq!(reports, line(2, "it still is") + &line(1, "it is spam"));
        assert!(folder.ask(&["report", "delete", "1"]).contains("Deleted report 1."));
        assert!(folder.fails(&["report", "delete", "1"]).contains("no such report"));
        assert!(folder.ask(&["room", "block", &room]).contains("Blocked"));
        assert!(folder.ask(&["room", "list"]).contains("2 joined (blocked)"));
        assert_eq!(User::register(&server, "carol").join(&room), 403);
        assert!(folder.fails(&["room", "purge", "!nowhere"]).contains("does not know the room"));
        assert!(folder.fails(&["room", "block", "nonsense"]).contains("not the id of a room"));
        let bob = bob.header;
        assert_eq!(server.stop("TERM"), Some(0));

        assert_eq!(folder.ask(&["report", "list"]), line(2, "it still is"));
        folder.ask(&["room", "block", "--undo", &room]);
        assert!(folder.ask(&["room", "purge", "--block", &room]).contains("is gone"));
        let listed = folder.ask(&["room", "list"]);
        assert!(listed.contains(&kept) && !listed.contains(&room), "{listed}");
        let server = folder.start();
        let bob = User { server: &server, header: bob };
        assert!(matches!(bob.join(&room), 403 | 404));
        assert_eq!(bob.join(&kept), 200);
        assert!(folder.ask(&["room", "purge", &kept]).contains("is gone"));
        assert_eq!(folder.ask(&["room", "list"]), "");
    });
}

#[test]
fn files_are_looked_after() {
    each(|kind| {
        let folder = Folder::new(kind).with("REGISTRATION__MODE", "open");
        let server = folder.start();
        let (alice, bob) = (User::register(&server, "alice"), User::register(&server, "bob"));
        let upload = |user: &User<'_>, text: &str| {
            user.text("POST", "/_matrix/media/v3/upload?filename=letter.txt", text, "content_uri")
        };
        let (one, same, other) = (upload(&alice, "one"), upload(&bob, "one"), upload(&bob, "other"));
        let listed = folder.ask(&["media", "list", "--user", "alice"]);
        assert!(listed.starts_with(&format!("{one} @alice:localhost ")) && listed.contains("3 bytes"), "{listed}");
        assert_eq!(listed.lines().count(), 1);
        assert_eq!(folder.ask(&["media", "list"]).lines().count(), 3);
        let hash = listed.split(' ').nth(2).unwrap().to_owned();
        assert!(folder.ask(&["media", "quarantine", &hash]).contains("Quarantined"));
        assert_eq!([&one, &same, &other].map(|uri| bob.download(uri)), [404, 404, 200]);
        assert!(folder.ask(&["media", "list", "--user", "alice"]).contains("quarantined"));
        let bob = bob.header;
        assert_eq!(server.stop("TERM"), Some(0));

        assert!(folder.ask(&["media", "quarantine", "--undo", &one]).contains("Ended the quarantine"));
        assert!(folder.ask(&["media", "delete", &other]).contains("under 1 address"));
        assert!(folder.fails(&["media", "delete", &other]).contains("no such"));
        let server = folder.start();
        let bob = User { server: &server, header: bob };
        assert_eq!([&one, &same, &other].map(|uri| bob.download(uri)), [200, 200, 404]);
        assert!(folder.ask(&["media", "delete", &hash]).contains("under 2 address"));
        assert_eq!(bob.download(&one), 404);
    });
}
