//! Requests to other servers: found, signed, bounded.

mod answer;
mod asking;
mod examine;
mod places;
mod resting;
mod signed;
mod splitter;
#[cfg(test)]
mod tests;
mod tls;
mod transport;
mod web;

use std::{
    error::Error as _,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use events::SigningKey;
use peerbrain_core::{AddressFilter, Clock, config};
use ruma::{
    OwnedServerName, ServerName,
    api::{OutgoingRequest, federation::authentication::ServerSignatures, path_builder::SinglePath},
};
use rustls::ClientConfig;
use serde_json::value::RawValue;

pub use answer::Answer;
pub use examine::Finding;
pub(crate) use places::{Place, Places};
pub(crate) use splitter::{Element, Most, Splitter};
pub(crate) use web::{Unopened, Web};

use crate::{
    Error, Result,
    discovery::{Discovery, Dns, Resolver, SystemDns},
};
use asking::Asking;
use resting::Resting;
use signed::Outgoing;
use transport::Transport;

/// How long a connection may take to come about, looking up names included.
const CONNECT: Duration = Duration::from_secs(20);

/// What [`Client`] is made of.
pub struct Options {
    /// The name of this server.
    pub server_name: OwnedServerName,
    /// The key that signs requests.
    pub key: Arc<SigningKey>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The section of the configuration.
    pub settings: config::Federation,
}

/// The way to other servers. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    server_name: OwnedServerName,
    key: Arc<SigningKey>,
    settings: config::Federation,
    discovery: Discovery,
    transport: Transport,
    resting: Resting,
    /// Told of servers that answer again.
    back: OnceLock<Box<Listener>>,
    web: Web,
    tls: ClientConfig,
}

type Listener = dyn Fn(&ServerName) + Send + Sync;

/// How much of an answer is read, and how long is waited for it.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Most bytes of the body.
    pub bytes: usize,
    /// From the beginning to the last byte of the body; for an [`Answer`], to its first byte, and between its pieces (all of
    /// them together may take twenty times as long).
    pub time: Duration,
}

impl Client {
    /// Makes ready; connects to nobody yet.
    ///
    /// # Errors
    /// A file of certificate authorities that cannot be used.
    pub fn new(options: Options) -> Result<Self> {
        Self::with(options, Arc::new(SystemDns::default()), |resolver| resolver, |discovery| discovery)
    }

    /// Looks whether [`Client::new`] would take these settings.
    ///
    /// # Errors
    /// As there.
    pub fn check(settings: &config::Federation) -> Result<()> {
        tls::configuration(settings.ca_file.as_deref()).map(drop)
    }

    /// With names from elsewhere, and what a test wants otherwise.
    fn with(
        options: Options,
        dns: Arc<dyn Dns>,
        resolver: impl FnOnce(Resolver) -> Resolver,
        discovery: impl FnOnce(Discovery) -> Discovery,
    ) -> Result<Self> {
        let Options { server_name, key, clock, settings } = options;
        let filter = Arc::new(AddressFilter::new(&settings.allowed_networks));
        let tls = tls::configuration(settings.ca_file.as_deref())?;
        let resolver = Arc::new(resolver(Resolver::new(dns, clock.clone(), filter)));
        let web = Web::new(&tls, resolver.clone())?;
        let transport = Transport::new(&tls, resolver, &settings.overrides)?;
        let discovery = discovery(Discovery::new(web.clone(), clock.clone()));
        let resting = Resting::new(clock);
        let inner =
            Inner { server_name, key, settings, discovery, transport, resting, back: OnceLock::new(), web, tls };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Sends a request of ruma's types, signed, and reads the answer. A server that could not be reached a moment ago is
    /// not asked again so soon.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::Unreachable`], [`Error::Remote`], [`Error::BadAnswer`].
    pub async fn send<R>(&self, server: &ServerName, request: R, bounds: Bounds) -> Result<R::IncomingResponse>
    where
        R: OutgoingRequest<Authentication = ServerSignatures, PathBuilder = SinglePath>,
    {
        let request = Outgoing::of(request)?;
        self.asking(server, bounds).signed().answer(request).await
    }

    /// As [`Client::send`], for an answer with long lists: gives the elements that `splitter` cuts out of them as they come.
    /// A list of what is shorter than any event would, read whole, take a hundred times the memory of its text.
    ///
    /// * `place`: where the answer stays if it is large. The time in which it waits for it counts.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub(crate) async fn send_split<R>(
        &self,
        server: &ServerName,
        request: R,
        bounds: Bounds,
        splitter: Splitter,
        place: Option<&Place>,
    ) -> Result<Vec<Box<RawValue>>>
    where
        R: OutgoingRequest<Authentication = ServerSignatures, PathBuilder = SinglePath>,
    {
        let request = Outgoing::of(request)?;
        self.asking(server, bounds).signed().large(place).elements::<R::IncomingResponse>(request, splitter).await
    }

