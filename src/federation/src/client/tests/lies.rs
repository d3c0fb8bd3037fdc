//! Servers that lie, or want us where we do not belong.

use std::{io::Write, time::Duration};

use ruma::{ServerName, api::federation::event::get_room_state, event_id, room_id, server_name};

use super::{BOUNDS, Bounds, Peer, World, ask, ask_within, peer::reply};
use crate::{
    Error,
    client::{Most, Splitter},
};

fn a() -> &'static ServerName {
    server_name!("a.example")
}

/// Why asking a server that answers so does not work.
async fn refusal(answer: impl Fn(&mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static) -> Error {
    refusal_within(BOUNDS, answer).await
}

async fn refusal_within(
    bounds: Bounds,
    answer: impl Fn(&mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static,
) -> Error {
    let world = World::new();
    world.names.here(&["a.example"]);
    let peer = Peer::start(world.authority.server(&["a.example"]), move |seen, stream| {
        if seen.path.starts_with("/.well-known") { reply(stream, "404 Not Found", "", b"") } else { answer(stream) }
    });
    ask_within(&world.client(peer.port), a(), bounds).await.unwrap_err()
}

#[tokio::test]
async fn certificates_must_be_good_for_the_name() {
    let world = World::new();
    world.names.here(&["a.example"]);
    let other_name = Peer::saying(world.authority.server(&["b.example"]), "200 OK", "{}");
    let stranger = Peer::saying(World::new().authority.server(&["a.example"]), "200 OK", "{}");
    for peer in [&other_name, &stranger] {
        let error = ask(&world.client(peer.port), a()).await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error}");
        assert!(peer.seen().is_empty());
    }
}

/// CVE-2024-52594: a server name led into the private network.
#[tokio::test]
async fn private_addresses_are_not_reached() {
    let mut world = World::new();
    world.settings.allowed_networks.clear();
    world.names.here(&["a.example"]);
    let peer = Peer::saying(world.authority.server(&["a.example", "127.0.0.1"]), "200 OK", "{}");
    let client = world.client(peer.port);
    let port = peer.port;
    let spellings = ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0x7f000001", "2130706433", "a.example"];
    for server in spellings.into_iter().flat_map(|name| [name.to_owned(), format!("{name}:{port}")]) {
        let server = ServerName::parse(server).unwrap();
        let error = ask(&client, &server).await.unwrap_err();
        assert!(error.to_string().contains("private network"), "{error}");
    }
    assert!(peer.seen().is_empty());
}

/// The same by way of files, redirects and services of a server that may be reached.
#[tokio::test]
async fn no_detour_leads_to_private_addresses() {
    let world = World::new();
    world.names.here(&["a.example", "b.example", "c.example", "d.example"]);
    world.names.at("private.example", "127.0.0.2".parse().unwrap());
    let certificate = world.authority.server(&["a.example", "b.example", "c.example", "d.example"]);
    let peer = Peer::start(certificate, |seen, stream| match seen.host.split(':').next() {
        Some("a.example") => reply(stream, "200 OK", "", br#"{"m.server":"127.0.0.2:1"}"#),
        Some("b.example") => reply(stream, "302 Found", "Location: https://127.0.0.2:1/file\r\n", b""),
        Some("c.example") => reply(stream, "302 Found", "Location: https://private.example:1/file\r\n", b""),
        _ => reply(stream, "404 Not Found", "", b""),
    });
    world.names.service("_matrix-fed._tcp.d.example", "private.example", 1);
    let client = world.client(peer.port);
    for server in ["a.example", "d.example"] {
        let error = ask(&client, <&ServerName>::try_from(server).unwrap()).await.unwrap_err();
        assert!(error.to_string().contains("private network"), "{server}: {error}");
    }
    for name in ["b.example", "c.example"] {
        let url = format!("https://{name}:{}/file", peer.port);
        let error = client.download(a(), &url, BOUNDS).await.err().unwrap();
        assert!(error.to_string().contains("private network"), "{name}: {error}");
    }
    let plain = client.download(a(), "http://a.example/", BOUNDS).await.err().unwrap();
    assert!(plain.to_string().contains("https"), "{plain}");
}

#[tokio::test]
async fn redirects_end() {
    let world = World::new();
    world.names.here(&["a.example"]);
    let peer = Peer::start(world.authority.server(&["a.example"]), |seen, stream| {
        if seen.path.starts_with("/.well-known") {
            reply(stream, "301 Moved Permanently", "Location: /.well-known/matrix/server\r\n", b"")
        } else {
            reply(stream, "200 OK", "", b"{}")
        }
    });
    ask(&world.client(peer.port), a()).await.unwrap();
    assert_eq!(peer.seen().len(), 1 + 6, "five redirects are followed, and then there is no file");
    // Requests themselves are not redirected: they are signed for whom they were meant.
    let moved = refusal(|stream| reply(stream, "307 Temporary Redirect", "Location: /elsewhere\r\n", b"")).await;
    assert!(matches!(moved, Error::Remote { status: 307, .. }), "{moved}");
}

#[tokio::test]
async fn large_answers_are_not_read() {
    let announced = refusal(|stream| write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")).await;
    let endless = refusal(|stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        loop {
            write!(stream, "1000\r\n{:4096}\r\n", "")?;
        }
    });
    let bomb = refusal(|stream| {
        let headers = "Content-Encoding: gzip\r\n";
        reply(stream, "200 OK", headers, &bomb(20_000))
    });
    for error in [announced, endless.await, bomb.await] {
        assert!(matches!(&error, Error::BadAnswer { reason, .. } if reason.contains("65536 bytes")), "{error}");
    }
}

/// Millions of elements that are no events would take a hundred times the memory of their text.
#[tokio::test]
async fn lists_of_nothing_end() {
    let world = World::new();
    world.names.here(&["a.example"]);
    let peer = Peer::start(world.authority.server(&["a.example"]), |seen, stream| match seen.path.as_str() {
        path if path.starts_with("/.well-known") => reply(stream, "404 Not Found", "", b""),
        path if path.contains("whole") => {
            reply(stream, "200 OK", "", format!(r#"{{"auth_chain":[{}0],"pdus":[1]}}"#, "0,".repeat(998)).as_bytes())
        }
        _ => reply(stream, "200 OK", "", br#"{"auth_chain":[0]}"#),
    });
    let client = world.client(peer.port);
    let ask = async |id: &'static ruma::EventId, elements| {
        let request = get_room_state::v1::Request::new(id.to_owned(), room_id!("!room:a.example").to_owned());
        let splitter = Splitter::new(&["auth_chain", "pdus"], Most { element: 10, elements, rest: 1_000 });
        client.send_split(a(), request, BOUNDS, splitter, None).await
    };
    assert_eq!(ask(event_id!("$whole"), 1_000).await.unwrap().len(), 1_000);
    for (id, elements, reason) in [(event_id!("$whole"), 999, "too long"), (event_id!("$part"), 1_000, "pdus")] {
        let error = ask(id, elements).await.unwrap_err();
        assert!(matches!(&error, Error::BadAnswer { .. }) && error.to_string().contains(reason), "{error}");
    }
}

/// A server may send one byte a second for ever; all of it together has its time.
#[tokio::test]
async fn slow_answers_are_not_waited_for() {
    let bounds = Bounds { time: Duration::from_secs(5), ..BOUNDS };
    let slow = refusal_within(bounds, |stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")?;
        loop {
            write!(stream, " ")?;
            stream.flush()?;
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let error = tokio::time::timeout(Duration::from_secs(60), slow).await.unwrap();
    assert!(matches!(&error, Error::Unreachable { reason, .. } if reason.contains("5 seconds")), "{error}");
}

#[tokio::test]
async fn nonsense_is_an_error() {
    for answer in ["", "SSH-2.0-OpenSSH_9.6\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"] {
        let error = refusal(move |stream| stream.write_all(answer.as_bytes())).await;
        assert!(matches!(error, Error::Unreachable { .. }), "{answer:?}: {error}");
    }
}

/// 258 zeros for every 13 bits: `runs` times.
fn bomb(runs: usize) -> Vec<u8> {
    let mut bits = String::from("11000110000");
    bits.extend(std::iter::repeat_n("1100010100000", runs));
    bits.push_str("0000000");
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let bytes = bits.as_bytes().chunks(8);
    packed.extend(bytes.map(|byte| byte.iter().rev().fold(0, |packed, bit| packed << 1 | (bit & 1))));
    packed.extend([0; 8]);
    packed
}
