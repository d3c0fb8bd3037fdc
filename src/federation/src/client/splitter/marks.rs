//! The bytes that begin or end something.

use std::mem;

use super::{Element, Malformed, Splitter};

/// Where the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Open,
    /// In a string.
    Quoted,
    /// After a backslash in a string.
    Escaped,
}

impl At {
    /// How many bytes there are before one that matters.
    pub fn plain(self, bytes: &[u8]) -> usize {
        let marked = match self {
            Self::Open => bytes.iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | b',' | b':')),
            Self::Quoted => bytes.iter().position(|byte| matches!(byte, b'"' | b'\\')),
            Self::Escaped => Some(0),
        };
        marked.unwrap_or(bytes.len())
    }
}

impl Splitter {
    pub(super) fn mark_in_string(&mut self, mark: u8) -> Result<(), Malformed> {
        self.keep(&[mark])?;
        self.at = match (self.at, mark) {
            (At::Quoted, b'\\') => At::Escaped,
            (At::Quoted, b'"') => At::Open,
            _ => At::Quoted,
        };
        if self.at == At::Open && self.depth == 1 {
            self.name.end = self.rest.len();
        }
        Ok(())
    }

    /// Takes a byte that matters outside of strings. It may end an element.
    pub(super) fn mark(&mut self, mark: u8) -> Result<Option<Element>, Malformed> {
        match (mark, self.depth) {
            (b'[', 0) => return Err("it is no object"),
            (b'"', depth) => {
                self.at = At::Quoted;
                if depth == 1 {
                    self.name = self.rest.len()..self.rest.len();
                }
            }
            (b':', 1) => self.list = self.named(),
            (b',', 1) => self.list = None,
            (b',', 2) if self.is_inside => return self.end(false),
            (b']', 2) if self.is_inside => {
                let last = self.end(true)?;
                (self.is_inside, self.list, self.depth) = (false, None, 1);
                self.keep(b"]")?;
                return Ok(last);
            }
            // It closes nothing, and so becomes part of an element that is none.
            (b'}', 2) if self.is_inside => {}
            (b'[', 1) if self.list.is_some() => {
                self.keep(b"[")?;
                (self.is_inside, self.depth) = (true, 2);
                return Ok(None);
            }
            (b'[' | b'{', depth) => self.depth = depth.saturating_add(1),
            (b']' | b'}', depth) => self.depth = depth.saturating_sub(1),
            _ => {}
        }
        self.keep(&[mark])?;
        Ok(None)
    }

    /// The list whose name has just come. A name counts once.
    fn named(&mut self) -> Option<&'static str> {
        let name = self.rest.get(mem::take(&mut self.name))?;
        let name = serde_json::from_slice::<String>(name).ok()?;
        self.lists.iter().find(|list| **list == name).copied()
    }

    /// An element has ended: the last one, or one that is followed by others.
    fn end(&mut self, is_last: bool) -> Result<Option<Element>, Malformed> {
        let was_promised = mem::replace(&mut self.is_promised, !is_last);
        let is_too_long = mem::take(&mut self.is_too_long);
        if self.element.is_empty() && !is_too_long {
            return if is_last && !was_promised { Ok(None) } else { Err("a list lacks an element") };
        }
        self.elements += 1;
        if self.elements > self.most.elements {
            return Err("its lists are too long");
        }
        let json = match is_too_long {
            true => None,
            false => Some(serde_json::from_slice(&self.element).map_err(|_| "an element of a list is no JSON")?),
        };
        self.element.clear();
        Ok(self.list.map(|list| Element { list, json }))
    }

    pub(super) fn keep(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        if !self.is_inside {
            if self.rest.len().saturating_add(bytes.len()) > self.most.rest {
                return Err("there is too much beside its lists");
            }
            self.rest.extend_from_slice(bytes);
        } else if !self.is_too_long {
            let bytes = if self.element.is_empty() { after_spaces(bytes) } else { bytes };
            self.is_too_long = self.element.len().saturating_add(bytes.len()) > self.most.element;
            if self.is_too_long { self.element.clear() } else { self.element.extend_from_slice(bytes) }
        }
        Ok(())
    }
}

fn after_spaces(bytes: &[u8]) -> &[u8] {
    let spaces = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    bytes.get(spaces..).unwrap_or_default()
}
