//! What runs for as long as the server does.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;

/// Runs it to its end; if it panics it is begun anew after a pause, for until a restart nobody else would do it.
pub(crate) async fn lasting<F: Future<Output = ()>>(what: &str, pause: Duration, work: impl Fn() -> F) {
    while AssertUnwindSafe(work()).catch_unwind().await.is_err() {
        tracing::error!(what, "a task panicked; it is begun anew");
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_panics_is_begun_anew() {
        let begun = AtomicUsize::new(0);
        lasting("a test", Duration::from_millis(1), || async {
            tokio::task::yield_now().await;
            assert!(begun.fetch_add(1, Ordering::SeqCst) >= 2, "a test");
        })
        .await;
        assert_eq!(begun.into_inner(), 3);
    }
}
