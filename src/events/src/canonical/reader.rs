//! A reader of JSON that accepts canonical values only.
//!
//! ruma reads by way of `serde_json::Value`, which has two faults for this: it gives one particular key a meaning of
//! its own (the one that marks raw values), so that the value differs from what other servers read and hash; and it
//! builds everything twice.

use std::fmt;

use ruma::{CanonicalJsonObject, CanonicalJsonValue, Int};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Reads one value that may hold `levels` more levels of arrays and objects.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    pub(super) levels: usize,
}

impl Reader {
    fn below<E: Error>(self) -> Result<Self, E> {
        match self.levels.checked_sub(1) {
            Some(levels) => Ok(Self { levels }),
            None => Err(E::custom(format_args!("JSON is nested more than {} levels deep", super::MAX_DEPTH))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = CanonicalJsonValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = CanonicalJsonValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(CanonicalJsonValue::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(CanonicalJsonValue::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Int::try_from(value).map(CanonicalJsonValue::Integer).map_err(|_| out_of_range())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Int::try_from(value).map(CanonicalJsonValue::Integer).map_err(|_| out_of_range())
    }

    /// Numbers with a fraction or exponent, -0, and integers beyond 64 bits.
    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Err(out_of_range())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(CanonicalJsonValue::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Self::Value, E> {
        Ok(CanonicalJsonValue::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let below = self.below()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            array.push(item);
        }
        Ok(CanonicalJsonValue::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let below = self.below()?;
        let mut object = CanonicalJsonObject::new();
        while let Some(key) = entries.next_key::<String>()? {
            object.insert(key, entries.next_value_seed(below)?);
        }
        Ok(CanonicalJsonValue::Object(object))
    }
}

fn out_of_range<E: Error>() -> E {
    E::custom("numbers of an event must be integers between -(2^53-1) and 2^53-1")
}
