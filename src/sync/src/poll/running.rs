//! Computations that are under way: whoever asks the same meanwhile gets the same answer.

use std::{collections::HashMap, future::Future};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use parking_lot::Mutex;

use super::Key;
use crate::{Result, compute::Answer};

type Computation = BoxFuture<'static, Result<Answer>>;

/// The computations under way. They end with the last who waits for them.
#[derive(Default)]
pub(crate) struct Running {
    by_key: Mutex<HashMap<Key, WeakShared<Computation>>>,
}

/// One who waits for a computation. The last one takes it from the list, also where they go before it is done.
struct Waiter<'a> {
    running: &'a Running,
    key: Key,
}

impl Running {
    /// Joins the computation for this key, or starts it.
    pub async fn share<F>(&self, key: Key, start: impl FnOnce() -> F) -> Result<Answer>
    where
        F: Future<Output = Result<Answer>> + Send + 'static,
    {
        // Made first, so that it goes last.
        let waiter = Waiter { running: self, key };
        self.join(&waiter.key, start).await
    }

    fn join<F>(&self, key: &Key, start: impl FnOnce() -> F) -> Shared<Computation>
    where
        F: Future<Output = Result<Answer>> + Send + 'static,
    {
        let mut by_key = self.by_key.lock();
        if let Some(running) = by_key.get(key).and_then(WeakShared::upgrade) {
            return running;
        }
        let computation = start().boxed().shared();
        if let Some(weak) = computation.downgrade() {
            by_key.insert(key.clone(), weak);
        }
        computation
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut by_key = self.running.by_key.lock();
        if by_key.get(&self.key).is_some_and(|weak| weak.upgrade().is_none_or(|it| it.peek().is_some())) {
            by_key.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use ruma::user_id;

    use super::*;
    use crate::{StateForm, token::SyncToken};

    fn token() -> SyncToken {
        SyncToken { position: 7, ..SyncToken::default() }
    }

    fn key() -> Key {
        let (user, device) = (user_id!("@a:b").to_owned(), "D".into());
        Key { user, device, since: None, filter: None, full_state: false, form: StateForm::Before }
    }

    #[tokio::test]
    async fn a_computation_is_shared_and_goes_with_the_last_who_waits() {
        let running = Running::default();
        let (tell, told) = tokio::sync::oneshot::channel();
        let start = || async move {
            told.await.ok();
            Ok(Answer { body: "{}".into(), end: token(), empty: true, repeatable: true })
        };
        let mut first = running.share(key(), start).boxed();
        let mut second = running.share(key(), || async { panic!("it is made already") }).boxed();
        assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
        drop(first);
        assert_eq!(running.by_key.lock().len(), 1);
        tell.send(()).unwrap();
        assert_eq!(second.await.unwrap().end, token());
        assert!(running.by_key.lock().is_empty());

        let mut gone = running.share(key(), futures_util::future::pending).boxed();
        assert!((&mut gone).now_or_never().is_none());
        drop(gone);
        assert!(running.by_key.lock().is_empty());
    }
}
