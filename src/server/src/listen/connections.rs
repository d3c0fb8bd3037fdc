//! The connections of a listener, so that nobody takes them all away.
//!
//! The HTTP library bounds their number, the head of the first request of each, and the pause behind an answer. It does not
//! bound the head of a later request that has begun: with a byte now and then a connection can be held for ever. So one
//! address gets a part of them only; and where they are many none is kept behind an answer, so the rest cannot be held so.

use std::any::Any;
use std::collections::HashMap;
use std::net::{IpAddr, Shutdown};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use api::bridge::counted_address;
use parking_lot::Mutex;
use peerbrain_core::Config;

/// One address has one connection of so many at most.
const PARTS: usize = 4;

/// The open connections of one listener. Cheap to clone.
#[derive(Clone)]
pub struct Connections {
    inner: Arc<Inner>,
}

struct Inner {
    most: usize,
    config: Arc<Config>,
    open: AtomicUsize,
    of_addresses: Mutex<HashMap<IpAddr, usize>>,
}

/// One of them, for as long as this is kept.
struct Open {
    inner: Arc<Inner>,
    address: Option<IpAddr>,
}

impl Connections {
    /// None yet, and at most so many.
    pub fn new(most: usize, config: Arc<Config>) -> Self {
        let (open, of_addresses) = (AtomicUsize::new(0), Mutex::default());
        Self { inner: Arc::new(Inner { most, config, open, of_addresses }) }
    }

    /// Counts a new one among them until `data` is gone, or ends it where its address has too many.
    pub fn begin(&self, stream: &dyn Any, data: &mut Extensions) {
        let stream = tcp(stream);
        let address = stream.and_then(|stream| stream.peer_addr().ok()).map(|address| address.ip());
        match (self.admit(address), stream) {
            (Some(open), _) => drop(data.insert(open)),
            (None, Some(stream)) => end(stream),
            (None, None) => {}
        }
    }

    /// Whether there are so many that they should not be kept for later requests.
    pub fn are_many(&self) -> bool {
        self.inner.open.load(Ordering::Relaxed) > self.inner.most - self.inner.most / PARTS
    }

    /// None for an address that has its part.
    fn admit(&self, address: Option<IpAddr>) -> Option<Open> {
        let inner = self.inner.clone();
        let address = counted_address(&inner.config, address);
        if let Some(address) = address {
            let mut of_addresses = inner.of_addresses.lock();
            let count = of_addresses.entry(address).or_default();
            if *count >= (inner.most / PARTS).max(1) {
                return None;
            }
            *count += 1;
        }
        inner.open.fetch_add(1, Ordering::Relaxed);
        Some(Open { inner, address })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.inner.open.fetch_sub(1, Ordering::Relaxed);
        let Some(address) = self.address else { return };
        let mut of_addresses = self.inner.of_addresses.lock();
        if let Some(count) = of_addresses.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                of_addresses.remove(&address);
            }
        }
    }
}

/// What lies below; none of a Unix socket.
fn tcp(stream: &dyn Any) -> Option<&TcpStream> {
    let below = || stream.downcast_ref::<TlsStream<TcpStream>>().map(|tls| tls.get_ref().0);
    stream.downcast_ref::<TcpStream>().or_else(below)
}

/// Ends a connection. Whoever reads from it next finds that.
fn end(stream: &TcpStream) {
    let copy = stream.as_fd().try_clone_to_owned().map(std::net::TcpStream::from);
    match copy.and_then(|stream| stream.shutdown(Shutdown::Both)) {
        Ok(()) => tracing::debug!(address = ?stream.peer_addr(), "an address has too many connections"),
        Err(error) => tracing::debug!(%error, "a connection too many could not be ended"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(most: usize) -> Connections {
        let mut config = Config::default();
        config.server.trusted_proxies = vec!["10.0.0.0/8".to_owned().try_into().unwrap()];
        Connections::new(most, Arc::new(config))
    }

    #[test]
    fn an_address_has_its_part() {
        let connections = connections(8);
        let from = |address: &str| connections.admit(Some(address.parse().unwrap()));
        let mut held: Vec<Open> = (0..2).map(|_| from("192.0.2.1").unwrap()).collect();
        assert!(from("192.0.2.1").is_none());
        held.push(from("192.0.2.2").unwrap());
        held.push(from("2001:db8::1").unwrap());
        held.push(from("2001:db8::2").unwrap());
        assert!(from("2001:db8::3").is_none(), "neighbours in a network are one");
        held.remove(0);
        held.push(from("192.0.2.1").unwrap());
        drop(held);
        assert!(connections.inner.of_addresses.lock().is_empty());
    }

    #[test]
    fn proxies_have_as_many_as_there_are() {
        let connections = connections(8);
        let mut held = Vec::new();
        for address in [Some("127.0.0.1"), Some("::1"), Some("::ffff:127.0.0.1"), Some("::ffff:10.1.2.3"), None] {
            let address = address.map(|address| address.parse().unwrap());
            held.extend((0..5).map(|_| connections.admit(address).unwrap()));
        }
        assert!(connections.are_many());
        held.truncate(7);
        assert!(connections.are_many());
        held.truncate(6);
        assert!(!connections.are_many());
    }
}
