//! Computations that are under way: whoever asks the same meanwhile gets the same answer.

use std::{collections::HashMap, future::Future};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use parking_lot::Mutex;

use super::Key;
use crate::{Result, compute::Answer};

/// Entries after which those that nobody waits for any more are cleared away.
const CLEAR_AT: usize = 1_000;

type Computation = BoxFuture<'static, Result<Answer>>;

/// The computations under way. They end with the last who waits for them.
#[derive(Default)]
pub(crate) struct Running {
    by_key: Mutex<HashMap<Key, WeakShared<Computation>>>,
}

impl Running {
    /// Joins the computation for this key, or starts it.
    pub async fn share<F>(&self, key: Key, start: impl FnOnce() -> F) -> Result<Answer>
    where
        F: Future<Output = Result<Answer>> + Send + 'static,
    {
        let computation = self.join(key.clone(), start);
        let answer = computation.await;
        let mut by_key = self.by_key.lock();
        if by_key.get(&key).is_some_and(|weak| weak.upgrade().is_none_or(|it| it.peek().is_some())) {
            by_key.remove(&key);
        }
        answer
    }

    fn join<F>(&self, key: Key, start: impl FnOnce() -> F) -> Shared<Computation>
    where
        F: Future<Output = Result<Answer>> + Send + 'static,
    {
        let mut by_key = self.by_key.lock();
        if let Some(running) = by_key.get(&key).and_then(WeakShared::upgrade) {
            return running;
        }
        if by_key.len() >= CLEAR_AT {
            by_key.retain(|_, weak| weak.upgrade().is_some());
        }
        let computation = start().boxed().shared();
        if let Some(weak) = computation.downgrade() {
            by_key.insert(key, weak);
        }
        computation
    }
}
