//! Messages between devices (client-server § Send-to-Device messaging).
//!
//! A message waits for its device until a token of that device's sync says that it has arrived. None is lost on the way,
//! but a device that never asks cannot have any number waiting: beyond a bound the oldest messages of whoever sent most
//! of them go, so that a flood costs first of all the one who makes it.
//!
//! What is for users of other servers goes into their outboxes with the same write ([`elsewhere`]), and what their servers
//! bring is delivered once however often it comes ([`receive`]).

mod addressed;
mod bounds;
mod elsewhere;
mod excess;
mod inbox;
mod inboxes;
mod numbers;
mod receive;
mod send;
#[cfg(test)]
mod server_tests;
#[cfg(test)]
mod tests;

pub(crate) use bounds::MESSAGES_PER_ANSWER;
pub use inbox::Delivery;
pub(crate) use inbox::delivery;
pub(crate) use inboxes::Inboxes;
pub use receive::Received;
pub use send::{Messages, Sender};
