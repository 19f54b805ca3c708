//! A Google Cloud IAM policy: who has which role on one resource.
//!
//! Written by `gcloud projects get-iam-policy PROJECT --format=json` (also for organisations, folders, buckets and
//! service accounts), as JSON or YAML, or flattened to one member a row; and by
//! `gcloud projects get-ancestors-iam-policy PROJECT`, the policies of a project and of all above it by their ids.
//! <https://cloud.google.com/iam/docs/reference/rest/v1/Policy>
//!
//! Read: bindings (role, members, condition). On a service account, the roles that let somebody act as it are trusts;
//! all other bindings are grants. An end date in a condition is the grant's expiry.
//!
//! Cannot tell: which resource it belongs to. Except for buckets the policy does not say, so it is taken from what
//! the file holds (a custom role of a project can be given in that project only), then from the file's name, then
//! from the folder or source; whenever that is a guess, a note says so.

use std::borrow::Cow;

use hashbrown::HashSet;
use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::access::gcp::privilege;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::Conditional;
use crate::model::batch::Batch;
use crate::model::grant::{GrantFact, MembershipFact, TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{IdentityFact, Origin, Presence};
use crate::model::instant::Expiry;
use crate::model::principal::{HandleKind, Principal};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::gcp_member::{self, PROJECTS};
use crate::reading::json;
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gcp_iam_policy",
    title: "IAM policy",
    vendor: "Google Cloud",
    command: "gcloud projects get-iam-policy PROJECT --format=json > PROJECT.iam-policy.json",
    cannot_tell: &[
        "which resource the policy belongs to: name the file `PROJECT.iam-policy.json`, or `ACCOUNT.iam-policy.json` for a service account, or put `[[about]]` into source.toml with `projects/ID`, an account's e-mail address or a full resource name as `subject`",
        "what is inherited from the folder and the organisation: add their policies, or use `gcloud asset search-all-iam-policies`",
        "who is in a Google group",
        "which permissions a role has",
    ],
    signatures: &[
        &[Mark::Has("bindings[].role"), Mark::Has("bindings[].members")],
        &[Mark::Has("bindings.role"), Mark::Has("bindings.members")],
        // Those of a project and of all above it.
        &[
            Mark::Has("policy.bindings[].role"),
            Mark::Has("type"),
            Mark::Has("id"),
            Mark::Lacks("assetType"),
        ],
        // What Google answers for a resource on which nobody has a role.
        &[Mark::Equals("etag", "ACAB"), Mark::Lacks("name")],
    ],
    parse,
};

/// A policy, also as the asset inventory and Terraform embed it.
#[derive(Default, Deserialize)]
pub(super) struct RawPolicy<'a> {
    #[serde(borrow, default)]
    bindings: OneOrMany<RawBinding<'a>>,
    #[serde(borrow, default)]
    etag: Option<Text<'a>>,
    /// Only Cloud Storage says what the policy belongs to: `projects/_/buckets/B`.
    #[serde(borrow, default, rename = "resourceId")]
    resource_id: Option<Text<'a>>,
}

impl<'a> RawPolicy<'a> {
    /// What a resource of Terraform adds to a policy.
    pub(super) fn of(binding: RawBinding<'a>) -> Self {
        Self {
            bindings: OneOrMany(vec![binding]),
            ..Self::default()
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawBinding<'a> {
    #[serde(borrow, default)]
    pub role: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub members: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    pub condition: Option<RawCondition<'a>>,
}

/// A condition in Google's expression language, of a binding or of a denial.
#[derive(Deserialize)]
pub(super) struct RawCondition<'a> {
    #[serde(borrow, default)]
    pub expression: Option<Text<'a>>,
}

/// A project, folder or organisation with its policy.
#[derive(Deserialize)]
struct RawAncestor<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(borrow, default)]
    policy: Option<RawPolicy<'a>>,
}

