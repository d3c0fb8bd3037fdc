//! Keys and messages of devices on the other server.

use super::prelude::*;
use crate::keys::CrossSigning;
use crate::sync::listed;

tests! { "e2ee":
    device_keys, "end-to-end-encryption";
    keys_without_a_room, "end-to-end-encryption";
    claims, "end-to-end-encryption";
    fallback_key, "end-to-end-encryption";
    unknown_user, "end-to-end-encryption";
    new_device_is_told, "device-management";
    deleted_device_is_told, "device-management";
    device_list_after_a_join, "device-management";
    cross_signing, "end-to-end-encryption";
    to_device, "send-to-device-messaging";
    to_device_without_a_room, "send-to-device-messaging";
    to_all_devices, "send-to-device-messaging";
    to_device_in_order, "send-to-device-messaging";
}

impl Pair {
    /// Both have uploaded their device keys and share an encrypted room.
    async fn encrypted(&self) -> Result<String, Failure> {
        self.alice.upload_device().await?;
        self.bob.upload_device().await?;
        let room = self.alice.encrypted_room().await?;
        self.bob.join_via(&room, &self.alice.server).await?;
        self.alice.see_membership(&room, &self.bob, "join").await?;
        Ok(room)
    }
}

/// Waits until a user is told that the devices of another have changed.
async fn told_of_change(user: &User, since: &str, other: &User) -> Result<Value, Failure> {
    user.sync_until(since, |answer| listed(answer, "changed").contains(&other.id.as_str())).await
}

/// Waits until `user` sees the keys of a device, or sees them no more.
pub(super) async fn see_keys(user: &User, device: &User, there: bool) -> Outcome {
    wait_for(format!("the keys of {} at {}", device.device, user.id), || async {
        Ok((user.keys_of(device).await?.is_object() == there).then_some(()))
    })
    .await
}

async fn device_keys(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    pair.encrypted().await?;
    see_keys(alice, bob, true).await?;
    let mut got = alice.keys_of(bob).await?;
    got.as_object_mut().and_then(|keys| keys.remove("unsigned"));
    ensure_eq!(got, bob.device_keys(), "the keys of the device there");
    see_keys(bob, alice, true).await
}

async fn keys_without_a_room(Pair { alice, bob }: Pair) -> Outcome {
    bob.upload_device().await?;
    // Keys are given to who shares no room, too. A server that could not be reached for a moment is left alone for another.
    see_keys(&alice, &bob, true).await
}

async fn claims(Pair { alice, bob }: Pair) -> Outcome {
    bob.upload_device().await?;
    bob.upload_one_time(&["a", "b"]).await?;
    let (first, second) = (alice.claim(&bob).await?, alice.claim(&bob).await?);
    ensure_eq!(first.as_deref(), Some("signed_curve25519:a"), "the first key");
    ensure_eq!(second.as_deref(), Some("signed_curve25519:b"), "the second key");
    ensure_eq!(alice.claim(&bob).await?, None, "a third key");
    let counts = bob.first_sync().await?["device_one_time_keys_count"]["signed_curve25519"].clone();
    ensure_eq!(counts, 0, "keys left");
    Ok(())
}

async fn fallback_key(Pair { alice, bob }: Pair) -> Outcome {
    bob.upload_device().await?;
    bob.upload_fallback("f").await?;
    for _ in 0..2 {
        ensure_eq!(alice.claim(&bob).await?.as_deref(), Some("signed_curve25519:f"), "the fallback key");
    }
    Ok(())
}

async fn unknown_user(Pair { alice, bob }: Pair) -> Outcome {
    let nobody = format!("@{}:{}", alice.server.fresh("nobody"), bob.server.name());
    let answer = alice.post(v3!("keys/query"), json!({ "device_keys": { nobody.clone(): [] } })).await?.ok()?;
    let devices = answer["device_keys"][&nobody].as_object().map_or(0, |devices| devices.len());
    ensure_eq!(devices, 0, "devices of nobody");
    Ok(())
}

