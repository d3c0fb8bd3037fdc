//! The command line as people type it. Completions and the manual page are made from these definitions, so every line of
//! doc here is text for users.

mod onboarding;
mod people;
mod words;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use serde::{Deserialize, Serialize};

pub use onboarding::{Login, Profile, RecoveryStep, Register};
pub use people::{AudienceStep, Dm, FriendStep, Trust, Verify, Weight};
pub use words::{Delete, Edit, Export, Feed, Post, React, Read, Reply, Search, Sort};

/// Thoughts for your friends, which no server can read.
///
/// Your thoughts are ordinary encrypted messages in Matrix rooms that belong to you. Friends read all of them, also the old
/// ones, on whatever server they are; nobody else can, not even those who run the servers.
#[derive(Debug, Parser)]
#[command(name = "thoughts", version, propagate_version = true, max_term_width = 100, after_help = FIRST_STEPS)]
pub struct Arguments {
    /// What holds for every command.
    #[command(flatten)]
    pub options: Options,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

const FIRST_STEPS: &str = "\
First steps:
  thoughts register example.org alice       makes an account and tells you its recovery key
  thoughts post 'My first thought.'         writes to your friends
  thoughts friend request @bob:example.net  asks Bob; he sees it in `thoughts friends`
  thoughts feed                             what your friends think";

/// What holds for every command.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Options {
    /// Prints one JSON object a line, for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// Which account, if there are several on this computer [default: the one last used]
    #[arg(long, global = true, value_name = "NAME")]
    pub account: Option<String>,
    /// The folder in which accounts are kept [default: the data folder of the user]
    #[arg(long, global = true, value_name = "FOLDER", env = "THOUGHTS_DATA", value_hint = clap::ValueHint::DirPath)]
    pub data: Option<PathBuf>,
    /// Whether there are colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// Where the output is a terminal that has them
    Auto,
    /// Yes
    Always,
    /// No
    Never,
}

/// What is to be done. It goes as it is to the process that holds the account, if that is another one.
#[derive(Clone, Debug, PartialEq, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Makes an account on a server
    Register(Register),
    /// Logs in to an account that exists
    Login(Login),
    /// Logs out and removes the account from this computer
    Logout,
    /// Shows who you are here, and whether all is well
    Whoami,
    /// Shows or changes how you appear to others
    Profile(Profile),
    /// Writes a thought
    Post(Post),
    /// Changes a thought of yours
    Edit(Edit),
    /// Deletes a thought of yours
    Delete(Delete),
    /// Shows the newest thoughts of those whose friend you are
    Feed(Feed),
    /// Shows somebody's thoughts, also the old ones
    Read(Read),
    /// Replies to a thought
    Reply(Reply),
    /// Reacts to a thought with an emoji
    React(React),
    /// Searches everything you can read, on this computer
    Search(Search),
    /// Shows your friends, and who asks to become one
    Friends,
    /// Asks somebody, or answers somebody who asks
    #[command(subcommand)]
    Friend(FriendStep),
    /// Groups of friends to whom you can write
    #[command(subcommand)]
    Audience(AudienceStep),
    /// Shows or sets how much somebody's reactions count for you
    Weight(Weight),
    /// Writes to one person, or shows the conversation
    Dm(Dm),
    /// Compares emoji with somebody, so that you know who it is
    Verify(Verify),
    /// What brings everything back when a device is lost
    #[command(subcommand)]
    Recovery(RecoveryStep),
    /// Agrees to somebody's changed identity
    Trust(Trust),
    /// Writes everything you can read as JSON lines
    Export(Export),
    /// Stays, finishes what is pending and tells what happens
    Watch,
    /// Prints completions for a shell
    Completions {
        /// Which shell
        #[serde(skip, default = "any_shell")]
        shell: Shell,
    },
    /// Prints the manual page
    Man,
}

/// Completions are never handed to another process, so it does not matter which.
fn any_shell() -> Shell {
    Shell::Bash
}

impl Command {
    /// Whether the command goes on until it is ended.
    #[must_use]
    pub fn has_no_end(&self) -> bool {
        match self {
            Self::Watch => true,
            Self::Feed(feed) => feed.follow,
            _ => false,
        }
    }

    /// Whether the command may take so long that others should be able to work meanwhile.
    #[must_use]
    pub fn takes_long(&self) -> bool {
        let waits = matches!(self, Self::Verify(_) | Self::Friend(_) | Self::Audience(_) | Self::Dm(_));
        self.has_no_end() || waits || matches!(self, Self::Export(_) | Self::Read(_) | Self::Recovery(_))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_fit_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_command_survives_the_way_to_another_process() {
        for line in [
            &["thoughts", "post", "x", "--tag", "a", "--tag", "b", "--audience", "family"][..],
            &["thoughts", "feed", "--follow", "--sort", "rating"],
            &["thoughts", "friend", "request", "@bob:b.example", "--message", "hello"],
            &["thoughts", "audience", "add", "family", "@bob:b.example"],
            &["thoughts", "dm", "@bob:b.example"],
        ] {
            let command = Arguments::parse_from(line).command;
            let sent = serde_json::to_string(&command).unwrap();
            assert_eq!(serde_json::from_str::<Command>(&sent).unwrap(), command, "{sent}");
        }
    }

    #[test]
    fn only_what_waits_for_news_has_no_end() {
        let endless = |line: &[&str]| Arguments::parse_from(line).command.has_no_end();
        assert!(endless(&["thoughts", "watch"]));
        assert!(endless(&["thoughts", "feed", "--follow"]));
        assert!(!endless(&["thoughts", "feed"]));
    }
}
