//! The token of `/sync`: how much a client knows.

use std::{fmt, str::FromStr};

use rooms::read::Token;

use crate::Error;

/// Rooms in which typing is told at once; what a token holds must stay short.
pub(crate) const TYPING_ROOMS: usize = 32;

/// How much a client knows: everything up to a position, and what it was told of that which is only in memory. Written
/// `s<position>`, and where there is more to say `s<position>_<serial>` and `s<position>_<serial>_<room>.<room>`. Where
/// more messages wait for the device than one answer holds, `~<position>` follows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct SyncToken {
    /// The position.
    pub position: i64,
    /// The number of the newest change in memory. Those of one run of the server are higher than those of any before;
    /// zero: nothing is known.
    pub serial: i64,
    /// The rooms in which the client takes somebody for typing. That survives in the client if the server forgets it.
    pub typing: Vec<i64>,
    /// The position up to which the device was told its messages, where that is not all of them.
    pub to_device: Option<i64>,
}

impl SyncToken {
    /// Whether there may be something that the client does not know, of two numbers that count the newest there is.
    pub fn is_behind(&self, position: i64, serial: i64) -> bool {
        position > self.position || serial > self.serial || self.to_device.is_some()
    }

    /// The position up to which the device has its messages.
    pub fn messages_upto(&self) -> i64 {
        self.to_device.unwrap_or(self.position)
    }
}

impl fmt::Display for SyncToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Token::Arrival(self.position))?;
        if self.serial != 0 || !self.typing.is_empty() || self.to_device.is_some() {
            write!(f, "_{}", self.serial)?;
        }
        for (i, room) in self.typing.iter().enumerate() {
            write!(f, "{}{room}", if i == 0 { '_' } else { '.' })?;
        }
        if let Some(position) = self.to_device {
            write!(f, "~{position}")?;
        }
        Ok(())
    }
}

impl FromStr for SyncToken {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        read(text).ok_or_else(unknown_token)
    }
}

fn read(text: &str) -> Option<SyncToken> {
    let Ok(Token::Arrival(position)) = text.parse() else { return None };
    let (text, messages) = text.split_once('~').map_or((text, None), |(text, messages)| (text, Some(messages)));
    let to_device = match messages {
        Some(messages) => Some(messages.parse().ok().filter(|upto| (0..position).contains(upto))?),
        None => None,
    };
    let mut parts = text.split('_').skip(1);
    let serial = parts.next().map_or(Some(0), |serial| serial.parse().ok())?;
    let typing: Vec<i64> = match parts.next() {
        Some(rooms) => rooms.split('.').map(|room| room.parse().ok()).collect::<Option<_>>()?,
        None => Vec::new(),
    };
    (parts.next().is_none() && typing.len() <= TYPING_ROOMS).then_some(SyncToken {
        position,
        serial,
        typing,
        to_device,
    })
}

/// What a client hears that brings something else.
pub(crate) fn unknown_token() -> Error {
    Error::InvalidParam("this is not a token that a sync of this server has given".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_a_round_trip() {
        for text in
            ["s0", "s17", "s17_1700000000000", "s17_1700000000000_4", "s17_1700000000000_4.55", "s17_0~3", "s17_1_4~16"]
        {
            assert_eq!(text.parse::<SyncToken>().unwrap().to_string(), text);
        }
        let many = SyncToken {
            position: i64::MAX,
            serial: i64::MAX,
            typing: vec![i64::from(u32::MAX); TYPING_ROOMS],
            to_device: Some(i64::MAX - 1),
        };
        assert_eq!(many.to_string().parse::<SyncToken>().unwrap(), many);
    }

    #[test]
    fn anything_else_is_refused() {
        let long = format!("s1_2_{}", vec!["3"; TYPING_ROOMS + 1].join("."));
        for text in [
            "", "s", "s-1", "t1_2", "s1_", "s1_x", "s1_2_", "s1_2_3.", "s1_2_3_4", "s1_2_.3", "s1_0~1", "s1~0",
            "s9_0~-1", "s9_0~", &long,
        ] {
            assert!(text.parse::<SyncToken>().is_err(), "{text}");
        }
    }
}
