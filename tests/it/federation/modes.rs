//! Servers that this one has nothing to do with: those that are not listed, or all.

use peerbrain_peer::{Peer, fed};
use reqwest::Method;
use serde_json::{Value, json};

use super::{encounter::Encounter, story::act};
use crate::{
    client::encode,
    database::{Database, on_both_databases},
    user::User,
};

on_both_databases!(only_those_listed_are_answered, nobody_is_answered_where_it_is_off);

/// A request of each kind that another server signs.
fn requests(alice: &User) -> Vec<(Method, String, Option<Value>)> {
    let (room, event, user) = ("!room:nowhere.test", "$event", "@user:nowhere.test");
    let get = |path: String| (Method::GET, path, None);
    let claim = json!({ "one_time_keys": { &alice.id: { &alice.device: "signed_curve25519" } } });
    vec![
        get(fed!("v1/query/profile?user_id={}", alice.id)),
        get(fed!("v1/query/directory?room_alias={}", "#alias:nowhere.test")),
        get(fed!("v1/publicRooms")),
        get(fed!("v1/event/{}", event)),
        get(fed!("v1/state_ids/{}?event_id={}", room, event)),
        get(fed!("v1/backfill/{}?v={}&limit=1", room, event)),
        get(fed!("v1/make_join/{}/{}?ver=12", room, user)),
        get(fed!("v1/user/devices/{}", alice.id)),
        get(fed!("v1/media/download/{}", "file")),
        (Method::POST, fed!("v1/get_missing_events/{}", room), Some(json!({}))),
        (Method::POST, fed!("v1/user/keys/query"), Some(json!({ "device_keys": { &alice.id: [] } }))),
        (Method::POST, fed!("v1/user/keys/claim"), Some(claim)),
        (Method::PUT, fed!("v1/send/{}", "1"), Some(json!({}))),
        (Method::PUT, fed!("v2/send_join/{}/{}", room, event), Some(json!({}))),
        (Method::PUT, fed!("v2/invite/{}/{}", room, event), Some(json!({}))),
    ]
}

/// Asserts that a server gets nothing, whatever it asks for.
async fn is_shut_out(peer: &Peer, alice: &User) {
    for (method, path, body) in requests(alice) {
        peer.request(method.clone(), &path, body.as_ref()).await.unwrap().error(403, "M_FORBIDDEN").unwrap();
        let unsigned = peer.raw(method, &path, body.map(|body| body.to_string()), &[]).await.unwrap();
        unsigned.error(401, "M_UNAUTHORIZED").unwrap();
    }
    peer.try_transact(&[], &[]).await.unwrap().error(403, "M_FORBIDDEN").unwrap();
}

/// The servers whose keys are told by an endpoint for notaries.
async fn told(peer: &Peer, of: &str) -> Vec<String> {
    let one = peer.raw(Method::GET, &format!("/_matrix/key/v2/query/{}", encode(of)), None, &[]).await;
    let body = json!({ "server_keys": { of: {} } }).to_string();
    let many = peer.raw(Method::POST, "/_matrix/key/v2/query", Some(body), &[]).await;
    let [one, many] = [one, many].map(|reply| reply.unwrap().ok().unwrap()["server_keys"].clone());
    let names = |keys: &Value| -> Vec<String> {
        let names = keys.as_array().unwrap().iter().map(|keys| keys["server_name"].as_str().unwrap().to_owned());
        names.collect()
    };
    assert_eq!(names(&one), names(&many));
    names(&one)
}

/// What everybody is told all the same: what this server is, its keys, and whose a token is.
async fn is_told_the_rest(peer: &Peer, alice: &User) {
    for path in ["/_matrix/key/v2/server", "/_matrix/federation/v1/version"] {
        peer.raw(Method::GET, path, None, &[]).await.unwrap().ok().unwrap();
    }
    assert_eq!(told(peer, peer.under_test()).await, [peer.under_test()]);
    let path = format!("/user/{}/openid/request_token", encode(&alice.id));
    let token = alice.post(&path, json!({})).await.text_at("access_token");
    let whose = peer.raw(Method::GET, &fed!("v1/openid/userinfo?access_token={}", token), None, &[]).await;
    assert_eq!(whose.unwrap().ok().unwrap()["sub"], *alice.id);
}

/// Asserts that users reach nobody on a server, and that it hears nothing of them.
async fn is_not_asked(peer: &Peer, alice: &User) {
    let (room, stranger) = (alice.public_room("Tea").await, peer.user("stranger"));
    act(alice, "invite", &room, &stranger).await.fails(&["403 M_FORBIDDEN"]);
    assert!(peer.asked("invite", &room).is_empty());
    alice.get(&format!("/profile/{}", encode(&stranger))).await.fails(&["403 M_FORBIDDEN"]);
    assert!(peer.asked("profile", &stranger).is_empty());
}

async fn only_those_listed_are_answered(database: Database) {
    let listed = "mode = \"listed\"\nallowed_servers = [\"FIRST\"]";
    let mut met = Encounter::start(&database, listed, &[]).await;
    let alice = met.server.register("alice").await;
    let (first, second) = (met.peer.clone(), met.peer.second());
    first.get(fed!("v1/query/profile?user_id={}", alice.id)).await.unwrap().ok().unwrap();
    first.try_transact(&[], &[]).await.unwrap().ok().unwrap();
    assert_eq!(told(&first, &first.me.name).await, std::slice::from_ref(&first.me.name));
    is_shut_out(&second, &alice).await;
    is_told_the_rest(&second, &alice).await;
    assert!(told(&second, &second.me.name).await.is_empty(), "who is not listed is not asked for keys either");
    is_not_asked(&second, &alice).await;
    // A server that shuts others out goes on with those that it lists.
    let room = alice.public_room("Coffee").await;
    let guest = first.user("guest");
    first.enter(&room, &guest).await.unwrap();
    act(&alice, "invite", &room, &first.user("friend")).await.ok();
    met.server.is_sound();
}

async fn nobody_is_answered_where_it_is_off(database: Database) {
    let mut met = Encounter::start(&database, "mode = \"off\"", &[]).await;
    let alice = met.server.register("alice").await;
    for peer in [met.peer.clone(), met.peer.second()] {
        is_shut_out(&peer, &alice).await;
        is_told_the_rest(&peer, &alice).await;
        assert!(told(&peer, &peer.me.name).await.is_empty());
        is_not_asked(&peer, &alice).await;
    }
    met.server.is_sound();
}
