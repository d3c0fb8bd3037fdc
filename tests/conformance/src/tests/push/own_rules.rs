//! Rules of a user: made, read, changed and deleted.

use super::prelude::*;
use super::{rule, rule_ids, rule_path, ruleset, try_rule};

tests! { "push_rules":
    whole_ruleset, "push-rules-api", ["GET v3/pushrules/", "GET v3/pushrules/global/"];
    make_and_read, "push-rules-api",
        ["PUT v3/pushrules/global/{kind}/{ruleId}", "GET v3/pushrules/global/{kind}/{ruleId}"];
    each_kind, "push-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    change, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    delete, "push-rules-api", ["DELETE v3/pushrules/global/{kind}/{ruleId}"];
    without_conditions, "conditions-1", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    of_one_user_alone, "push-rules-api", ["GET v3/pushrules/global/{kind}/{ruleId} M_NOT_FOUND"];
}

/// A rule as the server has it.
pub async fn get(user: &User, name: &str) -> Result<Value, Failure> {
    user.get(rule_path(name)).await?.ok()
}

/// The rule of the example in the specification.
pub fn cake() -> Value {
    json!({ "pattern": "cake*lie", "actions": ["notify"] })
}

/// "Currently the only push ruleset defined is global."
async fn whole_ruleset(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let all = alice.get(v3!("pushrules/")).await?.ok()?;
    let global = ruleset(&alice).await?;
    ensure_eq!(all["global"], global, "the global ruleset");
    for kind in ["override", "content", "room", "sender", "underride"] {
        ensure!(global[kind].is_array(), "rules of the kind {kind}: {global}");
    }
    Ok(())
}

/// "When creating push rules, they MUST be enabled by default."
async fn make_and_read(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    ensure_eq!(try_rule(&alice, "content/nocake", cake()).await?.ok()?, json!({}), "answer");
    let got = get(&alice, "content/nocake").await?;
    for (key, want) in [
        ("rule_id", json!("nocake")),
        ("pattern", json!("cake*lie")),
        ("actions", json!(["notify"])),
        ("enabled", json!(true)),
        ("default", json!(false)),
    ] {
        ensure_eq!(got[key], want, "{key} of {got}");
    }
    ensure_eq!(ruleset(&alice).await?["content"][0], got, "the same in the ruleset");
    Ok(())
}

async fn each_kind(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let conditions = json!([{ "kind": "event_match", "key": "type", "pattern": "m.room.*" }]);
    let actions = json!(["notify", { "set_tweak": "sound", "value": "bing" }]);
    for (kind, id) in [
        ("override", "mine"),
        ("underride", "mine"),
        ("content", "mine"),
        ("room", room.as_str()),
        ("sender", alice.id.as_str()),
    ] {
        let mut body = json!({ "actions": actions });
        match kind {
            "override" | "underride" => body["conditions"] = conditions.clone(),
            "content" => body["pattern"] = json!("mine"),
            _ => {}
        }
        let name = format!("{kind}/{}", encode(id));
        rule(&alice, &name, body.clone()).await?;
        let got = get(&alice, &name).await?;
        ensure_eq!(got["rule_id"], id, "rule_id of {got}");
        for (key, want) in body.as_object().into_iter().flatten() {
            ensure_eq!(got[key], *want, "{key} of {got}");
        }
    }
    Ok(())
}

/// "If a rule with the same rule_id already exists among rules of the same kind, it is updated".
async fn change(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    rule(&alice, "content/nocake", cake()).await?;
    rule(&alice, "content/nocake", json!({ "pattern": "pie", "actions": [] })).await?;
    let got = get(&alice, "content/nocake").await?;
    ensure_eq!((&got["pattern"], &got["actions"]), (&json!("pie"), &json!([])), "the rule");
    ensure_eq!(rule_ids(&ruleset(&alice).await?, "content"), ["nocake"], "rules of the kind");
    Ok(())
}

async fn delete(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    rule(&alice, "content/nocake", cake()).await?;
    ensure_eq!(alice.delete(rule_path("content/nocake")).await?.ok()?, json!({}), "answer");
    alice.get(rule_path("content/nocake")).await?.error(404, "M_NOT_FOUND")?;
    alice.delete(rule_path("content/nocake")).await?.error(404, "M_NOT_FOUND").map(drop)
}

/// "override and underride rules MAY have a list of 'conditions'."
async fn without_conditions(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    rule(&alice, "override/all", json!({ "actions": [] })).await?;
    ensure_eq!(get(&alice, "override/all").await?["actions"], json!([]), "actions");
    Ok(())
}

async fn of_one_user_alone(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    rule(&alice, "content/nocake", cake()).await?;
    ensure_eq!(get(&alice.new_device().await?, "content/nocake").await?["pattern"], "cake*lie", "on another device");
    bob.get(rule_path("content/nocake")).await?.error(404, "M_NOT_FOUND").map(drop)
}
