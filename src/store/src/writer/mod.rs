//! The one writer of a process: a thread with its own connection that puts whatever waits into one transaction.

mod batch;
mod connect;
mod job;
pub(crate) mod pruning;
#[cfg(feature = "sabotage")]
mod sabotage;
mod thread;
mod wal;

#[cfg(test)]
pub(crate) use batch::was_committed;
pub(crate) use connect::PAUSES;
pub(crate) use job::{AppendJob, Job, Write};
pub(crate) use thread::{Writer, WriterStats};
