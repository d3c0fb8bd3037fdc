//! To-device messages for a dehydrated device (MSC3814).

use super::dehydrated::{PATH, asleep};
use super::prelude::*;

tests! { "dehydrated_messages":
    read, "msc3814",
        ["GET /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{deviceId}/events"];
    by_post, "msc3814",
        ["POST /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{deviceId}/events"];
    of_another_device, "msc3814",
        ["GET /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{deviceId}/events M_FORBIDDEN"];
}

fn events_path(device: &User) -> String {
    format!("{PATH}/{}/events", encode(&device.device))
}

/// All numbers that are waiting, page by page.
async fn numbers(alice: &User, device: &User) -> Result<Vec<u64>, Failure> {
    let (mut got, mut query) = (Vec::new(), "?limit=2".to_owned());
    for _ in 0..20 {
        let page = alice.get(format!("{}{query}", events_path(device))).await?.ok()?;
        let found = page["events"].as_array().cloned().unwrap_or_default();
        ensure!(found.len() <= 2, "no more than the limit: {page}");
        got.extend(found.iter().filter_map(|event| event["content"]["number"].as_u64()));
        match page["next_batch"].as_str() {
            Some(next) if !found.is_empty() => query = format!("?limit=2&from={}", encode(next)),
            _ => break,
        }
    }
    Ok(got)
}

/// They stay until the device is deleted: whoever reads them may fail before it is done.
async fn read(server: Server) -> Outcome {
    let (alice, device) = asleep(&server).await?;
    let bob = server.user("bob").await?;
    for number in 0..5 {
        bob.note(&device, number).await?;
    }
    for _ in 0..2 {
        ensure_eq!(numbers(&alice, &device).await?, [0, 1, 2, 3, 4], "messages");
    }
    let page = alice.get(events_path(&device)).await?.ok()?;
    ensure_eq!(page["events"][0]["sender"], bob.id.as_str(), "sender");
    ensure_eq!(page["events"][0]["type"], "org.example.note", "type");
    Ok(())
}

/// The way of earlier drafts, which clients still use.
async fn by_post(server: Server) -> Outcome {
    let (alice, device) = asleep(&server).await?;
    let bob = server.user("bob").await?;
    bob.note(&device, 1).await?;
    let first = alice.post(events_path(&device), json!({})).await?.ok()?;
    ensure_eq!(first["events"][0]["content"]["number"], 1, "message");
    let next = json!({ "next_batch": text(&first, "next_batch")? });
    ensure_eq!(alice.post(events_path(&device), next).await?.ok()?["events"], json!([]), "messages after it");
    Ok(())
}

async fn of_another_device(server: Server) -> Outcome {
    let (alice, device) = asleep(&server).await?;
    let bob = server.user("bob").await?;
    alice.get(events_path(&alice)).await?.error(403, "M_FORBIDDEN")?;
    bob.get(events_path(&device)).await?.error(403, "M_FORBIDDEN").map(drop)
}
