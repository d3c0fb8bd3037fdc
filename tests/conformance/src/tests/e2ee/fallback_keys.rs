//! Fallback keys: given out when the one-time keys are used up, again and again until they are replaced.

use super::prelude::*;

tests! { "fallback_keys":
    after_the_last_one_time_key, "one-time-and-fallback-keys", ["POST v3/keys/claim"];
    served_unchanged, "one-time-and-fallback-keys", ["POST v3/keys/claim"];
    unused_types_in_sync, "e2e-extensions-to-sync", ["GET v3/sync"];
    no_types_without_keys, "e2e-extensions-to-sync", ["GET v3/sync"];
    replaced, "one-time-and-fallback-keys", ["POST v3/keys/upload"];
    one_time_keys_come_first_again, "one-time-and-fallback-keys", ["POST v3/keys/claim"];
    not_counted, "one-time-and-fallback-keys", ["POST v3/keys/upload"];
    of_several_algorithms, "one-time-and-fallback-keys", ["POST v3/keys/upload"];
    used_key_uploaded_again, "one-time-and-fallback-keys", ["POST v3/keys/upload"];
    of_each_device, "one-time-and-fallback-keys", ["POST v3/keys/claim"];
    under_both_names, "one-time-and-fallback-keys", [];
}

fn unused(sync: &Value) -> &Value {
    &sync["device_unused_fallback_key_types"]
}

async fn after_the_last_one_time_key(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    alice.upload_fallback("F").await?;
    alice.upload_one_time(&["A"]).await?;
    ensure_eq!(bob.claim(&alice).await?, Some(format!("{SIGNED}:A")), "the one-time key first");
    for _ in 0..3 {
        ensure_eq!(bob.claim(&alice).await?, Some(format!("{SIGNED}:F")), "then the fallback key, again and again");
    }
    Ok(())
}

async fn served_unchanged(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    alice.upload_fallback("F").await?;
    let got = bob.claim_of(&alice, SIGNED).await?.map(|(_, key)| key);
    ensure_eq!(got, Some(alice.fallback_key("F")), "the key, with `fallback`");
    Ok(())
}

async fn unused_types_in_sync(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    alice.upload_fallback("F").await?;
    let first = alice.first_sync().await?;
    ensure_eq!(*unused(&first), json!([SIGNED]), "unused types");
    bob.claim(&alice).await?;
    let second = alice.sync_since(&text(&first, "next_batch")?).await?;
    ensure_eq!(*unused(&second), json!([]), "unused types after a claim");
    Ok(())
}

/// "This property is required for inclusion".
async fn no_types_without_keys(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let first = alice.first_sync().await?;
    ensure_eq!(*unused(&first), json!([]), "unused types in an initial sync");
    let second = alice.sync_since(&text(&first, "next_batch")?).await?;
    ensure_eq!(*unused(&second), json!([]), "unused types when nothing happened");
    Ok(())
}

/// "the server will only persist one key per algorithm"
async fn replaced(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    alice.upload_fallback("F").await?;
    bob.claim(&alice).await?;
    alice.upload_fallback("G").await?;
    ensure_eq!(*unused(&alice.first_sync().await?), json!([SIGNED]), "a new key is unused");
    ensure_eq!(bob.claim(&alice).await?, Some(format!("{SIGNED}:G")), "the new key");
    ensure_eq!(*unused(&alice.first_sync().await?), json!([]), "now it is used too");
    Ok(())
}

async fn one_time_keys_come_first_again(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    alice.upload_fallback("F").await?;
    ensure_eq!(bob.claim(&alice).await?, Some(format!("{SIGNED}:F")), "no one-time keys");
    alice.upload_one_time(&["A"]).await?;
    ensure_eq!(bob.claim(&alice).await?, Some(format!("{SIGNED}:A")), "a one-time key has come");
    ensure_eq!(bob.claim(&alice).await?, Some(format!("{SIGNED}:F")), "and is gone");
    Ok(())
}

/// A fallback key is no one-time key that remains to be claimed.
async fn not_counted(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    alice.upload_fallback("F").await?;
    ensure_eq!(alice.upload_one_time(&["A"]).await?[SIGNED], 1, "count in the answer");
    ensure_eq!(alice.first_sync().await?["device_one_time_keys_count"][SIGNED], 1, "count in sync");
    Ok(())
}

async fn of_several_algorithms(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let keys = json!({ format!("{SIGNED}:F"): alice.fallback_key("F"), "org.example.kem:F": "some text: ü" });
    alice.upload(json!({ "fallback_keys": keys })).await?;
    let got = bob.claim_of(&alice, "org.example.kem").await?;
    ensure_eq!(got, Some(("org.example.kem:F".to_owned(), json!("some text: ü"))), "key of an unknown algorithm");
    ensure_eq!(*unused(&alice.first_sync().await?), json!([SIGNED]), "the other one is unused");
    Ok(())
}

/// The upload was repeated because its answer was lost: that does not make the key unused.
async fn used_key_uploaded_again(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    alice.upload_fallback("F").await?;
    bob.claim(&alice).await?;
    alice.upload_fallback("F").await?;
    ensure_eq!(*unused(&alice.first_sync().await?), json!([]), "the key was used in a claim");
    Ok(())
}

async fn of_each_device(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let other = alice.second().await?;
    alice.upload_fallback("F").await?;
    other.upload_fallback("G").await?;
    ensure_eq!(bob.claim(&other).await?, Some(format!("{SIGNED}:G")), "key of the other device");
    ensure_eq!(*unused(&alice.first_sync().await?), json!([SIGNED]), "the first device's key is unused");
    Ok(())
}

/// Clients from about the time when MSC2732 was accepted, such as Cinny 4.2, send the keys under both names at once.
async fn under_both_names(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let keys = json!({ format!("{SIGNED}:F"): alice.fallback_key("F") });
    let body = json!({ "fallback_keys": keys, "org.matrix.msc2732.fallback_keys": keys });
    alice.try_upload(body).await?.ok()?;
    ensure_eq!(bob.claim(&alice).await?, Some(format!("{SIGNED}:F")), "the key");
    Ok(())
}
