//! Content rules: keywords.

use super::super::membership::pair;
use super::conditions::bodies;
use super::prelude::*;
use super::{highlight, rule};

tests! { "push_conditions":
    keyword, "push-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    keyword_at_word_boundaries, "push-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
    keyword_glob, "push-rules", ["PUT v3/pushrules/global/{kind}/{ruleId}"];
}

/// Sets a rule that highlights a word.
async fn watch(user: &User, pattern: &str) -> Outcome {
    rule(user, "content/word", json!({ "pattern": pattern, "actions": highlight() })).await
}

/// "The match is performed case-insensitively".
async fn keyword(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    watch(&alice, "cake").await?;
    bodies((&alice, &bob, &room), &[("I like Cake", true), ("I like pie", false), ("CAKE!", true)]).await
}

/// "A word boundary is defined as the start or end of the value, or any character not in the sets [A-Z], [a-z], [0-9]
/// or _."
async fn keyword_at_word_boundaries(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    watch(&alice, "cake").await?;
    let said = [("cakes", false), ("cup_cake", false), ("(cake)", true), ("cake-like", true), ("2cake", false)];
    bodies((&alice, &bob, &room), &said).await
}

/// The examples of the specification.
async fn keyword_glob(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    watch(&alice, "ex*ple").await?;
    let said = [("An example event.", true), ("exple", true), ("An exciting triple-whammy", true), ("exampl", false)];
    bodies((&alice, &bob, &room), &said).await
}
