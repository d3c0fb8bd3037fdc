//! Whether a browser may show a file, and under which name it saves it (client-server §serving-inline-content).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Types that a browser may show: it only ever takes them for what they are called.
const INLINE: [&str; 26] = [
    "text/css",
    "text/plain",
    "text/csv",
    "application/json",
    "application/ld+json",
    "image/jpeg",
    "image/gif",
    "image/png",
    "image/apng",
    "image/webp",
    "image/avif",
    "video/mp4",
    "video/webm",
    "video/ogg",
    "video/quicktime",
    "audio/mp4",
    "audio/webm",
    "audio/aac",
    "audio/mpeg",
    "audio/ogg",
    "audio/wave",
    "audio/wav",
    "audio/x-wav",
    "audio/x-pn-wav",
    "audio/flac",
    "audio/x-flac",
];

/// What may stand in `filename*` as it is (RFC 8187 §3.2.1).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Type and subtype in small letters, without parameters.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The type that is sent: the one that was uploaded, but for scripts. Those a page could run in spite of every header
/// that we send; under another name no browser runs them.
pub(crate) fn safe_type(content_type: &str) -> &str {
    let essence = essence(content_type);
    let script =
        ["javascript", "ecmascript", "jscript", "livescript", "wasm"].iter().any(|name| essence.contains(name));
    if script || essence == "multipart/x-mixed-replace" { "application/octet-stream" } else { content_type }
}

/// The `Content-Disposition` of a file.
pub(crate) fn disposition(content_type: &str, name: Option<&str>) -> String {
    let kind = if INLINE.contains(&essence(content_type).as_str()) { "inline" } else { "attachment" };
    match name.map(harmless).filter(|name| !name.is_empty()) {
        None => kind.to_owned(),
        Some(name) if is_plain(&name) => format!("{kind}; filename=\"{name}\""),
        Some(name) => format!("{kind}; filename*=utf-8''{}", utf8_percent_encode(&name, ENCODED)),
    }
}

/// A name in a path is as much a stranger's as one of an upload: it gets no folders and no control characters.
fn harmless(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or_default();
    last.chars().filter(|sign| !sign.is_control()).take(255).collect()
}

/// Whether a name means the same to everybody between quotation marks.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -_.()[]+=@#&!~^".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_types_are_shown() {
        for (kind, expected) in [
            ("image/png", "inline"),
            ("IMAGE/PNG", "inline"),
            ("text/plain; charset=utf-8", "inline"),
            ("text/html", "attachment"),
            ("text/html;image/png", "attachment"),
            ("image/svg+xml", "attachment"),
            ("image/png/html", "attachment"),
            ("", "attachment"),
        ] {
            assert_eq!(disposition(kind, None), expected, "{kind}");
        }
    }

    #[test]
    fn scripts_get_another_type() {
        for script in ["text/javascript", "Application/JavaScript; x=1", "application/x-ecmascript", "application/wasm"]
        {
            assert_eq!(safe_type(script), "application/octet-stream");
        }
        for fine in ["text/html", "image/png", "application/json", "text/plain; charset=utf-8"] {
            assert_eq!(safe_type(fine), fine);
        }
    }

    #[test]
    fn names_survive_and_do_no_harm() {
        let name = |name| disposition("image/png", Some(name));
        assert_eq!(name("kettle (1).png"), "inline; filename=\"kettle (1).png\"");
        assert_eq!(name("a\"; filename=\"b"), "inline; filename*=utf-8''a%22%3B%20filename%3D%22b");
        assert_eq!(name("Über.txt"), "inline; filename*=utf-8''%C3%9Cber.txt");
        assert_eq!(name("../../etc/passwd"), "inline; filename=\"passwd\"");
        assert_eq!(name("a\r\nb"), "inline; filename=\"ab\"");
        assert_eq!(name("/"), "inline");
    }
}
