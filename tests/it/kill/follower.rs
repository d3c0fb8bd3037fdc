//! A follower: syncs on from where it was, through every death, and must see each event once and in order.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::ledger::{Breach, Ledger};
use crate::client::encode;
use crate::user::User;

/// Pages of a gap that are fetched at most.
const MOST_PAGES: usize = 1_000;

/// A follower and what it has seen.
pub struct Follower {
    user: User,
    ledger: Arc<Ledger>,
    since: String,
    /// The event ids of each room, in the order of arrival.
    pub seen: HashMap<String, Vec<String>>,
    known: HashSet<String>,
}

impl Follower {
    /// Begins to follow; what is already there does not count. None where the first sync fails, which has been noted.
    pub async fn begin(user: User, ledger: Arc<Ledger>, known: HashSet<String>) -> Option<Self> {
        let (sync, _) = ledger.success(&user, Method::GET, "/sync?timeout=0", &Value::Null).await?;
        let since = sync["next_batch"].as_str()?.to_owned();
        ledger.position(None, &since);
        Some(Self { user, ledger, since, seen: HashMap::new(), known })
    }

    /// Follows until the end, and then until nothing new comes.
    pub async fn follow(mut self) -> Self {
        loop {
            let last_turn = self.ledger.is_settled();
            let Some(news) = self.step(if last_turn { 0 } else { 500 }).await else { return self };
            if last_turn && !news || self.ledger.is_ruined() {
                return self;
            }
        }
    }

    /// One sync. Whether it brought anything; None where it failed, which has been noted.
    async fn step(&mut self, timeout: u32) -> Option<bool> {
        let filter = json!({ "room": { "timeline": { "limit": 200 } } }).to_string();
        let path = format!("/sync?timeout={timeout}&since={}&filter={}", encode(&self.since), encode(&filter));
        let (sync, _) = self.ledger.success(&self.user, Method::GET, &path, &Value::Null).await?;
        let next = sync["next_batch"].as_str().unwrap_or_default().to_owned();
        self.ledger.position(Some(&self.since), &next);
        let mut news = false;
        for (room, joined) in sync["rooms"]["join"].as_object().into_iter().flatten() {
            let timeline = &joined["timeline"];
            let mut ids: Vec<String> = ids(&timeline["events"]);
            if timeline["limited"] == true {
                let mut gap = self.gap(room, timeline["prev_batch"].as_str().unwrap_or_default()).await?;
                gap.append(&mut ids);
                ids = gap;
            }
            for id in ids {
                news = true;
                if !self.known.insert(id.clone()) {
                    self.ledger.breach(Breach::Twice(format!("a follower got {id} twice (since {})", self.since)));
                }
                self.seen.entry(room.clone()).or_default().push(id);
            }
        }
        self.since = next;
        Some(news)
    }

    /// What a limited timeline left out, oldest first.
    async fn gap(&self, room: &str, prev_batch: &str) -> Option<Vec<String>> {
        let (mut from, mut missed) = (prev_batch.to_owned(), Vec::new());
        for _ in 0..MOST_PAGES {
            let path = format!("/rooms/{}/messages?dir=b&limit=100&from={}", encode(room), encode(&from));
            let (page, _) = self.ledger.success(&self.user, Method::GET, &path, &Value::Null).await?;
            for id in ids(&page["chunk"]) {
                if self.known.contains(&id) {
                    missed.reverse();
                    return Some(missed);
                }
                missed.push(id);
            }
            let Some(end) = page["end"].as_str() else { break };
            from = end.to_owned();
        }
        missed.reverse();
        Some(missed)
    }
}

fn ids(events: &Value) -> Vec<String> {
    let events = events.as_array().into_iter().flatten();
    events.filter_map(|event| event["event_id"].as_str()).map(str::to_owned).collect()
}
