//! The name of the server, and how it deals with connections.

use std::path::PathBuf;
use std::time::Duration;

use ruma::{OwnedServerName, server_name};
use serde::{Deserialize, Serialize};

use crate::config::Network;
use crate::config::describe::{settings, unset_when_empty};

settings! {
    /// Who this server is.
    pub struct Server {
        /// The part of user ids after the colon, such as "example.org". IT CAN NEVER BE CHANGED: users, rooms and events
        /// carry it. "localhost" is for trial only; nobody outside will ever be able to reach its users.
        name: OwnedServerName = server_name!("localhost").to_owned(),
        /// The folder for everything the server keeps.
        data_dir: PathBuf = PathBuf::from("./data"),
        /// The file with the key that signs events. Unset: "signing.key" in the data folder.
        #[serde(deserialize_with = "unset_when_empty")]
        signing_key_path: Option<PathBuf> = None,
        /// Under which address clients reach this server, such as "https://matrix.example.org". Links in answers use it.
        #[serde(deserialize_with = "unset_when_empty")]
        public_base_url: Option<String> = None,
        /// Networks of the reverse proxies whose X-Forwarded-For header is believed, such as ["127.0.0.1", "10.0.0.0/8"].
        /// Behind a proxy that is not listed all clients share one address, and so one set of limits.
        /// "unix" stands for every listener on a Unix socket.
        trusted_proxies: Vec<TrustedProxy> = Vec::new(),
        /// How long a connection may take to bring the head of its first request, in seconds. Then the answer is 408.
        request_head_seconds: u64 = 15,
        /// How long the body of a request may take to come, in seconds. Uploaded files may take longer, while they go on coming.
        request_body_seconds: u64 = 60,
        /// Connections that each listener may have at the same time; further ones wait. 0: the listeners share half of the
        /// files that the system lets this process open, with 20,000 each at most. One address has a quarter of them at most,
        /// unless it is this machine's or that of a proxy that is believed.
        max_connections: usize = 0,
    }
}

impl Server {
    /// The file of the signing key.
    pub fn signing_key_path(&self) -> PathBuf {
        self.signing_key_path.clone().unwrap_or_else(|| self.data_dir.join("signing.key"))
    }

    /// How long a connection may take to bring the head of its first request.
    pub fn request_head(&self) -> Duration {
        Duration::from_secs(self.request_head_seconds)
    }

    /// How long the body of a request may take to come.
    pub fn request_body(&self) -> Duration {
        Duration::from_secs(self.request_body_seconds)
    }

    /// Whether a request that came from `peer` may say from which address it was made. `None` is a Unix socket.
    pub fn trusts(&self, peer: Option<std::net::IpAddr>) -> bool {
        self.trusted_proxies.iter().any(|proxy| match (proxy, peer) {
            (TrustedProxy::Network(network), Some(peer)) => network.contains(peer),
            (TrustedProxy::Unix, None) => true,
            _ => false,
        })
    }
}

/// A reverse proxy that is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TrustedProxy {
    /// One that connects from this network.
    Network(Network),
    /// One that connects through a Unix socket.
    Unix,
}

impl TryFrom<String> for TrustedProxy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "unix" { Ok(Self::Unix) } else { text.parse().map(Self::Network) }
    }
}

impl From<TrustedProxy> for String {
    fn from(proxy: TrustedProxy) -> Self {
        match proxy {
            TrustedProxy::Network(network) => network.to_string(),
            TrustedProxy::Unix => "unix".to_owned(),
        }
    }
}
