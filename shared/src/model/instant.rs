//! Points in time, and the three ways in which an export can speak of them.

use bitcode::{Decode, Encode};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub const SECONDS_PER_DAY: i64 = 86_400;

/// A point in time, in whole seconds since 1970-01-01T00:00:00Z. Fractions that an export states are cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Instant(pub i64);

/// When something was last used, as far as an export can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
pub enum LastUsed {
    /// Used at this instant, and not known to have been used since.
    At(Instant),
    /// The export covers the whole life of the thing and saw no use.
    Never,
    /// The export looks back this many days from its own making, and saw no use.
    NotWithin { days: u16 },
    /// No export said.
    #[default]
    NotReported,
}

/// When something ends, as far as an export can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Expiry {
    /// Ends at this instant.
    At(Instant),
    /// The export says that it has no end.
    Never,
    /// No export said.
    #[default]
    NotReported,
}

impl Instant {
    /// Whole days from `self` to `later`; negative when `later` lies before.
    pub fn days_until(self, later: Instant) -> i64 {
        (later.0 - self.0).div_euclid(SECONDS_PER_DAY)
    }

    /// The instant this many days later (or earlier, when negative).
    pub fn plus_days(self, n_days: i64) -> Instant {
        Instant(self.0.saturating_add(n_days.saturating_mul(SECONDS_PER_DAY)))
    }

    /// The same time of day this many calendar months later, on the last day of a month that is too short.
    pub fn plus_months(self, n_months: i64) -> Instant {
        let (year, month, day) = self.date();
        let months = i64::from(month) - 1 + n_months;
        let (year, month) = (year + months.div_euclid(12), months.rem_euclid(12) as u8 + 1);
        // Month 13 of a year is January of the next.
        let last = Instant::from_date(year, month + 1, 1).plus_days(-1);
        let midnight = Instant::from_date(year, month, day).min(last);
        Instant(midnight.0 + self.0.rem_euclid(SECONDS_PER_DAY))
    }

    /// Year, month and day in UTC.
    pub fn date(self) -> (i64, u8, u8) {
        // Days to civil date, after Howard Hinnant's `civil_from_days`: exact for every i64 day used here.
        let z = self.0.div_euclid(SECONDS_PER_DAY) + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = (doy - (153 * mp + 2) / 5 + 1) as u8;
        let month = if mp < 10 { mp + 3 } else { mp - 9 } as u8;
        (yoe + era * 400 + i64::from(month <= 2), month, day)
    }

    /// Midnight UTC at the start of a proleptic Gregorian date. The inverse of [`Instant::date`].
    pub fn from_date(year: i64, month: u8, day: u8) -> Instant {
        let year = year - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let yoe = year.rem_euclid(400);
        let mp = i64::from(if month > 2 { month - 3 } else { month + 9 });
        let doy = (153 * mp + 2) / 5 + i64::from(day) - 1;
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        Instant((era * 146_097 + doe - 719_468) * SECONDS_PER_DAY)
    }

    /// `2026-10-31`, in UTC.
    pub fn to_date_text(self) -> String {
        let (year, month, day) = self.date();
        format!("{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC with whole seconds: `2026-10-31T08:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0.rem_euclid(SECONDS_PER_DAY);
        write!(
            f,
            "{}T{:02}:{:02}:{:02}Z",
            self.to_date_text(),
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

impl Instant {
    /// Reads what [`Instant`]'s `Display` writes, or a date alone (midnight UTC). Vendors' forms are for
    /// `reading/moment.rs`.
    pub fn from_text(text: &str) -> Option<Instant> {
        let part = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<i64>().ok());
        let is_date = text.len() >= 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
        let (year, month, day) = is_date.then(|| Some((part(0..4)?, part(5..7)?, part(8..10)?)))??;
        let midnight = Instant::from_date(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?);
        // A date that the calendar does not have comes back as another one.
        if midnight.date() != (year, month as u8, day as u8) {
            return None;
        }
        match &text[10..] {
            "" => Some(midnight),
            time if time.len() == 10 && time.starts_with('T') && time.ends_with('Z') => {
                let (hour, minute, second) = (part(11..13)?, part(14..16)?, part(17..19)?);
                (hour < 24 && minute < 60 && second < 60)
                    .then_some(Instant(midnight.0 + hour * 3600 + minute * 60 + second))
            }
            _ => None,
        }
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By its name, so that a reader may know what the text must be.
        deserializer.deserialize_newtype_struct("Instant", Text)
    }
}

struct Text;

impl<'de> de::Visitor<'de> for Text {
    type Value = Instant;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an RFC 3339 instant in UTC")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Instant, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Instant, E> {
        Instant::from_text(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_there_and_back() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (1_793_433_600, "2026-10-31T08:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Instant(seconds).to_string(), text);
            assert_eq!(Instant::from_text(text), Some(Instant(seconds)));
            let (year, month, day) = Instant(seconds).date();
            assert_eq!(
                Instant::from_date(year, month, day).0,
                seconds - seconds.rem_euclid(SECONDS_PER_DAY)
            );
        }
    }

    #[test]
    fn months_end_where_the_calendar_does() {
        for (from, n_months, to) in [
            ("2026-10-31T08:00:00Z", 6, "2027-04-30T08:00:00Z"),
            ("2026-08-31T00:00:00Z", 6, "2027-02-28T00:00:00Z"),
            ("2027-08-31T23:59:59Z", 6, "2028-02-29T23:59:59Z"),
            ("2026-06-30T00:00:00Z", 6, "2026-12-30T00:00:00Z"),
            ("2026-12-31T00:00:00Z", 12, "2027-12-31T00:00:00Z"),
            ("2028-02-29T00:00:00Z", 24, "2030-02-28T00:00:00Z"),
            ("2026-11-30T00:00:00Z", 1, "2026-12-30T00:00:00Z"),
        ] {
            let from = Instant::from_text(from).unwrap();
            assert_eq!(from.plus_months(n_months).to_string(), to);
        }
    }

    #[test]
    fn days_are_whole_and_signed() {
        let noon = Instant(43_200);
        assert_eq!(noon.days_until(Instant(43_200 + 86_399)), 0);
        assert_eq!(noon.days_until(Instant(43_199)), -1);
        assert_eq!(noon.plus_days(2).0, 43_200 + 172_800);
    }
}
