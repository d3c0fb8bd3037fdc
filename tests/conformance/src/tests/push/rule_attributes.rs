//! `enabled` and `actions` of a rule, and rules that are not there.

use super::own_rules::{cake, get};
use super::prelude::*;
use super::{rule, rule_path, try_rule};

tests! { "push_rules":
    enabled, "push-rules-api",
        ["PUT v3/pushrules/global/{kind}/{ruleId}/enabled", "GET v3/pushrules/global/{kind}/{ruleId}/enabled"];
    actions, "push-rules-api",
        ["PUT v3/pushrules/global/{kind}/{ruleId}/actions", "GET v3/pushrules/global/{kind}/{ruleId}/actions"];
    predefined_changed, "push-rules-api",
        ["PUT v3/pushrules/global/{kind}/{ruleId}/enabled", "PUT v3/pushrules/global/{kind}/{ruleId}/actions"];
    unknown_rule, "push-rules-api",
        ["GET v3/pushrules/global/{kind}/{ruleId} M_NOT_FOUND",
         "DELETE v3/pushrules/global/{kind}/{ruleId} M_NOT_FOUND",
         "GET v3/pushrules/global/{kind}/{ruleId}/enabled M_NOT_FOUND",
         "PUT v3/pushrules/global/{kind}/{ruleId}/enabled M_NOT_FOUND",
         "GET v3/pushrules/global/{kind}/{ruleId}/actions M_NOT_FOUND",
         "PUT v3/pushrules/global/{kind}/{ruleId}/actions M_NOT_FOUND"];
}

async fn enabled(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    rule(&alice, "content/nocake", cake()).await?;
    for enabled in [true, false, true] {
        rule(&alice, "content/nocake/enabled", json!({ "enabled": enabled })).await?;
        ensure_eq!(get(&alice, "content/nocake/enabled").await?, json!({ "enabled": enabled }), "enabled");
        ensure_eq!(get(&alice, "content/nocake").await?["enabled"], enabled, "enabled of the rule");
    }
    Ok(())
}

async fn actions(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    rule(&alice, "content/nocake", cake()).await?;
    ensure_eq!(get(&alice, "content/nocake/actions").await?, json!({ "actions": ["notify"] }), "actions");
    let new = json!({ "actions": ["notify", { "set_tweak": "sound", "value": "bing" }] });
    rule(&alice, "content/nocake/actions", new.clone()).await?;
    ensure_eq!(get(&alice, "content/nocake/actions").await?, new, "actions");
    let got = get(&alice, "content/nocake").await?;
    ensure_eq!(got["pattern"], "cake*lie", "the rest of it stays: {got}");
    Ok(())
}

/// "This can be used to change the actions of builtin rules."
async fn predefined_changed(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    rule(&alice, "underride/.m.rule.message/actions", json!({ "actions": [] })).await?;
    rule(&alice, "override/.m.rule.master/enabled", json!({ "enabled": true })).await?;
    let got = get(&alice, "underride/.m.rule.message").await?;
    ensure_eq!((&got["actions"], &got["default"]), (&json!([]), &json!(true)), "the rule with other actions: {got}");
    ensure_eq!(get(&alice, "override/.m.rule.master").await?["enabled"], true, "the rule switched on");
    // "This endpoint removes the push rule": a predefined one is not the user's to remove.
    let reply = alice.delete(rule_path("override/.m.rule.master")).await?;
    ensure!(reply.status < 500, "status: {}", reply.brief());
    get(&alice, "override/.m.rule.master").await.map(drop)
}

async fn unknown_rule(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for name in ["content/none", "override/.m.rule.none"] {
        for rest in ["", "/enabled", "/actions"] {
            alice.get(rule_path(&format!("{name}{rest}"))).await?.error(404, "M_NOT_FOUND")?;
        }
        let (on, acts) = (json!({ "enabled": true }), json!({ "actions": [] }));
        try_rule(&alice, &format!("{name}/enabled"), on).await?.error(404, "M_NOT_FOUND")?;
        try_rule(&alice, &format!("{name}/actions"), acts).await?.error(404, "M_NOT_FOUND")?;
        alice.delete(rule_path(name)).await?.error(404, "M_NOT_FOUND")?;
    }
    Ok(())
}
