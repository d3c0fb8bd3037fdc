//! Accounts, devices, recovery.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use serde::{Deserialize, Serialize};

/// `thoughts register`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Register {
    /// The server: its name, or the address where it answers
    #[arg(value_hint = ValueHint::Hostname)]
    pub server: String,
    /// The name you want there, such as alice
    #[arg(value_hint = ValueHint::Username)]
    pub name: String,
    /// Reads the password from standard input instead of asking for it
    #[arg(long)]
    pub password_stdin: bool,
    /// The token that some servers ask of newcomers
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,
}

/// `thoughts login`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Login {
    /// The server, by name or address; or all in one: @alice:example.org
    #[arg(value_name = "SERVER|@USER:SERVER")]
    pub server: String,
    /// Your name there, unless you gave all in one
    pub name: Option<String>,
    /// Reads the password from the first line of standard input instead of asking for it
    #[arg(long)]
    pub password_stdin: bool,
    /// Reads the recovery key from standard input, after the password if that comes from there, too
    #[arg(long)]
    pub recovery_key_stdin: bool,
}

/// `thoughts profile`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Profile {
    /// The name that others see
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The picture that others see
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub avatar: Option<PathBuf>,
}

/// `thoughts recovery …`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryStep {
    /// Shows whether a lost device could be replaced
    Status,
    /// Makes a new recovery key, and tells it once; an older one opens nothing any more
    Setup {
        /// Begins anew, with the password, where the recovery key and every other device are lost
        #[arg(long)]
        anew: bool,
    },
    /// Brings everything back to this device with the recovery key
    Restore {
        /// Reads the recovery key from standard input instead of asking for it
        #[arg(long)]
        recovery_key_stdin: bool,
        /// What was read, when it goes to another process.
        #[arg(skip)]
        key: Option<String>,
    },
}
