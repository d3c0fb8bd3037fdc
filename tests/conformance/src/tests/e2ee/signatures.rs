//! Signatures of keys: uploaded, and seen by those who may.

use super::prelude::*;

tests! { "signatures":
    of_own_device, "cross-signing", ["POST v3/keys/signatures/upload"];
    of_own_master_key, "cross-signing", ["POST v3/keys/signatures/upload"];
    of_own_master_key_for_others, "key-and-signature-security", ["POST v3/keys/signatures/upload"];
    of_anothers_master_key, "key-and-signature-security", ["POST v3/keys/signatures/upload"];
    same_again, "cross-signing", ["POST v3/keys/signatures/upload"];
    device_keys_uploaded_again, "cross-signing", ["POST v3/keys/upload"];
}

/// Uploads signed objects; gives the failures, an object even if there are none.
async fn upload(user: &User, body: Value) -> Result<Value, Failure> {
    let answer = user.post(v3!("keys/signatures/upload"), body).await?.ok()?;
    Ok(if answer["failures"].is_null() { json!({}) } else { answer["failures"].clone() })
}

async fn of_own_device(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let keys = CrossSigning::set_up(&alice).await?;
    // What a client uploads holds the new signature only.
    let signed = keys.by_self_signing(alice.unsigned_device_keys("first"));
    ensure_eq!(upload(&alice, json!({ &alice.id: { &alice.device: signed } })).await?, json!({}), "failures");
    let want = keys.by_self_signing(alice.device_keys())["signatures"].clone();
    for viewer in [&alice, &bob] {
        ensure_eq!(viewer.keys_of(&alice).await?["signatures"], want, "signatures for {viewer}");
    }
    Ok(())
}

/// Uploads a signature of one's device for one's own master key; the master key as `viewer` sees it has to have it.
async fn ensure_master_signed(alice: &User, viewer: &User) -> Outcome {
    let keys = CrossSigning::set_up(alice).await?;
    let signed = alice.sign(keys.master_key());
    let body = json!({ &alice.id: { keys.master.public(): signed } });
    ensure_eq!(upload(alice, body).await?, json!({}), "failures");
    let answer = viewer.query(&[alice]).await?;
    ensure_eq!(answer["master_keys"][&alice.id]["signatures"], signed["signatures"], "signatures for {viewer}");
    Ok(())
}

/// Users see "signatures made by the user's own devices about their own master key".
async fn of_own_master_key(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    ensure_master_signed(&alice, &alice).await
}

/// And "signatures made by other users' devices about their respective master signing keys".
async fn of_own_master_key_for_others(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    ensure_master_signed(&alice, &bob).await
}

/// "Users will not be able to see signatures made by other users' user-signing keys."
async fn of_anothers_master_key(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.device("alice").await?, server.device("bob").await?, server.user("c").await?);
    let (own, keys) = (CrossSigning::set_up(&alice).await?, CrossSigning::set_up(&bob).await?);
    let signed = own.by_user_signing(keys.master_key());
    let body = json!({ &bob.id: { keys.master.public(): signed } });
    ensure_eq!(upload(&alice, body).await?, json!({}), "failures");
    let master = async |viewer: &User| Ok::<_, Failure>(viewer.query(&[&bob]).await?["master_keys"][&bob.id].clone());
    ensure_eq!(master(&alice).await?, signed, "master key for the signer");
    for viewer in [&bob, &carol] {
        ensure!(master(viewer).await?["signatures"][&alice.id].is_null(), "{viewer} may not see the signature");
    }
    Ok(())
}

async fn same_again(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    let signed = keys.by_self_signing(alice.unsigned_device_keys("first"));
    for _ in 0..2 {
        ensure_eq!(upload(&alice, json!({ &alice.id: { &alice.device: signed } })).await?, json!({}), "failures");
    }
    Ok(())
}

/// Clients upload their device keys again without the signatures that came later: those stay.
async fn device_keys_uploaded_again(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    let signed = keys.by_self_signing(alice.unsigned_device_keys("first"));
    upload(&alice, json!({ &alice.id: { &alice.device: signed } })).await?;
    alice.upload_device().await?;
    let want = keys.by_self_signing(alice.device_keys())["signatures"].clone();
    ensure_eq!(alice.keys_of(&alice).await?["signatures"], want, "signatures");
    Ok(())
}
