//! Bodies of requests, and canonical JSON. The input is a body.
#![no_main]

use events::canonical;
use libfuzzer_sys::fuzz_target;
use peerbrain_fuzz::json;
use ruma::{CanonicalJsonObject, CanonicalJsonValue};
use serde_json::{Value, value::RawValue};

fuzz_target!(|data: &[u8]| {
    let checked = api::fuzzing::check_object(data);
    let read = api::fuzzing::object(data);
    for error in [checked.as_ref().err(), read.as_ref().err()].into_iter().flatten() {
        assert_eq!(error.status(), 400);
    }
    assert!(read.is_err() || checked.is_ok(), "read, but refused at the door");
    let Ok(text) = std::str::from_utf8(data) else { return assert!(checked.is_err()) };
    if checked.is_ok() {
        let whole = serde_json::from_str::<&RawValue>(text).expect("it is JSON");
        assert!(whole.get().starts_with('{'), "it is an object");
    }
    let by_ruma = serde_json::from_str::<Value>(text).ok().and_then(|value| CanonicalJsonValue::try_from(value).ok());
    match canonical::object(text) {
        Ok(object) => {
            assert!(checked.is_ok(), "canonical, but refused at the door");
            canonical_form(text, &object);
            let value = CanonicalJsonValue::Object(object);
            if !json::has_private_key(&value) {
                assert_eq!(by_ruma, Some(value), "not what everybody else reads");
            }
        }
        Err(_) => {
            // A repeated key may have hidden what is wrong; what is left without it is right.
            let readable = by_ruma.filter(|value| value.is_object() && json::depth(value) <= canonical::MAX_DEPTH);
            let read = readable.as_ref().map(|value| canonical::object(&value.to_string()).ok());
            assert!(read.is_none_or(|read| read.map(CanonicalJsonValue::Object) == readable));
        }
    }
});

fn canonical_form(text: &str, object: &CanonicalJsonObject) {
    let once = canonical::text(object).expect("what was read can be written");
    assert!(once.len() <= text.trim().len(), "the canonical form is the shortest");
    let again = canonical::object(&once).expect("what was written can be read");
    assert_eq!(&again, object);
    assert_eq!(canonical::text(&again).expect("it was written before"), once);
    assert!(json::depth(&CanonicalJsonValue::Object(again)) <= canonical::MAX_DEPTH);
}
