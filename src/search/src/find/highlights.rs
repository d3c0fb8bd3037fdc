//! Words to highlight: those that were searched for, and how the texts that were found write them.

use std::collections::BTreeSet;

use crate::words::{Piece, pieces};

/// Words of one answer.
const WORDS: usize = 50;

/// The words to highlight in these texts.
pub(super) fn highlights<'t>(term: &str, texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let searched = pieces(term);
    let mut words: BTreeSet<String> = searched.iter().map(written).collect();
    for text in texts {
        for word in text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
            if words.len() >= WORDS {
                break;
            }
            // What is one word here may be several of one's own: "l'œuvre" is, "Größe" is not.
            if let [piece @ Piece::Word(_)] = pieces(word).as_slice()
                && searched.contains(piece)
            {
                words.insert(word.to_owned());
            }
        }
    }
    words.into_iter().take(WORDS).collect()
}

fn written(piece: &Piece) -> String {
    match piece {
        Piece::Word(word) => word.clone(),
        Piece::Run(letters) => letters.iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_as_they_are_written() {
        assert_eq!(highlights("grosse", ["Die Größe, die GRÖSSE", "gross"]), ["GRÖSSE", "Größe", "grosse"]);
        assert_eq!(highlights("会议室", ["在会议室开会"]), ["会议室"]);
        assert!(highlights("…", ["a"]).is_empty());
    }
}
