//! What is sent, and what becomes of answers.

use std::time::Duration;

use peerbrain_core::config::FederationMode;
use ruma::{
    ServerName,
    api::federation::{
        authenticated_media::get_content, authentication::XMatrix, membership::create_leave_event,
        query::get_profile_information, transactions::send_transaction_message,
    },
    event_id, room_id, server_name,
    signatures::PublicKeyMap,
    user_id,
};
use serde_json::{json, value::to_raw_value};

use super::{BOUNDS, Peer, Seen, World};
use crate::Error;

fn remote() -> &'static ServerName {
    server_name!("remote.example")
}

/// A peer at `remote.example` without `.well-known`.
fn peer(world: &World, status: &'static str, body: &'static str) -> Peer {
    world.names.here(&["remote.example"]);
    Peer::start(world.authority.server(&["remote.example"]), move |seen, stream| {
        let known = if seen.path.starts_with("/.well-known") { ("404 Not Found", "") } else { (status, body) };
        super::peer::reply(stream, known.0, "", known.1.as_bytes())
    })
}

fn verifies(seen: &Seen) -> bool {
    let key = events::SigningKey::generate([7; 32]).unwrap();
    let keys = [(key.key_id(), ruma::serde::Base64::parse(key.public_key_base64()).unwrap())];
    let keys = PublicKeyMap::from([("us.example".to_owned(), keys.into())]);
    let request =
        http::Request::builder().method(seen.method.as_str()).uri(&seen.path).body(seen.body.clone()).unwrap();
    XMatrix::parse(&seen.authorization).unwrap().verify_http_request(&request, remote(), &keys).is_ok()
}

#[tokio::test]
async fn requests_are_signed_as_they_are_sent() {
    let world = World::new();
    let peer = peer(&world, "200 OK", r#"{"displayname":"Rémi"}"#);
    let client = world.client(peer.port);
    let user = user_id!("@a+b/c'^|:remote.example").to_owned();
    let profile = client.send(remote(), get_profile_information::v1::Request::new(user), BOUNDS).await.unwrap();
    assert_eq!(profile.get("displayname"), Some(&json!("Rémi")));
    let pdu = to_raw_value(&json!({ "b": 1, "a": "\u{e9}\u{1f600}", "type": "x" })).unwrap();
    let leave = create_leave_event::v2::Request::new(
        room_id!("!room:remote.example").to_owned(),
        event_id!("$event/with?strange+things").to_owned(),
        pdu,
    );
    let _ = client.send(remote(), leave, BOUNDS).await.unwrap();
    let seen = peer.seen();
    for seen in seen.iter().filter(|seen| !seen.path.starts_with("/.well-known")) {
        assert!(verifies(seen), "{seen:?}");
        assert!(!verifies(&Seen { path: format!("{}x", seen.path), ..seen.clone() }));
        assert!(!verifies(&Seen { method: "DELETE".into(), ..seen.clone() }));
    }
    let body = &seen.last().unwrap().body;
    assert_eq!(String::from_utf8_lossy(body), r#"{"a":"é😀","b":1,"type":"x"}"#, "the body is canonical");
    assert!(!verifies(&Seen { body: b"{}".to_vec(), ..seen.last().unwrap().clone() }));
}

#[tokio::test]
async fn errors_keep_what_the_server_said() {
    let world = World::new();
    let body = r#"{"errcode":"M_INCOMPATIBLE_ROOM_VERSION","error":"no","room_version":"6"}"#;
    let peer = peer(&world, "400 Bad Request", body);
    let request = get_profile_information::v1::Request::new(user_id!("@a:remote.example").to_owned());
    let error = world.client(peer.port).send(remote(), request, BOUNDS).await.err().unwrap();
    let Error::Remote { status: 400, errcode, message, body, .. } = error else { panic!("{error}") };
    assert_eq!((errcode.as_deref(), message.as_str()), (Some("M_INCOMPATIBLE_ROOM_VERSION"), "no"));
    assert_eq!(body["room_version"], "6");
}

#[tokio::test]
async fn answers_that_make_no_sense_are_bad_answers() {
    let world = World::new();
    let peer = peer(&world, "200 OK", r#"{"pdus":7}"#);
    let mut request = send_transaction_message::v1::Request::new(
        "1".into(),
        server_name!("us.example").to_owned(),
        ruma::MilliSecondsSinceUnixEpoch(1_u32.into()),
    );
    request.pdus = vec![to_raw_value(&json!({ "number": 1 })).unwrap()];
    let error = world.client(peer.port).send(remote(), request, BOUNDS).await.err().unwrap();
    assert!(matches!(error, Error::BadAnswer { .. }), "{error}");
}

/// `..` would be taken out of the path before it is sent, and so lead to another endpoint.
#[tokio::test]
async fn identifiers_do_not_lead_elsewhere() {
    let world = World::new();
    let peer = peer(&world, "200 OK", "{}");
    let error =
        world.client(peer.port).send_streamed(remote(), get_content::v1::Request::new("..".into()), BOUNDS).await;
    assert!(matches!(error, Err(Error::InvalidParam(_))));
    assert!(peer.seen().iter().all(|seen| seen.path.starts_with("/.well-known")));
}

#[tokio::test]
async fn who_could_not_be_reached_is_left_alone_for_a_moment() {
    let world = World::new();
    world.names.here(&["remote.example"]);
    let client = world.client(1);
    let request = || get_profile_information::v1::Request::new(user_id!("@a:remote.example").to_owned());
    let said = async |insist: bool| {
        let answer = if insist {
            client.retry(remote(), request(), BOUNDS).await
        } else {
            client.send(remote(), request(), BOUNDS).await
        };
        answer.err().unwrap().to_string()
    };
    let resting = "a moment ago";
    assert!(!said(false).await.contains(resting));
    assert!(said(false).await.contains(resting), "it is not asked again");
    assert!(!said(true).await.contains(resting), "but by those who insist");
    client.alive(remote());
    assert!(!said(false).await.contains(resting), "and after a sign of life");
    world.clock.advance(Duration::from_secs(60));
    assert!(!said(false).await.contains(resting), "and later");
}

#[tokio::test]
async fn only_those_are_asked_whom_the_configuration_allows() {
    let mut world = World::new();
    world.settings.mode = FederationMode::Listed;
    let peer = peer(&world, "200 OK", "{}");
    let error = super::ask(&world.client(peer.port), remote()).await.unwrap_err();
    assert!(matches!(error, Error::NotAllowed(_)), "{error}");
    assert!(peer.seen().is_empty());
}

#[tokio::test]
async fn streams_are_bounded() {
    let world = World::new();
    world.names.here(&["remote.example"]);
    let peer = Peer::start(world.authority.server(&["remote.example"]), |seen, stream| {
        if seen.path.starts_with("/.well-known") {
            return super::peer::reply(stream, "404 Not Found", "", b"");
        }
        write!(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        loop {
            write!(stream, "4000\r\n{:16384}\r\n", "")?;
        }
    });
    let request = get_content::v1::Request::new("id".into());
    let mut answer = world.client(peer.port).send_streamed(remote(), request, BOUNDS).await.unwrap();
    let mut read = 0;
    let error = loop {
        match answer.chunk().await {
            Ok(Some(piece)) => read += piece.len(),
            Ok(None) => panic!("it ended"),
            Err(error) => break error,
        }
    };
    assert!(read <= BOUNDS.bytes && matches!(error, Error::BadAnswer { .. }), "{read}: {error}");
}
