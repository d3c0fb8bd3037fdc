//! Servers that know each other.

use std::{fs, path::PathBuf};

use tokio::net::TcpSocket;

use super::authority::Authority;
use crate::{database::Database, programs, server::Server, user::User};

/// Some servers, each with its certificate: `one.test`, `two.test` and so on.
pub struct World {
    /// The servers.
    pub servers: Vec<Server>,
    /// Bound, but not listening: so the kernel gives their ports to nobody, and the servers may listen there, again and
    /// again.
    _ports: Vec<TcpSocket>,
}

const NAMES: [&str; 4] = ["one.test", "two.test", "three.test", "four.test"];

impl World {
    /// So many servers, all on databases of the same kind, the first on this one.
    pub async fn start<const SERVERS: usize>(database: Database) -> Self {
        Self::start_with::<SERVERS>(database, "").await
    }

    /// The same with more in the section `[federation]` of all.
    pub async fn start_with<const SERVERS: usize>(database: Database, settings: &str) -> Self {
        let authority = Authority::new();
        let ports: Vec<TcpSocket> = (0..SERVERS).map(|_| port()).collect();
        let addresses: Vec<String> = ports.iter().map(|port| port.local_addr().unwrap().to_string()).collect();
        let known = NAMES.iter().zip(&addresses).map(|(name, address)| format!("\"{name}={address}\""));
        // Where nobody answers, so that nobody outside is asked.
        let known = known.chain(["\"nowhere.test=127.0.0.1:9\"".to_owned()]).collect::<Vec<_>>().join(", ");
        let (mut servers, mut first) = (Vec::new(), Some(database));
        for (name, address) in NAMES.iter().zip(&addresses) {
            let database = match (first.take(), servers.first()) {
                (Some(database), _) => database,
                (None, _) => again(&servers),
            };
            let mut server = Server::prepare(programs::server());
            let more = federates(&server, &authority, name, address) + &format!("overrides = [{known}]\n{settings}\n");
            server.write_configuration_of(name, &database, &more);
            server.restart().await;
            servers.push((server, database));
        }
        Self { servers: servers.into_iter().map(|(server, _)| server).collect(), _ports: ports }
    }

    /// A new user of one of the servers.
    pub async fn user(&self, server: usize, name: &str) -> User {
        self.servers[server].register(name).await
    }

    /// Asserts that all run and none has panicked.
    #[track_caller]
    pub fn is_sound(&mut self) {
        self.servers.iter_mut().for_each(Server::is_sound);
    }
}

/// What has a server federate at an address, with a certificate for a host. It ends within the section `[federation]`.
pub fn federates(server: &Server, authority: &Authority, host: &str, address: &str) -> String {
    let file = |name: &str, text: &str| -> PathBuf {
        let path = server.folder().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let (certificate, key) = authority.certificate(host);
    let (certificate, key) = (file("tls.crt", &certificate), file("tls.key", &key));
    let authorities = file("ca.crt", &authority.pem());
    format!(
        "[[listeners]]\nbind = {address:?}\napis = [\"federation\"]\ntls_certificate = {certificate:?}\n\
         tls_key = {key:?}\n[federation]\nca_file = {authorities:?}\nallowed_networks = [\"127.0.0.0/8\"]\n",
    )
}

/// A port of our own.
pub fn port() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket
}

/// A fresh database of the same kind.
fn again(servers: &[(Server, Database)]) -> Database {
    match servers.first() {
        Some((_, Database::Postgres { .. })) => Database::postgres().unwrap(),
        _ => Database::Sqlite,
    }
}
