//! Order, filters and pages of what is found.

use super::ask::{found, word};
use super::prelude::*;

tests! { "search_order":
    recent, "ordering", ["POST v3/search"];
    rank, "ordering", ["POST v3/search"];
    pages, "pagination-2", ["POST v3/search"];
    pages_by_rank, "pagination-2", ["POST v3/search"];
    filter_rooms, "filtering", ["POST v3/search"];
    filter_other_rooms, "server-side-search", ["POST v3/search"];
    filter_senders, "filtering", ["POST v3/search"];
    filter_types, "filtering", ["POST v3/search"];
    filter_url, "filtering", ["POST v3/search"];
}

/// A room with messages that all have one word; gives word, room and messages, oldest first.
async fn messages(user: &User, count: usize) -> Result<(String, String, Vec<String>), Failure> {
    let (word, room) = (word(&user.server), user.private_room().await?);
    let mut events = Vec::new();
    for number in 0..count {
        events.push(user.say(&room, &format!("{word} number {number}")).await?);
    }
    let all: Vec<&str> = events.iter().map(String::as_str).collect();
    user.finds(json!({ "search_term": word, "filter": { "limit": 50 } }), &all).await?;
    Ok((word, room, events))
}

/// "`recent`, which returns the most recent results first"
async fn recent(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (word, _, mut events) = messages(&alice, 4).await?;
    let answer = alice.search(json!({ "search_term": word, "order_by": "recent" })).await?;
    events.reverse();
    ensure_eq!(found(&answer), events, "newest first");
    Ok(())
}

/// "`rank`, which returns the most relevant results first. The default ordering is `rank`."
async fn rank(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let long = "and many other words that have nothing to do with it ".repeat(10);
    let little = alice.say(&room, &format!("{long}{word} {long}")).await?;
    let much = alice.say(&room, &format!("{word} {word} {word}")).await?;
    for criteria in [json!({ "search_term": word }), json!({ "search_term": word, "order_by": "rank" })] {
        let answer = alice.finds(criteria, &[&little, &much]).await?;
        let results = answer["results"].as_array().cloned().unwrap_or_default();
        let ranks: Vec<f64> = results.iter().filter_map(|result| result["rank"].as_f64()).collect();
        ensure_eq!(ranks.len(), 2, "each result has a rank");
        ensure!(ranks.is_sorted_by(|one, next| one >= next), "the higher rank comes first: {ranks:?}");
    }
    Ok(())
}

/// Follows `next_batch` to the end; each result comes once. A server need not give pages: then all come at once.
async fn all_pages(user: &User, criteria: Value, limit: usize) -> Result<Vec<String>, Failure> {
    let (mut got, mut token) = (Vec::new(), None::<String>);
    for _ in 0..20 {
        let answer = user.search_on(criteria.clone(), token.as_deref()).await?;
        ensure!(found(&answer).len() <= limit, "more than the limit of {limit}: {:?}", found(&answer));
        got.extend(found(&answer).into_iter().map(str::to_owned));
        token = answer["next_batch"].as_str().map(str::to_owned);
        if token.is_none() {
            return Ok(got);
        }
    }
    Err(Failure::new("the pages do not end"))
}

async fn pages(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (word, _, mut events) = messages(&alice, 7).await?;
    let criteria = json!({ "search_term": word, "order_by": "recent", "filter": { "limit": 3 } });
    let got = all_pages(&alice, criteria, 3).await?;
    events.reverse();
    ensure!(events.starts_with(&got), "pages of three: {got:?} instead of {events:?}");
    // "A server need not support pagination".
    ensure!(got.len() == 7 || got.len() == 3, "the pages end after {} of 7", got.len());
    Ok(())
}

async fn pages_by_rank(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (word, _, mut events) = messages(&alice, 7).await?;
    let mut got = all_pages(&alice, json!({ "search_term": word, "filter": { "limit": 3 } }), 3).await?;
    if got.len() == 3 {
        return Ok(());
    }
    got.sort_unstable();
    events.sort_unstable();
    ensure_eq!(got, events, "all pages together");
    Ok(())
}

async fn filter_rooms(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let (one, two) = (alice.private_room().await?, alice.private_room().await?);
    let (first, second) = (alice.say(&one, &word).await?, alice.say(&two, &word).await?);
    alice.finds(json!({ "search_term": word }), &[&first, &second]).await?;
    for (filter, want) in [
        (json!({ "rooms": [one] }), vec![first.as_str()]),
        (json!({ "not_rooms": [one] }), vec![second.as_str()]),
        (json!({ "rooms": [one, two], "not_rooms": [two] }), vec![first.as_str()]),
        (json!({ "rooms": [] }), vec![]),
    ] {
        alice.finds(json!({ "search_term": word, "filter": filter }), &want).await?;
    }
    Ok(())
}

/// A room that the user is not in, or that nobody has made, has nothing to find and shows nothing else.
async fn filter_other_rooms(server: Server) -> Outcome {
    let (alice, bob, word) = (server.user("alice").await?, server.user("bob").await?, word(&server));
    let room = alice.private_room().await?;
    let event = alice.say(&room, &word).await?;
    alice.finds(json!({ "search_term": word }), &[&event]).await?;
    for room in [room, format!("!nowhere:{}", server.name())] {
        bob.finds(json!({ "search_term": word, "filter": { "rooms": [room] } }), &[]).await?;
    }
    Ok(())
}

async fn filter_senders(server: Server) -> Outcome {
    let (alice, bob, word) = (server.user("alice").await?, server.user("bob").await?, word(&server));
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let (first, second) = (alice.say(&room, &word).await?, bob.say(&room, &word).await?);
    alice.finds(json!({ "search_term": word }), &[&first, &second]).await?;
    for (filter, want) in [
        (json!({ "senders": [bob.id] }), vec![second.as_str()]),
        (json!({ "not_senders": [bob.id] }), vec![first.as_str()]),
        (json!({ "senders": [] }), vec![]),
    ] {
        alice.finds(json!({ "search_term": word, "filter": filter }), &want).await?;
    }
    Ok(())
}

async fn filter_types(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let name = alice.set_state(&room, "m.room.name", "", json!({ "name": word })).await?;
    let body = alice.say(&room, &word).await?;
    alice.finds(json!({ "search_term": word }), &[&name, &body]).await?;
    for (filter, want) in [
        (json!({ "types": ["m.room.name"] }), &name),
        (json!({ "not_types": ["m.room.name"] }), &body),
        (json!({ "types": ["m.room.mess*"] }), &body),
    ] {
        alice.finds(json!({ "search_term": word, "filter": filter }), &[want]).await?;
    }
    Ok(())
}

async fn filter_url(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let content = json!({ "msgtype": "m.file", "body": word, "url": "mxc://elsewhere.example/abc" });
    let file = alice.send(&room, "m.room.message", content).await?;
    let plain = alice.say(&room, &word).await?;
    alice.finds(json!({ "search_term": word, "filter": { "contains_url": true } }), &[&file]).await?;
    alice.finds(json!({ "search_term": word, "filter": { "contains_url": false } }), &[&plain]).await.map(drop)
}
