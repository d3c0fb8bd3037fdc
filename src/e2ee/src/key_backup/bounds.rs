//! Bounds on key backups. A usual key has 700 bytes, and a busy account some 100,000 of them.

/// Bytes of `auth_data`. Each device of the user may sign it.
pub(super) const AUTH_DATA_BYTES: usize = 64 << 10;
/// Bytes of the data of one session.
pub(super) const SESSION_DATA_BYTES: usize = 64 << 10;
/// Versions that a user may have at once.
pub(super) const VERSIONS: i64 = 100;
/// Keys that a user may have in all versions together.
pub(super) const SESSIONS: i64 = 1_000_000;
/// Bytes of their data.
pub(super) const BYTES: i64 = 1 << 30;
/// Keys of one page of a backup that is read. Whoever reads slowly holds one in memory: 4 MB of the largest keys.
pub(super) const PAGE: i64 = 64;
/// Keys that one write deletes; more would hold up everybody else.
pub(super) const DELETED_AT_ONCE: i64 = 2_000;
