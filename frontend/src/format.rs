//! Numbers, shares, dates and sizes as people read them.

/// `36,000`
pub use shared::charts::thousands as number;
use shared::model::instant::Instant;
use shared::model::ratio::Ratio;

/// A count as `usize`.
pub fn count(n: usize) -> String {
    number(n as u64)
}

/// `1 identity`, `2,000 identities`
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// A number that need not be whole: `17.4`, `1,204`.
pub fn decimal(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    let whole = number(rounded.abs().trunc() as u64);
    let sign = if rounded < 0.0 { "-" } else { "" };
    let tenth = ((rounded.abs() - rounded.abs().trunc()) * 10.0).round() as u64;
    if tenth == 0 || rounded.abs() >= 1_000.0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{tenth}")
    }
}

/// A share of 0 to 1 as a percentage with at most one decimal. Only exactly nothing is `0%` and only all is `100%`.
pub fn percent(share: f64) -> String {
    if share <= 0.0 {
        "0%".to_owned()
    } else if share < 0.001 {
        "<0.1%".to_owned()
    } else if share >= 1.0 {
        "100%".to_owned()
    } else {
        // Cut off, not rounded: a target of 90% is not reached by 89.96%.
        let tenths = (share * 1_000.0 + 1e-9).floor() as u64;
        match tenths % 10 {
            0 => format!("{}%", tenths / 10),
            tenth => format!("{}.{tenth}%", tenths / 10),
        }
    }
}

/// A share of 0 to 1 as a CSS length: `12.34%`. In whole hundredths, because the code that prints any floating-point
/// number would be a thirtieth of the program.
pub fn css_share(share: f64) -> String {
    let hundredths = (share * 10_000.0).round() as u64;
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// `62.4%`, or `62.4–71%` when something is unknown; `None` without a population.
pub fn interval(ratio: Ratio) -> Option<String> {
    ratio.interval().map(|(low, high)| range(low, high))
}

/// An interval of shares.
pub fn range(low: f64, high: f64) -> String {
    let (from, to) = (percent(low), percent(high));
    if from == to {
        from
    } else {
        format!("{}–{to}", from.trim_end_matches('%'))
    }
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

/// `31 Oct 2026`
pub fn date(at: Instant) -> String {
    let (year, month, day) = at.date();
    format!("{day} {} {year}", month_name(month))
}

/// `31 Oct`
pub fn day_of_year(at: Instant) -> String {
    let (_, month, day) = at.date();
    format!("{day} {}", month_name(month))
}

fn month_name(month: u8) -> &'static str {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    MONTHS.get(usize::from(month).wrapping_sub(1)).copied().unwrap_or("")
}

/// `512 B`, `12 kB`, `3.4 MB`
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{} kB", decimal(n as f64 / 1e3)),
        1_000_000..1_000_000_000 => format!("{} MB", decimal(n as f64 / 1e6)),
        _ => format!("{} GB", decimal(n as f64 / 1e9)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(
            [0, 999, 1_000, 36_000, 1_234_567].map(number),
            ["0", "999", "1,000", "36,000", "1,234,567"]
        );
        assert_eq!(
            [0.0, 17.44, 0.05, 1_204.4, -2.5].map(decimal),
            ["0", "17.4", "0.1", "1,204", "-2.5"]
        );
        assert_eq!(counted(1, "identity", "identities"), "1 identity");
        assert_eq!(counted(2_000, "identity", "identities"), "2,000 identities");
        assert_eq!(
            [12, 12_340, 3_400_000, 2_000_000_000].map(bytes),
            ["12 B", "12.3 kB", "3.4 MB", "2 GB"]
        );
    }

    #[test]
    fn a_share_never_claims_more_than_it_is() {
        let shares = [0.0, 0.000_4, 0.5, 0.624_9, 0.899_6, 0.999_9, 1.0];
        assert_eq!(
            shares.map(percent),
            ["0%", "<0.1%", "50%", "62.4%", "89.9%", "99.9%", "100%"]
        );
    }

    #[test]
    fn what_is_unknown_widens_a_share() {
        let ratio = |pass, fail, unknown| interval(Ratio { pass, fail, unknown });
        assert_eq!(ratio(5, 5, 0).as_deref(), Some("50%"));
        assert_eq!(ratio(5, 3, 2).as_deref(), Some("50–70%"));
        assert_eq!(ratio(0, 0, 0), None);
    }

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
