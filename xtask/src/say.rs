//! What the tasks print: one line when a step starts, one with its duration when it ends.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Error, Result};

/// Announces `what`, does it, and says how long it took.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    line(&format!("▶ {what}"));
    let started = Instant::now();
    let outcome = work();
    let took = duration(started.elapsed());
    match &outcome {
        Ok(_) => line(&format!("✓ {what} ({took})")),
        Err(_) => line(&format!("✗ {what} ({took})")),
    }
    outcome
}

/// A fact worth a line of its own below the running step.
pub fn note(text: &str) {
    line(&format!("  {text}"));
}

pub fn line(text: &str) {
    println!("{text}");
}

pub fn failed(error: &Error) {
    let _ = writeln!(std::io::stderr(), "\nxtask: {error:#}");
}

pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

/// Rows under a header, each column as wide as its widest cell; the first is aligned left, the others right.
pub fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .chain([header[column].chars().count()])
            .max()
            .unwrap_or(0)
    });
    let mut text = String::new();
    for row in std::iter::once(&header.map(str::to_owned)).chain(rows) {
        let mut columns = row.iter().zip(widths);
        if let Some((cell, width)) = columns.next() {
            text.push_str(&format!("  {cell:<width$}"));
        }
        for (cell, width) in columns {
            text.push_str(&format!("  {cell:>width$}"));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_aligns_names_left_and_numbers_right() {
        let rows = [
            ["a.wasm".to_owned(), "5".to_owned()],
            ["b".to_owned(), "1234".to_owned()],
        ];
        assert_eq!(
            table(["file", "raw"], &rows),
            "  file     raw\n  a.wasm     5\n  b       1234\n"
        );
    }

    #[test]
    fn durations_below_a_minute_have_tenths() {
        assert_eq!(duration(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 05 s");
    }
}
