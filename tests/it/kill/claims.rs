//! Claims of one-time keys.

use reqwest::Method;
use serde_json::{Value, json};

use super::hand::Hand;
use super::keys::{ALGORITHM, key};
use crate::user::User;

/// Who claims the keys of a device.
pub struct Claimer {
    hand: Hand,
    owner: User,
    /// The numbers of the keys that came, in that order.
    pub claimed: Vec<u64>,
    /// Claims that may have been carried out, but were not answered.
    pub unanswered: usize,
}

impl Claimer {
    /// One that claims from this device.
    pub fn new(hand: Hand, owner: User) -> Self {
        Self { hand, owner, claimed: Vec::new(), unanswered: 0 }
    }

    /// Claims until the end.
    pub async fn write(mut self) -> Self {
        while self.hand.goes_on().await {
            if self.claim().await.is_none() {
                break;
            }
        }
        self
    }

    /// One claim. Nothing where it failed in a way that has been noted; the error is that no answer came; a number is that
    /// of the fallback key.
    pub async fn claim(&mut self) -> Option<Result<Option<u64>, ()>> {
        let Self { hand, owner, .. } = self;
        let body = json!({ "one_time_keys": { &owner.id: { &owner.device: ALGORITHM } } });
        let reply = match hand.ledger.once(&hand.user, Method::POST, "/keys/claim", &body).await {
            Ok(reply) => reply,
            Err(maybe_done) => {
                self.unanswered += usize::from(maybe_done);
                return Some(Err(()));
            }
        };
        let keys = reply.json["one_time_keys"][&owner.id][&owner.device].as_object();
        let Some((name, given)) = keys.and_then(|keys| keys.iter().next()) else {
            hand.lost(format!("there is no key, not even the fallback key: {}", reply.text));
            return None;
        };
        match number_of(owner, name, given) {
            Ok(number) if given["fallback"] == true => return Some(Ok(Some(number))),
            Ok(number) => self.claimed.push(number),
            Err(wrong) => hand.inconsistent(wrong),
        }
        self.hand.ledger.count("claims", 1);
        Some(Ok(None))
    }
}

/// The number of a key that came from a claim, which is its id. The error is a key that nobody uploaded.
fn number_of(owner: &User, name: &str, given: &Value) -> Result<u64, String> {
    let number = name.strip_prefix(ALGORITHM).and_then(|rest| rest.strip_prefix(':')).and_then(|id| id.parse().ok());
    let number = number.ok_or_else(|| format!("{name} is no name of ours"))?;
    let is_ours = *given == key(owner, number, given["fallback"] == true);
    is_ours.then_some(number).ok_or_else(|| format!("{name} is not what was uploaded: {given}"))
}
