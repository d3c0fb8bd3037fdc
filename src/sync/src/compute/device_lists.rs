//! Device lists, and what is left of the device's own keys (client-server § Extensions to /sync).

use e2ee::device_lists::DeviceLists;

use super::{OwnKeys, Work};
use crate::Result;

impl Work<'_> {
    /// Whose keys are to be fetched anew, and whose need not be followed any more. There is no such thing in a first
    /// sync.
    pub(super) fn read_device_lists(&mut self) -> Result<DeviceLists> {
        let user = &self.question.user;
        match self.question.since {
            Some(since) if self.sources.follower.device_lists_may_change(user.as_str(), since, self.end) => {
                Ok(self.sources.e2ee.device_lists(self.conn.open()?, user, since, self.end)?)
            }
            _ => Ok(DeviceLists::default()),
        }
    }

    /// What is left of the keys of the device that asks.
    pub(super) fn read_key_counts(&mut self) -> Result<OwnKeys> {
        let (user, device) = (&self.question.user, &self.question.device);
        let e2ee = &self.sources.e2ee;
        let counts = match e2ee.known_key_counts(user, device) {
            Some(counts) => counts,
            None => e2ee.key_counts_in(self.conn.open()?, self.end, user, device)?,
        };
        Ok(OwnKeys { counts, given: self.question.since.is_some_and(|since| e2ee.keys_given_since(user, since)) })
    }
}
