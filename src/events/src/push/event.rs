//! An event as conditions look at it.

use std::cell::OnceCell;

use serde_json::Value;

/// An event, ready to be asked by many rules.
pub struct PushEvent {
    event: Value,
    room_id: String,
    event_id: Option<String>,
    /// The body, in small letters.
    body: OnceCell<Option<Vec<char>>>,
}

impl PushEvent {
    /// Reads an event, in the form of servers or clients. What is no object has no properties.
    pub fn new(json: &str, room_id: &str, event_id: Option<&str>) -> Self {
        Self {
            event: serde_json::from_str(json).unwrap_or(Value::Null),
            room_id: room_id.to_owned(),
            event_id: event_id.map(str::to_owned),
            body: OnceCell::new(),
        }
    }

    /// Who sent it.
    pub fn sender(&self) -> &str {
        self.event.get("sender").and_then(Value::as_str).unwrap_or_default()
    }

    /// Its room.
    pub fn room_id(&self) -> &str {
        &self.room_id
    }

    /// `content.body` in small letters, if it is a text.
    pub(super) fn body(&self) -> Option<&[char]> {
        let body = self.body.get_or_init(|| {
            let body = self.event.get("content")?.get("body")?.as_str()?;
            Some(body.to_lowercase().chars().collect())
        });
        body.as_deref()
    }

    /// A text by its key.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match key {
            "room_id" => Some(&self.room_id),
            "event_id" => self.event_id.as_deref(),
            _ => self.property(key)?.as_str(),
        }
    }

    /// A value by its key: names divided by dots. A backslash before a dot or another backslash makes it a part of the
    /// name (appendices §dot-separated-property-paths).
    pub(super) fn property(&self, key: &str) -> Option<&Value> {
        let mut value = &self.event;
        let mut name = String::new();
        let mut chars = key.chars().peekable();
        while let Some(char) = chars.next() {
            match char {
                '\\' if matches!(chars.peek(), Some('.' | '\\')) => name.extend(chars.next()),
                '.' => {
                    value = value.as_object()?.get(&name)?;
                    name.clear();
                }
                char => name.push(char),
            }
        }
        value.as_object()?.get(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_paths() {
        let json = r#"{"type":"t","content":{"a.b":{"c\\d":1},"x":{"y":"z"},"":2}}"#;
        let event = PushEvent::new(json, "!r", Some("$e"));
        assert_eq!(event.property(r"content.a\.b.c\\d"), Some(&Value::from(1)));
        assert_eq!(event.property(r"content.a\.b.c\d"), Some(&Value::from(1)));
        assert_eq!(event.property("content."), Some(&Value::from(2)));
        assert_eq!(event.property("content.a.b"), None);
        assert_eq!(
            (event.text("content.x.y"), event.text("room_id"), event.text("event_id")),
            (Some("z"), Some("!r"), Some("$e"))
        );
        assert_eq!(event.text("content.x"), None);
        assert_eq!(PushEvent::new("7", "!r", None).property("type"), None);
    }
}
