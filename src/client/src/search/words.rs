//! What people type, as the index understands it.

/// The words of a search: those of three letters and more are looked up, shorter ones compared.
pub fn words(typed: &str) -> (Vec<String>, Vec<String>) {
    let words = typed.split_whitespace().take(20).map(|word| word.chars().take(100).collect::<String>());
    words.partition(|word| word.chars().count() >= 3)
}

/// A word as the index looks it up: all of it, whatever signs are in it.
pub fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

/// A pattern for a word that is compared.
pub fn pattern(word: &str) -> String {
    format!("%{}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
