//! Bounds on keys. A usual device has 1 KB of keys, and a hundred one-time keys of 200 bytes.

/// Bytes of the keys of a device, signatures included.
pub(crate) const DEVICE_KEYS_BYTES: usize = 16 << 10;
/// Bytes of the keys of all devices of a user: a usual one has 1 KB, so a thousand have room.
pub(crate) const DEVICES_BYTES: usize = 2 << 20;
/// Bytes of a cross-signing key. Each device of the user may sign the master key, so it is larger.
pub(crate) const CROSS_SIGNING_KEY_BYTES: usize = 64 << 10;
/// Bytes of a one-time or fallback key.
pub(crate) const ONE_TIME_KEY_BYTES: usize = 4 << 10;
/// One-time keys of a device, all algorithms together.
pub(crate) const ONE_TIME_KEYS: usize = 1_000;
/// Fallback keys of a device, one for each algorithm.
pub(crate) const FALLBACK_KEYS: usize = 20;
/// Bytes of one signature: Ed25519 has 86, others may have more.
pub(crate) const SIGNATURE_BYTES: usize = 4 << 10;
/// Users of one query.
pub(crate) const USERS_PER_QUERY: usize = 10_000;
/// Users whose keys are read at once for an answer: what there is no room for is let go between.
pub(crate) const USERS_PER_READ: usize = 50;
/// Bytes of keys in the answer to a user: those of ten thousand users with some devices each have half as many.
pub(crate) const ANSWER_BYTES: usize = 128 << 20;
/// Bytes of keys in the answer to another server, of which ten may be in the making for each: those of four thousand users
/// with some devices each.
pub(crate) const ANSWER_BYTES_FOR_SERVER: usize = 16 << 20;
/// Objects of one upload of signatures.
pub(crate) const SIGNED_OBJECTS: usize = 1_000;
