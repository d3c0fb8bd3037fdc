//! JSON values.

use ruma::CanonicalJsonValue;
use serde_json::Value;

/// Whether `serde_json::Value` would read a value as another one: it gives one key a meaning of its own.
pub fn has_private_key(value: &CanonicalJsonValue) -> bool {
    match value {
        CanonicalJsonValue::Object(object) => {
            object.iter().any(|(key, value)| key.starts_with("$serde_json::private") || has_private_key(value))
        }
        CanonicalJsonValue::Array(items) => items.iter().any(has_private_key),
        _ => false,
    }
}

/// How deep a value is nested.
pub fn depth(value: &CanonicalJsonValue) -> usize {
    match value {
        CanonicalJsonValue::Object(object) => 1 + object.values().map(depth).max().unwrap_or_default(),
        CanonicalJsonValue::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// Whether a value has numbers with a fraction or exponent, which not every reader reads alike.
pub fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_float),
        Value::Object(object) => object.values().any(has_float),
        _ => false,
    }
}

/// A path (appendices § Dot-separated property paths) as its names.
pub fn path(path: &str) -> Vec<String> {
    // Neither stand-in is in a path that came with a line.
    let hidden = path.replace(r"\\", "\n").replace(r"\.", "\r");
    hidden.split('.').map(|name| name.replace('\n', r"\").replace('\r', ".")).collect()
}

/// The value at a path of names.
pub fn at<'v>(mut value: &'v Value, path: &[String]) -> Option<&'v Value> {
    for name in path {
        value = value.as_object()?.get(name)?;
    }
    Some(value)
}
