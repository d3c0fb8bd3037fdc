//! The sessions of user-interactive authentication. They are in memory only: after a restart a client starts over.

use std::collections::{HashMap, VecDeque};

use parking_lot::Mutex;
use ruma::OwnedUserId;
use serde_json::Value;

use super::stages::{Progress, Stage};
use crate::JsonObject;

/// How long a session lasts, in milliseconds.
const LASTS: i64 = 30 * 60 * 1_000;
/// Sessions at a time; one more drops the oldest.
const MOST: usize = 10_000;
/// Bytes of the requests that the sessions hold, all together.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Bytes up to which one session takes further parameters.
const MOST_ADDED_BYTES: usize = 64 * 1024;
/// Failed attempts after which a session is gone.
const MOST_FAILURES: u32 = 10;

/// What a session is for: it authorises nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// Who asks; none before login.
    pub user: Option<OwnedUserId>,
    /// The HTTP method.
    pub method: String,
    /// The path with its arguments.
    pub path: String,
}

struct UiaSession {
    operation: Operation,
    /// The parameters of the first request.
    body: JsonObject,
    bytes: usize,
    created_at: i64,
    progress: Progress,
    failures: u32,
}

/// All sessions.
#[derive(Default)]
pub(crate) struct UiaSessions {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    sessions: HashMap<String, UiaSession>,
    /// The oldest first; some may be gone already.
    order: VecDeque<String>,
    bytes: usize,
}

/// What became of a stage that was completed.
pub(crate) enum Advance {
    /// A flow is complete, and the session gone with it.
    Complete(JsonObject, Progress),
    /// There is more to do.
    More(Progress),
    /// The session has gone away meanwhile.
    Gone,
}

impl UiaSessions {
    /// Begins the session `id`.
    pub fn begin(&self, id: String, operation: Operation, body: JsonObject, progress: Progress, now: i64) {
        let bytes = size(&body) + operation.path.len();
        let mut inner = self.inner.lock();
        inner.bytes += bytes;
        inner.order.push_back(id.clone());
        let session = UiaSession { operation, body, bytes, created_at: now, progress, failures: 0 };
        inner.sessions.insert(id, session);
        inner.make_room();
    }

    /// What is proven in a session, if it is of this operation and the request repeats its parameters or omits them.
    /// Where there is no user yet whose account could be misused, it may also add some: matrix-js-sdk asks for a refresh
    /// token only in the second request of a registration.
    pub fn resume(&self, id: &str, operation: &Operation, body: &JsonObject, now: i64) -> Option<Progress> {
        let mut inner = self.inner.lock();
        let session = inner.sessions.get_mut(id)?;
        let fresh = now.saturating_sub(session.created_at) < LASTS;
        let may_add = operation.user.is_none();
        let repeats = |(key, value): (&String, &Value)| match session.body.get(key) {
            Some(known) => known == value,
            None => may_add,
        };
        if !fresh || session.operation != *operation || !body.iter().all(repeats) {
            return None;
        }
        let progress = session.progress.clone();
        let added: JsonObject = body
            .iter()
            .filter(|(key, _)| !session.body.contains_key(*key))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        if added.is_empty() {
            return Some(progress);
        }
        let bytes = size(&added);
        if session.bytes + bytes > MOST_ADDED_BYTES {
            return None;
        }
        session.bytes += bytes;
        session.body.extend(added);
        inner.bytes += bytes;
        inner.make_room();
        // It may have been the oldest.
        inner.sessions.contains_key(id).then_some(progress)
    }

    /// Notes that a stage was completed; `proved` adds what it proved.
    pub fn advance(&self, id: &str, flows: &[Vec<Stage>], stage: Stage, proved: impl FnOnce(&mut Progress)) -> Advance {
        let mut inner = self.inner.lock();
        let Some(session) = inner.sessions.get_mut(id) else { return Advance::Gone };
        let progress = &mut session.progress;
        if !progress.completed.contains(&stage) {
            progress.completed.push(stage);
            proved(progress);
        }
        if !progress.completes(flows) {
            return Advance::More(progress.clone());
        }
        match inner.remove(id) {
            Some(session) => Advance::Complete(session.body, session.progress),
            None => Advance::Gone,
        }
    }

    /// Counts a failed attempt. False where the session is gone, now or before.
    pub fn fail(&self, id: &str) -> bool {
        let mut inner = self.inner.lock();
        let Some(session) = inner.sessions.get_mut(id) else { return false };
        session.failures += 1;
        if session.failures >= MOST_FAILURES {
            inner.remove(id);
            return false;
        }
        true
    }

    /// Drops the sessions that are too old.
    pub fn forget_old(&self, now: i64) {
        let mut inner = self.inner.lock();
        while let Some(oldest) = inner.order.front() {
            let known = inner.sessions.get(oldest);
            if known.is_some_and(|session| now.saturating_sub(session.created_at) < LASTS) {
                return;
            }
            inner.drop_oldest();
        }
    }
}

