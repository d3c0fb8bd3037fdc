//! The client against a server under a test's control, over real TLS.

mod authority;
mod examining;
mod files;
mod finding;
mod ipv6;
mod lies;
mod names;
mod peer;
mod requests;
mod returning;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use events::SigningKey;
use peerbrain_core::{ManualClock, config};
use ruma::{ServerName, server_name};

use super::{Bounds, Client, Options};
use authority::Authority;
use names::Names;
use peer::{Peer, Seen};

/// More time than anything takes, on slow machines, too.
const BOUNDS: Bounds = Bounds { bytes: 65_536, time: Duration::from_secs(60) };

/// A client, the names it sees, and the authority it believes.
struct World {
    authority: Authority,
    names: Arc<Names>,
    clock: ManualClock,
    settings: config::Federation,
}

impl World {
    fn new() -> Self {
        let authority = Authority::new();
        let settings = config::Federation {
            ca_file: Some(authority.file().to_owned()),
            allowed_networks: vec!["127.0.0.1".parse().unwrap()],
            ..config::Federation::default()
        };
        Self { authority, names: Arc::default(), clock: ManualClock::at(1_700_000_000_000), settings }
    }

    /// A client for which `port` is that of https and of federation.
    fn client(&self, port: u16) -> Client {
        let options = Options {
            server_name: server_name!("us.example").to_owned(),
            key: Arc::new(SigningKey::generate([7; 32]).unwrap()),
            clock: Arc::new(self.clock.clone()),
            settings: self.settings.clone(),
        };
        Client::with(options, self.names.clone(), |it| it.with_port(port), |it| it.with_port(port)).unwrap()
    }
}

/// Asks a server for its version.
async fn ask(client: &Client, server: &ServerName) -> crate::Result<Bytes> {
    ask_within(client, server, BOUNDS).await
}

async fn ask_within(client: &Client, server: &ServerName, bounds: Bounds) -> crate::Result<Bytes> {
    let request = http::Request::get("/_matrix/federation/v1/version").body(Bytes::new()).unwrap();
    client.fetch(server, request, bounds).await
}
