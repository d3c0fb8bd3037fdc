//! Contents that lie beside the database, on their way into a backup and out of it.

use std::io::{self, Read, Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    Conn, Error, Result,
    backup::format::{damaged, hex, write_line},
    media::contents,
};

/// Bytes of a content in one line.
const CHUNK: usize = 48 * 1_024;
/// Contents that are looked up at once.
const PAGE: i64 = 500;

/// Where the contents are that are not in the database. `()` has none and keeps none.
pub trait ContentFiles {
    /// Opens the content of this SHA-256; none where it is not there.
    fn open(&self, hash: &[u8]) -> io::Result<Option<Box<dyn Read>>>;

    /// Begins to write the content of this SHA-256.
    fn create(&self, hash: &[u8]) -> io::Result<Box<dyn NewContentFile>>;
}

/// A content that is being written. What is dropped before it is kept leaves nothing.
pub trait NewContentFile: Write {
    /// Keeps it for good; refuses what has not the hash that it should have.
    fn keep(self: Box<Self>) -> io::Result<()>;
}

impl ContentFiles for () {
    fn open(&self, _: &[u8]) -> io::Result<Option<Box<dyn Read>>> {
        Ok(None)
    }

    fn create(&self, _: &[u8]) -> io::Result<Box<dyn NewContentFile>> {
        Ok(Box::new(io::sink()))
    }
}

impl NewContentFile for io::Sink {
    fn keep(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

/// Writes all contents that are files, each as rows of its hash and a piece of it. `seen` hears of each line.
pub(super) fn write_all(
    conn: &mut Conn,
    files: &dyn ContentFiles,
    out: &mut impl Write,
    mut seen: impl FnMut(&str),
) -> Result<()> {
    let mut after = Vec::new();
    loop {
        let page = contents::list_own_files(conn, &after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(last);
        for hash in &page {
            let name = hex(hash);
            let Some(mut file) = files.open(hash)? else {
                // Deleted since the snapshot was taken, or quarantined and deleted.
                tracing::debug!(hash = name, "a file is not in the backup: it is not there");
                continue;
            };
            let mut chunk = Vec::with_capacity(CHUNK);
            while (&mut file).take(CHUNK as u64).read_to_end(&mut chunk)? > 0 {
                let line = format!("[\"{name}\",\"{}\"]", STANDARD.encode(&chunk));
                seen(&line);
                write_line(out, &line)?;
                chunk.clear();
            }
        }
    }
}

/// Puts the rows of a backup together again.
pub(super) struct Restoring<'a> {
    files: &'a dyn ContentFiles,
    current: Option<(String, Box<dyn NewContentFile>)>,
}

impl<'a> Restoring<'a> {
    pub(super) fn new(files: &'a dyn ContentFiles) -> Self {
        Self { files, current: None }
    }

    /// Takes one row.
    pub(super) fn row(&mut self, row: &str) -> Result<()> {
        let unreadable = || damaged("a content in it is unreadable");
        let [name, chunk]: [String; 2] = serde_json::from_str(row).map_err(|_| unreadable())?;
        let chunk = STANDARD.decode(chunk).map_err(|_| unreadable())?;
        if self.current.as_ref().is_none_or(|(current, _)| *current != name) {
            self.finish()?;
            let file = self.files.create(&unhex(&name).ok_or_else(unreadable)?)?;
            self.current = Some((name.clone(), file));
        }
        if let Some((_, file)) = &mut self.current {
            file.write_all(&chunk)?;
        }
        Ok(())
    }

    /// Keeps the last content.
    pub(super) fn finish(&mut self) -> Result<()> {
        match self.current.take() {
            Some((_, file)) => file.keep().map_err(Error::from),
            None => Ok(()),
        }
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks_exact(2).map(std::str::from_utf8);
    let bytes = pairs.map(|pair| u8::from_str_radix(pair.ok()?, 16).ok());
    if text.len().is_multiple_of(2) { bytes.collect() } else { None }
}
