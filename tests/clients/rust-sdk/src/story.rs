//! A day with an unmodified matrix-rust-sdk: cross-signing, recovery, more devices, and what is done in rooms.

use anyhow::{Context, Result};
use matrix_sdk::ruma::RoomId;
use tokio::process::Command;

use crate::device::{Device, is_encrypted};
use crate::history_sharing::share_history;
use crate::identity::{remove_devices, restored_device, second_device_by_emoji, set_up_recovery, verify_each_other};
use crate::newcomers::{new_device, room_with};
use crate::one_time_keys::empty_the_keys;
use crate::pictures::exchange_picture;
use crate::receipts::{count_in_the_clear, read_and_count, read_thread, show_typing};
use crate::relations::{edit, react, reply_in_thread};
use crate::stage::{Stage, until_true};

async fn talk(stage: &Stage, alice: &Device, bob: &Device, room_id: &RoomId, when: &str) -> Result<()> {
    for (one, other) in [(alice, bob), (bob, alice)] {
        let text = format!("a secret from {}, {when} 🕊", one.id().localpart());
        one.say(room_id, &text).await?;
        let heard = other.hears(room_id, &text).await?;
        stage.check(format!("{} reads what {} encrypts", other.id(), one.id()), is_encrypted(&heard), &heard)?;
    }
    Ok(())
}

/// Kills the server and starts it again, where one knows how.
async fn restart_server(stage: &Stage) -> Result<()> {
    let Ok(command) = std::env::var("RESTART_SERVER") else { return Ok(()) };
    let restarted = Command::new("sh").arg("-c").arg(command).output().await?;
    stage.check("the server is restarted", restarted.status.success(), restarted)
}

async fn nothing_went_wrong(stage: &Stage, devices: &[&Device], room_id: &RoomId) -> Result<()> {
    for device in devices {
        device.page_back(room_id).await?;
        for room in device.client.joined_rooms() {
            // What has just come, or was paged back, may be decrypted a moment later.
            let readable = async || Ok(device.unreadable(room.room_id()).await?.is_empty());
            let _compared_below = until_true("all is readable", readable).await;
            let unreadable = device.unreadable(room.room_id()).await?;
            stage.same(format!("{device} shows nothing unreadable in {}", room.room_id()), unreadable, vec![])?;
        }
        let faults = device.faults.lock().map_err(|_| anyhow::anyhow!("a poisoned lock"))?.clone();
        stage.same("and none of its syncs was refused", faults, vec![])?;
    }
    Ok(())
}

pub async fn tell(stage: &Stage) -> Result<()> {
    stage.chapter("cross-signing, secret storage, key backup");
    let mut alice = new_device(stage, "alice").await?;
    let recovery_key = set_up_recovery(stage, &alice).await?;
    let mut bob = new_device(stage, "bob").await?;
    set_up_recovery(stage, &bob).await?;
    stage.chapter("an encrypted room");
    let room_id = room_with(&alice, &[&bob], true).await?;
    let encrypted = bob.room(&room_id)?.latest_encryption_state().await?.is_encrypted();
    stage.check("the room is encrypted", encrypted, ())?;
    talk(stage, &alice, &bob, &room_id, "first").await?;
    stage.chapter("pictures, threads, reactions, edits");
    exchange_picture(stage, &alice, &bob, &room_id).await?;
    let thread = reply_in_thread(stage, &alice, &bob, &room_id).await?;
    react(stage, &alice, &bob, &room_id).await?;
    edit(stage, &alice, &bob, &room_id).await?;
    stage.chapter("typing, receipts, unread counts");
    show_typing(stage, &alice, &bob, &room_id).await?;
    read_thread(stage, &alice, &bob, &room_id, thread).await?;
    read_and_count(stage, &alice, &bob, &room_id).await?;
    count_in_the_clear(stage, &alice, &bob).await?;
    stage.chapter("clients and the server are restarted");
    alice = alice.restart().await?;
    talk(stage, &alice, &bob, &room_id, "after alice's restart").await?;
    bob.stop().await;
    alice.say(&room_id, "while bob is away").await?;
    restart_server(stage).await?;
    bob = bob.restart().await?;
    bob.hears(&room_id, "while bob is away").await.context("what came while bob was away")?;
    stage.check("a restarted client gets what it missed", true, ())?;
    talk(stage, &alice, &bob, &room_id, "after bob's restart").await?;
    stage.chapter("a second device, verified by emoji");
    let second = second_device_by_emoji(stage, &alice, &room_id).await?;
    verify_each_other(stage, &alice, &bob).await?;
    stage.chapter("a third device, restored from the recovery key");
    let third = restored_device(stage, &alice, &recovery_key, &room_id).await?;
    talk(stage, &third, &bob, &room_id, "with three devices").await?;
    for device in [&alice, &second] {
        device.hears(&room_id, &format!("a secret from {}, with three devices 🕊", bob.id().localpart())).await?;
    }
    stage.check("all devices read it", true, ())?;
    stage.chapter("one-time keys run out");
    let _away = empty_the_keys(stage, &alice, &bob).await?;
    stage.chapter("history shared with an invited user");
    let carol = new_device(stage, "carol").await?;
    set_up_recovery(stage, &carol).await?;
    share_history(stage, &alice, &carol, &room_id).await?;
    stage.chapter("devices are removed");
    for device in [&second, &third] {
        nothing_went_wrong(stage, &[device], &room_id).await?;
    }
    remove_devices(stage, &alice, [second, third], &bob, &room_id).await?;
    carol.hears(&room_id, "nor the one that logged out").await?;
    nothing_went_wrong(stage, &[&alice, &bob, &carol], &room_id).await
}
