//! AWS CloudTrail: who called which service when, with which key, and as which role.
//!
//! Written by CloudTrail itself into a bucket (`{"Records": […]}`, gzipped), by `aws cloudtrail lookup-events` (each
//! event is JSON inside a text), by EventBridge (in `detail`), into CloudWatch Logs (each event in a `message`, which
//! [`crate::reading::carried`] takes out), by queries of Athena and CloudTrail Lake (CSV), by the console's download as
//! CSV, and by tools that gather events in an array or one a line.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
//!
//! Read: who called (a role's session counts for the role, a federated session for the user who made it), the access
//! key, service, time, Region, network and program; successful `AssumeRole…` events as trusts that were used; console sign-ins of users.
//! Of many events the last of each kind is kept. A denied call is use: it was made with a working credential.
//!
//! Insights, which a trail writes beside its events, say how often something was called and not by whom: they are
//! passed over.
//!
//! Cannot tell: that anything was not used. A log covers its own time, account and Regions, and data events only where
//! a trail records them.

mod athena;
mod console;

use std::borrow::Cow;
use std::hash::Hash;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use serde::Deserialize;
use serde_json::value::RawValue;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind};
use crate::model::grant::{TrustKind, TrustUseFact};
use crate::model::identity::{HumanUse, IdentityFact, Presence};
use crate::model::instant::{Instant, LastUsed};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::model::usage::{Granted, ServiceUseFact};
use crate::reading::absent::present;
use crate::reading::activity::{Act, Acts};
use crate::reading::aws_trust;
use crate::reading::json::{self, Row};
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::probe::Format;
use crate::reading::table::Table;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_cloudtrail",
    title: "CloudTrail events",
    vendor: "AWS",
    command: "aws s3 sync s3://BUCKET/AWSLogs/ACCOUNT/CloudTrail/REGION/2026/10/ cloudtrail/; aws cloudtrail lookup-events --max-items 10000 > cloudtrail-events.json; aws logs filter-log-events --log-group-name GROUP > cloudtrail-events.json",
    cannot_tell: &[
        "that something was not used: a log covers only its own days, account and Regions",
        "reads and writes of data (S3 objects, Lambda calls), unless the trail records data events",
        "events of the last 5 to 15 minutes; `lookup-events` goes back 90 days and has management events only",
        "which principal of another account came in: AWS tells that account only its id",
        "whose session called, in the console's download as CSV: take the one as JSON",
    ],
    signatures: &[
        &[
            Mark::Has("Records[].eventVersion"),
            Mark::Contains("Records[].eventSource", ".amazonaws.com"),
        ],
        &[
            Mark::Has("Records[].eventVersion"),
            Mark::Has("Records[].insightDetails"),
        ],
        &[
            Mark::Has("events[].eventVersion"),
            Mark::Contains("events[].eventSource", ".amazonaws.com"),
        ],
        &[
            Mark::Has("logEvents[].eventVersion"),
            Mark::Contains("logEvents[].eventSource", ".amazonaws.com"),
        ],
        &[Mark::Has("Events[].CloudTrailEvent")],
        &[Mark::Has("CloudTrailEvent"), Mark::Has("EventId")],
        &[
            Mark::Has("eventVersion"),
            Mark::Contains("eventSource", ".amazonaws.com"),
        ],
        &[
            Mark::Has("detail.eventVersion"),
            Mark::Contains("detail.eventSource", ".amazonaws.com"),
        ],
        // A trail writes a file also of minutes in which nothing happened.
        &[Mark::Has("Records"), Mark::Lacks("Records[]")],
        &[
            Mark::Column("eventtime"),
            Mark::Column("eventsource"),
            Mark::Column("eventname"),
            Mark::Column("useridentity"),
        ],
        &[
            Mark::Column("event time"),
            Mark::Column("event source"),
            Mark::Column("event name"),
            Mark::Column("user name"),
        ],
    ],
    parse,
};

