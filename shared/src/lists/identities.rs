//! The inventory's columns and rows.

use super::{List, ListBuilder, expiry_bucket, last_used_bucket, last_used_word};
use crate::analysis::Analysis;
use crate::api::query::{Facet, SortColumn};
use crate::api::rows::IdentityRow;
use crate::kpi::catalog::CRITERIA;
use crate::model::identity::{Class, Origin, Status};
use crate::model::instant::{Expiry, Instant, LastUsed};
use crate::model::ratio::Verdict;
use crate::model::snapshot::Identity;

pub fn list(analysis: &Analysis) -> List {
    let snapshot = &analysis.snapshot;
    let identities = &snapshot.identities;
    let mut list = ListBuilder::new(&snapshot.strings, identities.len());
    list.words(Facet::Kind, |row| identities[row].kind.id());
    list.words(Facet::Class, |row| class_word(identities[row].class));
    list.words(Facet::Origin, |row| origin_word(identities[row].origin));
    let sources = snapshot.sources.iter().map(|source| source.name.clone()).collect();
    list.indices(Facet::Source, sources, |row| identities[row].source.0 as usize);
    list.symbols(Facet::Environment, |row| identities[row].environment);
    list.symbols(Facet::Owner, |row| identities[row].owner.text);
    list.symbols(Facet::Team, |row| identities[row].owner.team);
    list.words(Facet::Status, |row| status_word(identities[row].status));
    list.words(Facet::Lacks, |row| analysis.lacks(row).unwrap_or_default());
    list.words(Facet::LastUsed, |row| {
        last_used_bucket(identities[row].last_used, snapshot.as_of)
    });
    let expiry: Vec<Option<Instant>> = identities
        .iter()
        .map(|identity| first_expiry(analysis, identity))
        .collect();
    list.words(Facet::Expiry, |row| {
        expiry_bucket(expiry[row].map_or(Expiry::NotReported, Expiry::At), snapshot.as_of)
    });
    list.sort_by_symbol(SortColumn::Name, |row| Some(identities[row].name));
    list.sort_by_facet(SortColumn::Kind, Facet::Kind);
    list.sort_by_facet(SortColumn::Source, Facet::Source);
    list.sort_by_symbol(SortColumn::Environment, |row| identities[row].environment);
    list.sort_by_symbol(SortColumn::Owner, |row| identities[row].owner.text);
    list.sort_by_facet(SortColumn::Status, Facet::Status);
    list.sort_by_number(SortColumn::CreatedAt, |row| identities[row].created_at.map(|at| at.0));
    list.sort_by_number(SortColumn::LastUsedAt, |row| match identities[row].last_used {
        LastUsed::At(at) => Some(at.0),
        LastUsed::Never | LastUsed::NotWithin { .. } | LastUsed::NotReported => None,
    });
    list.sort_by_number(SortColumn::ExpiresAt, |row| expiry[row].map(|at| at.0));
    list.sort_by_number(SortColumn::Credentials, |row| {
        Some(identities[row].credentials.len() as i64)
    });
    list.sort_by_number(SortColumn::Governed, |row| {
        analysis.governed[row].map(|_| failing(analysis, row).count() as i64)
    });
    list.searchable(|row, add| {
        let identity = &identities[row];
        let strings = &snapshot.strings;
        add(strings.get(identity.id));
        let names = [
            Some(identity.name),
            identity.owner.text,
            identity.owner.team,
            identity.account,
        ];
        names.into_iter().flatten().for_each(|sym| add(strings.get(sym)));
        for fact in snapshot.facts_of(identity) {
            fact.fact
                .handles
                .iter()
                .skip(1)
                .for_each(|handle| add(strings.get(handle.text)));
        }
    });
    list.build()
}

/// One row of the inventory.
pub fn row(analysis: &Analysis, index: usize) -> IdentityRow {
    let snapshot = &analysis.snapshot;
    let identity = &snapshot.identities[index];
    let text = |sym: Option<_>| sym.map(|sym| snapshot.strings.get(sym).to_owned());
    let (last_used, last_used_at) = last_used_word(identity.last_used);
    IdentityRow {
        id: snapshot.strings.get(identity.id).to_owned(),
        name: snapshot.strings.get(identity.name).to_owned(),
        kind: identity.kind.id().to_owned(),
        class: class_word(identity.class).to_owned(),
        origin: origin_word(identity.origin).to_owned(),
        source: snapshot.source(identity.source).name.clone(),
        account: text(identity.account),
        environment: text(identity.environment),
        owner: text(identity.owner.text),
        team: text(identity.owner.team),
        purpose: text(identity.purpose),
        status: status_word(identity.status).to_owned(),
        created_at: identity.created_at,
        last_used_at,
        last_used,
        expires_at: first_expiry(analysis, identity),
        n_credentials: identity.credentials.len(),
        governed: analysis.governed[index],
        failing: failing(analysis, index).map(str::to_owned).collect(),
    }
}

/// The criteria that an identity fails.
pub fn failing(analysis: &Analysis, index: usize) -> impl Iterator<Item = &'static str> {
    let verdicts = analysis.criteria[index];
    CRITERIA
        .into_iter()
        .zip(verdicts)
        .filter(|(_, verdict)| *verdict == Some(Verdict::Fail))
        .map(|(id, _)| id)
}

/// When the first of its credentials that is still active ends.
fn first_expiry(analysis: &Analysis, identity: &Identity) -> Option<Instant> {
    let as_of = analysis.snapshot.as_of;
    let ends = analysis
        .snapshot
        .credentials_of(identity)
        .filter_map(|(_, credential)| match credential.expires_at {
            Expiry::At(end) if end > as_of => Some(end),
            Expiry::At(_) | Expiry::Never | Expiry::NotReported => None,
        });
    ends.min()
}

pub(crate) fn class_word(class: Class) -> &'static str {
    match class {
        Class::NonHuman => "non_human",
        Class::Human => "human",
        Class::Unknown => "unknown",
    }
}

fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Estate => "estate",
        Origin::ThirdParty => "third_party",
        Origin::Platform => "platform",
    }
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Disabled => "inactive",
        Status::Unknown => "unknown",
    }
}
