//! Every way in which exports write a point in time.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

use super::absent::is_absent;
use crate::diagnostic::{Diagnostic, Diagnostics, shorten};
use crate::model::instant::{Expiry, Instant};

/// What a date field says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Moment {
    At(Instant),
    /// The field says "no such moment, ever": `never`, `infinity`, year 1, 1601, 9999, `-1`.
    Never,
    /// The field is empty, null, `N/A` or missing.
    #[default]
    Absent,
    /// The field says something that is no known date, shortened.
    Unreadable(String),
}

/// The order of day and month in dates such as `3/9/2026`. It is a property of a file, never of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    MonthFirst,
    DayFirst,
}

/// Instants before this (1980-01-01) or after [`LATEST`] in integer fields are sentinels or other units.
const EARLIEST: i64 = 315_532_800;
/// 2262-04-11: the largest instant that 64 bits of nanoseconds hold. Vendors write later dates for "no end".
const LATEST: i64 = 9_223_372_036;

impl Moment {
    /// Reads a text. `order` decides dates that could be read two ways.
    pub fn parse(text: &str, order: DateOrder) -> Moment {
        let text = text.trim();
        // What nearly every export writes comes first: there are many dates.
        if let Some(seconds) = iso(text) {
            return Moment::from_seconds(seconds);
        }
        if is_absent(text) || text.eq_ignore_ascii_case("no_information") {
            return Moment::Absent;
        }
        if ["never", "infinity", "nie", "no expiration", "unlimited"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
        {
            return Moment::Never;
        }
        if let Ok(number) = text.parse::<i64>() {
            return Moment::from_number(number);
        }
        if let Ok(number) = text.parse::<f64>() {
            return Moment::from_float(number);
        }
        match power_shell(text)
            .or_else(|| ldap(text))
            .or_else(|| national(text, order))
            .or_else(|| with_weekday(text))
        {
            Some(seconds) => Moment::from_seconds(seconds),
            None => Moment::Unreadable(shorten(text)),
        }
    }

    /// An integer: seconds, milliseconds, microseconds or nanoseconds since 1970, or Windows' 100 ns since 1601,
    /// told apart by size. 0, -1 and Windows' largest value mean never. What would lie before 1980 counts something
    /// else, such as a spreadsheet's days.
    pub fn from_number(number: i64) -> Moment {
        const WINDOWS_TO_UNIX_SECONDS: i64 = 11_644_473_600;
        match number {
            i64::MIN..=0 | i64::MAX => Moment::Never,
            1..EARLIEST => Moment::Unreadable(number.to_string()),
            EARLIEST..100_000_000_000 => Moment::from_seconds(number),
            100_000_000_000..100_000_000_000_000 => Moment::from_seconds(number / 1_000),
            100_000_000_000_000..10_000_000_000_000_000 => Moment::from_seconds(number / 1_000_000),
            10_000_000_000_000_000..1_000_000_000_000_000_000 => {
                Moment::from_seconds(number / 10_000_000 - WINDOWS_TO_UNIX_SECONDS)
            }
            _ => Moment::from_seconds(number / 1_000_000_000),
        }
    }

    fn from_float(number: f64) -> Moment {
        match number {
            // What Python writes where there is nothing.
            number if number.is_nan() => Moment::Absent,
            number if number.abs() < 9e18 => Moment::from_number(number as i64),
            _ => Moment::Never,
        }
    }

    fn from_seconds(seconds: i64) -> Moment {
        // Year 1, 1601 and 1970 are the zeros of .NET, Windows and Unix.
        let is_zero = seconds <= 0 || seconds < EARLIEST && seconds.rem_euclid(86_400) == 0;
        if is_zero || seconds > LATEST {
            Moment::Never
        } else {
            Moment::At(Instant(seconds))
        }
    }

    /// The instant, if there is one. An unreadable date is reported and counts as not stated.
    pub fn instant(self, place: impl FnOnce() -> String, diagnostics: &mut Diagnostics) -> Option<Instant> {
        match self {
            Moment::At(at) => Some(at),
            Moment::Never | Moment::Absent => None,
            Moment::Unreadable(found) => {
                diagnostics.push(unreadable(place(), &found));
                None
            }
        }
    }

    /// The moment as an expiry: `Never` when the export says so, `NotReported` when it is silent.
    pub fn expiry(self, place: impl FnOnce() -> String, diagnostics: &mut Diagnostics) -> Expiry {
        match self {
            Moment::At(at) => Expiry::At(at),
            Moment::Never => Expiry::Never,
            Moment::Absent => Expiry::NotReported,
            Moment::Unreadable(found) => {
                diagnostics.push(unreadable(place(), &found));
                Expiry::NotReported
            }
        }
    }
}

fn unreadable(place: String, found: &str) -> Diagnostic {
    Diagnostic::error(
        place,
        found,
        "a date such as `2026-10-31T08:00:00Z`",
        "the date was left out, the rest of the row was read; mend the date in the export",
    )
}

impl DateOrder {
    /// The order that the dates of one column of one file prove: a part above 12 is a day. Month first when none does.
    pub fn of_column<'a>(dates: impl IntoIterator<Item = &'a str>) -> DateOrder {
        for date in dates {
            // A point in a time of day is no point in a date.
            let date = date.trim().split([' ', 'T']).next().unwrap_or_default();
            let mut parts = date.split(['/', '.', '-']);
            if date.contains('.') {
                return DateOrder::DayFirst;
            }
            if let (Some(Ok(first)), Some(Ok(second))) =
                (parts.next().map(str::parse::<u32>), parts.next().map(str::parse::<u32>))
            {
                if (13..=31).contains(&first) {
                    return DateOrder::DayFirst;
                }
                if (13..=31).contains(&second) {
                    return DateOrder::MonthFirst;
                }
            }
        }
        DateOrder::MonthFirst
    }
}

