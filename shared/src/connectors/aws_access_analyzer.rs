//! IAM Access Analyzer findings: who outside can reach a resource or role, and what is not used.
//!
//! Written by `aws accessanalyzer list-findings` and `get-finding` (external access), `list-findings-v2` (all types,
//! without details) and `get-finding-v2` (with them).
//! <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/Welcome.html>
//!
//! Read: of findings that are not resolved, the principal, conditions and actions of external and internal access;
//! the last use of roles, access keys, passwords and services that an unused-access analyzer names. Archived findings
//! count: somebody accepted the access, and it is there.
//!
//! Cannot tell: anything of what has no finding. The trust policies of roles say more than findings about them.

use serde::Deserialize;
use smallvec::smallvec;

use super::aws_export::account_of;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind};
use crate::model::grant::{GrantFact, TrustFact};
use crate::model::identity::{HumanUse, IdentityFact, Presence};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::model::usage::{Granted, ServiceUseFact};
use crate::reading::absent::present;
use crate::reading::aws_policy::{Members, Texts};
use crate::reading::aws_trust;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_access_analyzer",
    title: "IAM Access Analyzer findings",
    vendor: "AWS",
    command: "for a in $(aws accessanalyzer list-analyzers --query 'analyzers[].arn' --output text); do for f in $(aws accessanalyzer list-findings-v2 --analyzer-arn $a --query 'findings[].id' --output text); do aws accessanalyzer get-finding-v2 --analyzer-arn $a --id $f; done; done > access-analyzer.json",
    cannot_tell: &[
        "who reaches what, from `list-findings-v2` alone: it names only the resource; add `get-finding-v2`",
        "that something is used: no finding says only that it was used inside the analyzer's own window, of 1 to 365 days",
        "access inside the zone of trust, unless an internal-access analyzer looks at the resource",
        "changes of the last half hour: a policy is analysed with a delay, and all of them once in 24 hours",
    ],
    signatures: &[
        &[
            Mark::Has("findings[].analyzedAt"),
            Mark::Contains("findings[].resourceType", "AWS::"),
        ],
        &[
            Mark::Has("finding.analyzedAt"),
            Mark::Contains("finding.resourceType", "AWS::"),
        ],
        &[Mark::Has("findingDetails"), Mark::Contains("resourceType", "AWS::")],
        // What `--query` leaves of a list.
        &[
            Mark::Has("analyzedAt"),
            Mark::Has("resourceOwnerAccount"),
            Mark::Contains("resourceType", "AWS::"),
        ],
    ],
    parse,
};

/// A finding of either version, listed or got.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a finding")]
struct RawFinding<'a> {
    #[serde(borrow, default)]
    resource: Option<Text<'a>>,
    #[serde(borrow, default)]
    resource_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    /// Only in version 2.
    #[serde(borrow, default)]
    finding_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    finding_details: OneOrMany<RawDetails<'a>>,
    /// Why the resource could not be analysed: `ACCESS_DENIED`, `INTERNAL_ERROR`.
    #[serde(borrow, default)]
    error: Option<Text<'a>>,
    #[serde(borrow, default)]
    next_token: Option<Text<'a>>,
    /// Version 1 has the access in the finding itself.
    #[serde(borrow, flatten)]
    access: RawAccess<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "the details of a finding")]
struct RawDetails<'a> {
    #[serde(borrow, default)]
    external_access_details: Option<RawAccess<'a>>,
    #[serde(borrow, default)]
    internal_access_details: Option<RawAccess<'a>>,
    #[serde(default)]
    unused_iam_role_details: Option<RawUnused>,
    #[serde(default)]
    unused_iam_user_password_details: Option<RawUnused>,
    #[serde(borrow, default)]
    unused_iam_user_access_key_details: Option<RawUnusedKey<'a>>,
    #[serde(borrow, default)]
    unused_permission_details: Option<RawUnusedPermission<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "who may do what")]
struct RawAccess<'a> {
    /// One member: `AWS`, `Federated`, `Service` or `CanonicalUser`.
    #[serde(borrow, default)]
    principal: Option<Members<'a, Texts<'a>>>,
    #[serde(borrow, default)]
    action: Texts<'a>,
    /// Keys and values, without the operator.
    #[serde(borrow, default)]
    condition: Option<Members<'a, Texts<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a last use")]
struct RawUnused {
    #[serde(default)]
    last_accessed: Moment,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an unused access key")]
struct RawUnusedKey<'a> {
    #[serde(borrow, default)]
    access_key_id: Option<Text<'a>>,
    #[serde(default)]
    last_accessed: Moment,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an unused permission")]
struct RawUnusedPermission<'a> {
    #[serde(borrow, default)]
    service_namespace: Option<Text<'a>>,
    #[serde(default)]
    last_accessed: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut file = File::default();
    let rows = json::rows(input.text, &["findings", "finding"], &mut file.diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        if let Some(raw) = row.parse::<RawFinding<'_>>(&mut file.diagnostics) {
            file.finding(&raw, row);
        }
    }
    rows.note_pages_of("findings", "accessanalyzer findings", &mut file.batch);
    if file.n_bare > 0 {
        file.diagnostics.push(Diagnostic::info(
            "findings",
            format!("{} findings without their details", file.n_bare),
            "`findingDetails`, as `aws accessanalyzer get-finding-v2` writes them",
            "such a finding only names a resource; add the details of each",
        ));
    }
    if file.n_denied > 0 {
        let gap = format!("Access Analyzer could not analyse {} resources", file.n_denied);
        file.batch.gaps.push(gap);
    }
    (file.batch, file.diagnostics)
}

#[derive(Default)]
struct File {
    batch: Batch,
    diagnostics: Diagnostics,
    /// Findings of version 2 as the list has them.
    n_bare: usize,
    n_denied: usize,
}

