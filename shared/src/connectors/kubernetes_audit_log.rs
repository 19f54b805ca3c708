//! Kubernetes' audit log: who used the API server, as whom, and with which credential.
//!
//! Written by the API server where it was given an audit policy, one event a line; also as an `EventList`, which is what
//! it sends to a webhook. EKS gives it through CloudWatch Logs and AKS through diagnostic settings, whose entries
//! [`crate::reading::carried`] takes the events out of; Log Analytics has it as the tables `AKSAudit` and
//! `AKSAuditAdmin`. GKE's stands in Cloud Audit Logs.
//! <https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/>
//!
//! Read: of each user the last request that the server let in, of each certificate that it names the same; who acted as
//! somebody else (`impersonatedUser`), and who asked for a token of a service account. The cluster's own components ask for
//! tokens of every account, and do not count as that. How users act: on which kinds of objects, from where, with what.
//!
//! Cannot tell: anything before the log begins, and requests that its policy leaves out. The shape is that of the
//! documentation and of the API's types: no recorded log was at hand.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind};
use crate::model::grant::{TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{IdentityFact, Presence};
use crate::model::instant::{Instant, LastUsed};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::activity::{Act, Acts};
use crate::reading::json::{self, OpenRow, Row};
use crate::reading::loose::number;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

use super::tls_certificates::key_of_sha256;

pub const CONNECTOR: Connector = Connector {
    id: "kubernetes_audit_log",
    title: "Audit log",
    vendor: "Kubernetes",
    command: "cp /var/log/kubernetes/audit/audit.log audit.log; aws logs filter-log-events --log-group-name /aws/eks/CLUSTER/cluster --log-stream-name-prefix kube-apiserver-audit > audit.json; az monitor log-analytics query -w WORKSPACE --analytics-query AKSAuditAdmin > audit.json",
    cannot_tell: &[
        "use before the log begins, and requests that the audit policy leaves out",
        "the cluster's name: the folder of the source stands for it",
        "who holds a token: only whose it is",
    ],
    signatures: &[
        &[Mark::Has("auditID"), Mark::Has("stage"), Mark::Has("user.username")],
        &[Mark::Has("items[].auditID"), Mark::Has("items[].stage")],
        &[Mark::Has("events[].auditID"), Mark::Has("events[].stage")],
        &[Mark::Has("logEvents[].auditID"), Mark::Has("logEvents[].stage")],
        &[Mark::Has("records[].auditID"), Mark::Has("records[].stage")],
        &[
            Mark::Has("AuditId"),
            Mark::Has("Stage"),
            Mark::Has("User"),
            Mark::Has("StageReceivedTime"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEvent<'a> {
    #[serde(borrow, default)]
    user: Option<RawUser<'a>>,
    #[serde(borrow, default)]
    impersonated_user: Option<RawUser<'a>>,
    #[serde(borrow, default)]
    verb: Option<Text<'a>>,
    #[serde(borrow, default, rename = "sourceIPs")]
    source_ips: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    user_agent: Option<Text<'a>>,
    #[serde(borrow, default)]
    object_ref: Option<RawObject<'a>>,
    #[serde(default)]
    response_status: Option<RawStatus>,
    #[serde(default)]
    request_received_timestamp: Moment,
    #[serde(default)]
    stage_timestamp: Moment,
    /// There where the row is of a table of Log Analytics.
    #[serde(default, rename = "AuditId")]
    in_log_analytics: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct RawUser<'a> {
    #[serde(borrow, default)]
    username: Option<Text<'a>>,
    #[serde(borrow, default)]
    extra: Option<BTreeMap<Text<'a>, Vec<Text<'a>>>>,
}

#[derive(Deserialize)]
struct RawObject<'a> {
    #[serde(borrow, default)]
    resource: Option<Text<'a>>,
    #[serde(borrow, default)]
    subresource: Option<Text<'a>>,
    #[serde(borrow, default)]
    namespace: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawStatus {
    #[serde(default, deserialize_with = "number")]
    code: Option<u16>,
}

/// What the whole log says.
#[derive(Default)]
struct Log {
    batch: Batch,
    diagnostics: Diagnostics,
    /// The last use of each user and each certificate, with the event's place.
    used: BTreeMap<String, (Instant, Place)>,
    certificates: BTreeMap<String, (Instant, Place)>,
    /// Who acted as whom: actor, target.
    acted: BTreeMap<(String, String), Place>,
    acts: Acts<Place>,
    unread: BTreeSet<String>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut log = Log::default();
    let mut found = Diagnostics::default();
    let lists = ["items", "events", "logEvents", "records"];
    let rows = json::each_row(input.text, &lists, &mut found, |row| log.row(row, input));
    rows.note_pages_of("events", "logs filter-log-events", &mut log.batch);
    log.diagnostics.append(found);
    log.state(input)
}

impl Log {
    fn row(&mut self, row: &mut OpenRow<'_>, input: Input<'_>) {
        let Some(raw) = row.parse::<RawEvent<'_>>(&mut self.diagnostics) else {
            return;
        };
        if raw.in_log_analytics.is_none() {
            return self.event(raw, row, input);
        }
        let columns = row
            .parse::<Map<String, Value>>(&mut self.diagnostics)
            .unwrap_or_default();
        let text = Value::Object(columns.into_iter().map(member_of_column).collect()).to_string();
        match serde_json::from_str::<RawEvent<'_>>(&text) {
            Ok(raw) => self.event(raw, row, input),
            Err(_) => self.diagnostics.push(Diagnostic::error(
                row.name(),
                "columns of other types",
                "a row of the table `AKSAudit`",
                "this row was left out; query the table again",
            )),
        }
    }

    fn event(&mut self, raw: RawEvent<'_>, row: &Row<'_>, input: Input<'_>) {
        // What the server did not let in used nothing.
        let is_refused = raw.response_status.is_some_and(|status| status.code == Some(401));
        let Some(user) = raw.user.as_ref().filter(|_| !is_refused) else {
            return;
        };
        let moment = match raw.stage_timestamp {
            Moment::Absent => raw.request_received_timestamp,
            moment => moment,
        };
        let name = row.name();
        let Some(at) = moment.instant(|| format!("{name}.stageTimestamp"), &mut self.diagnostics) else {
            return;
        };
        self.batch.state_at(Some(at));
        let place = row.place(&mut self.batch);
        let username = user.username.as_deref().unwrap_or("");
        note(&mut self.used, username, at, place);
        let credential_ids = user
            .extra
            .iter()
            .flatten()
            .filter(|(key, _)| key.ends_with("/credential-id"));
        for id in credential_ids.flat_map(|(_, ids)| ids) {
            if let Some(key) = id.strip_prefix("X509SHA256=").and_then(key_of_sha256) {
                note(&mut self.certificates, &key, at, place);
            }
        }
        if let Some(target) = raw.impersonated_user.as_ref().and_then(|user| user.username.as_deref()) {
            note(&mut self.used, target, at, place);
            self.act(username, target, place);
        }
        let act = Act {
            service: raw.object_ref.as_ref().and_then(|object| object.resource.as_deref()),
            region: None,
            // The first is the caller's own, as far as proxies between tell.
            address: raw
                .source_ips
                .as_ref()
                .and_then(|all| all.first())
                .map(|first| &**first),
            user_agent: raw.user_agent.as_deref(),
        };
        let impersonated = raw.impersonated_user.as_ref().and_then(|user| user.username.as_deref());
        for name in std::iter::once(username).chain(impersonated) {
            if let Some(handle) = self.handle(name, input) {
                self.acts.note(handle, at, place, act, &mut self.batch);
            }
        }
        if let Some(object) = raw.object_ref.as_ref()
            && raw.verb.as_deref() == Some("create")
            && object.resource.as_deref() == Some("serviceaccounts")
            && object.subresource.as_deref() == Some("token")
            && let (Some(namespace), Some(account)) = (object.namespace.as_deref(), object.name.as_deref())
            && !is_component(username)
        {
            let target = format!("system:serviceaccount:{namespace}:{account}");
            self.act(username, &target, place);
        }
    }

    fn act(&mut self, actor: &str, target: &str, place: Place) {
        let acted = (actor.to_owned(), target.to_owned());
        self.acted.entry(acted).or_insert(place);
    }

    fn state(mut self, input: Input<'_>) -> (Batch, Diagnostics) {
        for (username, (at, place)) in std::mem::take(&mut self.used) {
            let Some(handle) = self.handle(&username, input) else {
                continue;
            };
            let mut fact = IdentityFact::mentioned(smallvec![handle], place);
            fact.last_used = LastUsed::At(at);
            self.batch.identities.push(fact);
        }
        for (key, (at, place)) in std::mem::take(&mut self.certificates) {
            let key = self.batch.sym(&key);
            let mut fact = CredentialFact::listed(key, CredentialKind::Certificate, place);
            fact.presence = Presence::Mentioned;
            fact.last_used = LastUsed::At(at);
            self.batch.credentials.push(fact);
        }
        for ((actor, target), place) in std::mem::take(&mut self.acted) {
            let (Some(actor), Some(target)) = (self.handle(&actor, input), self.handle(&target, input)) else {
                continue;
            };
            self.batch.trusts.push(TrustFact {
                actor: Principal::Identity(actor),
                target,
                kind: TrustKind::Impersonates,
                guard: TrustGuard::Open,
                presence: Presence::Listed,
                place,
            });
        }
        std::mem::take(&mut self.acts).finish(&mut self.batch, |place, _| place);
        for username in &self.unread {
            self.diagnostics.push(Diagnostic::warning(
                "user.username",
                username,
                "a service account such as `system:serviceaccount:shop:api`",
                "the use of this account was left out",
            ));
        }
        (self.batch, self.diagnostics)
    }

    /// The identity behind a username; `None` for nobody in particular.
    fn handle(&mut self, username: &str, input: Input<'_>) -> Option<Handle> {
        if matches!(username, "" | "system:anonymous" | "system:unauthenticated") {
            return None;
        }
        let Some(account) = username.strip_prefix("system:serviceaccount:") else {
            let text = format!("{}/{username}", input.source);
            return Some(self.batch.handle(HandleKind::KubernetesUser, &text));
        };
        match account.split_once(':') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
                let text = format!("{}/{namespace}/{name}", input.source);
                Some(self.batch.handle(HandleKind::KubernetesServiceAccount, &text))
            }
            Some(_) | None => {
                self.unread.insert(username.to_owned());
                None
            }
        }
    }
}

