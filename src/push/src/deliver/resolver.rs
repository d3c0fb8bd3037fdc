//! The addresses of push gateways: users choose where pushers point to, and must not reach what is private.

use std::{io, net::SocketAddr, sync::Arc};

use peerbrain_core::AddressFilter;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Resolves names, and keeps back the addresses that may not be reached.
pub(super) struct Resolver(pub Arc<AddressFilter>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let filter = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> = found.into_iter().filter(|address| filter.allows(address.ip())).collect();
            if allowed.is_empty() {
                let error = io::Error::new(io::ErrorKind::PermissionDenied, "no address that may be reached");
                return Err(error.into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}
