//! `GET /keys/changes`.

use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use crate::{Error, Result, bridge::Call, client::arguments::required_session};

#[derive(Deserialize)]
struct Query {
    from: Option<String>,
    to: Option<String>,
}

/// Tells whose devices or keys changed between two syncs.
pub(super) async fn changes(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let Query { from, to } = call.query()?;
    let missing = |name| move || Error::new(400, "M_MISSING_PARAM", format!("missing field `{name}`"));
    let (from, to) = (from.ok_or_else(missing("from"))?, to.ok_or_else(missing("to"))?);
    let lists = call.app.e2ee.device_list_changes(&session.user_id, &from, &to).await?;
    Ok(HttpResponse::Ok().json(json!({ "changed": lists.changed, "left": lists.left })))
}
