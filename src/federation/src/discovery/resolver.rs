//! From the name of a host to the addresses that may be connected to.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use peerbrain_core::{AddressFilter, Clock, Random, SystemRandom, random};

use super::{
    dns::{Dns, Failure, Service},
    remembered::Remembered,
    services::in_order,
};

/// The port of federation, where nothing says another one.
const PORT: u16 = 8448;
/// Under which names services are looked for; the second is deprecated.
const SERVICES: [&str; 2] = ["_matrix-fed._tcp", "_matrix._tcp"];
/// SRV records that are followed.
const MOST_SERVICES: usize = 8;
/// Addresses of one name that are tried.
const MOST_ADDRESSES: usize = 16;

/// Looks names up, remembers them, and keeps back addresses that may not be reached.
pub(crate) struct Resolver {
    dns: Arc<dyn Dns>,
    clock: Arc<dyn Clock>,
    filter: Arc<AddressFilter>,
    random: Arc<dyn Random>,
    port: u16,
    addresses: Remembered<IpAddr>,
    services: Remembered<Service>,
}

impl Resolver {
    pub fn new(dns: Arc<dyn Dns>, clock: Arc<dyn Clock>, filter: Arc<AddressFilter>) -> Self {
        let (addresses, services) = (Remembered::new(), Remembered::new());
        let random = Arc::new(SystemRandom::new());
        Self { dns, clock, filter, random, port: PORT, addresses, services }
    }

    /// With another port than that of federation, for tests.
    #[cfg(test)]
    pub fn with_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Whether an address may be reached.
    pub fn allows(&self, address: IpAddr) -> bool {
        self.filter.allows(address)
    }

    /// The addresses of a name, at least one.
    pub async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, Failure> {
        let name = name.to_ascii_lowercase();
        let found = self.addresses.get(&name, self.clock.now_ms(), self.dns.addresses(&name)).await?;
        if found.is_empty() {
            return Err(Failure::new(format_args!("{name} has no address in the DNS")));
        }
        let allowed: Vec<IpAddr> =
            found.iter().copied().filter(|address| self.allows(*address)).take(MOST_ADDRESSES).collect();
        if allowed.is_empty() {
            return Err(Failure::new(format_args!("{name} is in a private network")));
        }
        Ok(allowed)
    }

    /// Where the server of a name without port is: what its SRV records say, or the port of federation
    /// (server-server §resolving-server-names, steps 3.3 to 3.5 and 4 to 6).
    pub async fn endpoints(&self, name: &str) -> Result<Vec<SocketAddr>, Failure> {
        let services = self.services(name).await;
        if services.is_empty() {
            return Ok(self.addresses(name).await?.into_iter().map(|address| (address, self.port).into()).collect());
        }
        let (mut found, mut failure) = (Vec::new(), Failure::new(format_args!("{name} says that it has no server")));
        for service in services.iter().filter(|service| !service.target.is_empty()) {
            match self.addresses(&service.target).await {
                Ok(addresses) => {
                    found.extend(addresses.into_iter().map(|address| SocketAddr::from((address, service.port))));
                }
                Err(error) => failure = error,
            }
        }
        found.truncate(MOST_ADDRESSES);
        if found.is_empty() { Err(failure) } else { Ok(found) }
    }

    /// The SRV records of a name in the order in which they are to be tried. Where the DNS does not answer to the
    /// question there are none: the addresses decide, and some resolvers do not know such records at all.
    async fn services(&self, name: &str) -> Vec<Service> {
        let [first, second] = SERVICES.map(|service| format!("{service}.{}", name.to_ascii_lowercase()));
        let (first, second) = tokio::join!(self.service(&first), self.service(&second));
        let mut found = if first.is_empty() { second } else { first }.to_vec();
        in_order(&mut found, |bound| self.below(bound));
        found.truncate(MOST_SERVICES);
        found
    }

    /// A random number below `bound`, which is not zero.
    fn below(&self, bound: u64) -> u64 {
        u64::from_le_bytes(random::bytes(&*self.random)) % bound
    }

    async fn service(&self, name: &str) -> Arc<[Service]> {
        let found = self.services.get(name, self.clock.now_ms(), self.dns.services(name)).await;
        found.unwrap_or_else(|failure| {
            tracing::debug!(name, %failure, "no answer about a service");
            Arc::from([])
        })
    }
}
