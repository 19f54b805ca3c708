//! Sources that say something of what others list. Where one of them is missing, the verdict on a thing may be another
//! although every source that lists the thing is whole.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::Head;
use super::comparison::incomparable;
use crate::analysis::Analysis;
use crate::merge::account_of_actor;
use crate::model::identity::Presence;
use crate::model::instant::LastUsed;
use crate::model::snapshot::SourceId;

/// What a source can say of the things of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// That a credential leaked.
    Leaked,
    /// When a thing was used, and for what.
    Used,
    /// That what a credential is stands elsewhere as well.
    Held,
    /// Who may act as whom.
    Trusted,
}

/// The sources of a snapshot, by index, that say something of others' things: those of each of [`Says`], in its order.
pub type Witnesses = [Vec<u32>; 4];

/// On what other sources say a rule rests; `None` for one that rests on the sources of its subject alone.
pub fn of_rule(code: &str) -> Option<Says> {
    match code {
        "leaked_and_live" => Some(Says::Leaked),
        "stale" | "unused_credential" | "unused_permission" | "default_account_in_use" => Some(Says::Used),
        "shared_credential" | "cross_environment_credential" => Some(Says::Held),
        "improper_offboarding" | "open_external_trust" | "escalation_path" | "cross_environment_reach" => {
            Some(Says::Trusted)
        }
        _ => None,
    }
}

/// On what other sources say a KPI rests, besides those of its rows.
///
/// Critical findings are of many sorts: of those behind `clean` and `governed`, what scanners say counts.
pub fn of_kpi(id: &str) -> Option<Says> {
    match id {
        "credential.leaked" | "clean" | "governed" | "coverage.environments" | "agent.governed" => Some(Says::Leaked),
        "lifecycle.stale"
        | "credential.unused"
        | "privilege.unused"
        | "privilege.unused_services"
        | "anomaly.leads" => Some(Says::Used),
        "credential.shared" => Some(Says::Held),
        "access.cross_environment" | "access.external" | "privilege.escalation" => Some(Says::Trusted),
        _ => None,
    }
}

/// The names of the sources that say this in a snapshot.
pub fn names(says: Says, head: &Head) -> impl Iterator<Item = &str> {
    let sources = head.witnesses[says as usize].iter();
    sources.map(|source| head.sources[*source as usize].name.as_str())
}

/// Why what rests on this cannot be compared, whichever of two snapshots it is from; empty when it can.
pub fn unheard(says: Says, a: &Head, b: &Head) -> Vec<String> {
    let sources: BTreeSet<&str> = names(says, a).chain(names(says, b)).collect();
    sources
        .into_iter()
        .flat_map(|source| incomparable(source, a, b))
        .collect()
}

/// Who says what of others' things in a snapshot.
pub fn witnesses(analysis: &Analysis) -> Witnesses {
    [leaked(analysis), used(analysis), held(analysis), trusted(analysis)]
        .map(|sources| sources.into_iter().map(|SourceId(source)| source).collect())
}

fn leaked(analysis: &Analysis) -> BTreeSet<SourceId> {
    let snapshot = &analysis.snapshot;
    let leaks = snapshot.leaks.iter();
    leaks.map(|leak| snapshot.file(leak.file).source).collect()
}

fn used(analysis: &Analysis) -> BTreeSet<SourceId> {
    let snapshot = &analysis.snapshot;
    let source = |file| snapshot.file(file).source;
    let mut found = BTreeSet::new();
    let mut say = |says: SourceId, home: SourceId| {
        if says != home {
            found.insert(says);
        }
    };
    for activity in &snapshot.activities {
        say(
            source(activity.evidence.file),
            snapshot.identity(activity.identity).source,
        );
    }
    for identity in &snapshot.identities {
        for used in snapshot.services_of(identity) {
            say(source(used.evidence.file), identity.source);
        }
        let facts = snapshot.facts_of(identity).iter();
        let mentions = facts.filter(|fact| fact.fact.presence == Presence::Mentioned);
        for fact in mentions.filter(|fact| fact.fact.last_used != LastUsed::NotReported) {
            say(source(fact.file), identity.source);
        }
    }
    let credentials = snapshot.credentials.iter();
    for credential in credentials.filter(|credential| credential.last_used != LastUsed::NotReported) {
        for evidence in &credential.evidence {
            say(source(evidence.file), credential.source);
        }
    }
    found
}

fn held(analysis: &Analysis) -> BTreeSet<SourceId> {
    let snapshot = &analysis.snapshot;
    let mut places = Vec::new();
    for credential in &snapshot.credentials {
        // By what it is: its fingerprint, where it has one.
        let key = credential.fingerprint.unwrap_or(credential.key);
        let listing = credential.evidence.iter();
        let listing = listing.map(|evidence| snapshot.file(evidence.file).source);
        let holders = credential.holders.iter();
        let holders = holders.map(|holder| snapshot.identity(*holder).source);
        places.extend(listing.chain(holders).map(|source| (key, source)));
    }
    several(places)
}

fn trusted(analysis: &Analysis) -> BTreeSet<SourceId> {
    let snapshot = &analysis.snapshot;
    let mut of_account: HashMap<&str, BTreeSet<SourceId>> = HashMap::new();
    for identity in &snapshot.identities {
        if let Some(account) = identity.account {
            let sources = of_account.entry(snapshot.strings.get(account)).or_default();
            sources.insert(identity.source);
        }
    }
    let mut places = Vec::new();
    for (trust, of) in snapshot.trusts.iter().zip(0_usize..) {
        let ends = [trust.actor_identity, trust.target_identity];
        let ends = ends.into_iter().flatten().map(|id| snapshot.identity(id).source);
        let account = account_of_actor(trust.actor, &snapshot.strings);
        let account = account
            .and_then(|account| of_account.get(account))
            .into_iter()
            .flatten();
        places.push((of, snapshot.file(trust.evidence.file).source));
        places.extend(ends.chain(account.copied()).map(|source| (of, source)));
    }
    several(places)
}

/// All sources of things that several sources speak of.
fn several<K: Ord>(mut places: Vec<(K, SourceId)>) -> BTreeSet<SourceId> {
    places.sort_unstable();
    places.dedup();
    let of_several = places.chunk_by(|a, b| a.0 == b.0).filter(|of_one| of_one.len() > 1);
    of_several.flatten().map(|(_, source)| *source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::catalog::KPIS;
    use crate::rules::codes::CODES;

    #[test]
    fn what_rests_on_others_is_known_by_its_name() {
        assert_eq!(CODES.iter().filter(|code| of_rule(code).is_some()).count(), 11);
        assert_eq!(KPIS.iter().filter(|kpi| of_kpi(kpi.id).is_some()).count(), 14);
    }
}
