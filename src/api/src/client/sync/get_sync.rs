//! `GET /sync`.

use std::time::Duration;

use actix_web::HttpResponse;
use serde::Deserialize;
use sync::StateForm;

use crate::{
    Error, Result,
    bridge::Call,
    client::{arguments::required_session, presence::presence_state},
};

/// The query. Read here and not by ruma, which does not know `state_after` under its older name.
#[derive(Deserialize)]
struct Query {
    filter: Option<String>,
    since: Option<String>,
    #[serde(default)]
    full_state: bool,
    set_presence: Option<String>,
    #[serde(default)]
    timeout: u64,
    #[serde(default)]
    use_state_after: bool,
    #[serde(default, rename = "org.matrix.msc4222.use_state_after")]
    use_state_after_unstable: bool,
}

/// Tells what is new, or waits for it.
pub(super) async fn sync(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let query: Query = call.query()?;
    let presence = match query.set_presence.as_deref() {
        None => sync::PresenceState::Online,
        Some(word) => presence_state(word)
            .ok_or_else(|| Error::invalid_param("set_presence must be online, offline or unavailable"))?,
    };
    let state_form = match (query.use_state_after, query.use_state_after_unstable) {
        (true, _) => StateForm::After,
        (false, true) => StateForm::AfterUnstable,
        (false, false) => StateForm::Before,
    };
    let body = call.app.syncs.sync(sync::Request {
        session,
        since: query.since,
        filter: query.filter,
        full_state: query.full_state,
        state_form,
        presence,
        timeout: Duration::from_millis(query.timeout),
    });
    Ok(HttpResponse::Ok().content_type("application/json").body(body.await?))
}
