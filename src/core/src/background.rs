//! Long computations that step back where others want the processor: password hashes, thumbnails.

use std::{io, thread};

/// How far a computation steps back: under full load it gets a tenth of what others get, so it goes on at all times.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Starts `work` on a thread of its own with little priority. How many run at a time, and how the result comes back, is
/// the caller's business. A thread costs some 50 µs, so the work should take milliseconds.
///
/// # Errors
/// What the system says where it gives no thread.
pub fn start(name: &'static str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let work = move || {
        step_back();
        work();
    };
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// Lowers the priority of this thread: elsewhere than on Linux it would be that of the whole process.
fn step_back() {
    // Who is further back already stays there. Where it is not allowed the work is done all the same.
    #[cfg(target_os = "linux")]
    if rustix::process::getpriority_process(None).is_ok_and(|now| now < NICENESS) {
        let _ = rustix::process::setpriority_process(None, NICENESS);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn only_the_computation_steps_back() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let (before, (send, receive)) = (priority(), mpsc::channel());
        start("priority", move || send.send(priority()).unwrap()).unwrap();
        assert_eq!(receive.recv().unwrap(), before.max(NICENESS));
        assert_eq!(priority(), before);
    }
}