/// Reads the policies of a project and of all above it.
fn read_ancestors(rows: &[json::Row<'_>], batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let mut reader = PolicyReader::default();
    for row in rows {
        let Some(raw) = row.parse::<RawAncestor<'_>>(diagnostics) else {
            continue;
        };
        let resource = raw.r#type.as_deref().zip(raw.id.as_deref());
        let resource = resource.map(|(kind, id)| format!("//cloudresourcemanager.googleapis.com/{kind}s/{id}"));
        let list = format!("{}.policy.bindings", row.name());
        let policy = raw.policy.unwrap_or_default();
        reader.read(
            &policy,
            resource.as_deref(),
            Places::Bindings(&list),
            batch,
            diagnostics,
        );
    }
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &[], &mut diagnostics).rows;
    if rows.iter().any(|row| row.text.contains("\"policy\"")) {
        read_ancestors(&rows, &mut batch, &mut diagnostics);
        return (batch, diagnostics);
    }
    let mut policies = Vec::with_capacity(rows.len());
    let mut broken = Diagnostics::default();
    for row in &rows {
        policies.extend(row.parse::<RawPolicy<'_>>(&mut broken).map(|policy| (row, policy)));
    }
    // A flattened policy is many rows with one etag.
    let etag = |policy: &RawPolicy<'_>| policy.etag.as_deref().unwrap_or("").to_owned();
    let is_one = policies
        .windows(2)
        .all(|pair| etag(&pair[0].1) == etag(&pair[1].1) && !etag(&pair[0].1).is_empty());
    let named = is_one.then(|| named(&input)).flatten();
    let mut n_unnamed = 0;
    let mut reader = PolicyReader::default();
    for (row, policy) in &policies {
        let resource = stated(policy)
            .or_else(|| {
                named
                    .as_ref()
                    .filter(|named| named.is_account || named.basis == NameBasis::Declared)
                    .map(|n| n.resource.clone())
            })
            .or_else(|| proved(policy))
            .or_else(|| named.as_ref().map(|named| named.resource.clone()));
        n_unnamed += u32::from(resource.is_none() && !policy.bindings.0.is_empty());
        let list = match (row.document, row.index) {
            (0, 0) => Cow::Borrowed("bindings"),
            _ => Cow::Owned(format!("{}.bindings", row.name())),
        };
        reader.read(
            policy,
            resource.as_deref(),
            Places::Bindings(&list),
            &mut batch,
            &mut diagnostics,
        );
    }
    // One that is broken or cut off is read binding by binding.
    let bindings = match policies.is_empty() {
        true => json::rows(input.text, &["bindings"], &mut Diagnostics::default()).rows,
        false => Vec::new(),
    };
    if bindings.is_empty() {
        diagnostics.append(broken);
    }
    for row in bindings {
        if let Some(binding) = row.parse::<RawBinding<'_>>(&mut diagnostics) {
            let resource = named.as_ref().map(|named| &*named.resource);
            let place = Places::Row(batch.item("bindings", row.index));
            reader.read(&RawPolicy::of(binding), resource, place, &mut batch, &mut diagnostics);
        }
    }
    let is_guessed = policies
        .iter()
        .any(|(_, policy)| stated(policy).is_none() && proved(policy).is_none() && !policy.bindings.0.is_empty());
    if let Some(named) =
        named.filter(|named| is_guessed && !matches!(named.basis, NameBasis::Declared | NameBasis::FileName))
    {
        diagnostics.push(Diagnostic::info(
            "whole file",
            "a policy that does not say which resource it belongs to",
            "the project in the file's name, such as `acme-prod.iam-policy.json`",
            format!("taken for `{}`, from {}", named.resource, named.basis.in_words()),
        ));
    }
    if n_unnamed > 0 {
        diagnostics.push(Diagnostic::warning(
            "whole file",
            format!("{n_unnamed} policies that do not say which resource they belong to"),
            "one policy in each file, named after its project",
            "their grants were read without a resource; write each policy to a file such as `acme-prod.iam-policy.json`",
        ));
    }
    (batch, diagnostics)
}

