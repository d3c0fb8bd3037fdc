//! Bounds on messages between devices. A usual one has 1 to 2 KB, and the largest that clients make some 50 KB.

/// Bytes of the content of one message. Between servers a message travels in no more.
pub(super) const CONTENT_BYTES: usize = 64 << 10;
/// Devices that one request may name, and to which it may send.
pub(super) const DEVICES_PER_REQUEST: usize = 10_000;
/// Bytes that one request may send, to all devices together.
pub(super) const REQUEST_BYTES: usize = 16 << 20;
/// Requests of each device that are remembered, to tell those that are repeated.
pub(super) const REMEMBERED_REQUESTS: i64 = 1_000;
/// Messages of one answer (the specification recommends 100).
pub(crate) const MESSAGES_PER_ANSWER: usize = 100;
/// Messages that may wait for a device.
pub(super) const WAITING_MESSAGES: i64 = 10_000;
/// Bytes of their contents.
pub(super) const WAITING_BYTES: i64 = 64 << 20;
/// How many messages come between two looks at those bounds.
pub(super) const CHECK_EVERY: i64 = 64;
/// How many messages of a sender go at once where there are too many.
pub(super) const DROPPED_AT_ONCE: i64 = 256;
/// Devices of which it is remembered what they were sent; each takes some 200 bytes.
pub(super) const REMEMBERED_DEVICES: usize = 10_000;
/// Servers to which one request may send.
pub(super) const SERVERS_PER_REQUEST: usize = 1_000;
/// Bytes of what is sent to another server at once: Synapse sends no more, either.
pub(super) const EDU_BYTES: usize = 64 << 10;
/// Bytes of a message id before they are written as text: it may have 32 characters (server-server §m.direct_to_device).
pub(super) const MESSAGE_ID_BYTES: usize = 24;
/// Messages of each server that are remembered, to tell those that come again. A transaction has a hundred at most, and one
/// is repeated before the next comes.
pub(super) const RECEIVED_KEPT: i64 = 10_000;
/// How long they are remembered, in milliseconds: a month, longer than servers repeat what was not answered.
pub(super) const RECEIVED_KEPT_MS: i64 = 30 * 24 * 3_600_000;
