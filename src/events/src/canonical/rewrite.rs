//! The canonical form of JSON that may hold any number.
//!
//! Requests between servers are signed in this form, and some hold what no event may: a fraction in the content of an old
//! room's event, or in an EDU. Numbers stay as they were written, which is how whoever wrote them signed them.

use std::{borrow::Cow, ops::Range};

use serde::de::IgnoredAny;

use crate::{Error, Result};

/// Deeper than any parser of JSON goes that will read the text after this one.
const MAX_LEVELS: usize = 128;

/// See [`super::rewritten`].
pub(super) fn rewrite(text: &str) -> Result<String> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| Error::NotJson(error.to_string()))?;
    let mut writer = Writer { rest: text, out: String::with_capacity(text.len()) };
    writer.value(MAX_LEVELS)?;
    Ok(writer.out)
}

/// Goes through a text that is known to be JSON.
struct Writer<'a> {
    rest: &'a str,
    out: String,
}

impl<'a> Writer<'a> {
    fn value(&mut self, levels: usize) -> Result<()> {
        let levels = levels.checked_sub(1).ok_or_else(|| Error::BadJson("JSON is nested too deep".to_owned()))?;
        if self.eat('{') {
            self.object(levels)
        } else if self.eat('[') {
            self.array(levels)
        } else if self.rest.starts_with('"') {
            let text = self.string()?;
            self.write_string(&text)
        } else {
            let end = self.rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(self.rest.len());
            let token = self.take(end)?;
            self.out.push_str(token);
            Ok(())
        }
    }

    fn array(&mut self, levels: usize) -> Result<()> {
        self.out.push('[');
        let mut first = true;
        while !self.eat(']') {
            if !first {
                self.expect(',')?;
                self.out.push(',');
            }
            first = false;
            self.value(levels)?;
        }
        self.out.push(']');
        Ok(())
    }

    fn object(&mut self, levels: usize) -> Result<()> {
        self.out.push('{');
        let start = self.out.len();
        let mut members: Vec<(Cow<'a, str>, Range<usize>)> = Vec::new();
        while !self.eat('}') {
            if !members.is_empty() {
                self.expect(',')?;
                self.out.push(',');
            }
            self.skip_space();
            let begin = self.out.len();
            let key = self.string()?;
            self.write_string(&key)?;
            self.expect(':')?;
            self.out.push(':');
            self.value(levels)?;
            members.push((key, begin..self.out.len()));
        }
        if !members.is_sorted_by(|(one, _), (next, _)| one < next) {
            self.sort(start, members);
        }
        self.out.push('}');
        Ok(())
    }

    /// Puts the members of an object in order. Of a repeated key the last one counts, as everybody reads it.
    fn sort(&mut self, start: usize, mut members: Vec<(Cow<'a, str>, Range<usize>)>) {
        members.sort_by(|(one, at), (other, other_at)| one.cmp(other).then(other_at.start.cmp(&at.start)));
        members.dedup_by(|(later, _), (kept, _)| later == kept);
        let sorted: Vec<&str> = members.into_iter().filter_map(|(_, range)| self.out.get(range)).collect();
        let sorted = sorted.join(",");
        self.out.truncate(start);
        self.out.push_str(&sorted);
    }

    /// Reads a string; borrowed where it stands for itself.
    fn string(&mut self) -> Result<Cow<'a, str>> {
        let mut escaped = true;
        let end = self.rest.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let token = self.take(end.map_or(self.rest.len(), |end| end + 1))?;
        match token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inner) if !inner.contains('\\') => Ok(Cow::Borrowed(inner)),
            _ => serde_json::from_str(token).map(Cow::Owned).map_err(|error| Error::NotJson(error.to_string())),
        }
    }

    fn write_string(&mut self, text: &str) -> Result<()> {
        self.out.push_str(&serde_json::to_string(text).map_err(|error| Error::BadJson(error.to_string()))?);
        Ok(())
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    /// Goes over one character, if it is the next.
    fn eat(&mut self, wanted: char) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, wanted: char) -> Result<()> {
        if self.eat(wanted) { Ok(()) } else { Err(Error::NotJson(format!("expected `{wanted}`"))) }
    }

    fn take(&mut self, length: usize) -> Result<&'a str> {
        let (token, rest) =
            self.rest.split_at_checked(length).ok_or_else(|| Error::NotJson("the text breaks off".to_owned()))?;
        self.rest = rest;
        Ok(token)
    }
}
