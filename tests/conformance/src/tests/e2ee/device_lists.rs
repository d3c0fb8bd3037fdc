//! `device_lists` in sync: who joins the circle of those with whom one shares an encrypted room.

use super::prelude::*;

tests! { "device_lists":
    not_in_initial_sync, "e2e-extensions-to-sync", ["GET v3/sync"];
    other_joins, "e2e-extensions-to-sync", ["GET v3/sync"];
    one_joins, "e2e-extensions-to-sync", ["GET v3/sync"];
    invited_and_joined, "e2e-extensions-to-sync", ["GET v3/sync"];
    rejoined, "tracking-the-device-list-for-a-user", ["GET v3/sync"];
    left_and_rejoined_within_one_sync, "tracking-the-device-list-for-a-user", ["GET v3/sync"];
    joined_and_left_within_one_sync, "e2e-extensions-to-sync", ["GET v3/sync"];
    waking, "e2e-extensions-to-sync", ["GET v3/sync"];
}

/// Alice and Bob in an encrypted room of Alice's.
async fn pair(server: &Server) -> Result<(User, User, String), Failure> {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let room = alice.encrypted_room().await?;
    bob.join(&room).await?;
    Ok((alice, bob, room))
}

/// "only present on an incremental sync"
async fn not_in_initial_sync(server: Server) -> Outcome {
    let (alice, _, _) = pair(&server).await?;
    let sync = alice.first_sync().await?;
    let lists = &sync["device_lists"];
    ensure!(!listed(&sync, "changed").iter().any(|id| id.contains("bob")), "no changes before the first: {lists}");
    ensure!(listed(&sync, "left").is_empty(), "nobody left: {lists}");
    Ok(())
}

async fn other_joins(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let room = alice.encrypted_room().await?;
    let since = alice.now().await?;
    bob.join(&room).await?;
    let sync = alice.sync_since(&since).await?;
    ensure!(listed(&sync, "changed").contains(&bob.id.as_str()), "who joined: {}", sync["device_lists"]);
    ensure!(listed(&sync, "left").is_empty(), "nobody left: {}", sync["device_lists"]);
    let next = alice.sync_since(&text(&sync, "next_batch")?).await?;
    ensure!(listed(&next, "changed").is_empty(), "said once: {}", next["device_lists"]);
    Ok(())
}

async fn one_joins(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.device("carol").await?;
    let since = carol.now().await?;
    carol.join(&room).await?;
    let sync = carol.sync_since(&since).await?;
    for user in [&alice, &bob] {
        ensure!(listed(&sync, "changed").contains(&user.id.as_str()), "{user}: {}", sync["device_lists"]);
    }
    Ok(())
}

async fn invited_and_joined(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let room = alice.encrypted_room().await?;
    alice.invite(&room, &bob).await?;
    let (mine, his) = (alice.now().await?, bob.now().await?);
    bob.join(&room).await?;
    let (mine, his) = (alice.sync_since(&mine).await?, bob.sync_since(&his).await?);
    ensure!(listed(&mine, "changed").contains(&bob.id.as_str()), "for the host: {}", mine["device_lists"]);
    ensure!(listed(&his, "changed").contains(&alice.id.as_str()), "for the guest: {}", his["device_lists"]);
    Ok(())
}

/// "When they start sharing a room again, Bob has an out-of-date list of Alice's devices."
async fn rejoined(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    bob.leave(&room).await?;
    let since = alice.now().await?;
    bob.second().await?;
    let sync = alice.sync_since(&since).await?;
    ensure!(!listed(&sync, "changed").contains(&bob.id.as_str()), "not shared: {}", sync["device_lists"]);
    bob.join(&room).await?;
    let sync = alice.sync_since(&text(&sync, "next_batch")?).await?;
    ensure!(listed(&sync, "changed").contains(&bob.id.as_str()), "shared again: {}", sync["device_lists"]);
    Ok(())
}

/// What happened to the devices meanwhile was not told, so it has to be told at the end.
async fn left_and_rejoined_within_one_sync(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let (mine, his) = (alice.now().await?, bob.now().await?);
    bob.leave(&room).await?;
    bob.second().await?;
    alice.second().await?;
    bob.join(&room).await?;
    for (user, since, other) in [(&alice, mine, &bob), (&bob, his, &alice)] {
        let sync = user.sync_since(&since).await?;
        ensure!(listed(&sync, "changed").contains(&other.id.as_str()), "{other}: {}", sync["device_lists"]);
        ensure!(listed(&sync, "left").is_empty(), "the room is shared: {}", sync["device_lists"]);
    }
    Ok(())
}

async fn joined_and_left_within_one_sync(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let room = alice.encrypted_room().await?;
    let since = alice.now().await?;
    bob.join(&room).await?;
    bob.leave(&room).await?;
    let sync = alice.sync_since(&since).await?;
    ensure!(!listed(&sync, "changed").contains(&bob.id.as_str()), "nothing is shared: {}", sync["device_lists"]);
    Ok(())
}

/// A sync that waits ends when a device list changes.
async fn waking(server: Server) -> Outcome {
    let (alice, bob, _) = pair(&server).await?;
    let since = alice.now().await?;
    let query = format!("timeout=50000&since={}", encode(since));
    let (sync, changed) = tokio::join!(alice.sync(&query), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        bob.second().await
    });
    changed?;
    ensure_eq!(listed(&sync?, "changed"), [bob.id.as_str()], "who changed");
    Ok(())
}
