//! How texts are split into words. The input is what is searched for, and below it a text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peerbrain_fuzz::lines;
use search::fuzzing::{highlights, parts, rank, words};
use store::search::Part;

fuzz_target!(|data: &[u8]| {
    let Some([term, text]) = lines(data) else { return };
    for text in [term, text] {
        let words = words(text);
        assert!(words.len() <= 4_000);
        for word in &words {
            assert!(!word.is_empty() && word.chars().count() <= 64, "{word:?}");
            // They become parts of a query in the language of the database.
            assert!(!word.contains(|char: char| char.is_ascii() && !char.is_ascii_alphanumeric()), "{word:?}");
            assert!(!word.contains(|char: char| char.is_whitespace() || char.is_control()), "{word:?}");
        }
        let (parts, too_many) = parts(text);
        assert!(too_many || parts.len() <= 20);
        if words.len() < 4_000 {
            // Whatever one copies out of a text finds it.
            assert!(parts.iter().all(|part| finds(part, &words)), "{parts:?} {words:?}");
        }
    }
    let (parts, _) = parts(term);
    assert!(rank(text, &parts) > 0.0);
    assert!(highlights(term, text).len() <= 50);
});

fn finds(part: &Part, words: &[String]) -> bool {
    match part {
        Part::Beginning(beginning) => words.iter().any(|word| word.starts_with(beginning)),
        Part::Phrase(phrase) => !phrase.is_empty() && words.windows(phrase.len()).any(|window| window == phrase),
    }
}
