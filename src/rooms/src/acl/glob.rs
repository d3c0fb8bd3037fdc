//! Patterns with `*` for any sequence of characters and `?` for one (appendices § Glob-style matching).

/// A pattern without repeated stars, ready to be asked. Nothing that is longer than a server name can be, but for its
/// stars, matches one.
pub(super) fn ready(pattern: &str) -> Option<Box<[u8]>> {
    let mut ready: Vec<u8> = pattern.to_ascii_lowercase().into_bytes();
    ready.dedup_by(|a, b| *a == b'*' && *b == b'*');
    let least = ready.iter().filter(|byte| **byte != b'*').count();
    (least <= peerbrain_core::limits::ID_BYTES).then(|| ready.into_boxed_slice())
}

/// Whether a text matches a pattern. It takes at most as many steps as the product of their lengths: of several stars
/// only the last one that was met is ever tried again.
pub(super) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(read) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted == byte => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((begun, taken)) = star else { return false };
                star = Some((begun, taken + 1));
                at = begun + 1;
                read = taken + 1;
            }
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, text, expected) in [
            ("example.org", "example.org", true),
            ("example.org", "an.example.org", false),
            ("example.org", "example.orga", false),
            ("*", "example.org", true),
            ("*", "", true),
            ("*.example.org", "an.example.org", true),
            ("*.example.org", "example.org", false),
            ("*example*", "an.example.org", true),
            ("example.*", "example.org", true),
            ("ex?mple.org", "example.org", true),
            ("example.org?", "example.org", false),
            ("?*", "", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXcX", false),
            ("**.org", "example.org", true),
            ("EXAMPLE.Org", "example.org", true),
            ("", "example.org", false),
            ("exämple", "exmple", false),
        ] {
            let ready = ready(pattern).unwrap();
            assert_eq!(matches(&ready, text.as_bytes()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_longer_than_any_name_is_left_out() {
        assert!(ready(&"a".repeat(255)).is_some());
        assert!(ready(&"a".repeat(256)).is_none());
        assert_eq!(ready(&"*".repeat(60_000)).as_deref(), Some(&b"*"[..]));
    }
}
