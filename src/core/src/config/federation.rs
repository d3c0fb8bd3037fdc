//! The section on other servers.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use ruma::{OwnedServerName, ServerName};
use serde::{Deserialize, Serialize};

use super::{
    Network,
    describe::{settings, unset_when_empty, words},
};

settings! {
    /// Other servers: with whom this one exchanges rooms, and how it reaches them.
    pub struct Federation {
        /// "open": with every server. "listed": only with those in allowed_servers. "off": with none; only this server's own
        /// keys are told then, so that what it signed before stays good.
        mode: FederationMode = FederationMode::Open,
        /// The servers of mode "listed", such as ["example.org", "matrix.example.com:8448"].
        allowed_servers: Vec<OwnedServerName> = Vec::new(),
        /// Networks that other servers may be in although they are private, such as ["10.0.0.0/8"]. Others of them are never
        /// connected to, whatever a stranger's name resolves to.
        allowed_networks: Vec<Network> = Vec::new(),
        /// A file with further certificate authorities (PEM) that are believed, beside those of the system.
        #[serde(deserialize_with = "unset_when_empty")]
        ca_file: Option<PathBuf> = None,
        /// Where servers are reached that the public way does not lead to, such as ["example.org=10.0.0.5:8448"]. Their
        /// certificates must be good for the name all the same.
        overrides: Vec<Override> = Vec::new(),
        /// Servers that are asked for the keys of those that cannot be reached, such as ["matrix.org"]. They are believed, so
        /// name few. Without any, rooms that were founded on servers that are gone cannot be entered.
        notaries: Vec<OwnedServerName> = Vec::new(),
    }
}

words! {
    /// With whom this server exchanges rooms.
    pub enum FederationMode {
        /// With nobody.
        Off = "off",
        /// With those listed.
        Listed = "listed",
        /// With everybody.
        Open = "open",
    }
}

impl Federation {
    /// Whether this server has to do with another one.
    pub fn allows(&self, server: &ServerName) -> bool {
        match self.mode {
            FederationMode::Off => false,
            FederationMode::Listed => self.allowed_servers.iter().any(|allowed| allowed == server),
            FederationMode::Open => true,
        }
    }
}

/// Where a server is reached. Written as `name=address:port`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Override {
    /// The server.
    pub server: OwnedServerName,
    /// Its address.
    pub address: SocketAddr,
}

impl FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} does not say where a server is, as \"example.org=10.0.0.5:8448\" does");
        let (server, address) = text.split_once('=').ok_or_else(wrong)?;
        let server = ServerName::parse(server).map_err(|_| wrong())?;
        if server.is_ip_literal() {
            return Err(format!("{text:?}: the name {server} is an address already"));
        }
        Ok(Self { server, address: address.parse().map_err(|_| wrong())? })
    }
}

impl TryFrom<String> for Override {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Override> for String {
    fn from(known: Override) -> Self {
        known.to_string()
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.server, self.address)
    }
}

#[cfg(test)]
mod tests {
    use ruma::server_name;

    use super::*;

    #[test]
    fn overrides_name_a_server_and_an_address() {
        let known: Override = "example.org:8448=[::1]:443".parse().unwrap();
        assert_eq!((known.server.as_str(), known.address), ("example.org:8448", "[::1]:443".parse().unwrap()));
        assert_eq!(known.to_string(), "example.org:8448=[::1]:443");
        for text in [
            "",
            "example.org",
            "example.org=",
            "=127.0.0.1:1",
            "example.org=localhost:1",
            "a b=127.0.0.1:1",
            "127.0.0.1=[::1]:1",
        ] {
            assert!(text.parse::<Override>().is_err(), "{text}");
        }
    }

    #[test]
    fn who_is_not_listed_is_a_stranger() {
        let of =
            |mode| Federation { mode, allowed_servers: vec!["a.example".try_into().unwrap()], ..Federation::default() };
        let (listed, stranger) = (server_name!("a.example"), server_name!("b.example"));
        for (mode, want) in [
            (FederationMode::Off, [false, false]),
            (FederationMode::Listed, [true, false]),
            (FederationMode::Open, [true; 2]),
        ] {
            assert_eq!([of(mode).allows(listed), of(mode).allows(stranger)], want, "{mode:?}");
        }
    }
}
