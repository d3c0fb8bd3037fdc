//! User-interactive authentication of an endpoint.

use accounts::{Authorized, JsonObject, Session, Stage, UiaRequest};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Result, bridge::Call};

/// Takes a request one step further through its authentication; the error is the challenge until it is complete.
pub(super) async fn authorize(
    call: &Call,
    session: Option<&Session>,
    flows: Vec<Vec<Stage>>,
    body: JsonObject,
) -> Result<Authorized> {
    let request = UiaRequest {
        user: session.map(|session| &*session.user_id),
        method: call.request.method().as_str(),
        path: call.request.uri().path(),
        flows,
        body,
    };
    Ok(call.app.accounts.authorize(request).await?)
}

/// Proves by the password that the request comes from the owner of the account.
pub(super) async fn by_password(call: &Call, session: Option<&Session>, body: JsonObject) -> Result<Authorized> {
    authorize(call, session, vec![vec![Stage::Password]], body).await
}

/// Reads the parameters of a request. Where it goes on with a session it may omit them, because those of the first
/// request count: then there is nothing to read yet.
///
/// # Errors
/// 400 for what is missing or of a wrong type, so that nobody types a password for a request that cannot succeed.
pub(super) fn early<T: DeserializeOwned>(body: &JsonObject) -> Result<Option<T>> {
    let auth = body.get("auth").and_then(Value::as_object);
    let goes_on = auth.is_some_and(|auth| auth.get("session").is_some_and(Value::is_string));
    match parameters(body.clone()) {
        Ok(parameters) => Ok(Some(parameters)),
        Err(_) if goes_on => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the parameters that were authorised.
///
/// # Errors
/// 400 for what is missing or of a wrong type.
pub(super) fn parameters<T: DeserializeOwned>(body: JsonObject) -> Result<T> {
    serde_json::from_value(Value::Object(body)).map_err(|error| {
        let text = error.to_string();
        let code = if text.starts_with("missing field") { "M_MISSING_PARAM" } else { "M_BAD_JSON" };
        Error::new(400, code, text)
    })
}
