//! What the media crate refuses, as Matrix errors.

use std::io::ErrorKind;

use crate::Error;

impl From<media::Error> for Error {
    fn from(error: media::Error) -> Self {
        use media::Error as E;
        let text = error.to_string();
        match error {
            E::NotFound => Self::not_found(text),
            E::NotYetUploaded => Self::new(504, "M_NOT_YET_UPLOADED", text),
            E::CannotOverwrite => Self::new(409, "M_CANNOT_OVERWRITE_MEDIA", text),
            E::Forbidden(_) => Self::forbidden(text),
            E::TooLarge(_) => Self::new(413, "M_TOO_LARGE", text),
            E::LimitExceeded { retry_after } => {
                Self::limit_exceeded(u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX))
            }
            E::InvalidParam(_) => Self::invalid_param(text),
            E::NoThumbnail => Self::new(400, "M_UNKNOWN", text),
            E::Store(error) => error.into(),
            E::Storage(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
                tracing::error!(%error, "no room for media");
                Self::new(503, "M_UNKNOWN", "The server has no room for files now; try again later")
            }
            E::Storage(_) | E::Internal(_) => Self::internal(text),
        }
    }
}
