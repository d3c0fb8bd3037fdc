//! Text of others, made safe for a terminal: a title that holds escape sequences must not repaint the screen, set the
//! clipboard or answer questions, and one that holds marks of direction must not turn around what stands beside it.

/// The text with its lines, and nothing in it that a terminal obeys.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().filter_map(|character| harmless(character, true)).collect()
}

/// The same in one line.
#[must_use]
pub fn in_one_line(text: &str) -> String {
    text.chars().filter_map(|character| harmless(character, false)).collect()
}

/// What is shown for a character, if anything.
fn harmless(character: char, lines: bool) -> Option<char> {
    match character {
        '\n' if lines => Some('\n'),
        '\n' | '\t' => Some(' '),
        // C0, DEL and C1; a lone carriage return would write over what stands in the line.
        character if character.is_control() => None,
        // Embeddings, overrides and isolates, which change the order of what follows.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        // Separators that some terminals take for ends of lines; tags and others that are never seen.
        '\u{2028}' | '\u{2029}' => Some(if lines { '\n' } else { ' ' }),
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' => None,
        character => Some(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing() {
        assert_eq!(plain("a\u{1b}[2Jb\u{1b}]52;c;eA==\u{7}c"), "a[2Jb]52;c;eA==c");
        assert_eq!(plain("one\r\ntwo\u{9b}31mthree\u{7f}"), "one\ntwo31mthree");
        assert_eq!(in_one_line("one\n\ttwo\u{2028}three"), "one  two three");
        assert_eq!(in_one_line("\u{202e}evil\u{2066}"), "evil");
    }

    #[test]
    fn words_of_every_language_stay() {
        for text in ["Grüße, 世界! 👩‍👩‍👧 ❤️", "שלום עולם", "क्षत्रिय", "a\u{200d}b"]
        {
            assert_eq!(plain(text), text);
        }
    }
}
