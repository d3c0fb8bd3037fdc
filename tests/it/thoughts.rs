//! The social layer on the server: feed, friends, aliases, the page for everybody.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::encode;
use crate::database::{Database, on_both_databases};
use crate::server::Server;
use crate::user::User;

on_both_databases!(
    a_feed_has_what_owners_say,
    friends_follow_from_memberships,
    a_false_owner_is_nobody,
    an_alias_belongs_to_its_user,
    public_thoughts_have_a_page,
);

const FEED: &str = "/_matrix/client/unstable/org.peerbrain/feed";
const FRIENDS: &str = "/_matrix/client/unstable/org.peerbrain/friends";
const PROFILE: &str = "org.matrix.msc4501.social.profile";

/// A timeline of a user; `owner` is whom it names.
async fn timeline(user: &User, owner: &str, kind: &str) -> String {
    let state = |kind: &str, content: Value| json!({"type": kind, "state_key": "", "content": content});
    let (rule, visibility) = if kind == "public" { ("public", "world_readable") } else { (kind, "shared") };
    let mut initial = vec![
        state("m.room.join_rules", json!({"join_rule": rule})),
        state("m.room.history_visibility", json!({"history_visibility": visibility})),
        state(&format!("{PROFILE}_user_id"), json!({"user_id": owner})),
    ];
    if kind != "public" {
        initial.push(state("m.room.encryption", json!({"algorithm": "m.megolm.v1.aes-sha2"})));
    }
    let body = json!({"preset": "private_chat", "creation_content": {"type": PROFILE}, "initial_state": initial});
    user.post("/createRoom", body).await.text_at("room_id")
}

async fn send(user: &User, room: &str, kind: &str, content: Value) -> String {
    let txn = format!("{}", content.to_string().len());
    let path = format!(
        "/rooms/{}/send/{kind}/{txn}-{}",
        encode(room),
        content.to_string().replace(|c: char| !c.is_ascii_alphanumeric(), "")
    );
    user.put(&path, content).await.text_at("event_id")
}

async fn think(user: &User, room: &str, text: &str) -> String {
    send(user, room, "m.room.encrypted", json!({"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": text})).await
}

async fn let_in(owner: &User, friend: &User, room: &str) {
    owner.post(&format!("/rooms/{}/invite", encode(room)), json!({"user_id": friend.id})).await.ok();
    friend.join(room).await;
}

/// The ciphertexts of a page, and where the next one begins.
async fn feed(user: &User, query: &str) -> (Vec<String>, Option<String>) {
    let page = user.get(&format!("{FEED}{query}")).await.ok();
    let texts = page["chunk"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["content"]["ciphertext"].as_str().unwrap().to_owned());
    (texts.collect(), page["end"].as_str().map(str::to_owned))
}

async fn a_feed_has_what_owners_say(database: Database) {
    let mut server = Server::start(&database).await;
    let (alice, bob, carol) =
        (server.register("alice").await, server.register("bob").await, server.register("carol").await);
    let (of_alice, of_bob) = (timeline(&alice, &alice.id, "knock").await, timeline(&bob, &bob.id, "knock").await);
    let_in(&alice, &carol, &of_alice).await;
    let_in(&bob, &carol, &of_bob).await;
    let first = think(&alice, &of_alice, "a1").await;
    think(&bob, &of_bob, "b1").await;
    think(&carol, &of_alice, "not the owner").await;
    let relation = json!({"rel_type": "m.thread", "event_id": first});
    send(&alice, &of_alice, "m.room.encrypted", json!({"ciphertext": "a reply", "m.relates_to": relation})).await;
    think(&alice, &of_alice, "a2").await;
    let gone = think(&alice, &of_alice, "a3").await;
    alice.put(&format!("/rooms/{}/redact/{}/1", encode(&of_alice), encode(&gone)), json!({})).await.ok();

    assert_eq!(feed(&carol, "").await, (vec!["a2".into(), "b1".into(), "a1".into()], None));
    let page = carol.get(FEED).await.ok();
    assert_eq!(page["chunk"][0]["room_id"], of_alice.as_str(), "{page}");
    let bundled = &page["chunk"][2]["unsigned"]["m.relations"]["m.thread"]["count"];
    assert_eq!(bundled, 1, "{page}");
    let (texts, end) = feed(&carol, "?limit=2").await;
    assert_eq!(texts, ["a2", "b1"]);
    let end = end.unwrap();
    assert_eq!(feed(&carol, &format!("?limit=2&from={end}")).await, (vec!["a1".into()], None));
    assert_eq!(feed(&carol, "?dir=f&limit=1").await.0, ["a1"]);
    let start = page["start"].as_str().unwrap().to_owned();
    think(&bob, &of_bob, "b2").await;
    assert_eq!(feed(&carol, &format!("?dir=f&from={start}")).await.0, ["b2"]);
    let filter = encode(&json!({"not_senders": [bob.id]}).to_string());
    assert_eq!(feed(&carol, &format!("?filter={filter}")).await.0, ["a2", "a1"]);
    assert_eq!(feed(&bob, "").await.0, ["b2", "b1"], "one's own, and no other");

    for wrong in [format!("?from={end}"), "?from=x".into(), "?dir=x".into(), "?limit=x".into(), "?filter=x".into()] {
        let told = if wrong.contains(&end) {
            bob.get(&format!("{FEED}{wrong}")).await
        } else {
            carol.get(&format!("{FEED}{wrong}")).await
        };
        told.fails(&["400 M_INVALID_PARAM"]);
    }
    carol.post(&format!("/rooms/{}/leave", encode(&of_alice)), json!({})).await.ok();
    assert_eq!(feed(&carol, "").await.0, ["b2", "b1"]);
    server.is_sound();
}

