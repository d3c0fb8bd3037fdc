//! Receipts, in and out of a thread, and the fully-read marker: they never go back, whatever the reader says again.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::hand::Hand;
use crate::client::encode;
use crate::user::{User, message, message_path};

/// How far back a receipt may be set: further back than where it stands, now and then.
const NEAR: usize = 12;

/// A receipt's type and thread, the latter empty where there is none.
type Mark = (&'static str, String);

/// Where a receipt must be: places in the reader's list of events.
#[derive(Clone, Copy, Default)]
struct Place {
    /// It was acknowledged, or seen, here.
    at_least: Option<usize>,
    /// No request named a later one.
    at_most: usize,
}

/// Somebody who reads what they write.
pub struct Reader {
    hand: Hand,
    observer: User,
    room: String,
    /// The events in their order, and whether each is in the thread. The first is the thread's root.
    events: Vec<(String, bool)>,
    marks: BTreeMap<Mark, Place>,
    /// The deaths after which it has looked.
    deaths: u64,
}

impl Reader {
    /// A reader alone with an observer.
    pub async fn begin(hand: Hand, observer: User) -> Self {
        let room = hand.user.public_room("reading room").await;
        hand.rest().await;
        observer.join(&room).await;
        let root = hand.user.say(&room, "root", "root").await;
        Self { hand, observer, room, events: vec![(root, false)], marks: BTreeMap::new(), deaths: 0 }
    }

    /// Reads until the end.
    pub async fn write(mut self) -> Self {
        while self.hand.goes_on().await {
            if self.turn().await.is_none() {
                break;
            }
        }
        self
    }

    async fn turn(&mut self) -> Option<()> {
        if self.hand.now_and_then(2) {
            let in_thread = self.hand.now_and_then(3);
            let mut content = message("to be read");
            if in_thread {
                content["m.relates_to"] = json!({ "rel_type": "m.thread", "event_id": self.events[0].0 });
            }
            let path = message_path(&self.room, &self.events.len().to_string());
            let (sent, _) = self.hand.must(Method::PUT, &path, &content).await?;
            self.events.push((sent["event_id"].as_str()?.to_owned(), in_thread));
            self.hand.breathe().await;
        }
        let kinds = ["m.read", "m.read.private"];
        let room = encode(&self.room);
        if self.hand.now_and_then(3) {
            let (place, mut body) = (self.near(None), json!({}));
            let marks = ["m.fully_read", "m.read", "m.read.private"].map(|kind| (kind, String::new()));
            marks.iter().for_each(|(kind, _)| body[*kind] = json!(self.events[place].0));
            return self.set(&marks, place, &format!("/rooms/{room}/read_markers"), &body).await;
        }
        let kind = kinds[self.hand.chance.among(0..2) as usize];
        let (thread, in_thread) = match self.hand.chance.among(0..3) {
            0 => (String::new(), None),
            1 => ("main".to_owned(), Some(false)),
            _ => (self.events[0].0.clone(), Some(true)),
        };
        let place = self.near(in_thread);
        let body = if thread.is_empty() { json!({}) } else { json!({ "thread_id": thread }) };
        let path = format!("/rooms/{room}/receipt/{kind}/{}", encode(&self.events[place].0));
        self.set(&[(kind, thread)], place, &path, &body).await
    }

    /// The place of one of the newest events, in the thread or not.
    fn near(&mut self, in_thread: Option<bool>) -> usize {
        let fits = |place: &usize| in_thread.is_none_or(|wanted| self.events[*place].1 == wanted);
        let places: Vec<usize> = (0..self.events.len()).rev().filter(fits).take(NEAR).collect();
        let choice = self.hand.chance.among(0..places.len().max(1) as u64) as usize;
        // The root belongs to its thread, too.
        places.get(choice).copied().unwrap_or(0)
    }

    /// Sets receipts. After a death and after an answer that was lost it looks first at what is there, before the repetition hides it.
    async fn set(&mut self, marks: &[Mark], place: usize, path: &str, body: &Value) -> Option<()> {
        if self.deaths != self.hand.ledger.deaths() {
            self.deaths = self.hand.ledger.deaths();
            self.look(&self.hand.user.clone()).await?;
        }
        for mark in marks {
            let known = self.marks.entry(mark.clone()).or_default();
            known.at_most = known.at_most.max(place);
        }
        loop {
            match self.hand.ledger.once(&self.hand.user, Method::POST, path, body).await {
                Ok(reply) if reply.status == 200 => break,
                Ok(reply) => {
                    self.hand.unexpected(format!("{path}: {}", reply.text));
                    return None;
                }
                Err(_) => self.look(&self.hand.user.clone()).await?,
            }
        }
        for mark in marks {
            let known = self.marks.entry(mark.clone()).or_default();
            known.at_least = known.at_least.max(Some(place));
        }
        self.hand.ledger.count("receipts", marks.len());
        Some(())
    }

    /// Compares all that this user is shown with where it must be.
    async fn look(&mut self, user: &User) -> Option<()> {
        let none = json!({ "types": [] });
        let timeline = json!({ "limit": 1 });
        let room = json!({ "rooms": [self.room], "timeline": timeline, "state": none });
        let filter = json!({ "room": room, "presence": none, "account_data": none }).to_string();
        let path = format!("/sync?timeout=0&filter={}", encode(&filter));
        let (sync, _) = self.hand.ledger.success(user, Method::GET, &path, &Value::Null).await?;
        let found = self.found(&sync["rooms"]["join"][&self.room]);
        let is_reader = user.id == self.hand.user.id;
        for (mark, known) in &mut self.marks {
            if !is_reader && mark.0 != "m.read" {
                if found.contains_key(mark) {
                    self.hand.unexpected(format!("{mark:?} is shown to others"));
                }
                continue;
            }
            let there = found.get(mark).copied();
            if there < known.at_least {
                self.hand.lost(format!("{mark:?} was at {:?} and is at {there:?}", known.at_least));
            } else if there.is_some_and(|there| there > known.at_most) {
                self.hand
                    .unexpected(format!("{mark:?} is at {there:?}, but no request named more than {}", known.at_most));
            }
            known.at_least = known.at_least.max(there);
        }
        Some(())
    }

    /// Where each receipt of the reader is in a room of a sync.
    fn found(&self, room: &Value) -> BTreeMap<Mark, usize> {
        let place = |event: &str| self.events.iter().position(|(known, _)| known == event).unwrap_or(usize::MAX);
        let list = |part: &'static str| room[part]["events"].as_array().map_or(&[][..], Vec::as_slice).iter();
        let mut found = BTreeMap::new();
        for (event, kinds) in list("ephemeral").filter_map(|event| event["content"].as_object()).flatten() {
            for kind in ["m.read", "m.read.private"] {
                let receipt = &kinds[kind][&self.hand.user.id];
                if receipt.is_object() {
                    let thread = receipt["thread_id"].as_str().unwrap_or_default().to_owned();
                    found.insert((kind, thread), place(event));
                }
            }
        }
        if let Some(marker) = list("account_data").find(|event| event["type"] == "m.fully_read") {
            let event = marker["content"]["event_id"].as_str().unwrap_or_default();
            found.insert(("m.fully_read", String::new()), place(event));
        }
        found
    }

    /// Compares what the reader and the observer are shown in the end.
    pub async fn judge(&mut self) -> Option<()> {
        for user in [self.hand.user.clone(), self.observer.clone()] {
            self.look(&user).await?;
        }
        Some(())
    }
}
