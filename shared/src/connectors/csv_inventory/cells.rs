//! Cells: whether one says something, and its date.

use crate::model::instant::Instant;
use crate::reading::absent::present;
use crate::reading::moment::{DateOrder, Moment};

/// What people write for "no value" in German, without regard to case.
const ABSENT: &[&str] = &[
    "k.a.",
    "k. a.",
    "keine angabe",
    "keine",
    "unbekannt",
    "entfällt",
    "fehlt",
];
/// What people write for "no end", without regard to case.
const ENDLESS: &[&str] = &[
    "unbegrenzt",
    "unbefristet",
    "kein ablauf",
    "no expiry",
    "does not expire",
];

/// The cell, trimmed, when it says something.
pub(super) fn said(cell: &str) -> Option<&str> {
    present(cell).filter(|cell| !ABSENT.iter().any(|absent| cell.eq_ignore_ascii_case(absent)))
}

/// A date, also as the number that Excel keeps for it: days since 1899-12-30.
pub(super) fn moment(cell: &str, order: DateOrder) -> Moment {
    /// 1954-10-03 to 2119-01-11 as Excel numbers; no other unit of time has dates of our day there.
    const SERIAL_DAYS: std::ops::Range<f64> = 20_000.0..80_000.0;
    const DAYS_TO_1970: f64 = 25_569.0;
    let Some(cell) = said(cell) else {
        return Moment::Absent;
    };
    if ENDLESS.iter().any(|endless| cell.eq_ignore_ascii_case(endless)) {
        return Moment::Never;
    }
    match cell.replacen(',', ".", 1).parse::<f64>() {
        Ok(days) if SERIAL_DAYS.contains(&days) => {
            Moment::At(Instant(((days - DAYS_TO_1970) * 86_400.0).round() as i64))
        }
        _ => Moment::parse(cell, order),
    }
}

pub(super) fn at(moment: &Moment) -> Option<Instant> {
    match moment {
        Moment::At(at) => Some(*at),
        Moment::Never | Moment::Absent | Moment::Unreadable(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreadsheet_dates_are_understood() {
        let check = |cell: &str| match moment(cell, DateOrder::MonthFirst) {
            Moment::At(at) => at.to_string(),
            other => format!("{other:?}"),
        };
        for (cell, expected) in [
            ("46326", "2026-10-31T00:00:00Z"),
            ("46326,5", "2026-10-31T12:00:00Z"),
            ("31.10.2026", "2026-10-31T00:00:00Z"),
            ("k. A.", "Absent"),
            ("unbefristet", "Never"),
            ("nie", "Never"),
        ] {
            assert_eq!(check(cell), expected, "{cell}");
        }
    }
}
