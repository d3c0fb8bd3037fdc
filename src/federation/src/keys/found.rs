//! Keys that were found.

use std::{collections::BTreeMap, sync::Arc};

use events::PublicKey;
use ruma::{MilliSecondsSinceUnixEpoch, OwnedServerName, OwnedServerSigningKeyId, ServerName, ServerSigningKeyId};

/// Which keys are needed: by server and key id the moment at which the key must have been valid.
pub type Wanted = BTreeMap<OwnedServerName, BTreeMap<OwnedServerSigningKeyId, MilliSecondsSinceUnixEpoch>>;

/// A key of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub public: PublicKey,
    /// What was signed later than this is not believed: for a key in use that is as far as its server promised to use it,
    /// for an old one when its server stopped.
    pub good_until: MilliSecondsSinceUnixEpoch,
}

/// All that is known of the keys of one server.
pub type ServerKeys = BTreeMap<OwnedServerSigningKeyId, Key>;

/// The keys of some servers, good or not.
#[derive(Clone, Debug, Default)]
pub struct Keys(BTreeMap<OwnedServerName, Arc<ServerKeys>>);

impl Keys {
    /// The key, if it may have signed something at that moment.
    pub fn at(
        &self,
        server: &ServerName,
        key: &ServerSigningKeyId,
        moment: MilliSecondsSinceUnixEpoch,
    ) -> Option<&PublicKey> {
        let key = self.0.get(server)?.get(key)?;
        (moment <= key.good_until).then_some(&key.public)
    }

    /// Adds all keys of a server, in the place of those that were there.
    pub(super) fn put(&mut self, server: OwnedServerName, keys: Arc<ServerKeys>) {
        self.0.insert(server, keys);
    }
}