/// An event, or what carries one: an EventBridge envelope, an answer of `lookup-events`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an event")]
struct RawEvent<'a> {
    #[serde(borrow, default)]
    user_identity: Option<RawUserIdentity<'a>>,
    #[serde(borrow, default)]
    event_time: Option<Text<'a>>,
    #[serde(borrow, default)]
    event_source: Option<Text<'a>>,
    #[serde(borrow, default)]
    event_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    aws_region: Option<Text<'a>>,
    #[serde(borrow, default, rename = "sourceIPAddress")]
    source_ip_address: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_agent: Option<Text<'a>>,
    #[serde(borrow, default)]
    error_code: Option<Text<'a>>,
    /// Anything at all; read only where it names a role.
    #[serde(borrow, default)]
    request_parameters: Option<&'a RawValue>,
    /// Anything at all; read only where it says whether a sign-in succeeded.
    #[serde(borrow, default)]
    response_elements: Option<&'a RawValue>,
    /// `Insight`, where this is no call.
    #[serde(borrow, default)]
    event_category: Option<Text<'a>>,
    #[serde(borrow, default)]
    detail: Option<Box<RawEvent<'a>>>,
    #[serde(borrow, default, rename = "CloudTrailEvent")]
    cloud_trail_event: Option<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "a caller")]
struct RawUserIdentity<'a> {
    /// Missing in some events of AWS's own services.
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    principal_id: Option<Text<'a>>,
    #[serde(borrow)]
    arn: Option<Text<'a>>,
    #[serde(borrow)]
    account_id: Option<Text<'a>>,
    #[serde(borrow)]
    access_key_id: Option<Text<'a>>,
    /// The subject of the token, of somebody who comes in with one.
    #[serde(borrow)]
    user_name: Option<Text<'a>>,
    #[serde(borrow)]
    invoked_by: Option<Text<'a>>,
    #[serde(borrow)]
    identity_provider: Option<Text<'a>>,
    #[serde(borrow)]
    session_context: Option<RawSessionContext<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a session")]
struct RawSessionContext<'a> {
    #[serde(borrow, default)]
    session_issuer: Option<RawSessionIssuer<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "who a session is of")]
struct RawSessionIssuer<'a> {
    #[serde(borrow, default)]
    arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    principal_id: Option<Text<'a>>,
}

/// The request of `AssumeRole` and its like.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAssumeRole<'a> {
    #[serde(borrow, default)]
    role_arn: Option<Text<'a>>,
    /// The SAML provider.
    #[serde(borrow, default)]
    principal_arn: Option<Text<'a>>,
}

/// The answer to a console sign-in.
#[derive(Deserialize)]
struct RawConsoleLogin<'a> {
    #[serde(borrow, default, rename = "ConsoleLogin")]
    console_login: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut log = Log::default();
    if input.format == Format::Table {
        let table = Table::read(input.text, &mut log.diagnostics);
        match console::is_one(&table) {
            true => console::read(&table, &mut log),
            false => athena::read(&table, &mut log),
        }
        return log.finish();
    }
    let mut problems = Diagnostics::default();
    let rows = json::each_row(
        input.text,
        &["Records", "Events", "events", "logEvents"],
        &mut problems,
        |row| {
            let event = row.parse::<RawEvent<'_>>(&mut log.diagnostics);
            if let Some(event) = event {
                log.carried(&event, Spot::Row(**row));
            }
        },
    );
    rows.note_pages_of("Events", "cloudtrail lookup-events", &mut log.batch);
    rows.note_pages_of("events", "logs filter-log-events", &mut log.batch);
    log.diagnostics.append(problems);
    log.finish()
}

/// What the events of one file come to: the last of each kind.
#[derive(Default)]
struct Log<'a> {
    batch: Batch,
    diagnostics: Diagnostics,
    callers: HashMap<Sym, Caller<'a>>,
    keys: HashMap<Sym, KeyUse<'a>>,
    /// By caller and service.
    services: HashMap<(Sym, Sym), Seen<'a>>,
    acts: Acts<Spot<'a>>,
    trusts: HashMap<(Principal, Sym, TrustKind), Seen<'a>>,
    /// Events by whom nothing tells: calls from another account, of AWS itself, without a signature.
    n_others: usize,
    n_insights: usize,
}

/// The last event of a kind. Its place is put into words only once it is known to be the last.
#[derive(Clone, Copy)]
struct Seen<'a> {
    at: Instant,
    spot: Spot<'a>,
}

/// Where an event stands.
#[derive(Clone, Copy)]
enum Spot<'a> {
    Row(Row<'a>),
    Line(u32),
}

