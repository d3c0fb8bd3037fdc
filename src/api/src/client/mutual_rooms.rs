//! `GET /v1/mutual_rooms`, and the path that it had as MSC2666.

use actix_web::HttpResponse;
use http::Method;
use rooms::read::MutualRooms;
use ruma::{OwnedUserId, UserId};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Error, Result,
    bridge::{Call, Routes},
    client::arguments::required_session,
};

pub(crate) fn routes() -> Routes {
    Routes::default().raw(Method::GET, &["/_matrix/client/v1/mutual_rooms"], stable).raw(
        Method::GET,
        &["/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms"],
        unstable,
    )
}

#[derive(Deserialize)]
struct Query {
    user_id: Option<String>,
    from: Option<String>,
    batch_token: Option<String>,
}

async fn stable(call: Call) -> Result<HttpResponse> {
    let found = mutual_rooms(&call).await?;
    let mut answer = json!({ "joined": found.joined, "count": found.count });
    if let (Some(next), Some(answer)) = (found.next, answer.as_object_mut()) {
        answer.insert("next_batch".into(), next.into());
    }
    Ok(HttpResponse::Ok().json(answer))
}

async fn unstable(call: Call) -> Result<HttpResponse> {
    let found = mutual_rooms(&call).await?;
    let mut answer = json!({ "joined": found.joined });
    if let (Some(next), Some(answer)) = (found.next, answer.as_object_mut()) {
        answer.insert("next_batch_token".into(), next.into());
    }
    Ok(HttpResponse::Ok().json(answer))
}

async fn mutual_rooms(call: &Call) -> Result<MutualRooms> {
    let session = required_session(call).await?;
    let query: Query = call.query()?;
    let other = query.user_id.ok_or_else(|| Error::new(400, "M_MISSING_PARAM", "user_id is missing"))?;
    let other: OwnedUserId =
        UserId::parse(other).map_err(|_| Error::invalid_param("user_id is not the id of a user"))?;
    let from = query.from.or(query.batch_token);
    Ok(call.app.rooms.mutual_rooms(&session.user_id, &other, from.as_deref()).await?)
}
