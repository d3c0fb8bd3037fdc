//! The servers that are played: their names and keys, and where they listen.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::failure::Failure;
use crate::request::Request;
use crate::{Identity, Inner, Peer, Them, http, locked, requests};

impl Peer {
    /// Begins to listen at an address of 127.0.0.1, with the certificate in a folder, as a peer of the server named.
    pub async fn start(address: SocketAddr, folder: &Path, under_test: &str) -> Result<Self, Failure> {
        let name = |host: &str| format!("{host}:{}", address.port());
        // The seeds may be known to everybody: nothing but a server under test believes these names.
        let main = Identity::new(&name("127.0.0.1"), "ed25519:scripted", &[0x31; 32])?;
        let second = Identity::new(&name("localhost"), "ed25519:second", &[0x32; 32])?;
        Peer::play(vec![main, second], &[address], folder, under_test).await
    }

    /// Begins to listen at several ports of 127.0.0.1, as another server at each.
    pub async fn start_many(ports: Range<u16>, folder: &Path, under_test: &str) -> Result<Self, Failure> {
        let named = |port: u16| {
            let mut seed = [0x33; 32];
            seed.iter_mut().zip(port.to_be_bytes()).for_each(|(to, from)| *to = from);
            Identity::new(&format!("127.0.0.1:{port}"), "ed25519:many", &seed)
        };
        let servers: Result<Vec<Identity>, Failure> = ports.clone().map(named).collect();
        let addresses: Vec<SocketAddr> = ports.map(|port| (Ipv4Addr::LOCALHOST, port).into()).collect();
        Peer::play(servers?, &addresses, folder, under_test).await
    }

    /// Begins to listen at these addresses as these servers.
    async fn play(
        servers: Vec<Identity>,
        addresses: &[SocketAddr],
        folder: &Path,
        under_test: &str,
    ) -> Result<Self, Failure> {
        // Whoever has chosen another one before keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = http::tls(folder).map_err(Failure::new)?;
        let http = requests::client(folder).map_err(Failure::new)?;
        let them = Them { name: under_test.to_owned(), keys: requests::keys_of(&http, under_test).await? };
        let peer = Peer::of(servers, them, http)?;
        for address in addresses {
            let answering = peer.clone();
            http::listen(*address, tls.clone(), Arc::new(move |request: &Request| answering.handle(request)))
                .map_err(|error| Failure::new(format!("{address}: {error}")))?;
        }
        Ok(peer)
    }

    /// These servers towards one under test. They do not listen yet.
    pub(crate) fn of(servers: Vec<Identity>, them: Them, http: reqwest::Client) -> Result<Self, Failure> {
        let me = servers.first().cloned().ok_or_else(|| Failure::new("there is no server to be played"))?;
        let them = Arc::new(them);
        let inner = Arc::new(Inner {
            servers,
            tested: Mutex::new(vec![them.clone()]),
            http,
            rooms: Mutex::default(),
            lies: Mutex::default(),
            asked: Mutex::default(),
            watching: Mutex::default(),
            sending: tokio::sync::Mutex::default(),
            told: Mutex::default(),
            files: Mutex::default(),
        });
        Ok(Peer { me, them, inner })
    }

    /// The same as each of its servers.
    pub fn servers(&self) -> Vec<Peer> {
        self.inner.servers.iter().map(|me| Peer { me: me.clone(), ..self.clone() }).collect()
    }

    /// The same towards another server under test, whose requests are answered from now on, too.
    pub async fn towards(&self, name: &str) -> Result<Peer, Failure> {
        let keys = requests::keys_of(&self.inner.http, name).await?;
        let them = Arc::new(Them { name: name.to_owned(), keys });
        locked(&self.inner.tested).push(them.clone());
        Ok(Peer { them, ..self.clone() })
    }

    /// The same as the second of its servers.
    pub fn second(&self) -> Peer {
        self.servers().into_iter().nth(1).unwrap_or_else(|| self.clone())
    }
}
