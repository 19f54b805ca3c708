//! Amazon Bedrock AgentCore: agent runtimes, the workload identities of agents, and the credentials kept for them.
//!
//! Written by `aws bedrock-agentcore-control list-workload-identities`, `list-agent-runtimes`,
//! `list-oauth2-credential-providers` and `list-api-key-credential-providers`, and one by one by the `get-…` commands.
//! <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/Welcome.html>
//!
//! Read: names and ARNs, creation, description, a runtime's role and workload identity, and where a credential
//! provider keeps its secret. Secrets themselves are in no answer; environment variables of runtimes are not read. The
//! shapes are those of AWS's service model; no real export was at hand.
//!
//! Cannot tell: which agent uses which credential, and when any of them was last used.

use serde::Deserialize;
use smallvec::smallvec;

use super::aws_export::{account_of, required_arn};
use super::{Connector, Input, Mark};
use crate::diagnostic::Diagnostics;
use crate::model::batch::{Batch, Synonym};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus, Custody};
use crate::model::grant::{TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{IdentityFact, IdentityKind, Knowledge, Presence, Status};
use crate::model::principal::{HandleKind, Principal};
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_agentcore_identities",
    title: "Bedrock AgentCore identities and credential providers",
    vendor: "AWS",
    command: "for w in workload-identities agent-runtimes oauth2-credential-providers api-key-credential-providers; do aws bedrock-agentcore-control list-$w > agentcore-$w.json; done; for r in $(aws bedrock-agentcore-control list-agent-runtimes --query 'agentRuntimes[].agentRuntimeId' --output text); do aws bedrock-agentcore-control get-agent-runtime --agent-runtime-id $r; done > agentcore-agent-runtimes-full.json",
    cannot_tell: &[
        "which agent uses which credential provider: an agent asks for it by name when it runs",
        "when an agent or a credential was last used: add CloudTrail",
        "the role of a runtime, and where a provider keeps its secret, from the lists alone: add `get-agent-runtime` and `get-oauth2-credential-provider`",
        "whether a secret was replaced: the list has the day on which the provider was made or changed",
    ],
    signatures: &[
        &[Mark::Has("workloadIdentities[].workloadIdentityArn")],
        &[Mark::Has("credentialProviders[].credentialProviderArn")],
        &[Mark::Has("agentRuntimes[].agentRuntimeArn")],
        &[Mark::Has("workloadIdentityArn"), Mark::Has("name")],
        &[Mark::Has("credentialProviderArn"), Mark::Has("name")],
        &[Mark::Has("agentRuntimeArn"), Mark::Has("agentRuntimeName")],
    ],
    parse,
};

/// A workload identity, an agent runtime or a credential provider: the ARN tells which.
#[derive(Deserialize)]
#[serde(
    rename_all = "camelCase",
    expecting = "a workload identity, an agent runtime or a credential provider"
)]
struct RawRow<'a> {
    #[serde(borrow, default)]
    workload_identity_arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    agent_runtime_arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    credential_provider_arn: Option<Text<'a>>,
    #[serde(borrow, default, alias = "agentRuntimeName")]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(default, alias = "createdAt")]
    created_time: Moment,
    #[serde(default)]
    last_updated_time: Moment,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(borrow, default)]
    role_arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    workload_identity_details: Option<RawDetails<'a>>,
    /// Of an OAuth provider.
    #[serde(borrow, default, alias = "apiKeySecretArn")]
    client_secret_arn: Option<RawSecret<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "the workload identity of a runtime")]
struct RawDetails<'a> {
    #[serde(borrow, default)]
    workload_identity_arn: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "where a secret is kept")]
struct RawSecret<'a> {
    #[serde(borrow, default)]
    secret_arn: Option<Text<'a>>,
}

/// Credential providers have ARNs of a service of their own.
const SERVICES: [&str; 2] = ["bedrock-agentcore", "acps"];

