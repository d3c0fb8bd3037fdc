//! The sender against servers that fail, are slow, lose answers, and refuse.

mod edus;
mod failures;
mod network;
mod operating;
mod order;
mod random;
mod refusals;
mod restarts;
mod world;