/// Where the bindings of a policy stand.
#[derive(Clone, Copy)]
pub(super) enum Places<'p> {
    /// In a list of this name, each at its own index.
    Bindings(&'p str),
    /// All in one row.
    Row(Place),
}

/// Reads policies into one batch, and remembers whom it has spoken of.
#[derive(Default)]
pub(super) struct PolicyReader {
    service_agents: HashSet<Sym>,
}

impl PolicyReader {
    /// Reads all bindings of a policy on a resource, given by its full name (`//service/path`) where it is known.
    pub(super) fn read(
        &mut self,
        policy: &RawPolicy<'_>,
        resource: Option<&str>,
        places: Places<'_>,
        batch: &mut Batch,
        diagnostics: &mut Diagnostics,
    ) {
        let resource_sym = resource.map(|resource| batch.sym(resource));
        let account = resource.and_then(gcp_member::service_account_in);
        let project = resource.and_then(|resource| resource.strip_prefix(PROJECTS));
        for (index, binding) in policy.bindings.0.iter().enumerate() {
            let place = match places {
                Places::Bindings(list) => batch.item(list, index),
                Places::Row(place) => place,
            };
            let Some(role) = binding.role.as_deref().filter(|role| !role.is_empty()) else {
                diagnostics.push(Diagnostic::error(
                    place.to_text(&batch.strings),
                    "no `role`",
                    "a binding with a role, such as `roles/viewer`",
                    "this binding was left out; export the policy again",
                ));
                continue;
            };
            // Clients that ask for an old version of the policy get the condition as part of the role's name.
            let (role, is_marked) = match role.split_once("_withcond_") {
                Some((role, _)) => (role, true),
                None => (role, false),
            };
            let conditional = if is_marked || binding.condition.is_some() {
                Conditional::OnCondition
            } else {
                Conditional::Always
            };
            let expression = binding.condition.as_ref().and_then(|c| c.expression.as_deref());
            let expires_at = match conditional {
                Conditional::Always => Expiry::Never,
                Conditional::OnCondition => expression.map_or(Expiry::NotReported, end_of),
            };
            let role_sym = batch.sym(role);
            let members_of = project
                .filter(|_| conditional == Conditional::Always)
                .and_then(|project| basic_group(role, project))
                .map(|group| batch.sym(&group));
            for member in &binding.members.0 {
                let actor = gcp_member::principal(batch, member);
                self.note_unusual(&actor, member, place, batch, diagnostics);
                if let Some(group) = members_of {
                    batch.memberships.push(MembershipFact {
                        member: actor,
                        group,
                        place,
                    });
                }
                match account.zip(trust_kind(role, &actor)) {
                    Some((account, kind)) => {
                        let target = gcp_member::service_account(batch, account);
                        batch.trusts.push(TrustFact {
                            actor,
                            target,
                            kind,
                            guard: guard(&actor, conditional),
                            presence: Presence::Listed,
                            place,
                        });
                    }
                    None => batch.grants.push(GrantFact {
                        subject: actor,
                        role: role_sym,
                        policy: None,
                        resource: resource_sym,
                        privilege: privilege(role),
                        conditional,
                        expires_at,
                        place,
                    }),
                }
            }
        }
    }

    /// Google's own service agents are in no list of accounts, so a policy is where they are told apart.
    fn note_unusual(
        &mut self,
        actor: &Principal,
        member: &str,
        place: Place,
        batch: &mut Batch,
        diagnostics: &mut Diagnostics,
    ) {
        match actor {
            Principal::Identity(handle)
                if handle.kind == HandleKind::GcpServiceAccount
                    && gcp_member::origin_of(batch.strings.get(handle.text)) == Origin::Platform =>
            {
                if self.service_agents.insert(handle.text) {
                    let mut agent = IdentityFact::mentioned(smallvec![*handle], place);
                    agent.origin = Origin::Platform;
                    batch.identities.push(agent);
                }
            }
            Principal::Named(_) if !member.starts_with("deleted:") => diagnostics.push(Diagnostic::info(
                place.to_text(&batch.strings),
                member,
                "a member such as `user:…`, `serviceAccount:…` or `group:…`",
                "kept under this name; Google documents no such member",
            )),
            Principal::Identity(_)
            | Principal::Group(_)
            | Principal::Anyone
            | Principal::AnyoneAuthenticated
            | Principal::Account(_)
            | Principal::PlatformService(_)
            | Principal::Federated { .. }
            | Principal::Workload(_)
            | Principal::Named(_) => {}
        }
    }
}

