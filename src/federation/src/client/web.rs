//! Addresses that other servers name: `.well-known` files, and files they keep elsewhere.

use std::{net::IpAddr, sync::Arc};

use http::{HeaderMap, StatusCode};
use reqwest::{
    Client, Response, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::{Attempt, Policy},
};
use rustls::ClientConfig;

use super::{answer::read, reason, tls};
use crate::{Result, discovery::Resolver};

/// Redirects that are followed.
const REDIRECTS: usize = 5;

/// Why nothing was got from an address, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unopened {
    /// Nobody answers there, or nothing is there.
    #[error("{0}")]
    Absent(String),
    /// Something is there, and it is not as it should be.
    #[error("{0}")]
    Wrong(String),
}

/// The way to addresses that others name: https only, redirects followed, and nothing private reached on the way.
#[derive(Clone)]
pub(crate) struct Web {
    client: Client,
    resolver: Arc<Resolver>,
}

impl Web {
    /// # Errors
    /// A client that cannot be made.
    pub fn new(tls: &ClientConfig, resolver: Arc<Resolver>) -> Result<Self> {
        let filter = resolver.clone();
        let policy = Policy::custom(move |attempt: Attempt<'_>| {
            if attempt.previous().len() > REDIRECTS {
                return attempt.error("it redirects too often");
            }
            match allowed(attempt.url(), &filter) {
                Ok(()) => attempt.follow(),
                Err(reason) => attempt.error(reason),
            }
        });
        let client = tls::client(tls, Hosts(resolver.clone()), |builder| builder.redirect(policy))?;
        Ok(Self { client, resolver })
    }

    /// Asks for what is at an address; gives the answer of a 200.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub async fn open(&self, url: &str) -> Result<Response, Unopened> {
        let url = Url::parse(url).map_err(|error| Unopened::Wrong(error.to_string()))?;
        allowed(&url, &self.resolver).map_err(|reason| Unopened::Wrong(reason.into()))?;
        let response = self.client.get(url).send().await.map_err(|error| match error.is_redirect() {
            true => Unopened::Wrong(reason(&error)),
            false => Unopened::Absent(reason(&error)),
        })?;
        match response.status() {
            StatusCode::OK => Ok(response),
            status @ (StatusCode::NOT_FOUND | StatusCode::GONE) => Err(Unopened::Absent(status.to_string())),
            status => Err(Unopened::Wrong(status.to_string())),
        }
    }

    /// As [`Web::open`], and reads all of it: headers and body.
    ///
    /// # Errors
    /// As [`Web::open`], and bodies of more than `most` bytes.
    pub async fn get(&self, url: &str, most: usize) -> Result<(HeaderMap, Vec<u8>), Unopened> {
        let mut response = self.open(url).await?;
        let body = read(&mut response, most).await.map_err(|error| Unopened::Wrong(error.to_string()))?;
        Ok((std::mem::take(response.headers_mut()), body))
    }
}

/// Whether an address may be asked at all. What its name means is looked at when it is resolved.
fn allowed(url: &Url, resolver: &Resolver) -> Result<(), &'static str> {
    if url.scheme() != "https" {
        return Err("it leads away from https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it leads to an address with a password");
    }
    match literal(url) {
        Some(address) if !resolver.allows(address) => Err("it leads into a private network"),
        _ => Ok(()),
    }
}

/// The address, where the host is written as one, in whatever form browsers accept.
pub(super) fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Names whose port is known.
pub(super) struct Hosts(pub Arc<Resolver>);

impl Resolve for Hosts {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.0.clone();
        Box::pin(async move {
            let found = resolver.addresses(name.as_str()).await?;
            Ok(Box::new(found.into_iter().map(|address| (address, 0_u16).into())) as Addrs)
        })
    }
}
