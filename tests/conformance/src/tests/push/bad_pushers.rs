//! Pushers that are refused, and leave nothing behind.

use super::prelude::*;
use super::pushers::{keys, pusher, set};

tests! { "pushers":
    missing_parameters, "push-notifications", ["POST v3/pushers/set M_MISSING_PARAM"];
    bad_data, "push-notifications", ["POST v3/pushers/set 400"];
    unknown_kind, "push-notifications", ["POST v3/pushers/set 400"];
    too_long, "push-notifications", ["POST v3/pushers/set 400"];
}

/// "Required if kind is not null."
async fn missing_parameters(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for key in ["lang", "data", "app_display_name", "device_display_name", "app_id", "pushkey"] {
        let mut body = pusher("key");
        body.as_object_mut().and_then(|body| body.remove(key));
        set(&alice, body).await?.error(400, "M_MISSING_PARAM")?;
    }
    ensure!(keys(&alice).await?.is_empty(), "nothing was set");
    Ok(())
}

/// "If kind is http, this MUST contain url"; "MUST be an HTTPS URL with a path of /_matrix/push/v1/notify."
async fn bad_data(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let broken = [
        json!({}),
        json!({ "url": 7 }),
        json!({ "url": "https://push.example.org/elsewhere" }),
        json!({ "url": "not a url" }),
    ];
    for data in broken {
        let mut body = pusher("key");
        body["data"] = data;
        set(&alice, body).await?.refused(400)?;
    }
    ensure!(keys(&alice).await?.is_empty(), "nothing was set");
    Ok(())
}

async fn unknown_kind(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut body = pusher("key");
    body["kind"] = json!("pigeon");
    set(&alice, body).await?.refused(400)?;
    ensure!(keys(&alice).await?.is_empty(), "nothing was set");
    Ok(())
}

/// pushkey: "Max length, 512 bytes." app_id: "Max length, 64 chars."
async fn too_long(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (key, length) in [("pushkey", 513), ("app_id", 65)] {
        let mut body = pusher("key");
        body[key] = json!("x".repeat(length));
        set(&alice, body).await?.refused(400)?;
    }
    let mut body = pusher(&format!("{:x<512}", server.fresh("key")));
    body["app_id"] = json!("x".repeat(64));
    set(&alice, body).await?.ok().map(drop)
}
