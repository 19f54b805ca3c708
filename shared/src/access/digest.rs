//! What an identity can do and who can act as it, in one short text that changes when either does.
//!
//! A reviewer decides on the access they see. The digest of it goes with the decision, so that nobody takes yesterday's
//! approval for today's access.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use hashbrown::{HashMap, HashSet};
use sha2::{Digest, Sha256};

use super::decision::Holds;
use super::denial;
use crate::model::access_policy::{
    AccessPolicy, AwsCondition, AwsStatement, AzureOperations, Conditional, Denied, Effect, Matched, Privilege,
};
use crate::model::grant::{DenialReach, TrustGuard};
use crate::model::instant::Expiry;
use crate::model::snapshot::{Denial, FileId, Grant, IdentityId, Policy, Snapshot, SourceId, Trust};
use crate::model::strings::{Strings, Sym};

/// What every digest begins with. A digest that begins otherwise was made by another rule, and compares with none.
pub const VERSION: &str = "v1-";
/// What stands between the names of exports, where several are one text.
pub const SEPARATOR: &str = "; ";

/// The access of one identity, in short.
#[derive(Clone)]
pub struct AccessDigest {
    /// [`VERSION`] and 16 hex digits.
    pub text: String,
    /// The exports that state some of that access, as [`export_name`] has them, in order.
    pub exports: Vec<String>,
}

/// The digests of the access of some identities, in their order.
///
/// Read are the grants (role, resource, condition, end, and what the policies behind them say), the boundaries, the denials
/// that may be against the identity (what, where, on which condition; not whom else), and the trusts that name it on either
/// side. Not read are what those are given as whom it may act, the group through which a grant comes, where a statement
/// stands, the order of lists, and what was only seen in use: but for the first, none of them changes what is allowed.
pub fn digests(snapshot: &Snapshot, ids: &[IdentityId]) -> Vec<AccessDigest> {
    let mut all: HashMap<IdentityId, Lines> = ids.iter().map(|id| (*id, Lines::default())).collect();
    for trust in snapshot.trusts.iter().filter(|trust| trust.guard.is_some()) {
        let ends = [trust.target_identity, trust.actor_identity];
        for end in ends.into_iter().flatten().collect::<HashSet<_>>() {
            if let Some(lines) = all.get_mut(&end) {
                lines.add(of_trust(trust, &snapshot.strings), trust.evidence.file);
            }
        }
    }
    let mut policies = Policies::new(snapshot);
    let mut digest = |id: &IdentityId| {
        let mut lines = all.remove(id).unwrap_or_default();
        for grant in snapshot.grants_of(snapshot.identity(*id)) {
            let file = grant.evidence.file;
            lines.add(of_grant(grant, &mut policies), file);
            policies.note_files(grant.policy.unwrap_or(grant.role), file, &mut lines.files);
        }
        for boundary in snapshot.boundaries_of(*id) {
            let file = boundary.evidence.file;
            lines.add(format!("boundary {}", policies.said(boundary.policy)), file);
            policies.note_files(boundary.policy, file, &mut lines.files);
        }
        for denial in &snapshot.denials {
            if denial::against(snapshot, *id, denial).0 != Holds::No {
                lines.add(of_denial(denial, &snapshot.strings), denial.evidence.file);
            }
        }
        let memberships = snapshot.memberships_of(*id).iter();
        lines
            .files
            .extend(memberships.map(|membership| membership.evidence.file));
        lines.digest(snapshot)
    };
    // The same identity twice has the same digest.
    let mut known: HashMap<IdentityId, AccessDigest> = HashMap::new();
    ids.iter()
        .map(|id| known.entry(*id).or_insert_with(|| digest(id)).clone())
        .collect()
}

/// A source and what kind of export of it a file is: `aws-prod: aws_credential_report`.
pub fn export_name(snapshot: &Snapshot, file: FileId) -> String {
    let file = snapshot.file(file);
    let source = &snapshot.source(file.source).name;
    format!("{source}: {}", file.connector.unwrap_or_default())
}

/// What is said of one identity's access, and the files that say it.
#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    files: BTreeSet<FileId>,
}

