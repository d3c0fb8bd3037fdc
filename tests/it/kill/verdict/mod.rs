//! What is there at the end, against what was acknowledged.

mod accounts;
mod events;

use std::collections::{HashMap, HashSet};

use super::history::{History, State, state_of};
use super::ledger::{Breach, Ledger};
use super::setup::Cast;
use crate::client::{Client, encode};

/// The entries of one state that the other does not have.
fn differing<'a>(one: &'a State, other: &State) -> Vec<(&'a (String, String), &'a String)> {
    one.iter().filter(|(key, event)| other.get(*key) != Some(*event)).collect()
}

/// Judges a run that is over.
pub struct Judge<'a> {
    /// What was acknowledged.
    pub ledger: &'a Ledger,
    /// Who was there.
    pub cast: &'a Cast,
    /// Somebody without a token.
    pub client: &'a Client,
}

impl Judge<'_> {
    /// Looks at everything, and notes every breach.
    pub async fn judge(&self, followed: &[HashMap<String, Vec<String>>], before: &HashMap<String, usize>) {
        if !self.sessions().await {
            return;
        }
        let mut histories = HashMap::new();
        for room in &self.cast.rooms {
            let history = match self.history(room).await {
                Ok(history) => history,
                Err(reason) => return self.breach(Breach::Lost(format!("the history of {room}: {reason}"))),
            };
            self.state(&history).await;
            histories.insert(room.clone(), history);
        }
        for (follower, seen) in followed.iter().enumerate() {
            for room in &self.cast.rooms {
                let (history, seen) = (&histories[room], seen.get(room).map_or(&[][..], Vec::as_slice));
                self.followed(follower, history, before[room], seen);
            }
        }
        let facts = self.ledger.facts();
        self.messages(&facts, &histories);
        self.own_states(&facts, &histories);
        self.rooms(&facts).await;
        self.data(&facts).await;
        self.people(&facts, &histories).await;
    }

    fn breach(&self, breach: Breach) {
        self.ledger.breach(breach);
    }

    /// Whether the sessions from before the first death are still good.
    async fn sessions(&self) -> bool {
        for user in self.cast.writers.iter().chain(&self.cast.followers) {
            let reply = user.get("/account/whoami").await;
            if reply.status != 200 {
                self.breach(Breach::Lost(format!("the session of {}: {}", user.id, reply.text)));
                return false;
            }
        }
        true
    }

    /// The history of a room, which must be the same both ways, and hold nothing twice.
    async fn history(&self, room: &str) -> Result<History, String> {
        let reader = &self.cast.writers[0];
        let (forwards, backwards) = (History::read(reader, room, "f").await?, History::read(reader, room, "b").await?);
        if forwards.ids() != backwards.ids() {
            let (one, other) = (forwards.events.len(), backwards.events.len());
            self.breach(Breach::Disordered(format!("{room}: {one} events forwards, {other} backwards, not the same")));
        }
        let mut known = HashSet::new();
        for event in forwards.ids().into_iter().filter(|event| !known.insert(*event)) {
            self.breach(Breach::Twice(format!("{event} stands twice in the history of {room}")));
        }
        Ok(forwards)
    }

    /// The current state must be what replaying the history says.
    async fn state(&self, history: &History) {
        let room = &history.room;
        let events = self.cast.writers[0].get(&format!("/rooms/{}/state", encode(room))).await.ok();
        let state = state_of(events.as_array().unwrap());
        let replayed = history.replayed();
        if state != replayed {
            let (current, replayed) = (differing(&state, &replayed), differing(&replayed, &state));
            self.breach(Breach::Inconsistent(format!("state of {room}: {current:?}; replayed: {replayed:?}")));
        }
    }

    /// What a follower got must be the history since it began.
    fn followed(&self, follower: usize, history: &History, before: usize, seen: &[String]) {
        let there: Vec<&str> = history.ids().into_iter().skip(before).collect();
        if there == seen {
            return;
        }
        let known: HashSet<&str> = seen.iter().map(String::as_str).collect();
        let missed: Vec<&&str> = there.iter().filter(|event| !known.contains(**event)).take(5).collect();
        let real: HashSet<&str> = there.iter().copied().collect();
        let vanished: Vec<&String> = seen.iter().filter(|event| !real.contains(event.as_str())).take(5).collect();
        let text =
            format!("follower {follower} in {}: missed {missed:?}, saw what is not there {vanished:?}", history.room);
        self.breach(match (missed.is_empty(), vanished.is_empty()) {
            (_, false) => Breach::Lost(text),
            (false, true) => Breach::Inconsistent(text),
            (true, true) => Breach::Disordered(text),
        });
    }
}