/// `/Date(1733963922394)/`, with or without escaping backslashes and an offset, as Windows PowerShell 5.1 writes it.
fn power_shell(text: &str) -> Option<i64> {
    let inner = text
        .trim_matches(['/', '\\'])
        .strip_prefix("Date(")?
        .strip_suffix(')')?;
    let digits = inner
        .find(['+', '-'])
        .filter(|at| *at > 0)
        .map_or(inner, |at| &inner[..at]);
    digits
        .parse::<i64>()
        .ok()
        .map(|milliseconds| milliseconds.div_euclid(1_000))
}

/// `20261122045053.0Z` (LDAP generalized time) and `20261122T045053Z`.
fn ldap(text: &str) -> Option<i64> {
    let digits: String = text.chars().take(15).filter(|c| *c != 'T').take(14).collect();
    if digits.len() != 14 || !text.ends_with('Z') || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits[from..to].parse::<i32>().ok();
    seconds(
        (part(0, 4)?, part(4, 6)?, part(6, 8)?),
        (part(8, 10)?, part(10, 12)?, part(12, 14)?),
        0,
    )
}

/// RFC 3339 and its relatives: a space for `T`, no offset, `+0000`, `-8:00`, ` UTC`, any number of fraction digits,
/// a date alone, slashes or points in the date.
fn iso(text: &str) -> Option<i64> {
    let (date, rest) = match text.len() {
        10 => (text, ""),
        _ => (text.get(..10)?, text.get(10..)?),
    };
    let mut parts = date.split(['-', '/', '.']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    let date = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    if rest.is_empty() {
        return seconds(date, (0, 0, 0), 0);
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || ":.,".contains(c)))
        .unwrap_or(rest.len());
    let (time, zone) = rest.split_at(end);
    seconds(date, clock(time)?, offset(zone.trim())?)
}

