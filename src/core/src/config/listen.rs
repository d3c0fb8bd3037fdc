//! Where the server listens, and what it offers there.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::describe::{settings, unset_when_empty, words};

settings! {
    /// One place to listen on; write this block once for each. Without any, the server listens on the default shown.
    pub struct Listener {
        /// An address and a port ("127.0.0.1:8008", "[::]:8448"), or a Unix socket ("unix:/run/peerbrain.sock").
        /// "unix:" followed by a relative path counts from the folder that the server runs in.
        bind: Bind = Bind::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 8008))),
        /// What is answered here: "client", "federation", "admin", "health", "metrics". Metrics tell strangers more than
        /// they should know: offer them only where strangers cannot reach.
        apis: Vec<Api> = vec![Api::Client, Api::Federation, Api::Admin, Api::Health],
        /// For TLS: the file with the certificate and its chain (PEM). Without it the listener speaks plain HTTP.
        #[serde(deserialize_with = "unset_when_empty")]
        tls_certificate: Option<PathBuf> = None,
        /// For TLS: the file with the private key (PEM).
        #[serde(deserialize_with = "unset_when_empty")]
        tls_key: Option<PathBuf> = None,
    }
}

impl Listener {
    /// Certificate and key files, if this listener speaks TLS.
    pub fn tls(&self) -> Option<(&Path, &Path)> {
        self.tls_certificate.as_deref().zip(self.tls_key.as_deref())
    }

    /// Whether `api` is answered here.
    pub fn serves(&self, api: Api) -> bool {
        self.apis.contains(&api)
    }
}

words! {
    /// A group of endpoints that a listener offers.
    pub enum Api {
        /// The client-server API and `/.well-known/matrix`.
        Client = "client",
        /// The server-server API and the server's keys.
        Federation = "federation",
        /// `/health`.
        Health = "health",
        /// `/metrics` for Prometheus.
        Metrics = "metrics",
        /// What programs of the operator call: `/_synapse/admin/v1/register`, for those who know the shared secret.
        Admin = "admin",
    }
}

/// What a listener is bound to. Written as text: see [`Bind::from_str`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Bind {
    /// A TCP address.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl FromStr for Bind {
    type Err = String;

    /// Reads `address:port` or `unix:path`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some(path) if !path.is_empty() => Ok(Self::Unix(PathBuf::from(path))),
            _ => text.parse().map(Self::Tcp).map_err(|_| {
                format!("{text:?} is neither an address with a port (\"127.0.0.1:8008\") nor a socket (\"unix:/path\")")
            }),
        }
    }
}

impl TryFrom<String> for Bind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Bind> for String {
    fn from(bind: Bind) -> Self {
        bind.to_string()
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_sockets_are_told_apart() {
        assert_eq!("[::1]:80".parse(), Ok(Bind::Tcp("[::1]:80".parse().unwrap())));
        assert_eq!("unix:a/b".parse(), Ok(Bind::Unix(PathBuf::from("a/b"))));
        for text in ["", "8008", "localhost", "unix:", "127.0.0.1"] {
            assert!(text.parse::<Bind>().is_err(), "{text}");
        }
    }
}
