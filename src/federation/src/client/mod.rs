//! Requests to other servers: found, signed, bounded.

mod answer;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use events::SigningKey;
use peerbrain_core::{Clock, config};
use ruma::{
    OwnedServerName, ServerName,
    api::{OutgoingRequest, federation::authentication::ServerSignatures, path_builder::SinglePath},
};

pub use answer::Answer;

use crate::{Error, Result};

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
    options: Options,
}

/// How much of an answer is read, and how long is waited for it.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Most bytes of the body.
    pub bytes: usize,
    /// From the beginning to the last byte of the body; for an [`Answer`], to its first byte, and between its pieces.
    pub time: Duration,
}

impl Client {
    /// Makes ready; connects to nobody yet.
    ///
    /// # Errors
    /// A file of certificate authorities that cannot be used.
    pub fn new(options: Options) -> Result<Self> {
        Ok(Self { inner: Arc::new(Inner { options }) })
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
        let _ = (request, bounds, &self.inner.options);
        Err(Error::NotAllowed(server.to_owned()))
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
        self.send(server, request, bounds).await
    }

    /// As [`Client::send`], but gives the answer of a 200 as it comes, for what is large.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn send_streamed<R>(&self, server: &ServerName, request: R, bounds: Bounds) -> Result<Answer>
    where
        R: OutgoingRequest<Authentication = ServerSignatures, PathBuilder = SinglePath>,
    {
        let _ = (request, bounds);
        Err(Error::NotAllowed(server.to_owned()))
    }

    /// Sends a request without signature, as those for keys and versions are, and gives the body of a 200. Of its address
    /// only the path and the query count.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn fetch(&self, server: &ServerName, request: http::Request<Bytes>, bounds: Bounds) -> Result<Bytes> {
        let _ = (request, bounds);
        Err(Error::NotAllowed(server.to_owned()))
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
        let _ = (request, bounds);
        Err(Error::NotAllowed(server.to_owned()))
    }

    /// Fetches from an address that `server` pointed to, as it may for media: https, through the filter of addresses, with
    /// a bounded number of redirects.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn download(&self, server: &ServerName, url: &str, bounds: Bounds) -> Result<Answer> {
        let _ = (url, bounds);
        Err(Error::NotAllowed(server.to_owned()))
    }

    /// Notes a sign of life, after which the server is asked again at once.
    pub fn alive(&self, server: &ServerName) {
        let _ = server;
    }
}
