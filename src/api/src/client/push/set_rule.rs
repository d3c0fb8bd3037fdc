//! `PUT` and `DELETE /pushrules/global/{kind}/{ruleId}`.

use accounts::Limit;
use actix_web::HttpResponse;
use events::push::NewRule;
use serde::Deserialize;
use serde_json::json;

use super::kind;
use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, required_session},
};

#[derive(Deserialize)]
struct Query {
    before: Option<String>,
    after: Option<String>,
}

/// Makes or changes a rule.
pub(super) async fn set(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let kind = kind(&call)?;
    let Query { before, after } = call.query()?;
    let rule: NewRule = call.json()?;
    call.app.push.set_rule(&session.user_id, kind, call.arg(1)?, rule, (before, after)).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// Deletes a rule.
pub(super) async fn delete(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    call.app.push.delete_rule(&session.user_id, kind(&call)?, call.arg(1)?).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
