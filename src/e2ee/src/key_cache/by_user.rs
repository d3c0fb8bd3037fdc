//! Values by user that were read from the database, and are forgotten when a commit changes what they were read from.

use std::collections::HashMap;

use parking_lot::Mutex;

/// What a user without a value takes.
const USER: usize = 200;

struct Kept<V> {
    /// The newest commit that changed the value. What an older snapshot shows is outdated.
    changed_at: i64,
    /// The newest commit of the kind that is remembered.
    marked_at: i64,
    value: V,
    bytes: usize,
}

struct Inner<V> {
    users: HashMap<String, Kept<V>>,
    bytes: usize,
    /// The newest commit that changed anybody's value. Who is not among the users may be one of them.
    newest: i64,
}

/// Values by user, of so many bytes at most; beyond that all are forgotten.
pub(super) struct ByUser<V> {
    inner: Mutex<Inner<V>>,
    most: usize,
}

impl<V: Default> ByUser<V> {
    pub fn new(most: usize) -> Self {
        Self { inner: Mutex::new(Inner { users: HashMap::new(), bytes: 0, newest: 0 }), most }
    }

    /// Something of a user's value. From now on commits are noted for this user, so that what is read now can be kept.
    pub fn get<T>(&self, user_id: &str, of: impl FnOnce(&V) -> Option<T>) -> Option<T> {
        let mut inner = self.inner.lock();
        if let Some(kept) = inner.users.get(user_id) {
            return of(&kept.value);
        }
        let bytes = USER + user_id.len();
        if inner.bytes + bytes > self.most {
            inner.users.clear();
            inner.bytes = 0;
        }
        inner.bytes += bytes;
        // Whoever read before users were forgotten may bring what a commit has changed meanwhile.
        let nothing = Kept { changed_at: inner.newest, marked_at: 0, value: V::default(), bytes };
        inner.users.insert(user_id.to_owned(), nothing);
        None
    }

    /// Adds to a user's value what a snapshot of this position showed and what takes so many bytes, unless it is
    /// outdated by now.
    pub fn keep(&self, user_id: &str, position: i64, bytes: usize, add: impl FnOnce(&mut V)) {
        let mut inner = self.inner.lock();
        let Some(kept) = inner.users.get_mut(user_id).filter(|kept| kept.changed_at <= position) else { return };
        add(&mut kept.value);
        kept.bytes += bytes;
        inner.bytes += bytes;
        if inner.bytes > self.most {
            inner.users.clear();
            inner.bytes = 0;
        }
    }

    /// When something of the user was last marked; 0 where nobody remembers.
    pub fn marked_at(&self, user_id: &str) -> i64 {
        self.inner.lock().users.get(user_id).map_or(0, |kept| kept.marked_at)
    }

    /// Forgets a value that a commit has changed.
    pub fn changed(&self, user_id: &str, position: i64, mark: bool) {
        let mut inner = self.inner.lock();
        inner.newest = inner.newest.max(position);
        let Some(kept) = inner.users.get_mut(user_id) else { return };
        kept.changed_at = kept.changed_at.max(position);
        if mark {
            kept.marked_at = kept.marked_at.max(position);
        }
        kept.value = V::default();
        let (before, after) = (kept.bytes, USER + user_id.len());
        kept.bytes = after;
        inner.bytes = inner.bytes - before + after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kept: &ByUser<Option<i64>>, user_id: &str) -> Option<i64> {
        kept.get(user_id, |value| *value)
    }

    #[test]
    fn what_is_outdated_is_not_kept() {
        let kept = ByUser::<Option<i64>>::new(10_000);
        kept.keep("@a:b", 5, 10, |value| *value = Some(1));
        assert_eq!(read(&kept, "@a:b"), None, "nobody noted commits for it");
        kept.keep("@a:b", 5, 10, |value| *value = Some(2));
        assert_eq!(read(&kept, "@a:b"), Some(2));
        kept.changed("@a:b", 7, true);
        kept.keep("@a:b", 6, 10, |value| *value = Some(3));
        assert_eq!((read(&kept, "@a:b"), kept.marked_at("@a:b")), (None, 7));
        kept.keep("@a:b", 7, 10, |value| *value = Some(4));
        kept.changed("@b:b", 9, true);
        assert_eq!((read(&kept, "@a:b"), kept.marked_at("@b:b")), (Some(4), 0));
    }

    #[test]
    fn what_was_read_before_all_was_forgotten_is_not_kept() {
        let kept = ByUser::<Option<i64>>::new(1_000);
        read(&kept, "@a:b");
        // A reader has seen position 5. Others make all be forgotten, and then something of the user changes.
        for n in 0..10 {
            read(&kept, &format!("@{n}:b"));
        }
        kept.changed("@a:b", 7, false);
        read(&kept, "@a:b");
        kept.keep("@a:b", 5, 10, |value| *value = Some(1));
        assert_eq!(read(&kept, "@a:b"), None);
        kept.keep("@a:b", 7, 10, |value| *value = Some(2));
        assert_eq!(read(&kept, "@a:b"), Some(2));
    }

    #[test]
    fn memory_is_bounded() {
        let kept = ByUser::<Option<i64>>::new(10_000);
        for n in 0..1_000 {
            let user = format!("@{n}:b");
            read(&kept, &user);
            kept.keep(&user, 1, n, |value| *value = Some(1));
            let inner = kept.inner.lock();
            assert!(inner.bytes <= 10_000);
            assert_eq!(inner.bytes, inner.users.values().map(|kept| kept.bytes).sum::<usize>());
        }
    }
}
