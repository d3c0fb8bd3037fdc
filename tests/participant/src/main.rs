//! A participant that does what it is told: one JSON object a line on standard input, `{"do": "post", …}`, and
//! `{"done": …}` or `{"failed": why}` on standard output. `participant vectors` prints new vectors of key bundles instead.

use std::io::{BufRead, Write};

use peerbrain_participant::{Device, Error, Result, make_vectors};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut out = std::io::stdout();
    if std::env::args().nth(1).as_deref() == Some("vectors") {
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(&make_vectors()?)?)?);
    }
    let mut device = None;
    for line in std::io::stdin().lock().lines() {
        let answer = match follow(&mut device, &serde_json::from_str(&line?)?).await {
            Ok(done) => json!({"done": done}),
            Err(error) => json!({"failed": error.to_string()}),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

async fn follow(device: &mut Option<Device>, order: &Value) -> Result<Value> {
    let text =
        |name: &str| order.get(name).and_then(Value::as_str).ok_or_else(|| Error::Wrong(format!("{name} is missing")));
    if text("do")? == "register" {
        let mut registered = Device::register(text("url")?, text("name")?, text("password")?).await?;
        registered.make_timeline().await?;
        registered.sync(0).await?;
        let user_id = registered.user_id().to_owned();
        *device = Some(registered);
        return Ok(user_id.into());
    }
    let device = device.as_mut().ok_or_else(|| Error::Wrong("nobody is registered".to_owned()))?;
    match text("do")? {
        "post" => Ok(device.post(text("title").ok(), text("text")?).await?.into()),
        "request" => device.request(text("user_id")?, "I take part.").await.map(|()| Value::Null),
        "knocking" => {
            device.sync(500).await?;
            Ok(device.knocking().collect::<Vec<_>>().into())
        }
        "accept" => Ok(device.accept(text("user_id")?).await?.into()),
        "settle" => Ok(device.settle(order.get("seconds").and_then(Value::as_u64).unwrap_or(60)).await?.into()),
        "remove" => device.remove(text("user_id")?).await.map(|()| Value::Null),
        "read" => {
            device.sync(0).await?;
            let (room_id, _) = device.timeline_of(text("user_id")?).await?;
            let (thoughts, unreadable) = device.read(&room_id, text("user_id")?).await?;
            let thoughts = thoughts.into_iter().map(|read| {
                json!({"event_id": read.event_id, "title": read.title, "body": read.body, "shared_by": read.shared_by})
            });
            Ok(json!({"thoughts": thoughts.collect::<Vec<_>>(), "unreadable": unreadable}))
        }
        other => Err(Error::Wrong(format!("unknown order {other}"))),
    }
}
