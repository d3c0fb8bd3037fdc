//! `event_fields`: only some fields of events.

use serde_json::{Map, Value};

use super::texts_bytes;

/// The wanted fields, as paths (appendices § Dot-separated property paths).
#[derive(Debug)]
pub(crate) struct Fields {
    paths: Vec<Vec<String>>,
}

impl Fields {
    pub fn new(paths: &[String]) -> Self {
        Self { paths: paths.iter().map(|path| split(path)).collect() }
    }

    /// Roughly how many bytes this takes.
    pub fn bytes(&self) -> usize {
        self.paths.iter().map(|path| 48 + texts_bytes(path.iter())).sum()
    }

    /// The wanted fields of an event. What is no JSON object stays as it is.
    pub fn of(&self, event: &str) -> String {
        let Ok(Value::Object(event)) = serde_json::from_str(event) else { return event.to_owned() };
        let mut picked = Map::new();
        for path in &self.paths {
            pick(&event, path, &mut picked);
        }
        Value::Object(picked).to_string()
    }
}

/// Splits at dots; a backslash takes the next dot or backslash as it is.
fn split(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = path.chars().peekable();
    while let Some(character) = characters.next() {
        let literal = match (character, characters.peek()) {
            ('.', _) => {
                parts.push(String::new());
                continue;
            }
            ('\\', Some('.' | '\\')) => characters.next().unwrap_or(character),
            _ => character,
        };
        if let Some(part) = parts.last_mut() {
            part.push(literal);
        }
    }
    parts
}

fn pick(from: &Map<String, Value>, path: &[String], into: &mut Map<String, Value>) {
    let Some((first, rest)) = path.split_first() else { return };
    match from.get(first) {
        Some(value) if rest.is_empty() => {
            into.insert(first.clone(), value.clone());
        }
        Some(Value::Object(inner)) => {
            // What an earlier path has picked stays, even if it is empty.
            if let Some(Value::Object(below)) = into.get_mut(first) {
                return pick(inner, rest, below);
            }
            let mut below = Map::new();
            pick(inner, rest, &mut below);
            if !below.is_empty() {
                into.insert(first.clone(), Value::Object(below));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_fields_stay() {
        let event = r#"{"content":{"body":"b","x.y":1,"deep":{"a":1,"b":2}},"empty":{},"sender":"@a:b","type":"t"}"#;
        let of = |paths: &[&str]| {
            let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
            serde_json::from_str::<Value>(&Fields::new(&paths).of(event)).unwrap()
        };
        assert_eq!(of(&["content.body", "type"]), serde_json::json!({"content": {"body": "b"}, "type": "t"}));
        assert_eq!(of(&["content.x\\.y"]), serde_json::json!({"content": {"x.y": 1}}));
        assert_eq!(of(&["content.deep.b", "content.nothing"]), serde_json::json!({"content": {"deep": {"b": 2}}}));
        assert_eq!(of(&["content.body.deeper", "sender.x"]), serde_json::json!({}));
        assert_eq!(of(&["empty", "empty.x"]), serde_json::json!({"empty": {}}));
        assert_eq!(of(&["empty.x", "empty"]), serde_json::json!({"empty": {}}));
    }
}
