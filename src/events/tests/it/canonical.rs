use events::{Error, canonical};
use proptest::prelude::*;
use ruma::{CanonicalJsonObject, CanonicalJsonValue, Int};

const LIMIT: i64 = (1 << 53) - 1;

fn value() -> impl Strategy<Value = CanonicalJsonValue> {
    let leaf = prop_oneof![
        Just(CanonicalJsonValue::Null),
        any::<bool>().prop_map(CanonicalJsonValue::Bool),
        (-LIMIT..=LIMIT).prop_map(|n| CanonicalJsonValue::Integer(Int::try_from(n).unwrap())),
        any::<String>().prop_map(CanonicalJsonValue::String),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(CanonicalJsonValue::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..8).prop_map(CanonicalJsonValue::Object),
        ]
    })
}

fn object() -> impl Strategy<Value = CanonicalJsonObject> {
    prop::collection::btree_map(any::<String>(), value(), 0..8)
}

/// Writes a value with keys in reverse order, spaces, and every character escaped that can be.
fn loosely(value: &CanonicalJsonValue, out: &mut String) {
    match value {
        CanonicalJsonValue::Object(object) => {
            out.push_str(" {\n");
            for (i, (key, value)) in object.iter().rev().enumerate() {
                out.push_str(if i > 0 { " ," } else { "" });
                loosely(&CanonicalJsonValue::String(key.clone()), out);
                out.push_str(" : ");
                loosely(value, out);
            }
            out.push('}');
        }
        CanonicalJsonValue::Array(array) => {
            out.push('[');
            for (i, value) in array.iter().enumerate() {
                out.push_str(if i > 0 { "\t,\r\n" } else { "" });
                loosely(value, out);
            }
            out.push(']');
        }
        CanonicalJsonValue::String(string) => {
            out.push('"');
            string.encode_utf16().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            out.push('"');
        }
        other => out.push_str(&other.to_string()),
    }
}

