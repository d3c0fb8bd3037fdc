//! Canonical JSON (appendices § Canonical JSON): the one encoding that hashes and signatures are made of.
//!
//! Integers lie within ±(2^53-1), there are no floats, keys are sorted by code point, nothing is escaped that need
//! not be.

mod reader;
mod rewrite;

use ruma::{CanonicalJsonError, CanonicalJsonObject, CanonicalJsonValue, canonical_json::to_canonical_value};
use serde::{Serialize, de::DeserializeSeed};
use serde_json::error::Category;

use self::reader::Reader;
use crate::{Error, Result};

/// How deep arrays and objects of an event may be nested, the outermost object counting as one.
///
/// The specification sets no limit, JSON parsers do: the usual ones stop somewhere between 100 and 1000 levels, and
/// an event that one server of a room cannot read splits the room.
pub const MAX_DEPTH: usize = 100;

/// Reads one JSON object that may become (part of) an event.
///
/// Floats, integers out of range and nesting beyond [`MAX_DEPTH`] are [`Error::BadJson`], text that is not JSON is
/// [`Error::NotJson`]. Of a repeated key the last value counts.
pub fn object(text: &str) -> Result<CanonicalJsonObject> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Reader { levels: MAX_DEPTH }.deserialize(&mut deserializer).and_then(|value| {
        deserializer.end()?;
        Ok(value)
    });
    match value {
        Ok(CanonicalJsonValue::Object(object)) => Ok(object),
        Ok(_) => Err(Error::BadJson("expected a JSON object".to_owned())),
        Err(error) if error.classify() == Category::Data => Err(Error::BadJson(error.to_string())),
        Err(error) => Err(Error::NotJson(error.to_string())),
    }
}

/// Turns a value of ours into an object of canonical JSON, under the same rules as [`object`].
pub fn object_from(value: &impl Serialize) -> Result<CanonicalJsonObject> {
    match to_canonical_value(value) {
        Ok(CanonicalJsonValue::Object(object)) => Ok(object),
        Ok(_) => Err(Error::BadJson("expected a JSON object".to_owned())),
        Err(CanonicalJsonError::IntegerOutOfRange) => {
            Err(Error::BadJson("integers must lie between -(2^53-1) and 2^53-1".to_owned()))
        }
        Err(error) => Err(Error::BadJson(error.to_string())),
    }
}

/// The canonical text of any JSON, numbers as they stand: what the signature of a request covers, whatever is in it. Of a
/// repeated key the last value counts.
///
/// # Errors
/// [`Error::NotJson`], and [`Error::BadJson`] for what is nested too deep.
pub fn rewritten(text: &str) -> Result<String> {
    rewrite::rewrite(text)
}

/// The canonical text of an object.
pub fn text(object: &CanonicalJsonObject) -> Result<String> {
    serde_json::to_string(object).map_err(|error| Error::BadJson(error.to_string()))
}
