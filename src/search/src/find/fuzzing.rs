//! What the targets of `tests/fuzz` call, and nobody else.

use store::search::Part;

use super::{OrderBy, token::Token};

/// Reads a token of a search, and writes it again.
pub fn token(text: &str, order: OrderBy) -> Option<String> {
    Token::read(text, order).ok().map(|token| token.to_string())
}

/// The words to highlight in a text.
pub fn highlights(term: &str, text: &str) -> Vec<String> {
    super::highlights::highlights(term, [text])
}

/// How well a text fits.
pub fn rank(text: &str, parts: &[Part]) -> f64 {
    super::rank::rank(text, parts)
}
