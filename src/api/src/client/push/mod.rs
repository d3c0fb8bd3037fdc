//! Push rules, notifications and pushers.

mod error;
mod get_rules;
mod notifications;
mod pushers;
mod rule_attributes;
mod set_rule;

use events::push::Kind;
use http::Method;

use crate::{
    Error, Result,
    bridge::{Call, Routes},
    client::arguments::v3_and_r0,
};

/// The routes of this area.
pub(crate) fn routes() -> Routes {
    let rule = v3_and_r0!("pushrules/global/{kind}/{rule_id}");
    let enabled = v3_and_r0!("pushrules/global/{kind}/{rule_id}/enabled");
    let actions = v3_and_r0!("pushrules/global/{kind}/{rule_id}/actions");
    Routes::default()
        .raw(Method::GET, v3_and_r0!("pushrules/"), get_rules::all)
        .raw(Method::GET, v3_and_r0!("pushrules"), get_rules::all)
        .raw(Method::GET, v3_and_r0!("pushrules/global/"), get_rules::global)
        .raw(Method::GET, v3_and_r0!("pushrules/global"), get_rules::global)
        .raw(Method::GET, rule, get_rules::one)
        .raw(Method::PUT, rule, set_rule::set)
        .raw(Method::DELETE, rule, set_rule::delete)
        .raw(Method::GET, enabled, rule_attributes::enabled)
        .raw(Method::PUT, enabled, rule_attributes::enable)
        .raw(Method::GET, actions, rule_attributes::actions)
        .raw(Method::PUT, actions, rule_attributes::set_actions)
        .raw(Method::GET, v3_and_r0!("notifications"), notifications::list)
        .raw(Method::GET, v3_and_r0!("pushers"), pushers::list)
        .raw(Method::POST, v3_and_r0!("pushers/set"), pushers::set)
}

/// The kind of rules that the path names.
fn kind(call: &Call) -> Result<Kind> {
    let word = call.arg(0)?;
    Kind::from_word(word).ok_or_else(|| Error::invalid_param(format!("there are no push rules of the kind {word:?}")))
}
