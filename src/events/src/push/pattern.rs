//! Globs (appendices §glob-style-matching), in a number of steps that is the product of the two lengths at most.

/// Whether a glob matches all of a text, or where `words`, some part of it that begins and ends at word boundaries.
/// Both are in small letters. `steps` is what may be spent; where it is used up nothing matches.
pub(super) fn matches(pattern: &[char], text: &[char], words: bool, steps: &mut u32) -> bool {
    if words && !pattern.iter().any(|char| matches!(char, '*' | '?')) {
        return contains_words(pattern, text, steps);
    }
    // Places in the pattern that have been reached: all before them is matched.
    let mut reached = vec![false; pattern.len() + 1];
    for at in 0..=text.len() {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        if at == 0 || (words && before.is_none_or(|char| !is_word(*char))) {
            set(&mut reached, 0);
        }
        skip_stars(pattern, &mut reached);
        let here = text.get(at);
        let may_end = if words { here.is_none_or(|char| !is_word(*char)) } else { here.is_none() };
        if may_end && reached.last() == Some(&true) {
            return true;
        }
        let Some(here) = here else { return false };
        *steps = steps.saturating_sub(u32::try_from(pattern.len() + 1).unwrap_or(u32::MAX));
        if *steps == 0 {
            return false;
        }
        advance(pattern, &mut reached, *here);
    }
    false
}

/// A star matches nothing, too.
fn skip_stars(pattern: &[char], reached: &mut [bool]) {
    for (place, char) in pattern.iter().enumerate() {
        if *char == '*' && reached.get(place) == Some(&true) {
            set(reached, place + 1);
        }
    }
}

/// Takes one character of the text.
fn advance(pattern: &[char], reached: &mut [bool], here: char) {
    for place in (0..reached.len()).rev() {
        let from_before = place.checked_sub(1).is_some_and(|before| {
            reached.get(before) == Some(&true)
                && pattern.get(before).is_some_and(|char| *char == '?' || (*char != '*' && *char == here))
        });
        let stays = reached.get(place) == Some(&true) && pattern.get(place) == Some(&'*');
        if let Some(slot) = reached.get_mut(place) {
            *slot = from_before || stays;
        }
    }
}

fn set(reached: &mut [bool], place: usize) {
    if let Some(slot) = reached.get_mut(place) {
        *slot = true;
    }
}

/// Whether a text has a keyword, taken as it is, between word boundaries.
pub(super) fn contains_words(pattern: &[char], text: &[char], steps: &mut u32) -> bool {
    if pattern.is_empty() {
        return false;
    }
    let mut before: Option<char> = None;
    for (at, part) in text.windows(pattern.len()).enumerate() {
        *steps = steps.saturating_sub(1);
        if *steps == 0 {
            return false;
        }
        let starts = before.is_none_or(|char| !is_word(char));
        before = part.first().copied();
        if starts && part.first() == pattern.first() {
            *steps = steps.saturating_sub(u32::try_from(pattern.len()).unwrap_or(u32::MAX));
            if part == pattern && text.get(at + pattern.len()).is_none_or(|char| !is_word(*char)) {
                return true;
            }
        }
    }
    false
}

/// "any character not in the sets `[A-Z]`, `[a-z]`, `[0-9]` or `_`" is a boundary.
fn is_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(pattern: &str, text: &str, words: bool) -> bool {
        let chars = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
        matches(&chars(pattern), &chars(text), words, &mut 1_000_000)
    }

    #[test]
    fn whole_values() {
        for (pattern, text, want) in [
            ("lunc?*", "Lunch plans", true),
            ("lunc?*", "LUNCH", true),
            ("lunc?*", " lunch", false),
            ("lunc?*", "lunc", false),
            ("", "", true),
            ("", "x", false),
            ("*", "", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("ä?", "Äö", true),
        ] {
            assert_eq!(hit(pattern, text, false), want, "{pattern} {text}");
        }
    }

    #[test]
    fn words() {
        for (pattern, text, want) in [
            ("cake", "I like Cake", true),
            ("cake", "cakes", false),
            ("cake", "cup_cake", false),
            ("cake", "(cake)", true),
            ("cake", "cakes cake", true),
            ("ex*ple", "An example event.", true),
            ("ex*ple", "exple", true),
            ("ex*ple", "An exciting triple-whammy", true),
            ("ex*ple", "exampl", false),
            ("c?ke", "2cake coke!", true),
            ("cake", "", false),
        ] {
            assert_eq!(hit(pattern, text, true), want, "{pattern} {text}");
        }
    }

    #[test]
    fn steps_are_bounded() {
        let text = vec!['a'; 65_000];
        let pattern: Vec<char> = "a*a*a*a*a*a*a*a*a*a*b".chars().collect();
        let mut steps = 1_000_000;
        assert!(!matches(&pattern, &text, true, &mut steps));
        assert_eq!(steps, 0);
    }
}
