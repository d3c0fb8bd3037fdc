//! A device that does what it is told, for a story told by another SDK.
//!
//! One JSON object a line: {"do": "say", ...} on standard input, {"done": result} or {"failed": why} on standard output.
//! It knows the orders of nio/partner.py and those that only a client with cross-signing can follow.

use anyhow::{Context, Result, bail};
use matrix_sdk::encryption::BackupDownloadStrategy::AfterDecryptionFailure;
use matrix_sdk::encryption::verification::SasVerification;
use matrix_sdk::ruma::{OwnedRoomId, UserId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

use crate::device::{Device, is_encrypted};
use crate::history_sharing::accept_invite;
use crate::identity::set_up_recovery;
use crate::newcomers::room_with;
use crate::pictures::{find_picture, open_picture, random_bytes, send_picture};
use crate::stage::{Stage, hex, until_true};
use crate::verification::{accept, emoji_of, started};

#[derive(Default)]
struct Partner {
    device: Option<Device>,
    comparing: Option<SasVerification>,
}

/// One order's arguments.
struct Order(Value);

impl Order {
    fn text(&self, name: &str) -> Result<&str> {
        self.0[name].as_str().with_context(|| format!("{name} is missing"))
    }

    fn room(&self) -> Result<OwnedRoomId> {
        Ok(self.text("room_id")?.try_into()?)
    }
}

impl Partner {
    async fn follow(&mut self, stage: &Stage, order: &Order) -> Result<Value> {
        if order.text("do")? == "log_in" {
            let (user_id, password) = (order.text("user_id")?, order.text("password")?);
            let device = Device::log_in(stage, user_id, password, "rust-sdk partner", AfterDecryptionFailure).await?;
            let device_id = device.device_id().to_string();
            self.device = Some(device);
            return Ok(device_id.into());
        }
        if order.text("do")? == "restart" {
            let device = self.device.take().context("nobody is logged in")?;
            self.device = Some(device.restart().await?);
            return Ok(Value::Null);
        }
        let device = self.device.as_ref().context("nobody is logged in")?;
        match order.text("do")? {
            "set_up_recovery" => set_up_recovery(stage, device).await.map(|_| Value::Null),
            "create_room" => Ok(room_with(device, &[], true).await?.to_string().into()),
            "invite" => invite(device, order).await,
            "join" => join(device, order).await,
            "say" => Ok(device.say(&order.room()?, order.text("text")?).await?.event_id.to_string().into()),
            "hear" => hear(device, order).await,
            "send_picture" => send(device, order).await,
            "see_picture" => see(device, order).await,
            "page_back" => page_back(device, order).await,
            "unreadable" => unreadable(device).await,
            "compare_emoji" => {
                let asker = <&UserId>::try_from(order.text("user_id")?)?;
                let sas = started(&accept(device, asker, order.text("flow_id")?).await?).await?;
                let shown = emoji_of(&sas).await?;
                self.comparing = Some(sas);
                Ok(json!(shown))
            }
            "confirm" => {
                let sas = self.comparing.take().context("nothing is compared")?;
                sas.confirm().await?;
                until_true("the comparison is done", async || Ok(sas.is_done())).await?;
                Ok(Value::Null)
            }
            other => bail!("unknown order {other}"),
        }
    }
}

async fn invite(device: &Device, order: &Order) -> Result<Value> {
    device.room(&order.room()?)?.invite_user_by_id(order.text("user_id")?.try_into()?).await?;
    Ok(Value::Null)
}

async fn join(device: &Device, order: &Order) -> Result<Value> {
    let room_id = order.room()?;
    accept_invite(device, &room_id, order.0["history"] == true).await?;
    // How many are there a server that has just joined need not know at once.
    if let Some(members) = order.0["members"].as_u64() {
        device.joined(&room_id, members).await?;
    }
    Ok(Value::Null)
}

/// In any room, as partner.py hears it.
async fn hear(device: &Device, order: &Order) -> Result<Value> {
    let text = order.text("text")?;
    until_true(format!("hearing {text:?}"), async || {
        for room in device.client.joined_rooms() {
            let events = device.events(room.room_id()).await?;
            if events.iter().any(|event| is_encrypted(event) && crate::device::body(event).as_deref() == Some(text)) {
                return Ok(true);
            }
        }
        Ok(false)
    })
    .await?;
    Ok(Value::Null)
}

fn digest(bytes: &[u8]) -> Value {
    hex(&Sha256::digest(bytes)).into()
}

async fn send(device: &Device, order: &Order) -> Result<Value> {
    let (picture, small) = (random_bytes(150_000), random_bytes(5_000));
    let sent = digest(&picture);
    send_picture(device, &order.room()?, order.text("name")?, picture, Some(small)).await?;
    Ok(sent)
}

async fn see(device: &Device, order: &Order) -> Result<Value> {
    let name = order.text("name")?;
    hear(device, &Order(json!({ "text": name }))).await?;
    for room in device.client.joined_rooms() {
        if device.texts(room.room_id()).await?.iter().any(|text| text == name) {
            let shown = find_picture(device, room.room_id(), name).await?;
            return Ok(digest(&open_picture(device, &shown).await?));
        }
    }
    bail!("{name} is gone");
}

/// Loads a room from its beginning; gives all that can be read once nothing is unreadable.
async fn page_back(device: &Device, order: &Order) -> Result<Value> {
    let room_id = order.room()?;
    device.page_back(&room_id).await?;
    let whole = async || Ok(device.unreadable(&room_id).await?.is_empty());
    until_true("everything is readable", whole).await?;
    Ok(json!(device.texts(&room_id).await?))
}

/// What stays unreadable in any room: keys may still be on their way from the backup.
async fn unreadable(device: &Device) -> Result<Value> {
    let look = async || {
        let mut found = Vec::new();
        for room in device.client.joined_rooms() {
            found.extend(device.unreadable(room.room_id()).await?);
        }
        anyhow::Ok(found)
    };
    let gone = until_true("everything is readable", async || Ok(look().await?.is_empty())).await;
    Ok(json!(if gone.is_ok() { Vec::new() } else { look().await? }))
}

pub async fn serve(stage: &Stage) -> Result<()> {
    let mut partner = Partner::default();
    let mut orders = BufReader::new(stdin()).lines();
    while let Some(line) = orders.next_line().await? {
        let order = Order(serde_json::from_str(&line)?);
        let answer = match partner.follow(stage, &order).await {
            Ok(done) => json!({ "done": done }),
            Err(error) => json!({ "failed": format!("{error:#}") }),
        };
        println!("{answer}");
    }
    Ok(())
}
