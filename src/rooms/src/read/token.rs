//! Tokens by which clients page through history.

use std::{fmt, str::FromStr};

use crate::{Error, Result};

/// A point between two events of a room, or of the whole server. Clients must take it as opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// After everything that had arrived up to this position: the tokens of `/sync`, written `s<position>`. They may go
    /// on with an underscore and what only `/sync` understands.
    Arrival(i64),
    /// After this place in the order of history, written `t<depth>_<position>`.
    Place {
        /// Depth in the room's graph.
        depth: i64,
        /// Position among the events of that depth; negative for history that arrived late.
        position: i64,
    },
}

/// Bytes that a token of `/sync` may have beside its position.
const LONGEST_REST: usize = 1_000;

impl Token {
    /// The point just before an event at this place of the history.
    pub fn before(depth: i64, position: i64) -> Self {
        Self::Place { depth, position: position.saturating_sub(1) }
    }

    /// The point just after an event at this place of the history.
    pub fn after(depth: i64, position: i64) -> Self {
        Self::Place { depth, position }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arrival(position) => write!(f, "s{position}"),
            Self::Place { depth, position } => write!(f, "t{depth}_{position}"),
        }
    }
}

impl FromStr for Token {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        read(text).ok_or_else(|| Error::InvalidParam("this is not a pagination token of this server".into()))
    }
}

fn read(text: &str) -> Option<Token> {
    if let Some(position) = text.strip_prefix('s') {
        let (position, rest) = position.split_once('_').unwrap_or((position, "0"));
        let understood = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'_' | b'.' | b'~');
        if rest.is_empty() || rest.len() > LONGEST_REST || !rest.bytes().all(understood) {
            return None;
        }
        let position = number(position)?;
        return (position >= 0).then_some(Token::Arrival(position));
    }
    let (depth, position) = text.strip_prefix('t')?.split_once('_')?;
    Some(Token::Place { depth: number(depth)?, position: number(position)? })
}

/// A number as [`Token`] writes it: one spelling for one number.
fn number(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_survive_a_round_trip() {
        for token in [Token::Arrival(0), Token::Arrival(17), Token::after(3, -9), Token::before(i64::MAX, i64::MIN)] {
            assert_eq!(token.to_string().parse::<Token>().unwrap(), token);
        }
    }

    #[test]
    fn what_sync_adds_is_passed_over() {
        for text in ["s17_1700000000000", "s17_1700000000000_4.5"] {
            assert_eq!(text.parse::<Token>().unwrap(), Token::Arrival(17), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "s",
            "s-1",
            "s+1",
            "s01",
            "t1",
            "t1_",
            "t_1",
            "t1_2_3",
            "x1",
            "s99999999999999999999",
            "t1_-0",
            "s1_",
            "s1_x",
        ] {
            assert!(matches!(text.parse::<Token>(), Err(Error::InvalidParam(_))), "{text}");
        }
    }
}
