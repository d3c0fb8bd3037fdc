//! Reading `multipart/mixed` piece by piece (server-server §content-repository): first a part of JSON, then the file or
//! where it is. What comes after that is not looked at.

use ruma::http_headers::ContentDisposition;
use serde_json::{Map, Value};

/// Bytes of what comes before the first part, of the headers of a part, and of the JSON, each.
const MOST: usize = 65_536;
/// Characters of a boundary (RFC 2046 §5.1.1).
const LONGEST_BOUNDARY: usize = 70;

/// What is wrong with what came.
pub(crate) type Malformed = &'static str;

/// What the headers of the second part say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers {
    /// What the file is said to be.
    pub content_type: Option<String>,
    /// What its uploader called it.
    pub file_name: Option<String>,
    /// Where it is, if it is not here.
    pub location: Option<String>,
}

/// Reads such a body.
#[derive(Debug)]
pub(crate) struct Multipart {
    delimiter: Vec<u8>,
    /// What has come and is not understood yet.
    waiting: Vec<u8>,
    /// How many bytes of that were searched in vain for what ends them. They may come one by one.
    searched: usize,
    stage: Stage,
    headers: Headers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Before the first part.
    Preamble,
    /// In the headers of a part: the first or the second.
    Headers(u8),
    /// In the JSON.
    Json,
    /// In the file.
    File,
    /// After it.
    End,
}

impl Multipart {
    /// A body of this content type is about to come.
    ///
    /// # Errors
    /// Another content type, or one without boundary.
    pub fn new(content_type: &str) -> Result<Self, Malformed> {
        let mut parameters = content_type.split(';');
        if !parameters.next().unwrap_or_default().trim().eq_ignore_ascii_case("multipart/mixed") {
            return Err("it is not multipart/mixed");
        }
        let named = parameters.filter_map(|parameter| parameter.split_once('='));
        let mut named = named.filter(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"));
        let boundary = named.next().map(|(_, value)| value.trim().trim_matches('"')).unwrap_or_default();
        if boundary.is_empty() || boundary.len() > LONGEST_BOUNDARY {
            return Err("its parts have no boundary");
        }
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // The first delimiter may lack what ends the line before it.
        let (waiting, headers) = (b"\r\n".to_vec(), Headers::default());
        Ok(Self { delimiter, waiting, searched: 0, stage: Stage::Preamble, headers })
    }

    /// Takes what has come; gives what of it belongs to the file.
    ///
    /// # Errors
    /// What is not as it should be.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
        let mut file = Vec::new();
        if self.stage == Stage::End {
            return Ok(file);
        }
        self.waiting.extend_from_slice(bytes);
        while self.step(&mut file)? {}
        Ok(file)
    }

    /// What the headers of the second part say, once they have come.
    pub fn headers(&self) -> Option<&Headers> {
        matches!(self.stage, Stage::File | Stage::End).then_some(&self.headers)
    }

    /// Whether the file has come to its end.
    pub fn is_complete(&self) -> bool {
        self.stage == Stage::End
    }

    /// Goes on to the next stage; false if that is not possible yet.
    fn step(&mut self, file: &mut Vec<u8>) -> Result<bool, Malformed> {
        match self.stage {
            Stage::End => Ok(false),
            Stage::Preamble => Ok(self.until_delimiter()?.is_some() && self.enter(Stage::Headers(1))),
            Stage::Headers(number) => {
                let Some(headers) = self.until(b"\r\n\r\n")? else { return Ok(false) };
                if headers.starts_with(b"--") {
                    return Err("a part is missing");
                }
                Ok(match number {
                    1 => self.enter(Stage::Json),
                    _ => {
                        self.headers = Headers::read(&headers);
                        // An empty file may be followed by the delimiter at once.
                        self.enter(Stage::File)
                    }
                })
            }
            Stage::Json => {
                let Some(json) = self.until_delimiter()? else { return Ok(false) };
                serde_json::from_slice::<Map<String, Value>>(&json).map_err(|_| "the first part is no JSON object")?;
                Ok(self.enter(Stage::Headers(2)))
            }
            Stage::File => {
                if let Some(end) = find(&self.waiting, &self.delimiter) {
                    file.extend(self.waiting.drain(..end));
                    self.waiting = Vec::new();
                    return Ok(self.enter(Stage::End));
                }
                // What may be the beginning of a delimiter stays.
                let sure = self.waiting.len().saturating_sub(self.delimiter.len().saturating_sub(1));
                file.extend(self.waiting.drain(..sure));
                Ok(false)
            }
        }
    }

    fn enter(&mut self, stage: Stage) -> bool {
        self.stage = stage;
        true
    }

    fn until_delimiter(&mut self) -> Result<Option<Vec<u8>>, Malformed> {
        let delimiter = std::mem::take(&mut self.delimiter);
        let found = self.until(&delimiter);
        self.delimiter = delimiter;
        found
    }

    /// Takes what comes before `end`, and `end` with it, if that has come.
    fn until(&mut self, end: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
        let from = self.searched.saturating_sub(end.len());
        let at = self.waiting.get(from..).and_then(|rest| find(rest, end)).map(|at| from + at);
        if at.unwrap_or(self.waiting.len()) > MOST {
            return Err("there is too much before the file");
        }
        self.searched = if at.is_some() { 0 } else { self.waiting.len() };
        let Some(at) = at else { return Ok(None) };
        let before = self.waiting.drain(..at).collect();
        self.waiting.drain(..end.len());
        Ok(Some(before))
    }
}

impl Headers {
    /// Reads them out of the lines of a part, of which the first is the rest of the delimiter's.
    fn read(lines: &[u8]) -> Self {
        let mut headers = Self::default();
        for line in String::from_utf8_lossy(lines).split("\r\n").skip(1) {
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim().to_owned();
            match name.trim().to_ascii_lowercase().as_str() {
                "content-type" => headers.content_type = Some(value),
                "content-disposition" => headers.file_name = file_name(value.as_bytes()),
                "location" => headers.location = Some(value),
                _ => {}
            }
        }
        headers
    }
}

/// The name that a `Content-Disposition` gives a file.
pub(super) fn file_name(disposition: &[u8]) -> Option<String> {
    ContentDisposition::try_from(disposition).ok()?.filename
}

/// Where `wanted`, which is not empty, begins in `bytes`.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        let rest = bytes.get(from..)?;
        let at = from + rest.iter().position(|byte| *byte == first)?;
        if bytes.get(at..).is_some_and(|rest| rest.starts_with(wanted)) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
#[path = "multipart_tests.rs"]
mod tests;