async fn friends_follow_from_memberships(database: Database) {
    let server = Server::start(&database).await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let of_alice = timeline(&alice, &alice.id, "knock").await;
    let of_bob = timeline(&bob, &bob.id, "knock").await;
    let between = async || {
        let one = |told: Value| {
            told["friends"].as_array().unwrap().first().map(|person| person["relation"].as_str().unwrap().to_owned())
        };
        (one(alice.get(FRIENDS).await.ok()), one(bob.get(FRIENDS).await.ok()))
    };
    let both = |one: &str, other: &str| (Some(one.to_owned()), Some(other.to_owned()));
    assert_eq!(between().await, (None, None));
    bob.post(&format!("/knock/{}", encode(&of_alice)), json!({"reason": "It is me."})).await.ok();
    assert_eq!(between().await, both("incoming", "requested"));
    let told = alice.get(FRIENDS).await.ok();
    let asked = &told["friends"][0]["timelines"][0];
    assert_eq!(
        (&asked["reason"], &asked["owner"], &asked["membership"]),
        (&json!("It is me."), &json!("me"), &json!("knock"))
    );
    let_in(&alice, &bob, &of_alice).await;
    assert_eq!(between().await, both("follower", "following"));
    let_in(&bob, &alice, &of_bob).await;
    assert_eq!(between().await, both("friend", "friend"));
    let page = alice.get(&format!("{FRIENDS}?from={}", encode(&bob.id))).await.ok();
    assert_eq!(page["friends"], json!([]));
    alice.post(&format!("/rooms/{}/kick", encode(&of_alice)), json!({"user_id": bob.id})).await.ok();
    assert_eq!(between().await, both("following", "follower"));
}

async fn a_false_owner_is_nobody(database: Database) {
    let server = Server::start(&database).await;
    let (alice, mallory) = (server.register("alice").await, server.register("mallory").await);
    let room = timeline(&mallory, &alice.id, "knock").await;
    let_in(&mallory, &alice, &room).await;
    think(&mallory, &room, "as alice").await;
    think(&alice, &room, "by alice").await;
    assert_eq!(feed(&alice, "").await.0, Vec::<String>::new());
    assert_eq!(alice.get(FRIENDS).await.ok()["friends"], json!([]));
    // Whoever names the creator later is believed from then on.
    let path = format!("/rooms/{}/state/{PROFILE}_user_id/", encode(&room));
    mallory.put(&path, json!({"user_id": mallory.id})).await.ok();
    assert_eq!(feed(&alice, "").await.0, ["as alice"]);
}

async fn an_alias_belongs_to_its_user(database: Database) {
    let server = Server::start(&database).await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let taking = json!({"room_alias_name": "thoughts-alice"});
    bob.post("/createRoom", taking.clone()).await.fails(&["400 M_EXCLUSIVE"]);
    let room = bob.post("/createRoom", json!({})).await.text_at("room_id");
    for name in ["thoughts-alice", "thoughts-alice~public", "thoughts-nobody"] {
        let path = format!("/directory/room/{}", encode(&format!("#{name}:peer.test")));
        bob.put(&path, json!({"room_id": room})).await.fails(&["400 M_EXCLUSIVE"]);
    }
    alice.post("/createRoom", taking).await.ok();
    let path = format!("/directory/room/{}", encode("#thoughts-bob~public:peer.test"));
    bob.put(&path, json!({"room_id": room})).await.ok();
}

async fn public_thoughts_have_a_page(database: Database) {
    let server = Server::start(&database).await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let (open, closed) = (timeline(&alice, &alice.id, "public").await, timeline(&bob, &bob.id, "knock").await);
    let thought = |title: &str| json!({"v": 1, "id": title, "title": title, "tags": ["tea"]});
    let body = json!({"msgtype": "m.text", "body": "<b>\n\nTea & cake", "org.peerbrain.thought": thought("<b>")});
    let event = send(&alice, &open, "m.room.message", body).await;
    send(&bob, &closed, "m.room.message", json!({"msgtype": "m.text", "body": "not for all"})).await;

    let page = server.client().request(Method::GET, "/thoughts/alice").send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let text = page.text().await.unwrap();
    assert!(
        text.contains("<h2>&lt;b&gt;</h2>") && text.contains("<p>Tea &amp; cake</p>") && text.contains("#tea"),
        "{text}"
    );
    let atom = server.client().get("/thoughts/alice/atom.xml").await.text;
    assert!(atom.contains("<title>&lt;b&gt;</title>"), "{atom}");
    for nobody in ["/thoughts/bob", "/thoughts/nobody", "/thoughts/%40alice", "/thoughts/alice/media/x"] {
        assert_eq!(server.client().get(nobody).await.status, 404, "{nobody}");
    }

    let new = json!({"msgtype": "m.text", "body": "Sun\n\nCoffee", "org.peerbrain.thought": thought("Sun")});
    let edit = json!({"msgtype": "m.text", "body": "* Sun", "m.new_content": new, "m.relates_to": {"rel_type": "m.replace", "event_id": event}});
    send(&alice, &open, "m.room.message", edit).await;
    let text = server.client().get("/thoughts/alice").await.text;
    assert!(text.contains("<h2>Sun</h2>") && text.contains("Coffee") && !text.contains("Tea"), "{text}");
    alice.put(&format!("/rooms/{}/redact/{}/1", encode(&open), encode(&event)), json!({})).await.ok();
    let text = server.client().get("/thoughts/alice").await.text;
    assert!(!text.contains("Coffee"), "{text}");
}
