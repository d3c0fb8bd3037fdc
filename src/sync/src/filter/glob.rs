//! Event types with `*` for any sequence of characters.

/// Whether a text matches a pattern.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let Some((middle, last)) = rest.rsplit_once('*') else { return text.ends_with(rest) };
    // What stands between two stars is best taken where it comes first.
    for part in middle.split('*') {
        match text.find(part).and_then(|at| text.get(at + part.len()..)) {
            Some(after) => text = after,
            None => return false,
        }
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text, expected) in [
            ("m.room.message", "m.room.message", true),
            ("m.room.message", "m.room.messages", false),
            ("*", "", true),
            ("m.room.*", "m.room.name", true),
            ("m.room.*", "m.roo", false),
            ("*.name", "m.room.name", true),
            ("m.*.n*e", "m.room.name", true),
            ("m*m*m", "m.m", false),
            ("m*m", "m", false),
            ("**a**", "xay", true),
            ("a*b*c*d", "a-c-b-d", false),
            ("a*b*c*d", "a-b-c-d", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