proptest! {
    #[test]
    fn rewriting_any_spelling_gives_the_canonical_text(object in object()) {
        let mut loose = String::new();
        loosely(&CanonicalJsonValue::Object(object.clone()), &mut loose);
        let text = canonical::text(&object).unwrap();
        prop_assert_eq!(&canonical::rewritten(&loose).unwrap(), &text);
        prop_assert_eq!(&canonical::rewritten(&text).unwrap(), &text);
    }

    #[test]
    fn round_trip(object in object()) {
        let text = canonical::text(&object).unwrap();
        prop_assert_eq!(&canonical::object(&text).unwrap(), &object);
    }

    #[test]
    fn one_text_for_all_spellings(object in object()) {
        let mut loose = String::new();
        loosely(&CanonicalJsonValue::Object(object.clone()), &mut loose);
        let read = canonical::object(&loose).unwrap();
        prop_assert_eq!(canonical::text(&read).unwrap(), canonical::text(&object).unwrap());
    }

    #[test]
    fn keys_are_sorted_by_code_point(object in object()) {
        let keys: Vec<Vec<char>> = object.keys().map(|key| key.chars().collect()).collect();
        prop_assert!(keys.is_sorted());
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,64}") {
        if let Ok(object) = canonical::object(&text) {
            prop_assert_eq!(canonical::object(&canonical::text(&object).unwrap()).unwrap(), object);
        }
    }

    #[test]
    fn integers(n in any::<i64>()) {
        let result = canonical::object(&format!(r#"{{"n":{n}}}"#));
        prop_assert_eq!(result.is_ok(), (-LIMIT..=LIMIT).contains(&n));
    }

    #[test]
    fn floats_are_refused(n in any::<f64>().prop_filter("JSON has no others", |n| n.is_finite())) {
        let text = format!(r#"{{"a":[{{"n":{n:e}}}]}}"#);
        prop_assert!(matches!(canonical::object(&text), Err(Error::BadJson(_))), "{}", text);
    }
}

#[test]
fn limits() {
    for good in ["{\"n\":9007199254740991}", "{\"n\":-9007199254740991}", "{}", " {\"a\" : null} "] {
        canonical::object(good).unwrap();
    }
    for bad in [
        "{\"n\":9007199254740992}",
        "{\"n\":-9007199254740992}",
        "{\"n\":18446744073709551615}",
        "{\"n\":18446744073709551616}",
        "{\"n\":1.0}",
        "{\"n\":1e3}",
        "{\"n\":-0}",
        "[]",
        "1",
        "\"text\"",
    ] {
        assert!(matches!(canonical::object(bad), Err(Error::BadJson(_))), "{bad}");
    }
    for text in ["", "{", "{\"a\":1} x", "{\"a\":tru}", "{a:1}", "\u{feff}{}", "{\"a\":\"\\ud800\"}"] {
        assert!(matches!(canonical::object(text), Err(Error::NotJson(_))), "{text}");
    }
}

#[test]
fn nesting() {
    let nested = |levels: usize| format!("{}{}", "{\"a\":".repeat(levels - 1) + "{}", "}".repeat(levels - 1));
    canonical::object(&nested(canonical::MAX_DEPTH)).unwrap();
    assert!(matches!(canonical::object(&nested(canonical::MAX_DEPTH + 1)), Err(Error::BadJson(_))));
    for huge in ["[".repeat(1_000_000), "{\"a\":".repeat(1_000_000), format!("{{\"a\":{}", "[".repeat(1_000_000))] {
        assert!(canonical::object(&huge).is_err());
    }
}

/// A key that serde_json gives a meaning of its own is a key like any other.
#[test]
fn no_magic_keys() {
    for key in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
        let text = format!(r#"{{"a":{{"{key}":"[1.5]"}}}}"#);
        assert_eq!(canonical::text(&canonical::object(&text).unwrap()).unwrap(), text);
    }
}

#[test]
fn from_our_own_values() {
    let object = canonical::object_from(&serde_json::json!({ "b": 1, "a": ["x", null] })).unwrap();
    assert_eq!(canonical::text(&object).unwrap(), r#"{"a":["x",null],"b":1}"#);
    for bad in [serde_json::json!({ "b": 1.5 }), serde_json::json!({ "b": 1_u64 << 60 }), serde_json::json!([])] {
        assert!(matches!(canonical::object_from(&bad), Err(Error::BadJson(_))), "{bad}");
    }
}

#[test]
fn rewriting_leaves_numbers_as_they_are() {
    for (loose, canonical) in [
        (
            r#" {"b": 1.50, "a": [ -0 , 1e400,123456789012345678901234567890 ] } "#,
            r#"{"a":[-0,1e400,123456789012345678901234567890],"b":1.50}"#,
        ),
        (r#"{"a":1,"b":2,"a":{"z":0,"y":1}}"#, r#"{"a":{"y":1,"z":0},"b":2}"#),
        (r#"{"\u0061":true,"a":false}"#, r#"{"a":false}"#),
        (r#"{"é":"\/","z\\":"\"","":[]}"#, r#"{"":[],"z\\":"\"","é":"/"}"#),
        ("{}", "{}"),
    ] {
        assert_eq!(canonical::rewritten(loose).unwrap(), canonical);
    }
}

#[test]
fn rewriting_refuses_what_nobody_reads() {
    for bad in ["", "{", "{\"a\":01}", "{\"a\" 1}", "{\"a\":1,}", "[1 2]", "{\"a\":\"\\ud800\"}", "{} {}", "\"\u{1}\""]
    {
        assert!(matches!(canonical::rewritten(bad), Err(Error::NotJson(_))), "{bad}");
    }
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(canonical::rewritten(&nested(127)).is_ok());
    assert!(matches!(canonical::rewritten(&nested(100_000)), Err(Error::BadJson(_))));
}
