//! What may be written on the command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use ruma::OwnedServerName;

/// A Matrix homeserver.
#[derive(Debug, Parser)]
#[command(name = "peerbrain", version, about)]
pub struct CommandLine {
    /// The configuration file [default: ./peerbrain.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do; without it the server runs.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server (the default)
    Serve,
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Manage users, on the running server or on its database
    #[command(subcommand)]
    User(UserCommand),
    /// Look at uploaded files, put them away or delete them, on the running server or on its database
    #[command(subcommand)]
    Media(MediaCommand),
    /// Look at rooms, keep everybody out of one, delete one
    #[command(subcommand)]
    Room(RoomCommand),
    /// Look at what users have reported
    #[command(subcommand)]
    Report(ReportCommand),
    /// Look at how servers find each other
    #[command(subcommand)]
    Federation(FederationCommand),
    /// Look after the key that this server signs with
    #[command(subcommand)]
    Key(KeyCommand),
    /// Look after the database
    #[command(subcommand)]
    Db(DbCommand),
}

/// Commands on the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show what the server makes of defaults, file and environment; secrets as ***
    Show,
    /// Say whether the configuration can be used, and if not, why
    Check,
    /// Print the example file, with every setting explained
    Example,
}

/// Commands on users.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create a user; whatever the registration mode
    Create {
        /// The name before the colon, such as "alice"
        name: String,
        #[command(flatten)]
        password: NewPassword,
        /// Make the user an administrator of this server
        #[arg(long)]
        admin: bool,
    },
    /// List all users
    List,
    /// Set the password of a user and log out all of the user's devices
    Password {
        /// The user
        name: String,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Make a user an administrator, or no longer
    Admin {
        /// The user
        name: String,
        /// Take the rights away
        #[arg(long)]
        revoke: bool,
    },
    /// Lock a user out without deleting anything, or let the user in again
    Lock {
        /// The user
        name: String,
        /// Let the user in again
        #[arg(long)]
        undo: bool,
    },
}

/// Where a new password comes from. Without either, one is made and printed.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct NewPassword {
    /// The password. Other users of this machine can see it while the command runs: --password-stdin is better
    #[arg(long)]
    pub password: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub password_stdin: bool,
}

/// Commands on uploaded files.
#[derive(Debug, Subcommand)]
pub enum MediaCommand {
    /// List files with their address, uploader, SHA-256, size and type
    List {
        /// Only those of this user, the newest first
        #[arg(long)]
        user: Option<String>,
    },
    /// Put a content away: nobody gets it, and nobody can upload it again
    Quarantine {
        /// Its SHA-256 (also of one that has never been here), or the mxc address of a file
        media: String,
        /// Give it back
        #[arg(long)]
        undo: bool,
    },
    /// Delete files for good
    Delete {
        /// The SHA-256 of a content, for all of its files, or the mxc address of one
        media: String,
    },
}

/// Commands on rooms.
#[derive(Debug, Subcommand)]
pub enum RoomCommand {
    /// List all rooms
    List,
    /// Let nobody of this server enter a room; who is in it stays
    Block {
        /// The room's id
        room: String,
        /// Let people in again
        #[arg(long)]
        undo: bool,
    },
    /// Delete a room: all users of this server leave it, and all that is stored of it goes
    Purge {
        /// The room's id
        room: String,
        /// Block it, too
        #[arg(long)]
        block: bool,
    },
}

/// Commands on reports.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// List what users have reported, the newest first
    List,
    /// Delete a report that has been dealt with
    Delete {
        /// Its number
        number: i64,
    },
}

/// Commands on federation.
#[derive(Debug, Subcommand)]
pub enum FederationCommand {
    /// Say whether a server can be reached by others, and if not, what is wrong: name, DNS, .well-known, certificate, port
    Check {
        /// The server's name [default: this server's]
        name: Option<OwnedServerName>,
    },
    /// List the servers that something was ever sent to: since when they fail, when they are tried next, what waits for them
    Destinations,
    /// Try now to send to servers that fail
    #[command(group(ArgGroup::new("whom").args(["name", "all"]).required(true)))]
    Retry {
        /// The server's name
        name: Option<OwnedServerName>,
        /// All that fail
        #[arg(long)]
        all: bool,
    },
}

/// Commands on the signing key.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Sign with a new key from now on; other servers are told of the old one, so what it signed stays good. The server
    /// must not run
    Rotate,
}

/// Commands on the database.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Look for damage, without changing anything
    Check,
    /// Bring the database to this program's version without starting the server
    Migrate,
    /// Write database, media, signing key and configuration into one file, also while the server runs
    Backup {
        /// The file to write; it must not exist
        file: PathBuf,
    },
    /// Verify a backup and restore it into an empty database of either kind
    Restore {
        /// The file to read
        file: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn serving_is_the_default() {
        let line = CommandLine::try_parse_from(["peerbrain", "--config", "x.toml"]).unwrap();
        assert!(line.command.is_none());
        assert_eq!(line.config, Some(PathBuf::from("x.toml")));
        let line = CommandLine::try_parse_from(["peerbrain", "db", "backup", "b", "--config", "x.toml"]).unwrap();
        assert_eq!(line.config, Some(PathBuf::from("x.toml")));
    }
}
