//! What differs between two snapshots.

use hashbrown::HashMap;

use super::comparison::unseen;
use super::row::{FOUND, Row, UNJUDGED, fields};
use super::witness;
use super::{History, Past};
use crate::api::history::{ChangeKind, Subject};
use crate::model::strings::Sym;
use crate::rules::codes::CODES;

/// One thing that differs. Its rows are indices into the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    pub of: Subject,
    pub kind: ChangeKind,
    /// The row in the earlier snapshot, `None` when only the later one has it.
    pub from: Option<u32>,
    pub to: Option<u32>,
    /// Bit `i` is set when field `i` changed.
    pub changed: u16,
    /// Of a finding: the rule's code. Its rows are of all that the rules make of the subject.
    pub rule: Option<&'static str>,
}

/// All differences, by subject and key.
///
/// What is gone must have been looked for: a thing is gone when every source that listed it is seen as a whole in the
/// later snapshot, and new when the same holds for the earlier one. In the same way, a field that is said in one
/// snapshot only has changed when the sources of the thing are seen as a whole in the other. A finding is gone, or new,
/// when besides the rule could judge the subject in the other, or would have had it been there, and when the sources that
/// say something of others' things, of the sort that the rule rests on, can be compared: see [`super::witness`].
pub fn diff(history: &History, from: &Past, to: &Past) -> Vec<Difference> {
    let (mut gone, mut come) = unequal(&from.rows, &to.rows);
    let order = |index: &u32| {
        let row = history.row(*index);
        (row.of, row.key, row.fields, row.sources)
    };
    gone.sort_unstable_by_key(order);
    come.sort_unstable_by_key(order);
    let mut judge = Judge {
        history,
        from,
        to,
        seen_in_from: HashMap::new(),
        seen_in_to: HashMap::new(),
        is_heard: CODES.map(|code| unheard(code, from, to).is_empty()),
        found: Vec::with_capacity(gone.len().max(come.len())),
    };
    let key = |index: u32| {
        let row = history.row(index);
        (row.of, row.key)
    };
    let (mut gone, mut come) = (gone.into_iter().peekable(), come.into_iter().peekable());
    loop {
        match (gone.peek().copied(), come.peek().copied()) {
            (None, None) => break,
            (Some(a), Some(b)) if key(a) == key(b) => {
                gone.next();
                come.next();
                match history.row(a).of {
                    Subject::Finding => judge.findings(Some(a), Some(b)),
                    Subject::Identity | Subject::Credential | Subject::Grant | Subject::Trust => judge.both(a, b),
                }
            }
            (Some(a), Some(b)) if key(a) > key(b) => {
                come.next();
                judge.only_to(b);
            }
            (Some(a), _) => {
                gone.next();
                judge.only_from(a);
            }
            (None, Some(b)) => {
                come.next();
                judge.only_to(b);
            }
        }
    }
    judge.found
}

/// What each of two ascending lists has more than the other.
fn unequal(a: &[u32], b: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let (mut only_a, mut only_b) = (Vec::new(), Vec::new());
    let (mut at_a, mut at_b) = (0, 0);
    while at_a < a.len() && at_b < b.len() {
        match a[at_a].cmp(&b[at_b]) {
            std::cmp::Ordering::Equal => {
                at_a += 1;
                at_b += 1;
            }
            std::cmp::Ordering::Less => {
                only_a.push(a[at_a]);
                at_a += 1;
            }
            std::cmp::Ordering::Greater => {
                only_b.push(b[at_b]);
                at_b += 1;
            }
        }
    }
    only_a.extend(&a[at_a..]);
    only_b.extend(&b[at_b..]);
    (only_a, only_b)
}

struct Judge<'h> {
    history: &'h History,
    from: &'h Past,
    to: &'h Past,
    /// By a row's list of sources: whether all of them are seen as a whole in the earlier snapshot.
    seen_in_from: HashMap<Sym, bool>,
    seen_in_to: HashMap<Sym, bool>,
    /// For each of [`CODES`]: whether what its rule rests on besides the sources of its subject can be compared.
    is_heard: [bool; CODES.len()],
    found: Vec<Difference>,
}

