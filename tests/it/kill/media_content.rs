//! What uploaders upload, and what must come back.

use crate::random::Chance;

/// The content of a file: so many bytes that follow from a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// The number.
    pub number: u64,
    /// How many.
    pub bytes: u64,
}

impl Content {
    /// The bytes.
    pub fn bytes(self) -> Vec<u8> {
        let mut chance = Chance::new(self.number);
        let mut bytes: Vec<u8> =
            (0..self.bytes / 8 + 1).flat_map(|_| chance.among(0..u64::MAX).to_le_bytes()).collect();
        bytes.truncate(self.bytes as usize);
        bytes
    }
}

/// What must be at an address.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// This file.
    File(Content),
    /// This file, or nothing yet.
    Perhaps(Content),
    /// Nothing yet.
    Nothing,
}

impl Wanted {
    /// Whether an answer is what must come.
    pub fn fits(self, status: u16, bytes: &[u8]) -> bool {
        let is_empty = status == 504 && String::from_utf8_lossy(bytes).contains("M_NOT_YET_UPLOADED");
        match self {
            Self::File(content) => status == 200 && bytes == content.bytes(),
            Self::Perhaps(content) => is_empty || status == 200 && bytes == content.bytes(),
            Self::Nothing => is_empty,
        }
    }
}