/// `3/9/2026 5:00:00 PM`, `31.12.2026 18:00`, `31/12/2026`, `10-19-2003`, `10/31/26, 8:00 AM`.
fn national(text: &str, order: DateOrder) -> Option<i64> {
    let (date, time) = text.split_once(' ').unwrap_or((text, ""));
    let mut parts = date.trim_end_matches(',').split(['/', '.', '-']);
    let (first, second, year) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    let century = match year.len() {
        4 => 0,
        2 => 2_000,
        _ => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    let is_day_first = match order {
        DateOrder::DayFirst => second <= 12,
        DateOrder::MonthFirst => date.contains('.') || first > 12,
    };
    let (month, day) = if is_day_first { (second, first) } else { (first, second) };
    let date = (century + year.parse::<i32>().ok()?, month, day);
    let time = time.trim();
    let upper = time.to_ascii_uppercase();
    let (digits, noon) = match (upper.strip_suffix("AM"), upper.strip_suffix("PM")) {
        (Some(digits), _) => (digits.trim(), Some(0)),
        (_, Some(digits)) => (digits.trim(), Some(12)),
        (None, None) => (upper.as_str(), None),
    };
    let (hour, minute, second) = if digits.is_empty() { (0, 0, 0) } else { clock(digits)? };
    let hour = noon.map_or(hour, |noon| hour % 12 + noon);
    seconds(date, (hour, minute, second), 0)
}

/// `Sat Mar 13 17:42:00 2021 +0530`, as git and the C library write it: the year behind the time, and an offset only
/// from git.
fn with_weekday(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut words = text.split_ascii_whitespace();
    let (weekday, month, day) = (words.next()?, words.next()?, words.next()?.parse().ok()?);
    let (time, year) = (clock(words.next()?)?, words.next()?.parse().ok()?);
    let zone = words.next().unwrap_or_default();
    let month = (1..).zip(MONTHS).find(|(_, name)| *name == month)?.0;
    let is_whole = words.next().is_none() && weekday.len() == 3;
    is_whole
        .then_some(seconds((year, month, day), time, offset(zone)?))
        .flatten()
}

fn clock(text: &str) -> Option<(i32, i32, i32)> {
    let mut parts = text.split(':');
    let hour = parts.next()?.parse().ok()?;
    let minute = parts.next()?.parse().ok()?;
    let second = match parts.next() {
        None => 0,
        Some(second) => second.split(['.', ',']).next()?.parse().ok()?,
    };
    parts.next().is_none().then_some((hour, minute, second))
}

/// Seconds east of UTC.
fn offset(text: &str) -> Option<i32> {
    // Go writes the name of the zone behind the offset: `-0700 PDT`.
    let text = text.split(' ').next().unwrap_or(text);
    if text.is_empty() || ["Z", "UTC", "GMT"].iter().any(|utc| text.eq_ignore_ascii_case(utc)) {
        return Some(0);
    }
    let (sign, digits) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        (None, None) => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes.split(':').next()?),
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then(|| sign * (hours * 3_600 + minutes * 60))
}

fn seconds(date: (i32, i32, i32), time: (i32, i32, i32), offset_seconds: i32) -> Option<i64> {
    let (year, month, day) = (
        i64::from(date.0),
        u8::try_from(date.1).ok()?,
        u8::try_from(date.2).ok()?,
    );
    let midnight = Instant::from_date(year, month, day);
    // A date that the calendar does not have comes back as another one. A leap second is the last second of its minute.
    let is_real = midnight.date() == (year, month, day)
        && (0..24).contains(&time.0)
        && (0..60).contains(&time.1)
        && (0..=60).contains(&time.2);
    is_real.then(|| {
        let second = time.0 * 3_600 + time.1 * 60 + time.2.min(59);
        midnight.0 + i64::from(second - offset_seconds)
    })
}

