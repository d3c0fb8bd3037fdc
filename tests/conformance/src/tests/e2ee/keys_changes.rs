//! `GET /keys/changes`: the device lists that changed between two tokens.

use super::prelude::*;

tests! { "keys_changes":
    changed, "tracking-the-device-list-for-a-user", ["GET v3/keys/changes"];
    nothing, "tracking-the-device-list-for-a-user", ["GET v3/keys/changes"];
    before_the_start, "tracking-the-device-list-for-a-user", ["GET v3/keys/changes"];
    joined, "tracking-the-device-list-for-a-user", ["GET v3/keys/changes"];
    left, "tracking-the-device-list-for-a-user", ["GET v3/keys/changes"];
    deleted, "tracking-the-device-list-for-a-user", ["GET v3/keys/changes"];
    strangers, "tracking-the-device-list-for-a-user", ["GET v3/keys/changes"];
    no_end, "tracking-the-device-list-for-a-user", ["GET v3/keys/changes 400"];
    bad_parameters, "tracking-the-device-list-for-a-user",
        ["GET v3/keys/changes 400", "GET v3/keys/changes M_MISSING_TOKEN"];
}

/// The lists between a token and now, as the `device_lists` of a sync.
async fn since(user: &User, from: &str) -> Result<Value, Failure> {
    let to = user.now().await?;
    let answer = user.get(v3!("keys/changes?from={}&to={}", from, to)).await?.ok()?;
    Ok(json!({ "device_lists": answer }))
}

async fn pair(server: &Server) -> Result<(User, User, String), Failure> {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let room = alice.encrypted_room().await?;
    bob.join(&room).await?;
    Ok((alice, bob, room))
}

async fn changed(server: Server) -> Outcome {
    let (alice, bob, _) = pair(&server).await?;
    let from = alice.now().await?;
    bob.second().await?;
    let lists = since(&alice, &from).await?;
    ensure_eq!(listed(&lists, "changed"), [bob.id.as_str()], "changed");
    ensure!(listed(&lists, "left").is_empty(), "nobody left: {lists}");
    Ok(())
}

async fn nothing(server: Server) -> Outcome {
    let (alice, _, _) = pair(&server).await?;
    let lists = since(&alice, &alice.now().await?).await?;
    ensure!(listed(&lists, "changed").is_empty() && listed(&lists, "left").is_empty(), "no changes: {lists}");
    Ok(())
}

/// Users who have not uploaded new keys since this point "will be excluded from the results".
async fn before_the_start(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.device("carol").await?;
    carol.join(&room).await?;
    bob.second().await?;
    let from = alice.now().await?;
    carol.second().await?;
    let lists = since(&alice, &from).await?;
    ensure_eq!(listed(&lists, "changed"), [carol.id.as_str()], "changed");
    Ok(())
}

async fn joined(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let carol = server.device("carol").await?;
    let from = alice.now().await?;
    carol.join(&room).await?;
    let lists = since(&alice, &from).await?;
    ensure!(listed(&lists, "changed").contains(&carol.id.as_str()), "who joined: {lists}");
    Ok(())
}

async fn left(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let from = alice.now().await?;
    bob.leave(&room).await?;
    let lists = since(&alice, &from).await?;
    ensure_eq!(listed(&lists, "left"), [bob.id.as_str()], "left");
    Ok(())
}

/// "added new device identity keys or removed an existing device with identity keys"
async fn deleted(server: Server) -> Outcome {
    let (alice, bob, _) = pair(&server).await?;
    let other = bob.second().await?;
    let from = alice.now().await?;
    bob.delete_device(&other).await?;
    let lists = since(&alice, &from).await?;
    ensure_eq!(listed(&lists, "changed"), [bob.id.as_str()], "changed");
    Ok(())
}

/// Only users who "currently share a room with the calling user".
async fn strangers(server: Server) -> Outcome {
    let (alice, _, _) = pair(&server).await?;
    let from = alice.now().await?;
    let carol = server.device("carol").await?;
    carol.second().await?;
    let lists = since(&alice, &from).await?;
    ensure!(listed(&lists, "changed").is_empty(), "no changes: {lists}");
    Ok(())
}

/// `to` is required.
async fn no_end(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let now = alice.now().await?;
    alice.get(v3!("keys/changes?from={}", now)).await?.refused(400).map(drop)
}

async fn bad_parameters(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let now = alice.now().await?;
    alice.get(v3!("keys/changes?to={}", now)).await?.refused(400)?;
    alice.get(v3!("keys/changes?from={}&to={}", "no token", now)).await?.refused(400)?;
    server.get(v3!("keys/changes?from={}&to={}", now, now)).await?.error(401, "M_MISSING_TOKEN").map(drop)
}
