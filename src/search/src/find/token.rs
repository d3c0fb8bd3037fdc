//! Tokens by which a search goes on.

use super::OrderBy;
use crate::{Error, Result};

/// Where a search goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// By time: before the event of this number, after so many results.
    Recent { before: i64, given: usize },
    /// By rank: after so many results.
    Rank { given: usize },
}

impl Token {
    /// Where a search begins.
    pub fn first(order: OrderBy) -> Self {
        match order {
            OrderBy::Recent => Self::Recent { before: i64::MAX, given: 0 },
            OrderBy::Rank => Self::Rank { given: 0 },
        }
    }

    /// Reads the token of a search of this order.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for one that was never given for it.
    pub fn read(text: &str, order: OrderBy) -> Result<Self> {
        let token = read(text, order).filter(|token| token.to_string() == text);
        token.ok_or_else(|| Error::InvalidParam("this is not a token of this search".into()))
    }
}

fn read(text: &str, order: OrderBy) -> Option<Token> {
    match order {
        OrderBy::Recent => {
            let (before, given) = text.strip_prefix('r')?.split_once('_')?;
            Some(Token::Recent { before: before.parse().ok()?, given: given.parse().ok()? })
        }
        OrderBy::Rank => Some(Token::Rank { given: text.strip_prefix('k')?.parse().ok()? }),
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Recent { before, given } => write!(f, "r{before}_{given}"),
            Self::Rank { given } => write!(f, "k{given}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_as_they_are_written() {
        for (token, order) in
            [(Token::Recent { before: 7, given: 3 }, OrderBy::Recent), (Token::Rank { given: 10 }, OrderBy::Rank)]
        {
            assert_eq!(Token::read(&token.to_string(), order).unwrap(), token);
        }
        for text in ["", "k", "k01", "k-1", "r1_1", "never-given", "=="] {
            assert!(Token::read(text, OrderBy::Rank).is_err(), "{text}");
        }
    }
}