/// How a role on a service account lets its holder act as it; `None` when it does not.
///
/// <https://cloud.google.com/iam/docs/service-account-permissions>
fn trust_kind(role: &str, actor: &Principal) -> Option<TrustKind> {
    match role {
        "roles/iam.workloadIdentityUser" => Some(match actor {
            Principal::Federated { .. } => TrustKind::Federates,
            Principal::Identity(_)
            | Principal::Group(_)
            | Principal::Anyone
            | Principal::AnyoneAuthenticated
            | Principal::Account(_)
            | Principal::PlatformService(_)
            | Principal::Workload(_)
            | Principal::Named(_) => TrustKind::Impersonates,
        }),
        // Not `serviceAccountOpenIdTokenCreator`: Google's own APIs do not take ID tokens.
        "roles/iam.serviceAccountTokenCreator" | "roles/iam.serviceAccountKeyAdmin" => Some(TrustKind::Impersonates),
        // May start workloads that run as the account.
        "roles/iam.serviceAccountUser" => Some(TrustKind::Assumes),
        _ => None,
    }
}

fn guard(actor: &Principal, conditional: Conditional) -> TrustGuard {
    match (actor, conditional) {
        (Principal::Federated { subject: Some(_), .. }, _) => TrustGuard::SubjectOrAudience,
        (_, Conditional::OnCondition) => TrustGuard::OtherCondition,
        (_, Conditional::Always) => TrustGuard::Open,
    }
}

/// The convenience group that the holders of a basic role on a project make up.
///
/// <https://cloud.google.com/storage/docs/access-control/iam#convenience-values>
fn basic_group(role: &str, project: &str) -> Option<String> {
    let kind = match role {
        "roles/owner" => "projectOwner",
        "roles/editor" => "projectEditor",
        "roles/viewer" => "projectViewer",
        _ => return None,
    };
    Some(format!("{kind}:{project}"))
}

/// When a condition ends for good: the earliest `request.time < timestamp("…")` of a plain conjunction.
fn end_of(expression: &str) -> Expiry {
    if !expression.contains("request.time") {
        return Expiry::Never;
    }
    if expression.contains("||") || expression.contains('!') || expression.contains('?') {
        return Expiry::NotReported;
    }
    expression
        .split("&&")
        .filter_map(|part| {
            let bound = part.trim().trim_matches(['(', ')', ' ']).strip_prefix("request.time")?;
            let bound = bound.trim_start().strip_prefix('<')?;
            let bound = bound.strip_prefix('=').unwrap_or(bound).trim_start();
            let text = bound.strip_prefix("timestamp(")?.trim_start().get(1..)?;
            let text = &text[..text.find(['"', '\''])?];
            match Moment::parse(text, DateOrder::MonthFirst) {
                Moment::At(at) => Some(at),
                Moment::Never | Moment::Absent | Moment::Unreadable(_) => None,
            }
        })
        .min()
        .map_or(Expiry::NotReported, Expiry::At)
}

/// The resource that the policy itself names.
fn stated(policy: &RawPolicy<'_>) -> Option<String> {
    let (_, bucket) = policy.resource_id.as_deref()?.split_once("/buckets/")?;
    Some(format!("//storage.googleapis.com/{bucket}"))
}

/// The project whose own roles the policy gives: they can be given nowhere else.
fn proved(policy: &RawPolicy<'_>) -> Option<String> {
    policy.bindings.0.iter().find_map(|binding| {
        let (project, _) = binding
            .role
            .as_deref()?
            .strip_prefix("projects/")?
            .split_once("/roles/")?;
        Some(format!("{PROJECTS}{project}"))
    })
}

