//! Canonical JSON and hashes (appendices §canonical-json).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

/// Canonical JSON: members sorted, no white space. A number that is none of canonical JSON stays what it is: liars need it.
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            let member = |(name, value): (&String, &Value)| format!("{}:{}", json!(name), canonical(value));
            format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// The SHA-256 of a value's canonical JSON as unpadded base64, as content hashes are written.
pub fn hash(value: &Value) -> String {
    STANDARD_NO_PAD.encode(digest(&SHA256, canonical(value).as_bytes()))
}

/// The same in the alphabet for URLs, as event ids are written.
pub fn url_hash(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical(value).as_bytes()))
}

/// An object without some of its members.
pub fn without(object: &Value, names: &[&str]) -> Value {
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        names.iter().for_each(|name| drop(members.remove(*name)));
    }
    object
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::canonical;

    #[test]
    fn canonical_json() {
        let value = json!({ "b": [1, { "y": "é\n\"", "x": null }], "a": { "本": 2, "日": true } });
        assert_eq!(canonical(&value), r#"{"a":{"日":true,"本":2},"b":[1,{"x":null,"y":"é\n\""}]}"#);
    }

    /// The examples of appendices §canonical-json.
    #[test]
    fn examples_of_the_specification() {
        let examples = [
            ("{}", "{}"),
            (r#"{ "one": 1, "two": "Two" }"#, r#"{"one":1,"two":"Two"}"#),
            (r#"{ "b": "2", "a": "1" }"#, r#"{"a":"1","b":"2"}"#),
            (r#"{ "a": "日本語" }"#, r#"{"a":"日本語"}"#),
            (r#"{ "本": 2, "日": 1 }"#, r#"{"日":1,"本":2}"#),
            (r#"{ "a": "\u65E5" }"#, r#"{"a":"日"}"#),
            (r#"{ "a": null }"#, r#"{"a":null}"#),
        ];
        for (text, want) in examples {
            let value = serde_json::from_str(text).unwrap_or_default();
            assert_eq!(canonical(&value), want);
        }
    }
}
