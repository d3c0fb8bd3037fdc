//! Where other servers find this one.

use ruma::ServerName;

use super::{Config, FederationMode};

impl Config {
    /// What `/.well-known/matrix/server` says: where other servers find this one, if the operator has said so. A public
    /// address will do if it is a plain https one, for there the server-server API is, too.
    pub fn federation_address(&self) -> Option<String> {
        if let Some(server) = &self.well_known.server {
            return Some(server.clone());
        }
        let public = self.server.public_base_url.as_ref().filter(|_| self.federation.mode != FederationMode::Off)?;
        let authority = public.strip_prefix("https://")?.trim_end_matches('/');
        let name = ServerName::parse(authority).ok()?;
        Some(name.port().map_or_else(|| format!("{name}:443"), |_| name.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_where_servers_find_us() {
        let of = |public: &str, server: Option<&str>, mode| {
            let mut config = Config::default();
            config.server.public_base_url = Some(public.to_owned());
            config.well_known.server = server.map(str::to_owned);
            config.federation.mode = mode;
            config.federation_address()
        };
        for (public, want) in [
            ("https://matrix.example.org", Some("matrix.example.org:443")),
            ("https://matrix.example.org/", Some("matrix.example.org:443")),
            ("https://matrix.example.org:8448", Some("matrix.example.org:8448")),
            ("https://[::1]", Some("[::1]:443")),
            ("https://example.org/matrix", None),
            ("http://matrix.example.org", None),
        ] {
            assert_eq!(of(public, None, FederationMode::Open).as_deref(), want, "{public}");
        }
        let other = of("https://a.example", Some("b.example"), FederationMode::Open);
        assert_eq!(other.as_deref(), Some("b.example"));
        assert_eq!(of("https://a.example", None, FederationMode::Off), None);
    }
}
