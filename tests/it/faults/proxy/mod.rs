//! A proxy before a server: what other servers ask it comes through here, and may be late, lost, doubled, broken or changed
//! on the way.
//!
//! The server's name is the proxy's address. So whoever looks for it finds the proxy, whatever program they are, and nobody
//! must be told a detour.

mod alter;
mod deliver;
mod fault;
mod message;
mod tests;
mod tls;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

pub use fault::Fault;
use message::Message;
use tls::Tls;

use crate::federation::authority::Authority;
use crate::random::Chance;

/// What is to be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Everything arrives.
    Calm,
    /// Every second request meets a fault.
    Storm,
    /// Every request meets this one.
    Only(Fault),
}

/// A proxy, which ends with this value.
pub struct Proxy {
    inner: Arc<Inner>,
}

struct Inner {
    address: SocketAddr,
    tls: Tls,
    /// Where the server is; none while it is dead.
    server: Mutex<Option<SocketAddr>>,
    weather: Mutex<Weather>,
    chance: Mutex<Chance>,
    /// How often what has happened.
    happened: Mutex<BTreeMap<Fault, u64>>,
    /// How often the server has answered, for what waits until it is overtaken.
    answered: Mutex<u64>,
    more_answered: Condvar,
    over: AtomicBool,
}

impl Proxy {
    /// Begins to listen, in calm weather. Nobody is behind it yet.
    pub fn start(authority: &Authority, chance: Chance) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let inner = Arc::new(Inner {
            address: listener.local_addr().unwrap(),
            tls: Tls::new(authority),
            server: Mutex::default(),
            weather: Mutex::new(Weather::Calm),
            chance: Mutex::new(chance),
            happened: Mutex::default(),
            answered: Mutex::default(),
            more_answered: Condvar::new(),
            over: AtomicBool::new(false),
        });
        let serving = inner.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.over.load(Ordering::SeqCst) {
                    return;
                }
                let inner = serving.clone();
                // An error ends the connection, and nobody needs to know.
                thread::spawn(move || drop(inner.serve(stream)));
            }
        });
        Self { inner }
    }

    /// The name of the server behind it.
    pub fn name(&self) -> String {
        self.inner.address.to_string()
    }

    /// Says where the server is, or that it is dead.
    pub fn lead_to(&self, server: Option<SocketAddr>) {
        *locked(&self.inner.server) = server;
    }

    /// Makes the weather.
    pub fn set(&self, weather: Weather) {
        *locked(&self.inner.weather) = weather;
    }

    /// How often what has happened.
    pub fn happened(&self) -> BTreeMap<Fault, u64> {
        locked(&self.inner.happened).clone()
    }
}

impl Inner {
    /// What happens to this request.
    fn fault(&self, request: &Message) -> Fault {
        let fault = match *locked(&self.weather) {
            Weather::Calm => Fault::None,
            Weather::Storm => Fault::of(&mut locked(&self.chance)),
            Weather::Only(fault) => fault,
        };
        let fault = if fault.suits(request) { fault } else { Fault::None };
        *locked(&self.happened).entry(fault).or_default() += 1;
        fault
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.inner.over.store(true, Ordering::SeqCst);
        // Wakes who listens.
        let _it_ends = TcpStream::connect(self.inner.address);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
