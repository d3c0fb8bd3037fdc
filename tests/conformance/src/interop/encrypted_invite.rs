//! Invites to encrypted rooms: who invites gives the keys of the room to the devices of the invited user, who has not joined
//! yet.

use super::e2ee::{notes, see_keys};
use super::prelude::*;

tests! { "encrypted_invite":
    keys_before_the_join, "end-to-end-encryption";
    in_a_direct_chat, "end-to-end-encryption";
    a_device_that_comes_after_the_invite, "device-management";
}

/// Options of a private room that is encrypted from its beginning.
fn encrypted() -> Value {
    let content = json!({ "algorithm": "m.megolm.v1.aes-sha2" });
    let event = json!({ "type": "m.room.encryption", "state_key": "", "content": content });
    json!({ "preset": "private_chat", "initial_state": [event] })
}

/// Waits until a user is invited, and makes sure that the room is known to be encrypted.
async fn see_encrypted(invited: &User, room: &str) -> Outcome {
    let shown = invited.see_room("invite", room).await?;
    let encryption = find(events(&shown, "invite_state"), "m.room.encryption", "").cloned().unwrap_or_default();
    ensure_eq!(encryption["content"]["algorithm"], "m.megolm.v1.aes-sha2", "the encryption that the invite shows");
    Ok(())
}

/// `from` learns the keys of a device of `to`, takes a one-time key of it, and sends it a message.
async fn reach(from: &User, to: &User, key: &str, number: u64) -> Outcome {
    see_keys(from, to, true).await?;
    let (name, given) = from.claim_of(to, "signed_curve25519").await?.unwrap_or_default();
    ensure_eq!(name, format!("signed_curve25519:{key}"), "the one-time key");
    ensure_eq!(given["key"], to.one_time_key(key)["key"], "the key itself");
    let since = to.now().await?;
    from.note(to, number).await?;
    let answer = to.sync_until(&since, |answer| notes(answer) == [number]).await?;
    ensure_eq!(events(&answer, "to_device")[0]["sender"], from.id.as_str(), "the sender");
    Ok(())
}

async fn keys_before_the_join(Pair { alice, bob }: Pair) -> Outcome {
    for user in [&alice, &bob] {
        user.upload_device().await?;
        user.upload_one_time(&["a"]).await?;
    }
    let room = alice.create_room(encrypted()).await?;
    alice.invite(&room, &bob).await?;
    see_encrypted(&bob, &room).await?;
    reach(&alice, &bob, "a", 1).await?;
    reach(&bob, &alice, "a", 2).await?;
    bob.see_room("invite", &room).await?;
    bob.join_via(&room, &alice.server).await?;
    alice.see_membership(&room, &bob, "join").await?;
    // The keys are the same as before.
    see_keys(&alice, &bob, true).await?;
    ensure_eq!(alice.claim(&bob).await?, None, "a key that is given twice");
    let event = bob.say(&room, "here I am").await?;
    alice.receive(&room, &event).await.map(drop)
}

async fn in_a_direct_chat(Pair { alice, bob }: Pair) -> Outcome {
    bob.upload_device().await?;
    bob.upload_one_time(&["a"]).await?;
    let mut options = encrypted();
    options["is_direct"] = json!(true);
    options["invite"] = json!([bob.id]);
    let room = alice.create_room(options).await?;
    see_encrypted(&bob, &room).await?;
    reach(&alice, &bob, "a", 1).await?;
    bob.join_via(&room, &alice.server).await?;
    alice.see_membership(&room, &bob, "join").await.map(drop)
}

/// Whoever is invited shares no room yet, so nothing is told of the new device: it is found by asking again.
async fn a_device_that_comes_after_the_invite(Pair { alice, bob }: Pair) -> Outcome {
    bob.upload_device().await?;
    let room = alice.create_room(encrypted()).await?;
    alice.invite(&room, &bob).await?;
    see_encrypted(&bob, &room).await?;
    see_keys(&alice, &bob, true).await?;
    let second = bob.second().await?;
    second.upload_one_time(&["b"]).await?;
    reach(&alice, &second, "b", 3).await
}
