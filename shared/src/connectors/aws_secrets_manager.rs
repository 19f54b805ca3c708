//! AWS Secrets Manager: the secrets of one account in one Region, without their values.
//!
//! Written by `aws secretsmanager list-secrets` (page by page), `describe-secret`, and `list-secret-version-ids`, which
//! knows when the current value was made.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html>
//!
//! Read: ARN, name, creation, rotation, last access (a day), deletion, owner and environment tags. The value of a secret is as old as its last
//! rotation; one that was never rotated is as old as the secret, unless the secret was changed later: then its age is
//! not known from the list.
//!
//! Values are not in these exports. Where a file holds one all the same (`get-secret-value`), it is not read, and a
//! warning says so.
//!
//! Cannot tell: who uses a secret, what it opens, and, without `list-secret-version-ids`, when somebody replaced its
//! value by hand.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::aws_export::{Labels, RawTag, required_arn};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus, Custody};
use crate::model::identity::Presence;
use crate::model::instant::{Instant, LastUsed};
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_secrets_manager",
    title: "Secrets Manager secrets",
    vendor: "AWS",
    command: "for r in $(aws ec2 describe-regions --query 'Regions[].RegionName' --output text); do aws secretsmanager list-secrets --include-planned-deletion --region $r > secrets-$r.json; done",
    cannot_tell: &[
        "secrets of other Regions: each Region has its own list",
        "who reads a secret, and at which hour: the last access is a day, in this Region; add CloudTrail",
        "when a value was replaced by hand: add `list-secret-version-ids` for secrets without rotation",
        "which identity a secret belongs to",
    ],
    signatures: &[
        &[Mark::Has("SecretList")],
        &[Mark::Contains("ARN", ":secretsmanager:"), Mark::Has("Name")],
        &[Mark::Contains("SecretValues[].ARN", ":secretsmanager:")],
    ],
    parse,
};

/// A secret as the list, `describe-secret`, `list-secret-version-ids` or `get-secret-value` has it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a secret")]
struct RawSecret<'a> {
    #[serde(borrow, default, rename = "ARN")]
    arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    /// Of the secret; of the version in `get-secret-value`.
    #[serde(default)]
    created_date: Moment,
    #[serde(default)]
    last_changed_date: Moment,
    #[serde(default)]
    last_rotated_date: Moment,
    #[serde(default)]
    last_accessed_date: Moment,
    #[serde(default)]
    deleted_date: Moment,
    #[serde(borrow, default)]
    tags: OneOrMany<RawTag<'a>>,
    #[serde(borrow, default)]
    versions: OneOrMany<RawVersion<'a>>,
    #[serde(default, alias = "SecretBinary")]
    secret_string: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a version of a secret")]
struct RawVersion<'a> {
    #[serde(borrow, default)]
    version_stages: OneOrMany<Text<'a>>,
    #[serde(default)]
    created_date: Moment,
    #[serde(default)]
    last_accessed_date: Moment,
}

/// A secret is made first and its first value a moment later; a change after that may be a new value.
const FIRST_VALUE_SECONDS: i64 = 60;

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["SecretList", "SecretValues"], &mut diagnostics);
    let mut n_values = 0;
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        let Some(raw) = row.parse::<RawSecret<'_>>(&mut diagnostics) else {
            continue;
        };
        n_values += usize::from(raw.secret_string.is_some());
        read_secret(raw, row, &mut batch, &mut diagnostics);
    }
    // `aws-secret:arn:aws:secretsmanager:eu-west-1:123456789012:…`: pages of two Regions are two chains.
    let first = batch.credentials.first().map(|fact| batch.strings.get(fact.key));
    let region: Vec<_> = first.unwrap_or_default().split(':').skip(4).take(2).collect();
    let chain = format!("SecretList {}", region.join(" "));
    rows.note_pages_of("SecretList", chain.trim_end(), &mut batch);
    if n_values > 0 {
        diagnostics.push(Diagnostic::warning(
            "whole file",
            format!("{n_values} secrets with their value"),
            "secrets without values, as `aws secretsmanager list-secrets` writes them",
            "nothing of the values was kept; take this file out of the estate, and change what it holds if others could read it",
        ));
    }
    (batch, diagnostics)
}

fn read_secret(raw: RawSecret<'_>, row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(arn) = required_arn(raw.arn.as_deref(), &["secretsmanager"], row, "ARN", diagnostics) else {
        return;
    };
    let place = row.place(batch);
    let key = batch.sym(&format!("aws-secret:{arn}"));
    let mut fact = CredentialFact::listed(key, CredentialKind::StoredSecret, place);
    fact.custody = Custody::Vault;
    fact.name = batch.sym_of(raw.name.as_deref().and_then(present));
    let labels = Labels::read(&raw.tags.0, batch);
    fact.owners = labels.owners;
    fact.environment = labels.environment;
    let mut instant = |moment: &Moment, member: &str| {
        moment
            .clone()
            .instant(|| format!("{}.{member}", row.name()), diagnostics)
    };
    let created_at = instant(&raw.created_date, "CreatedDate");
    let rotated_at = instant(&raw.last_rotated_date, "LastRotatedDate");
    let changed_at = instant(&raw.last_changed_date, "LastChangedDate");
    let accessed_at = instant(&raw.last_accessed_date, "LastAccessedDate");
    // Only an answer about the secret itself, and every such, says when it was changed.
    if raw.last_changed_date != Moment::Absent {
        fact.created_at = rotated_at.or_else(|| made_with_secret(created_at, changed_at));
        fact.status = match raw.deleted_date {
            Moment::Absent => CredentialStatus::Active,
            // It can be restored, and cannot be read.
            Moment::At(_) | Moment::Never | Moment::Unreadable(_) => CredentialStatus::Inactive,
        };
        // AWS leaves the date out of a secret that was never read in the Region.
        fact.last_used = match raw.last_accessed_date {
            Moment::Absent => LastUsed::Never,
            Moment::At(_) | Moment::Never | Moment::Unreadable(_) => {
                accessed_at.map_or(LastUsed::NotReported, LastUsed::At)
            }
        };
    } else if raw.secret_string.is_some() {
        fact.created_at = created_at;
    } else {
        // A choice of members: what it leaves out, nobody knows.
        fact.created_at = rotated_at;
        fact.last_used = accessed_at.map_or(LastUsed::NotReported, LastUsed::At);
    }
    let is_current = |version: &&RawVersion<'_>| version.version_stages.0.iter().any(|stage| **stage == *"AWSCURRENT");
    if let Some(current) = raw.versions.0.iter().find(is_current) {
        fact.presence = Presence::Mentioned;
        fact.created_at = instant(&current.created_date, "Versions[].CreatedDate");
        let used = instant(&current.last_accessed_date, "Versions[].LastAccessedDate");
        fact.last_used = used.map_or(LastUsed::NotReported, LastUsed::At);
    }
    batch.credentials.push(fact);
}

/// When the value was made, if the secret was not changed after it was made.
fn made_with_secret(created_at: Option<Instant>, changed_at: Option<Instant>) -> Option<Instant> {
    let created_at = created_at?;
    let is_first = changed_at.is_none_or(|at| at.0 - created_at.0 <= FIRST_VALUE_SECONDS);
    is_first.then_some(created_at)
}
