//! Talks with matrix-nio in one encrypted room. Environment: NIO_PYTHON, the interpreter that has it, and NIO_FOLDER, where
//! partner.py is.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use matrix_sdk::ruma::{RoomId, UserId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::device::{Device, is_encrypted};
use crate::identity::set_up_recovery;
use crate::newcomers::new_device;
use crate::pictures::{find_picture, open_picture, random_bytes, send_picture};
use crate::registration::register;
use crate::stage::{Stage, hex};

/// partner.py, one order after the other. It ends when its input does.
struct Nio {
    _process: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Nio {
    fn start() -> Result<Self> {
        let (python, folder) = (std::env::var("NIO_PYTHON")?, std::env::var("NIO_FOLDER")?);
        let mut process = Command::new(python)
            .arg(format!("{folder}/partner.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let orders = process.stdin.take().context("its input")?;
        let answers = BufReader::new(process.stdout.take().context("its output")?).lines();
        Ok(Self { _process: process, orders, answers })
    }

    async fn order(&mut self, name: &str, mut order: Value) -> Result<Value> {
        order["do"] = name.into();
        self.orders.write_all(format!("{order}\n").as_bytes()).await?;
        let line = self.answers.next_line().await?.context("partner.py ended")?;
        let mut answer: Value = serde_json::from_str(&line)?;
        if let Some(why) = answer.get("failed") {
            bail!("nio could not {name}: {why}");
        }
        Ok(answer["done"].take())
    }
}

/// An encrypted room of the two.
async fn meet(stage: &Stage, rust: &Device, nio: &mut Nio, nio_id: &UserId) -> Result<matrix_sdk::ruma::OwnedRoomId> {
    let room_id = crate::newcomers::room_with(rust, &[], true).await?;
    rust.room(&room_id)?.invite_user_by_id(nio_id).await?;
    nio.order("join", json!({ "room_id": room_id, "members": 2 })).await?;
    rust.joined(&room_id, 2).await?;
    stage.check("both are in the encrypted room", true, ())?;
    Ok(room_id)
}

async fn show_pictures(stage: &Stage, rust: &Device, nio: &mut Nio, room_id: &RoomId) -> Result<()> {
    let digest = |bytes: &[u8]| Value::from(hex(&Sha256::digest(bytes)));
    let picture = random_bytes(120_000);
    send_picture(rust, room_id, "rust.png", picture.clone(), None).await?;
    stage.same(
        "nio sees rust-sdk's picture",
        nio.order("see_picture", json!({ "name": "rust.png" })).await?,
        digest(&picture),
    )?;
    let sent = nio.order("send_picture", json!({ "room_id": room_id, "name": "nio.png" })).await?;
    let shown = find_picture(rust, room_id, "nio.png").await?;
    stage.same("rust-sdk sees nio's picture", digest(&open_picture(rust, &shown).await?), sent)
}

pub async fn tell(stage: &Stage) -> Result<()> {
    let mut rust = new_device(stage, "mixed").await?;
    set_up_recovery(stage, &rust).await?;
    let password = hex(&rand::random::<[u8; 16]>());
    let nio_id = register(stage, "mixed-nio", &password).await?;
    let mut nio = Nio::start()?;
    let device = nio.order("log_in", json!({ "user_id": nio_id, "password": password })).await?;
    stage.check("nio logs in", device.is_string(), device)?;
    let room_id = meet(stage, &rust, &mut nio, &nio_id).await?;

    rust.say(&room_id, "from rust-sdk to nio").await?;
    nio.order("hear", json!({ "text": "from rust-sdk to nio" })).await?;
    stage.check("nio reads rust-sdk", true, ())?;
    nio.order("say", json!({ "room_id": room_id, "text": "from nio to rust-sdk" })).await?;
    let heard = rust.hears(&room_id, "from nio to rust-sdk").await?;
    stage.check("rust-sdk reads nio", is_encrypted(&heard), &heard)?;
    show_pictures(stage, &rust, &mut nio, &room_id).await?;

    nio.order("restart", json!({})).await?;
    rust = rust.restart().await?;
    rust.say(&room_id, "after both restarted").await?;
    nio.order("hear", json!({ "text": "after both restarted" })).await?;
    nio.order("say", json!({ "room_id": room_id, "text": "and back" })).await?;
    rust.hears(&room_id, "and back").await?;
    stage.check("both go on after a restart", true, ())?;
    stage.same("nio shows nothing unreadable", nio.order("unreadable", json!({})).await?, json!([]))?;
    rust.page_back(&room_id).await?;
    stage.same("nor does rust-sdk", rust.unreadable(&room_id).await?, vec![])
}
