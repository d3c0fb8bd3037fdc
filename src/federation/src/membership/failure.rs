//! What is said when none of the servers could help.

use ruma::ServerName;

use crate::Error;

/// Of all that went wrong, what tells most.
#[derive(Default)]
pub(super) struct Failure(Option<Error>);

impl Failure {
    /// Notes that one of them could not help.
    pub fn note(&mut self, server: &ServerName, error: Error) {
        tracing::info!(%server, %error, "a server could not help into a room");
        if self.0.as_ref().is_none_or(|known| weight(known) < weight(&error)) {
            self.0 = Some(error);
        }
    }

    /// What is said.
    pub fn into_error(self) -> Error {
        self.0.unwrap_or_else(|| Error::NotFound("no server is known that is in the room".into()))
    }
}

/// A refusal says more than that somebody does not know the room, and that more than that nobody answered.
fn weight(error: &Error) -> u8 {
    match error {
        Error::Remote { status: 403, .. } | Error::Rooms(rooms::Error::Forbidden(_)) => 4,
        Error::Remote { status: 400, .. } => 3,
        Error::Remote { status: 404, .. } => 2,
        Error::Remote { .. } | Error::Rooms(_) | Error::BadAnswer { .. } => 1,
        _ => 0,
    }
}
