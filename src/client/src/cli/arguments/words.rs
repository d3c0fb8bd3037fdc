//! Thoughts: writing and reading them.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use matrix_sdk::ruma::OwnedUserId;
use serde::{Deserialize, Serialize};

/// `thoughts post`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Post {
    /// What you think, as Markdown; - or nothing reads it from standard input
    pub text: Option<String>,
    /// A title. It is as secret as the text
    #[arg(long, value_name = "TITLE")]
    pub title: Option<String>,
    /// A tag; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// For whom; may be given several times [default: friends]
    #[arg(long = "audience", value_name = "AUDIENCE")]
    pub audiences: Vec<String>,
    /// For everybody, also those who have no account: not encrypted
    #[arg(long)]
    pub public: bool,
    /// A picture; may be given several times
    #[arg(long = "picture", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub pictures: Vec<PathBuf>,
    /// The language, such as en or de-AT
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: Option<String>,
}

/// `thoughts edit`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Edit {
    /// Which thought: the beginning of its id is enough
    pub id: String,
    /// The new text; - reads it from standard input; without it the text stays
    #[arg(required_unless_present = "title")]
    pub text: Option<String>,
    /// The new title
    #[arg(long, value_name = "TITLE")]
    pub title: Option<String>,
}

/// `thoughts delete`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Delete {
    /// Which thought: the beginning of its id is enough
    pub id: String,
}

/// `thoughts feed`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Feed {
    /// How many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// Stays and shows new thoughts as they come
    #[arg(long)]
    pub follow: bool,
    /// What comes first
    #[arg(long, value_name = "ORDER", default_value = "time")]
    pub sort: Sort,
}

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The newest
    Time,
    /// What those whose signals count most for you reacted to
    Rating,
}

/// `thoughts read`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Read {
    /// Whose
    #[arg(value_name = "@USER:SERVER")]
    pub user_id: OwnedUserId,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,
}

/// `thoughts reply`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Reply {
    /// To which thought: the beginning of its id is enough
    pub id: String,
    /// What to reply; - reads it from standard input
    pub text: String,
}

/// `thoughts react`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct React {
    /// To which thought: the beginning of its id is enough
    pub id: String,
    /// An emoji. Servers can read it
    pub emoji: String,
}

/// `thoughts search`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Search {
    /// Words that the thought has in its text, title or tags
    #[arg(required = true)]
    pub words: Vec<String>,
    /// Only what this person wrote
    #[arg(long, value_name = "@USER:SERVER")]
    pub author: Option<OwnedUserId>,
    /// Only what has this tag
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
}

/// `thoughts export`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Export {
    /// Into which file; without it, to standard output
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
}
