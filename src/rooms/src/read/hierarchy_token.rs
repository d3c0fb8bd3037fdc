//! The tokens of pages of a space's tree.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ruma::RoomId;

use crate::{Error, Result};

/// How far a walk has come. Two walks over the same room with the same parameters are the same.
#[derive(Clone, Copy)]
pub(super) struct Token {
    /// What tells the room on top from others.
    pub root: i64,
    /// How many rooms were given.
    pub passed: usize,
    pub max_depth: usize,
    pub suggested_only: bool,
}

impl Token {
    /// What tells a room on top that is not here from others.
    pub fn root_elsewhere(space: &RoomId) -> i64 {
        let mut hash = DefaultHasher::new();
        space.hash(&mut hash);
        // Rooms that are here have positive numbers.
        i64::try_from(hash.finish() >> 1).map_or(-1, |hash| -1 - hash)
    }

    pub fn write(self) -> String {
        let Self { root, passed, max_depth, suggested_only } = self;
        format!("h{passed}_{root}_{max_depth}_{}", u8::from(suggested_only))
    }

    /// How many rooms a page with this token has passed over.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for a token of another walk.
    pub fn passed_before(self, token: &str) -> Result<usize> {
        let passed = token.strip_prefix('h').and_then(|token| token.split_once('_')?.0.parse().ok());
        match passed {
            Some(passed) if (Self { passed, ..self }).write() == token => Ok(passed),
            _ => Err(Error::InvalidParam(
                "the token is not of this walk: max_depth and suggested_only may not change between pages".into(),
            )),
        }
    }
}
