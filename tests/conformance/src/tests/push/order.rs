//! Which of several rules is more important.

use super::prelude::*;
use super::{rule, rule_ids, ruleset, try_rule};

tests! { "push_rule_order":
    newest_first, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    before, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    after, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    both, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    moved, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    above_the_predefined, "predefined-rules", ["GET v3/pushrules/global/"];
    relative_to_unknown, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId} 400"];
    relative_to_predefined, "push-rules-api", ["PUT v3/pushrules/global/{kind}/{ruleId} 400"];
    first_that_matches, "push-rules", ["GET v3/sync"];
}

fn word(word: &str) -> Value {
    json!({ "pattern": word, "actions": ["notify"] })
}

/// A user with the content rules c, b and a, in this order.
async fn three(server: &Server) -> Result<User, Failure> {
    let alice = server.user("alice").await?;
    for id in ["a", "b", "c"] {
        rule(&alice, &format!("content/{id}"), word(id)).await?;
    }
    Ok(alice)
}

async fn order(user: &User) -> Result<String, Failure> {
    Ok(rule_ids(&ruleset(user).await?, "content").concat())
}

/// "it should be added as the most important user defined rule among rules of the same kind."
async fn newest_first(server: Server) -> Outcome {
    let alice = three(&server).await?;
    ensure_eq!(order(&alice).await?, "cba", "rules, most important first");
    Ok(())
}

/// "to make the new rule the next-most important rule with respect to the given user defined rule."
async fn before(server: Server) -> Outcome {
    let alice = three(&server).await?;
    rule(&alice, "content/x?before=a", word("x")).await?;
    ensure_eq!(order(&alice).await?, "cbxa", "x is just above a");
    rule(&alice, "content/y?before=c", word("y")).await?;
    ensure_eq!(order(&alice).await?, "ycbxa", "y is just above c");
    Ok(())
}

/// "This makes the new rule the next-less important rule relative to the given user defined rule."
async fn after(server: Server) -> Outcome {
    let alice = three(&server).await?;
    rule(&alice, "content/x?after=c", word("x")).await?;
    ensure_eq!(order(&alice).await?, "cxba", "x is just below c");
    rule(&alice, "content/y?after=a", word("y")).await?;
    ensure_eq!(order(&alice).await?, "cxbay", "y is just below a");
    Ok(())
}

/// "If both after and before are provided, the new or updated rule must be the next most important rule with respect
/// to the rule identified by before."
async fn both(server: Server) -> Outcome {
    let alice = three(&server).await?;
    rule(&alice, "content/x?after=c&before=a", word("x")).await?;
    ensure_eq!(order(&alice).await?, "cbxa", "x is just above a");
    Ok(())
}

async fn moved(server: Server) -> Outcome {
    let alice = three(&server).await?;
    rule(&alice, "content/a?before=c", word("a")).await?;
    ensure_eq!(order(&alice).await?, "acb", "a was moved");
    rule(&alice, "content/c", json!({ "pattern": "c", "actions": [] })).await?;
    ensure_eq!(order(&alice).await?.len(), 3, "no rule came or went");
    Ok(())
}

/// "They operate at a lower priority than 'user-defined rules', except for the .m.rule.master rule".
async fn above_the_predefined(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = json!({ "conditions": [], "actions": [] });
    for kind in ["override", "underride"] {
        rule(&alice, &format!("{kind}/mine"), body.clone()).await?;
    }
    let rules = ruleset(&alice).await?;
    let place = |kind: &str| rule_ids(&rules, kind).iter().position(|id| id == "mine");
    ensure_eq!(place("override"), Some(1), "place of the override rule, below .m.rule.master");
    ensure_eq!(place("underride"), Some(0), "place of the underride rule");
    Ok(())
}

/// "before/after rule not found: someRuleId".
async fn relative_to_unknown(server: Server) -> Outcome {
    let alice = three(&server).await?;
    for query in ["before=none", "after=none"] {
        try_rule(&alice, &format!("content/x?{query}"), word("x")).await?.refused(400)?;
    }
    ensure_eq!(order(&alice).await?, "cba", "nothing changed");
    Ok(())
}

/// "It is not possible to add a rule relative to a predefined server rule."
async fn relative_to_predefined(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = json!({ "conditions": [], "actions": [] });
    for query in ["before=.m.rule.message", "after=.m.rule.message"] {
        try_rule(&alice, &format!("underride/x?{query}"), body.clone()).await?.refused(400)?;
    }
    ensure!(!rule_ids(&ruleset(&alice).await?, "underride").contains(&"x".to_owned()), "nothing changed");
    Ok(())
}

/// "The ordering of the rules would then resolve the tiebreak to determine which rule is executed."
async fn first_that_matches(server: Server) -> Outcome {
    let (alice, bob, room) = super::super::membership::pair(&server).await?;
    rule(&alice, "content/tea", json!({ "pattern": "tea", "actions": super::highlight() })).await?;
    rule(&alice, "content/time", json!({ "pattern": "time", "actions": [] })).await?;
    bob.say(&room, "It's time for tea").await?;
    super::unread(&alice, &room, 0, 0, "a message that the newer rule silences").await?;
    rule(&alice, "content/tea?before=time", json!({ "pattern": "tea", "actions": super::highlight() })).await?;
    bob.say(&room, "It's time for tea").await?;
    super::unread(&alice, &room, 1, 1, "a message that the first rule highlights").await
}
