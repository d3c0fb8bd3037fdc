//! Which part of a file is asked for (RFC 9110 §14).

/// A part of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it: also for wishes that we do not understand, or for several parts at once.
    Whole,
    /// The bytes from `start` to before `end`.
    Bytes {
        /// The first.
        start: u64,
        /// The one after the last.
        end: u64,
    },
    /// A part that the file has not.
    Nothing,
}

/// Reads the `Range` of a request for a file of so many bytes.
pub(super) fn part(range: &str, size: u64) -> Part {
    let Some((first, last)) = range.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Part::Whole;
    };
    let number = |text: &str| match text.trim() {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(Some(digits.parse::<u64>().unwrap_or(u64::MAX)))
        }
        _ => None,
    };
    let (start, end) = match (number(first), number(last)) {
        (Some(Some(first)), Some(Some(last))) if first <= last => (first, last.saturating_add(1).min(size)),
        (Some(Some(first)), Some(None)) => (first, size),
        (Some(None), Some(Some(length))) => (size.saturating_sub(length), size),
        _ => return Part::Whole,
    };
    if start < end { Part::Bytes { start, end } } else { Part::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_ten_bytes() {
        for (range, start, end) in [
            ("bytes=2-4", 2, 5),
            ("bytes=7-", 7, 10),
            ("bytes=-4", 6, 10),
            ("bytes=-40", 0, 10),
            ("bytes=8-99", 8, 10),
            ("bytes=0-0", 0, 1),
            ("bytes=0-99999999999999999999999", 0, 10),
        ] {
            assert_eq!(part(range, 10), Part::Bytes { start, end }, "{range}");
        }
        for nothing in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
            assert_eq!(part(nothing, 10), Part::Nothing, "{nothing}");
        }
        for whole in ["", "bytes", "bytes=5-2", "bytes=x-y", "lines=1-2", "bytes=0-1,4-5", "bytes=-", "bytes=+1-2"] {
            assert_eq!(part(whole, 10), Part::Whole, "{whole}");
        }
        assert_eq!(part("bytes=0-", 0), Part::Nothing);
    }
}
