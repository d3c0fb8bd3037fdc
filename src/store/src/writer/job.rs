//! What waits for the writer.

use tokio::sync::oneshot;

use crate::{
    Error, Result, Tx,
    rooms::{Append, Appended},
};

/// A write waiting for its transaction.
pub(crate) enum Job {
    /// Finished rows of a room.
    Append(Box<AppendJob>),
    /// Anything else.
    Write(Box<dyn Run>),
    /// Stop when everything before this is written.
    Stop,
}

/// An append and who waits for it.
pub(crate) struct AppendJob {
    pub append: Append,
    pub reply: oneshot::Sender<Result<Appended>>,
}

/// A closure and who waits for its value.
pub(crate) trait Run: Send {
    /// Runs inside the transaction. May be called a second time, after a rollback.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()>;
    /// Tells the caller, after the commit or instead of it.
    fn finish(self: Box<Self>, outcome: Result<()>);
}

/// [`Run`] for a closure.
pub(crate) struct Write<F, T> {
    pub run: F,
    pub value: Option<T>,
    pub reply: oneshot::Sender<Result<T>>,
}

impl<F: FnMut(&mut Tx<'_>) -> Result<T> + Send, T: Send> Run for Write<F, T> {
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        self.value = Some((self.run)(tx)?);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<()>) {
        let value = self.value;
        // A caller that has gone away no longer wants the answer.
        let _ = self.reply.send(outcome.and_then(|()| value.ok_or(Error::Closed)));
    }
}
