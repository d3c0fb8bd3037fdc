//! `GET /dehydrated_device/{deviceId}/events`, which earlier drafts of MSC3814 had as `POST`.

use actix_web::HttpResponse;
use ruma::DeviceId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Error, Result, bridge::Call, client::arguments::required_session};

#[derive(Deserialize)]
struct Query {
    /// The newer draft's name of the token.
    from: Option<String>,
    /// The older one's.
    next_batch: Option<String>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
struct Parameters {
    next_batch: Option<String>,
}

#[derive(Serialize)]
struct Event<'a> {
    sender: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    content: &'a RawValue,
}

#[derive(Serialize)]
struct Answer<'a> {
    events: Vec<Event<'a>>,
    next_batch: &'a str,
}

/// Gives messages that wait for the caller's dehydrated device.
pub(super) async fn get(call: Call) -> Result<HttpResponse> {
    let query: Query = call.query()?;
    answer(&call, query.from.or(query.next_batch), query.limit).await
}

/// The same, with the token in the body.
pub(super) async fn post(call: Call) -> Result<HttpResponse> {
    let query: Query = call.query()?;
    let parameters: Parameters = call.json()?;
    answer(&call, parameters.next_batch.or(query.from), query.limit).await
}

async fn answer(call: &Call, from: Option<String>, limit: Option<usize>) -> Result<HttpResponse> {
    let session = required_session(call).await?;
    let device_id: &DeviceId = call.arg(0)?.into();
    let page = call.app.e2ee.dehydrated_events(&session.user_id, device_id, from.as_deref(), limit).await?;
    let events = page.events.iter().map(|row| {
        let content = serde_json::from_str(&row.content)?;
        Ok(Event { sender: &row.sender, event_type: &row.event_type, content })
    });
    let events = events.collect::<serde_json::Result<Vec<_>>>().map_err(Error::internal)?;
    let answer = Answer { events, next_batch: &page.next_batch };
    let answer = serde_json::to_string(&answer).map_err(Error::internal)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}