impl Judge<'_> {
    fn only_from(&mut self, index: u32) {
        let row = self.history.row(index);
        if row.of == Subject::Finding {
            return self.findings(Some(index), None);
        }
        let kind = match self.is_seen_in_to(row) {
            true => ChangeKind::Gone,
            false => ChangeKind::NotObserved,
        };
        self.found.push(Difference {
            of: row.of,
            kind,
            from: Some(index),
            to: None,
            changed: 0,
            rule: None,
        });
    }

    fn only_to(&mut self, index: u32) {
        let row = self.history.row(index);
        if row.of == Subject::Finding {
            return self.findings(None, Some(index));
        }
        let kind = match self.is_seen_in_from(row) {
            true => ChangeKind::New,
            false => ChangeKind::NotObservedBefore,
        };
        self.found.push(Difference {
            of: row.of,
            kind,
            from: None,
            to: Some(index),
            changed: 0,
            rule: None,
        });
    }

    fn both(&mut self, a: u32, b: u32) {
        let (from, to) = (*self.history.row(a), *self.history.row(b));
        let mut changed = 0;
        for at in 0..fields(from.of).len() {
            let is_change = match (from.fields[at], to.fields[at]) {
                (None, None) => false,
                (Some(before), Some(after)) => before != after,
                (Some(_), None) => self.is_seen_in_to(&from),
                (None, Some(_)) => self.is_seen_in_from(&to),
            };
            changed |= u16::from(is_change) << at;
        }
        if changed != 0 {
            self.found.push(Difference {
                of: from.of,
                kind: ChangeKind::Changed,
                from: Some(a),
                to: Some(b),
                changed,
                rule: None,
            });
        }
    }

    /// What differs in what the rules make of one subject.
    fn findings(&mut self, from: Option<u32>, to: Option<u32>) {
        for (code, is_heard) in CODES.into_iter().zip(self.is_heard) {
            let severity = |index: Option<u32>| index.and_then(|index| self.history.found(index, code));
            let kind = match (severity(from), severity(to)) {
                (None, None) => continue,
                (Some(before), Some(after)) if before == after => continue,
                (Some(_), Some(_)) => ChangeKind::Changed,
                (Some(_), None) => match self.history.unjudged(code, to, self.to).is_none()
                    && is_heard
                    && from.is_some_and(|index| self.is_seen_in_to(self.history.row(index)))
                {
                    true => ChangeKind::Gone,
                    false => ChangeKind::NotObserved,
                },
                (None, Some(_)) => match self.history.unjudged(code, from, self.from).is_none()
                    && is_heard
                    && to.is_some_and(|index| self.is_seen_in_from(self.history.row(index)))
                {
                    true => ChangeKind::New,
                    false => ChangeKind::NotObservedBefore,
                },
            };
            self.found.push(Difference {
                of: Subject::Finding,
                kind,
                from,
                to,
                changed: 0,
                rule: Some(code),
            });
        }
    }

    fn is_seen_in_to(&mut self, row: &Row) -> bool {
        let seen = || self.history.unseen_sources(row.sources, self.to, self.from).is_empty();
        *self.seen_in_to.entry(row.sources).or_insert_with(seen)
    }

    fn is_seen_in_from(&mut self, row: &Row) -> bool {
        let seen = || self.history.unseen_sources(row.sources, self.from, self.to).is_empty();
        *self.seen_in_from.entry(row.sources).or_insert_with(seen)
    }
}

/// Why what a rule rests on besides the sources of its subject cannot be compared; empty when it can.
pub fn unheard(code: &str, from: &Past, to: &Past) -> Vec<String> {
    match witness::of_rule(code) {
        Some(says) => witness::unheard(says, &from.head, &to.head),
        None => Vec::new(),
    }
}

impl History {
    /// How severe what a rule found is, by the row of all that the rules make of a subject; `None` when it found nothing.
    pub fn found(&self, index: u32, code: &str) -> Option<&str> {
        let mut lines = self.strings.get_or_empty(self.row(index).fields[FOUND]).split('\n');
        lines.find_map(|line| line.strip_prefix(code)?.strip_prefix(':'))
    }

    /// Why a rule says nothing of a subject in a snapshot, whose row there this is; `None` when it judged it, or had
    /// nothing to judge.
    pub fn unjudged(&self, code: &str, index: Option<u32>, past: &Past) -> Option<String> {
        let snapshot = &past.head.name;
        if past.head.unevaluated.iter().any(|known| known == code) {
            return Some(format!("nothing in {snapshot} lets the rule be evaluated"));
        }
        let mut lines = self
            .strings
            .get_or_empty(index.and_then(|index| self.row(index).fields[UNJUDGED]))
            .split('\n');
        lines
            .any(|line| line == code)
            .then(|| format!("nothing in {snapshot} tells whether it holds"))
    }

    /// Why `there` would not have shown a thing that these sources list `here`; empty when it would have.
    pub fn unseen_sources(&self, sources: Sym, there: &Past, here: &Past) -> Vec<String> {
        let names = self.strings.get(sources).split('\n');
        names.flat_map(|name| unseen(name, &there.head, &here.head)).collect()
    }
}