/// A resource as the names around a policy tell it.
struct Named {
    resource: String,
    basis: NameBasis,
    /// A service account, of which a custom role of its project does not tell more.
    is_account: bool,
}

/// What a resource's name was taken from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NameBasis {
    /// `source.toml` says it.
    Declared,
    /// The file's name says that it is a policy, and of what.
    FileName,
    /// The file's name, which may mean something else.
    BareFileName,
    Folder,
    Source,
}

impl NameBasis {
    fn in_words(self) -> &'static str {
        match self {
            NameBasis::Declared => "source.toml",
            NameBasis::FileName | NameBasis::BareFileName => "the file's name",
            NameBasis::Folder => "the folder's name",
            NameBasis::Source => "the source's name",
        }
    }
}

fn named(input: &Input<'_>) -> Option<Named> {
    let of_account = |email, basis| {
        let project = gcp_member::project_of(email).unwrap_or("-");
        Named {
            resource: format!("//iam.googleapis.com/projects/{project}/serviceAccounts/{email}"),
            basis,
            is_account: true,
        }
    };
    let of = |resource, basis| Named {
        resource,
        basis,
        is_account: false,
    };
    if let Some(subject) = input.config.subject_of(input.path) {
        return Some(if subject.starts_with("//") {
            of(subject.to_owned(), NameBasis::Declared)
        } else if subject.contains('@') {
            of_account(subject, NameBasis::Declared)
        } else {
            of(
                format!("//cloudresourcemanager.googleapis.com/{subject}"),
                NameBasis::Declared,
            )
        });
    }
    let (folders, file) = input.path.rsplit_once('/').unwrap_or(("", input.path));
    if let Some(email) = email_in(file) {
        return Some(of_account(email, NameBasis::FileName));
    }
    match resource_in(without_extensions(file)) {
        Found::Resource(resource, NameKind::OfPolicy) => return Some(of(resource, NameBasis::FileName)),
        Found::Resource(resource, NameKind::Bare) => return Some(of(resource, NameBasis::BareFileName)),
        Found::SomethingElse => return Some(of(without_extensions(file).to_owned(), NameBasis::BareFileName)),
        Found::Nothing => {}
    }
    let folder = folders.rsplit('/').find_map(|folder| match resource_in(folder) {
        Found::Resource(resource, _) => Some(of(resource, NameBasis::Folder)),
        Found::SomethingElse | Found::Nothing => None,
    });
    folder.or_else(|| match resource_in(input.source) {
        Found::Resource(resource, _) => Some(of(resource, NameBasis::Source)),
        Found::SomethingElse | Found::Nothing if input.source.is_empty() => None,
        Found::SomethingElse | Found::Nothing => Some(of(format!("{PROJECTS}{}", input.source), NameBasis::Source)),
    })
}

/// The address of a service account in a file's name, behind whatever marks it as one.
fn email_in(file: &str) -> Option<&str> {
    const DOMAIN: &str = ".gserviceaccount.com";
    let upto = &file[..file.find(DOMAIN)? + DOMAIN.len()];
    let at = upto.find('@')?;
    let start = ["serviceAccounts-", "service-accounts-", "service-account-"]
        .iter()
        .filter_map(|marker| upto[..at].rfind(marker).map(|start| start + marker.len()))
        .chain(upto[..at].rfind(['_', '.', ' ', '+', '=']).map(|start| start + 1))
        .max()
        .unwrap_or(0);
    (start < at).then(|| &upto[start..])
}

/// What a file's, folder's or source's name says of a resource.
enum Found {
    Resource(String, NameKind),
    /// Something that is no project, folder or organisation.
    SomethingElse,
    Nothing,
}

enum NameKind {
    /// It also says that it is a policy, or of a project.
    OfPolicy,
    Bare,
}

