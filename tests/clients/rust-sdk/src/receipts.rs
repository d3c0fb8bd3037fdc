//! Who types, who has read what, and how much is unread.

use std::time::Duration;

use anyhow::{Context, Result};
use matrix_sdk::room::Receipts;
use matrix_sdk::ruma::api::client::receipt::create_receipt::v3::ReceiptType as Sending;
use matrix_sdk::ruma::events::Mentions;
use matrix_sdk::ruma::events::fully_read::FullyReadEventContent;
use matrix_sdk::ruma::events::receipt::{ReceiptThread, ReceiptType};
use matrix_sdk::ruma::events::room::message::RoomMessageEventContent;
use matrix_sdk::ruma::{OwnedEventId, RoomId};

use crate::device::Device;
use crate::newcomers::room_with;
use crate::stage::{Stage, until_true};

pub async fn show_typing(stage: &Stage, alice: &Device, bob: &Device, room_id: &RoomId) -> Result<()> {
    let (_listening, mut typing) = bob.room(room_id)?.subscribe_to_typing_notifications();
    for (types, what) in [(true, "bob sees alice typing"), (false, "and that she stops")] {
        let told = async {
            loop {
                // Again, where the four seconds for which the SDK says it were over before bob heard of it.
                alice.room(room_id)?.typing_notice(types).await?;
                let seen = typing.recv().await?;
                if seen.iter().any(|user| user == alice.id()) == types {
                    return anyhow::Ok(());
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), told).await.context(what)??;
        stage.check(what, true, ())?;
    }
    Ok(())
}

/// The event up to which `device` sees that `other` has read.
async fn read_up_to(
    device: &Device,
    room_id: &RoomId,
    other: &Device,
    thread: ReceiptThread,
) -> Result<Option<OwnedEventId>> {
    let receipt = device.room(room_id)?.load_user_receipt(ReceiptType::Read, thread, other.id()).await?;
    Ok(receipt.map(|(event_id, _)| event_id))
}

/// Notifications and highlights, as the server counts them and as the device does, which can look into what is encrypted.
async fn unread(stage: &Stage, device: &Device, room_id: &RoomId, server: [u64; 2], own: [u64; 2]) -> Result<()> {
    let room = device.room(room_id)?;
    let counts = || {
        let counted = room.unread_notification_counts();
        let counted = [counted.notification_count, counted.highlight_count];
        (counted, [room.num_unread_notifications(), room.num_unread_mentions()])
    };
    let settled = until_true("the counts", async || Ok(counts() == (server, own))).await;
    let what = format!("{} has {} unread, {} highlighted", device.id(), own[0], own[1]);
    settled.or_else(|_| stage.same(&what, counts(), (server, own)))?;
    stage.check(what, true, ())
}

fn mentioning(device: &Device, text: &str) -> RoomMessageEventContent {
    let mut content = RoomMessageEventContent::text_plain(text);
    content.mentions = Some(Mentions::with_user_ids([device.id().to_owned()]));
    content
}

/// Both read the last message; then alice writes two, one of which mentions bob.
pub async fn read_and_count(stage: &Stage, alice: &Device, bob: &Device, room_id: &RoomId) -> Result<()> {
    let first = alice.say(room_id, "has everybody read this?").await?.event_id;
    bob.hears(room_id, "has everybody read this?").await?;
    bob.room(room_id)?.send_single_receipt(Sending::Read, ReceiptThread::Unthreaded, first.clone()).await?;
    let sees = async || Ok(read_up_to(alice, room_id, bob, ReceiptThread::Unthreaded).await?.as_ref() == Some(&first));
    until_true("alice sees that bob has read", sees).await?;
    stage.check("alice sees that bob has read it", true, ())?;
    unread(stage, bob, room_id, [0, 0], [0, 0]).await?;

    alice.say(room_id, "one more").await?;
    unread(stage, bob, room_id, [1, 0], [1, 0]).await?;
    let mention = alice.send(room_id, mentioning(bob, "bob, look!")).await?.event_id;
    // What is encrypted the server cannot highlight.
    unread(stage, bob, room_id, [2, 0], [2, 1]).await?;
    let read = Receipts::new().fully_read_marker(mention.clone()).private_read_receipt(mention.clone());
    bob.room(room_id)?.send_multiple_receipts(read).await?;
    unread(stage, bob, room_id, [0, 0], [0, 0]).await?;
    until_true("bob's fully-read marker comes back", async || {
        let marker = bob.room(room_id)?.account_data_static::<FullyReadEventContent>().await?;
        Ok(marker.and_then(|marker| marker.deserialize().ok()).is_some_and(|marker| marker.content.event_id == mention))
    })
    .await?;
    stage.check("bob's fully-read marker is at the mention", true, ())?;
    stage.same(
        "a private receipt is not told",
        read_up_to(alice, room_id, bob, ReceiptThread::Unthreaded).await?,
        Some(first),
    )
}

pub async fn read_thread(
    stage: &Stage,
    alice: &Device,
    bob: &Device,
    room_id: &RoomId,
    thread: [OwnedEventId; 2],
) -> Result<()> {
    let [root, last] = thread;
    let thread = ReceiptThread::Thread(root);
    bob.room(room_id)?.send_single_receipt(Sending::Read, thread.clone(), last.clone()).await?;
    let sees = async || Ok(read_up_to(alice, room_id, bob, thread.clone()).await?.as_ref() == Some(&last));
    until_true("alice sees that bob has read the thread", sees).await?;
    stage.check("alice sees that bob has read the thread", true, ())
}

/// Where nothing is encrypted the server highlights too.
pub async fn count_in_the_clear(stage: &Stage, alice: &Device, bob: &Device) -> Result<()> {
    let room_id = room_with(alice, &[bob], false).await?;
    alice.say(&room_id, "in the clear").await?;
    let last = alice.send(&room_id, mentioning(bob, "bob, look here!")).await?.event_id;
    unread(stage, bob, &room_id, [2, 1], [2, 1]).await?;
    bob.room(&room_id)?.send_single_receipt(Sending::Read, ReceiptThread::Unthreaded, last).await?;
    unread(stage, bob, &room_id, [0, 0], [0, 0]).await
}
