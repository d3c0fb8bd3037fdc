//! Canonical JSON, signatures over it, and unpadded base64 (appendices of the specification).

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use crate::{Error, Result};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Unpadded base64.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Unpadded base64 for JSON Web Keys.
pub fn base64_url(bytes: &[u8]) -> String {
    URL_SAFE.encode(bytes)
}

/// The bytes of base64, padded or not.
pub fn bytes_of(text: &str) -> Result<Vec<u8>> {
    STANDARD.decode(text).map_err(Error::wrong)
}

/// The bytes of base64 for JSON Web Keys, padded or not.
pub fn bytes_of_url(text: &str) -> Result<Vec<u8>> {
    URL_SAFE.decode(text).map_err(Error::wrong)
}

/// Canonical JSON: keys sorted by code point, nothing between.
pub fn canonical(value: &Value) -> Result<String> {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(object) => {
                let mut keys: Vec<&String> = object.keys().collect();
                keys.sort();
                keys.into_iter()
                    .filter_map(|key| Some((key.clone(), sorted(object.get(key)?))))
                    .collect::<Map<_, _>>()
                    .into()
            }
            Value::Array(items) => items.iter().map(sorted).collect::<Vec<_>>().into(),
            other => other.clone(),
        }
    }
    Ok(serde_json::to_string(&sorted(value))?)
}

/// What a signature of an object is made over: its canonical JSON without `signatures` and `unsigned`.
pub fn signed_part(object: &Value) -> Result<String> {
    let mut object = object.clone();
    if let Some(object) = object.as_object_mut() {
        object.remove("signatures");
        object.remove("unsigned");
    }
    canonical(&object)
}

/// A string of an object.
pub fn text<'a>(object: &'a Value, key: &str) -> Result<&'a str> {
    object.get(key).and_then(Value::as_str).ok_or_else(|| Error::wrong(format!("{key} is missing in {object}")))
}

/// Puts a value into an object at a path of keys, making the objects on the way.
pub fn put(object: &mut Value, path: &[&str], value: Value) {
    let Some((key, rest)) = path.split_first() else {
        *object = value;
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    if let Some(fields) = object.as_object_mut() {
        put(fields.entry((*key).to_owned()).or_insert(Value::Null), rest, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = json!({"b": [{"d": 1, "c": "ö"}], "a": null, "signatures": {}, "unsigned": 1});
        assert_eq!(signed_part(&value).unwrap(), r#"{"a":null,"b":[{"c":"ö","d":1}]}"#);
    }
}