impl Spot<'_> {
    fn name(self) -> String {
        match self {
            Spot::Row(row) => row.name(),
            Spot::Line(line) => format!("line {line}"),
        }
    }

    fn place(self, batch: &mut Batch) -> Place {
        match self {
            Spot::Row(row) => row.place(batch),
            Spot::Line(line) => Place::Line(line),
        }
    }
}

struct Caller<'a> {
    last: Seen<'a>,
    unique_id: Option<Sym>,
    human_use: HumanUse,
}

struct KeyUse<'a> {
    last: Seen<'a>,
    holder: Option<Sym>,
    service: Sym,
    region: Option<Sym>,
}

impl<'a> Log<'a> {
    fn carried(&mut self, event: &RawEvent<'_>, spot: Spot<'a>) {
        if let Some(detail) = &event.detail {
            return self.event(detail, spot);
        }
        let Some(text) = &event.cloud_trail_event else {
            return self.event(event, spot);
        };
        match serde_json::from_str::<RawEvent<'_>>(text) {
            Ok(event) => self.event(&event, spot),
            Err(error) => self.diagnostics.push(Diagnostic::error(
                format!("{}.CloudTrailEvent", spot.name()),
                format!("text that breaks off being an event at column {}", error.column()),
                "an event as JSON text",
                "this event was left out; look the events up again",
            )),
        }
    }

    fn event(&mut self, event: &RawEvent<'_>, spot: Spot<'a>) {
        if event.event_category.as_deref() == Some("Insight") {
            self.n_insights += 1;
            return;
        }
        let Some(at) = self.time(event.event_time.as_deref().unwrap_or_default(), spot) else {
            return;
        };
        let seen = Seen { at, spot };
        let none = RawUserIdentity::default();
        let caller = event.user_identity.as_ref().unwrap_or(&none);
        let source = event.event_source.as_deref().unwrap_or_default();
        let name = event.event_name.as_deref().unwrap_or_default();
        let is_sign_in = source.starts_with("signin.") && name == "ConsoleLogin";
        if is_sign_in && !succeeded(event) {
            return;
        }
        let arn = caller_arn(caller).map(|arn| self.batch.sym(&arn));
        match arn {
            Some(arn) => {
                self.call(event, caller, arn, seen);
                // That people take on a role is what the role is for; a user or root serves one who signs in.
                if is_sign_in
                    && session_issuer(caller).is_none()
                    && let Some(caller) = self.callers.get_mut(&arn)
                {
                    caller.human_use = HumanUse::InteractiveSignIn;
                }
            }
            None => self.n_others += 1,
        }
        if source == "sts.amazonaws.com" && name.starts_with("AssumeRole") && event.error_code.is_none() {
            self.assumed(event, caller, arn, name, seen);
        }
    }

    fn call(&mut self, event: &RawEvent<'_>, caller: &RawUserIdentity<'_>, arn: Sym, seen: Seen<'a>) {
        match self.callers.entry(arn) {
            Entry::Vacant(new) => {
                let unique_id = unique_id(caller).map(|id| self.batch.strings.intern(id));
                new.insert(Caller {
                    last: seen,
                    unique_id,
                    human_use: HumanUse::NotReported,
                });
            }
            Entry::Occupied(mut known) if known.get().last.at < seen.at => known.get_mut().last = seen,
            Entry::Occupied(_) => {}
        }
        let act = Act {
            service: event.event_source.as_deref().and_then(service_of),
            region: event.aws_region.as_deref(),
            address: event.source_ip_address.as_deref(),
            user_agent: event.user_agent.as_deref(),
        };
        self.acts
            .note(arn_handle(arn), seen.at, seen.spot, act, &mut self.batch);
        let Some(service) = event.event_source.as_deref().and_then(service_of) else {
            return;
        };
        let service = self.batch.sym(service);
        keep_last(&mut self.services, (arn, service), seen);
        let key = caller.access_key_id.as_deref().unwrap_or_default();
        // `ASIA…` is the key of a session, which ends by itself.
        if !key.starts_with("AKIA") {
            return;
        }
        let key = self.batch.sym(key);
        let used = KeyUse {
            last: seen,
            holder: Some(arn),
            service,
            region: self.batch.sym_of(event.aws_region.as_deref()),
        };
        self.key_used(key, used);
    }

    fn key_used(&mut self, key: Sym, used: KeyUse<'a>) {
        if self.keys.get(&key).is_none_or(|known| known.last.at < used.last.at) {
            self.keys.insert(key, used);
        }
    }

    fn assumed(
        &mut self,
        event: &RawEvent<'_>,
        caller: &RawUserIdentity<'_>,
        arn: Option<Sym>,
        name: &str,
        seen: Seen<'a>,
    ) {
        let request = event.request_parameters.map(RawValue::get);
        let Some(request) = request.and_then(|text| serde_json::from_str::<RawAssumeRole<'_>>(text).ok()) else {
            return;
        };
        let Some(target) = request.role_arn.as_deref().filter(|arn| arn.contains(":role/")) else {
            return;
        };
        let strings = &mut self.batch.strings;
        let mut federated = |provider: Option<&str>, subject: Option<&str>| {
            Some(Principal::Federated {
                issuer: strings.intern(aws_trust::issuer(provider.and_then(present)?)),
                subject: subject.and_then(present).map(|subject| strings.intern(subject)),
            })
        };
        let (kind, actor) = match name {
            "AssumeRoleWithWebIdentity" => {
                let (provider, subject) = (caller.identity_provider.as_deref(), caller.user_name.as_deref());
                (TrustKind::Federates, federated(provider, subject))
            }
            // The subject is a person, whom no trust policy names.
            "AssumeRoleWithSAML" => (TrustKind::Federates, federated(request.principal_arn.as_deref(), None)),
            _ => (TrustKind::Assumes, self.assuming(caller, arn)),
        };
        if let Some(actor) = actor {
            let target = self.batch.sym(target);
            keep_last(&mut self.trusts, (actor, target, kind), seen);
        }
    }

    fn assuming(&mut self, caller: &RawUserIdentity<'_>, arn: Option<Sym>) -> Option<Principal> {
        if let Some(text) = arn {
            return Some(Principal::Identity(arn_handle(text)));
        }
        let service = caller.invoked_by.as_deref().filter(|by| by.ends_with(".amazonaws.com"));
        if let Some(service) = service {
            return Some(Principal::PlatformService(self.batch.sym(service)));
        }
        let account = caller.account_id.as_deref().and_then(present)?;
        Some(Principal::Account(self.batch.sym(account)))
    }

    fn time(&mut self, text: &str, spot: Spot<'a>) -> Option<Instant> {
        // CloudTrail's own form first: it is read once an event.
        let at = Instant::from_text(text).or_else(|| match Moment::parse(text, DateOrder::MonthFirst) {
            Moment::At(at) => Some(at),
            Moment::Never | Moment::Absent | Moment::Unreadable(_) => None,
        });
        if at.is_none() {
            self.diagnostics.push(Diagnostic::error(
                format!("{}.eventTime", spot.name()),
                if text.is_empty() { "nothing" } else { text },
                "a time such as `2026-10-31T08:00:00Z`",
                "this event was left out; export it again",
            ));
        }
        at
    }

    /// The facts, in an order that does not depend on how they were gathered.
    fn finish(mut self) -> (Batch, Diagnostics) {
        let mut callers: Vec<_> = self.callers.into_iter().collect();
        callers.sort_by_key(|(arn, _)| *arn);
        for (arn, caller) in callers {
            let place = caller.last.spot.place(&mut self.batch);
            let mut fact = IdentityFact::mentioned(smallvec![arn_handle(arn)], place);
            fact.handles.extend(caller.unique_id.map(|text| Handle {
                kind: HandleKind::AwsUniqueId,
                text,
            }));
            fact.last_used = LastUsed::At(caller.last.at);
            fact.human_use = caller.human_use;
            self.batch.identities.push(fact);
        }
        let mut keys: Vec<_> = self.keys.into_iter().collect();
        keys.sort_by_key(|(key, _)| *key);
        for (id, used) in keys {
            let strings = &self.batch.strings;
            let key = format!("aws-key:{}", strings.get(id));
            let used_for = format!("{} {}", strings.get(used.service), strings.get_or_empty(used.region));
            let key = self.batch.sym(&key);
            let place = used.last.spot.place(&mut self.batch);
            let mut fact = CredentialFact::listed(key, CredentialKind::AccessKey, place);
            fact.presence = Presence::Mentioned;
            fact.holder = used.holder.map(arn_handle);
            fact.last_used = LastUsed::At(used.last.at);
            fact.last_used_for = self.batch.sym_of(Some(&used_for));
            self.batch.credentials.push(fact);
        }
        let mut services: Vec<_> = self.services.into_iter().collect();
        services.sort_by_key(|(names, _)| *names);
        for ((caller, service), last) in services {
            let place = last.spot.place(&mut self.batch);
            self.batch.service_uses.push(ServiceUseFact {
                identity: arn_handle(caller),
                service,
                last_used: LastUsed::At(last.at),
                granted: Granted::NotReported,
                place,
            });
        }
        self.acts.finish(&mut self.batch, |spot, batch| spot.place(batch));
        let mut trusts: Vec<_> = self.trusts.into_iter().collect();
        trusts.sort_by_key(|(sides, _)| *sides);
        for ((actor, target, kind), last) in trusts {
            let place = last.spot.place(&mut self.batch);
            self.batch.trust_uses.push(TrustUseFact {
                actor,
                target: arn_handle(target),
                kind,
                at: last.at,
                place,
            });
        }
        if self.n_others > 0 {
            self.diagnostics.push(Diagnostic::info(
                "events",
                format!(
                    "{} events by callers that are no user or role of this log's account",
                    self.n_others
                ),
                "calls of users, roles and root",
                "nothing to do: AWS's own services, other accounts and calls without a signature name no identity here",
            ));
        }
        if self.n_insights > 0 {
            self.diagnostics.push(Diagnostic::info(
                "events",
                format!("Insights: {}", self.n_insights),
                "calls of users, roles and root",
                "nothing to do: they say how often something was called, and not by whom",
            ));
        }
        (self.batch, self.diagnostics)
    }
}

