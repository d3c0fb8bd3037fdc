//! Who asks: the signature over each request.

use super::prelude::*;

tests! { "requests":
    signed, "request-authentication", [];
    unsigned, "request-authentication", [];
    by_another_key, "request-authentication", [];
    under_an_unknown_key_id, "request-authentication", [];
    in_the_name_of_another, "request-authentication", [];
    in_the_name_of_the_server_itself, "request-authentication", [];
    for_another_server, "request-authentication", [];
    without_destination, "request-authentication", [];
    for_another_path, "request-authentication", [];
    for_another_query, "request-authentication", [];
    for_another_method, "request-authentication", [];
    for_another_body, "request-authentication", [];
    spelled_otherwise, "request-authentication", [];
    with_a_colon_and_no_quotes, "request-authentication", [];
    with_unknown_parameters, "request-authentication", [];
    with_nonsense, "request-authentication", [];
    ours_are_signed, "request-authentication", [];
}

fn path(stage: &Stage) -> String {
    format!("/_matrix/federation/v1/query/profile?user_id={}", encode(&stage.alice))
}

async fn get(stage: &Stage, authorization: String) -> Result<Reply, Failure> {
    stage.peer.raw(Method::GET, &path(stage), None, &[authorization]).await
}

/// The header as it should be.
fn honest(stage: &Stage) -> String {
    stage.peer.me.authorization("GET", &path(stage), stage.peer.under_test(), None)
}

async fn signed(stage: Stage) -> Outcome {
    get(&stage, honest(&stage)).await?.ok().map(drop)
}

async fn unsigned(stage: Stage) -> Outcome {
    stage.peer.raw(Method::GET, &path(&stage), None, &[]).await?.refused(401).map(drop)
}

async fn by_another_key(stage: Stage) -> Outcome {
    let forged = stage.peer.me.forged()?.authorization("GET", &path(&stage), stage.peer.under_test(), None);
    get(&stage, forged).await?.refused(401).map(drop)
}

async fn under_an_unknown_key_id(stage: Stage) -> Outcome {
    let key = stage.peer.me.with_key_id("ed25519:nobody_knows");
    let header = key.authorization("GET", &path(&stage), stage.peer.under_test(), None);
    get(&stage, header).await?.refused(401).map(drop)
}

async fn in_the_name_of_another(stage: Stage) -> Outcome {
    let other = stage.peer.me.with_name(&stage.peer.second().me.name);
    let header = other.authorization("GET", &path(&stage), stage.peer.under_test(), None);
    get(&stage, header).await?.refused(401).map(drop)
}

async fn in_the_name_of_the_server_itself(stage: Stage) -> Outcome {
    let other = stage.peer.me.with_name(stage.peer.under_test());
    let header = other.authorization("GET", &path(&stage), stage.peer.under_test(), None);
    let reply = get(&stage, header).await?;
    ensure!([401, 403].contains(&reply.status), "it believes that it speaks with itself: {}", reply.brief());
    Ok(())
}

/// "If this property is included, but the value does not match the receiving server's name, the receiving server must
/// deny the request with an HTTP status code 401 Unauthorized."
async fn for_another_server(stage: Stage) -> Outcome {
    let header = stage.peer.me.authorization("GET", &path(&stage), "other.example.org", None);
    get(&stage, header).await?.refused(401).map(drop)
}

/// "For compatibility with older servers, recipients should accept requests without this parameter".
async fn without_destination(stage: Stage) -> Outcome {
    let destination = format!("destination=\"{}\",", stage.peer.under_test());
    get(&stage, honest(&stage).replace(&destination, "")).await?.ok().map(drop)
}

async fn for_another_path(stage: Stage) -> Outcome {
    let me = &stage.peer.me;
    let header = me.authorization("GET", &fed!("v1/publicRooms"), stage.peer.under_test(), None);
    get(&stage, header).await?.refused(401).map(drop)
}

async fn for_another_query(stage: Stage) -> Outcome {
    let longer = format!("{}&field=displayname", path(&stage));
    let header = stage.peer.me.authorization("GET", &longer, stage.peer.under_test(), None);
    get(&stage, header).await?.refused(401).map(drop)
}

async fn for_another_method(stage: Stage) -> Outcome {
    let header = stage.peer.me.authorization("POST", &path(&stage), stage.peer.under_test(), None);
    get(&stage, header).await?.refused(401).map(drop)
}

async fn for_another_body(stage: Stage) -> Outcome {
    let uri = fed!("v1/send/{}", nonce());
    let (signed, sent) = (stage.peer.transaction_of(&[], &[]), stage.peer.transaction_of(&[], &[json!({})]));
    let header = stage.peer.me.authorization("PUT", &uri, stage.peer.under_test(), Some(&signed));
    stage.peer.raw(Method::PUT, &uri, Some(sent.to_string()), &[header]).await?.refused(401).map(drop)
}

/// The body is signed as JSON: white space and the order of its members do not matter.
async fn spelled_otherwise(stage: Stage) -> Outcome {
    let uri = fed!("v1/send/{}", nonce());
    let body = stage.peer.transaction_of(&[], &[]);
    let header = stage.peer.me.authorization("PUT", &uri, stage.peer.under_test(), Some(&body));
    stage.peer.raw(Method::PUT, &uri, Some(format!("{body:#}")), &[header]).await?.ok().map(drop)
}

/// "the recipient should allow colons to be included in values without requiring the value to be enclosed in quotes".
async fn with_a_colon_and_no_quotes(stage: Stage) -> Outcome {
    let key = &stage.peer.me.key_id;
    let header = honest(&stage).replace(&format!("\"{key}\""), key);
    get(&stage, header).await?.ok().map(drop)
}

/// "Unknown parameters are ignored."
async fn with_unknown_parameters(stage: Stage) -> Outcome {
    get(&stage, format!("{},colour=\"blue\"", honest(&stage))).await?.ok().map(drop)
}

async fn with_nonsense(stage: Stage) -> Outcome {
    let headers = ["X-Matrix", "X-Matrix origin", "X-Matrix origin=\"", "X-Matrix ,,,=,=", "Bearer abc", "x"];
    for header in headers {
        let reply = get(&stage, header.to_owned()).await?;
        ensure!([400, 401].contains(&reply.status), "{header:?} was answered with {}", reply.brief());
    }
    Ok(())
}

/// What the server asks the peer is signed; the peer answers nothing else.
async fn ours_are_signed(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    for endpoint in ["make_join", "send_join"] {
        let asked = stage.peer.asked(endpoint, &room);
        ensure!(!asked.is_empty(), "{endpoint} should have been asked");
        for request in asked {
            ensure!(stage.peer.is_signed(&request), "this is not signed: {} {}", request.method, request.uri);
        }
    }
    Ok(())
}