/// Bytes that parameters take, near enough.
fn size(body: &JsonObject) -> usize {
    body.iter().map(|(key, value)| 64 + key.len() + weight(value)).sum()
}

/// Bytes of memory, not of text: a list of lists takes forty times what it is written in.
fn weight(value: &Value) -> usize {
    32 + match value {
        Value::String(text) => text.len(),
        Value::Array(list) => 128 + list.iter().map(weight).sum::<usize>(),
        Value::Object(object) => size(object),
        _ => 0,
    }
}

impl Inner {
    fn remove(&mut self, id: &str) -> Option<UiaSession> {
        let session = self.sessions.remove(id)?;
        self.bytes -= session.bytes;
        // Most often it is a young one; the names of those that are gone are dropped once they are the oldest.
        if self.order.len() > 2 * MOST {
            let sessions = &self.sessions;
            self.order.retain(|id| sessions.contains_key(id));
        }
        Some(session)
    }

    /// Drops the oldest sessions until the others are within their bounds.
    fn make_room(&mut self) {
        while self.sessions.len() > MOST || (self.bytes > MOST_BYTES && self.sessions.len() > 1) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.order.pop_front() {
            self.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(path: &str) -> Operation {
        Operation { user: None, method: "POST".into(), path: path.into() }
    }

    fn begin(sessions: &UiaSessions, id: &str, bytes: usize, now: i64) {
        let body = JsonObject::from_iter([("x".to_owned(), "y".repeat(bytes).into())]);
        sessions.begin(id.into(), operation("/a"), body, Progress::default(), now);
    }

    fn known(sessions: &UiaSessions, id: &str, now: i64) -> bool {
        sessions.resume(id, &operation("/a"), &JsonObject::new(), now).is_some()
    }

    #[test]
    fn parameters_may_be_added_before_there_is_a_user_and_never_changed() {
        let sessions = UiaSessions::default();
        begin(&sessions, "a", 1, 0);
        let with = |key: &str, value: Value| JsonObject::from_iter([(key.to_owned(), value)]);
        assert!(sessions.resume("a", &operation("/a"), &with("refresh_token", true.into()), 0).is_some());
        assert!(sessions.resume("a", &operation("/a"), &with("refresh_token", false.into()), 0).is_none());
        let by_user = Operation { user: Some(ruma::owned_user_id!("@a:b")), ..operation("/a") };
        sessions.begin("b".into(), by_user.clone(), JsonObject::new(), Progress::default(), 0);
        assert!(sessions.resume("b", &by_user, &with("x", 1.into()), 0).is_none());
    }

    #[test]
    fn what_is_added_is_bounded() {
        let sessions = UiaSessions::default();
        begin(&sessions, "a", 1, 0);
        let add = |key: &str| {
            let body = JsonObject::from_iter([(key.to_owned(), "y".repeat(MOST_ADDED_BYTES / 3).into())]);
            sessions.resume("a", &operation("/a"), &body, 0).is_some()
        };
        assert!(add("one") && add("two") && !add("three"));
        assert!(add("two"), "what is known already adds nothing");
    }

    #[test]
    fn sessions_are_bounded_in_number_and_bytes() {
        let sessions = UiaSessions::default();
        for i in 0..MOST + 10 {
            begin(&sessions, &i.to_string(), 1, 0);
        }
        assert!(!known(&sessions, "9", 0));
        assert!(known(&sessions, "10", 0));
        for i in 0..40 {
            begin(&sessions, &format!("large{i}"), MOST_BYTES / 16, 0);
        }
        let inner = sessions.inner.lock();
        assert!(inner.bytes <= MOST_BYTES && inner.sessions.len() <= 16, "{}", inner.sessions.len());
    }

    #[test]
    fn sessions_grow_old() {
        let sessions = UiaSessions::default();
        begin(&sessions, "old", 1, 0);
        begin(&sessions, "young", 1, LASTS / 2);
        assert!(known(&sessions, "old", LASTS - 1));
        assert!(!known(&sessions, "old", LASTS));
        sessions.forget_old(LASTS);
        assert_eq!(sessions.inner.lock().sessions.len(), 1);
        assert!(known(&sessions, "young", LASTS));
    }

    #[test]
    fn those_that_finish_leave_nothing_behind() {
        let sessions = UiaSessions::default();
        for i in 0..3 * MOST {
            begin(&sessions, &i.to_string(), 10, 0);
            let done = sessions.advance(&i.to_string(), &[vec![Stage::Dummy]], Stage::Dummy, |_| {});
            assert!(matches!(done, Advance::Complete(..)));
        }
        let inner = sessions.inner.lock();
        assert_eq!((inner.sessions.len(), inner.bytes), (0, 0));
        assert!(inner.order.len() <= 2 * MOST + 1);
    }

    #[test]
    fn too_many_failures_end_a_session() {
        let sessions = UiaSessions::default();
        begin(&sessions, "a", 1, 0);
        assert!((1..MOST_FAILURES).all(|_| sessions.fail("a")));
        assert!(!sessions.fail("a"));
        assert!(!known(&sessions, "a", 0));
    }
}
