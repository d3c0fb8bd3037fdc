//! Every error a client can get.

use std::fmt;

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde_json::{Map, Value};

/// The result of every endpoint.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An HTTP status and the body that goes with it: `errcode`, `error`, and what an error code brings along
/// (client-server §standard-error-response).
#[derive(Clone, Debug)]
pub struct Error {
    status: u16,
    body: Map<String, Value>,
}

impl Error {
    /// An error of this status, code and text.
    pub fn new(status: u16, errcode: &str, message: impl Into<String>) -> Self {
        let mut body = Map::new();
        body.insert("errcode".into(), errcode.into());
        body.insert("error".into(), message.into().into());
        Self { status, body }
    }

    /// Adds a field to the body.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.body.insert(field.into(), value.into());
        self
    }

    /// An answer of its own shape, such as the 401 of user-interactive auth.
    pub fn custom(status: u16, body: Map<String, Value>) -> Self {
        Self { status, body }
    }

    /// 403 `M_FORBIDDEN`.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, "M_FORBIDDEN", message)
    }

    /// 404 `M_NOT_FOUND`.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "M_NOT_FOUND", message)
    }

    /// 400 `M_INVALID_PARAM`.
    pub fn invalid_param(message: impl Into<String>) -> Self {
        Self::new(400, "M_INVALID_PARAM", message)
    }

    /// 400 `M_BAD_JSON`.
    pub fn bad_json(message: impl Into<String>) -> Self {
        Self::new(400, "M_BAD_JSON", message)
    }

    /// 404 `M_UNRECOGNIZED`: no such path.
    pub fn unrecognized() -> Self {
        Self::new(404, "M_UNRECOGNIZED", "Unrecognized request")
    }

    /// 405 `M_UNRECOGNIZED`: the path is there, but not for this method.
    pub fn wrong_method() -> Self {
        Self::new(405, "M_UNRECOGNIZED", "Method not allowed for this path")
    }

    /// 401 `M_MISSING_TOKEN`.
    pub fn missing_token() -> Self {
        Self::new(401, "M_MISSING_TOKEN", "Missing access token")
    }

    /// 401 `M_UNKNOWN_TOKEN`; `soft_logout` tells the client that its device is still there.
    pub fn unknown_token(soft_logout: bool) -> Self {
        Self::new(401, "M_UNKNOWN_TOKEN", "Unknown access token").with("soft_logout", soft_logout)
    }

    /// 429 `M_LIMIT_EXCEEDED` with the wait in milliseconds.
    pub fn limit_exceeded(retry_after_ms: u64) -> Self {
        Self::new(429, "M_LIMIT_EXCEEDED", "Too many requests").with("retry_after_ms", retry_after_ms)
    }

    /// 500 `M_UNKNOWN`. The cause goes to the log and not to the client.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(500, "M_UNKNOWN", "Internal server error")
    }

    /// 503 `M_UNKNOWN`: the database cannot be reached or written now. Nothing was acknowledged.
    pub fn unavailable(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "the database does not answer");
        Self::new(503, "M_UNKNOWN", "The server cannot reach its database; try again later")
    }

    /// The Matrix error code.
    #[cfg(test)]
    pub(crate) fn errcode(&self) -> Option<&str> {
        self.body.get("errcode").and_then(Value::as_str)
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body of the answer.
    pub(crate) fn into_body(self) -> Map<String, Value> {
        self.body
    }

    /// The answer to send.
    pub fn into_response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        if let Some(wait) = self.body.get("retry_after_ms").and_then(Value::as_u64) {
            response.insert_header((header::RETRY_AFTER, wait.div_ceil(1_000).to_string()));
        }
        response.json(self.body)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Corrupt(_) | store::Error::Refused(_) => Self::internal(error),
            error => Self::unavailable(error),
        }
    }
}

impl From<rooms::Error> for Error {
    fn from(error: rooms::Error) -> Self {
        use rooms::Error as E;
        let text = error.to_string();
        match error {
            E::NotFound(_) => Self::not_found(text),
            E::Forbidden(_) | E::TooFarApart => Self::forbidden(text),
            E::InvalidParam(_) => Self::invalid_param(text),
            E::BadJson(_) => Self::bad_json(text),
            E::MissingParam(_) => Self::new(400, "M_MISSING_PARAM", text),
            E::TooLarge(_) => Self::new(413, "M_TOO_LARGE", text),
            E::UnsupportedRoomVersion(_) => Self::new(400, "M_UNSUPPORTED_ROOM_VERSION", text),
            E::IncompatibleRoomVersion(version) => {
                Self::new(400, "M_INCOMPATIBLE_ROOM_VERSION", text).with("room_version", version.as_str())
            }
            E::UnableToAuthoriseJoin => Self::new(400, "M_UNABLE_TO_AUTHORISE_JOIN", text),
            E::UnableToGrantJoin => Self::new(400, "M_UNABLE_TO_GRANT_JOIN", text),
            E::BadTemplate(_) => Self::new(502, "M_UNKNOWN", text),
            E::InvalidRoomState(_) => Self::new(400, "M_INVALID_ROOM_STATE", text),
            E::AliasInUse => Self::new(400, "M_ROOM_IN_USE", text),
            E::AliasReserved(_) => Self::new(400, "M_EXCLUSIVE", text),
            E::BadAlias(_) => Self::new(400, "M_BAD_ALIAS", text),
            E::BadState(_) => Self::new(400, "M_BAD_STATE", text),
            E::Unknown(_) => Self::new(400, "M_UNKNOWN", text),
            E::InviteBlocked => Self::new(403, "M_INVITE_BLOCKED", text),
            E::DuplicateAnnotation => Self::new(400, "M_DUPLICATE_ANNOTATION", text),
            E::NotRecommended { status, errcode, .. } => Self::new(status, &errcode, text),
            E::Busy => Self::limit_exceeded(1_000),
            E::Costly(_) => Self::limit_exceeded(60_000),
            E::Unavailable(cause) => Self::unavailable(cause),
            E::Store(error) => error.into(),
            E::Internal(_) | E::Unrecommended(_) | E::Unasked(_) | E::Unproposed(..) => Self::internal(text),
        }
    }
}
