//! The memory that bodies of requests take. Each has its bound, but there may be as many as there are connections, and until
//! one is whole nobody knows whether it is signed. So all of them share one budget, from the first byte to the answer.

use std::{net::IpAddr, sync::Arc};

use parking_lot::Mutex;

use crate::bridge::tally::Tally;

/// Bytes that all bodies may take at the same time.
const MOST: usize = 128 << 20;
/// Part of it that they may have of whom nobody knows yet who they are. Who has a token is known; the signature of a server
/// is over the body, so servers are strangers until theirs has come.
const STRANGERS: usize = 2;
/// Part of it that one address may have.
const ADDRESS: usize = 8;

/// The budget. Cheap to clone.
#[derive(Clone)]
pub struct Bodies {
    inner: Arc<Inner>,
}

struct Inner {
    most: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    all: usize,
    of_strangers: usize,
    of_addresses: Tally<IpAddr>,
}

/// What one body has of it, until this is dropped.
pub(super) struct Share {
    inner: Arc<Inner>,
    address: Option<IpAddr>,
    known: bool,
    bytes: usize,
}

impl Default for Bodies {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl Bodies {
    fn new(most: usize) -> Self {
        Self { inner: Arc::new(Inner { most, held: Mutex::default() }) }
    }

    /// Nothing yet, for the body of a stranger.
    ///
    /// * `address`: where it comes from, if that address has a part of its own.
    pub(super) fn share(&self, address: Option<IpAddr>) -> Share {
        Share { inner: self.inner.clone(), address, known: false, bytes: 0 }
    }
}

impl Share {
    /// Whether it may be so many bytes in all. Then it has them.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let most = self.inner.most;
        let mut held = self.inner.held.lock();
        let of_address = self.address.map(|address| held.of_addresses.of(&address)).unwrap_or_default();
        let fits = held.all + more <= most
            && (self.known || held.of_strangers + more <= most / STRANGERS)
            && (self.address.is_none() || of_address + more <= most / ADDRESS);
        if fits {
            held.all += more;
            held.of_strangers += if self.known { 0 } else { more };
            if let Some(address) = self.address {
                held.of_addresses.add(address, more);
            }
            self.bytes += more;
        }
        fits
    }

    /// It is the body of somebody who is known.
    pub fn is_known(&mut self) {
        if !self.known {
            self.inner.held.lock().of_strangers -= self.bytes;
            self.known = true;
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut held = self.inner.held.lock();
        held.all -= self.bytes;
        held.of_strangers -= if self.known { 0 } else { self.bytes };
        if let Some(address) = self.address {
            held.of_addresses.take(&address, self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn very_many_bodies_at_once() {
        let bodies = Bodies::new(800);
        let from = |address: u8| Some(IpAddr::from([192, 0, 2, address]));
        let hold = |address, bytes| {
            let mut share = bodies.share(address);
            share.grow(bytes).then_some(share)
        };
        let mut held: Vec<Share> = (0..4).map(|address| hold(from(address), 100).unwrap()).collect();
        assert!(hold(from(0), 1).is_none() && hold(from(9), 1).is_none(), "strangers have half of it");
        for address in 4..8 {
            let mut share = bodies.share(from(address));
            assert!(!share.grow(100));
            share.is_known();
            assert!(share.grow(60) && share.grow(60) && share.grow(100));
            assert!(!share.grow(101), "an address has an eighth, whoever is there");
            held.push(share);
        }
        let mut last = bodies.share(None);
        last.is_known();
        assert!(!last.grow(1), "there is no more");
        held.truncate(3);
        assert!(last.grow(500) && !last.grow(501));
        assert!(hold(None, 101).is_none() && hold(None, 0).is_some());
        drop((held, last));
        let left = bodies.inner.held.lock();
        assert_eq!((left.all, left.of_strangers, left.of_addresses.len()), (0, 0, 0));
    }
}
