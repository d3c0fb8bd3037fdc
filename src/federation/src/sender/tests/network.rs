//! Other servers, as the sender sees them.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt as _};
use parking_lot::Mutex;
use ruma::ServerName;

use crate::{
    Error, Result,
    sender::{Transaction, Transport},
};

/// How a server behaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Mood {
    #[default]
    Well,
    Gone,
    /// It takes so many transactions without the answer coming through.
    LosesAnswers(usize),
    Slow(Duration),
    /// It does not answer until it is in another mood.
    Silent,
    /// It refuses transactions with this in them.
    Refuses(String),
    /// It takes those with this in them for badly signed.
    Doubts(String),
    /// It has nothing to do with us.
    Shuns,
    /// It finds that everything makes no sense.
    Broken,
    /// So many attempts to send to it end in a panic of ours.
    Panics(usize),
}

/// What one server has got.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    mood: Mood,
    busy: bool,
    /// What came in each transaction, events and EDUs, by its id.
    seen: HashMap<String, (Vec<String>, Vec<String>)>,
    /// Without what came in repeated transactions.
    pub events: Vec<String>,
    pub edus: Vec<String>,
}

/// All of them.
#[derive(Default)]
pub struct Network {
    receivers: Mutex<HashMap<String, Receiver>>,
    pub attempts: AtomicUsize,
}

impl Network {
    pub fn set(&self, server: &str, mood: Mood) {
        self.receivers.lock().entry(server.to_owned()).or_default().mood = mood;
    }

    pub fn got(&self, server: &str) -> Receiver {
        self.receivers.lock().get(server).cloned().unwrap_or_default()
    }

    fn begin(&self, server: &str) -> Mood {
        self.attempts.fetch_add(1, Ordering::SeqCst);
        let mut receivers = self.receivers.lock();
        let receiver = receivers.entry(server.to_owned()).or_default();
        if let Mood::Panics(left) = receiver.mood {
            receiver.mood = if left > 1 { Mood::Panics(left - 1) } else { Mood::Well };
            panic!("a test");
        }
        assert!(!receiver.busy, "two transactions at once to {server}");
        receiver.busy = true;
        receiver.mood.clone()
    }

    fn end(&self, server: &ServerName, transaction: Transaction, mood: Mood) -> Result<()> {
        let texts = |list: &[Box<serde_json::value::RawValue>]| list.iter().map(|raw| raw.get().to_owned()).collect();
        let (events, edus): (Vec<String>, Vec<String>) = (texts(&transaction.pdus), texts(&transaction.edus));
        assert!(events.len() <= 50 && edus.len() <= 100, "too much at once");
        let is_empty = events.is_empty() && edus.is_empty();
        assert_eq!(is_empty, transaction.id.starts_with("nothing."), "an empty transaction");
        let mut receivers = self.receivers.lock();
        let Some(receiver) = receivers.get_mut(server.as_str()) else { return Ok(()) };
        receiver.busy = false;
        let has = |what: &str| events.iter().chain(&edus).any(|text| text.contains(what));
        let unreachable = || Err(Error::Unreachable { server: server.to_owned(), reason: "a test".into() });
        match mood {
            Mood::Gone => return unreachable(),
            Mood::Shuns => return refused(server, 403, "M_FORBIDDEN"),
            Mood::Broken => return refused(server, 400, "M_UNKNOWN"),
            Mood::Refuses(what) if has(&what) => return refused(server, 400, "M_BAD_JSON"),
            Mood::Doubts(what) if has(&what) => return refused(server, 401, "M_UNAUTHORIZED"),
            _ => {}
        }
        match receiver.seen.get(&transaction.id) {
            Some(known) => assert_eq!(*known, (events, edus), "another transaction of the same id"),
            None => {
                receiver.events.extend(events.iter().cloned());
                receiver.edus.extend(edus.iter().cloned());
                receiver.seen.insert(transaction.id, (events, edus));
            }
        }
        match mood {
            Mood::LosesAnswers(left) => {
                receiver.mood = if left > 1 { Mood::LosesAnswers(left - 1) } else { Mood::Well };
                unreachable()
            }
            _ => Ok(()),
        }
    }
}

fn refused(server: &ServerName, status: u16, errcode: &str) -> Result<()> {
    let (errcode, message) = (Some(errcode.to_owned()), "no".to_owned());
    Err(Error::Remote { server: server.to_owned(), status, errcode, message, body: serde_json::Value::Null })
}

impl Transport for Network {
    fn send<'a>(&'a self, server: &'a ServerName, transaction: Transaction) -> BoxFuture<'a, Result<()>> {
        let mut mood = self.begin(server.as_str());
        async move {
            while mood == Mood::Silent {
                tokio::time::sleep(Duration::from_millis(5)).await;
                mood = self.got(server.as_str()).mood;
            }
            if let Mood::Slow(time) = mood {
                tokio::time::sleep(time).await;
            }
            self.end(server, transaction, mood)
        }
        .boxed()
    }
}
