//! One-time keys: uploaded and counted.

use super::prelude::*;

tests! { "one_time_keys":
    upload_counts, "one-time-and-fallback-keys", ["POST v3/keys/upload"];
    counts_in_sync, "e2e-extensions-to-sync", ["GET v3/sync"];
    count_of_zero_in_sync, "e2e-extensions-to-sync", ["GET v3/sync"];
    counts_are_of_the_device, "e2e-extensions-to-sync", ["GET v3/sync"];
    same_again, "one-time-and-fallback-keys", ["POST v3/keys/upload"];
    other_key_under_the_same_id, "one-time-and-fallback-keys", ["POST v3/keys/upload 400"];
    unknown_algorithms, "key-algorithms", ["POST v3/keys/upload", "POST v3/keys/claim"];
    beyond_ascii, "key-algorithms", ["POST v3/keys/upload", "POST v3/keys/claim"];
}

async fn upload_counts(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    ensure_eq!(alice.upload_one_time(&["AAAA", "AAAB"]).await?[SIGNED], 2, "count after two keys");
    ensure_eq!(alice.upload_one_time(&["AAAC"]).await?[SIGNED], 3, "count after another");
    ensure_eq!(alice.upload(json!({})).await?[SIGNED], 3, "count in the answer to an empty upload");
    Ok(())
}

fn count(sync: &Value) -> &Value {
    &sync["device_one_time_keys_count"][SIGNED]
}

async fn counts_in_sync(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    alice.upload_one_time(&["AAAA", "AAAB"]).await?;
    let first = alice.first_sync().await?;
    ensure_eq!(*count(&first), 2, "count in an initial sync");
    bob.claim(&alice).await?;
    let second = alice.sync_since(&text(&first, "next_batch")?).await?;
    ensure_eq!(*count(&second), 1, "count after a claim");
    // In each answer, also when nothing changed: clients take its absence for "no keys".
    let third = alice.sync_since(&text(&second, "next_batch")?).await?;
    ensure_eq!(*count(&third), 1, "count when nothing happened");
    Ok(())
}

/// A server may omit it, but clients upload new keys only when they are told 0.
async fn count_of_zero_in_sync(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let first = alice.first_sync().await?;
    ensure_eq!(*count(&first), 0, "count before any upload");
    alice.upload_one_time(&["AAAA"]).await?;
    bob.claim(&alice).await?;
    let second = alice.sync_since(&text(&first, "next_batch")?).await?;
    ensure_eq!(*count(&second), 0, "count after the last was claimed");
    Ok(())
}

async fn counts_are_of_the_device(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let other = alice.second().await?;
    alice.upload_one_time(&["AAAA", "AAAB"]).await?;
    ensure_eq!(other.upload_one_time(&["AAAA"]).await?[SIGNED], 1, "the same id on another device is another key");
    ensure_eq!(*count(&alice.first_sync().await?), 2, "count of the first device");
    ensure_eq!(*count(&other.first_sync().await?), 1, "count of the second device");
    Ok(())
}

/// A client that lost the answer uploads again.
async fn same_again(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    alice.upload_one_time(&["AAAA"]).await?;
    ensure_eq!(alice.upload_one_time(&["AAAA", "AAAB"]).await?[SIGNED], 2, "count after the same key again");
    ensure_eq!(bob.claim(&alice).await?, Some(format!("{SIGNED}:AAAA")), "first claim");
    ensure_eq!(bob.claim(&alice).await?, Some(format!("{SIGNED}:AAAB")), "second claim");
    ensure_eq!(bob.claim(&alice).await?, None, "third claim");
    Ok(())
}

/// The device has forgotten what it uploaded; whichever key were kept, messages could not be read.
async fn other_key_under_the_same_id(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    alice.upload_one_time(&["AAAA"]).await?;
    let keys = json!({ format!("{SIGNED}:NEW"): alice.one_time_key("NEW"), format!("{SIGNED}:AAAA"): alice.one_time_key("x") });
    alice.try_upload(json!({ "one_time_keys": keys })).await?.refused(400)?;
    ensure_eq!(alice.upload(json!({})).await?[SIGNED], 1, "count: nothing of the upload is kept");
    let got = bob.claim_of(&alice, SIGNED).await?.map(|(_, key)| key);
    ensure_eq!(got, Some(alice.one_time_key("AAAA")), "the key from before");
    Ok(())
}

async fn unknown_algorithms(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let object = alice.sign(json!({ "key": "no curve key", "org.example.more": { "deep": [1, null] } }));
    let text = "some text, no base64";
    let keys = json!({ "org.example.text:A": text, "org.example.object:B": object, "curve25519:C": curve_key("c") });
    let counts = alice.upload(json!({ "one_time_keys": keys })).await?;
    ensure_eq!(counts["org.example.text"], 1, "count of an unknown algorithm");
    for (name, key) in keys.as_object().into_iter().flatten() {
        let algorithm = name.split(':').next().unwrap_or_default();
        ensure_eq!(bob.claim_of(&alice, algorithm).await?, Some((name.clone(), key.clone())), "claim of {algorithm}");
    }
    Ok(())
}

async fn beyond_ascii(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let keys = json!({ "org.example.text:ü": "ключ" });
    alice.upload(json!({ "one_time_keys": keys })).await?;
    let got = bob.claim_of(&alice, "org.example.text").await?;
    ensure_eq!(got, Some(("org.example.text:ü".to_owned(), json!("ключ"))), "claimed key");
    Ok(())
}
