//! What of two snapshots may be held against each other: law 5 of the KPIs.

use super::{Head, SourceHead};

/// Why `there` would not have shown all of a source that `here` shows; empty when it would have.
///
/// A source is seen as a whole when it is present, nothing is known to be missing, and every kind of export is there.
pub fn unseen(source: &str, there: &Head, here: &Head) -> Vec<String> {
    let snapshot = &there.name;
    let Some(found) = find(source, there) else {
        return vec![format!("{} is missing in {snapshot}", named(source))];
    };
    let mut reasons: Vec<String> = found
        .gaps
        .iter()
        .map(|gap| format!("{} is partial in {snapshot}: {gap}", named(source)))
        .collect();
    let expected = find(source, here).map_or(&[][..], |head| &head.connectors);
    let absent = expected.iter().filter(|id| !found.connectors.contains(id));
    reasons.extend(absent.map(|id| format!("{} has no export of kind {id} in {snapshot}", named(source))));
    reasons
}

/// Why a source cannot be compared, either way; empty when it can.
pub fn incomparable(source: &str, a: &Head, b: &Head) -> Vec<String> {
    let mut reasons = unseen(source, a, b);
    for reason in unseen(source, b, a) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

/// Every source of either snapshot, by name.
pub fn sources_of<'h>(heads: impl IntoIterator<Item = &'h Head>) -> Vec<&'h str> {
    let mut names: Vec<&str> = heads
        .into_iter()
        .flat_map(|head| head.sources.iter().map(|source| source.name.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn find<'h>(source: &str, head: &'h Head) -> Option<&'h SourceHead> {
    head.sources.iter().find(|known| known.name == source)
}

fn named(source: &str) -> String {
    match source {
        "" => "the estate's own folder".to_owned(),
        name => name.to_owned(),
    }
}