fn keep_last<'a, K: Eq + Hash>(known: &mut HashMap<K, Seen<'a>>, key: K, seen: Seen<'a>) {
    match known.entry(key) {
        Entry::Occupied(known) if known.get().at >= seen.at => {}
        entry => {
            entry.insert(seen);
        }
    }
}

fn arn_handle(text: Sym) -> Handle {
    Handle {
        kind: HandleKind::Arn,
        text,
    }
}

fn session_issuer<'c, 'e>(caller: &'c RawUserIdentity<'e>) -> Option<&'c RawSessionIssuer<'e>> {
    caller.session_context.as_ref()?.session_issuer.as_ref()
}

/// The user, role or root that called. A session names its role, or the user who made it; one whose issuer is left
/// out names the role in its own ARN, without the path.
fn caller_arn<'a>(caller: &'a RawUserIdentity<'_>) -> Option<Cow<'a, str>> {
    if let Some(arn) = session_issuer(caller)
        .and_then(|issuer| issuer.arn.as_deref())
        .and_then(present)
    {
        return Some(Cow::Borrowed(arn));
    }
    let arn = caller.arn.as_deref().and_then(present)?;
    if let Some((before, session)) = arn.split_once(":assumed-role/") {
        let role = session.split('/').next()?;
        let before = before.replacen(":sts:", ":iam:", 1);
        return Some(Cow::Owned(format!("{before}:role/{role}")));
    }
    let is_own = arn.contains(":iam:") && (arn.contains(":user/") || arn.ends_with(":root"));
    // A call from another account names that account's root.
    (is_own && caller.kind.as_deref() != Some("AWSAccount")).then_some(Cow::Borrowed(arn))
}

/// `AIDA…` or `AROA…`: what tells a user or role from one of the same name that was there before.
fn unique_id<'a>(caller: &'a RawUserIdentity<'_>) -> Option<&'a str> {
    let id = match session_issuer(caller) {
        Some(issuer) => issuer.principal_id.as_deref(),
        None => caller.principal_id.as_deref(),
    };
    let id = id?.split(':').next()?;
    (id.starts_with("AIDA") || id.starts_with("AROA")).then_some(id)
}

fn succeeded(event: &RawEvent<'_>) -> bool {
    let answer = event.response_elements.map(RawValue::get);
    let answer = answer.and_then(|text| serde_json::from_str::<RawConsoleLogin<'_>>(text).ok());
    answer.and_then(|answer| answer.console_login).as_deref() == Some("Success")
}

/// The service in the word that permissions begin with. Signing in takes none.
fn service_of(source: &str) -> Option<&str> {
    let name = source.split('.').next().and_then(present)?;
    match name {
        "signin" => None,
        "monitoring" => Some("cloudwatch"),
        "tagging" => Some("tag"),
        "email" => Some("ses"),
        name => Some(name),
    }
}
