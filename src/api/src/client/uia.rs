//! User-interactive authentication of an endpoint.

use std::sync::Arc;

use accounts::{Authorized, JsonObject, Limit, PasswordProof, Session, Stage, UiaRequest};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Error, Result,
    bridge::{Call, session},
    client::arguments::{limit_address, limit_user},
};

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

/// The owner of an account, who asks for something that concerns all of it.
pub(super) struct Owner<T> {
    /// The session, if there is one: who knows the password needs none.
    pub session: Option<Arc<Session>>,
    /// The password that was given; it names the user.
    pub password: PasswordProof,
    /// What is asked for.
    pub parameters: T,
}

/// Lets the owner of an account prove by the password that it is theirs, with or without a session. `check` looks at the
/// parameters before anybody types a password for them.
pub(super) async fn owner<T: DeserializeOwned>(call: &Call, check: impl FnOnce(&T) -> Result<()>) -> Result<Owner<T>> {
    let session = session(call).await?;
    match &session {
        Some(session) => limit_user(call, Limit::Write, session)?,
        None => limit_address(call, Limit::Login)?,
    }
    let body: JsonObject = call.json()?;
    if let Some(early) = early(&body)? {
        check(&early)?;
    }
    let authorized = by_password(call, session.as_deref(), body).await?;
    let password = authorized.password.ok_or_else(|| Error::internal("a password without a user"))?;
    Ok(Owner { session, password, parameters: parameters(authorized.body)? })
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