impl Lines {
    fn add(&mut self, line: String, file: FileId) {
        self.lines.push(line);
        self.files.insert(file);
    }

    fn digest(mut self, snapshot: &Snapshot) -> AccessDigest {
        self.lines.sort_unstable();
        self.lines.dedup();
        let exports: BTreeSet<String> = self.files.iter().map(|file| export_name(snapshot, *file)).collect();
        AccessDigest {
            text: format!("{VERSION}{}", hashed(&self.lines.join("\n"))),
            exports: exports.into_iter().collect(),
        }
    }
}

fn of_trust(trust: &Trust, strings: &Strings) -> String {
    let guard = trust.guard.map_or("", TrustGuard::id);
    let (actor, target) = (trust.actor.in_words(strings), strings.get(trust.target.text));
    format!("trust {actor:?} {} {target:?} {guard}", trust.kind.id())
}

fn of_grant(grant: &Grant, policies: &mut Policies<'_>) -> String {
    let strings = &policies.snapshot.strings;
    let (role, resource) = (strings.get(grant.role), grant.resource.map(|sym| strings.get(sym)));
    let privilege = match grant.privilege {
        Some(Privilege::Administrator) => "administrator",
        Some(Privilege::Limited) => "limited",
        None => "unknown",
    };
    let condition = match grant.conditional {
        Conditional::Always => "always",
        Conditional::OnCondition => "on condition",
    };
    let end = match grant.expires_at {
        Expiry::At(end) => end.to_string(),
        Expiry::Never => "never".to_owned(),
        Expiry::NotReported => String::new(),
    };
    let said = policies.said(grant.policy.unwrap_or(grant.role));
    format!("grant {role:?} {resource:?} {privilege} {condition} {end} {said}")
}

fn of_denial(denial: &Denial, strings: &Strings) -> String {
    let list = |kind: &str, syms: &[Sym]| listed(kind, syms, strings);
    let what = match &denial.denied {
        Denied::Azure { on_resources, on_data } => [
            list("actions", &on_resources.actions),
            list("not", &on_resources.not_actions),
            list("data", &on_data.actions),
            list("not", &on_data.not_actions),
        ]
        .join(" "),
        Denied::Google { permissions, excepted } => {
            format!("{} {}", list("permissions", permissions), list("not", excepted))
        }
    };
    let resource = denial.resource.map(|sym| strings.get(sym));
    let reach = match denial.reach {
        DenialReach::Below => "below",
        DenialReach::Alone => "alone",
    };
    let condition = match denial.conditional {
        Conditional::Always => None,
        Conditional::OnCondition => Some(strings.get_or_empty(denial.condition)),
    };
    format!("denial {what} on {resource:?} {reach} if {condition:?}")
}

/// What policies say, each read once.
pub struct Policies<'s> {
    snapshot: &'s Snapshot,
    by_id: HashMap<Sym, Vec<&'s Policy>>,
    said: HashMap<Sym, String>,
}

impl<'s> Policies<'s> {
    pub fn new(snapshot: &'s Snapshot) -> Self {
        let mut by_id: HashMap<Sym, Vec<&Policy>> = HashMap::new();
        for policy in &snapshot.policies {
            by_id.entry(policy.id).or_default().push(policy);
        }
        Self {
            snapshot,
            by_id,
            said: HashMap::new(),
        }
    }

    /// The id of a policy and a hash of its documents.
    fn said(&mut self, id: Sym) -> String {
        let snapshot = self.snapshot;
        let policies = self.by_id.get(&id).map_or(&[][..], Vec::as_slice);
        let said = self.said.entry(id).or_insert_with(|| {
            let documents = policies.iter().map(|policy| &policy.document);
            format!(
                "{:?} {}",
                snapshot.strings.get(id),
                of_documents(documents, &snapshot.strings)
            )
        });
        said.clone()
    }

    /// A hash of the documents that the exports of one source have of a policy; `None` when they have none.
    pub fn said_in(&self, source: SourceId, id: Sym) -> Option<String> {
        let policies = self.by_id.get(&id)?.iter();
        let own = policies.filter(|policy| self.snapshot.file(policy.evidence.file).source == source);
        let mut documents = own.map(|policy| &policy.document).peekable();
        documents.peek()?;
        Some(of_documents(documents, &self.snapshot.strings))
    }

