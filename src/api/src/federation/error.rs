//! What the federation crate refuses, as Matrix errors.

use federation::Error as E;

use crate::Error;

/// What another server may say to one of our clients. Anything else is between the servers: a 401 from elsewhere, say,
/// would log the client out here.
const PASSED_ON: [(u16, &str); 15] = [
    (400, "M_BAD_JSON"),
    (400, "M_BAD_STATE"),
    (400, "M_INCOMPATIBLE_ROOM_VERSION"),
    (400, "M_UNABLE_TO_AUTHORISE_JOIN"),
    (400, "M_UNABLE_TO_GRANT_JOIN"),
    (400, "M_UNSUPPORTED_ROOM_VERSION"),
    (403, "M_CONNECTION_FAILED"),
    (403, "M_FORBIDDEN"),
    (403, "M_INVITE_BLOCKED"),
    (403, "M_UNABLE_TO_AUTHORISE_JOIN"),
    (403, "M_UNABLE_TO_GRANT_JOIN"),
    (404, "M_NOT_FOUND"),
    (413, "M_TOO_LARGE"),
    (502, "M_TOO_LARGE"),
    (504, "M_NOT_YET_UPLOADED"),
];

impl From<E> for Error {
    fn from(error: E) -> Self {
        let text = error.to_string();
        match error {
            E::NotAllowed(_) | E::Forbidden(_) => Self::forbidden(text),
            E::Unreachable { .. } | E::BadAnswer { .. } => Self::new(502, "M_UNKNOWN", text),
            E::Remote { status, errcode, body, .. } => remote(status, errcode.as_deref(), &body, text),
            E::Unauthorized(_) => Self::new(401, "M_UNAUTHORIZED", text),
            E::NotFound(_) => Self::not_found(text),
            E::InvalidParam(_) => Self::invalid_param(text),
            E::BadJson(_) => Self::bad_json(text),
            E::LimitExceeded(wait) => Self::limit_exceeded(wait),
            E::Media(error) => error.into(),
            E::Rooms(error) => error.into(),
            E::Events(error) => event(&error),
            E::Accounts(error) => error.into(),
            E::E2ee(error) => error.into(),
            E::Store(error) => error.into(),
            E::Internal(_) => Self::internal(text),
        }
    }
}

/// The error of another server, as far as it is meant for a client.
fn remote(status: u16, errcode: Option<&str>, body: &serde_json::Value, text: String) -> Error {
    let passed = PASSED_ON.iter().find(|(known, code)| *known == status && Some(*code) == errcode);
    let Some((status, code)) = passed else { return Error::new(502, "M_UNKNOWN", text) };
    let error = Error::new(*status, code, text);
    match body.get("room_version").and_then(serde_json::Value::as_str) {
        Some(version) if *code == "M_INCOMPATIBLE_ROOM_VERSION" => error.with("room_version", version),
        _ => error,
    }
}

/// What is wrong with an event that somebody handed us.
fn event(error: &events::Error) -> Error {
    use events::Error as E;
    let text = error.to_string();
    match error {
        E::TooLarge(_) => Error::new(413, "M_TOO_LARGE", text),
        E::NotJson(_) => Error::new(400, "M_NOT_JSON", text),
        E::BadJson(_) => Error::bad_json(text),
        E::Format(_) => Error::invalid_param(text),
        E::Signature(_) | E::Forbidden(_) => Error::forbidden(text),
        E::Resolution(_) | E::Key(_) => Error::internal(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(status: u16, body: serde_json::Value) -> (u16, String) {
        let error = Error::from(E::Remote {
            server: ruma::server_name!("remote.example").to_owned(),
            status,
            errcode: body.get("errcode").and_then(|code| code.as_str()).map(str::to_owned),
            message: String::new(),
            body,
        });
        (error.status(), error.errcode().unwrap().to_owned())
    }

    #[test]
    fn what_is_meant_for_a_client_is_passed_on() {
        for (status, code) in [(403, "M_FORBIDDEN"), (404, "M_NOT_FOUND"), (400, "M_UNABLE_TO_GRANT_JOIN")] {
            assert_eq!(of(status, json!({ "errcode": code })), (status, code.to_owned()));
        }
    }

    /// A server that answers so would otherwise log users out here, or make clients believe that we lack an endpoint.
    #[test]
    fn what_is_between_servers_is_not() {
        for (status, code) in [
            // What was wrong with a request of ours is no fault of the client's.
            (400, "M_INVALID_PARAM"),
            (400, "M_MISSING_PARAM"),
            (401, "M_UNKNOWN_TOKEN"),
            (403, "M_USER_SUSPENDED"),
            (404, "M_UNRECOGNIZED"),
            (429, "M_LIMIT_EXCEEDED"),
        ] {
            assert_eq!(of(status, json!({ "errcode": code })), (502, "M_UNKNOWN".to_owned()));
        }
        assert_eq!(of(500, json!(null)), (502, "M_UNKNOWN".to_owned()));
    }
}
