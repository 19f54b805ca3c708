//! Whose an application is: the estate's own, or that of another organisation that was let in.
//!
//! A list of applications does not say of which organisation it is, and one page of it may hold others' applications
//! alone. All files of a source together tell: an application that can be used in its own organisation only is at home
//! where it is listed; where there is none, the organisation that most applications share (at least two, and more than
//! any other) is the source's.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::diagnostic::Diagnostic;
use crate::model::batch::HomeReach;
use crate::model::identity::Origin;
use crate::model::snapshot::{Fact, FileId, Snapshot, SourceId};
use crate::model::strings::Sym;

/// One application whose origin is to be decided.
pub struct Application {
    /// Index among all facts.
    pub fact: usize,
    pub file: FileId,
    pub organisation: Sym,
    pub reach: HomeReach,
}

/// Decides the origin and the account of every application. In a source whose organisation cannot be told, all count
/// as the estate's, and its first file says so.
pub fn decide(applications: &[Application], facts: &mut [Fact], snapshot: &mut Snapshot) {
    let mut by_source: BTreeMap<SourceId, Vec<&Application>> = BTreeMap::new();
    for application in applications {
        let source = snapshot.file(application.file).source;
        by_source.entry(source).or_default().push(application);
    }
    let mut tenants: HashMap<FileId, Sym> = HashMap::new();
    for listed in by_source.into_values() {
        let count = |only_home: bool| {
            let mut counts: BTreeMap<&str, (u32, Sym)> = BTreeMap::new();
            for application in listed.iter().filter(|it| !only_home || it.reach == HomeReach::Home) {
                let name = snapshot.strings.get(application.organisation);
                counts.entry(name).or_insert((0, application.organisation)).0 += 1;
            }
            counts
        };
        let (single, all) = (count(true), count(false));
        let own = most_common(&single, 1).or_else(|| most_common(&all, 2));
        let n_organisations = all.len();
        match own {
            Some(own) => {
                for application in &listed {
                    if application.organisation != own {
                        facts[application.fact].fact.origin = Origin::ThirdParty;
                    }
                    tenants.insert(application.file, own);
                }
            }
            None if n_organisations > 1 => {
                let first = listed
                    .iter()
                    .map(|application| application.file)
                    .min()
                    .unwrap_or(FileId(0));
                snapshot.files[first.0 as usize].diagnostics.push(Diagnostic::info(
                    "whole file",
                    format!("applications of {n_organisations} owners, none of which stands out"),
                    "an owner that most applications share, or an application for one tenant only",
                    "third parties' applications count as the estate's; export all service principals into one source",
                ));
            }
            None => {}
        }
    }
    for fact in facts {
        fact.fact.account = fact.fact.account.or_else(|| tenants.get(&fact.file).copied());
    }
}

/// The organisation with the largest count, when that is at least `least` and no other has it too.
fn most_common(counts: &BTreeMap<&str, (u32, Sym)>, least: u32) -> Option<Sym> {
    let (n, organisation) = counts.values().max_by_key(|(n, _)| *n)?;
    let is_alone = counts.values().filter(|(other, _)| other == n).count() == 1;
    (*n >= least && is_alone).then_some(*organisation)
}
