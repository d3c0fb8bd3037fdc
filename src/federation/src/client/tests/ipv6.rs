//! Servers with addresses of version 6, on machines that have them.

use std::net::Ipv6Addr;

use peerbrain_core::config::Override;
use ruma::{OwnedServerName, ServerName};
use store::testing::skipped;

use super::{Peer, World, ask, peer::reply};
use crate::Error;

/// Answers requests at `[::1]`; none where there is no such address.
fn peer(world: &World) -> Option<Peer> {
    let config = world.authority.server(&["::1", "a.example", "b.example"]);
    let peer = Peer::start_at("[::1]:0", config, |seen, stream| match seen.path.starts_with("/.well-known") {
        true => reply(stream, "404 Not Found", "", b""),
        false => reply(stream, "200 OK", "", b"{}"),
    });
    if let Err(error) = &peer {
        skipped(&format!("this machine has no IPv6 ({error})"));
    }
    peer.ok()
}

/// A world in which nothing of version 4 is private enough to be reached.
fn world(allowed: &[&str]) -> World {
    let mut world = World::new();
    world.settings.allowed_networks = allowed.iter().map(|network| network.parse().unwrap()).collect();
    world
}

fn name(text: &str) -> OwnedServerName {
    ServerName::parse(text).unwrap()
}

#[tokio::test]
async fn literals_and_records_lead_there() {
    let world = world(&["::1"]);
    let Some(peer) = peer(&world) else { return };
    let literal = format!("[::1]:{}", peer.port);
    ask(&world.client(peer.port), &name(&literal)).await.unwrap();
    let seen = peer.seen().pop().unwrap();
    assert_eq!((seen.host, seen.sni), (literal, None));
    world.names.at("b.example", Ipv6Addr::LOCALHOST.into());
    ask(&world.client(peer.port), &name("b.example")).await.unwrap();
    let seen = peer.seen();
    assert_eq!(seen.iter().map(|seen| seen.path.starts_with("/.well-known")).collect::<Vec<_>>(), [true, false]);
    assert!(seen.iter().all(|seen| seen.sni.as_deref() == Some("b.example")), "{seen:?}");
}

#[tokio::test]
async fn the_configuration_leads_there() {
    let mut world = world(&[]);
    let Some(peer) = peer(&world) else { return };
    let address = (Ipv6Addr::LOCALHOST, peer.port).into();
    world.settings.overrides = vec![Override { server: name("a.example"), address }];
    ask(&world.client(peer.port), &name("a.example")).await.unwrap();
    let seen = peer.seen().pop().unwrap();
    assert_eq!((seen.host.as_str(), seen.sni.as_deref()), ("a.example", Some("a.example")));
    // And nothing else does.
    world.names.at("b.example", Ipv6Addr::LOCALHOST.into());
    for private in [format!("[::1]:{}", peer.port), format!("b.example:{}", peer.port)] {
        let refused = ask(&world.client(peer.port), &name(&private)).await;
        assert!(matches!(refused, Err(Error::Unreachable { .. })), "{private}: {refused:?}");
    }
    assert!(peer.seen().is_empty());
}
