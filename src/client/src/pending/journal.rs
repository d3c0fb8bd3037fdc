//! What was begun with other people, so that it is finished after a crash, and so that only those invites are followed that
//! were asked for.

use std::collections::BTreeMap;

use matrix_sdk::ruma::{MilliSecondsSinceUnixEpoch, OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::error::Result;

const FILE: &str = "journal.json";
/// How long whoever was asked may take to answer.
const ASKED_FOR_MS: u64 = 60 * 24 * 60 * 60 * 1_000;
/// The most people asked, accepted, and under way. The oldest go first.
const MAX_ASKED: usize = 1_000;
const MAX_ACCEPTED: usize = 10_000;
const MAX_UNDER_WAY: usize = 1_000;

/// What was begun.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// Whom we asked, and when, in milliseconds since 1970.
    #[serde(default)]
    asked_at: BTreeMap<OwnedUserId, u64>,
    /// Whom we accepted, in that order.
    #[serde(default)]
    accepted: Vec<OwnedUserId>,
    /// Whom we are letting in where: noted before the keys go, taken out once the invite has gone.
    #[serde(default)]
    pub let_in: Vec<(OwnedRoomId, OwnedUserId)>,
    /// Which timelines we join, whose they are and since when: noted before the join, taken out once it is known whether old
    /// thoughts can be read.
    #[serde(default)]
    pub importing: Vec<(OwnedRoomId, OwnedUserId, u64)>,
}

impl Journal {
    /// What was begun and is not finished.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(account: &Account) -> Result<Self> {
        account.folder().read_json(FILE)
    }

    /// Writes down what has changed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn change(account: &Account, change: impl FnOnce(&mut Self)) -> Result<()> {
        let before = Self::read(account)?;
        let mut after = before.clone();
        change(&mut after);
        after.bound(now());
        if after == before { Ok(()) } else { account.folder().write_json(FILE, &after) }
    }

    /// Somebody was asked, now.
    pub fn ask(&mut self, user_id: &UserId) {
        self.asked_at.insert(user_id.to_owned(), now());
    }

    /// Whether somebody was asked, not too long ago.
    #[must_use]
    pub fn has_asked(&self, user_id: &UserId) -> bool {
        self.asked_at.get(user_id).is_some_and(|at| now().saturating_sub(*at) <= ASKED_FOR_MS)
    }

    /// Somebody was accepted.
    pub fn accept(&mut self, user_id: &UserId) {
        if !self.has_accepted(user_id) {
            self.accepted.push(user_id.to_owned());
        }
    }

    /// Whether somebody was accepted.
    #[must_use]
    pub fn has_accepted(&self, user_id: &UserId) -> bool {
        self.accepted.iter().any(|known| known == user_id)
    }

    /// Somebody is about to be let in.
    pub fn let_in(&mut self, place: (OwnedRoomId, OwnedUserId)) {
        if !self.let_in.contains(&place) {
            self.let_in.push(place);
        }
    }

    /// A timeline is about to be joined.
    pub fn import(&mut self, room_id: &RoomId, owner: &UserId) {
        if !self.importing.iter().any(|(known, ..)| known == room_id) {
            self.importing.push((room_id.to_owned(), owner.to_owned(), now()));
        }
    }

    /// What came of its old thoughts is known, or nothing will.
    pub fn imported(&mut self, room_id: &RoomId) {
        self.importing.retain(|(known, ..)| known != room_id);
    }

    /// Nothing that was begun with somebody goes on.
    pub fn forget(&mut self, user_id: &UserId) {
        self.asked_at.remove(user_id);
        self.accepted.retain(|known| known != user_id);
        self.let_in.retain(|(_, who)| who != user_id);
        self.importing.retain(|(_, who, _)| who != user_id);
    }

    fn bound(&mut self, now: u64) {
        self.asked_at.retain(|_, at| now.saturating_sub(*at) <= ASKED_FOR_MS);
        while self.asked_at.len() > MAX_ASKED {
            let oldest = self.asked_at.iter().min_by_key(|(_, at)| **at).map(|(user_id, _)| user_id.clone());
            oldest.and_then(|user_id| self.asked_at.remove(&user_id));
        }
        keep_newest(&mut self.accepted, MAX_ACCEPTED);
        keep_newest(&mut self.let_in, MAX_UNDER_WAY);
        keep_newest(&mut self.importing, MAX_UNDER_WAY);
    }
}

fn keep_newest<T>(all: &mut Vec<T>, most: usize) {
    all.drain(..all.len().saturating_sub(most));
}

/// Milliseconds since 1970.
pub(super) fn now() -> u64 {
    MilliSecondsSinceUnixEpoch::now().get().into()
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::{owned_room_id, user_id};

    use super::*;

    fn person(number: usize) -> OwnedUserId {
        UserId::parse(format!("@u{number}:a.example")).unwrap()
    }

    #[test]
    fn an_answer_that_comes_too_late_counts_for_nothing() {
        let (bob, mut journal) = (user_id!("@bob:b.example"), Journal::default());
        journal.ask(bob);
        assert!(journal.has_asked(bob));
        journal.asked_at.insert(bob.to_owned(), now() - ASKED_FOR_MS - 1_000);
        assert!(!journal.has_asked(bob));
        journal.bound(now());
        assert!(journal.asked_at.is_empty());
    }

    #[test]
    fn it_stays_bounded_and_keeps_the_newest() {
        let (mut journal, now) = (Journal::default(), now());
        for number in 0..=MAX_ASKED {
            journal.asked_at.insert(person(number), now + number as u64);
            journal.let_in.push((owned_room_id!("!r:a.example"), person(number)));
            journal.import(&RoomId::parse(format!("!r{number}:a.example")).unwrap(), &person(number));
        }
        journal.accepted = (0..=MAX_ACCEPTED).map(person).collect();
        journal.bound(now);
        assert_eq!((journal.asked_at.len(), journal.accepted.len()), (MAX_ASKED, MAX_ACCEPTED));
        assert_eq!((journal.let_in.len(), journal.importing.len()), (MAX_UNDER_WAY, MAX_UNDER_WAY));
        assert!(!journal.has_asked(&person(0)) && journal.has_asked(&person(MAX_ASKED)));
        assert!(!journal.has_accepted(&person(0)) && journal.has_accepted(&person(MAX_ACCEPTED)));
    }

    #[test]
    fn nothing_goes_on_with_whom_is_forgotten() {
        let (bob, mut journal) = (user_id!("@bob:b.example"), Journal::default());
        let room_id = owned_room_id!("!r:a.example");
        journal.ask(bob);
        journal.accept(bob);
        journal.accept(bob);
        assert_eq!(journal.accepted.len(), 1);
        journal.let_in.push((room_id.clone(), bob.to_owned()));
        journal.import(&room_id, bob);
        journal.forget(bob);
        assert_eq!(journal, Journal::default());
    }
}
