//! The lines of a backup.

use std::io::{BufRead, Read as _, Write};

use ring::digest;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The version of the format.
pub(super) const VERSION: u32 = 1;
/// Bytes of a line. The longest row is an event of 64 KiB, which escaping makes a few times longer.
const LINE_BYTES: u64 = 16 * 1_048_576;

/// What a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format.
    pub peerbrain_backup: u32,
    /// The server that the database belongs to.
    pub server_name: String,
    /// The kind of database it was read from: `sqlite` or `postgres`.
    pub database: String,
    /// The migration that the database had come to.
    pub step: String,
    /// The newest position.
    pub position: i64,
}

/// A line that is no row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Header(Header),
    Table { table: String, columns: Vec<String> },
    File { file: String },
    Contents { contents: String },
    Manifest { header: String, parts: Vec<Part> },
}

/// What the manifest says of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub name: String,
    pub rows: u64,
    pub sha256: String,
}

/// Counts and hashes the lines of one part.
pub(super) struct PartSum {
    name: String,
    rows: u64,
    hash: digest::Context,
}

impl PartSum {
    /// Begins with the line that names the part.
    pub(super) fn begin(name: String, line: &str) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(line.as_bytes());
        Self { name, rows: 0, hash }
    }

    pub(super) fn row(&mut self, line: &str) {
        self.rows += 1;
        self.hash.update(b"\n");
        self.hash.update(line.as_bytes());
    }

    pub(super) fn finish(self) -> Part {
        Part { name: self.name, rows: self.rows, sha256: hex(self.hash.finish().as_ref()) }
    }
}

impl Line {
    /// The name of the part that this line begins.
    pub(super) fn part_name(&self) -> Option<String> {
        match self {
            Self::Table { table, .. } => Some(format!("table {table}")),
            Self::File { file } => Some(format!("file {file}")),
            Self::Contents { contents } => Some(format!("contents {contents}")),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::Corrupt(error.to_string()))
    }
}

/// The SHA-256 of a text, in hexadecimal.
pub(super) fn sha256(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn write_line(out: &mut impl Write, line: &str) -> Result<()> {
    out.write_all(line.as_bytes())?;
    Ok(out.write_all(b"\n")?)
}

/// Reads one line into `line`, without its end. False at the end of the file.
pub(super) fn read_line(input: &mut impl BufRead, line: &mut String) -> Result<bool> {
    line.clear();
    input.take(LINE_BYTES).read_line(line).map_err(|error| damaged(&error.to_string()))?;
    match line.pop() {
        None => Ok(false),
        Some('\n') => Ok(true),
        Some(_) => Err(damaged("it ends in the middle of a line")),
    }
}

/// What is wrong with a backup.
pub(super) fn damaged(what: &str) -> Error {
    Error::Refused(format!("this backup cannot be used: {what}"))
}
