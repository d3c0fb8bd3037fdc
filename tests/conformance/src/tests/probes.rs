//! What clients ask for to find out whether it is there. Where it is not, 404 M_UNRECOGNIZED makes them go on without;
//! 401 sends the user away, and 500 is tried again and again.

use super::prelude::*;

tests! { "probes":
    served_by_nobody, "common-error-codes", ["GET v1/auth_metadata M_UNRECOGNIZED"];
    served_by_some, "common-error-codes", [];
    served_by_some_to_administrators, "common-error-codes", [];
}

/// Asks without a body, or with an empty one where clients send one.
async fn ask(server: &Server, method: Method, path: &str, token: Option<&str>) -> Result<Reply, Failure> {
    let body = (method != Method::GET).then(|| json!({}));
    server.call(method, path, token, body.as_ref()).await
}

/// Neither ours nor Synapse as it is started here serves these. Some of them come before there is a token.
async fn served_by_nobody(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (method, path) in [
        // OAuth 2.0: Element Web and matrix-js-sdk before each login.
        (Method::GET, "/_matrix/client/v1/auth_metadata"),
        (Method::GET, "/_matrix/client/unstable/org.matrix.msc2965/auth_issuer"),
        (Method::GET, "/_matrix/client/unstable/org.matrix.msc2965/auth_metadata"),
        // Calls: matrix-js-sdk.
        (Method::GET, "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports"),
        // The dehydrated device of former times: Hydrogen at each login.
        (Method::GET, "/_matrix/client/unstable/org.matrix.msc2697.v2/dehydrated_device"),
        // Sliding sync of former times: Element X of former times.
        (Method::POST, "/_matrix/client/unstable/org.matrix.msc3575/sync"),
    ] {
        for token in [None, Some(alice.token.as_str())] {
            ask(&server, method.clone(), path, token).await?.error(404, "M_UNRECOGNIZED")?;
        }
    }
    Ok(())
}

/// Either it is there, and then it may say whatever it likes, or it is unknown in the way that clients understand.
fn served_or_unrecognized(reply: Reply) -> Outcome {
    if reply.status == 404 && reply.json["errcode"] == "M_UNRECOGNIZED" {
        return Ok(());
    }
    let served = reply.status < 500 && reply.status != 401 && reply.json["errcode"] != "M_UNRECOGNIZED";
    ensure!(served, "{} is neither served nor 404 M_UNRECOGNIZED: {}", reply.request, reply.brief());
    Ok(())
}

/// Synapse serves these.
async fn served_by_some(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (method, path) in [
        // matrix-rust-sdk and matrix-js-sdk.
        (Method::POST, "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=0"),
        // matrix-js-sdk, for calls.
        (Method::POST, "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/never-made/restart"),
        (Method::POST, "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/never-made/send"),
    ] {
        served_or_unrecognized(ask(&server, method, path, Some(&alice.token)).await?)?;
    }
    Ok(())
}

/// So it serves these, of which tools for administrators show what they get.
async fn served_by_some_to_administrators(server: Server) -> Outcome {
    let admin = server.admin().await?;
    for path in [
        "v1/server_version",
        "v1/registration_tokens",
        "v1/scheduled_tasks",
        "v1/federation/destinations",
        "v1/statistics/users/media",
        "v2/users",
        "v3/users",
    ] {
        let path = format!("/_synapse/admin/{path}");
        served_or_unrecognized(ask(&server, Method::GET, &path, Some(&admin.token)).await?)?;
    }
    Ok(())
}
