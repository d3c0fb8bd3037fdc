//! Objects in pieces, and what `serde_json` reads of the whole.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod random;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{Malformed, Most, Splitter};

const LISTS: [&str; 2] = ["state", "auth_chain"];
const MOST: Most = Most { element: 100_000, elements: 1_000, rest: 100_000 };

/// Brackets, commas and quotes where they mean nothing, names of lists where they are none, members that nobody knows.
const SAMPLE: &str = r#" { "origin":"a","x":{"state":[1,2],"y":[{"auth_chain":[]}]}, "auth_chain" : [ ],
    "st\u0061te": [{"a":"]}\",\\"}, [ [], {"b":{}} ] ,"é,😀\u00e9",-1.5e3,true , null
    ,{"state":["[{",{"c":"\\\\\""}]}], "event":{"state":[5]},"z":"auth_chain","servers_in_room":["b","c"] } "#;

/// Texts between spaces.
const MALFORMED: &str = r#"
    {"state":[,]} {"state":[1,]} {"state":[,1]} {"state":[1}} {"state":[}]} {"state":[{]]} {"state":[[}]} {"state":[nul]}
    {"state":["\x"]} {"state":[1] {"state":[ {"state":["a]} {"state":[1]]} {"state":[1]}} {"state":1[2]} {"state":[1][2]}
    {"state":{}} {"state":null} {"state"[1]} {"state"::[1]} {:[1]} {"state":[1],"state":[2]} {"a":[}],"state":[1]}
    [{"state":[1]}] [[],[]] "state":[1] { } ] 1 " \
"#;

/// What comes of an object in pieces: the elements with the names of their lists, and the rest.
type Split = (Vec<(&'static str, Option<String>)>, Vec<u8>);

fn split<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, most: Most) -> Result<Split, Malformed> {
    let (mut splitter, mut elements) = (Splitter::new(&LISTS, most), Vec::new());
    for piece in pieces {
        let cut = splitter.push(piece)?.into_iter();
        elements.extend(cut.map(|element| (element.list, element.json.map(|json| json.get().to_owned()))));
    }
    Ok((elements, splitter.finish()))
}

/// The lists as serde reads them.
#[derive(Deserialize)]
struct Whole {
    #[serde(default)]
    state: Vec<Box<RawValue>>,
    #[serde(default)]
    auth_chain: Vec<Box<RawValue>>,
}

/// That serde reads the same of the whole, or nothing.
fn compare(text: &[u8], piece: usize) {
    let read = serde_json::from_slice::<Whole>(text).ok();
    // It takes a list for an object whose names were left out.
    let read = read.filter(|_| text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{'));
    let cut = split(text.chunks(piece), MOST).ok();
    let cut = cut.filter(|(_, rest)| serde_json::from_slice::<Whole>(rest).is_ok());
    let shown = String::from_utf8_lossy(text);
    assert_eq!(read.is_some(), cut.is_some(), "{shown}");
    let (Some(read), Some((elements, rest))) = (read, cut) else { return };
    for (list, whole) in LISTS.into_iter().zip([read.state, read.auth_chain]) {
        let cut = elements.iter().filter(|(name, _)| *name == list).map(|(_, json)| json.as_deref().unwrap());
        assert_eq!(cut.collect::<Vec<_>>(), whole.iter().map(|json| json.get()).collect::<Vec<_>>(), "{shown}");
    }
    let rest = serde_json::from_slice::<Whole>(&rest).unwrap();
    assert!(rest.state.is_empty() && rest.auth_chain.is_empty(), "{shown}");
}

#[test]
fn wherever_it_is_cut() {
    let text = SAMPLE.as_bytes();
    let whole = split([text], MOST).unwrap();
    assert_eq!(whole.0.len(), 7);
    assert_eq!(whole.0[0], ("state", Some(r#"{"a":"]}\",\\"}"#.to_owned())));
    assert_eq!(whole.0[3], ("state", Some("-1.5e3".to_owned())));
    let rest: Value = serde_json::from_slice(&whole.1).unwrap();
    assert_eq!((&rest["state"], &rest["auth_chain"]), (&Value::Array(vec![]), &Value::Array(vec![])));
    assert_eq!((&rest["x"]["state"][1], &rest["event"]["state"][0]), (&2.into(), &5.into()));
    for at in 0..=text.len() {
        let (before, after) = text.split_at(at);
        assert_eq!(split([before, after], MOST).unwrap(), whole, "{at}");
    }
    for piece in 1..10 {
        assert_eq!(split(text.chunks(piece), MOST).unwrap(), whole, "{piece}");
        compare(text, piece);
    }
}

#[test]
fn what_breaks_off_is_no_object() {
    let text = SAMPLE.trim().as_bytes();
    for end in 0..text.len() {
        let (_, rest) = split([&text[..end]], MOST).unwrap();
        assert!(serde_json::from_slice::<Whole>(&rest).is_err(), "{end}");
    }
}

#[test]
fn what_is_malformed() {
    let spaced = ["{\"state\":[1 2]}", "{\"state\":[1]} x", "{\"state\":[\x0c1]}", ""];
    for text in MALFORMED.split_whitespace().chain(spaced) {
        for piece in [1, 3, 1_000] {
            compare(text.as_bytes(), piece);
            let rest = split(text.as_bytes().chunks(piece), MOST).map(|(_, rest)| rest);
            assert!(rest.is_err() || serde_json::from_slice::<Whole>(&rest.unwrap()).is_err(), "{text}");
        }
    }
    compare(b"{\"state\":[\"\xff\"]}", 1);
    compare(b"{\"\xff\":1,\"state\":[2]}", 1);
}

#[test]
fn everything_has_its_bounds() {
    let most = Most { element: 10, elements: 3, rest: 40 };
    let text = br#"{"state":["12345678", [ 1, 2, "]" ] , "123456789"],"x":1}"#;
    let few = vec![("state", Some("\"12345678\"".to_owned())), ("state", None), ("state", None)];
    for piece in 1..text.len() {
        let (elements, rest) = split(text.chunks(piece), most).unwrap();
        assert_eq!((elements, rest.as_slice()), (few.clone(), &br#"{"state":[],"x":1}"#[..]), "{piece}");
    }
    let malformed = |text: String| split([text.as_bytes()], most).err();
    assert_eq!(malformed(r#"{"state":[1,2],"auth_chain":[3,4]}"#.to_owned()), Some("its lists are too long"));
    assert_eq!(malformed(format!(r#"{{"x":"{}""#, "a".repeat(40))), Some("there is too much beside its lists"));
    assert_eq!(malformed(" ".repeat(41)), Some("there is too much beside its lists"));
    // Only a number grows with the depth, and spaces are nothing.
    let deep = format!(r#"{{"state":[{}{}{}]}}"#, " ".repeat(200_000), "[".repeat(40_000), "]".repeat(40_000));
    let (elements, _) = split(deep.as_bytes().chunks(1_000), MOST).unwrap();
    assert_eq!(elements[0].1.as_ref().unwrap().len(), 80_000);
}
