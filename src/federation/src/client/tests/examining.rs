//! What an operator is told.

use ruma::server_name;

use super::{Peer, World, peer::reply};
use crate::client::Finding;

/// What is found at `a.example`, whose keys are those of `owner`; `closed` says that nothing listens.
async fn found(owner: &'static str, closed: bool) -> Vec<Finding> {
    let world = World::new();
    world.names.here(&["a.example"]);
    let peer = Peer::start(world.authority.server(&["a.example"]), move |seen, stream| match seen.path.as_str() {
        "/_matrix/federation/v1/version" => {
            reply(stream, "200 OK", "", br#"{"server":{"name":"Someone","version":"1.2"}}"#)
        }
        "/_matrix/key/v2/server" => reply(stream, "200 OK", "", format!(r#"{{"server_name":"{owner}"}}"#).as_bytes()),
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
