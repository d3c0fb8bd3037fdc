//! Rules that are refused, and leave nothing behind.

use super::prelude::*;
use super::{rule, ruleset, try_rule};

tests! { "push_rules_refused":
    ids, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId} 400"];
    unknown_kind, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId} 400"];
    unknown_scope, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId} 400"];
    without_actions, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId} 400"];
    bad_actions, "actions", ["PUT v3/pushrules/global/{kind}/{ruleId} 400"];
    content_without_pattern, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId} 400"];
    pattern_is_no_string, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId} 400"];
    condition_without_kind, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId} 400"];
    bad_conditions, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId} 400"];
    not_json, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId} M_NOT_JSON"];
    enabled_is_no_boolean, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId}/enabled 400"];
    actions_are_no_list, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId}/actions 400"];
    historical_actions, "historical-actions", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
}

/// Fails unless each of these is refused with 400 and changes nothing.
async fn all_refused(server: &Server, tries: &[(&str, Value)]) -> Outcome {
    let alice = server.user("alice").await?;
    let before = ruleset(&alice).await?;
    for (name, body) in tries {
        try_rule(&alice, name, body.clone()).await?.refused(400)?;
    }
    ensure_eq!(ruleset(&alice).await?, before, "the rules after what was refused");
    Ok(())
}

/// "If the string starts with a dot ('.'), the request MUST be rejected ... Slashes ('/') and backslashes ('\\') are
/// also not allowed."
async fn ids(server: Server) -> Outcome {
    let body = json!({ "pattern": "cake", "actions": ["notify"] });
    let names = ["content/.mine", "content/.m.rule.mine", "content/a%2Fb", "content/a%5Cb"];
    all_refused(&server, &names.map(|name| (name, body.clone()))).await
}

async fn unknown_kind(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let before = ruleset(&alice).await?;
    let reply = try_rule(&alice, "device/mine", json!({ "actions": [] })).await?;
    ensure!(matches!(reply.status, 400 | 404), "status: {}", reply.brief());
    ensure_eq!(ruleset(&alice).await?, before, "the rules");
    Ok(())
}

/// Rules of a device are long gone: `global` is the only scope.
async fn unknown_scope(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = json!({ "pattern": "cake", "actions": ["notify"] });
    let reply = alice.put(v3!("pushrules/device/content/mine"), body).await?;
    ensure!(matches!(reply.status, 400 | 404), "status: {}", reply.brief());
    let all = alice.get(v3!("pushrules/")).await?.ok()?;
    ensure_eq!(all.as_object().map(|all| all.len()), Some(1), "scopes");
    Ok(())
}

async fn without_actions(server: Server) -> Outcome {
    all_refused(
        &server,
        &[
            ("content/mine", json!({ "pattern": "cake" })),
            ("override/mine", json!({ "conditions": [] })),
            ("sender/@a:example.org", json!({})),
        ],
    )
    .await
}

/// An action is a string the specification knows, or an object with `set_tweak`.
async fn bad_actions(server: Server) -> Outcome {
    let actions = [json!("notify"), json!({}), json!([7]), json!([["notify"]]), json!(null)];
    all_refused(&server, &actions.map(|actions| ("content/mine", json!({ "pattern": "x", "actions": actions })))).await
}

async fn content_without_pattern(server: Server) -> Outcome {
    all_refused(&server, &[("content/mine", json!({ "actions": [] }))]).await
}

async fn pattern_is_no_string(server: Server) -> Outcome {
    let bodies = [json!({ "pattern": 7, "actions": [] }), json!({ "pattern": ["x"], "actions": [] })];
    all_refused(&server, &bodies.map(|body| ("content/mine", body))).await
}

async fn condition_without_kind(server: Server) -> Outcome {
    let body = json!({ "conditions": [{ "key": "type", "pattern": "x" }], "actions": [] });
    all_refused(&server, &[("override/mine", body.clone()), ("underride/mine", body)]).await
}

/// The conditions are a list of objects.
async fn bad_conditions(server: Server) -> Outcome {
    let conditions = [json!("all"), json!(["type"]), json!([7])];
    let body = |conditions: Value| json!({ "conditions": conditions, "actions": [] });
    all_refused(&server, &conditions.map(|conditions| ("override/mine", body(conditions)))).await
}

async fn not_json(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = super::rule_path("content/mine");
    server.raw(Method::PUT, &path, Some(&alice.token), "{").await?.error(400, "M_NOT_JSON").map(drop)
}

async fn enabled_is_no_boolean(server: Server) -> Outcome {
    let bodies = [json!({ "enabled": "yes" }), json!({ "enabled": 1 }), json!({})];
    all_refused(&server, &bodies.map(|body| ("underride/.m.rule.message/enabled", body))).await
}

async fn actions_are_no_list(server: Server) -> Outcome {
    let bodies = [json!({ "actions": "notify" }), json!({}), json!({ "actions": [7] })];
    all_refused(&server, &bodies.map(|body| ("underride/.m.rule.message/actions", body))).await
}

/// "a rule with ['dont_notify'] actions MUST be equivalent to a rule with an empty actions array."
async fn historical_actions(server: Server) -> Outcome {
    let (alice, bob, room) = super::super::membership::pair(&server).await?;
    rule(&alice, "content/quiet", json!({ "pattern": "quiet", "actions": ["dont_notify"] })).await?;
    rule(&alice, "content/loud", json!({ "pattern": "loud", "actions": ["notify", "coalesce"] })).await?;
    bob.say(&room, "quiet").await?;
    super::unread(&alice, &room, 0, 0, "a message of a rule with dont_notify").await?;
    bob.say(&room, "loud").await?;
    super::unread(&alice, &room, 1, 0, "a message of a rule with notify and coalesce").await
}
