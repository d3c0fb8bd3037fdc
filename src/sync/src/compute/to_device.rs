//! Messages to the device that asks (client-server § Send-to-Device messaging).

use e2ee::to_device::Delivery;

use super::{Found, Work};
use crate::{Result, follow::Kind};

impl Work<'_> {
    /// The next messages; where more wait than one answer holds, the token says how far it has come.
    pub(super) fn read_to_device(&mut self, found: &mut Found) -> Result<()> {
        let device = (&*self.question.user, &*self.question.device);
        let after = self.question.known.messages_upto();
        let lately = &self.sources.follower.lately;
        if self.question.since.is_some() && !lately.happened(Kind::ToDevice, device.0.as_str(), after, self.end) {
            return Ok(());
        }
        let Delivery { messages, upto } =
            self.sources.e2ee.waiting_messages(self.conn.open()?, device, after, self.end)?;
        found.token.to_device = (upto < self.end).then_some(upto);
        found.to_device = messages;
        Ok(())
    }
}
