//! From the name of a server to where it is (server-server §resolving-server-names).
//!
//! A name leads to another one by its `.well-known` file, if it has one, and that to addresses by SRV and address records.
//! The name in between is what the `Host` header says and what the certificate must be good for, in every step of the
//! specification; so it is all that has to be remembered of the first part, and the second is done when a connection is
//! made.

mod delegations;
mod dns;
pub(crate) mod lifetime;
mod remembered;
mod resolver;
mod services;
mod system_dns;
pub(crate) mod well_known;

use std::sync::Arc;

use peerbrain_core::Clock;
use ruma::{OwnedServerName, ServerName};

pub(crate) use dns::Dns;
#[cfg(test)]
pub(crate) use dns::{Failure, Looked, Records, Service};
pub(crate) use resolver::Resolver;
pub(crate) use system_dns::SystemDns;

use crate::client::{Unopened, Web};
use delegations::Delegations;
use well_known::WellKnown;

/// The first part of the way: `.well-known`.
pub(crate) struct Discovery {
    web: Web,
    clock: Arc<dyn Clock>,
    delegations: Delegations,
    port: Option<u16>,
}

impl Discovery {
    pub fn new(web: Web, clock: Arc<dyn Clock>) -> Self {
        Self { web, clock, delegations: Delegations::new(), port: None }
    }

    /// With another port than that of https, for tests.
    #[cfg(test)]
    pub fn with_port(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    /// The name under which a server answers: its own, or one that it hands over to. Addresses and names with a port stand
    /// for themselves (steps 1 and 2).
    pub async fn delegate(&self, server: &ServerName) -> OwnedServerName {
        if server.is_ip_literal() || server.port().is_some() {
            return server.to_owned();
        }
        let delegated = self.delegations.get(server, self.clock.now_ms(), self.look(server)).await;
        delegated.unwrap_or_else(|| server.to_owned())
    }

    /// The file of a server as it is now.
    ///
    /// # Errors
    /// Why there is none, or none that can be used.
    pub async fn look(&self, server: &ServerName) -> Result<WellKnown, Unopened> {
        well_known::fetch(&self.web, server.host(), self.port, self.clock.now_ms()).await
    }
}
