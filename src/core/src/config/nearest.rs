//! Which key was probably meant.

use super::{ConfigError, ENVIRONMENT_PREFIX};

/// The error for `key`, which is not in `known`, with the nearest that is.
pub(super) fn unknown(origin: &str, key: &str, known: impl Iterator<Item = String>) -> ConfigError {
    let table = format!("{key}.");
    let nearest = known.min_by_key(|candidate| (!candidate.starts_with(&table), distance(key, candidate)));
    let nearest = nearest.unwrap_or_default();
    let hint = if origin.starts_with(ENVIRONMENT_PREFIX) {
        let variable = nearest.to_ascii_uppercase().replace('.', "__");
        format!("The nearest is {ENVIRONMENT_PREFIX}{variable} (`{nearest}`)")
    } else {
        format!("The nearest is `{nearest}`")
    };
    ConfigError::Unknown { origin: origin.to_owned(), key: key.to_owned(), hint }
}

/// The fewest single-letter changes that make one text of the other (Levenshtein).
fn distance(one: &str, two: &str) -> usize {
    let mut row: Vec<usize> = (0..=two.chars().count()).collect();
    for (line, a) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(two.chars()) {
            let above = *cell;
            left = (left + 1).min(above + 1).min(diagonal + usize::from(a != b));
            (*cell, diagonal) = (left, above);
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances_count_changes() {
        for (one, two, changes) in [("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("same", "same", 0)] {
            assert_eq!(distance(one, two), changes, "{one} {two}");
        }
    }
}
