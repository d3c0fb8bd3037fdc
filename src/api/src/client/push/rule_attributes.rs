//! `GET` and `PUT /pushrules/global/{kind}/{ruleId}/enabled` and `…/actions`.

use accounts::Limit;
use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{get_rules::find, kind};
use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, required_session},
};

#[derive(Deserialize)]
struct Enabled {
    enabled: bool,
}

#[derive(Deserialize)]
struct Actions {
    actions: Vec<Value>,
}

/// Whether a rule is switched on.
pub(super) async fn enabled(call: Call) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({ "enabled": find(&call).await?.enabled })))
}

/// Switches a rule on or off.
pub(super) async fn enable(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let Enabled { enabled } = call.json()?;
    call.app.push.enable_rule(&session.user_id, kind(&call)?, call.arg(1)?, enabled).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// What a rule does.
pub(super) async fn actions(call: Call) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({ "actions": find(&call).await?.actions })))
}

/// Gives a rule other actions.
pub(super) async fn set_actions(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let Actions { actions } = call.json()?;
    call.app.push.set_rule_actions(&session.user_id, kind(&call)?, call.arg(1)?, actions).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
