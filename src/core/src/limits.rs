//! Bounds on what a remote party can make this server hold, read or answer. Those that an operator may want to change
//! are settings ([`crate::config`]); these are set by the specification or by what the code can bear.

/// Bytes of an event in canonical JSON, signatures included (client-server API, "Size limits").
pub const EVENT_BYTES: usize = 65_536;
/// Bytes of a user, room, event or other identifier, an event type, a state key, an alias, sigil and server included.
pub const ID_BYTES: usize = 255;
/// Bytes of the body of an ordinary client request. It leaves room for an event in lenient JSON.
pub const CLIENT_BODY_BYTES: usize = 1_048_576;
/// Bytes of the body of a request that brings many things at once: messages to the devices of a large room, which some
/// clients send all together (1.6 KB each), or keys for a backup.
pub const CLIENT_BATCH_BYTES: usize = 4 * CLIENT_BODY_BYTES;
/// Bytes of the body of a request whose client is not yet authenticated (login, registration).
pub const ANONYMOUS_BODY_BYTES: usize = 65_536;
/// Bytes of the body of a transaction of another server: 50 events and 100 EDUs of the greatest size.
pub const TRANSACTION_BYTES: usize = 150 * EVENT_BYTES + 65_536;
/// Bytes of the path and query of a request.
pub const URI_BYTES: usize = 16_384;
/// Bytes of a profile, all of its fields together (MSC4133).
pub const PROFILE_BYTES: usize = 65_536;
/// Bytes of the name of a profile field (MSC4133).
pub const PROFILE_KEY_BYTES: usize = 255;
/// Bytes of one piece of account data or one tag.
pub const ACCOUNT_DATA_BYTES: usize = 65_536;
/// Bytes of all account data of a user, global and of all rooms.
pub const ACCOUNT_DATA_BYTES_PER_USER: usize = 4_194_304;
/// Different kinds of account data that a user may have, global and in one room each.
pub const ACCOUNT_DATA_TYPES: usize = 1_000;
/// Threads of one room for which a user may have receipts of one kind; beyond it that for the oldest event goes.
pub const RECEIPT_THREADS: usize = 1_000;
/// Tags that a user may put on one room.
pub const TAGS_PER_ROOM: usize = 100;
/// Bytes of a stored filter.
pub const FILTER_BYTES: usize = 65_536;
/// Filters stored for a user; beyond it the oldest goes.
pub const FILTERS_PER_USER: usize = 1_000;
/// Devices that a user may have; beyond it a login is refused.
pub const DEVICES_PER_USER: usize = 1_000;
/// Bytes of a device's display name.
pub const DEVICE_NAME_BYTES: usize = 255;
/// Bytes of a password. Argon2 hashes the whole of it, so it must not be a way to spend our time.
pub const PASSWORD_BYTES: usize = 512;
/// Bytes of the local part of a user id, so that it fits into [`ID_BYTES`] with any usual server name.
pub const USERNAME_BYTES: usize = 200;
/// Bytes of a transaction id that a client chooses.
pub const TRANSACTION_ID_BYTES: usize = 255;
/// Syncs that one device may have waiting; one more answers the oldest with nothing new.
pub const WAITING_SYNCS_PER_DEVICE: usize = 5;
/// Events of one page of `/messages`, `/context` and the like, whatever is asked for.
pub const PAGE_EVENTS: usize = 1_000;
/// Events of one answer to another server's `/backfill`, whatever is asked for.
pub const BACKFILL_EVENTS: usize = 100;
/// Events of one answer to another server's `/get_missing_events`, whatever is asked for.
pub const MISSING_EVENTS: usize = 20;
/// Rooms of one page of the room directory or of a hierarchy.
pub const PAGE_ROOMS: usize = 100;
/// Entries of one answer of the user directory.
pub const DIRECTORY_USERS: usize = 100;
/// Rooms that one hierarchy walk visits.
pub const HIERARCHY_ROOMS: usize = 1_000;
/// Deepest level of a hierarchy walk.
pub const HIERARCHY_DEPTH: usize = 100;
/// Users that one request may invite (createRoom).
pub const INVITES_PER_REQUEST: usize = 100;
/// Events of `initial_state` in a createRoom.
pub const INITIAL_STATE_EVENTS: usize = 500;
/// Previous events that an event we build names (server-server API allows 20).
pub const PREV_EVENTS: usize = 10;
/// Previous events that a foreign event may name (server-server API).
pub const PREV_EVENTS_RECEIVED: usize = 20;
/// Authorisation events that a foreign event may name (server-server API).
pub const AUTH_EVENTS_RECEIVED: usize = 10;
/// Aliases that one room may have on this server.
pub const ALIASES_PER_ROOM: usize = 1_000;
/// Users with whom one request may ask for shared things, or that an event may mention.
pub const USERS_PER_REQUEST: usize = 1_000;
/// Bytes of the reason of a report.
pub const REPORT_REASON_BYTES: usize = 10_000;
/// Reports that are kept; beyond it the oldest goes.
pub const REPORTS: usize = 10_000;
/// Rooms of one answer about shared rooms.
pub const MUTUAL_ROOMS: usize = 1_000;
/// Bytes of what is searched for.
pub const SEARCH_TERM_BYTES: usize = 1_000;
