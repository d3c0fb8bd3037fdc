//! `device_lists.changed` in sync: what makes a user stand in it, and before whom.

use super::prelude::*;

tests! { "device_list_changes":
    first_keys, "e2e-extensions-to-sync", ["GET v3/sync"];
    new_device, "e2e-extensions-to-sync", ["GET v3/sync"];
    same_keys_again, "e2e-extensions-to-sync", ["GET v3/sync"];
    one_time_keys_are_no_change, "e2e-extensions-to-sync", ["GET v3/sync"];
    device_deleted, "e2e-extensions-to-sync", ["GET v3/sync"];
    logged_out, "e2e-extensions-to-sync", ["GET v3/sync"];
    cross_signing, "cross-signing", ["GET v3/sync"];
    cross_signing_replaced, "cross-signing", ["GET v3/sync"];
    device_signed, "cross-signing", ["GET v3/sync"];
    own_devices, "e2e-extensions-to-sync", ["GET v3/sync"];
    strangers, "e2e-extensions-to-sync", ["GET v3/sync"];
    several_at_once, "e2e-extensions-to-sync", ["GET v3/sync"];
    encryption_switched_on_later, "e2e-extensions-to-sync", ["GET v3/sync"];
    same_request_again, "e2e-extensions-to-sync", ["GET v3/sync"];
}

/// Alice and Bob in an encrypted room, and a token of Alice's for what comes then.
async fn pair(server: &Server) -> Result<(User, User, String), Failure> {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let room = alice.encrypted_room().await?;
    bob.join(&room).await?;
    let since = alice.now().await?;
    Ok((alice, bob, since))
}

/// Whether exactly this user changed since the token; gives the next token.
async fn ensure_changed(of: &User, since: &str, who: &User) -> Result<String, Failure> {
    let sync = of.sync_since(since).await?;
    ensure_eq!(listed(&sync, "changed"), [who.id.as_str()], "who changed");
    ensure!(listed(&sync, "left").is_empty(), "nobody left: {}", sync["device_lists"]);
    text(&sync, "next_batch")
}

async fn ensure_unchanged(of: &User, since: &str) -> Outcome {
    let sync = of.sync_since(since).await?;
    ensure!(listed(&sync, "changed").is_empty(), "nobody changed: {}", sync["device_lists"]);
    Ok(())
}

async fn first_keys(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let room = alice.encrypted_room().await?;
    bob.join(&room).await?;
    let since = alice.now().await?;
    bob.upload_device().await?;
    let since = ensure_changed(&alice, &since, &bob).await?;
    ensure_unchanged(&alice, &since).await
}

async fn new_device(server: Server) -> Outcome {
    let (alice, bob, since) = pair(&server).await?;
    bob.second().await?;
    let since = ensure_changed(&alice, &since, &bob).await?;
    ensure_unchanged(&alice, &since).await
}

async fn same_keys_again(server: Server) -> Outcome {
    let (alice, bob, since) = pair(&server).await?;
    bob.upload_device().await?;
    ensure_unchanged(&alice, &since).await
}

async fn one_time_keys_are_no_change(server: Server) -> Outcome {
    let (alice, bob, since) = pair(&server).await?;
    bob.upload_one_time(&["A"]).await?;
    bob.upload_fallback("F").await?;
    alice.claim(&bob).await?;
    ensure_unchanged(&alice, &since).await
}

async fn device_deleted(server: Server) -> Outcome {
    let (alice, bob, since) = pair(&server).await?;
    let other = bob.second().await?;
    let since = ensure_changed(&alice, &since, &bob).await?;
    bob.delete_device(&other).await?;
    ensure_changed(&alice, &since, &bob).await.map(drop)
}

async fn logged_out(server: Server) -> Outcome {
    let (alice, bob, since) = pair(&server).await?;
    let other = bob.second().await?;
    let since = ensure_changed(&alice, &since, &bob).await?;
    other.post(v3!("logout"), json!({})).await?.ok()?;
    ensure_changed(&alice, &since, &bob).await.map(drop)
}

async fn cross_signing(server: Server) -> Outcome {
    let (alice, bob, since) = pair(&server).await?;
    let keys = CrossSigning::set_up(&bob).await?;
    let since = ensure_changed(&alice, &since, &bob).await?;
    keys.try_upload(&bob).await?.ok()?;
    ensure_unchanged(&alice, &since).await
}

async fn cross_signing_replaced(server: Server) -> Outcome {
    let (alice, bob, since) = pair(&server).await?;
    CrossSigning::set_up(&bob).await?;
    let since = ensure_changed(&alice, &since, &bob).await?;
    let (path, body) = (v3!("keys/device_signing/upload"), CrossSigning::of(&bob, "second").body());
    bob.authenticated(Method::POST, &path, body).await?.ok()?;
    ensure_changed(&alice, &since, &bob).await.map(drop)
}

/// Others have to see that a device is now signed.
async fn device_signed(server: Server) -> Outcome {
    let (alice, bob, since) = pair(&server).await?;
    let keys = CrossSigning::set_up(&bob).await?;
    let since = ensure_changed(&alice, &since, &bob).await?;
    let signed = keys.by_self_signing(bob.unsigned_device_keys("first"));
    bob.post(v3!("keys/signatures/upload"), json!({ &bob.id: { &bob.device: signed } })).await?.ok()?;
    ensure_changed(&alice, &since, &bob).await.map(drop)
}

async fn own_devices(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let since = alice.now().await?;
    let other = alice.second().await?;
    let since = ensure_changed(&alice, &since, &alice).await?;
    alice.delete_device(&other).await?;
    ensure_changed(&alice, &since, &alice).await.map(drop)
}

async fn strangers(server: Server) -> Outcome {
    let (alice, _, since) = pair(&server).await?;
    let carol = server.device("carol").await?;
    carol.encrypted_room().await?;
    carol.second().await?;
    CrossSigning::set_up(&carol).await?;
    ensure_unchanged(&alice, &since).await
}

async fn several_at_once(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let carol = server.device("carol").await?;
    for _ in 0..2 {
        let room = alice.encrypted_room().await?;
        bob.join(&room).await?;
        carol.join(&room).await?;
    }
    let since = alice.now().await?;
    bob.second().await?;
    bob.second().await?;
    CrossSigning::set_up(&carol).await?;
    let sync = alice.sync_since(&since).await?;
    let mut want = [bob.id.as_str(), carol.id.as_str()];
    want.sort_unstable();
    ensure_eq!(listed(&sync, "changed"), want, "who changed, each once");
    Ok(())
}

async fn encryption_switched_on_later(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    alice.set_state(&room, "m.room.encryption", "", json!({ "algorithm": "m.megolm.v1.aes-sha2" })).await?;
    let since = alice.now().await?;
    bob.second().await?;
    ensure_changed(&alice, &since, &bob).await.map(drop)
}

/// A client that lost the answer asks again with the same token.
async fn same_request_again(server: Server) -> Outcome {
    let (alice, bob, since) = pair(&server).await?;
    bob.second().await?;
    for _ in 0..3 {
        ensure_changed(&alice, &since, &bob).await?;
    }
    Ok(())
}
