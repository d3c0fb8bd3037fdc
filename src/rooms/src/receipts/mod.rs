//! How far users have read: receipts, and the marker of what is fully read.

mod foreign;
mod set;
mod thread;

#[cfg(test)]
mod tests;

use ruma::OwnedEventId;

pub use foreign::ForeignReceipt;
pub use store::receipts::ReceiptKind;

/// For which part of a room a receipt counts (client-server § Threaded read receipts).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thread {
    /// All of the room.
    Unthreaded,
    /// What is in no thread.
    Main,
    /// The thread with this root.
    Root(OwnedEventId),
}

/// A receipt that a user wants to set.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Who hears of it.
    pub kind: ReceiptKind,
    /// The event up to which they have read.
    pub event_id: OwnedEventId,
    /// For which part of the room that holds.
    pub thread: Thread,
}

/// What a user says of how far they have read a room.
#[derive(Clone, Debug, Default)]
pub struct ReadUpTo {
    /// The receipts.
    pub receipts: Vec<Receipt>,
    /// The event up to which nothing is left to be read (`m.fully_read`).
    pub fully_read: Option<OwnedEventId>,
}
