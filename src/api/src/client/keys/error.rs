//! What the e2ee crate refuses, as Matrix errors.

use crate::Error;

impl From<e2ee::Error> for Error {
    fn from(error: e2ee::Error) -> Self {
        use e2ee::Error as E;
        match error {
            E::Store(error) => error.into(),
            E::Rooms(error) => error.into(),
            E::DeviceGone => Self::unknown_token(false),
            E::WrongBackupVersion(ref current) => {
                let current = current.clone();
                Self::new(error.status(), error.code(), error.to_string()).with("current_version", current)
            }
            E::Internal(_) => Self::internal(error),
            error => Self::new(error.status(), error.code(), error.to_string()),
        }
    }
}
