//! Reading a JSON object piece by piece that has long lists: their elements are cut out one by one as they come, so the
//! text need not be in memory as a whole.
//!
//! Only brackets, strings and commas are followed here, however deep. Each element, and what is left without them, must be
//! JSON for `serde_json`, too; so what passes is what it would have read of the whole.

mod marks;
#[cfg(test)]
mod tests;

use std::ops::Range;

use serde_json::value::RawValue;

use marks::At;

/// What is wrong with what came.
pub(crate) type Malformed = &'static str;

/// How much is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    /// Bytes of an element. Of a longer one nothing is kept.
    pub element: usize,
    /// Elements of all lists together.
    pub elements: usize,
    /// Bytes of all that is no element.
    pub rest: usize,
}

/// An element of one of the lists.
#[derive(Debug)]
pub(crate) struct Element {
    /// The name of the list.
    pub list: &'static str,
    /// Its text; none if it is too long.
    pub json: Option<Box<RawValue>>,
}

/// Reads such an object.
#[derive(Debug)]
pub(crate) struct Splitter {
    lists: &'static [&'static str],
    most: Most,
    /// The object with these lists empty, as far as it has come.
    rest: Vec<u8>,
    /// Where in it the last string of the object itself is, which may be the name of a member.
    name: Range<usize>,
    /// The list that is expected after its name, or being read.
    list: Option<&'static str>,
    /// Whether its elements come.
    is_inside: bool,
    /// Whether a comma has promised a further element.
    is_promised: bool,
    /// As much of an element as has come.
    element: Vec<u8>,
    is_too_long: bool,
    elements: usize,
    /// Brackets that are open.
    depth: usize,
    at: At,
}

impl Splitter {
    /// An object is about to come. Its members of these names are lists to be cut up.
    pub fn new(lists: &'static [&'static str], most: Most) -> Self {
        Self {
            lists,
            most,
            rest: Vec::new(),
            name: 0..0,
            list: None,
            is_inside: false,
            is_promised: false,
            element: Vec::new(),
            is_too_long: false,
            elements: 0,
            depth: 0,
            at: At::Open,
        }
    }

    /// Takes what has come; gives the elements that have ended with it.
    ///
    /// # Errors
    /// What is not as it should be. After that nothing more must come.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<Vec<Element>, Malformed> {
        let mut elements = Vec::new();
        loop {
            let (plain, marked) = bytes.split_at(self.at.plain(bytes));
            self.keep(plain)?;
            let Some((&mark, after)) = marked.split_first() else { return Ok(elements) };
            match self.at {
                At::Open => elements.extend(self.mark(mark)?),
                At::Quoted | At::Escaped => self.mark_in_string(mark)?,
            }
            bytes = after;
        }
    }

    /// The object with those lists empty. Whether it is one, and has come to its end, shows when it is read.
    pub fn finish(self) -> Vec<u8> {
        self.rest
    }
}
