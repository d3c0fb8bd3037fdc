//! Invites of addresses that belong to nobody yet.

use super::prelude::*;

tests! { "third_parties":
    exchange_of_an_unknown_token, "third-party-invites", ["PUT /_matrix/federation/v1/exchange_third_party_invite/{roomId} 403"];
    exchange, "third-party-invites", ["PUT /_matrix/federation/v1/exchange_third_party_invite/{roomId}"];
    onbind, "third-party-invites", ["PUT /_matrix/federation/v1/3pid/onbind"];
}

/// The event that asks for an invite of Bob, with what an identity server has signed.
fn wanted(stage: &Stage, room: &str, signed: &Value) -> Value {
    json!({
        "type": "m.room.member", "room_id": room, "sender": stage.alice.id, "state_key": stage.bob,
        "content": {
            "membership": "invite",
            "third_party_invite": { "display_name": "b...@example.org", "signed": signed },
        },
    })
}

/// The token of an address, bound to Bob.
fn bound(stage: &Stage, token: &str) -> Value {
    stage.peer.me.sign(json!({ "mxid": stage.bob, "token": token }))
}

async fn exchange_of_an_unknown_token(stage: Stage) -> Outcome {
    let room = stage.alice.private_room().await?;
    let body = wanted(&stage, &room, &bound(&stage, "nobody-knows-it"));
    let reply = stage.peer.put(fed!("v1/exchange_third_party_invite/{}", room), &body).await?;
    ensure!((400..500).contains(&reply.status), "a token that was never given out: {}", reply.brief());
    Ok(())
}

/// The keys are named without an address to ask whether they are still good, which the specification allows for
/// `public_keys`.
async fn exchange(stage: Stage) -> Outcome {
    let room = stage.alice.private_room().await?;
    let (token, key) = (nonce(), stage.peer.me.public());
    let content = json!({
        "display_name": "b...@example.org", "public_key": key, "public_keys": [{ "public_key": key }],
        "key_validity_url": "https://identity.invalid/valid",
    });
    stage.alice.set_state(&room, "m.room.third_party_invite", &token, content).await?;
    let body = wanted(&stage, &room, &bound(&stage, &token));
    stage.peer.put(fed!("v1/exchange_third_party_invite/{}", room), &body).await?.ok()?;
    let want = json!({ "membership": "invite" });
    stage.alice.see_state(&room, "m.room.member", &stage.bob, want).await.map(drop)
}

/// An identity server that nobody knows tells of an invite: it is believed in nothing.
async fn onbind(stage: Stage) -> Outcome {
    let body = json!({
        "medium": "email", "address": "a@example.org", "mxid": stage.alice.id,
        "invites": [{
            "medium": "email", "address": "a@example.org", "mxid": stage.alice.id, "sender": stage.bob,
            "room_id": format!("!nowhere:{}", stage.peer.me.name), "signed": bound(&stage, "token"),
        }],
    });
    let text = Some(body.to_string());
    let reply = stage.peer.raw(Method::PUT, &fed!("v1/3pid/onbind"), text, &[]).await?;
    ensure!(reply.status < 500, "an invite that cannot be had: {}", reply.brief());
    Ok(())
}
