//! One of our servers among others that the test plays itself, honest or not.

use std::fs;

use peerbrain_peer::Peer;
use tokio::net::TcpSocket;

use super::{
    authority::Authority,
    world::{federates, port},
};
use crate::{database::Database, programs, server::Server};

/// A server of ours, and two that are played.
pub struct Encounter {
    /// Ours, called `127.0.0.1:PORT`.
    pub server: Server,
    /// The first of the others, called `127.0.0.1:PORT`, too. [`Peer::second`] is the other one.
    pub peer: Peer,
    /// See [`super::world::World`].
    _ports: [TcpSocket; 2],
}

impl Encounter {
    /// * `federation`: more lines of the section `[federation]`, with FIRST for the name of the first of the others.
    /// * `settings`: further ones, each a variable without `PEERBRAIN__` and its value.
    pub async fn start(database: &Database, federation: &str, settings: &[(String, String)]) -> Self {
        let (authority, ports) = (Authority::new(), [port(), port()]);
        let [ours, theirs] = ports.each_ref().map(|port| port.local_addr().unwrap());
        let mut server = Server::prepare(programs::server());
        let section = federates(&server, &authority, "127.0.0.1", &ours.to_string());
        // The second one has the same port, and a name that nobody is to look up.
        let second = format!("overrides = [\"localhost:{}={theirs}\"]", theirs.port());
        let more = federation.replace("FIRST", &theirs.to_string());
        server.write_configuration_of(&ours.to_string(), database, &format!("{section}{second}\n{more}\n"));
        for (name, value) in settings {
            server.set(&format!("PEERBRAIN__{name}"), value);
        }
        server.restart().await;
        let folder = server.beside("peer");
        let (certificate, key) = authority.certificate_for(&["127.0.0.1", "localhost"]);
        for (name, text) in [("ca.crt", authority.pem()), ("tls.crt", certificate), ("tls.key", key)] {
            fs::write(folder.join(name), text).unwrap();
        }
        let peer = Peer::start(theirs, &folder, &ours.to_string()).await.unwrap();
        Self { server, peer, _ports: ports }
    }
}
