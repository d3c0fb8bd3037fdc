//! What may have changed device lists lately, so that most syncs need not ask the database for it.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use parking_lot::Mutex;
use store::{Committed, LogKind};

/// How many changes are remembered, about 50 bytes each.
const CHANGES: usize = 8_192;

/// Whom a change concerns.
enum Whom {
    /// One user.
    User(Arc<str>),
    /// All who are joined to a room.
    Room(i64),
    /// Anybody.
    All,
}

#[derive(Default)]
struct Inner {
    /// The last position before which something is not known any more; none before the first commit.
    from: Option<i64>,
    /// The newest position seen.
    upto: i64,
    /// The changes in order.
    changes: VecDeque<(i64, Whom)>,
}

/// The newest changes of memberships and devices.
#[derive(Default)]
pub(crate) struct DeviceListNews {
    inner: Mutex<Inner>,
}

impl DeviceListNews {
    /// Takes note of a commit.
    pub fn committed(&self, committed: &Committed) {
        let mut inner = self.inner.lock();
        let before = committed.entries.first().map_or(committed.position, |entry| entry.position - 1);
        inner.from.get_or_insert(before);
        inner.upto = inner.upto.max(committed.position);
        for room in &committed.moved {
            inner.note(committed.position, Whom::Room(*room));
        }
        for entry in &committed.entries {
            match (entry.kind, entry.room, &entry.user) {
                (LogKind::DeviceList, Some(room), _) => inner.note(committed.position, Whom::Room(room)),
                (LogKind::DeviceList, None, None) => inner.note(committed.position, Whom::All),
                (LogKind::DeviceList, None, Some(user)) | (LogKind::Membership, _, Some(user)) => {
                    inner.note(committed.position, Whom::User(user.as_str().into()));
                }
                _ => {}
            }
        }
    }

    /// Whether a user who is joined to these rooms may be concerned by what happened after `since` and up to `end`.
    pub fn concern(&self, user_id: &str, joined: &HashSet<i64>, since: i64, end: i64) -> bool {
        let inner = self.inner.lock();
        if inner.upto < end || inner.from.is_none_or(|from| since < from) {
            return true;
        }
        let later = inner.changes.iter().rev().take_while(|(position, _)| *position > since);
        later.into_iter().any(|(_, whom)| match whom {
            Whom::User(user) => **user == *user_id,
            Whom::Room(room) => joined.contains(room),
            Whom::All => true,
        })
    }
}

impl Inner {
    fn note(&mut self, position: i64, whom: Whom) {
        if self.changes.len() >= CHANGES
            && let Some((oldest, _)) = self.changes.pop_front()
        {
            self.from = self.from.max(Some(oldest));
        }
        self.changes.push_back((position, whom));
    }
}

#[cfg(test)]
mod tests {
    use store::LogEntry;

    use super::*;

    fn commit(position: i64, kind: LogKind, room: Option<i64>, user: Option<&str>) -> Committed {
        let entry = LogEntry { position, kind, room, user: user.map(str::to_owned), row: None };
        let moved = room.filter(|_| kind == LogKind::Event).into_iter().collect();
        Committed { position, entries: vec![entry], moved, ..Committed::default() }
    }

    #[test]
    fn only_what_concerns_the_user_counts() {
        let news = DeviceListNews::default();
        let rooms = HashSet::from([1, 2]);
        let concern = |since, end| news.concern("@a:b", &rooms, since, end);
        assert!(concern(0, 0), "nothing is known yet");
        news.committed(&commit(10, LogKind::AccountData, None, Some("@a:b")));
        assert!(concern(8, 10) && concern(9, 11) && !concern(9, 10));
        news.committed(&commit(11, LogKind::Event, Some(3), None));
        news.committed(&commit(12, LogKind::DeviceList, None, Some("@b:b")));
        news.committed(&commit(13, LogKind::DeviceList, Some(3), Some("@b:b")));
        assert!(!concern(9, 13));
        for (position, kind, room, user) in [
            (14, LogKind::Event, Some(2), None),
            (15, LogKind::DeviceList, Some(1), Some("@b:b")),
            (16, LogKind::DeviceList, None, Some("@a:b")),
            (17, LogKind::Membership, Some(9), Some("@a:b")),
            (18, LogKind::DeviceList, None, None),
        ] {
            news.committed(&commit(position, kind, room, user));
            assert!(concern(position - 1, position) && !concern(position, position));
        }
    }

    #[test]
    fn what_was_forgotten_is_not_denied() {
        let news = DeviceListNews::default();
        for position in 1..=(CHANGES as i64 + 5) {
            news.committed(&commit(position, LogKind::DeviceList, Some(3), Some("@b:b")));
        }
        let end = CHANGES as i64 + 5;
        assert!(news.concern("@a:b", &HashSet::new(), 4, end) && !news.concern("@a:b", &HashSet::new(), 5, end));
    }
}
