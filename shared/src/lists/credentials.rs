//! The columns and rows of the list of credentials.

use super::{List, ListBuilder, age_bucket, expiry_bucket, last_used_bucket, last_used_word};
use crate::analysis::Analysis;
use crate::api::query::{Facet, SortColumn};
use crate::api::rows::CredentialRow;
use crate::kpi::formulas;
use crate::model::credential::CredentialStatus;
use crate::model::instant::{Expiry, Instant, LastUsed};
use crate::model::principal::HandleKind;
use crate::model::snapshot::{Credential, CredentialId, Identity, Snapshot};

pub fn list(analysis: &Analysis) -> List {
    let snapshot = &analysis.snapshot;
    let credentials = &snapshot.credentials;
    let mut list = ListBuilder::new(&snapshot.strings, credentials.len());
    list.words(Facet::Kind, |row| credentials[row].kind.id());
    list.words(Facet::Status, |row| status_word(&credentials[row], snapshot.as_of));
    let sources = snapshot.sources.iter().map(|source| source.name.clone()).collect();
    list.indices(Facet::Source, sources, |row| credentials[row].source.0 as usize);
    list.symbols(Facet::Environment, |row| credentials[row].environment);
    list.symbols(Facet::Owner, |row| credentials[row].owner.text);
    list.symbols(Facet::Team, |row| credentials[row].owner.team);
    list.symbols(Facet::Holder, |row| Some(holder(snapshot, &credentials[row])?.id));
    list.words(Facet::Age, |row| {
        age_bucket(credentials[row].created_at, snapshot.as_of)
    });
    list.words(Facet::Expiry, |row| {
        expiry_bucket(credentials[row].expires_at, snapshot.as_of)
    });
    list.words(Facet::LastUsed, |row| {
        last_used_bucket(credentials[row].last_used, snapshot.as_of)
    });
    sort_columns(&mut list, |row| &credentials[row]);
    list.sort_by_number(SortColumn::LastUsedAt, |row| match credentials[row].last_used {
        LastUsed::At(at) => Some(at.0),
        LastUsed::Never | LastUsed::NotWithin { .. } | LastUsed::NotReported => None,
    });
    list.searchable(|row, add| {
        let credential = &credentials[row];
        let strings = &snapshot.strings;
        add(strings.get(credential.key));
        let holder = holder(snapshot, credential);
        let names = [
            credential.name,
            holder.map(|h| h.name),
            credential.owner.text,
            credential.owner.team,
        ];
        names.into_iter().flatten().for_each(|sym| add(strings.get(sym)));
        if let (None, Some(stated)) = (holder, credential.stated_holder) {
            add(strings.get(stated.text));
        }
    });
    list.build()
}

/// The orders that every list of credentials has.
pub(super) fn sort_columns<'a>(list: &mut ListBuilder<'_>, credential: impl Fn(usize) -> &'a Credential) {
    list.sort_by_symbol(SortColumn::Name, |row| {
        let credential = credential(row);
        let subject = credential.certificate.as_ref().map(|certificate| certificate.subject);
        subject.or(credential.name).or(Some(credential.key))
    });
    list.sort_by_facet(SortColumn::Kind, Facet::Kind);
    list.sort_by_facet(SortColumn::Status, Facet::Status);
    list.sort_by_facet(SortColumn::Source, Facet::Source);
    list.sort_by_symbol(SortColumn::Environment, |row| credential(row).environment);
    list.sort_by_symbol(SortColumn::Owner, |row| credential(row).owner.text);
    list.sort_by_number(SortColumn::CreatedAt, |row| credential(row).created_at.map(|at| at.0));
    list.sort_by_number(SortColumn::ExpiresAt, |row| match credential(row).expires_at {
        Expiry::At(end) => Some(end.0),
        Expiry::Never | Expiry::NotReported => None,
    });
}

/// One row of the list of credentials.
pub fn row(analysis: &Analysis, index: usize) -> CredentialRow {
    let snapshot = &analysis.snapshot;
    let credential = snapshot.credential(CredentialId(index as u32));
    let holder = holder(snapshot, credential);
    let text = |sym: Option<_>| sym.map(|sym| snapshot.strings.get(sym).to_owned());
    let (last_used, last_used_at) = last_used_word(credential.last_used);
    let (expiry, expires_at) = match credential.expires_at {
        Expiry::At(end) => ("at", Some(end)),
        Expiry::Never => ("never", None),
        Expiry::NotReported => ("not_reported", None),
    };
    let is_rotated_kind =
        formulas::max_age(credential.kind).is_some() && formulas::is_active(credential, snapshot.as_of);
    CredentialRow {
        id: snapshot.strings.get(credential.key).to_owned(),
        name: text(credential.name),
        kind: credential.kind.id().to_owned(),
        status: status_word(credential, snapshot.as_of).to_owned(),
        holder: text(holder.map(|holder| holder.id)),
        holder_name: holder_name(snapshot, credential),
        n_holders: credential.holders.len().max(analysis.n_sharing[index] as usize),
        source: snapshot.source(credential.source).name.clone(),
        environment: text(credential.environment),
        owner: text(credential.owner.text),
        team: text(credential.owner.team),
        created_at: credential.created_at,
        age_days: credential.created_at.map(|at| at.days_until(snapshot.as_of)),
        last_used_at,
        last_used,
        last_used_for: text(credential.last_used_for),
        expires_at,
        expiry: expiry.to_owned(),
        rotation: is_rotated_kind.then(|| formulas::is_inside_limit(analysis, credential)),
        fingerprint: credential
            .fingerprint
            .map(|sym| snapshot.strings.get(sym).chars().take(12).collect()),
    }
}

/// The first of the identities that authenticate with it.
pub fn holder<'a>(snapshot: &'a Snapshot, credential: &Credential) -> Option<&'a Identity> {
    credential.holders.first().map(|holder| snapshot.identity(*holder))
}

/// The name of the first holder; of one that an export only names, with that word.
pub(super) fn holder_name(snapshot: &Snapshot, credential: &Credential) -> Option<String> {
    if let Some(holder) = holder(snapshot, credential) {
        return Some(snapshot.strings.get(holder.name).to_owned());
    }
    let handle = credential.stated_holder?;
    let text = snapshot.strings.get(handle.text);
    let name = match handle.kind {
        HandleKind::Arn => text.rsplit([':', '/']).next().unwrap_or(text),
        // Behind the account, the cluster or the source.
        HandleKind::AwsUserName
        | HandleKind::KubernetesServiceAccount
        | HandleKind::KubernetesUser
        | HandleKind::Local => text.split_once('/').map_or(text, |(_, name)| name),
        _ => text,
    };
    Some(format!("{name}, not listed"))
}

pub(super) fn status_word(credential: &Credential, as_of: Instant) -> &'static str {
    let is_over = matches!(credential.expires_at, Expiry::At(end) if end <= as_of);
    match credential.status {
        CredentialStatus::Revoked => "revoked",
        CredentialStatus::Inactive => "inactive",
        CredentialStatus::Active | CredentialStatus::Unknown if is_over => "expired",
        CredentialStatus::Active => "active",
        CredentialStatus::Unknown => "unknown",
    }
}
