//! The DNS of a test.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use parking_lot::Mutex;

use crate::discovery::{Dns, Failure, Looked, Records, Service};

#[derive(Default)]
pub struct Names {
    addresses: Mutex<HashMap<String, IpAddr>>,
    services: Mutex<HashMap<String, (String, u16)>>,
    broken: AtomicBool,
    asked: AtomicUsize,
}

impl Names {
    /// These names are on this machine.
    pub fn here(&self, names: &[&str]) {
        names.iter().for_each(|name| self.at(name, Ipv4Addr::LOCALHOST.into()));
    }

    pub fn at(&self, name: &str, address: IpAddr) {
        self.addresses.lock().insert(name.to_owned(), address);
    }

    pub fn service(&self, name: &str, target: &str, port: u16) {
        self.services.lock().insert(name.to_owned(), (target.to_owned(), port));
    }

    /// From now on no question is answered, or each is.
    pub fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// How often addresses were asked for.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn answer<T>(&self, record: Option<T>) -> BoxFuture<'static, Looked<T>>
    where
        T: Send + 'static,
    {
        let broken = self.broken.load(Ordering::SeqCst);
        let records = Records { records: record.into_iter().collect(), lifetime: Duration::from_secs(60) };
        async move { if broken { Err(Failure::new("the DNS is down")) } else { Ok(records) } }.boxed()
    }
}

impl Dns for Names {
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Looked<IpAddr>> {
        let answer = self.answer(self.addresses.lock().get(name).copied());
        async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            answer.await
        }
        .boxed()
    }

    fn services<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Looked<Service>> {
        let found = self.services.lock().get(name).cloned();
        self.answer(found.map(|(target, port)| Service { priority: 1, weight: 1, port, target }))
    }
}
