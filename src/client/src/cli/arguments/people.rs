//! Friends, audiences, conversations.

use clap::{Args, Subcommand};
use matrix_sdk::ruma::OwnedUserId;
use serde::{Deserialize, Serialize};

/// `thoughts friend …`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FriendStep {
    /// Asks somebody to become a friend
    Request {
        /// Who: @bob:example.net, #thoughts-bob:example.net, or a matrix.to link to their thoughts
        #[arg(value_name = "WHO")]
        whom: String,
        /// A word with it. The servers of both can read it
        #[arg(long, value_name = "MESSAGE")]
        message: Option<String>,
    },
    /// Accepts somebody who asks; from then on each reads all thoughts of the other, also the old ones
    Accept(Who),
    /// Declines somebody who asks
    Decline(Who),
    /// Ends a friendship; what they have read they keep, new thoughts they cannot read
    Remove(Who),
    /// Ends it, and lets nothing from them through any more
    Block(Who),
}

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Who {
    /// Who, such as @bob:example.net
    #[arg(value_name = "@USER:SERVER")]
    pub user_id: OwnedUserId,
}

/// `thoughts audience …`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AudienceStep {
    /// Makes an audience; only you know its name
    Create {
        /// What you call it
        name: String,
    },
    /// Shows your audiences and who is in them
    List,
    /// Adds somebody, who then reads all that was written to it
    Add {
        /// Which audience
        name: String,
        /// Who
        #[command(flatten)]
        who: Who,
    },
    /// Removes somebody, who then reads nothing new of it
    Remove {
        /// Which audience
        name: String,
        /// Who
        #[command(flatten)]
        who: Who,
    },
}

/// `thoughts weight`.
#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct Weight {
    /// Who
    #[command(flatten)]
    pub who: Who,
    /// From 0 (their reactions count for nothing) to 1 (in full); shown if not given
    #[arg(value_name = "0..1", value_parser = weight)]
    pub weight: Option<f64>,
}

/// `thoughts dm`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Dm {
    /// Who
    #[command(flatten)]
    pub who: Who,
    /// What to write; - reads it from standard input; without it the conversation is shown
    pub text: Option<String>,
    /// How many messages to show
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
}

/// `thoughts verify`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Verify {
    /// Who; without it, another device of your own
    #[arg(value_name = "@USER:SERVER")]
    pub user_id: Option<OwnedUserId>,
    /// Says that the emoji match without asking. For tests only: it proves nothing
    #[arg(long)]
    pub yes: bool,
}

/// `thoughts trust`.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Trust {
    /// Whose
    #[command(flatten)]
    pub who: Who,
}

fn weight(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(weight) if (0.0..=1.0).contains(&weight) => Ok(weight),
        _ => Err("a number from 0 to 1 is needed, such as 0.3".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::weight;

    #[test]
    fn weights_go_from_nothing_to_everything() {
        assert_eq!(weight("0.3"), Ok(0.3));
        assert_eq!(weight("1"), Ok(1.0));
        for bad in ["1.1", "-0.1", "NaN", "inf", "much", ""] {
            assert!(weight(bad).is_err(), "{bad}");
        }
    }
}
