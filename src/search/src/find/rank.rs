//! How well an event fits.
//!
//! The databases rank differently, and what they count of a whole index would tell of rooms that one is not in. So it is
//! counted here: how often the text has each part, more of the same adding ever less, and long texts counting less.

use store::search::Part;

use crate::words::words;

/// After how many words a text counts as long.
const USUAL_WORDS: f64 = 12.0;

/// How well a text fits: a number above 0, the higher the better.
pub(super) fn rank(text: &str, parts: &[Part]) -> f64 {
    let words = words(text);
    #[expect(clippy::cast_precision_loss, reason = "a text has some thousand words at most")]
    let (length, times) = (words.len() as f64, |part: &Part| count(&words, part) as f64);
    let damped = 1.2 * (0.25 + 0.75 * length / USUAL_WORDS);
    let sum: f64 = parts.iter().map(times).map(|times| times * 2.2 / (times + damped)).sum();
    sum.max(0.001)
}

fn count(words: &[String], part: &Part) -> usize {
    match part {
        Part::Beginning(beginning) => words.iter().filter(|word| word.starts_with(beginning)).count(),
        Part::Phrase(phrase) => words.windows(phrase.len().max(1)).filter(|window| window == phrase).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::parts;

    #[test]
    fn more_and_denser_is_better() {
        let parts = parts("red house");
        let ranks: Vec<f64> = [
            "red house",
            "the red house by the sea, and another red house behind it",
            "the red house by the sea, which is not the one that you remember from the last summer",
            "a house",
            "nothing of it",
        ]
        .iter()
        .map(|text| rank(text, &parts))
        .collect();
        assert!(ranks.is_sorted_by(|a, b| a > b), "{ranks:?}");
        assert!(ranks.iter().all(|rank| *rank > 0.0));
    }
}
