//! One of the servers of the story, behind its proxy.

use std::time::{Duration, Instant};

use super::proxy::Proxy;
use super::state_ids::Key;
use super::synapse::Synapse;
use crate::client::Client;
use crate::database::Database;
use crate::federation::authority::Authority;
use crate::federation::world::federates;
use crate::programs;
use crate::random::Chance;
use crate::server::Server;

/// How long a server may take until it says where it answers others.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many lines of its log are shown.
const LOGGED: usize = 100;

/// A server behind its proxy.
pub struct Site {
    /// What stands before it.
    pub proxy: Proxy,
    program: Program,
}

enum Program {
    Ours(Box<Server>),
    Synapse(Synapse),
}

impl Site {
    /// One of ours.
    pub async fn ours(authority: &Authority, database: &Database, chance: &mut Chance) -> Self {
        let proxy = Proxy::start(authority, chance.branch());
        let server = Server::prepare(programs::server());
        // The port is another after each start. One that is kept might be taken while the server is dead.
        let more = federates(&server, authority, "127.0.0.1", "127.0.0.1:0");
        server.write_configuration_of(&proxy.name(), database, &more);
        let mut site = Self { proxy, program: Program::Ours(Box::new(server)) };
        site.start().await;
        site
    }

    /// A Synapse. None where there is none, which has been said.
    pub fn synapse(authority: &Authority, chance: &mut Chance) -> Option<Self> {
        let proxy = Proxy::start(authority, chance.branch());
        let (synapse, address) = Synapse::start(&proxy.name(), authority)?;
        proxy.lead_to(Some(address));
        Some(Self { proxy, program: Program::Synapse(synapse) })
    }

    /// The server's name.
    pub fn name(&self) -> String {
        self.proxy.name()
    }

    /// A client without a token.
    pub fn client(&self) -> &Client {
        match &self.program {
            Program::Ours(server) => server.client(),
            Program::Synapse(synapse) => synapse.client(),
        }
    }

    /// Whether it is one of ours.
    pub fn is_ours(&self) -> bool {
        matches!(self.program, Program::Ours(_))
    }

    /// Its signing key, if it is one of ours.
    pub fn key(&self) -> Option<Key> {
        let Program::Ours(server) = &self.program else { return None };
        Some(Key::read(&self.name(), &server.data().join("signing.key")))
    }

    /// What one of ours has logged about the events that are named here.
    pub fn logged(&self, found: &[String]) -> Vec<String> {
        let Program::Ours(server) = &self.program else { return Vec::new() };
        let named: Vec<&str> = found.iter().flat_map(|one| one.split(' ')).filter(|word| is_event(word)).collect();
        let is_about = |line: &&str| named.iter().any(|event| line.contains(event));
        server.errors().lines().filter(is_about).take(LOGGED).map(str::to_owned).collect()
    }

    /// One of ours dies by kill -9, and is back after a while.
    pub async fn die(&mut self, pause: Duration) {
        let Program::Ours(server) = &mut self.program else { return };
        server.kill();
        self.proxy.lead_to(None);
        tokio::time::sleep(pause).await;
        self.start().await;
    }

    /// Asserts of one of ours that it runs, has not panicked, and that its database finds no fault with itself. It is
    /// stopped after that.
    pub async fn is_sound(&mut self) {
        let Program::Ours(server) = &mut self.program else { return };
        server.is_sound();
        server.stop().await;
        let check = server.run(&["db", "check"]);
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    }

    async fn start(&mut self) {
        let Program::Ours(server) = &mut self.program else { return };
        server.restart().await;
        let started = Instant::now();
        let address = loop {
            if let Some(address) = server.announced("https") {
                break address;
            }
            assert!(started.elapsed() < PATIENCE, "the server does not answer others");
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        self.proxy.lead_to(Some(address.parse().unwrap()));
    }
}

/// Whether a word is the id of an event.
fn is_event(word: &str) -> bool {
    word.len() > 1 && word.starts_with('$')
}