fn note(used: &mut BTreeMap<String, (Instant, Place)>, name: &str, at: Instant, place: Place) {
    match used.get_mut(name) {
        Some(known) if known.0 < at => *known = (at, place),
        Some(_) => {}
        None => {
            used.insert(name.to_owned(), (at, place));
        }
    }
}

/// A column of Log Analytics as the member of the event that it was. Objects and lists stand there as text.
fn member_of_column((column, value): (String, Value)) -> (String, Value) {
    let member = match column.as_str() {
        "SourceIps" => "sourceIPs".to_owned(),
        "RequestReceivedTime" => "requestReceivedTimestamp".to_owned(),
        "StageReceivedTime" => "stageTimestamp".to_owned(),
        "AuditId" => "auditID".to_owned(),
        column => {
            let mut letters = column.chars();
            let first = letters.next().map(|letter| letter.to_ascii_lowercase());
            first.into_iter().chain(letters).collect()
        }
    };
    let value = match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) if text.starts_with(['{', '[']) => serde_json::from_str(&text).unwrap_or(Value::Null),
        value => value,
    };
    (member, value)
}

/// Whether a user is a part of the cluster, which asks for tokens on behalf of every pod.
fn is_component(username: &str) -> bool {
    username.starts_with("system:node:") || username.starts_with("system:kube-")
}
