//! What the servers acknowledged, and what they should not have done.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// An event that a server acknowledged.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The server, by its number.
    pub site: usize,
    /// Whether everybody must have it: its sender can do everything and stays.
    pub everywhere: bool,
    /// The room.
    pub room: String,
    /// The event's id.
    pub event: String,
    /// What it says, which no other does.
    pub text: Option<String>,
}

/// All of it. Everybody shares it.
#[derive(Default)]
pub struct Notes {
    facts: Mutex<Vec<Fact>>,
    breaches: Mutex<Vec<String>>,
    over: AtomicBool,
}

impl Notes {
    /// Notes what was acknowledged.
    pub fn add(&self, fact: Fact) {
        self.facts.lock().unwrap().push(fact);
    }

    /// All that was acknowledged.
    pub fn facts(&self) -> Vec<Fact> {
        self.facts.lock().unwrap().clone()
    }

    /// Notes what should not have been.
    pub fn breach(&self, breach: String) {
        self.breaches.lock().unwrap().push(breach);
    }

    /// All that should not have been.
    pub fn breaches(&self) -> Vec<String> {
        self.breaches.lock().unwrap().clone()
    }

    /// Ends the work of everybody.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    /// Whether nothing new is to be begun.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
}
