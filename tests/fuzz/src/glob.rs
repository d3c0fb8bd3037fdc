//! Globs by the definition, without thought for time.

/// Whether a pattern matches all of a text: `*` is any number of characters; where `one`, `?` is any one of them.
pub fn matches(pattern: &[char], text: &[char], one: bool) -> bool {
    ends(pattern, text, one).contains(&text.len())
}

/// Whether a pattern with `*` and `?` matches some part of a text that begins and ends at word boundaries.
pub fn in_words(pattern: &[char], text: &[char]) -> bool {
    let is_word = |at: usize| text.get(at).is_some_and(|char| char.is_ascii_alphanumeric() || *char == '_');
    let starts = (0..=text.len()).filter(|at| *at == 0 || !is_word(at - 1));
    let mut found = starts.flat_map(|at| ends(pattern, &text[at..], true).into_iter().map(move |end| at + end));
    found.any(|end| !is_word(end))
}

/// Where matches that begin with a text may end.
fn ends(pattern: &[char], text: &[char], one: bool) -> Vec<usize> {
    let mut ends = vec![0];
    for char in pattern {
        ends = match char {
            '*' => (ends.first().copied().unwrap_or(text.len() + 1)..=text.len()).collect(),
            '?' if one => ends.into_iter().filter(|at| *at < text.len()).map(|at| at + 1).collect(),
            char => ends.into_iter().filter(|at| text.get(*at) == Some(char)).map(|at| at + 1).collect(),
        };
    }
    ends
}
