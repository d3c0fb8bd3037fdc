//! What people say when they are asked for their server.

use matrix_sdk::ClientBuilder;
use matrix_sdk::ruma::{OwnedServerName, ServerName, UserId};
use url::Url;

use crate::error::{Error, Result};

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Its address is given.
    Url(Url),
    /// Its name is given, and it says itself where it is.
    Name(OwnedServerName),
}

impl Address {
    /// What a name, an address or a Matrix id says of a server.
    ///
    /// # Errors
    /// It is none of these.
    pub fn of(given: &str) -> Result<Self> {
        let given = given.trim().trim_end_matches('/');
        if given.contains("://") {
            let url = Url::parse(given).map_err(|why| Error::Input(format!("{given} is no address: {why}.")))?;
            if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
                return Err(Error::Input(format!("{given} is no address of a server.")));
            }
            return Ok(Self::Url(url));
        }
        if given.starts_with('@') {
            return Ok(Self::Name(<&UserId>::try_from(given)?.server_name().to_owned()));
        }
        let name = <&ServerName>::try_from(given).map_err(|_| {
            Error::Input(format!(
                "{given:?} is no server: give a name such as example.org, or an address such as https://…"
            ))
        })?;
        // A server on this machine has no certificate, and tells nobody where it is.
        if is_local(name.host()) {
            let url = Url::parse(&format!("http://{given}")).map_err(|why| Error::Input(why.to_string()))?;
            return Ok(Self::Url(url));
        }
        Ok(Self::Name(name.to_owned()))
    }

    /// Tells a client where its server is.
    pub fn apply(&self, builder: ClientBuilder) -> ClientBuilder {
        match self {
            Self::Url(url) => builder.homeserver_url(url),
            // Some servers have no file that says where they are, and answer under their name.
            Self::Name(name) => builder.server_name_or_homeserver_url(name.as_str()),
        }
    }
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.starts_with("127.") || host == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_addresses_and_ids_are_understood() {
        let url = |text: &str| Address::Url(Url::parse(text).unwrap());
        let name = |text: &str| Address::Name(text.try_into().unwrap());
        assert_eq!(Address::of("https://matrix.example.org/").unwrap(), url("https://matrix.example.org"));
        assert_eq!(Address::of("example.org").unwrap(), name("example.org"));
        assert_eq!(Address::of("@alice:example.org").unwrap(), name("example.org"));
        assert_eq!(Address::of("localhost:8008").unwrap(), url("http://localhost:8008"));
        assert_eq!(Address::of("127.0.0.1:8008").unwrap(), url("http://127.0.0.1:8008"));
        for wrong in ["", "ftp://example.org", "no server", "@alice"] {
            assert!(Address::of(wrong).is_err(), "{wrong}");
        }
    }
}
