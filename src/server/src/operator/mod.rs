//! What an operator may ask about users, whether of a running server or of a database that none runs on.

mod perform;

use serde::{Deserialize, Serialize};

pub use perform::Operator;

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
}

/// What comes back: a line of JSON.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It was done for this user.
    Done(String),
    /// Some users; ask again after the last one for more, until none come.
    Users(Vec<ListedUser>),
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