impl<'de> Deserialize<'de> for Moment {
    /// A string, an integer, a float or null. Dates that can be read two ways are taken month first.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Moment;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date as text or number, or null")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Moment, E> {
                Ok(Moment::Absent)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Moment, E> {
                Ok(Moment::parse(text, DateOrder::MonthFirst))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Moment, E> {
                Ok(Moment::from_number(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Moment, E> {
                Ok(i64::try_from(number).map_or(Moment::Never, Moment::from_number))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Moment, E> {
                Ok(Moment::from_float(number))
            }

            /// PowerShell writes some dates as an object with the date inside.
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Moment, A::Error> {
                let mut moment = Moment::Absent;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "value" => moment = map.next_value()?,
                        _ => {
                            map.next_value::<de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(moment)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match Moment::parse(text, DateOrder::MonthFirst) {
            Moment::At(at) => at.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_form_is_read() {
        for (text, expected) in [
            ("2026-10-31T08:00:00Z", "2026-10-31T08:00:00Z"),
            ("2026-10-31T08:00:00+00:00", "2026-10-31T08:00:00Z"),
            ("2022-08-07 12:55:43+00:00", "2022-08-07T12:55:43Z"),
            ("2023-05-16T08:47:09.000-07:00", "2023-05-16T15:47:09Z"),
            ("2024-05-01 12:00:00.000 -0800", "2024-05-01T20:00:00Z"),
            ("2024-05-01T12:00:00.000+0000", "2024-05-01T12:00:00Z"),
            ("2024-05-01T12:00:00.1234567Z", "2024-05-01T12:00:00Z"),
            ("2024-05-01T12:00:00.123456789Z", "2024-05-01T12:00:00Z"),
            ("2024-05-01T12:00:00-8:00", "2024-05-01T20:00:00Z"),
            ("2024-05-01T12:00:00", "2024-05-01T12:00:00Z"),
            ("2024-05-01 12:00:00 UTC", "2024-05-01T12:00:00Z"),
            ("2022-06-16 10:17:40 -0700 PDT", "2022-06-16T17:17:40Z"),
            ("2017-05-08 07:05:14 +0000 UTC", "2017-05-08T07:05:14Z"),
            ("10-19-2003", "2003-10-19T00:00:00Z"),
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("1446835267.0", "2015-11-06T18:41:07Z"),
            ("1446835267", "2015-11-06T18:41:07Z"),
            ("1733963922394", "2024-12-12T00:38:42Z"),
            ("133784437223940000", "2024-12-12T02:22:02Z"),
            ("/Date(1733963922394)/", "2024-12-12T00:38:42Z"),
            ("\\/Date(1733963922394)\\/", "2024-12-12T00:38:42Z"),
            ("20261122045053.0Z", "2026-11-22T04:50:53Z"),
            ("3/9/2026 5:00:00 PM", "2026-03-09T17:00:00Z"),
            ("12/31/2026 12:30 AM", "2026-12-31T00:30:00Z"),
            ("31.12.2026", "2026-12-31T00:00:00Z"),
            ("31.12.2026 18:05", "2026-12-31T18:05:00Z"),
            ("31.12.26", "2026-12-31T00:00:00Z"),
            ("10/31/2026, 8:00:00 AM", "2026-10-31T08:00:00Z"),
            ("2026/10/31", "2026-10-31T00:00:00Z"),
            ("2026.10.31 08:00", "2026-10-31T08:00:00Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("Sat Mar 13 17:42:00 2021 +0530", "2021-03-13T12:12:00Z"),
            ("Mon Jul  5 12:54:43 2021", "2021-07-05T12:54:43Z"),
            ("N/A", "Absent"),
            ("no_information", "Absent"),
            ("", "Absent"),
            ("never", "Never"),
            ("0", "Never"),
            ("-1", "Never"),
            ("0001-01-01T00:00:00Z", "Never"),
            ("1601-01-01T00:00:00Z", "Never"),
            ("9999-12-31T23:59:59Z", "Never"),
            ("2299-12-31T00:00:00Z", "Never"),
            ("9223372036854775807", "Never"),
            ("NaN", "Absent"),
            ("45961", "Unreadable(\"45961\")"),
            ("soon", "Unreadable(\"soon\")"),
            ("2026-13-01", "Unreadable(\"2026-13-01\")"),
            ("2026-10-30T05:301846934Z", "Unreadable(\"2026-10-30T05:301846934Z\")"),
            ("2026-10-30T05:00+0Ð0", "Unreadable(\"2026-10-30T05:00+0Ð0\")"),
            (
                "2026-10-30T05:00+-99999999",
                "Unreadable(\"2026-10-30T05:00+-99999999\")",
            ),
        ] {
            assert_eq!(check(text), expected, "{text}");
        }
    }

    #[test]
    fn the_order_is_proved_by_the_column() {
        assert_eq!(DateOrder::of_column(["1/2/2026", "13/2/2026"]), DateOrder::DayFirst);
        assert_eq!(DateOrder::of_column(["1/2/2026", "2/13/2026"]), DateOrder::MonthFirst);
        assert_eq!(DateOrder::of_column(["1.2.2026"]), DateOrder::DayFirst);
        assert_eq!(
            DateOrder::of_column(["2026-01-02T03:04:05.678Z", "1/13/2026"]),
            DateOrder::MonthFirst
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            Moment::parse(&text, DateOrder::DayFirst);
        }
    }
}
