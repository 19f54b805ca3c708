//! Numbers, shares, dates and sizes as people read them: those of `shared`, and what only a page says.

pub use shared::format::*;
use shared::model::instant::Instant;

/// A share of 0 to 1 as a CSS length: `12.34%`. In whole hundredths, because the code that prints any floating-point
/// number would be a thirtieth of the program.
pub fn css_share(share: f64) -> String {
    let hundredths = (share * 10_000.0).round() as u64;
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// How far an instant lies from another, in one unit: `today`, `3 d ago`, `in 5 mo`.
pub fn relative(at: Instant, as_of: Instant) -> String {
    let days = at.days_until(as_of);
    match days {
        0 => "today".to_owned(),
        1.. => format!("{} ago", days_long(days)),
        ..0 => format!("in {}", days_long(-days)),
    }
}

/// A number of days in the largest unit that keeps two figures: `45 d`, `7 mo`, `3 y`.
pub fn days_long(days: i64) -> String {
    match days.abs() {
        0..90 => format!("{days} d"),
        90..730 => format!("{} mo", days * 12 / 365),
        _ => format!("{} y", days / 365),
    }
}

/// The whole instant for a tooltip: `2026-10-31 08:00:00 UTC`.
pub fn full(at: Instant) -> String {
    at.to_string().replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_told_from_the_snapshot() {
        let as_of = Instant::from_date(2026, 10, 31);
        let told = [0, -1, -45, -200, -800, 12, 400].map(|days| relative(as_of.plus_days(days), as_of));
        assert_eq!(
            told,
            [
                "today", "1 d ago", "45 d ago", "6 mo ago", "2 y ago", "in 12 d", "in 13 mo"
            ]
        );
        assert_eq!(full(as_of), "2026-10-31 00:00:00 UTC");
        assert_eq!(date(as_of), "31 Oct 2026");
    }
}
