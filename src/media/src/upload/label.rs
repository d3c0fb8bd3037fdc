//! What an uploader says about a file.

/// The type of what nothing is known about.
const UNKNOWN: &str = "application/octet-stream";
/// Bytes of a content type.
const TYPE_BYTES: usize = 255;
/// Characters of a file name.
const NAME_CHARS: usize = 255;

/// What an uploader says about a file, as it came. It is a stranger's text.
#[derive(Clone, Debug, Default)]
pub struct Label {
    /// The `Content-Type`.
    pub content_type: Option<String>,
    /// The file name.
    pub file_name: Option<String>,
}

impl Label {
    /// The type as it is kept: what is no content type, or would not fit into a header, is unknown.
    pub(crate) fn content_type(&self) -> String {
        let said = self.content_type.as_deref().unwrap_or_default().trim();
        if is_content_type(said) { said.to_owned() } else { UNKNOWN.to_owned() }
    }

    /// The name as it is kept: without folders before it and without control characters.
    pub(crate) fn file_name(&self) -> Option<String> {
        let last = self.file_name.as_deref()?.rsplit('/').next()?;
        let name: String = last.chars().filter(|sign| !sign.is_control()).take(NAME_CHARS).collect();
        (!name.is_empty()).then_some(name)
    }
}

/// Whether a text is a media type with or without parameters (RFC 9110 §8.3.1).
fn is_content_type(text: &str) -> bool {
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let token = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    let whole = essence.trim_end_matches(' ').split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub));
    whole && text.len() <= TYPE_BYTES && parameters.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_fit_into_a_header() {
        let kept = |said: &str| Label { content_type: Some(said.into()), file_name: None }.content_type();
        for fine in ["image/png", "text/plain; charset=utf-8", "TEXT/HTML", "application/x-a+b", "a/b;x=\"y\""] {
            assert_eq!(kept(fine), fine);
        }
        let long = format!("text/{}", "x".repeat(300));
        for bad in
            ["", "text", "/", "text/", "a/b/c", "\"", "text/plain\r\nx: y", "a/b\u{c};x", "a b/c", "text/ü", &long]
        {
            assert_eq!(kept(bad), UNKNOWN, "{bad}");
        }
        assert_eq!(Label::default().content_type(), UNKNOWN);
    }

    #[test]
    fn names_have_no_folders_and_no_control_characters() {
        let kept = |name: &str| Label { content_type: None, file_name: Some(name.into()) }.file_name();
        for (name, expected) in [
            ("kettle.png", Some("kettle.png")),
            ("../../etc/passwd", Some("passwd")),
            ("a\r\nx: 1", Some("ax: 1")),
            ("nul\0", Some("nul")),
            ("写真 🐈.png", Some("写真 🐈.png")),
            ("", None),
            ("folder/", None),
            ("\u{7}", None),
        ] {
            assert_eq!(kept(name).as_deref(), expected, "{name:?}");
        }
        assert_eq!(kept(&"ü".repeat(2_000)).map(|name| name.chars().count()), Some(NAME_CHARS));
    }
}
