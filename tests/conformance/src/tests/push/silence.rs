//! Rules that silence: of rooms, of senders, of everything.

use super::super::membership::pair;
use super::prelude::*;
use super::{highlight, mention, rule, rule_path, unread};

tests! { "push_silence":
    room_rule, "push-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    room_rule_lets_mentions_through, "push-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    override_mutes_all_of_a_room, "push-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    sender_rule, "push-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    room_before_sender, "push-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    content_before_room, "push-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    underride_last, "push-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    master, "default-override-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}/enabled"];
    disabled_rule, "push-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}/enabled"];
    message_rule_off, "predefined-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}/actions"];
    deleted_rule, "push-rules-api", ["DELETE v3/pushrules/global/{kind}/{ruleId}"];
}

fn silent() -> Value {
    json!({ "actions": [] })
}

fn of_room(room: &str) -> String {
    format!("room/{}", encode(room))
}

fn of_sender(user: &User) -> String {
    format!("sender/{}", encode(user))
}

/// "These rules change the behaviour of all messages for a given room."
async fn room_rule(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let other = alice.public_room().await?;
    bob.join(&other).await?;
    rule(&alice, &of_room(&room), silent()).await?;
    for place in [&room, &other] {
        bob.say(place, "hello").await?;
    }
    unread(&alice, &room, 0, 0, "a message in the muted room").await?;
    unread(&alice, &other, 1, 0, "a message in another room").await
}

/// Override rules come before room rules.
async fn room_rule_lets_mentions_through(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    rule(&alice, &of_room(&room), silent()).await?;
    mention(&bob, &room, json!({ "user_ids": [alice.id] })).await?;
    unread(&alice, &room, 1, 1, "a mention in a room whose rule is silent").await
}

async fn override_mutes_all_of_a_room(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let conditions = json!([{ "kind": "event_match", "key": "room_id", "pattern": room }]);
    let name = format!("override/{}", encode(&room));
    rule(&alice, &name, json!({ "conditions": conditions, "actions": [] })).await?;
    bob.say(&room, "hello").await?;
    mention(&bob, &room, json!({ "user_ids": [alice.id] })).await?;
    unread(&alice, &room, 0, 0, "a message and a mention in the muted room").await
}

async fn sender_rule(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    carol.join(&room).await?;
    rule(&alice, &of_sender(&bob), silent()).await?;
    bob.say(&room, "spam").await?;
    unread(&alice, &room, 0, 0, "a message of the muted sender").await?;
    carol.say(&room, "news").await?;
    unread(&alice, &room, 1, 0, "a message of another").await
}

async fn room_before_sender(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    rule(&alice, &of_sender(&bob), silent()).await?;
    rule(&alice, &of_room(&room), json!({ "actions": highlight() })).await?;
    bob.say(&room, "hello").await?;
    unread(&alice, &room, 1, 1, "a message for which the room's rule comes first").await
}

async fn content_before_room(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    rule(&alice, &of_room(&room), silent()).await?;
    rule(&alice, "content/cake", json!({ "pattern": "cake", "actions": highlight() })).await?;
    bob.say(&room, "cake").await?;
    unread(&alice, &room, 1, 1, "a keyword in a muted room").await
}

/// "These are identical to override rules, but have a lower priority than content, room and sender rules."
async fn underride_last(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    rule(&alice, "underride/all", json!({ "conditions": [], "actions": highlight() })).await?;
    bob.say(&room, "hello").await?;
    unread(&alice, &room, 1, 1, "a message that the user's underride rule takes before the predefined").await?;
    rule(&alice, &of_room(&room), silent()).await?;
    bob.say(&room, "hello").await?;
    unread(&alice, &room, 1, 1, "a message that a room rule takes first").await
}

/// "This can be enabled to turn off all push notifications."
async fn master(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    rule(&alice, "override/loud", json!({ "conditions": [], "actions": highlight() })).await?;
    rule(&alice, "override/.m.rule.master/enabled", json!({ "enabled": true })).await?;
    bob.say(&room, "hello").await?;
    mention(&bob, &room, json!({ "user_ids": [alice.id] })).await?;
    unread(&alice, &room, 0, 0, "messages while the master rule is on").await?;
    rule(&alice, "override/.m.rule.master/enabled", json!({ "enabled": false })).await?;
    bob.say(&room, "hello").await?;
    unread(&alice, &room, 1, 1, "a message after it is off again").await
}

/// "Disabled rules never match."
async fn disabled_rule(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let name = of_room(&room);
    rule(&alice, &name, silent()).await?;
    rule(&alice, &format!("{name}/enabled"), json!({ "enabled": false })).await?;
    bob.say(&room, "hello").await?;
    unread(&alice, &room, 1, 0, "a message while the rule is off").await
}

async fn message_rule_off(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    for id in [".m.rule.message", ".m.rule.room_one_to_one"] {
        rule(&alice, &format!("underride/{id}/actions"), silent()).await?;
    }
    bob.say(&room, "hello").await?;
    unread(&alice, &room, 0, 0, "a message under rules without actions").await?;
    mention(&bob, &room, json!({ "user_ids": [alice.id] })).await?;
    unread(&alice, &room, 1, 1, "a mention").await
}

async fn deleted_rule(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    rule(&alice, &of_room(&room), silent()).await?;
    bob.say(&room, "hello").await?;
    unread(&alice, &room, 0, 0, "a message in the muted room").await?;
    alice.delete(rule_path(&of_room(&room))).await?.ok()?;
    bob.say(&room, "hello").await?;
    unread(&alice, &room, 1, 0, "a message after the rule is gone").await
}
