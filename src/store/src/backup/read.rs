//! Reading a backup: what is in it, and whether it is whole.

use std::io::BufRead;

use crate::{
    Result,
    backup::{
        Header,
        format::{self, Line, PartSum, damaged, read_line},
    },
};

/// A file that belongs to the database.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// What it is called in the backup.
    pub name: String,
    /// What is in it. It may be secret.
    pub text: String,
}

/// What a backup holds.
pub struct Contents {
    /// What it is of.
    pub header: Header,
    /// The files in it.
    pub attachments: Vec<Attachment>,
    /// Rows of all tables.
    pub rows: u64,
}

/// Something on the way through a backup.
pub(super) enum Item<'a> {
    /// A part begins.
    Begin(&'a Line),
    /// A row of it: a JSON array.
    Row(&'a str),
}

/// Reads the whole backup and checks every part against the manifest.
///
/// # Errors
/// [`crate::Error::Refused`] for a file that is no backup, of a later format, cut short or changed.
pub fn verify(input: impl BufRead) -> Result<Contents> {
    let (mut attachments, mut rows, mut in_file, mut in_table) = (Vec::new(), 0, false, false);
    let header = walk(input, |_, item| {
        match item {
            Item::Begin(Line::File { file }) => {
                attachments.push(Attachment { name: file.clone(), text: String::new() });
                (in_file, in_table) = (true, false);
            }
            Item::Begin(line) => (in_file, in_table) = (false, matches!(line, Line::Table { .. })),
            Item::Row(_) if !in_file => rows += u64::from(in_table),
            Item::Row(row) => {
                let [text]: [String; 1] =
                    serde_json::from_str(row).map_err(|_| damaged("a file in it is unreadable"))?;
                attachments.iter_mut().last().into_iter().for_each(|file| file.text.push_str(&text));
            }
        }
        Ok(())
    })?;
    Ok(Contents { header, attachments, rows })
}

/// Goes through the lines, hands what is between header and manifest to `visit`, and compares the sums at the end.
pub(super) fn walk(mut input: impl BufRead, mut visit: impl FnMut(&Header, Item<'_>) -> Result<()>) -> Result<Header> {
    let mut line = String::new();
    let cut_short = || damaged("it is cut short");
    if !read_line(&mut input, &mut line)? {
        return Err(cut_short());
    }
    let Ok(Line::Header(header)) = serde_json::from_str(&line) else {
        return Err(damaged("its first line is not that of a backup"));
    };
    if header.peerbrain_backup != format::VERSION {
        return Err(damaged("it was written by a newer version of this program"));
    }
    let header_sum = format::sha256(&line);
    let (mut current, mut sums): (Option<PartSum>, _) = (None, Vec::new());
    while read_line(&mut input, &mut line)? {
        if line.starts_with('[') {
            current.as_mut().ok_or_else(|| damaged("it has rows before the first part"))?.row(&line);
            visit(&header, Item::Row(&line))?;
            continue;
        }
        sums.extend(current.take().map(PartSum::finish));
        match serde_json::from_str::<Line>(&line).map_err(|_| damaged("it holds a line that says nothing"))? {
            Line::Manifest { header: expected, parts } => {
                let whole = expected == header_sum && parts == sums && !read_line(&mut input, &mut line)?;
                return if whole { Ok(header) } else { Err(damaged("its parts are not those of its manifest")) };
            }
            begin => {
                let name = begin.part_name().ok_or_else(|| damaged("it holds two headers"))?;
                current = Some(PartSum::begin(name, &line));
                visit(&header, Item::Begin(&begin))?;
            }
        }
    }
    Err(cut_short())
}
