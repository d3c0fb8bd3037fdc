//! What is found.

use super::ask::word;
use super::prelude::*;

tests! { "search_find":
    message, "server-side-search", ["POST v3/search"];
    name, "room_events", ["POST v3/search"];
    topic, "room_events", ["POST v3/search"];
    keys, "room_events", ["POST v3/search"];
    upper_case, "server-side-search", ["POST v3/search"];
    several_words, "server-side-search", ["POST v3/search"];
    highlights, "server-side-search", ["POST v3/search"];
    accents, "server-side-search", ["POST v3/search"];
    chinese_alone, "server-side-search", ["POST v3/search"];
    chinese_in_sentence, "server-side-search", ["POST v3/search"];
    nothing, "server-side-search", ["POST v3/search"];
    signs, "server-side-search", ["POST v3/search"];
}

async fn message(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let event = alice.say(&room, &format!("the {word} is here")).await?;
    alice.say(&room, "nothing to see").await?;
    let answer = alice.finds(json!({ "search_term": word }), &[&event]).await?;
    ensure_eq!(answer["count"], 1, "count");
    let result = &answer["results"][0];
    ensure!(result["rank"].is_number(), "rank: {result}");
    let got = &result["result"];
    let want = json!({ "type": "m.room.message", "room_id": room, "sender": alice.id, "event_id": event });
    for (key, value) in want.as_object().into_iter().flatten() {
        ensure_eq!(got[key], *value, "{key} of the event");
    }
    ensure!(got["origin_server_ts"].is_u64() && got["content"]["body"].is_string(), "a whole event: {got}");
    Ok(())
}

async fn name(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let event = alice.set_state(&room, "m.room.name", "", json!({ "name": format!("Room {word}") })).await?;
    alice.finds(json!({ "search_term": word }), &[&event]).await.map(drop)
}

async fn topic(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let event = alice.set_state(&room, "m.room.topic", "", json!({ "topic": format!("On {word}") })).await?;
    alice.finds(json!({ "search_term": word }), &[&event]).await.map(drop)
}

async fn keys(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let name = alice.set_state(&room, "m.room.name", "", json!({ "name": word })).await?;
    let topic = alice.set_state(&room, "m.room.topic", "", json!({ "topic": word })).await?;
    let body = alice.say(&room, &word).await?;
    for (keys, want) in [
        (json!(["content.name"]), vec![name.as_str()]),
        (json!(["content.topic"]), vec![topic.as_str()]),
        (json!(["content.body"]), vec![body.as_str()]),
        (json!(["content.body", "content.name"]), vec![body.as_str(), name.as_str()]),
    ] {
        alice.finds(json!({ "search_term": word, "keys": keys }), &want).await?;
    }
    alice.finds(json!({ "search_term": word }), &[&name, &topic, &body]).await.map(drop)
}

async fn upper_case(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let event = alice.say(&room, &format!("Loud {}!", word.to_uppercase())).await?;
    alice.finds(json!({ "search_term": word }), &[&event]).await.map(drop)
}

/// A message with all words is found; one with none of them is not.
async fn several_words(server: Server) -> Outcome {
    let (alice, one, two) = (server.user("alice").await?, word(&server), word(&server));
    let room = alice.private_room().await?;
    let event = alice.say(&room, &format!("first {one}, then {two}")).await?;
    alice.say(&room, "neither").await?;
    alice.finds(json!({ "search_term": format!("{two} {one}") }), &[&event]).await.map(drop)
}

/// "List of words which should be highlighted"
async fn highlights(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let event = alice.say(&room, &format!("see {word} here")).await?;
    let answer = alice.finds(json!({ "search_term": word }), &[&event]).await?;
    ensure!(answer["highlights"].as_array().is_some_and(|words| words.contains(&json!(word))), "highlights: {answer}");
    Ok(())
}

async fn accents(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let event = alice.say(&room, &format!("Größe{word} und Ärger")).await?;
    alice.finds(json!({ "search_term": format!("Größe{word}") }), &[&event]).await.map(drop)
}

async fn chinese_alone(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let event = alice.say(&room, "会议室 今天 开放").await?;
    alice.say(&room, "明天 见").await?;
    alice.finds(json!({ "search_term": "今天" }), &[&event]).await.map(drop)
}

/// Chinese and Japanese are written without spaces: a word is found within a sentence.
async fn chinese_in_sentence(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let chinese = alice.say(&room, "我们今天下午三点在会议室开会").await?;
    let japanese = alice.say(&room, "明日の天気は晴れです").await?;
    alice.finds(json!({ "search_term": "会议室" }), &[&chinese]).await?;
    alice.finds(json!({ "search_term": "天気" }), &[&japanese]).await.map(drop)
}

async fn nothing(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    alice.private_room().await?;
    let answer = alice.finds(json!({ "search_term": word }), &[]).await?;
    ensure_eq!(answer["count"], 0, "count");
    ensure_eq!(answer["results"], json!([]), "results");
    ensure!(answer["next_batch"].is_null(), "there is nothing more: {answer}");
    Ok(())
}

/// What means something to a database is only text here.
async fn signs(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    alice.say(&room, &word).await?;
    for term in
        ["\"", "'", "*", "(", ")", "-", ":", "a:b", "AND", "NOT x", "x NEAR y", "a OR", "%", "\\", "&|!<->", "^a", ""]
    {
        let body = json!({ "search_categories": { "room_events": { "search_term": term } } });
        let reply = alice.post(v3!("search"), body).await?;
        ensure!([200, 400].contains(&reply.status), "{term:?}: {}", reply.brief());
    }
    let quoted = json!({ "search_term": format!("'; DROP TABLE events; -- \"{word}") });
    alice.search(quoted).await.map(drop)
}
