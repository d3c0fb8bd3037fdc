//! How a text is split into words.
//!
//! Words are folded: capital letters, accents and the forms of one letter make no difference. Some languages are written
//! without spaces; of those every two letters that follow each other are a word, and the last letter alone is one more. So
//! a word of such a language is found in the middle of a sentence: as the phrase of its pairs, or, if it is one letter, as
//! the beginning of a pair.

use store::search::Part;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Words of one text that are looked at.
const WORDS: usize = 4_000;
/// Characters of a word; longer ones are cut, in the index as in a search.
const WORD_CHARS: usize = 64;
/// Different parts of one search.
const PARTS: usize = 20;

/// A piece of a text between spaces and other signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A word.
    Word(String),
    /// Letters of a language without spaces.
    Run(Vec<char>),
}

/// The words of a text for the index, in order.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Word(word) => words.push(word),
            Piece::Run(letters) => {
                words.extend(pairs(&letters));
                words.extend(letters.last().map(char::to_string));
            }
        }
        if words.len() >= WORDS {
            break;
        }
    }
    words.truncate(WORDS);
    words
}

/// What a search for a text looks for: all of these.
pub(crate) fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for piece in pieces(text) {
        let part = match piece {
            Piece::Word(word) => Part::Phrase(vec![word]),
            Piece::Run(letters) => match letters.as_slice() {
                [letter] => Part::Beginning(letter.to_string()),
                letters => Part::Phrase(pairs(letters).collect()),
            },
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.truncate(PARTS + 1);
    parts
}

/// Whether a search has more parts than one may have.
pub(crate) fn too_many(parts: &[Part]) -> bool {
    parts.len() > PARTS
}

fn pairs(letters: &[char]) -> impl Iterator<Item = String> + '_ {
    letters.windows(2).map(|pair| pair.iter().collect())
}

/// The folded pieces of a text.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut open = false;
    for letter in folded(text) {
        let goes_on = letter.is_alphanumeric() || (open && is_combining_mark(letter));
        if !goes_on {
            open = false;
            continue;
        }
        let unspaced = is_unspaced(letter);
        match pieces.last_mut().filter(|_| open) {
            Some(Piece::Run(letters)) if unspaced || is_combining_mark(letter) => letters.push(letter),
            Some(Piece::Word(word)) if !unspaced => {
                if word.chars().count() < WORD_CHARS {
                    word.push(letter);
                }
            }
            _ if unspaced => pieces.push(Piece::Run(vec![letter])),
            _ => pieces.push(Piece::Word(letter.to_string())),
        }
        open = true;
    }
    pieces
}

/// The letters of a text without what makes no difference.
fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    let bare = text.nfkd().filter(|letter| !is_accent(*letter));
    let small = bare.flat_map(char::to_lowercase).filter(|letter| !is_accent(*letter));
    small
        .flat_map(|letter| plain(letter).chars().chain(plain(letter).is_empty().then_some(letter)).collect::<Vec<_>>())
        .nfc()
}

/// Letters that have no accent to take away, and are written without theirs all the same. Empty: the letter itself.
fn plain(letter: char) -> &'static str {
    match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ı' => "i",
        'ς' => "σ",
        _ => "",
    }
}

/// Accents of the alphabets in which a word is the same without them. In others, marks are letters.
fn is_accent(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// Letters of languages that are written without spaces, or glue words together.
fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{0e00}'..='\u{0eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Burmese
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}' // Hiragana, Katakana
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' // Han
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' // Hangul
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_folded() {
        for (text, expected) in [
            ("Größe und Ärger", vec!["grosse", "und", "arger"]),
            ("L'été, à l’œuvre!", vec!["l", "ete", "a", "l", "oeuvre"]),
            ("ΟΔΟΣ οδός", vec!["οδοσ", "οδοσ"]),
            ("İstanbul ISTANBUL ıspanak", vec!["istanbul", "istanbul", "ispanak"]),
            ("ﬁn １２３ e\u{301}", vec!["fin", "123", "e"]),
            ("a_b-c.d/e ¤r1 \u{0}x", vec!["a", "b", "c", "d", "e", "r1", "x"]),
            ("مُحَمَّد", vec!["محمد"]),
            ("हिन्दी में", vec!["हिन्दी", "में"]),
            ("", vec![]),
            ("… !? 🎉", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn languages_without_spaces_are_pairs() {
        assert_eq!(words("今天下午 ok"), ["今天", "天下", "下午", "午", "ok"]);
        assert_eq!(words("ガギabc"), ["ガギ", "ギ", "abc"]);
        assert_eq!(words("서울에서"), ["서울", "울에", "에서", "서"]);
        assert_eq!(words("ภาษา").len(), 4);
        assert_eq!(parts("会议室"), [Part::Phrase(vec!["会议".into(), "议室".into()])]);
        assert_eq!(parts("天"), [Part::Beginning("天".into())]);
        assert_eq!(parts("a b A"), [Part::Phrase(vec!["a".into()]), Part::Phrase(vec!["b".into()])]);
    }

    #[test]
    fn nothing_grows_without_end() {
        assert_eq!(words(&"天".repeat(100_000)).len(), WORDS);
        assert_eq!(words(&"x".repeat(100_000)), ["x".repeat(WORD_CHARS)]);
        assert!(too_many(&parts(&(0..1_000).map(|number| format!("w{number} ")).collect::<String>())));
    }

    #[test]
    fn only_letters_and_digits_get_out() {
        let odd: String = ('\u{1}'..'\u{3000}').collect();
        for word in words(&odd) {
            assert!(word.chars().all(|c| c.is_alphanumeric() || is_combining_mark(c)), "{word:?}");
            assert!(!word.contains(['\'', '"', '\\', ' ', '¤', '\0']), "{word:?}");
        }
    }
}
