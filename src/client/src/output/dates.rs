//! Dates as one says them: the nearer, the more roughly.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// When that was, seen from `now`, for somebody who lives in `zone`.
#[must_use]
pub fn said(date_ms: u64, now: Timestamp, zone: &TimeZone) -> String {
    let date = i64::try_from(date_ms).ok().and_then(|date| Timestamp::from_millisecond(date).ok());
    let Some(date) = date else { return "at a date that does not exist".to_owned() };
    let seconds = now.as_second().saturating_sub(date.as_second());
    let (then, today) = (date.to_zoned_datetime(zone.clone()), now.to_zoned_datetime(zone.clone()));
    let yesterday = today.date().yesterday().is_ok_and(|yesterday| yesterday == then.date());
    match seconds {
        -60..45 => "just now".to_owned(),
        45..90 => "a minute ago".to_owned(),
        90..3_600 => format!("{} minutes ago", (seconds + 30) / 60),
        3_600..5_400 => "an hour ago".to_owned(),
        5_400..43_200 => format!("{} hours ago", (seconds + 1_800) / 3_600),
        _ if seconds > 0 && then.date() == today.date() => format!("today at {}", then.strftime("%H:%M")),
        _ if seconds > 0 && yesterday => format!("yesterday at {}", then.strftime("%H:%M")),
        43_200..518_400 => then.strftime("%A at %H:%M").to_string(),
        _ if then.year() == today.year() => then.strftime("%-d %B at %H:%M").to_string(),
        _ => then.strftime("%-d %B %Y").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a date is said at noon of Wednesday, 15 July 2026.
    fn at(date: &str) -> String {
        let now: Timestamp = "2026-07-15T12:00:00Z".parse().unwrap();
        let date: Timestamp = date.parse().unwrap();
        said(date.as_millisecond().unsigned_abs(), now, &TimeZone::UTC)
    }

    #[test]
    fn the_nearer_the_rougher() {
        for (date, words) in [
            ("2026-07-15T12:00:30Z", "just now"),
            ("2026-07-15T11:59:50Z", "just now"),
            ("2026-07-15T11:58:50Z", "a minute ago"),
            ("2026-07-15T11:30:00Z", "30 minutes ago"),
            ("2026-07-15T10:50:00Z", "an hour ago"),
            ("2026-07-15T09:00:00Z", "3 hours ago"),
            ("2026-07-14T23:00:00Z", "yesterday at 23:00"),
            ("2026-07-12T08:05:00Z", "Sunday at 08:05"),
            ("2026-03-01T08:05:00Z", "1 March at 08:05"),
            ("2025-12-24T18:00:00Z", "24 December 2025"),
        ] {
            assert_eq!(at(date), words, "{date}");
        }
    }

    #[test]
    fn clocks_that_are_wrong_are_shown_as_they_are() {
        assert_eq!(at("2026-08-01T08:00:00Z"), "1 August at 08:00");
        assert_eq!(said(u64::MAX, Timestamp::UNIX_EPOCH, &TimeZone::UTC), "at a date that does not exist");
    }
}
