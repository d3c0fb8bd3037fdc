//! `GET /pushrules/`, `GET /pushrules/global/` and `GET /pushrules/global/{kind}/{ruleId}`.

use actix_web::HttpResponse;
use events::push::Rule;

use super::kind;
use crate::{Error, Result, bridge::Call, client::arguments::required_session};

/// All rules of the caller.
pub(super) async fn all(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    Ok(HttpResponse::Ok().json(call.app.push.rules(&session.user_id).await?.content()))
}

/// The same without the scope around them.
pub(super) async fn global(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    Ok(HttpResponse::Ok().json(call.app.push.rules(&session.user_id).await?))
}

/// One rule.
pub(super) async fn one(call: Call) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(find(&call).await?))
}

/// The rule of the caller that the path names.
pub(super) async fn find(call: &Call) -> Result<Rule> {
    let session = required_session(call).await?;
    let rules = call.app.push.rules(&session.user_id).await?;
    let rule = rules.get(kind(call)?, call.arg(1)?).cloned();
    rule.ok_or_else(|| Error::not_found("there is no such push rule"))
}
