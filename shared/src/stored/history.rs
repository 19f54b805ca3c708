//! Several snapshots in brief, as bytes: each distinct row once, and of each snapshot which rows it has.

use bitcode::{Decode, Encode};

use super::{Unreadable, read};
use crate::history::{Head, History, Past};
use crate::model::strings::Strings;

/// Rows that follow each other: the first, and how many. Most rows of a snapshot stand beside those of the one before.
#[derive(Clone, Copy, Encode, Decode)]
struct Run {
    first: u32,
    length: u32,
}

/// The sections of a history in which every snapshot could be read.
pub fn history_sections(history: &History) -> impl Iterator<Item = Vec<u8>> {
    const SECTIONS: &[fn(&History) -> Vec<u8>] = &[
        |of| of.strings.text().as_bytes().to_vec(),
        |of| bitcode::encode(&of.strings.lengths()),
        |of| bitcode::encode(of.rows()),
        |of| bitcode::encode(&of.snapshots.iter().map(|past| past.head.clone()).collect::<Vec<_>>()),
        |of| bitcode::encode(&of.snapshots.iter().map(|past| runs(past.rows())).collect::<Vec<_>>()),
    ];
    SECTIONS.iter().map(|section| section(history))
}

/// The history of which these are the sections.
///
/// # Errors
/// When they are sections of something else.
pub fn history(sections: &[&[u8]]) -> Result<History, Unreadable> {
    let [text, lengths, rows, heads, runs] = sections else {
        return Err(Unreadable::Missing);
    };
    let text = String::from_utf8(text.to_vec()).map_err(|_| Unreadable::Unfitting)?;
    let strings = Strings::from_parts(text, &read::<Vec<u32>>(lengths)?).ok_or(Unreadable::Unfitting)?;
    let (heads, runs): (Vec<Head>, Vec<Vec<Run>>) = (read(heads)?, read(runs)?);
    let snapshots = heads.into_iter().zip(runs).map(|(head, runs)| {
        let rows = runs.into_iter().flat_map(|run| (run.first..).take(run.length as usize));
        Past::new(head, rows.collect())
    });
    History::of_parts(strings, read(rows)?, snapshots.collect()).ok_or(Unreadable::Unfitting)
}

fn runs(rows: &[u32]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for &row in rows {
        match runs.last_mut() {
            Some(run) if run.first + run.length == row => run.length += 1,
            _ => runs.push(Run { first: row, length: 1 }),
        }
    }
    runs
}
