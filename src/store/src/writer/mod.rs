//! The one writer of a process: a thread with its own connection that puts whatever waits into one transaction.

mod batch;
mod connect;
mod job;
#[cfg(feature = "sabotage")]
mod sabotage;
mod thread;
mod wal;

pub(crate) use job::{AppendJob, Job, Write};
pub(crate) use thread::{Writer, WriterStats};
