//! Connections to servers, by the name under which they answer.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use peerbrain_core::config::Override;
use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use ruma::{OwnedServerName, ServerName};
use rustls::ClientConfig;

use super::{
    tls,
    web::{Hosts, literal},
};
use crate::{Result, discovery::Resolver};

/// The port of a server that is named by an address without one.
const PORT: u16 = 8448;

/// Connections to servers. In each address the host is what the certificate must be good for; where the connection goes
/// is decided when the name is resolved, so names of a different kind have clients of their own.
pub(super) struct Transport {
    ported: Client,
    bare: Client,
    overridden: BTreeMap<OwnedServerName, Client>,
    resolver: Arc<Resolver>,
}

impl Transport {
    /// # Errors
    /// A client that cannot be made.
    pub fn new(tls: &ClientConfig, resolver: Arc<Resolver>, overrides: &[Override]) -> Result<Self> {
        let fixed =
            |known: &Override| Ok((known.server.clone(), tls::client(tls, Fixed(known.address), |builder| builder)?));
        Ok(Self {
            ported: tls::client(tls, Hosts(resolver.clone()), |builder| builder)?,
            bare: tls::client(tls, Endpoints(resolver.clone()), |builder| builder)?,
            overridden: overrides.iter().map(fixed).collect::<Result<_>>()?,
            resolver,
        })
    }

    /// Whether the configuration says where this server is.
    pub fn knows(&self, name: &ServerName) -> bool {
        self.overridden.contains_key(name)
    }

    /// What finds the addresses of names.
    pub fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// The client that reaches this name, and the address of `path` there.
    ///
    /// # Errors
    /// Why there is no such address, in words.
    pub fn address(&self, name: &ServerName, path: &str) -> Result<(&Client, Url), String> {
        let host = name.host();
        let overridden = self.overridden.get(name);
        let (client, authority) = match (overridden, name.port()) {
            (Some(client), _) => (client, host.to_owned()),
            (None, Some(port)) => (&self.ported, format!("{host}:{port}")),
            (None, None) if name.is_ip_literal() => (&self.ported, format!("{host}:{PORT}")),
            (None, None) => (&self.bare, host.to_owned()),
        };
        let url = Url::parse(&format!("https://{authority}{path}"))
            .map_err(|error| format!("{name} cannot be asked: {error}"))?;
        match literal(&url) {
            Some(address) if overridden.is_none() && !self.resolver.allows(address) => {
                Err(format!("{name} is in a private network"))
            }
            _ => Ok((client, url)),
        }
    }
}

/// Names without port, whose services say where they are.
struct Endpoints(Arc<Resolver>);

impl Resolve for Endpoints {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.0.clone();
        Box::pin(async move { Ok(Box::new(resolver.endpoints(name.as_str()).await?.into_iter()) as Addrs) })
    }
}

/// A name whose address is in the configuration.
pub(super) struct Fixed(pub SocketAddr);

impl Resolve for Fixed {
    fn resolve(&self, _: Name) -> Resolving {
        let address = self.0;
        Box::pin(async move { Ok(Box::new(std::iter::once(address)) as Addrs) })
    }
}