/// Words around a resource in the names people give to policies, as whole words.
const AROUND: [&str; 17] = [
    "get-iam-policy",
    "getiampolicy",
    "iam-policy",
    "iam-policies",
    "iampolicy",
    "policy",
    "policies",
    "bindings",
    "projects",
    "project",
    "iam",
    "post",
    "get",
    "v1",
    "v2",
    "v3",
    "export",
];

fn resource_in(name: &str) -> Found {
    let mut found = Found::Nothing;
    let mut kind = NameKind::Bare;
    for token in name.split(['_', '.', ' ']) {
        let bare = strip_around(token);
        if bare.len() < token.len() {
            kind = NameKind::OfPolicy;
        }
        // Numbers of copies and dates say nothing.
        if bare.bytes().all(|b| b.is_ascii_digit() || b == b'-') || matches!(found, Found::Resource(..)) {
            continue;
        }
        let scope = [
            ("organizations", "organizations-"),
            ("organizations", "organization-"),
            ("organizations", "org-"),
            ("folders", "folders-"),
            ("folders", "folder-"),
        ]
        .iter()
        .find_map(|(scope, prefix)| Some((*scope, bare.strip_prefix(prefix).filter(|id| is_number(id))?)));
        found = match scope {
            Some((scope, id)) => Found::Resource(
                format!("//cloudresourcemanager.googleapis.com/{scope}/{id}"),
                NameKind::OfPolicy,
            ),
            None if is_project_id(bare) => Found::Resource(format!("{PROJECTS}{bare}"), NameKind::Bare),
            None => Found::SomethingElse,
        };
    }
    match found {
        Found::Resource(resource, NameKind::Bare) => Found::Resource(resource, kind),
        found => found,
    }
}

/// A name without the words around it that say what kind of file it is.
fn strip_around(mut name: &str) -> &str {
    loop {
        let before = name;
        for word in AROUND {
            let is_word = |part: Option<&str>| part.is_some_and(|part| part.eq_ignore_ascii_case(word));
            if is_word(name.get(..word.len())) {
                name = match &name[word.len()..] {
                    "" => "",
                    rest => rest.strip_prefix('-').unwrap_or(name),
                };
            }
            let at = name.len().saturating_sub(word.len());
            if !name.is_empty() && is_word(name.get(at..)) {
                name = match &name[..at] {
                    "" => "",
                    rest => rest.strip_suffix('-').unwrap_or(name),
                };
            }
        }
        if name.len() == before.len() {
            return name;
        }
    }
}

