//! Threads that may take their time.

use std::{num::NonZero, sync::Arc, thread};

use futures_util::future::join_all;
use tokio::sync::Semaphore;

/// Items that one thread takes at a time. Of events that is some milliseconds of work.
const ITEMS_PER_TASK: usize = 32;

/// As many threads at once as there are processors, whoever has work. Cheap to clone.
#[derive(Clone)]
pub(super) struct Pool(Arc<Semaphore>);

impl Pool {
    pub fn new() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Semaphore::new(processors)))
    }

    /// Does something with each of the items. The results are in their order; `lost` stands for what a thread did not come
    /// to.
    pub async fn each<T, R>(
        &self,
        items: Vec<T>,
        work: impl Fn(T) -> R + Clone + Send + 'static,
        lost: impl Fn() -> R,
    ) -> Vec<R>
    where
        T: Send + 'static,
        R: Send + 'static,
    {
        let mut items = items.into_iter();
        let mut tasks = Vec::new();
        loop {
            let some: Vec<T> = items.by_ref().take(ITEMS_PER_TASK).collect();
            if some.is_empty() {
                break;
            }
            let (count, work) = (some.len(), work.clone());
            tasks.push(async move {
                // It is never closed.
                let _permit = self.0.acquire().await;
                let task = tokio::task::spawn_blocking(move || some.into_iter().map(work).collect::<Vec<R>>());
                (count, task.await)
            });
        }
        let mut results = Vec::new();
        for (count, outcome) in join_all(tasks).await {
            match outcome {
                Ok(done) => results.extend(done),
                Err(error) => {
                    tracing::error!(%error, "checking events broke off");
                    results.extend(std::iter::repeat_with(&lost).take(count));
                }
            }
        }
        results
    }
}
