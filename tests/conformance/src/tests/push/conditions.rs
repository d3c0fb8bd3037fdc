//! What a rule matches.

use super::super::membership::pair;
use super::prelude::*;
use super::{highlight, rule, unread};

tests! { "push_conditions":
    event_match, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    event_match_whole_value, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    event_match_strings_alone, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    escaped_key, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    event_property_is, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    event_property_contains, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    room_member_count, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    unknown_condition, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    all_must_hold, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    none_always_match, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
}

/// Sends each body; the rules of alice should highlight those marked so, and no other.
pub async fn bodies(users: (&User, &User, &str), said: &[(&str, bool)]) -> Outcome {
    let contents: Vec<(Value, bool)> =
        said.iter().map(|(body, hit)| (json!({ "msgtype": "m.text", "body": body }), *hit)).collect();
    contents_of(users, &contents).await
}

/// The same for whole contents.
async fn contents_of((alice, bob, room): (&User, &User, &str), said: &[(Value, bool)]) -> Outcome {
    let mut hits = 0;
    for (number, (content, hit)) in (1..).zip(said) {
        bob.send(room, "m.room.message", content.clone()).await?;
        hits += u64::from(*hit);
        unread(alice, room, number, hits, &content.to_string()).await?;
    }
    Ok(())
}

/// Sets an override rule that highlights what fulfils the conditions.
async fn when(user: &User, conditions: Value) -> Outcome {
    rule(user, "override/mine", json!({ "conditions": conditions, "actions": highlight() })).await
}

/// A message whose content has a member more.
fn with(key: &str, value: Value) -> Value {
    let mut content = json!({ "msgtype": "m.text", "body": "x" });
    content[key] = value;
    content
}

async fn event_match(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    when(&alice, json!([{ "kind": "event_match", "key": "content.note.title", "pattern": "lunc?*" }])).await?;
    let said = |title: &str| with("note", json!({ "title": title }));
    let all = [(said("Lunch plans"), true), (said("LUNCH"), true), (said(" lunch"), false), (said("lunc"), false)];
    contents_of((&alice, &bob, &room), &all).await
}

/// "must match the entire value of the event property given by key".
async fn event_match_whole_value(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    when(&alice, json!([{ "kind": "event_match", "key": "content.topic", "pattern": "cake" }])).await?;
    let said = |topic: &str| with("topic", json!(topic));
    contents_of((&alice, &bob, &room), &[(said("some cake"), false), (said("cake"), true)]).await
}

/// "does not have a string value, then the condition will not match, even if pattern is *."
async fn event_match_strings_alone(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    when(&alice, json!([{ "kind": "event_match", "key": "content.topic", "pattern": "*" }])).await?;
    let said = |topic: Value| with("topic", topic);
    let all = [(said(json!(null)), false), (said(json!(7)), false), (with("other", json!("x")), false)];
    contents_of((&alice, &bob, &room), &all).await
}

/// Dots in the name of a property are escaped with a backslash.
async fn escaped_key(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    when(&alice, json!([{ "kind": "event_match", "key": r"content.org\.example.mood", "pattern": "glad" }])).await?;
    let all = [
        (with("org.example", json!({ "mood": "glad" })), true),
        (with("org", json!({ "example": { "mood": "glad" } })), false),
    ];
    contents_of((&alice, &bob, &room), &all).await
}

/// "The match is performed exactly"; "do not cast types".
async fn event_property_is(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    when(&alice, json!([{ "kind": "event_property_is", "key": "content.flag", "value": true }])).await?;
    let said = |flag: Value| with("flag", flag);
    let all = [(said(json!("true")), false), (said(json!(1)), false), (said(json!(true)), true)];
    contents_of((&alice, &bob, &room), &all).await
}

async fn event_property_contains(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    when(&alice, json!([{ "kind": "event_property_contains", "key": "content.tags", "value": "work" }])).await?;
    let said = |tags: Value| with("tags", tags);
    let all = [
        (said(json!(["home", "work"])), true),
        (said(json!(["homework"])), false),
        (said(json!("work")), false),
        (said(json!([["work"], { "work": 1 }])), false),
    ];
    contents_of((&alice, &bob, &room), &all).await
}

/// "A prefix of < matches rooms where the member count is strictly less than the given number and so forth."
async fn room_member_count(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let (mut count, mut hits) = (0, 0);
    for (is, hit) in [("2", true), ("==2", true), ("<2", false), (">=2", true), (">2", false), ("<=10", true)] {
        when(&alice, json!([{ "kind": "room_member_count", "is": is }])).await?;
        bob.say(&room, is).await?;
        count += 1;
        hits += u64::from(hit);
        unread(&alice, &room, count, hits, &format!("a room of two under {is}")).await?;
    }
    Ok(())
}

/// "Unrecognised conditions MUST NOT match any events, effectively making the push rule disabled."
async fn unknown_condition(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    when(&alice, json!([{ "kind": "org.example.full_moon" }])).await?;
    bodies((&alice, &bob, &room), &[("hello", false)]).await
}

/// "All conditions must hold true for an event in order for the rule to match."
async fn all_must_hold(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let cake = json!({ "kind": "event_match", "key": "content.body", "pattern": "cake" });
    let sender = json!({ "kind": "event_match", "key": "content.msgtype", "pattern": "m.emote" });
    when(&alice, json!([cake, sender])).await?;
    let all = [
        (json!({ "msgtype": "m.text", "body": "cake" }), false),
        (json!({ "msgtype": "m.emote", "body": "pie" }), false),
        (json!({ "msgtype": "m.emote", "body": "cake" }), true),
    ];
    contents_of((&alice, &bob, &room), &all).await
}

/// "A rule with no conditions always matches."
async fn none_always_match(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    when(&alice, json!([])).await?;
    bodies((&alice, &bob, &room), &[("anything", true)]).await
}