fn without_extensions(file: &str) -> &str {
    let mut stem = file;
    while let Some(shorter) = [
        ".json", ".ndjson", ".jsonl", ".yaml", ".yml", ".body", ".txt", ".gz", ".zst",
    ]
    .iter()
    .find_map(|extension| stem.strip_suffix(extension))
    {
        stem = shorter;
    }
    stem
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// <https://cloud.google.com/resource-manager/docs/creating-managing-projects>
fn is_project_id(text: &str) -> bool {
    (6..=30).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SourceConfig;
    use crate::diagnostic::Severity;
    use crate::model::instant::Instant;
    use crate::reading::probe::Format;

    fn check(source: &str, path: &str) -> (String, &'static str) {
        let input = Input {
            source,
            path,
            format: Format::Json,
            bytes: b"",
            text: "",
            salt: "",
            config: &SourceConfig::default(),
        };
        let named = named(&input).unwrap();
        let basis = match named.basis {
            NameBasis::Declared | NameBasis::FileName => "certain",
            NameBasis::BareFileName | NameBasis::Folder | NameBasis::Source => named.basis.in_words(),
        };
        let resource = named
            .resource
            .strip_prefix("//cloudresourcemanager.googleapis.com/")
            .unwrap_or(&named.resource);
        (resource.to_owned(), basis)
    }

    #[test]
    fn a_broken_binding_or_a_cut_costs_no_other() {
        let policy = |middle: &str| {
            let binding = |role: &str| format!(r#"{{"role": "roles/{role}", "members": ["user:a@example.com"]}}"#);
            format!(
                r#"{{"bindings": [{}, {middle}, {}], "etag": "x"}}"#,
                binding("viewer"),
                binding("editor")
            )
        };
        let whole = policy(r#"{"role": "roles/browser", "members": ["user:b@example.com"]}"#);
        let cut = &whole[..whole.len() - 15];
        for (text, n_grants, n_errors) in [
            (&*whole, 3, 0),
            (cut, 3, 1),
            (&policy("null"), 2, 1),
            (&policy(r#"{"role": "roles/browser", "members": [7]}"#), 2, 1),
        ] {
            let reading = crate::connectors::read("gcp", "acme-prod.iam-policy.json", text.as_bytes(), "");
            let errors = reading
                .diagnostics
                .iter()
                .filter(|told| told.severity == Severity::Error);
            assert_eq!(
                (reading.batch.grants.len(), errors.count()),
                (n_grants, n_errors),
                "{text}: {:?}",
                reading.diagnostics
            );
        }
    }

    #[test]
    fn a_resource_is_found_in_the_names_around_a_policy() {
        for (path, resource, basis) in [
            ("acme-prod-1.iam-policy.json", "projects/acme-prod-1", "certain"),
            ("iam-policy-acme-prod-1.json", "projects/acme-prod-1", "certain"),
            (
                "get-iam-policy_acme-prod-1_2026-10-31.json",
                "projects/acme-prod-1",
                "certain",
            ),
            (
                "post-v1-projects-custodian-test-2-getIamPolicy_1.body.json",
                "projects/custodian-test-2",
                "certain",
            ),
            (
                "post-v1-organizations-111-getIamPolicy_1.json",
                "organizations/111",
                "certain",
            ),
            ("folder-222.yaml", "folders/222", "certain"),
            ("acme-prod-1.json", "projects/acme-prod-1", "the file's name"),
            (
                "acme-prod-1/projects_get-iam-policy.json",
                "projects/acme-prod-1",
                "the folder's name",
            ),
            ("iam.json", "projects/gcp-acme", "the source's name"),
            (
                "ci@acme.iam.gserviceaccount.com.json",
                "//iam.googleapis.com/projects/acme/serviceAccounts/ci@acme.iam.gserviceaccount.com",
                "certain",
            ),
            (
                "post-v1-projects-p-serviceAccounts-my-sa@acme.iam.gserviceaccount.com-getIamPolicy_1.body.json",
                "//iam.googleapis.com/projects/acme/serviceAccounts/my-sa@acme.iam.gserviceaccount.com",
                "certain",
            ),
            (
                "locations-global-keyRings-Ring-cryptoKeys-test1-getIamPolicy_1.json",
                "locations-global-keyRings-Ring-cryptoKeys-test1-getIamPolicy_1",
                "the file's name",
            ),
        ] {
            assert_eq!(check("gcp-acme", path), (resource.to_owned(), basis), "{path}");
        }
    }

    #[test]
    fn a_condition_may_end() {
        let at = |text| match Moment::parse(text, DateOrder::MonthFirst) {
            Moment::At(at) => Expiry::At(at),
            _ => Expiry::At(Instant(0)),
        };
        for (expression, expected) in [
            ("resource.name.startsWith('x')", Expiry::Never),
            ("request.time < timestamp(\"2026-12-31T00:00:00Z\")", at("2026-12-31")),
            ("request.time <= timestamp('2026-12-31T00:00:00Z')", at("2026-12-31")),
            (
                "request.time > timestamp('2026-01-01T00:00:00Z') && (request.time < timestamp('2026-12-31T00:00:00Z'))",
                at("2026-12-31"),
            ),
            (
                "request.time < timestamp('2026-12-31T00:00:00Z') || true",
                Expiry::NotReported,
            ),
            ("request.time.getHours('UTC') < 9", Expiry::NotReported),
            ("request.time < timestamp(", Expiry::NotReported),
        ] {
            assert_eq!(end_of(expression), expected, "{expression}");
        }
    }
}
