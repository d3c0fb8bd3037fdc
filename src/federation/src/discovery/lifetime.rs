//! How long a `.well-known` file is good (server-server §resolving-server-names, step 3): as long as its headers say, within
//! bounds.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue, header};
use ruma::http_headers::http_date_to_system_time;

/// How long it is good where its headers do not say.
const USUAL: Duration = Duration::from_secs(86_400);
/// However short its headers say it is good, it is not fetched again before.
const SHORTEST: Duration = Duration::from_secs(300);
/// How long it is good at most (server-server §resolving-server-names, step 3).
const LONGEST: Duration = Duration::from_secs(48 * 3_600);

/// How long the headers say that the file is good, within the bounds; `now` in milliseconds (RFC 9111 §4.2).
pub(crate) fn of(headers: &HeaderMap, now: i64) -> Duration {
    let Some(whole) = cache_control(headers).or_else(|| expires(headers, now)) else { return USUAL };
    // Some cache on the way may have kept it for a while already.
    let age = headers.get(header::AGE).and_then(|age| age.to_str().ok()).map_or(0, seconds);
    Duration::from_secs(whole.saturating_sub(age)).clamp(SHORTEST, LONGEST)
}

/// The seconds that `Cache-Control` names, the fewest where it contradicts itself. All users of this server share what it
/// keeps, so what is said to shared caches goes first.
fn cache_control(headers: &HeaderMap) -> Option<u64> {
    let (mut shared, mut own) = (None, None);
    let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    for directive in values.flat_map(|value| value.split(',')) {
        let directive = directive.trim().to_ascii_lowercase();
        let (said, value) = match directive.split_once('=') {
            None if matches!(&*directive, "no-store" | "no-cache") => return Some(0),
            Some(("s-maxage", value)) => (&mut shared, seconds(value)),
            Some(("max-age", value)) => (&mut own, seconds(value)),
            _ => continue,
        };
        *said = Some(said.map_or(value, |other: u64| other.min(value)));
    }
    shared.or(own)
}

/// The seconds until the moment that `Expires` names. What is no date, such as the usual "0", is long past.
fn expires(headers: &HeaderMap, now: i64) -> Option<u64> {
    let end = date(headers.get(header::EXPIRES)?).unwrap_or(0);
    // By the clock of the host that set it, if it says what time it is there.
    let start = headers.get(header::DATE).and_then(date);
    Some(end.saturating_sub(start.unwrap_or_else(|| u64::try_from(now / 1_000).unwrap_or(0))))
}

fn date(value: &HeaderValue) -> Option<u64> {
    let time = http_date_to_system_time(value).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// A number of seconds; none where it is no number, and as many as fit where it is too large.
fn seconds(text: &str) -> u64 {
    let digits = text.trim_matches('"');
    match !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => digits.parse().unwrap_or(u64::MAX),
        false => 0,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    /// 2023-11-14 22:13:20 UTC, a Tuesday.
    const NOW: i64 = 1_700_000_000_000;

    fn with(headers: &[(HeaderName, &'static str)]) -> Duration {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        of(&headers.collect::<HeaderMap>(), NOW)
    }

    #[test]
    fn headers_say_how_long_within_bounds() {
        for (value, want) in [
            ("max-age=3600", Duration::from_secs(3_600)),
            ("public, Max-Age=7200, must-revalidate", Duration::from_secs(7_200)),
            ("max-age=\"7200\", max-age=3600", Duration::from_secs(3_600)),
            ("max-age=60, s-maxage=7200", Duration::from_secs(7_200)),
            ("s-maxage=7200, no-store", SHORTEST),
            ("max-age=1", SHORTEST),
            ("max-age=", SHORTEST),
            ("max-age=-7200", SHORTEST),
            ("no-store", SHORTEST),
            ("max-age=99999999999999999999", LONGEST),
            ("max-age=31536000", LONGEST),
            ("public", USUAL),
        ] {
            assert_eq!(with(&[(header::CACHE_CONTROL, value)]), want, "{value}");
        }
        assert_eq!(with(&[]), USUAL);
    }

    #[test]
    fn dates_and_ages_count() {
        let (hour, date) = (Duration::from_secs(3_600), "Tue, 14 Nov 2023 20:13:20 GMT");
        let until = |end| (header::EXPIRES, end);
        assert_eq!(with(&[until("Tue, 14 Nov 2023 23:13:20 GMT")]), hour);
        assert_eq!(with(&[until("Tue, 14 Nov 2023 21:13:20 GMT"), (header::DATE, date)]), hour, "its clock is slow");
        for (end, want) in [("0", SHORTEST), (date, SHORTEST), ("Fri, 14 Nov 2025 22:13:20 GMT", LONGEST)] {
            assert_eq!(with(&[until(end)]), want, "{end}");
        }
        let said = (header::CACHE_CONTROL, "max-age=7200");
        assert_eq!(with(&[said.clone(), until("0")]), 2 * hour, "Cache-Control goes first");
        for (age, want) in [("3600", hour), ("7200", SHORTEST), ("99999999999999999999", SHORTEST), ("x", 2 * hour)] {
            assert_eq!(with(&[said.clone(), (header::AGE, age)]), want, "{age}");
        }
        assert_eq!(with(&[(header::AGE, "3600")]), USUAL, "nothing is said of how long it is good");
    }
}
