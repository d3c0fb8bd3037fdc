//! Rooms that two users share.

use super::prelude::*;

tests! { "mutual_rooms":
    shared, "mutual-rooms", ["GET v1/mutual_rooms"];
    none, "mutual-rooms", ["GET v1/mutual_rooms"];
    only_joined, "mutual-rooms", ["GET v1/mutual_rooms"];
    unknown_user, "mutual-rooms", ["GET v1/mutual_rooms"];
    pages, "mutual-rooms", ["GET v1/mutual_rooms"];
    oneself, "mutual-rooms", ["GET v1/mutual_rooms M_INVALID_PARAM"];
    bad_parameters, "mutual-rooms", ["GET v1/mutual_rooms 400"];
    needs_token, "mutual-rooms", ["GET v1/mutual_rooms M_MISSING_TOKEN"];
    unstable_path, "mutual-rooms", [];
}

fn path(user: &str) -> String {
    format!("{}?user_id={}", v1!("mutual_rooms"), encode(user))
}

async fn shared(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let mut want = vec![alice.public_room().await?, alice.public_room().await?];
    alice.public_room().await?;
    for room in &want {
        bob.join(room).await?;
    }
    want.sort();
    for (asker, other) in [(&alice, &bob), (&bob, &alice)] {
        let answer = asker.get(path(&other.id)).await?.ok()?;
        let mut got: Vec<&str> = answer["joined"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        got.sort_unstable();
        ensure_eq!(got, want, "rooms");
        ensure_eq!(answer["count"], 2, "count");
        ensure!(answer["next_batch"].is_null(), "there is nothing more: {answer}");
    }
    Ok(())
}

async fn none(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let answer = alice.get(path(&bob.id)).await?.ok()?;
    ensure_eq!(answer, json!({ "joined": [], "count": 0 }), "answer without a room");
    Ok(())
}

/// "room IDs where both the authenticated user and `user_id` have a membership of type `join`"
async fn only_joined(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (left, invited, banned) = (alice.public_room().await?, alice.public_room().await?, alice.public_room().await?);
    bob.join(&left).await?;
    bob.leave(&left).await?;
    alice.invite(&invited, &bob).await?;
    bob.join(&banned).await?;
    alice.act("ban", &banned, &bob).await?.ok()?;
    for (asker, other) in [(&alice, &bob), (&bob, &alice)] {
        ensure_eq!(asker.get(path(&other.id)).await?.ok()?["joined"], json!([]), "rooms");
    }
    Ok(())
}

/// "If the provided `user_id` is not a valid user, the server MUST return an empty list of rooms."
async fn unknown_user(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.public_room().await?;
    for nobody in [format!("@{}:{}", server.fresh("nobody"), server.name()), "@nobody:elsewhere.example".to_owned()] {
        ensure_eq!(alice.get(path(&nobody)).await?.ok()?["joined"], json!([]), "rooms with {nobody}");
    }
    Ok(())
}

/// Batches are the server's choice; followed to the end they give every room once.
async fn pages(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let mut want = Vec::new();
    for _ in 0..12 {
        want.push(alice.public_room().await?);
    }
    for room in &want {
        bob.join(room).await?;
    }
    let (mut got, mut from) = (Vec::new(), String::new());
    for _ in 0..=want.len() {
        let answer = alice.get(format!("{}{from}", path(&bob.id))).await?.ok()?;
        got.extend(answer["joined"].as_array().into_iter().flatten().filter_map(|id| Some(id.as_str()?.to_owned())));
        match answer["next_batch"].as_str() {
            Some(token) => from = format!("&from={}", encode(token)),
            None => break,
        }
    }
    want.sort();
    got.sort();
    ensure_eq!(got, want, "rooms of all batches");
    Ok(())
}

/// "... or was the sender's own user ID"
async fn oneself(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.get(path(&alice.id)).await?.error(400, "M_INVALID_PARAM").map(drop)
}

async fn bad_parameters(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    alice.get(v1!("mutual_rooms")).await?.refused(400)?;
    for id in ["", "bob", "bob:elsewhere.example", "!room:elsewhere.example", "@bob"] {
        alice.get(path(id)).await?.refused(400)?;
    }
    alice.get(format!("{}&from=%21%21never-given", path(&bob.id))).await?.refused(400).map(drop)
}

async fn needs_token(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    server.get(path(&alice.id)).await?.error(401, "M_MISSING_TOKEN").map(drop)
}

/// Clients in use ask by the path of MSC2666 where a server names the feature.
async fn unstable_path(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let features = alice.get("/_matrix/client/versions").await?.ok()?["unstable_features"].clone();
    if features["uk.half-shot.msc2666.query_mutual_rooms"] != true {
        return Ok(());
    }
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let path = "/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms";
    let answer = alice.get(format!("{path}?user_id={}", encode(&bob))).await?.ok()?;
    ensure_eq!(answer["joined"], json!([room]), "rooms");
    Ok(())
}
