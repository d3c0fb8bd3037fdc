//! Long computations that step back where others want the processor: password hashes, thumbnails.

use tokio::sync::oneshot;

/// How far a computation steps back: under full load it gets a tenth of what others get, so it goes on at all times.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// What is missing where a computation has no result: the system gave no thread, or it panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a computation could not be made")]
pub struct BrokeOff;

/// Runs `work` on a thread of its own with little priority. It goes on where the caller goes away; how many run at a
/// time is the caller's business. A thread costs some 50 µs, so the work should take milliseconds.
///
/// # Errors
/// [`BrokeOff`].
pub async fn run<T: Send + 'static>(
    name: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BrokeOff> {
    let (done, result) = oneshot::channel();
    let work = move || {
        step_back();
        let _ = done.send(work());
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|_| BrokeOff)?;
    result.await.map_err(|_| BrokeOff)
}

/// Lowers the priority of this thread: elsewhere than on Linux it would be that of the whole process.
fn step_back() {
    // Where that is not allowed the work is done all the same.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_result_comes_back() {
        assert_eq!(run("sum", || 1 + 1).await, Ok(2));
        assert_eq!(run::<()>("panic", || panic!("on purpose")).await, Err(BrokeOff));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn only_the_computation_steps_back() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let before = priority();
        assert_eq!(run("priority", priority).await, Ok(before.max(NICENESS)));
        assert_eq!(priority(), before);
    }
}
