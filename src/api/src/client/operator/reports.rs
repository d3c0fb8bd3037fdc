//! `/_synapse/admin/v1/event_reports`: reports of events, rooms and users.

use actix_web::HttpResponse;
use rooms::moderation::Report;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::administrator;
use crate::{Error, Result, bridge::Call};

/// Reports where the query asks for no number, and at most.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct Query {
    limit: Option<usize>,
    from: Option<i64>,
}

/// Some reports, the newest first.
pub(super) async fn list(call: Call) -> Result<HttpResponse> {
    administrator(&call).await?;
    let Query { limit, from } = call.query()?;
    let limit = limit.unwrap_or(PAGE).min(PAGE);
    if from.is_some_and(|from| from < 0) {
        return Err(Error::invalid_param("from is the token of an earlier page"));
    }
    // Programs begin with 0, and go on with the token they are given.
    let before = from.filter(|from| *from > 0);
    let (reports, total) = call.app.rooms.reports(before, limit).await?;
    let next = reports.last().filter(|last| reports.len() == limit && last.row.id > 1).map(|last| last.row.id);
    let mut answer = json!({ "event_reports": reports.iter().map(short).collect::<Vec<_>>(), "total": total });
    if let (Some(next), Some(answer)) = (next, answer.as_object_mut()) {
        answer.insert("next_token".into(), next.into());
    }
    Ok(HttpResponse::Ok().json(answer))
}

/// One report, with the event.
pub(super) async fn one(call: Call) -> Result<HttpResponse> {
    administrator(&call).await?;
    let report = call.app.rooms.report_of(id(&call)?).await?;
    let mut answer = short(&report);
    let event = report.event.and_then(|event| RawValue::from_string(event).ok());
    if let (Some(event), Some(answer)) = (event, answer.as_object_mut()) {
        answer.insert("event_json".into(), serde_json::to_value(event).map_err(Error::internal)?);
    }
    Ok(HttpResponse::Ok().json(answer))
}

/// Deletes a report that has been dealt with.
pub(super) async fn delete(call: Call) -> Result<HttpResponse> {
    administrator(&call).await?;
    match call.app.rooms.delete_report(id(&call)?).await? {
        true => Ok(HttpResponse::Ok().json(json!({}))),
        false => Err(Error::not_found("There is no such report")),
    }
}

fn id(call: &Call) -> Result<i64> {
    let id = call.arg(0)?.parse().ok().filter(|id| *id > 0);
    id.ok_or_else(|| Error::invalid_param("The id of a report is a number"))
}

fn short(report: &Report) -> Value {
    let row = &report.row;
    json!({
        "id": row.id,
        "received_ts": row.reported_at,
        "user_id": row.reporter,
        "sender": row.user_id,
        "room_id": row.room_id,
        "name": report.room_name,
        "event_id": row.event_id,
        "reason": row.reason,
        "score": null,
    })
}
