//! What passes: typing, receipts, who is online.

use super::prelude::*;

tests! { "ephemeral":
    typing, "typing-notifications";
    receipt, "receipts";
    private_receipt_stays, "receipts";
    threaded_receipt, "receipts";
    presence, "presence";
}

fn ephemeral<'a>(answer: &'a Value, room: &str, kind: &str) -> Option<&'a Value> {
    events(joined(answer, room), "ephemeral").iter().find(|event| event["type"] == kind)
}

async fn typing(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    alice.see_membership(&room, bob, "join").await?;
    let since = alice.now().await?;
    let path = v3!("rooms/{}/typing/{}", room, bob);
    bob.put(&path, json!({ "typing": true, "timeout": 30_000 })).await?.ok()?;
    let says = |answer: &Value, who: Value| {
        ephemeral(answer, &room, "m.typing").is_some_and(|event| event["content"]["user_ids"] == who)
    };
    let answer = alice.sync_until(&since, |answer| says(answer, json!([bob.id]))).await?;
    bob.put(&path, json!({ "typing": false })).await?.ok()?;
    alice.sync_until(&text(&answer, "next_batch")?, |answer| says(answer, json!([]))).await.map(drop)
}

async fn receipt(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    let event = alice.say(&room, "read me").await?;
    bob.receive(&room, &event).await?;
    let since = alice.now().await?;
    bob.post(v3!("rooms/{}/receipt/m.read/{}", room, event), json!({})).await?.ok()?;
    let seen = |answer: &Value| {
        ephemeral(answer, &room, "m.receipt")
            .is_some_and(|receipt| receipt["content"][&event]["m.read"][&bob.id].is_object())
    };
    alice.sync_until(&since, seen).await.map(drop)
}

async fn private_receipt_stays(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    let (first, second) = (alice.say(&room, "one").await?, alice.say(&room, "two").await?);
    bob.receive(&room, &second).await?;
    let since = alice.now().await?;
    bob.post(v3!("rooms/{}/receipt/m.read.private/{}", room, second), json!({})).await?.ok()?;
    bob.post(v3!("rooms/{}/receipt/m.read/{}", room, first), json!({})).await?.ok()?;
    let receipt = |answer: &Value| ephemeral(answer, &room, "m.receipt").is_some();
    let answer = alice.sync_until(&since, receipt).await?;
    let content = &ephemeral(&answer, &room, "m.receipt").cloned().unwrap_or_default()["content"];
    ensure!(content.get(&second).is_none(), "a private receipt should stay on its server: {content}");
    Ok(())
}

async fn threaded_receipt(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    let event = alice.say(&room, "read me").await?;
    bob.receive(&room, &event).await?;
    let since = alice.now().await?;
    bob.post(v3!("rooms/{}/receipt/m.read/{}", room, event), json!({ "thread_id": "main" })).await?.ok()?;
    let seen = |answer: &Value| {
        ephemeral(answer, &room, "m.receipt")
            .is_some_and(|receipt| receipt["content"][&event]["m.read"][&bob.id]["thread_id"] == "main")
    };
    alice.sync_until(&since, seen).await.map(drop)
}

async fn presence(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    alice.see_membership(&room, bob, "join").await?;
    let status = json!({ "presence": "online", "status_msg": "out for lunch" });
    bob.put(v3!("presence/{}/status", bob), status).await?.ok()?;
    wait_for("what is said of oneself".to_owned(), || async {
        let reply = alice.get(v3!("presence/{}/status", bob)).await?;
        Ok((reply.json["status_msg"] == "out for lunch").then_some(()))
    })
    .await
}
