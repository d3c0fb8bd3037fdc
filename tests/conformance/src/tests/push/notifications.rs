//! `GET /notifications`: what a user has been notified about.

use super::super::membership::pair;
use super::super::receipts::receipt;
use super::prelude::*;
use super::{mention, rule};

tests! { "notifications":
    none, "listing-notifications", ["GET v3/notifications"];
    newest_first, "listing-notifications", ["GET v3/notifications"];
    one_of_them, "listing-notifications", ["GET v3/notifications"];
    only_highlights, "listing-notifications", ["GET v3/notifications"];
    read, "listing-notifications", ["GET v3/notifications"];
    pages, "listing-notifications", ["GET v3/notifications"];
    last_page, "listing-notifications", ["GET v3/notifications"];
    not_own_nor_silenced, "listing-notifications", ["GET v3/notifications"];
    bad_parameters, "listing-notifications", ["GET v3/notifications 400"];
}

async fn list(user: &User, query: &str) -> Result<Value, Failure> {
    user.get(format!("{}?{query}", v3!("notifications"))).await?.ok()
}

/// The ids of the events of an answer.
fn event_ids(answer: &Value) -> Vec<String> {
    let all = answer["notifications"].as_array().into_iter().flatten();
    all.filter_map(|entry| entry["event"]["event_id"].as_str()).map(str::to_owned).collect()
}

/// Five messages of bob in a room, the second and the fourth of which mention alice; newest first.
async fn five(server: &Server) -> Result<(User, User, String, Vec<String>), Failure> {
    let (alice, bob, room) = pair(server).await?;
    let mut said = Vec::new();
    for number in 1..=5 {
        let mentions = if number % 2 == 0 { json!({ "user_ids": [alice.id] }) } else { json!({}) };
        said.insert(0, mention(&bob, &room, mentions).await?);
    }
    Ok((alice, bob, room, said))
}

async fn none(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = list(&alice, "").await?;
    ensure_eq!(answer["notifications"], json!([]), "notifications");
    ensure!(answer["next_token"].is_null(), "nothing follows: {answer}");
    Ok(())
}

async fn newest_first(server: Server) -> Outcome {
    let (alice, _, _, said) = five(&server).await?;
    ensure_eq!(event_ids(&list(&alice, "").await?), said, "events");
    Ok(())
}

async fn one_of_them(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = mention(&bob, &room, json!({ "user_ids": [alice.id] })).await?;
    let answer = list(&alice, "").await?;
    let got = &answer["notifications"][0];
    ensure_eq!(got["event"]["event_id"], event.as_str(), "the event");
    for (key, want) in [("type", json!("m.room.message")), ("sender", json!(bob.id))] {
        ensure_eq!(got["event"][key], want, "{key} of the event");
    }
    ensure_eq!(got["event"]["content"]["body"], "hello", "its content");
    ensure_eq!(got["room_id"], room.as_str(), "room_id");
    ensure_eq!(got["read"], false, "read");
    let sent = alice.event(&room, &event).await?["origin_server_ts"].as_i64().unwrap_or_default();
    let ts = got["ts"].as_i64().unwrap_or_default();
    ensure!((ts - sent).abs() < 60_000, "ts is in milliseconds: {got}, the event is of {sent}");
    let actions = got["actions"].as_array().cloned().unwrap_or_default();
    ensure!(actions.contains(&json!("notify")), "actions: {got}");
    let highlight = actions.iter().any(|action| action["set_tweak"] == "highlight" && action["value"] != false);
    ensure!(highlight, "the highlight among the actions: {got}");
    Ok(())
}

/// "Supply highlight to return only events where the notification had the highlight tweak set."
async fn only_highlights(server: Server) -> Outcome {
    let (alice, _, _, said) = five(&server).await?;
    let want: Vec<String> = said.into_iter().skip(1).step_by(2).collect();
    ensure_eq!(event_ids(&list(&alice, "only=highlight").await?), want, "events");
    Ok(())
}

/// "Indicates whether the user has sent a read receipt indicating that they have read this message."
async fn read(server: Server) -> Outcome {
    let (alice, _, room, said) = five(&server).await?;
    receipt(&alice, &room, "m.read", said.get(2).map(String::as_str).unwrap_or_default()).await?;
    let answer = list(&alice, "").await?;
    let got: Vec<&Value> = answer["notifications"].as_array().into_iter().flatten().map(|one| &one["read"]).collect();
    ensure_eq!(got, [false, false, true, true, true], "read, newest first");
    Ok(())
}

async fn pages(server: Server) -> Outcome {
    let (alice, _, _, said) = five(&server).await?;
    let (mut got, mut from) = (Vec::new(), String::new());
    for _ in 0..10 {
        let page = list(&alice, &format!("limit=2{from}")).await?;
        ensure!(event_ids(&page).len() <= 2, "a page of two: {page}");
        got.extend(event_ids(&page));
        match page["next_token"].as_str() {
            Some(next) => from = format!("&from={}", encode(next)),
            None => break,
        }
    }
    ensure_eq!(got, said, "all pages together");
    Ok(())
}

/// "If this is absent, there are no more results."
async fn last_page(server: Server) -> Outcome {
    let (alice, ..) = five(&server).await?;
    let answer = list(&alice, "limit=50").await?;
    ensure!(answer.get("next_token").is_none(), "all were given: {answer}");
    Ok(())
}

async fn not_own_nor_silenced(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    rule(&alice, "content/cake", json!({ "pattern": "cake", "actions": [] })).await?;
    alice.say(&room, "mine").await?;
    bob.say(&room, "cake").await?;
    bob.send(&room, "m.room.message", json!({ "msgtype": "m.notice", "body": "notice" })).await?;
    let event = bob.say(&room, "hello").await?;
    ensure_eq!(event_ids(&list(&alice, "").await?), [event], "events");
    Ok(())
}

async fn bad_parameters(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for query in ["limit=many", "from=nonsense"] {
        alice.get(format!("{}?{query}", v3!("notifications"))).await?.refused(400)?;
    }
    Ok(())
}
