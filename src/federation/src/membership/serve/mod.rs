//! What users of other servers want of rooms that are here, and of users of ours.

mod accept;
mod claim;
mod invite;
mod template;
mod third_party;

use accounts::Limit;
use ruma::{ServerName, UserId};

use crate::{Error, Federation, Result};

impl Federation {
    /// What every such request must pass: its server may do so much in a while, and speaks for its own users alone.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`], [`Error::Forbidden`].
    fn check_origin(&self, origin: &ServerName, user: &UserId) -> Result<()> {
        if user.server_name() != origin {
            return Err(Error::Forbidden(format!("{origin} does not speak for {user}")));
        }
        match self.inner.accounts.limits().check(Limit::OtherServer, origin) {
            Err(accounts::Error::LimitExceeded { retry_after }) => {
                Err(Error::LimitExceeded(u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX)))
            }
            outcome => Ok(outcome?),
        }
    }
}
