//! Which devices have messages that may have arrived by now. So a token by which nothing has arrived costs no database.

use std::sync::Arc;

use parking_lot::Mutex;
use quick_cache::sync::Cache;

use super::bounds::REMEMBERED_DEVICES;

/// What devices were sent lately. All of it can be forgotten at any time: it is read again then.
pub(crate) struct Inboxes {
    by_device: Cache<String, Arc<Inbox>>,
}

/// What is known of one device.
#[derive(Default)]
pub(crate) struct Inbox {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Whether the messages have been looked at that were there before.
    known: bool,
    /// The positions of the first and the last message that the device may have got and that are not deleted.
    handed_out: Option<(i64, i64)>,
}

impl Default for Inboxes {
    fn default() -> Self {
        Self { by_device: Cache::new(REMEMBERED_DEVICES) }
    }
}

impl Inboxes {
    /// What is known of a device.
    pub fn of(&self, user_id: &str, device_id: &str) -> Arc<Inbox> {
        let made: Result<_, std::convert::Infallible> =
            self.by_device.get_or_insert_with(&key(user_id, device_id), || Ok(Arc::default()));
        match made {
            Ok(inbox) => inbox,
            Err(never) => match never {},
        }
    }

    /// Notes that a device is being sent messages of these positions.
    pub fn handed_out(&self, user_id: &str, device_id: &str, span: (i64, i64)) {
        // Of a device of which nothing is known all that waits will be looked at.
        if let Some(inbox) = self.by_device.get(&key(user_id, device_id)) {
            inbox.inner.lock().extend(span);
        }
    }
}

impl Inbox {
    /// Whether all is known.
    pub fn is_known(&self) -> bool {
        self.inner.lock().known
    }

    /// Takes note of what waits: whether the device has got it is not known.
    pub fn known(&self, span: Option<(i64, i64)>) {
        let mut inner = self.inner.lock();
        inner.known = true;
        if let Some(span) = span {
            inner.extend(span);
        }
    }

    /// Whether the device may have got something up to a position.
    pub fn has_up_to(&self, upto: i64) -> bool {
        self.inner.lock().handed_out.is_some_and(|(first, _)| first <= upto)
    }

    /// Takes note that everything up to a position is deleted.
    pub fn gone_up_to(&self, upto: i64) {
        let mut inner = self.inner.lock();
        inner.handed_out =
            inner.handed_out.filter(|(_, last)| *last > upto).map(|(first, last)| (first.max(upto + 1), last));
    }
}

impl Inner {
    fn extend(&mut self, (first, last): (i64, i64)) {
        let (from, to) = self.handed_out.unwrap_or((first, last));
        self.handed_out = Some((from.min(first), to.max(last)));
    }
}

/// No user id has a space in it.
fn key(user_id: &str, device_id: &str) -> String {
    format!("{user_id} {device_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_handed_out_is_asked_for() {
        let inboxes = Inboxes::default();
        inboxes.handed_out("@a:b", "D", (1, 2));
        let inbox = inboxes.of("@a:b", "D");
        assert!(!inbox.is_known() && !inbox.has_up_to(i64::MAX));
        inbox.known(Some((3, 5)));
        assert!(inbox.is_known() && inbox.has_up_to(3) && !inbox.has_up_to(2));
        inbox.gone_up_to(4);
        assert!(inbox.has_up_to(5) && !inbox.has_up_to(4));
        inboxes.handed_out("@a:b", "D", (8, 9));
        inbox.gone_up_to(5);
        assert!(inbox.has_up_to(6), "nothing is between, but that is not known");
        inbox.gone_up_to(9);
        assert!(!inbox.has_up_to(i64::MAX));
        assert!(!inboxes.of("@a:b", "E").is_known());
    }
}
