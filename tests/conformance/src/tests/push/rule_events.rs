//! `m.push_rules`: "When a user changes their push rules a m.push_rules event is sent to all clients in the
//! account_data section of their next /sync request. The content of the event is the current push rules for the user."

use super::prelude::*;
use super::{rule, rule_path};

tests! { "push_rules_event":
    in_first_sync, "push-rules-events", ["GET v3/sync"];
    after_each_change, "push-rules-events", ["GET v3/sync"];
    on_other_devices, "push-rules-events", ["GET v3/sync"];
    not_for_others, "push-rules-events", ["GET v3/sync"];
    only_after_a_change, "push-rules-events", ["GET v3/sync"];
    wakes_a_waiting_sync, "push-rules-events", ["GET v3/sync"];
    filtered_out, "filtering", ["GET v3/sync"];
}

/// The content of the event in the answer of a sync; null if it is not in it.
fn rules_in(sync: &Value) -> Value {
    let all = events(sync, "account_data");
    all.iter().find(|event| event["type"] == "m.push_rules").cloned().unwrap_or_default()["content"].take()
}

/// The rules as `GET /pushrules/` gives them.
async fn rules(user: &User) -> Result<Value, Failure> {
    user.get(v3!("pushrules/")).await?.ok()
}

async fn mute(user: &User) -> Outcome {
    rule(user, "content/cake", json!({ "pattern": "cake", "actions": [] })).await
}

async fn in_first_sync(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    ensure_eq!(rules_in(&alice.first_sync().await?), rules(&alice).await?, "rules in a first sync");
    mute(&alice).await?;
    ensure_eq!(rules_in(&alice.first_sync().await?), rules(&alice).await?, "rules after a change");
    Ok(())
}

async fn after_each_change(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut since = alice.now().await?;
    for step in 0..4 {
        match step {
            0 => mute(&alice).await?,
            1 => rule(&alice, "content/cake/enabled", json!({ "enabled": false })).await?,
            2 => rule(&alice, "underride/.m.rule.message/actions", json!({ "actions": [] })).await?,
            _ => alice.delete(rule_path("content/cake")).await?.ok().map(drop)?,
        }
        let sync = alice.sync_since(&since).await?;
        ensure_eq!(rules_in(&sync), rules(&alice).await?, "rules after change {step}");
        since = text(&sync, "next_batch")?;
    }
    Ok(())
}

async fn on_other_devices(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    let since = other.now().await?;
    mute(&alice).await?;
    ensure_eq!(rules_in(&other.sync_since(&since).await?), rules(&alice).await?, "rules on the other device");
    Ok(())
}

async fn not_for_others(server: Server) -> Outcome {
    let (alice, bob, _) = super::super::membership::pair(&server).await?;
    let since = bob.now().await?;
    mute(&alice).await?;
    let sync = bob.sync_since(&since).await?;
    ensure!(rules_in(&sync).is_null(), "her rules are not his: {sync}");
    Ok(())
}

async fn only_after_a_change(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    mute(&alice).await?;
    let since = alice.now().await?;
    alice.private_room().await?;
    let sync = alice.sync_since(&since).await?;
    ensure!(rules_in(&sync).is_null(), "the rules did not change: {sync}");
    Ok(())
}

async fn wakes_a_waiting_sync(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    // Without presence, which would answer the request before.
    let filter = encode(r#"{"presence":{"not_types":["*"]}}"#);
    let query = format!("timeout=30000&filter={filter}&since={}", encode(alice.now().await?));
    let (sync, put) = tokio::join!(alice.sync(&query), async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        mute(&alice).await
    });
    put?;
    ensure_eq!(rules_in(&sync?), rules(&alice).await?, "rules in the answer that waited");
    Ok(())
}

async fn filtered_out(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let filter = json!({ "account_data": { "not_types": ["m.push_rules"] } });
    let sync = alice.sync_filtered(&filter, "").await?;
    ensure!(rules_in(&sync).is_null(), "the filter keeps it out: {sync}");
    Ok(())
}
