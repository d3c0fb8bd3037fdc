//! A lie that is told about one thing for a while, and what must go on meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::super::prelude::*;
use crate::peer::Peer;

/// A lie: other tests ask the same peer, so it is told only to questions about one thing.
#[derive(Clone, Debug, Default)]
pub struct Told {
    times: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Told {
    /// Begins to tell it.
    ///
    /// * `about`: whether a question is one of those that are answered with it.
    /// * `lie`: what is put in the place of the honest answer.
    pub fn new<A, L>(peer: &Peer, endpoint: &str, subject: &str, about: A, lie: L) -> Self
    where
        A: Fn(&Request) -> bool + Send + Sync + 'static,
        L: Fn(&Request, Answer) -> Answer + Send + Sync + 'static,
    {
        let told = Told::default();
        let telling = told.clone();
        peer.lie(endpoint, subject, move |request, honest| {
            if telling.over.load(Ordering::SeqCst) || !about(request) {
                return honest;
            }
            telling.times.fetch_add(1, Ordering::SeqCst);
            lie(request, honest)
        });
        told
    }

    /// How often it was told.
    pub fn times(&self) -> usize {
        self.times.load(Ordering::SeqCst)
    }

    /// Waits until it was told.
    pub async fn once(&self, what: &str) -> Outcome {
        wait_for(format!("a question for {what}"), || async { Ok((self.times() > 0).then_some(())) }).await
    }

    /// From now on the truth is told again.
    pub fn take_back(&self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

/// Clients and the server that lied are served as before.
pub async fn goes_on(stage: &Stage) -> Outcome {
    let room = stage.shared().await?;
    stage.say(&room, "and on it goes").await?;
    let event = stage.alice.say(&room, "here, too").await?;
    stage.arrives(&room, &event).await.map(drop)
}
