//! `device_lists.left` in sync: with whom one shares no encrypted room any more.

use super::prelude::*;

tests! { "device_lists_left":
    other_leaves, "e2e-extensions-to-sync", ["GET v3/sync"];
    one_leaves, "e2e-extensions-to-sync", ["GET v3/sync"];
    other_is_kicked_or_banned, "e2e-extensions-to-sync", ["GET v3/sync"];
    other_room_still_shared, "e2e-extensions-to-sync", ["GET v3/sync"];
    both_rooms_left, "e2e-extensions-to-sync", ["GET v3/sync"];
    rejection_of_an_invite, "e2e-extensions-to-sync", ["GET v3/sync"];
}

/// Alice and Bob in an encrypted room of Alice's.
async fn pair(server: &Server) -> Result<(User, User, String), Failure> {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let room = alice.encrypted_room().await?;
    bob.join(&room).await?;
    Ok((alice, bob, room))
}

/// `left`: "users with whom we do not share any encrypted rooms anymore".
async fn ensure_left(of: &User, since: &str, gone: &User) -> Outcome {
    let sync = of.sync_since(since).await?;
    ensure_eq!(listed(&sync, "left"), [gone.id.as_str()], "who left, for {of}");
    ensure!(!listed(&sync, "changed").contains(&gone.id.as_str()), "left, not changed: {}", sync["device_lists"]);
    let next = of.sync_since(&text(&sync, "next_batch")?).await?;
    ensure!(listed(&next, "left").is_empty(), "said once: {}", next["device_lists"]);
    Ok(())
}

async fn other_leaves(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let since = alice.now().await?;
    bob.leave(&room).await?;
    ensure_left(&alice, &since, &bob).await
}

async fn one_leaves(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let since = bob.now().await?;
    bob.leave(&room).await?;
    ensure_left(&bob, &since, &alice).await
}

async fn other_is_kicked_or_banned(server: Server) -> Outcome {
    for verb in ["kick", "ban"] {
        let (alice, bob, room) = pair(&server).await?;
        let (mine, his) = (alice.now().await?, bob.now().await?);
        alice.act(verb, &room, &bob).await?.ok()?;
        ensure_left(&alice, &mine, &bob).await?;
        ensure_left(&bob, &his, &alice).await?;
    }
    Ok(())
}

async fn other_room_still_shared(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let other = alice.encrypted_room().await?;
    bob.join(&other).await?;
    let since = alice.now().await?;
    bob.leave(&room).await?;
    let sync = alice.sync_since(&since).await?;
    ensure!(listed(&sync, "left").is_empty(), "a room is still shared: {}", sync["device_lists"]);
    bob.upload(json!({ "device_keys": bob.sign(bob.unsigned_device_keys("second")) })).await?;
    let sync = alice.sync_since(&text(&sync, "next_batch")?).await?;
    ensure_eq!(listed(&sync, "changed"), [bob.id.as_str()], "changes are still told");
    Ok(())
}

async fn both_rooms_left(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let other = alice.encrypted_room().await?;
    bob.join(&other).await?;
    let since = alice.now().await?;
    bob.leave(&room).await?;
    bob.leave(&other).await?;
    ensure_left(&alice, &since, &bob).await
}

/// Nobody was lost who was never there.
async fn rejection_of_an_invite(server: Server) -> Outcome {
    let (alice, bob, _) = pair(&server).await?;
    let other = alice.encrypted_room().await?;
    alice.invite(&other, &bob).await?;
    let since = alice.now().await?;
    bob.leave(&other).await?;
    let sync = alice.sync_since(&since).await?;
    ensure!(listed(&sync, "left").is_empty(), "a room is still shared: {}", sync["device_lists"]);
    Ok(())
}
