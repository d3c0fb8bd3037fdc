//! `POST /user_directory/search`.

use accounts::{FoundUser, JsonObject, Limit};
use actix_web::HttpResponse;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Result,
    bridge::{Call, Routes},
    client::arguments::{limit_user, required_session, v3_and_r0},
};

/// Results where the request names no number (client-server §user-directory).
const DEFAULT_LIMIT: usize = 10;

#[derive(Deserialize)]
struct Parameters {
    search_term: String,
    limit: Option<usize>,
}

pub(crate) fn routes() -> Routes {
    Routes::default().raw(Method::POST, v3_and_r0!("user_directory/search"), search_users)
}

/// Searches users by their names.
async fn search_users(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let parameters: Parameters = call.json()?;
    limit_user(&call, Limit::Write, &session)?;
    let limit = parameters.limit.unwrap_or(DEFAULT_LIMIT);
    let found = call.app.accounts.search_users(&session.user_id, &parameters.search_term, limit).await?;
    let results: Vec<JsonObject> = found.users.into_iter().map(written).collect();
    Ok(HttpResponse::Ok().json(json!({ "results": results, "limited": found.limited })))
}

fn written(user: FoundUser) -> JsonObject {
    let fields =
        [("user_id", Some(user.user_id)), ("display_name", user.display_name), ("avatar_url", user.avatar_url)];
    fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::String(value?)))).collect()
}
