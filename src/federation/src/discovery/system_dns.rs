//! The DNS as the system is configured for it.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use hickory_resolver::{
    TokioResolver,
    lookup::Lookup,
    net::{DnsError, NetError},
    proto::rr::{Name, RData},
};
use parking_lot::Mutex;

use super::dns::{Dns, Failure, Looked, Records, Service};

/// How long a server of the DNS has for its answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is asked.
const ATTEMPTS: usize = 2;
/// How old the system's configuration must be to be read again when the DNS fails: networks change.
const RELOAD: Duration = Duration::from_secs(60);
/// How long it is remembered that there is nothing, where the DNS does not say how long.
const NOTHING: Duration = Duration::from_secs(60);

/// The DNS as the system is configured for it, with its file of hosts.
#[derive(Default)]
pub(crate) struct SystemDns {
    loaded: Mutex<Option<(TokioResolver, Instant)>>,
}

impl SystemDns {
    /// The resolver; read anew if it is older than `age`.
    fn resolver(&self, age: Duration) -> Result<TokioResolver, NetError> {
        let mut loaded = self.loaded.lock();
        if let Some((resolver, since)) = &*loaded
            && since.elapsed() < age
        {
            return Ok(resolver.clone());
        }
        let mut builder = TokioResolver::builder_tokio()?;
        let options = builder.options_mut();
        options.timeout = PATIENCE;
        options.attempts = ATTEMPTS;
        // Remembering is done by who asks, because it also has to outlive the failures of the DNS.
        options.cache_size = 0;
        let resolver = builder.build()?;
        *loaded = Some((resolver.clone(), Instant::now()));
        Ok(resolver)
    }

    /// Asks, and if that fails once more with the configuration of now.
    async fn ask(
        &self,
        look: impl Fn(TokioResolver) -> BoxFuture<'static, Result<Lookup, NetError>>,
    ) -> Result<Lookup, NetError> {
        match look(self.resolver(Duration::MAX)?).await {
            Err(error) if !error.is_no_records_found() && self.is_old() => look(self.resolver(RELOAD)?).await,
            answer => answer,
        }
    }

    fn is_old(&self) -> bool {
        self.loaded.lock().as_ref().is_some_and(|(_, since)| since.elapsed() >= RELOAD)
    }
}

impl Dns for SystemDns {
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Looked<IpAddr>> {
        async move {
            let name = absolute(name)?;
            let look = |dns: TokioResolver| {
                let name = name.clone();
                async move { dns.lookup_ip(name).await.map(Lookup::from) }.boxed()
            };
            records(self.ask(look).await, |data| data.ip_addr())
        }
        .boxed()
    }

    fn services<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Looked<Service>> {
        async move {
            let name = absolute(name)?;
            let look = |dns: TokioResolver| {
                let name = name.clone();
                async move { dns.srv_lookup(name).await }.boxed()
            };
            records(self.ask(look).await, |data| match data {
                RData::SRV(service) => Some(Service {
                    priority: service.priority,
                    weight: service.weight,
                    port: service.port,
                    target: service.target.to_ascii().trim_end_matches('.').to_owned(),
                }),
                _ => None,
            })
        }
        .boxed()
    }
}

/// The name as it is. Only one without dots, as containers have, may stand for something in the system's own domain.
fn absolute(name: &str) -> Result<Name, Failure> {
    let mut parsed = Name::from_ascii(name).map_err(Failure::new)?;
    parsed.set_fqdn(name.contains('.'));
    Ok(parsed)
}

/// What is wanted of an answer.
fn records<T>(answer: Result<Lookup, NetError>, pick: impl Fn(&RData) -> Option<T>) -> Looked<T> {
    match answer {
        Ok(found) => {
            let lifetime = found.valid_until().saturating_duration_since(Instant::now());
            Ok(Records { records: found.answers().iter().filter_map(|record| pick(&record.data)).collect(), lifetime })
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(nothing))) => {
            let lifetime = nothing.negative_ttl.map_or(NOTHING, |seconds| Duration::from_secs(seconds.into()));
            Ok(Records { records: Vec::new(), lifetime })
        }
        Err(error) => Err(Failure::new(format_args!("the DNS does not answer: {error}"))),
    }
}
