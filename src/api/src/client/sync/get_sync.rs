//! `GET /sync`.

use std::time::Duration;

use actix_web::HttpResponse;
use ruma::presence::PresenceState;
use serde::Deserialize;
use sync::StateForm;

use crate::{
    Error, Result,
    bridge::{self, Call},
};

/// The query. Read here and not by ruma, which does not know `state_after` under its older name.
#[derive(Deserialize)]
struct Query {
    filter: Option<String>,
    since: Option<String>,
    #[serde(default)]
    full_state: bool,
    set_presence: Option<PresenceState>,
    #[serde(default)]
    timeout: u64,
    #[serde(default)]
    use_state_after: bool,
    #[serde(default, rename = "org.matrix.msc4222.use_state_after")]
    use_state_after_unstable: bool,
}

/// Tells what is new, or waits for it.
pub(super) async fn sync(call: Call) -> Result<HttpResponse> {
    let session = bridge::session(&call).await?.ok_or_else(Error::missing_token)?;
    let query: Query = call.query()?;
    if matches!(&query.set_presence, Some(presence) if !is_known(presence)) {
        return Err(Error::invalid_param("set_presence must be online, offline or unavailable"));
    }
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
        timeout: Duration::from_millis(query.timeout),
    });
    Ok(HttpResponse::Ok().content_type("application/json").body(body.await?))
}

fn is_known(presence: &PresenceState) -> bool {
    matches!(presence, PresenceState::Online | PresenceState::Offline | PresenceState::Unavailable)
}
