//! What makes a message a thought.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of this form.
pub const VERSION: u32 = 1;
/// The longest title, in characters.
pub const MAX_TITLE_CHARS: usize = 200;
/// The most tags of a thought.
pub const MAX_TAGS: usize = 20;
/// The longest tag, in characters.
pub const MAX_TAG_CHARS: usize = 64;

/// The value of `org.peerbrain.thought` in the content of a message, inside of what is encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thought {
    /// Version of this form: 1. A later one keeps the meaning of the fields here.
    pub v: u32,
    /// A UUID. The same thought for several audiences has it in each room; readers show it once.
    pub id: String,
    /// One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Words to find it by, without `#`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The language of the text, as BCP 47 says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

/// Why something is no thought that may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The title is longer than [`MAX_TITLE_CHARS`].
    TitleTooLong,
    /// The title is empty or more than one line.
    TitleNotOneLine,
    /// More than [`MAX_TAGS`].
    TooManyTags,
    /// A tag is empty, longer than [`MAX_TAG_CHARS`], or has white space or `#` in it.
    BadTag,
}

impl Thought {
    /// A thought that may be sent. Tags lose a leading `#` and repetitions.
    ///
    /// * `id`: a UUID.
    ///
    /// # Errors
    /// Whatever is beyond the bounds.
    pub fn new(
        id: String,
        title: Option<String>,
        tags: impl IntoIterator<Item = String>,
        lang: Option<String>,
    ) -> Result<Self, Unfit> {
        if let Some(title) = &title {
            if title.chars().count() > MAX_TITLE_CHARS {
                return Err(Unfit::TitleTooLong);
            }
            if title.trim().is_empty() || title.contains(['\n', '\r']) {
                return Err(Unfit::TitleNotOneLine);
            }
        }
        let mut kept: Vec<String> = Vec::new();
        for tag in tags {
            let tag = tag.strip_prefix('#').unwrap_or(&tag);
            if !is_tag(tag) {
                return Err(Unfit::BadTag);
            }
            if !kept.iter().any(|known| known == tag) {
                kept.push(tag.to_owned());
            }
        }
        if kept.len() > MAX_TAGS {
            return Err(Unfit::TooManyTags);
        }
        Ok(Self { v: VERSION, id, title, tags: kept, lang })
    }

    /// What the content of a message says of a thought, as far as it can be understood: what is too long is cut off, and
    /// what has a wrong type is left out. Nothing where there is no `org.peerbrain.thought` with an id.
    #[must_use]
    pub fn of(content: &Value) -> Option<Self> {
        let told = content.get(crate::names::THOUGHT)?;
        let id = told.get("id")?.as_str()?;
        if id.is_empty() || id.len() > 64 {
            return None;
        }
        let text = |key: &str, chars: usize| {
            let value: String = told.get(key)?.as_str()?.chars().take(chars).collect();
            (!value.trim().is_empty()).then(|| value.replace(['\n', '\r'], " "))
        };
        let tags = told.get("tags").and_then(Value::as_array).into_iter().flatten();
        Some(Self {
            v: told.get("v").and_then(Value::as_u64).and_then(|v| u32::try_from(v).ok()).unwrap_or(VERSION),
            id: id.to_owned(),
            title: text("title", MAX_TITLE_CHARS),
            tags: tags.filter_map(Value::as_str).filter(|tag| is_tag(tag)).take(MAX_TAGS).map(str::to_owned).collect(),
            lang: text("lang", 35),
        })
    }
}

fn is_tag(tag: &str) -> bool {
    !tag.is_empty()
        && tag.chars().count() <= MAX_TAG_CHARS
        && !tag.contains(|c: char| c.is_whitespace() || c == '#' || c.is_control())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bounds_hold_for_what_is_sent() {
        let made = |title: &str, tags: &[&str]| {
            Thought::new("id".to_owned(), Some(title.to_owned()), tags.iter().map(|&tag| tag.to_owned()), None)
        };
        assert_eq!(made("Rain", &["#wet", "wet"]).unwrap().tags, ["wet"]);
        assert_eq!(made(&"x".repeat(201), &[]), Err(Unfit::TitleTooLong));
        assert_eq!(made("a\nb", &[]), Err(Unfit::TitleNotOneLine));
        assert_eq!(made(" ", &[]), Err(Unfit::TitleNotOneLine));
        assert_eq!(made("a", &["two words"]), Err(Unfit::BadTag));
        let many: Vec<String> = (0..21).map(|n| format!("t{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(made("a", &many), Err(Unfit::TooManyTags));
    }

    #[test]
    fn what_strangers_send_is_read_as_far_as_it_can_be() {
        let content =
            json!({"body": "x", "org.peerbrain.thought": {"v": 9, "id": "1", "title": 5, "tags": ["a", 3, "b c"]}});
        let read = Thought::of(&content).unwrap();
        assert_eq!((read.v, read.title, read.tags), (9, None, vec!["a".to_owned()]));
        assert_eq!(Thought::of(&json!({"org.peerbrain.thought": {"title": "no id"}})), None);
        assert_eq!(Thought::of(&json!({"org.peerbrain.thought": "text"})), None);
    }
}
