//! Which way a name leads (server-server §resolving-server-names).

use std::{net::Ipv4Addr, time::Duration};

use peerbrain_core::config::Override;
use ruma::ServerName;

use super::{Peer, World, ask, peer::reply};
use crate::Error;

const NAMES: [&str; 6] = ["a.example", "b.example", "c.example", "d.example", "target.example", "localhost"];

/// Answers requests, and for `.well-known` of each host what `files` says.
fn peer(world: &World, files: Vec<(&'static str, &'static str)>) -> Peer {
    world.names.here(&NAMES);
    let names: Vec<&str> = NAMES.into_iter().chain(["127.0.0.1"]).collect();
    Peer::start(world.authority.server(&names), move |seen, stream| {
        if !seen.path.starts_with("/.well-known") {
            return reply(stream, "200 OK", "", b"{}");
        }
        let host = seen.host.split(':').next().unwrap_or_default();
        let port = seen.host.split(':').nth(1).unwrap_or_default();
        match files.iter().find(|(name, _)| *name == host) {
            Some((_, file)) => reply(stream, "200 OK", "", file.replace("PORT", port).as_bytes()),
            None => reply(stream, "404 Not Found", "", b""),
        }
    })
}

/// Asks a server; gives what host header and which name the connection was for.
async fn way(world: &World, peer: &Peer, server: &str) -> (String, Option<String>) {
    let server = ServerName::parse(server).unwrap();
    ask(&world.client(peer.port), &server).await.unwrap();
    let seen = peer.seen().pop().unwrap();
    assert_eq!(seen.path, "/_matrix/federation/v1/version");
    (seen.host, seen.sni)
}

fn named(host: &str, sni: &str) -> (String, Option<String>) {
    (host.to_owned(), Some(sni.to_owned()))
}

#[tokio::test]
async fn addresses_and_ports_stand_for_themselves() {
    let world = World::new();
    let peer = peer(&world, vec![("a.example", r#"{"m.server":"b.example"}"#)]);
    let port = peer.port;
    // Step 1: the certificate is for the address, and there is no name to say.
    assert_eq!(way(&world, &peer, &format!("127.0.0.1:{port}")).await, (format!("127.0.0.1:{port}"), None));
    // Step 2: no file is asked for.
    let server = format!("a.example:{port}");
    assert_eq!(way(&world, &peer, &server).await, named(&server, "a.example"));
}

#[tokio::test]
async fn a_file_hands_a_name_over() {
    let world = World::new();
    let files = vec![
        ("a.example", r#"{"m.server":"127.0.0.1:PORT"}"#),
        ("b.example", r#"{"m.server":"target.example:PORT"}"#),
        ("c.example", r#"{"m.server":"target.example"}"#),
    ];
    let peer = peer(&world, files);
    let port = peer.port;
    // Steps 3.1, 3.2 and 3.5: address, port, the port of federation.
    assert_eq!(way(&world, &peer, "a.example").await, (format!("127.0.0.1:{port}"), None));
    let target = format!("target.example:{port}");
    assert_eq!(way(&world, &peer, "b.example").await, named(&target, "target.example"));
    assert_eq!(way(&world, &peer, "c.example").await, named("target.example", "target.example"));
}

#[tokio::test]
async fn services_say_where_and_not_who() {
    let world = World::new();
    let peer = peer(&world, vec![("a.example", r#"{"m.server":"target.example"}"#)]);
    let elsewhere = super::Peer::saying(world.authority.server(&NAMES), "200 OK", "{}");
    // Steps 3.3 and 3.4: the certificate is for the name that was handed over to, not for the service's host.
    world.names.service("_matrix-fed._tcp.target.example", "localhost", elsewhere.port);
    ask(&world.client(peer.port), <&ServerName>::try_from("a.example").unwrap()).await.unwrap();
    let seen = elsewhere.seen().pop().unwrap();
    assert_eq!((seen.host, seen.sni), named("target.example", "target.example"));
    // Step 4, and the deprecated one.
    for (record, name) in [("_matrix-fed._tcp.b.example", "b.example"), ("_matrix._tcp.c.example", "c.example")] {
        world.names.service(record, "localhost", elsewhere.port);
        ask(&world.client(peer.port), <&ServerName>::try_from(name).unwrap()).await.unwrap();
        let seen = elsewhere.seen().pop().unwrap();
        assert_eq!((seen.host, seen.sni), named(name, name));
    }
    // Step 6.
    assert_eq!(way(&world, &peer, "d.example").await, named("d.example", "d.example"));
}

#[tokio::test]
async fn the_configuration_goes_before_all() {
    let mut world = World::new();
    let peer = peer(&world, vec![("a.example", r#"{"m.server":"b.example"}"#)]);
    let address = (Ipv4Addr::LOCALHOST, peer.port).into();
    let overridden = |name: &str| Override { server: ServerName::parse(name).unwrap(), address };
    world.settings.overrides = vec![overridden("a.example"), overridden("nowhere.example:1234")];
    world.settings.allowed_networks.clear();
    assert_eq!(way(&world, &peer, "a.example").await, named("a.example", "a.example"));
    let client = world.client(peer.port);
    let strange = ask(&client, <&ServerName>::try_from("nowhere.example:1234").unwrap()).await.unwrap_err();
    assert!(strange.to_string().contains("certificate"), "the certificate must be good all the same: {strange}");
}

#[tokio::test]
async fn a_file_is_remembered_and_outlives_its_host() {
    let world = World::new();
    let peer = peer(&world, vec![("a.example", r#"{"m.server":"b.example"}"#)]);
    let client = world.client(peer.port);
    let a = <&ServerName>::try_from("a.example").unwrap();
    ask(&client, a).await.unwrap();
    world.names.at("a.example", Ipv4Addr::new(127, 0, 0, 9).into());
    for (hours, files) in [(0, 1), (23, 0), (24, 0)] {
        world.clock.advance(Duration::from_secs(hours * 3_600));
        ask(&client, a).await.unwrap();
        let fetched = peer.seen().iter().filter(|seen| seen.path.starts_with("/.well-known")).count();
        assert_eq!(fetched, files, "after {hours} hours");
    }
    world.clock.advance(Duration::from_secs(3_600));
    assert!(matches!(ask(&client, a).await, Err(Error::Unreachable { .. })), "after 48 hours the file is void");
}

#[tokio::test]
async fn old_records_help_while_the_dns_is_down() {
    let world = World::new();
    let peer = peer(&world, Vec::new());
    let client = world.client(peer.port);
    let server = ServerName::parse(format!("a.example:{}", peer.port)).unwrap();
    ask(&client, &server).await.unwrap();
    ask(&client, &server).await.unwrap();
    assert_eq!(world.names.asked(), 1, "records are remembered");
    world.names.set_broken(true);
    world.clock.advance(Duration::from_secs(86_400));
    ask(&client, &server).await.unwrap();
    assert_eq!(world.names.asked(), 2);
    ask(&client, &server).await.unwrap();
    assert_eq!(world.names.asked(), 2, "it is not asked again at once");
    world.clock.advance(Duration::from_secs(3 * 86_400));
    let lost = ask(&client, &server).await.unwrap_err();
    assert!(lost.to_string().contains("the DNS is down"), "{lost}");
}
