//! `POST /keys/claim` of a client, as far as it concerns users of other servers.

use std::{collections::BTreeMap, time::Duration};

use e2ee::keys::{Claimed, Wanted};
use ruma::OwnedServerName;
use serde_json::{Map, Value};

use crate::{Federation, Result};

impl Federation {
    /// Takes a key of each of these devices, of our users and of others. The second part tells the servers that did not
    /// answer in time, as clients are told.
    ///
    /// # Errors
    /// What the database says.
    pub async fn claim_keys(&self, wanted: Wanted, time: Duration) -> Result<(Claimed, Map<String, Value>)> {
        let (ours, theirs): (Wanted, Wanted) =
            wanted.into_iter().partition(|(user, _)| user.server_name() == self.server_name());
        let mut by_server: BTreeMap<OwnedServerName, Wanted> = BTreeMap::new();
        for (user_id, devices) in theirs {
            by_server.entry(user_id.server_name().to_owned()).or_default().insert(user_id, devices);
        }
        let devices = &self.inner.devices;
        let asked = devices.ask_all(by_server.into_iter().collect(), time, |server, wanted: Wanted| {
            Box::pin(async move { devices.servers.claim(&server, wanted).await })
        });
        let (claimed, asked) = tokio::join!(self.inner.e2ee.claim_keys(ours), asked);
        let mut claimed = claimed?;
        claimed.extend(asked.answers.into_iter().flatten());
        Ok((claimed, asked.failures))
    }
}