impl File {
    fn finding(&mut self, raw: &RawFinding<'_>, row: &Row<'_>) {
        if raw.status.as_deref() == Some("RESOLVED") {
            return;
        }
        if raw.error.as_deref().and_then(present).is_some() {
            self.n_denied += 1;
            return;
        }
        let Some(resource) = raw.resource.as_deref().and_then(present) else {
            self.diagnostics.push(Diagnostic::error(
                format!("{}.resource", row.name()),
                "nothing",
                "the ARN of the resource that the finding is about",
                "this finding was left out; export it again",
            ));
            return;
        };
        if raw.next_token.as_deref().and_then(present).is_some() {
            self.batch.gaps.push(format!(
                "{}: the details of a finding go on in a next page, which is not here",
                row.name()
            ));
        }
        let place = row.place(&mut self.batch);
        let is_role = raw.resource_type.as_deref() == Some("AWS::IAM::Role");
        if raw.finding_type.is_none() {
            return self.access(&raw.access, resource, is_role, place);
        }
        self.n_bare += usize::from(raw.finding_details.0.is_empty());
        for details in &raw.finding_details.0 {
            let accesses = [&details.external_access_details, &details.internal_access_details];
            for access in accesses.into_iter().flatten() {
                self.access(access, resource, is_role, place);
            }
            self.unused(details, resource, row, place);
        }
    }

    /// Into a role by its trust policy, or to a resource by the resource's own policy.
    fn access(&mut self, raw: &RawAccess<'_>, resource: &str, is_role: bool, place: Place) {
        // The operator is not told; what matters is which key is asked for.
        let conditions: Vec<aws_trust::Condition<'_>> = raw
            .condition
            .iter()
            .flat_map(|members| &members.0)
            .map(|(key, values)| ("StringEquals", key.as_ref(), values))
            .collect();
        let conditional = match conditions.is_empty() {
            true => Conditional::Always,
            false => Conditional::OnCondition,
        };
        let principals = raw.principal.iter().flat_map(|members| &members.0);
        for (kind, text) in principals.flat_map(|(kind, texts)| texts.iter().map(move |text| (kind, text))) {
            let strings = &mut self.batch.strings;
            let (mut actor, how) = aws_trust::actor(kind, text, strings);
            if let Principal::Federated { subject, .. } = &mut actor {
                *subject = aws_trust::subjects(&conditions).next().map(|text| strings.intern(text));
            }
            if is_role {
                let target = self.batch.handle(HandleKind::Arn, resource);
                self.batch.trusts.push(TrustFact {
                    actor,
                    target,
                    kind: how,
                    guard: aws_trust::guard(&conditions),
                    presence: Presence::Mentioned,
                    place,
                });
                continue;
            }
            let actions: Vec<_> = raw.action.iter().collect();
            let role = match actions.as_slice() {
                [] => "resource policy".to_owned(),
                actions => actions.join(", "),
            };
            let role = self.batch.sym(&role);
            let resource = Some(self.batch.sym(resource));
            self.batch.grants.push(GrantFact {
                subject: actor,
                role,
                policy: None,
                resource,
                privilege: Some(Privilege::Limited),
                conditional,
                expires_at: Expiry::Never,
                place,
            });
        }
    }

    fn unused(&mut self, raw: &RawDetails<'_>, resource: &str, row: &Row<'_>, place: Place) {
        if account_of(resource).is_none() {
            return;
        }
        let handle = self.batch.handle(HandleKind::Arn, resource);
        if let Some(role) = &raw.unused_iam_role_details {
            let last_used = self.last_used(&role.last_accessed, row);
            let mut fact = IdentityFact::mentioned(smallvec![handle], place);
            fact.last_used = last_used;
            self.batch.identities.push(fact);
        }
        if let Some(password) = &raw.unused_iam_user_password_details {
            let mut fact = IdentityFact::mentioned(smallvec![handle], place);
            fact.human_use = HumanUse::ConsolePassword;
            self.batch.identities.push(fact);
            let key = format!("aws-key:{resource}/password");
            let last_used = self.last_used(&password.last_accessed, row);
            self.credential(&key, CredentialKind::Password, handle, last_used, place);
        }
        if let Some(key) = &raw.unused_iam_user_access_key_details
            && let Some(id) = key.access_key_id.as_deref().and_then(present)
        {
            let last_used = self.last_used(&key.last_accessed, row);
            self.credential(
                &format!("aws-key:{id}"),
                CredentialKind::AccessKey,
                handle,
                last_used,
                place,
            );
        }
        if let Some(permission) = &raw.unused_permission_details
            && let Some(service) = permission.service_namespace.as_deref().and_then(present)
        {
            let service = self.batch.sym(service);
            let last_used = self.last_used(&permission.last_accessed, row);
            self.batch.service_uses.push(ServiceUseFact {
                identity: handle,
                service,
                last_used,
                granted: Granted::Reported,
                place,
            });
        }
    }

    /// How far back an analyzer looks for a use is its owner's choice and not in the finding: none says nothing.
    fn last_used(&mut self, moment: &Moment, row: &Row<'_>) -> LastUsed {
        let at = moment
            .clone()
            .instant(|| format!("{}.lastAccessed", row.name()), &mut self.diagnostics);
        at.map_or(LastUsed::NotReported, LastUsed::At)
    }

    fn credential(&mut self, key: &str, kind: CredentialKind, holder: Handle, last_used: LastUsed, place: Place) {
        let key = self.batch.sym(key);
        let mut fact = CredentialFact::listed(key, kind, place);
        fact.presence = Presence::Mentioned;
        fact.holder = Some(holder);
        fact.last_used = last_used;
        self.batch.credentials.push(fact);
    }
}
