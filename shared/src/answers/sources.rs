//! What was read.

use super::identity::evidence;
use crate::analysis::Analysis;
use crate::api::sources::{
    Completeness, ConflictView, ConnectorView, ExpectedView, FileView, SourceView, Sources, Statement,
};
use crate::connectors::CONNECTORS;
use crate::model::snapshot::{FileRead, Snapshot, Source, SourceId};

/// The most diagnostics of one file in the answer.
const MAX_DIAGNOSTICS: usize = 100;
/// The most conflicts in the answer.
const MAX_CONFLICTS: usize = 200;

/// `GET /api/v1/sources`.
pub fn sources(analysis: &Analysis) -> Sources {
    let snapshot = &analysis.snapshot;
    let is_present = |name: &str| snapshot.sources.iter().any(|source| source.name == name);
    let n_identities = counts(snapshot, snapshot.identities.iter().map(|identity| identity.source));
    let n_credentials = counts(
        snapshot,
        snapshot.credentials.iter().map(|credential| credential.source),
    );
    Sources {
        as_of: snapshot.as_of,
        sources: (snapshot.sources.iter().zip(n_identities).zip(n_credentials))
            .map(|((of, n_identities), n_credentials)| source(snapshot, of, n_identities, n_credentials))
            .collect(),
        missing: analysis
            .config
            .expected
            .iter()
            .filter(|expected| !is_present(&expected.source))
            .map(|expected| ExpectedView {
                source: expected.source.clone(),
                environment: expected.environment.clone(),
            })
            .collect(),
        conflicts: snapshot
            .conflicts
            .iter()
            .take(MAX_CONFLICTS)
            .map(|conflict| {
                let identity = snapshot.identity(conflict.identity);
                ConflictView {
                    identity: snapshot.strings.get(identity.id).to_owned(),
                    identity_name: snapshot.strings.get(identity.name).to_owned(),
                    credential: conflict
                        .credential
                        .map(|credential| snapshot.strings.get(credential).to_owned()),
                    field: conflict.field.id().to_owned(),
                    statements: conflict
                        .statements
                        .iter()
                        .enumerate()
                        .map(|(index, (value, place))| Statement {
                            value: snapshot.strings.get(*value).to_owned(),
                            evidence: evidence(snapshot, *place),
                            counts: index == 0,
                        })
                        .collect(),
                }
            })
            .collect(),
        n_more_conflicts: snapshot.conflicts.len().saturating_sub(MAX_CONFLICTS),
        connectors: CONNECTORS
            .iter()
            .map(|connector| ConnectorView {
                id: connector.id.to_owned(),
                title: connector.title.to_owned(),
                vendor: connector.vendor.to_owned(),
                command: connector.command.to_owned(),
                cannot_tell: connector
                    .cannot_tell
                    .iter()
                    .map(|sentence| (*sentence).to_owned())
                    .collect(),
            })
            .collect(),
    }
}

/// How many of these are of each source.
fn counts(snapshot: &Snapshot, of: impl Iterator<Item = SourceId>) -> Vec<usize> {
    let mut counts = vec![0; snapshot.sources.len()];
    of.for_each(|source| counts[source.0 as usize] += 1);
    counts
}

fn source(snapshot: &Snapshot, source: &Source, n_identities: usize, n_credentials: usize) -> SourceView {
    let files = &snapshot.files[source.files.clone()];
    SourceView {
        // The estate's own files (registry, roster) stand in no source folder.
        name: if source.name.is_empty() {
            "estate".to_owned()
        } else {
            source.name.clone()
        },
        environment: source.environment.map(|sym| snapshot.strings.get(sym).to_owned()),
        completeness: completeness(source.gaps.is_empty()),
        reasons: source.gaps.clone(),
        stated_at: source.stated_at,
        n_identities,
        n_credentials,
        files: files.iter().map(file).collect(),
    }
}

fn file(file: &FileRead) -> FileView {
    FileView {
        path: file.path.clone(),
        connector: file.connector.map(str::to_owned),
        n_bytes: file.n_bytes,
        completeness: completeness(file.is_complete),
        n_identities: file.n_identities,
        n_credentials: file.n_credentials,
        n_grants: file.n_grants,
        n_trusts: file.n_trusts,
        diagnostics: file.diagnostics.iter().take(MAX_DIAGNOSTICS).cloned().collect(),
        n_diagnostics: file.diagnostics.len(),
    }
}

fn completeness(is_complete: bool) -> Completeness {
    if is_complete {
        Completeness::Complete
    } else {
        Completeness::Partial
    }
}
