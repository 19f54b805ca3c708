//! Numbers, shares, dates and sizes as people read them.

pub mod csv;

use crate::model::instant::Instant;
use crate::model::ratio::Ratio;

/// A whole number with its digits in groups: `36,000`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

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
}
