//! The published vectors open, and would not if anything of them were otherwise.
#![allow(clippy::unwrap_used)]

use peerbrain_participant::{make_vectors, open_vectors};
use serde_json::Value;

fn published() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../federation-spec/vectors/key_bundle.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_published_vectors_open() {
    open_vectors(&published()).unwrap();
}

#[test]
fn vectors_that_are_made_now_open() {
    open_vectors(&make_vectors().unwrap()).unwrap();
}

#[test]
fn a_changed_attachment_does_not_open() {
    let mut vectors = published();
    let attachment = vectors["attachment"].as_str().unwrap();
    let other = if attachment.starts_with('A') { "B" } else { "A" };
    vectors["attachment"] = format!("{other}{}", &attachment[1..]).into();
    assert!(open_vectors(&vectors).unwrap_err().to_string().contains("hash"));
}

#[test]
fn words_that_nobody_said_are_noticed() {
    let mut vectors = published();
    vectors["said"][0]["clear"]["content"]["body"] = "something else".into();
    assert!(open_vectors(&vectors).is_err());
}

#[test]
fn a_key_for_another_room_is_no_key() {
    let mut vectors = published();
    // What was said in another room is readable if the bundle is taken for one of that room.
    vectors["said"][0]["event"]["room_id"] = "!other:a.example".into();
    assert!(open_vectors(&vectors).is_ok(), "it is not readable there, and need not be");
    vectors["said"][2]["event"]["room_id"] = vectors["room_id"].clone();
    assert!(open_vectors(&vectors).is_err(), "neither given nor withheld");
}