    /// As [`Client::send`], but also to a server that could not be reached a moment ago: for those who keep their own
    /// times of repetition, as the sender of transactions does.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn retry<R>(&self, server: &ServerName, request: R, bounds: Bounds) -> Result<R::IncomingResponse>
    where
        R: OutgoingRequest<Authentication = ServerSignatures, PathBuilder = SinglePath>,
    {
        let request = Outgoing::of(request)?;
        self.asking(server, bounds).signed().insistent().answer(request).await
    }

    /// As [`Client::send`], but gives the answer of a 200 as it comes, for what is large.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn send_streamed<R>(&self, server: &ServerName, request: R, bounds: Bounds) -> Result<Answer>
    where
        R: OutgoingRequest<Authentication = ServerSignatures, PathBuilder = SinglePath>,
    {
        let request = Outgoing::of(request)?;
        self.asking(server, bounds).signed().streamed(request).await
    }

    /// Sends a request without signature, as those for keys and versions are, and gives the body of a 200. Of its address
    /// only the path and the query count.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn fetch(&self, server: &ServerName, request: http::Request<Bytes>, bounds: Bounds) -> Result<Bytes> {
        Ok(self.asking(server, bounds).whole(request.into()).await?.into_body().into())
    }

    /// As [`Client::fetch`], but also from a server that could not be reached a moment ago: for those who keep their own
    /// times of repetition.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn fetch_anyway(
        &self,
        server: &ServerName,
        request: http::Request<Bytes>,
        bounds: Bounds,
    ) -> Result<Bytes> {
        Ok(self.asking(server, bounds).insistent().whole(request.into()).await?.into_body().into())
    }

    /// As [`Client::fetch`], but gives the answer of a 200 as it comes.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn fetch_streamed(
        &self,
        server: &ServerName,
        request: http::Request<Bytes>,
        bounds: Bounds,
    ) -> Result<Answer> {
        self.asking(server, bounds).streamed(request.into()).await
    }

    /// Fetches from an address that `server` pointed to, as it may for media: https, through the filter of addresses, with
    /// a bounded number of redirects.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn download(&self, server: &ServerName, url: &str, bounds: Bounds) -> Result<Answer> {
        let unreachable = |reason| Error::Unreachable { server: server.to_owned(), reason };
        let response = tokio::time::timeout(bounds.time, self.inner.web.open(url))
            .await
            .map_err(|_| unreachable("no answer in time".into()))?
            .map_err(|error| unreachable(error.to_string()))?;
        Answer::new(server.to_owned(), response, bounds)
    }

    /// Whether the configuration lets us have to do with a server.
    pub(crate) fn allows(&self, server: &ServerName) -> bool {
        self.inner.settings.allows(server)
    }

    /// Notes a sign of life, after which the server is asked again at once.
    pub fn alive(&self, server: &ServerName) {
        self.inner.resting.alive(server);
    }

    /// Has `back` told of each server that answers again after it could not be reached. Only the first one counts.
    pub(crate) fn tell_who_is_back(&self, back: impl Fn(&ServerName) + Send + Sync + 'static) {
        let _ = self.inner.back.set(Box::new(back));
    }

    fn asking<'a>(&'a self, server: &'a ServerName, bounds: Bounds) -> Asking<'a> {
        Asking::new(&self.inner, server, bounds)
    }
}

/// What went wrong with a request, in words: the cause of all causes, for the others only say that there is one.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".into();
    }
    let mut cause = error.source();
    let mut text = None;
    while let Some(error) = cause {
        text = Some(error.to_string());
        cause = error.source();
    }
    text.unwrap_or_else(|| error.to_string())
}
