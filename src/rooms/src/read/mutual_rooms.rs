//! Rooms that two users share (client-server §mutual-rooms).

use peerbrain_core::limits::MUTUAL_ROOMS;
use ruma::UserId;
use store::rooms::mutual_rooms;

use crate::{Error, Result, Rooms};

/// Some of the rooms that two users share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutualRooms {
    /// Their ids.
    pub joined: Vec<String>,
    /// How many there are in all.
    pub count: usize,
    /// Where to go on, if there are more.
    pub next: Option<String>,
}

impl Rooms {
    /// The rooms in which both users are joined.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for a token that was never given, or for one user asked about twice.
    pub async fn mutual_rooms(&self, one: &UserId, other: &UserId, from: Option<&str>) -> Result<MutualRooms> {
        if one == other {
            return Err(Error::InvalidParam("these are not two users".into()));
        }
        let after = match from {
            Some(from) => read(from).ok_or_else(|| Error::InvalidParam("this is no token of this endpoint".into()))?,
            None => 0,
        };
        let (one, other) = (one.to_string(), other.to_string());
        self.reading(move |_, conn| {
            let all = mutual_rooms(conn, &one, &other)?;
            let count = all.len();
            let mut left: Vec<(i64, String)> = all.into_iter().filter(|(nid, _)| *nid > after).collect();
            let more = left.len() > MUTUAL_ROOMS;
            left.truncate(MUTUAL_ROOMS);
            let next = left.last().filter(|_| more).map(|(nid, _)| format!("m{nid}"));
            Ok(MutualRooms { joined: left.into_iter().map(|(_, id)| id).collect(), count, next })
        })
        .await
    }
}

fn read(token: &str) -> Option<i64> {
    let number: i64 = token.strip_prefix('m')?.parse().ok()?;
    (format!("m{number}") == token && number > 0).then_some(number)
}
