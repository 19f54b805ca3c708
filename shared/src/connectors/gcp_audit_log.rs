//! Google Cloud audit logs: who called which service when, with which key, and as whom.
//!
//! Written by `gcloud logging read` as an array, by `entries:list`, and by a sink to a bucket, one entry a line.
//! <https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog>
//!
//! Read: time, who called (`principalEmail`), the key of a service account, who stands behind an impersonated one
//! (`serviceAccountDelegationInfo`), service, location, network and program. Of many entries the last counts as the last
//! use. A denied call is use: it was made with a working credential.
//!
//! Cannot tell: that anything was not used. Reads of data are in the log only where that is switched on. The shape is that
//! of the documentation: no recorded log was at hand.

use std::collections::BTreeMap;

use serde::Deserialize;
use smallvec::smallvec;

use super::gcp_service_account_keys::{key_id, key_of};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind};
use crate::model::grant::{TrustKind, TrustUseFact};
use crate::model::identity::{IdentityFact, Presence};
use crate::model::instant::{Instant, LastUsed};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::absent::present;
use crate::reading::activity::{Act, Acts};
use crate::reading::gcp_member;
use crate::reading::json::{self, OpenRow};
use crate::reading::loose::number;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gcp_audit_log",
    title: "Cloud Audit Logs",
    vendor: "Google Cloud",
    command: "gcloud logging read 'logName:cloudaudit.googleapis.com' --project PROJECT --freshness=60d --format=json > audit-log.json",
    cannot_tell: &[
        "that something was not used: a log covers only its own days and projects",
        "reads of data, unless Data Access audit logs are switched on",
    ],
    signatures: &[
        &[
            Mark::Contains("logName", "cloudaudit.googleapis.com"),
            Mark::Has("protoPayload"),
        ],
        &[
            Mark::Contains("entries[].logName", "cloudaudit.googleapis.com"),
            Mark::Has("entries[].protoPayload"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry<'a> {
    #[serde(default)]
    timestamp: Moment,
    #[serde(borrow, default)]
    proto_payload: Option<RawAudit<'a>>,
    #[serde(borrow, default)]
    resource: Option<RawResource<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAudit<'a> {
    #[serde(borrow, default)]
    authentication_info: Option<RawCaller<'a>>,
    #[serde(borrow, default)]
    request_metadata: Option<RawRequest<'a>>,
    #[serde(borrow, default)]
    service_name: Option<Text<'a>>,
    #[serde(default)]
    status: Option<RawStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCaller<'a> {
    #[serde(borrow, default)]
    principal_email: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_account_key_name: Option<Text<'a>>,
    /// From the one who began to the one before the last.
    #[serde(borrow, default)]
    service_account_delegation_info: Option<Vec<RawDelegation<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDelegation<'a> {
    #[serde(borrow, default)]
    first_party_principal: Option<RawPrincipal<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPrincipal<'a> {
    #[serde(borrow, default)]
    principal_email: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRequest<'a> {
    /// An address, or a word for Google's own networks.
    #[serde(borrow, default)]
    caller_ip: Option<Text<'a>>,
    #[serde(borrow, default)]
    caller_supplied_user_agent: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawStatus {
    #[serde(default, deserialize_with = "number")]
    code: Option<u16>,
}

#[derive(Deserialize)]
struct RawResource<'a> {
    #[serde(borrow, default)]
    labels: Option<RawLabels<'a>>,
}

#[derive(Deserialize)]
struct RawLabels<'a> {
    #[serde(borrow, default)]
    location: Option<Text<'a>>,
}

/// `google.rpc.Code.UNAUTHENTICATED`: nobody was let in.
const UNAUTHENTICATED: u16 = 16;

/// The newest entry of one caller, key or pair.
#[derive(Clone, Copy)]
struct Newest {
    at: Instant,
    place: Place,
}

#[derive(Default)]
struct Log {
    batch: Batch,
    diagnostics: Diagnostics,
    callers: BTreeMap<Handle, Newest>,
    /// With the account that it is a key of.
    keys: BTreeMap<Sym, (Newest, Handle)>,
    delegations: BTreeMap<(Handle, Handle), Newest>,
    acts: Acts<Place>,
    /// Entries by whom nothing tells.
    n_others: usize,
    /// Entries of a cluster's own users (`system:serviceaccount:shop:api`).
    n_in_clusters: usize,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut log = Log::default();
    let mut problems = Diagnostics::default();
    let rows = json::each_row(input.text, &["entries"], &mut problems, |row| log.entry(row));
    rows.note_pages(&mut log.batch, "entries");
    log.diagnostics.append(problems);
    log.finish()
}

impl Log {
    fn entry(&mut self, row: &mut OpenRow<'_>) {
        let Some(raw) = row.parse::<RawEntry<'_>>(&mut self.diagnostics) else {
            return;
        };
        let name = row.name();
        let Some(audit) = raw.proto_payload else {
            return;
        };
        let at = raw
            .timestamp
            .instant(|| format!("{name}.timestamp"), &mut self.diagnostics);
        let Some(at) = at else {
            return;
        };
        self.batch.state_at(Some(at));
        if audit.status.and_then(|status| status.code) == Some(UNAUTHENTICATED) {
            return;
        }
        let caller = audit.authentication_info;
        let email = caller.as_ref().and_then(|caller| caller.principal_email.as_deref());
        let Some(who) = email.and_then(|email| self.principal(email)) else {
            match email {
                Some(user) if user.starts_with("system:") => self.n_in_clusters += 1,
                _ => self.n_others += 1,
            }
            return;
        };
        let newest = Newest {
            at,
            place: row.place(&mut self.batch),
        };
        keep_newest(&mut self.callers, who, newest);
        let request = audit.request_metadata.as_ref();
        let act = Act {
            service: audit.service_name.as_deref().and_then(|name| name.split('.').next()),
            region: raw
                .resource
                .as_ref()
                .and_then(|resource| resource.labels.as_ref()?.location.as_deref()),
            address: request.and_then(|request| request.caller_ip.as_deref()),
            user_agent: request.and_then(|request| request.caller_supplied_user_agent.as_deref()),
        };
        self.acts.note(who, at, newest.place, act, &mut self.batch);
        let Some(caller) = &caller else {
            return;
        };
        let key = caller.service_account_key_name.as_deref();
        if let Some(key) = key.filter(|key| key_id(key).is_some()) {
            let key = self.batch.sym(&key_of(key));
            let known = self.keys.entry(key).or_insert((newest, who));
            if known.0.at < at {
                known.0 = newest;
            }
        }
        self.delegated(caller, who, newest);
    }

    /// Everybody in the chain acted as the next one, and the last of them as the caller.
    fn delegated(&mut self, caller: &RawCaller<'_>, who: Handle, newest: Newest) {
        let before = caller.service_account_delegation_info.iter().flatten();
        let emails = before.filter_map(|step| step.first_party_principal.as_ref()?.principal_email.as_deref());
        let mut chain: Vec<Handle> = emails.filter_map(|email| self.principal(email)).collect();
        chain.push(who);
        for pair in chain.windows(2) {
            if let &[actor, target] = pair
                && actor != target
            {
                keep_newest(&mut self.delegations, (actor, target), newest);
            }
        }
    }

    /// A service account or a person; `None` for what has no address.
    fn principal(&mut self, email: &str) -> Option<Handle> {
        let email = present(email).filter(|email| email.contains('@'))?;
        if email.ends_with(".gserviceaccount.com") {
            return Some(gcp_member::service_account(&mut self.batch, email));
        }
        Some(self.batch.handle(HandleKind::Email, &gcp_member::lower(email)))
    }

    fn finish(mut self) -> (Batch, Diagnostics) {
        for (handle, newest) in self.callers {
            let mut fact = IdentityFact::mentioned(smallvec![handle], newest.place);
            if handle.kind == HandleKind::GcpServiceAccount {
                fact.origin = gcp_member::origin_of(self.batch.strings.get(handle.text));
            }
            fact.last_used = LastUsed::At(newest.at);
            self.batch.identities.push(fact);
        }
        for (key, (newest, holder)) in self.keys {
            let mut fact = CredentialFact::listed(key, CredentialKind::ServiceAccountKey, newest.place);
            fact.presence = Presence::Mentioned;
            fact.holder = Some(holder);
            fact.last_used = LastUsed::At(newest.at);
            self.batch.credentials.push(fact);
        }
        for ((actor, target), newest) in self.delegations {
            self.batch.trust_uses.push(TrustUseFact {
                actor: Principal::Identity(actor),
                target,
                kind: TrustKind::Impersonates,
                at: newest.at,
                place: newest.place,
            });
        }
        self.acts.finish(&mut self.batch, |place, _| place);
        if self.n_others > 0 {
            self.diagnostics.push(Diagnostic::info(
                "entries",
                format!("{} entries that name no caller by an e-mail address", self.n_others),
                "calls of service accounts and people",
                "nothing to do: calls without a signature, and of Google itself, name nobody",
            ));
        }
        if self.n_in_clusters > 0 {
            self.diagnostics.push(Diagnostic::info(
                "entries",
                format!("entries of users of Kubernetes clusters: {}", self.n_in_clusters),
                "calls of service accounts of Google and of people",
                "their last use was left out: which source lists the cluster's accounts, the entries do not say",
            ));
        }
        (self.batch, self.diagnostics)
    }
}

fn keep_newest<K: Ord>(known: &mut BTreeMap<K, Newest>, key: K, newest: Newest) {
    let last = known.entry(key).or_insert(newest);
    if last.at < newest.at {
        *last = newest;
    }
}
