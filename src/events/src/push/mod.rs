//! Push rules: what they are, which one matches an event, how a user changes them (client-server §push-rules).
//!
//! Rules are kept as JSON has them, for what we do not know in them must survive. Nothing here takes longer than a
//! bounded number of steps, whatever a user writes into a pattern.

mod action;
mod change;
mod check;
mod condition;
mod default_rule;
mod event;
mod pattern;
mod predefined;
mod rule;
mod ruleset;

pub use self::{
    action::Outcome,
    change::{NewRule, Place, RuleError},
    condition::{Reader, Room},
    default_rule::{Default, Mentions, Notable, Relation},
    event::PushEvent,
    rule::{Kind, Rule},
    ruleset::Ruleset,
};
