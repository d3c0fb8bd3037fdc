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

/// Clients and the server that lied are served as before, and that is asked and believed as before.
pub async fn goes_on(stage: &Stage) -> Outcome {
    stage.alice.first_sync().await?;
    stage.peer.get(format!("{}?user_id={}", fed!("v1/query/profile"), encode(&stage.alice))).await?.ok()?;
    let erin = stage.peer.user("erin");
    stage.peer.tell("profile", &erin, json!({ "displayname": "Erin" }));
    wait_for("an honest answer of who lied".to_owned(), || async {
        let reply = stage.alice.get(v3!("profile/{}", erin)).await?;
        Ok((reply.json["displayname"] == "Erin").then_some(()))
    })
    .await
}

/// In a room, too.
pub async fn goes_on_in(stage: &Stage, room: &str) -> Outcome {
    stage.say(room, "all is well again").await?;
    let event = stage.alice.say(room, "it is").await?;
    stage.arrives(room, &event).await.map(drop)
}
