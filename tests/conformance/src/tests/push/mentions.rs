//! Mentions of users and of whole rooms.

use super::super::membership::pair;
use super::prelude::*;
use super::{mention, unread};

tests! { "mentions":
    of_a_user, "user-and-room-mentions", ["GET v3/sync"];
    of_another, "user-and-room-mentions", ["GET v3/sync"];
    of_several, "user-and-room-mentions", ["GET v3/sync"];
    of_oneself, "user-and-room-mentions", ["GET v3/sync"];
    name_in_the_body, "user-and-room-mentions", ["GET v3/sync"];
    malformed, "user-and-room-mentions", ["GET v3/sync"];
    malformed_entry, "user-and-room-mentions", ["GET v3/sync"];
    of_the_room, "default-override-rules", ["GET v3/sync"];
    of_the_room_without_power, "default-override-rules", ["GET v3/sync"];
    of_the_room_with_a_lower_level, "default-override-rules", ["GET v3/sync"];
    room_is_not_true, "default-override-rules", ["GET v3/sync"];
    in_a_notice, "default-override-rules", ["GET v3/sync"];
    in_an_edit, "edits-of-events-with-mentions", ["GET v3/sync"];
}

async fn of_a_user(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    mention(&bob, &room, json!({ "user_ids": [alice.id] })).await?;
    unread(&alice, &room, 1, 1, "a mention").await
}

async fn of_another(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    carol.join(&room).await?;
    mention(&bob, &room, json!({ "user_ids": [carol.id] })).await?;
    unread(&alice, &room, 1, 0, "a mention of carol").await?;
    unread(&carol, &room, 1, 1, "a mention of her").await
}

async fn of_several(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    carol.join(&room).await?;
    mention(&bob, &room, json!({ "user_ids": ["@nobody:example.org", carol.id, alice.id] })).await?;
    for user in [&alice, &carol] {
        unread(user, &room, 1, 1, "a mention of several").await?;
    }
    Ok(())
}

/// "outgoing messages cannot self-notify."
async fn of_oneself(server: Server) -> Outcome {
    let (_, bob, room) = pair(&server).await?;
    mention(&bob, &room, json!({ "user_ids": [bob.id], "room": true })).await?;
    unread(&bob, &room, 0, 0, "a message of his own").await
}

/// "the legacy push rules that looked for mentions in the body of the event were removed."
async fn name_in_the_body(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    alice.put(v3!("profile/{}/displayname", alice), json!({ "displayname": "Alice Liddell" })).await?.ok()?;
    let mut count = 0;
    for body in ["Alice Liddell: hello", alice.localpart(), alice.id.as_str(), "@room hello"] {
        bob.say(&room, body).await?;
        count += 1;
        unread(&alice, &room, count, 0, &format!("a message with {body:?} in its body")).await?;
    }
    Ok(())
}

/// One if a message was taken, none if it was refused as malformed.
fn taken(reply: Reply) -> Result<u64, Failure> {
    match reply.status {
        200 => Ok(1),
        _ => reply.refused(400).map(|_| 0),
    }
}

/// A server may refuse it; if it does not, nobody is mentioned.
async fn malformed(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut count = 0;
    let me = &alice.id;
    let broken = [json!(me), json!([me]), json!({ "user_ids": me })];
    for mentions in broken {
        let content = json!({ "msgtype": "m.text", "body": "hello", "m.mentions": mentions });
        count += taken(bob.try_send(&room, "m.room.message", content).await?)?;
        unread(&alice, &room, count, 0, &format!("m.mentions of {mentions}")).await?;
    }
    Ok(())
}

async fn malformed_entry(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mentions = json!({ "user_ids": [7, [alice.id]] });
    let content = json!({ "msgtype": "m.text", "body": "hello", "m.mentions": mentions });
    let count = taken(bob.try_send(&room, "m.room.message", content).await?)?;
    unread(&alice, &room, count, 0, "mentions that are no text").await
}

/// "Matches any message from a sender with the proper power level with the room property of the m.mentions property
/// set to true."
async fn of_the_room(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    mention(&alice, &room, json!({ "room": true })).await?;
    unread(&bob, &room, 1, 1, "a mention of the room by its creator").await
}

async fn of_the_room_without_power(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    mention(&bob, &room, json!({ "room": true })).await?;
    unread(&alice, &room, 1, 0, "a mention of the room by anybody").await
}

/// `notifications.room`: "The level required to trigger an @room notification. Defaults to 50 if unspecified."
async fn of_the_room_with_a_lower_level(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    alice.change_power(&room, json!({ "notifications": { "room": 0 } })).await?;
    mention(&bob, &room, json!({ "room": true })).await?;
    unread(&alice, &room, 1, 1, "a mention of the room where anybody may").await?;
    alice.change_power(&room, json!({ "notifications": { "room": 60 }, "users": { &bob.id: 59 } })).await?;
    mention(&bob, &room, json!({ "room": true })).await?;
    unread(&alice, &room, 2, 1, "a mention of the room with a power too low by one").await
}

async fn room_is_not_true(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut count = 0;
    for value in [json!(false), json!("true"), json!(1)] {
        let content = json!({ "msgtype": "m.text", "body": "hello", "m.mentions": { "room": value } });
        count += taken(alice.try_send(&room, "m.room.message", content).await?)?;
        unread(&bob, &room, count, 0, &format!("a room property of {value}")).await?;
    }
    Ok(())
}

/// Notices are silenced before mentions are looked at.
async fn in_a_notice(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let content = json!({ "msgtype": "m.notice", "body": "x", "m.mentions": { "user_ids": [alice.id] } });
    bob.send(&room, "m.room.message", content).await?;
    unread(&alice, &room, 0, 0, "a mention in a notice").await
}

/// The top level has "mentions due to this edit revision", `m.new_content` "the resolved mentions for the final
/// version": "The difference between these properties ensures that users will not be notified for each edit".
async fn in_an_edit(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let original = bob.say(&room, "hello").await?;
    unread(&alice, &room, 1, 0, "the message").await?;
    let mut content = super::super::relations::edit(&original, "hello alice");
    content["m.new_content"]["m.mentions"] = json!({ "user_ids": [alice.id] });
    content["m.mentions"] = json!({});
    bob.send(&room, "m.room.message", content.clone()).await?;
    unread(&alice, &room, 1, 0, "an edit that mentions nobody anew").await?;
    content["m.mentions"] = json!({ "user_ids": [alice.id] });
    bob.send(&room, "m.room.message", content).await?;
    unread(&alice, &room, 2, 1, "an edit that mentions her").await
}