async fn new_device_is_told(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    pair.encrypted().await?;
    see_keys(alice, bob, true).await?;
    let since = alice.now().await?;
    let second = bob.second().await?;
    told_of_change(alice, &since, bob).await?;
    see_keys(alice, &second, true).await
}

async fn deleted_device_is_told(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    pair.encrypted().await?;
    let second = bob.second().await?;
    see_keys(alice, &second, true).await?;
    let since = alice.now().await?;
    bob.delete_device(&second).await?;
    told_of_change(alice, &since, bob).await?;
    see_keys(alice, &second, false).await
}

async fn device_list_after_a_join(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    alice.upload_device().await?;
    bob.upload_device().await?;
    let room = alice.encrypted_room().await?;
    let since = alice.now().await?;
    bob.join_via(&room, &alice.server).await?;
    told_of_change(alice, &since, bob).await?;
    see_keys(alice, bob, true).await
}

async fn cross_signing(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    pair.encrypted().await?;
    see_keys(alice, bob, true).await?;
    let since = alice.now().await?;
    let keys = CrossSigning::of(bob, "first");
    bob.post(v3!("keys/device_signing/upload"), keys.body()).await?.ok()?;
    told_of_change(alice, &since, bob).await?;
    wait_for("the master key".to_owned(), || async {
        let answer = alice.query(&[bob]).await?;
        let found = answer["master_keys"][&bob.id]["keys"] == keys.master_key()["keys"]
            && answer["self_signing_keys"][&bob.id]["keys"] == keys.self_signing_key()["keys"];
        ensure!(answer["user_signing_keys"].get(&bob.id).is_none(), "the user-signing key is Bob's own business");
        Ok(found.then_some(()))
    })
    .await
}

/// The numbers of the notes in an answer.
pub(super) fn notes(answer: &Value) -> Vec<u64> {
    let notes = events(answer, "to_device").iter().filter(|event| event["type"] == "org.example.note");
    notes.filter_map(|event| event["content"]["number"].as_u64()).collect()
}

async fn to_device(pair: Pair) -> Outcome {
    pair.encrypted().await?;
    let since = pair.bob.now().await?;
    pair.alice.note(&pair.bob, 7).await?;
    let answer = pair.bob.sync_until(&since, |answer| notes(answer) == [7]).await?;
    ensure_eq!(events(&answer, "to_device")[0]["sender"], pair.alice.id.as_str(), "the sender");
    Ok(())
}

async fn to_device_without_a_room(Pair { alice, bob }: Pair) -> Outcome {
    let since = bob.now().await?;
    alice.note(&bob, 8).await?;
    bob.sync_until(&since, |answer| notes(answer) == [8]).await.map(drop)
}

async fn to_all_devices(Pair { alice, bob }: Pair) -> Outcome {
    let second = bob.new_device().await?;
    let (first_since, second_since) = (bob.now().await?, second.now().await?);
    let messages = json!({ &bob.id: { "*": { "number": 9 } } });
    alice.try_to_device("org.example.note", messages).await?.ok()?;
    bob.sync_until(&first_since, |answer| notes(answer) == [9]).await?;
    second.sync_until(&second_since, |answer| notes(answer) == [9]).await.map(drop)
}

async fn to_device_in_order(Pair { alice, bob }: Pair) -> Outcome {
    let mut since = bob.now().await?;
    for number in 0..30 {
        alice.note(&bob, number).await?;
    }
    let mut got = Vec::new();
    while got.len() < 30 {
        let answer = bob.sync_until(&since, |answer| !notes(answer).is_empty()).await?;
        got.extend(notes(&answer));
        since = text(&answer, "next_batch")?;
    }
    ensure_eq!(got, (0..30).collect::<Vec<_>>(), "the notes in their order");
    Ok(())
}
