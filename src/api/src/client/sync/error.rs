//! What the sync crate refuses, as Matrix errors.

use std::sync::Arc;

use crate::Error;

impl From<sync::Error> for Error {
    fn from(error: sync::Error) -> Self {
        use sync::Error as E;
        let text = error.to_string();
        match error {
            E::InvalidParam(text) => Self::invalid_param(text),
            // What several requests share must be told without being taken apart.
            E::Accounts(error) => Arc::try_unwrap(error).map_or_else(|error| shared(&error), Self::from),
            E::Rooms(error) => Arc::try_unwrap(error).map_or_else(|error| shared_by_rooms(&error), Self::from),
            E::Store(error) => Arc::try_unwrap(error).map_or_else(|_| Self::unavailable(text), Self::from),
            E::NotInMemory => Self::internal(text),
            E::Internal(text) => Self::internal(text),
        }
    }
}

fn shared_by_rooms(error: &rooms::Error) -> Error {
    match error {
        rooms::Error::Store(_) | rooms::Error::Unavailable(_) => Error::unavailable(error),
        error => Error::internal(error),
    }
}

fn shared(error: &accounts::Error) -> Error {
    if error.status() >= 500 {
        return Error::unavailable(error);
    }
    Error::new(error.status(), error.code(), error.to_string())
}