    /// Adds the files that define a policy, where the source of `file`, which names it, does not.
    fn note_files(&self, id: Sym, file: FileId, files: &mut BTreeSet<FileId>) {
        let policies = self.by_id.get(&id).map_or(&[][..], Vec::as_slice);
        let defining = || policies.iter().map(|policy| policy.evidence.file);
        let is_own = |other: &FileId| self.snapshot.file(*other).source == self.snapshot.file(file).source;
        let has_own = defining().any(|other| is_own(&other));
        files.extend(defining().filter(|other| !has_own || is_own(other)));
    }
}

fn hashed(text: &str) -> String {
    Sha256::digest(text)[..8].iter().fold(String::new(), |mut hex, byte| {
        // Writing to memory does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn of_documents<'p>(documents: impl Iterator<Item = &'p AccessPolicy>, strings: &Strings) -> String {
    let mut documents: Vec<String> = documents.map(|document| in_words(document, strings)).collect();
    documents.sort_unstable();
    documents.dedup();
    hashed(&documents.join("\n"))
}

/// A list in words, in an order of its own.
fn listed(kind: &str, syms: &[Sym], strings: &Strings) -> String {
    format!("{kind} {:?}", sorted(syms.iter().map(|sym| strings.get(*sym))))
}

/// A document in words that do not depend on the order in which an export writes it.
fn in_words(document: &AccessPolicy, strings: &Strings) -> String {
    let list = |kind: &str, syms: &[Sym]| listed(kind, syms, strings);
    match document {
        AccessPolicy::Aws(statements) => {
            sorted(statements.iter().map(|statement| of_statement(statement, strings))).join("; ")
        }
        AccessPolicy::Kubernetes { rules, aggregates } => {
            let rules = rules.iter().map(|rule| {
                [
                    list("verbs", &rule.verbs),
                    list("groups", &rule.api_groups),
                    list("resources", &rule.resources),
                    list("names", &rule.resource_names),
                    list("urls", &rule.non_resource_urls),
                ]
                .join(" ")
            });
            format!("{} {}", sorted(rules).join("; "), list("aggregates", aggregates))
        }
        AccessPolicy::Vault(rules) => {
            let rules = rules
                .iter()
                .map(|rule| list(strings.get(rule.path), &rule.capabilities));
            sorted(rules).join("; ")
        }
        AccessPolicy::Azure { on_resources, on_data } => {
            let mut text = format!(
                "{} {}",
                list("actions", &on_resources.actions),
                list("not", &on_resources.not_actions)
            );
            // A role that was reviewed before actions on data were read is the same role.
            if *on_data != AzureOperations::default() {
                let (data, not) = (list("data", &on_data.actions), list("not", &on_data.not_actions));
                text.push_str(&format!(" {data} {not}"));
            }
            text
        }
        AccessPolicy::Permissions(permissions) => list("permissions", permissions),
    }
}

fn of_statement(statement: &AwsStatement, strings: &Strings) -> String {
    let effect = match statement.effect {
        Effect::Allow => "allow",
        Effect::Deny => "deny",
    };
    let matched = |matched: &Matched| match matched {
        Matched::AnyOf(list) => format!("{:?}", sorted(list.iter().map(|sym| strings.get(*sym)))),
        Matched::NoneOf(list) => format!("not {:?}", sorted(list.iter().map(|sym| strings.get(*sym)))),
    };
    let condition = |condition: &AwsCondition| {
        let values = sorted(condition.values.iter().map(|sym| strings.get(*sym)));
        let (operator, key) = (strings.get(condition.operator), strings.get(condition.key));
        format!("{operator} {key} {values:?}")
    };
    let conditions = sorted(statement.conditions.iter().map(condition));
    let (actions, resources) = (matched(&statement.actions), matched(&statement.resources));
    format!("{effect} {actions} on {resources} if {conditions:?}")
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items
}
