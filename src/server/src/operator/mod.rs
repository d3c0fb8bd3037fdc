//! What an operator may ask about users, files, rooms and other servers, whether of a running server or of a database that none runs on.

mod destinations;
mod files;
mod moderation;
mod perform;
mod reach;

use serde::{Deserialize, Serialize};

pub use perform::Operator;
pub use reach::Reached;

/// One question or order: a line of JSON on the admin socket.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Create a user.
    CreateUser {
        /// The local part, or the whole id.
        user: String,
        /// The password.
        password: String,
        /// Whether the user becomes an administrator.
        admin: bool,
    },
    /// List the users.
    ListUsers {
        /// Only users whose id sorts after this one.
        after: Option<String>,
    },
    /// Set a password, and log out all devices.
    SetPassword {
        /// The local part, or the whole id.
        user: String,
        /// The password.
        password: String,
    },
    /// Give or take the rights of an administrator.
    SetAdmin {
        /// The local part, or the whole id.
        user: String,
        /// Give or take.
        admin: bool,
    },
    /// Lock a user out, or let the user in.
    SetLocked {
        /// The local part, or the whole id.
        user: String,
        /// Out or in.
        locked: bool,
    },
    /// List uploaded files.
    ListMedia {
        /// Only those of this user.
        user: Option<String>,
        /// Of all users': only those whose id sorts after this one.
        after: Option<String>,
        /// Of one user's: leave out so many.
        skip: u64,
    },
    /// Put a content away, or give it back.
    QuarantineMedia {
        /// Its SHA-256, or the mxc address of a file.
        media: String,
        /// Give it back.
        undo: bool,
    },
    /// Delete files.
    DeleteMedia {
        /// The SHA-256 of a content, or the mxc address of a file.
        media: String,
    },
    /// List reports, the newest first.
    ListReports {
        /// Only those with lower numbers.
        before: Option<i64>,
    },
    /// Delete a report.
    DeleteReport {
        /// Its number.
        number: i64,
    },
    /// List rooms.
    ListRooms {
        /// Only those with higher numbers.
        after: i64,
    },
    /// Keep everybody out of a room, or end that.
    BlockRoom {
        /// The Matrix id.
        room: String,
        /// End it.
        undo: bool,
    },
    /// Delete a room.
    PurgeRoom {
        /// The Matrix id.
        room: String,
        /// Keep everybody out of it from now on.
        block: bool,
    },
    /// List the servers that something is sent to.
    ListDestinations {
        /// Only those whose name sorts after this one.
        after: Option<String>,
    },
    /// Try failing servers now.
    RetryDestinations {
        /// Only this one.
        server: Option<String>,
    },
}

/// What comes back: a line of JSON.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It was done for this user, content, room or report.
    Done(String),
    /// Some users; ask again after the last one for more, until none come.
    Users(Vec<ListedUser>),
    /// Some files; ask again after the last one for more, until none come.
    Media(Vec<ListedFile>),
    /// Some reports; ask again before the last one for more, until none come.
    Reports(Vec<ListedReport>),
    /// Some rooms; ask again after the last one for more, until none come.
    Rooms(Vec<ListedRoom>),
    /// Some servers; ask again after the last one for more, until none come.
    Destinations(Vec<ListedDestination>),
    /// It was not done, and why.
    Failed(String),
}

/// A user in a list.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedUser {
    /// The whole id.
    pub id: String,
    /// What is special: "admin", "locked", "deactivated", …
    pub marks: Vec<String>,
}

/// A file in a list.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedFile {
    /// Its address.
    pub uri: String,
    /// The last part of it.
    pub id: String,
    /// Who uploaded it.
    pub user: String,
    /// Its content.
    pub sha256: Option<String>,
    /// Bytes of its content.
    pub size: u64,
    /// What it is said to be.
    pub content_type: String,
    /// What its uploader called it.
    pub file_name: Option<String>,
    /// What is special: "quarantined", …
    pub marks: Vec<String>,
}

/// A report in a list.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedReport {
    /// Its number.
    pub number: i64,
    /// When it came, in milliseconds since 1970.
    pub reported_at: i64,
    /// Who reported.
    pub reporter: String,
    /// The room, or the room of the event.
    pub room: Option<String>,
    /// The event.
    pub event: Option<String>,
    /// The user; of an event its sender.
    pub user: Option<String>,
    /// What the reporter says.
    pub reason: String,
}

/// A room in a list.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedRoom {
    /// Its number.
    pub number: i64,
    /// The Matrix id.
    pub id: String,
    /// The room version.
    pub version: String,
    /// How many members are joined.
    pub joined: i64,
    /// What is special: "blocked", "published".
    pub marks: Vec<String>,
}

/// A server in a list.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedDestination {
    /// Its name.
    pub server: String,
    /// For how many milliseconds it has not taken what it is sent; none where it does.
    pub failing_for: Option<i64>,
    /// In how many milliseconds it is tried again.
    pub retry_in: Option<i64>,
    /// What went wrong the last time.
    pub error: Option<String>,
    /// How many events wait for it, counted up to some number.
    pub events: i64,
    /// How much else waits for it, counted up to some number.
    pub edus: i64,
}
