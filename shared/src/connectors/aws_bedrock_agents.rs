//! Amazon Bedrock agents: AI agents, and the role each one acts as.
//!
//! Written by `aws bedrock-agent list-agents` (page by page) and `get-agent`.
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_GetAgent.html>
//!
//! Read: id, name, ARN, description, state, creation, and the role. Instructions and prompts are not read.
//!
//! Cannot tell: who may invoke an agent, when it was last invoked, and who made it.

use serde::Deserialize;
use smallvec::SmallVec;

use super::aws_export::{account_of, required_arn};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::grant::{TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{IdentityFact, IdentityKind, Knowledge, Presence, Status};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_bedrock_agents",
    title: "Bedrock agents",
    vendor: "AWS",
    command: "for a in $(aws bedrock-agent list-agents --query 'agentSummaries[].agentId' --output text); do aws bedrock-agent get-agent --agent-id $a; done > bedrock-agents.json",
    cannot_tell: &[
        "the role, ARN and creation of an agent that is only listed: add `get-agent`",
        "when an agent was last invoked: add CloudTrail",
        "agents of other Regions: each Region has its own list",
        "who answers for an agent: its tags are in no answer",
    ],
    signatures: &[
        &[Mark::Has("agentSummaries[].agentId")],
        &[Mark::Contains("agent.agentArn", ":bedrock:")],
        // What `--query` leaves of a list.
        &[Mark::Has("agentId"), Mark::Has("agentName"), Mark::Has("agentStatus")],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an agent")]
struct RawAgent<'a> {
    #[serde(borrow, default)]
    agent_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    agent_name: Option<Text<'a>>,
    /// Only in descriptions, as all that follows.
    #[serde(borrow, default)]
    agent_arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(borrow, default)]
    agent_status: Option<Text<'a>>,
    #[serde(default)]
    created_at: Moment,
    #[serde(borrow, default)]
    agent_resource_role_arn: Option<Text<'a>>,
}

const LIST: &str = "agentSummaries";

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &[LIST, "agent"], &mut diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        if let Some(raw) = row.parse::<RawAgent<'_>>(&mut diagnostics) {
            read_agent(raw, row, &mut batch, &mut diagnostics);
        }
    }
    rows.note_pages_of(LIST, LIST, &mut batch);
    (batch, diagnostics)
}

fn read_agent(raw: RawAgent<'_>, row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let mut handles: SmallVec<[Handle; 3]> = SmallVec::new();
    if let Some(arn) = raw.agent_arn.as_deref() {
        let Some(arn) = required_arn(Some(arn), &["bedrock"], row, "agentArn", diagnostics) else {
            return;
        };
        handles.push(batch.handle(HandleKind::Arn, arn));
    }
    if let Some(id) = raw.agent_id.as_deref().and_then(present) {
        handles.push(batch.handle(HandleKind::AwsUniqueId, id));
    }
    if handles.is_empty() {
        diagnostics.push(Diagnostic::error(
            format!("{}.agentId", row.name()),
            "nothing",
            "the id of the agent",
            "this agent was left out; export it again",
        ));
        return;
    }
    let place = row.place(batch);
    let first = handles[0];
    let mut fact = IdentityFact::listed(handles, IdentityKind::Agent, place);
    fact.name = batch.sym_of(raw.agent_name.as_deref().and_then(present));
    fact.account = batch.sym_of(raw.agent_arn.as_deref().and_then(account_of));
    fact.purpose = batch.sym_of(raw.description.as_deref().and_then(present));
    fact.created_at = raw
        .created_at
        .instant(|| format!("{}.createdAt", row.name()), diagnostics);
    fact.status = match raw.agent_status.as_deref() {
        Some("DELETING" | "FAILED") => Status::Disabled,
        Some(_) => Status::Active,
        None => Status::Unknown,
    };
    // It acts as its role and holds no secret of its own.
    fact.credentials_known = Knowledge::Reported;
    batch.identities.push(fact);
    if let Some(role) = raw.agent_resource_role_arn.as_deref().and_then(present) {
        let target = batch.handle(HandleKind::Arn, role);
        batch.trusts.push(TrustFact {
            actor: Principal::Identity(first),
            target,
            kind: TrustKind::RunsAs,
            guard: TrustGuard::Open,
            presence: Presence::Listed,
            place,
        });
    }
}
