//! Lies: what is said is not what was said.

use serde_json::Value;

use super::message::Message;
use crate::random::Chance;

/// How often is looked for a letter.
const TRIES: usize = 100;

/// Changes a letter of a request: of its body, or where it has none of its signature.
pub fn request(request: &mut Message, chance: &mut Chance) {
    if !request.body.is_empty() {
        return letter(&mut request.body, chance);
    }
    let Some((_, value)) = request.headers.iter_mut().find(|(name, _)| name == "authorization") else { return };
    if let Some(place) = value.find("sig=\"").map(|place| place + 5) {
        let other = if value[place..].starts_with('A') { "B" } else { "A" };
        value.replace_range(place..=place, other);
    }
}

/// Changes a letter somewhere in JSON, so that it is JSON still.
pub fn letter(body: &mut [u8], chance: &mut Chance) {
    for _ in 0..TRIES {
        if body.is_empty() {
            return;
        }
        let place = chance.among(0..body.len() as u64) as usize;
        let letter = body[place];
        if !letter.is_ascii_lowercase() {
            continue;
        }
        body[place] = if letter == b'z' { b'a' } else { letter + 1 };
        if serde_json::from_slice::<Value>(body).is_ok() {
            return;
        }
        body[place] = letter;
    }
}

#[test]
fn one_letter_changes_and_json_remains() {
    let text = r#"{"a\n":true,"pdus":[{"type":"m.room.message","depth":null}]}"#;
    let mut chance = Chance::new(Chance::seed());
    for _ in 0..200 {
        let mut body = text.as_bytes().to_vec();
        letter(&mut body, &mut chance);
        assert_eq!(body.iter().zip(text.as_bytes()).filter(|(new, old)| new != old).count(), 1);
        assert!(serde_json::from_slice::<Value>(&body).is_ok());
    }
    letter(&mut [], &mut chance);
}

#[test]
fn without_a_body_it_is_the_signature() {
    let header = |value: &str| vec![("authorization".to_owned(), value.to_owned())];
    let mut asked = Message {
        first: "GET / HTTP/1.1".to_owned(),
        headers: header(r#"X-Matrix sig="Ab",key="c""#),
        body: Vec::new(),
    };
    let mut chance = Chance::new(1);
    request(&mut asked, &mut chance);
    assert_eq!(asked.header("authorization"), r#"X-Matrix sig="Bb",key="c""#);
    asked.headers.clear();
    request(&mut asked, &mut chance);
    assert!(asked.headers.is_empty());
}
