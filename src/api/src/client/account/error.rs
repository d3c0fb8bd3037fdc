//! What the accounts crate refuses, as Matrix errors.

use crate::Error;

impl From<accounts::Error> for Error {
    fn from(error: accounts::Error) -> Self {
        use accounts::Error as E;
        match error {
            E::UnknownToken { soft_logout } => Self::unknown_token(soft_logout),
            E::Locked => Self::new(401, "M_USER_LOCKED", E::Locked.to_string()).with("soft_logout", true),
            E::LimitExceeded { retry_after } => {
                Self::limit_exceeded(u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX))
            }
            E::Store(error) => error.into(),
            E::Uia(challenge) => match serde_json::to_value(&*challenge) {
                Ok(serde_json::Value::Object(body)) => Self::custom(401, body),
                _ => Self::internal("a challenge is an object"),
            },
            error if error.status() >= 500 => Self::internal(error),
            error => Self::new(error.status(), error.code(), error.to_string()),
        }
    }
}
