//! What is asked too often, too much, or in a way that takes long (CVE-2026-45076, CVE-2026-45078, CVE-2024-52805,
//! CVE-2021-29471, CVE-2024-52594).

use super::prelude::*;

tests! { "advisory_bounds":
    page_full_of_rejected_events, "soft-failure", [];
    many_at_once, "transactions", [];
    huge_body, "transactions", [];
    multipart_body, "transactions", [];
    push_rule_globs, "transactions", [];
    server_names_that_are_none, "resolving-server-names", [];
    path_traversal, "content-repository", [];
    commands_over_federation, "pdus", [];
}

/// A reader pages on to the beginning although a page has nothing that they may see.
async fn page_full_of_rejected_events(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let first = stage.say(&room, "the first").await?;
    let content = json!({ "users": { &stage.bob: 100 } });
    let mut rejected = Vec::new();
    for _ in 0..40 {
        rejected.push(stage.event(&room, "m.room.power_levels", Some(""), content.clone())?);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    for events in rejected.chunks(20) {
        stage.peer.transact(events).await?;
    }
    stage.say(&room, "the last").await?;
    let mut path = format!("{}?dir=b&limit=5", v3!("rooms/{}/messages", room));
    for _ in 0..40 {
        let answer = stage.alice.get(&path).await?.ok()?;
        let chunk = answer["chunk"].as_array().cloned().unwrap_or_default();
        if ids(&chunk).contains(&first.id.as_str()) {
            return Ok(());
        }
        let Some(end) = answer["end"].as_str() else { break };
        path = format!("{}?dir=b&limit=5&from={}", v3!("rooms/{}/messages", room), encode(end));
    }
    Err(Failure::new("paging ended before it came to the first message"))
}

async fn many_at_once(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.say(&room, "ask me").await?;
    let path = format!("{}?event_id={}", fed!("v1/state_ids/{}", room), encode(&event.id));
    // None may take longer than the peer's patience, which is meant for a busy machine.
    let all = futures_util::future::join_all((0..60).map(|_| stage.peer.get(&path))).await;
    for reply in all {
        ensure!(reply?.status < 500, "one of many questions");
    }
    stage.say(&room, "and on it goes").await.map(drop)
}

/// A body of 40 MiB is no transaction; whether it is read to its end is the server's choice.
async fn huge_body(stage: Stage) -> Outcome {
    let uri = fed!("v1/send/{}", nonce());
    let header = stage.peer.me.authorization("PUT", &uri, stage.peer.under_test(), None);
    if let Ok(reply) = stage.peer.raw(Method::PUT, &uri, Some(" ".repeat(40 << 20)), &[header]).await {
        ensure!((400..500).contains(&reply.status), "a huge body: {}", reply.brief());
    }
    stage.peer.try_transact(&[], &[]).await?.ok().map(drop)
}

/// A body of another kind than JSON is not taken apart.
async fn multipart_body(stage: Stage) -> Outcome {
    let uri = fed!("v1/send/{}", nonce());
    let header = stage.peer.me.authorization("PUT", &uri, stage.peer.under_test(), None);
    let body = "--b\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\nx\r\n--b--\r\n";
    let reply = stage.peer.raw(Method::PUT, &uri, Some(body.to_owned()), &[header]).await?;
    ensure!((400..500).contains(&reply.status), "a multipart body: {}", reply.brief());
    Ok(())
}

/// A glob of many stars on a long message.
async fn push_rule_globs(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let rule = json!({ "pattern": format!("{}b", "*a".repeat(40)), "actions": ["notify"] });
    stage.alice.put(v3!("pushrules/global/content/slow"), rule).await?.ok()?;
    // A glob that is tried in all ways needs more than the patience of any test.
    stage.say(&room, &"a".repeat(30_000)).await.map(drop)
}

/// Names that are parts of addresses: nobody is asked by them.
async fn server_names_that_are_none(stage: Stage) -> Outcome {
    let before = stage.peer.asked("make_join", "!room:nowhere.invalid").len();
    let me = &stage.peer.me.name;
    for name in [format!("user@{me}"), format!("{me}/path"), format!("{me}?x="), format!("{me}#x"), format!("{me}\\@x")]
    {
        let name = encode(&name);
        let path = format!("{}?via={name}&server_name={name}", v3!("join/{}", "!room:nowhere.invalid"));
        let reply = stage.alice.post(path, json!({})).await?;
        ensure!(reply.status >= 400, "a join by a server that has no name: {}", reply.brief());
    }
    let after = stage.peer.asked("make_join", "!room:nowhere.invalid").len();
    ensure_eq!(after, before, "questions that were sent to a name that is none");
    Ok(())
}

async fn path_traversal(stage: Stage) -> Outcome {
    for id in ["../../../etc/passwd", "..", "a/../../b", "%2e%2e%2f", "\u{0}", "C:\\x", ""] {
        let reply = stage.peer.get(fed!("v1/media/download/{}", id)).await?;
        ensure!((400..500).contains(&reply.status), "the media id {id:?}: {}", reply.brief());
        let reply = stage.alice.get(v1!("media/download/{}/{}", stage.peer.me.name, id)).await?;
        ensure!((400..600).contains(&reply.status) && reply.status != 500, "the media id {id:?}: {}", reply.brief());
    }
    Ok(())
}

/// A message that looks like a command of an administrator is a message.
async fn commands_over_federation(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    for words in ["!admin users list", "\\!admin users list", "@conduit: help", "/shutdown"] {
        stage.say(&room, words).await?;
    }
    let members = stage.alice.get(v3!("rooms/{}/joined_members", room)).await?.ok()?;
    ensure_eq!(members["joined"].as_object().map(serde_json::Map::len), Some(2), "who is in the room");
    Ok(())
}
