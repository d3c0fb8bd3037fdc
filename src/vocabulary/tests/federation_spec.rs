//! The published specification agrees with the code: schemas, examples, and what the documents show.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::path::{Path, PathBuf};

use peerbrain_vocabulary::{
    Audiences, DEFAULT_WEIGHT, Feed, FeedFilter, Friends, MAX_AUDIENCE_NAME_CHARS, MAX_AUDIENCES, MAX_FEED_LIMIT,
    MAX_FRIENDS_LIMIT, MAX_TAG_CHARS, MAX_TAGS, MAX_TITLE_CHARS, ProfileRoom, ProfileUserId, Synapses, Thought, names,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../federation-spec")
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn schema(name: &str) -> jsonschema::Validator {
    jsonschema::validator_for(&read(&folder().join(format!("schemas/{name}.json")))).unwrap()
}

/// The examples of a folder: (schema, name, value).
fn examples(of: &str) -> Vec<(String, String, Value)> {
    let files =
        std::fs::read_dir(folder().join(of)).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
    let named = files.map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name.split('.').next().unwrap().to_owned(), name, read(&path))
    });
    named.collect()
}

fn same<T: Serialize + DeserializeOwned>(name: &str, value: &Value) {
    let read: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(serde_json::to_value(read).unwrap(), *value, "{name}");
}

#[test]
fn examples_fit_schemas_and_code() {
    let all = examples("examples");
    assert!(all.len() >= 10, "{}", all.len());
    for (kind, name, value) in all {
        assert!(schema(&kind).is_valid(&value), "{name}: {:?}", schema(&kind).iter_errors(&value).next());
        match kind.as_str() {
            "thought" => same::<Thought>(&name, &value),
            "profile_user_id" => same::<ProfileUserId>(&name, &value),
            "profile_room" => same::<ProfileRoom>(&name, &value),
            "audiences" => same::<Audiences>(&name, &value),
            "synapses" => same::<Synapses>(&name, &value),
            "feed" => same::<Feed<Value>>(&name, &value),
            "feed_filter" => same::<FeedFilter>(&name, &value),
            "friends" => same::<Friends>(&name, &value),
            "timeline" => assert_eq!(value["creation_content"]["type"], names::PROFILE_ROOM_TYPE),
            other => panic!("no such schema: {other}"),
        }
    }
}

#[test]
fn wrong_examples_fit_no_schema() {
    let all = examples("examples/invalid");
    assert!(all.len() >= 9, "{}", all.len());
    for (kind, name, value) in all {
        assert!(!schema(&kind).is_valid(&value), "{name}");
    }
}

#[test]
fn what_documents_show_fits_its_schema() {
    let mut shown = 0;
    for document in ["thoughts.md", "feed.md"] {
        let text = std::fs::read_to_string(folder().join(document)).unwrap();
        for part in text.split("<!-- schema: ").skip(1) {
            let (kind, rest) = part.split_once(" -->").unwrap();
            let block = rest.split_once("```json\n").unwrap().1.split_once("\n```").unwrap().0;
            let value: Value = serde_json::from_str(block).unwrap();
            assert!(schema(kind).is_valid(&value), "{document}: {block}");
            shown += 1;
        }
    }
    assert!(shown >= 5, "{shown}");
}

#[test]
fn bounds_are_those_of_the_code() {
    let property =
        |name: &str, pointer: &str| read(&folder().join(format!("schemas/{name}.json"))).pointer(pointer).cloned();
    for (name, pointer, bound) in [
        ("thought", "/properties/title/maxLength", MAX_TITLE_CHARS),
        ("thought", "/properties/tags/maxItems", MAX_TAGS),
        ("thought", "/properties/tags/items/maxLength", MAX_TAG_CHARS),
        ("audiences", "/properties/audiences/maxItems", MAX_AUDIENCES),
        ("audiences", "/properties/audiences/items/properties/name/maxLength", MAX_AUDIENCE_NAME_CHARS),
        ("feed", "/properties/chunk/maxItems", usize::try_from(MAX_FEED_LIMIT).unwrap()),
        ("friends", "/properties/friends/maxItems", usize::try_from(MAX_FRIENDS_LIMIT).unwrap()),
    ] {
        assert_eq!(property(name, pointer), Some(json!(bound)), "{name}{pointer}");
    }
    assert!((DEFAULT_WEIGHT - 1.0).abs() < f64::EPSILON);
}

#[test]
fn names_are_those_of_the_documents() {
    let text: String =
        ["thoughts.md", "feed.md"].map(|name| std::fs::read_to_string(folder().join(name)).unwrap()).concat();
    for name in [
        names::PROFILE_ROOM_TYPE,
        names::PROFILE_USER_ID,
        names::PROFILE_ROOM_FIELD,
        names::THOUGHT,
        names::AUDIENCES,
        names::SYNAPSES,
        names::FEED_PATH,
        names::FRIENDS_PATH,
        names::FEED_FEATURE,
        names::FRIENDS_FEATURE,
    ] {
        assert!(text.contains(name), "{name}");
    }
}

#[test]
fn what_the_code_makes_fits() {
    let made =
        Thought::new("id".to_owned(), Some("x".repeat(MAX_TITLE_CHARS)), ["#tag".to_owned()], Some("en".to_owned()));
    assert!(schema("thought").is_valid(&serde_json::to_value(made.unwrap()).unwrap()));
}
