//! Messages between devices: each that was acknowledged arrives once at a device that syncs on through every death.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::hand::Hand;
use crate::client::encode;
use crate::user::User;

/// How many messages are sent at the same time, now and then.
const CROWD: u64 = 24;
/// The most messages of one answer.
const FULL: usize = 100;

/// A sender, and what was acknowledged.
pub struct Sender {
    hand: Hand,
    to: User,
    /// What is sent in a round is sent at the same time.
    round: u64,
    next: u64,
    /// Numbers.
    sent: Vec<u64>,
}

impl Sender {
    /// One that sends to this device.
    pub fn new(hand: Hand, to: User) -> Self {
        Self { hand, to, round: 0, next: 0, sent: Vec::new() }
    }

    /// Sends until the end.
    pub async fn write(mut self) -> Self {
        while self.hand.goes_on().await {
            self.round += 1;
            let first = self.next;
            self.next += if self.hand.now_and_then(6) { CROWD } else { 1 };
            let again = self.hand.now_and_then(10);
            let sent = join_all((first..self.next).map(|number| self.send(number, again))).await;
            self.hand.ledger.count("to-device messages", sent.iter().flatten().count());
            self.sent.extend(sent.into_iter().flatten());
        }
        self
    }

    /// Sends a message, and perhaps once more although it was answered. Its number.
    async fn send(&self, number: u64, again: bool) -> Option<u64> {
        let path = format!("/sendToDevice/org.example.kill/{number}");
        let content = json!({ "from": self.hand.user.id, "round": self.round, "number": number });
        let body = json!({ "messages": { &self.to.id: { &self.to.device: content } } });
        self.hand.must(Method::PUT, &path, &body).await?;
        if again {
            self.hand.must(Method::PUT, &path, &body).await?;
        }
        Some(number)
    }

    /// Compares with what has arrived.
    pub fn judge(&self, receiver: &Receiver) {
        let arrived = receiver.arrived.get(&self.hand.user.id).map_or(&[][..], Vec::as_slice);
        let mut known = HashSet::new();
        for (_, number) in arrived.iter().filter(|(_, number)| !known.insert(*number)) {
            self.hand.twice(format!("message {number} of {} arrived twice", self.hand.user.id));
        }
        for number in self.sent.iter().filter(|number| !known.contains(*number)) {
            self.hand.lost(format!("message {number} of {} never arrived", self.hand.user.id));
        }
        for pair in arrived.windows(2).filter(|pair| pair[0].0 > pair[1].0) {
            self.hand.disordered(format!("message {} of {} came too late", pair[1].1, self.hand.user.id));
        }
    }
}

/// The device that they are sent to.
pub struct Receiver {
    hand: Hand,
    since: String,
    /// Round and number of what arrived, in that order, by sender.
    arrived: HashMap<String, Vec<(u64, u64)>>,
}

impl Receiver {
    /// A device that has synced once.
    pub async fn begin(hand: Hand) -> Self {
        let since = hand.user.get("/sync?timeout=0").await.text_at("next_batch");
        Self { hand, since, arrived: HashMap::new() }
    }

    /// Whose device it is.
    pub fn user(&self) -> User {
        self.hand.user.clone()
    }

    /// Syncs until nothing more comes. Now and then it rests, so that many messages wait.
    pub async fn follow(mut self) -> Self {
        tokio::time::sleep(Duration::from_secs(2)).await;
        loop {
            let last_turn = self.hand.ledger.is_settled();
            let Some(news) = self.step(if last_turn { 0 } else { 300 }).await else { return self };
            if last_turn && !news || self.hand.ledger.is_ruined() {
                return self;
            }
            if !last_turn && self.hand.now_and_then(15) {
                tokio::time::sleep(Duration::from_millis(1_500)).await;
            }
        }
    }

    /// One sync, and whether it brought anything.
    async fn step(&mut self, timeout: u32) -> Option<bool> {
        let sync = self.hand.read(&format!("/sync?timeout={timeout}&since={}", encode(&self.since))).await?;
        let events = sync["to_device"]["events"].as_array().map_or(&[][..], Vec::as_slice);
        for event in events {
            let (content, number) = (&event["content"], |key: &str| event["content"][key].as_u64().unwrap_or_default());
            let from = content["from"].as_str().unwrap_or_default().to_owned();
            if event["sender"] != content["from"] || event["type"] != "org.example.kill" {
                self.hand.inconsistent(format!("a message is not as it was sent: {event}"));
            }
            self.arrived.entry(from).or_default().push((number("round"), number("number")));
        }
        self.hand.ledger.count("full answers", usize::from(events.len() == FULL));
        if events.len() > FULL {
            self.hand.unexpected(format!("{} messages in one answer", events.len()));
        }
        self.since = sync["next_batch"].as_str()?.to_owned();
        Some(!events.is_empty())
    }
}
