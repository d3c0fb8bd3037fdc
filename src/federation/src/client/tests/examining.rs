//! What an operator is told.

use std::io::{self, Write};

use ruma::server_name;

use super::{Peer, World, peer::reply};
use crate::client::Finding;

/// What is found at `a.example`, whose keys are those of `owner`; `closed` says that nothing listens.
async fn found(owner: &'static str, closed: bool) -> Vec<Finding> {
    found_with(owner, closed, |stream| reply(stream, "404 Not Found", "", b"")).await
}

/// The same, where this is the answer to whoever asks for the `.well-known` file.
async fn found_with(
    owner: &'static str,
    closed: bool,
    file: impl Fn(&mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
) -> Vec<Finding> {
    let world = World::new();
    world.names.here(&["a.example"]);
    let peer = Peer::start(world.authority.server(&["a.example"]), move |seen, stream| match seen.path.as_str() {
        "/_matrix/federation/v1/version" => {
            reply(stream, "200 OK", "", br#"{"server":{"name":"Someone","version":"1.2"}}"#)
        }
        "/_matrix/key/v2/server" => reply(stream, "200 OK", "", format!(r#"{{"server_name":"{owner}"}}"#).as_bytes()),
        "/.well-known/matrix/server" => file(stream),
        _ => reply(stream, "404 Not Found", "", b""),
    });
    let client = world.client(if closed { 1 } else { peer.port });
    client.examine(server_name!("a.example")).await
}

#[tokio::test]
async fn a_good_server_is_fine() {
    let findings = found("a.example", false).await;
    assert!(findings.iter().all(|finding| matches!(finding, Finding::Fine(_))), "{findings:?}");
    let Some(Finding::Fine(last)) = findings.last() else { panic!("nothing was found") };
    assert!(last.contains("Someone 1.2"), "{last}");
}

#[tokio::test]
async fn what_is_wrong_is_said_in_words() {
    for (owner, closed, words) in [("b.example", false, "calls itself b.example"), ("", true, "nothing listens there")]
    {
        let findings = found(owner, closed).await;
        let said = |finding: &Finding| matches!(finding, Finding::Wrong(text) if text.contains(words));
        assert!(findings.iter().any(said), "{findings:?}");
    }
}

#[tokio::test]
async fn a_broken_well_known_file_is_doubtful_though_the_server_is_reached() {
    let large = format!(r#"{{"m.server":"a.example","x":"{}"}}"#, "x".repeat(60_000));
    let around = "Location: /.well-known/matrix/server\r\n";
    for (status, headers, body, words) in [
        ("200 OK", "", r#"{"m.server":"a.example:443""#, "no valid JSON"),
        ("200 OK", "Content-Type: text/html\r\n", "<!DOCTYPE html>", "no valid JSON"),
        ("200 OK", "", r#"["a.example:443"]"#, "no JSON object"),
        ("200 OK", "", r#"{"m.homeserver":{"base_url":"https://a.example"}}"#, "has no \"m.server\""),
        ("200 OK", "", r#"{"m.server":443}"#, "is no string"),
        ("200 OK", "", r#"{"m.server":"https://a.example"}"#, "no name of a server"),
        ("200 OK", "", large.as_str(), "more than 51200 bytes"),
        ("302 Found", around, "", "redirects too often"),
        ("302 Found", "Location: http://a.example/\r\n", "", "away from https"),
        ("500 Internal Server Error", "", "", "500"),
    ] {
        let body = body.to_owned();
        let findings =
            found_with("a.example", false, move |stream| reply(stream, status, headers, body.as_bytes())).await;
        let Some((first, others)) = findings.split_first() else { panic!("nothing was found") };
        assert!(matches!(first, Finding::Doubtful(text) if text.contains(words)), "{words}: {findings:?}");
        assert!(others.iter().all(|finding| matches!(finding, Finding::Fine(_))), "{words}: {findings:?}");
    }
}