/// A provider and its secret are made in one step.
const ONE_STEP_SECONDS: i64 = 60;

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let lists = ["workloadIdentities", "credentialProviders", "agentRuntimes"];
    let rows = json::rows(input.text, &lists, &mut diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        let Some(raw) = row.parse::<RawRow<'_>>(&mut diagnostics) else {
            continue;
        };
        match &raw.credential_provider_arn {
            Some(_) => read_provider(&raw, row, &mut batch, &mut diagnostics),
            None => read_agent(&raw, row, &mut batch, &mut diagnostics),
        }
    }
    for list in lists {
        rows.note_pages_of(list, list, &mut batch);
    }
    (batch, diagnostics)
}

/// A runtime is the agent; its workload identity is another name for it.
fn read_agent(raw: &RawRow<'_>, row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let (arn, member) = match &raw.agent_runtime_arn {
        Some(arn) => (Some(&**arn), "agentRuntimeArn"),
        None => (raw.workload_identity_arn.as_deref(), "workloadIdentityArn"),
    };
    let Some(arn) = required_arn(arn, &SERVICES, row, member, diagnostics) else {
        return;
    };
    let place = row.place(batch);
    let handle = batch.handle(HandleKind::Arn, arn);
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Agent, place);
    let identity = raw.workload_identity_details.as_ref();
    if let Some(other) = identity.and_then(|details| details.workload_identity_arn.as_deref().and_then(present)) {
        fact.handles.push(batch.handle(HandleKind::Arn, other));
    }
    fact.name = batch.sym_of(raw.name.as_deref().and_then(present));
    fact.account = batch.sym_of(account_of(arn));
    fact.purpose = batch.sym_of(raw.description.as_deref().and_then(present));
    fact.status = match raw.status.as_deref() {
        Some("DELETING" | "CREATE_FAILED") => Status::Disabled,
        Some(_) | None => Status::Active,
    };
    fact.created_at = raw
        .created_time
        .clone()
        .instant(|| format!("{}.createdTime", row.name()), diagnostics);
    // It is vouched for by the platform and holds no secret of its own.
    fact.credentials_known = Knowledge::Reported;
    batch.identities.push(fact);
    if let Some(role) = raw.role_arn.as_deref().and_then(present) {
        let target = batch.handle(HandleKind::Arn, role);
        batch.trusts.push(TrustFact {
            actor: Principal::Identity(handle),
            target,
            kind: TrustKind::RunsAs,
            guard: TrustGuard::Open,
            presence: Presence::Listed,
            place,
        });
    }
}

/// A secret for agents, which AgentCore keeps in Secrets Manager.
fn read_provider(raw: &RawRow<'_>, row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let arn = raw.credential_provider_arn.as_deref();
    let Some(arn) = required_arn(arn, &SERVICES, row, "credentialProviderArn", diagnostics) else {
        return;
    };
    let place = row.place(batch);
    let key = batch.sym(&format!("agentcore:{arn}"));
    let kind = match arn.contains("/apikeycredentialprovider/") {
        true => CredentialKind::ApiKey,
        false => CredentialKind::ClientSecret,
    };
    let mut fact = CredentialFact::listed(key, kind, place);
    fact.name = batch.sym_of(raw.name.as_deref().and_then(present));
    fact.status = CredentialStatus::Active;
    fact.custody = Custody::Vault;
    let mut instant = |moment: &Moment, member: &str| {
        moment
            .clone()
            .instant(|| format!("{}.{member}", row.name()), diagnostics)
    };
    let made_at = instant(&raw.created_time, "createdTime");
    let updated_at = instant(&raw.last_updated_time, "lastUpdatedTime");
    // A later update may have brought another secret.
    fact.created_at = made_at.filter(|made| updated_at.is_none_or(|at| at.0 - made.0 <= ONE_STEP_SECONDS));
    let secret = raw
        .client_secret_arn
        .as_ref()
        .and_then(|secret| secret.secret_arn.as_deref());
    if let Some(secret) = secret.and_then(present) {
        let name = batch.sym(&format!("aws-secret:{secret}"));
        batch.synonyms.push(Synonym { name, key });
    }
    batch.credentials.push(fact);
}
