//! What the push crate refuses, as Matrix errors.

use crate::Error;

impl From<push::Error> for Error {
    fn from(error: push::Error) -> Self {
        use push::Error as E;
        match error {
            E::Rooms(error) => error.into(),
            E::Store(error) => error.into(),
            error => Self::new(error.status(), error.code(), error.to_string()),
        }
    }
}
