//! Kubernetes objects: service accounts, RBAC, workloads, secrets' metadata, certificates, in any framing that the
//! cluster's tools write.
//!
//! Written by `kubectl get … -A -o json` (or `-o yaml`): a `List` of mixed kinds. Also read: the typed lists of the
//! API (`ClusterRoleList`, whose items do not name their kind), single objects, documents of YAML, and archives with
//! one object in a file and no kind at all (OpenShift insights), with their `config/serviceaccounts.json` and
//! `aggregated/ingress_controllers_certs.json`. Leave `certificates.cert-manager.io` out of the command where
//! cert-manager is not installed.
//! <https://kubernetes.io/docs/reference/kubernetes-api/>
//!
//! Read: service accounts (creation, labels, annotations, the cloud identities they federate into); pods and what
//! controls them (service account, whether its token is mounted); roles, cluster roles with what they aggregate,
//! bindings; secrets (type, creation, service account, legacy token use; of the values only a fingerprint, and the
//! certificates of TLS secrets); certificates that cert-manager or the cluster itself issued.
//!
//! How things are told apart:
//! - A pod that something controls is not a workload of its own: its controller is, and above a replica set or a job
//!   the deployment or cron job. A pod template's hash tells the deployment when the replica set is not in the file.
//! - A workload whose service account's token is not mounted (`automountServiceAccountToken`, where the pod's word
//!   goes before the account's, and no projected token) still runs as the account, so the trust is kept, but behind
//!   `TrustGuard::OtherCondition`: the process holds nothing that it could act with. Static pods have no account.
//! - A TLS secret whose certificate can be read *is* that certificate, under the key `x509:…` that every export gives
//!   it. Where only the secret's name is known (no data, cert-manager's `Certificate`, the insights archive) the key
//!   is `k8s-secret:source/namespace/name`, which the secret with its data, in any file of the source, joins with the
//!   certificate.
//! - Tokens that the API server hands out for an hour (projected volumes) are not stored anywhere and are no
//!   credential. Helm's release records are stored as secrets and are none.
//! - `system:` groups are formed by each cluster for itself, so the source stands before their name; other groups are
//!   the identity provider's and keep theirs.
//! - A file with secrets of the cluster lists all that its service accounts have, also those of other files of its
//!   source.
//! - A binding in a namespace has that namespace as its resource, also when it binds `cluster-admin`; a cluster role
//!   binding has `cluster`.
//!
//! Cannot tell: see the connector's `cannot_tell`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics, shorten};
use crate::model::access_policy::{AccessPolicy, Conditional, KubernetesRule, PolicyFact, Privilege};
use crate::model::batch::{Batch, Synonym};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus, Custody};
use crate::model::grant::{GrantFact, MembershipFact, TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{IdentityFact, IdentityKind, Knowledge, Origin, OwnerBasis, OwnerClaim, Presence, Status};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::absent::present;
use crate::reading::certificate;
use crate::reading::fingerprint::fingerprint;
use crate::reading::json::{self, Row, Rows};
use crate::reading::labels::{self, ENVIRONMENT_KEYS, OWNER_KEYS, PURPOSE_KEYS};
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::one_or_many::OneOrMany;

pub const CONNECTOR: Connector = Connector {
    id: "kubernetes_objects",
    title: "Kubernetes objects",
    vendor: "Kubernetes",
    command: "kubectl get sa,secrets,roles,clusterroles,rolebindings,clusterrolebindings,pods,deployments,replicasets,statefulsets,daemonsets,jobs,cronjobs,csr,certificates.cert-manager.io -A -o json > k8s.json",
    cannot_tell: &[
        "the cluster's name: the folder of the source stands for it",
        "when a service account was last used: only legacy tokens carry a date, the rest is in the audit log",
        "who belongs to a group of the cluster's authenticator, and which of its users are people",
        "when a secret's value was last replaced: the date is that of the secret object",
        "whether a cloud accepts the federation that a service account's annotation asks for: add that cloud's export",
        "whether a token is mounted where the workloads are in one file and their service accounts in another",
    ],
    signatures: &[
        // One object, or one of several documents or lines.
        &[Mark::Has("apiVersion"), Mark::Has("kind"), Mark::Has("metadata.name")],
        // `kubectl get -o json`, whose own kind comes last, and the lists of the API.
        &[
            Mark::Has("items[].apiVersion"),
            Mark::Has("items[].kind"),
            Mark::Has("items[].metadata"),
        ],
        &[
            Mark::Has("apiVersion"),
            Mark::Contains("kind", "List"),
            Mark::Has("items"),
            // The API server's audit log comes as a list as well.
            Mark::Lacks("items[].auditID"),
        ],
        &[
            Mark::Has("metadata.resourceVersion"),
            Mark::Has("items[].metadata.name"),
        ],
        // Objects as typed clients write them, without their kind.
        &[
            Mark::Has("metadata.name"),
            Mark::Has("metadata.uid"),
            Mark::Has("metadata.creationTimestamp"),
        ],
        &[Mark::Has("metadata.name"), Mark::Has("rules[].verbs")],
        &[Mark::Has("metadata.name"), Mark::Has("roleRef.name")],
        &[Mark::Has("metadata.name"), Mark::Has("spec.containers[].image")],
        &[Mark::Has("TypeMeta"), Mark::Has("ObjectMeta.name")],
        // OpenShift insights: all service accounts in one object, and the ingress controllers' certificates.
        &[
            Mark::Has("serviceAccounts.TOTAL_COUNT"),
            Mark::Has("serviceAccounts.namespaces"),
        ],
        &[
            Mark::Has("controllers"),
            Mark::Has("not_after"),
            Mark::Has("namespace"),
            Mark::Has("name"),
        ],
    ],
    parse,
};

/// How many lists may stand inside one another. `kubectl` writes one; people wrap lists that they have.
const MAX_LIST_DEPTH: usize = 4;

/// How often a cluster role may be held against another one's selectors. A cluster with 1,000 cluster roles, 20 of
/// them aggregated, needs 20,000.
const MAX_AGGREGATION_STEPS: usize = 10_000_000;

/// How many kinds without facts are named. A cluster has about 60 of its own and as many of its operators.
const MAX_KINDS_NAMED: usize = 200;

/// A text, borrowed when it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A map of labels, annotations or data, in the order of the file, with its values unread.
#[derive(Default)]
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// Any object. Members whose meaning depends on the kind stay text until the kind is known.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a Kubernetes object")]
struct RawObject<'a> {
    #[serde(borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    api_version: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ObjectMeta")]
    metadata: Option<RawMetadata<'a>>,
    #[serde(borrow, default, alias = "Spec")]
    spec: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "Status")]
    status: Option<&'a RawValue>,
    #[serde(borrow, default)]
    rules: Option<&'a RawValue>,
    #[serde(borrow, default)]
    aggregation_rule: Option<&'a RawValue>,
    #[serde(borrow, default)]
    role_ref: Option<&'a RawValue>,
    #[serde(borrow, default)]
    subjects: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "type")]
    secret_type: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    string_data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    automount_service_account_token: Option<&'a RawValue>,
    #[serde(default)]
    secrets: Option<IgnoredAny>,
    #[serde(default)]
    image_pull_secrets: Option<IgnoredAny>,
    #[serde(default)]
    items: Option<IgnoredAny>,
    #[serde(borrow, default)]
    service_accounts: Option<&'a RawValue>,
    #[serde(default, rename = "not_after")]
    ingress_certificate: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object's metadata")]
struct RawMetadata<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    namespace: Option<Text<'a>>,
    #[serde(default)]
    creation_timestamp: Moment,
    #[serde(borrow, default)]
    labels: Option<Members<'a>>,
    #[serde(borrow, default)]
    annotations: Option<Members<'a>>,
    #[serde(borrow, default)]
    owner_references: OneOrMany<RawOwner<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "an owner reference")]
struct RawOwner<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(default)]
    controller: Option<bool>,
}

/// The spec of anything that runs pods: a pod's own, or one with a template, which cron jobs keep one level deeper.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a spec with a pod template")]
struct RawWorkload<'a> {
    #[serde(default)]
    replicas: Option<u64>,
    #[serde(borrow, default)]
    template: Option<RawTemplate<'a>>,
    #[serde(borrow, default)]
    job_template: Option<RawJobTemplate<'a>>,
}

#[derive(Deserialize)]
struct RawJobTemplate<'a> {
    #[serde(borrow, default)]
    spec: Option<RawJobSpec<'a>>,
}

#[derive(Deserialize)]
struct RawJobSpec<'a> {
    #[serde(borrow, default)]
    template: Option<RawTemplate<'a>>,
}

#[derive(Deserialize)]
struct RawTemplate<'a> {
    #[serde(borrow, default)]
    spec: Option<RawPodSpec<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a pod's spec")]
struct RawPodSpec<'a> {
    #[serde(borrow, default)]
    service_account_name: Option<Text<'a>>,
    /// The older name of the same.
    #[serde(borrow, default)]
    service_account: Option<Text<'a>>,
    #[serde(default)]
    automount_service_account_token: Option<bool>,
    #[serde(default)]
    volumes: OneOrMany<RawVolume>,
}

#[derive(Deserialize)]
struct RawVolume {
    #[serde(default)]
    projected: Option<RawProjected>,
}

#[derive(Deserialize)]
struct RawProjected {
    #[serde(default)]
    sources: OneOrMany<RawSource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSource {
    #[serde(default)]
    service_account_token: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a rule")]
struct RawRule<'a> {
    #[serde(borrow, default)]
    verbs: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    api_groups: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    resources: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    resource_names: OneOrMany<Text<'a>>,
    #[serde(borrow, default, rename = "nonResourceURLs")]
    non_resource_urls: OneOrMany<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an aggregation rule")]
struct RawAggregation<'a> {
    #[serde(borrow, default)]
    cluster_role_selectors: OneOrMany<RawSelector<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a label selector")]
struct RawSelector<'a> {
    #[serde(borrow, default)]
    match_labels: Option<Members<'a>>,
    #[serde(borrow, default)]
    match_expressions: OneOrMany<RawExpression<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a requirement of a selector")]
struct RawExpression<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    operator: Operator,
    #[serde(borrow, default)]
    values: OneOrMany<Text<'a>>,
}

#[derive(Clone, Copy, Deserialize)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

#[derive(Deserialize)]
#[serde(expecting = "a reference to a role")]
struct RawRoleRef<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize)]
#[serde(expecting = "a subject")]
struct RawSubject<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default)]
    namespace: Option<Text<'a>>,
}

/// The spec of a signing request. The insights archive writes it without the vendor's camel case.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a signing request's spec")]
struct RawSigningRequest<'a> {
    #[serde(borrow, default, alias = "Username")]
    username: Option<Text<'a>>,
    #[serde(borrow, default, alias = "SignerName")]
    signer_name: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a signing request's status")]
struct RawSigned<'a> {
    #[serde(borrow, default)]
    certificate: Option<Text<'a>>,
    #[serde(default, rename = "Cert")]
    anonymised: Option<RawAnonymised>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAnonymised {
    #[serde(default)]
    not_before: Moment,
    #[serde(default)]
    not_after: Moment,
}

/// The spec of cert-manager's `Certificate`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a certificate's spec")]
struct RawWantedCertificate<'a> {
    #[serde(borrow, default)]
    secret_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    common_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    dns_names: OneOrMany<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a certificate's status")]
struct RawIssuance {
    #[serde(default)]
    not_before: Moment,
    #[serde(default)]
    not_after: Moment,
}

/// The members of an object without a kind that tell what it is.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawShape {
    #[serde(default)]
    containers: Option<IgnoredAny>,
    #[serde(default, alias = "Request")]
    request: Option<IgnoredAny>,
    #[serde(default, alias = "Username")]
    username: Option<IgnoredAny>,
    #[serde(default)]
    secret_name: Option<IgnoredAny>,
    #[serde(default)]
    issuer_ref: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct RawListMetadata<'a> {
    #[serde(borrow, default, rename = "continue")]
    next: Option<Text<'a>>,
}

/// `config/serviceaccounts.json` of OpenShift insights.
#[derive(Deserialize)]
#[serde(expecting = "the totals and the namespaces")]
struct RawServiceAccounts<'a> {
    #[serde(default, rename = "TOTAL_COUNT")]
    n_total: Option<u64>,
    #[serde(borrow, default)]
    namespaces: Members<'a>,
}

#[derive(Deserialize)]
#[serde(expecting = "a service account")]
struct RawListedAccount<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

/// A row of `aggregated/ingress_controllers_certs.json` of OpenShift insights.
#[derive(Deserialize)]
#[serde(expecting = "a certificate")]
struct RawIngressCertificate<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(default)]
    not_before: Moment,
    #[serde(default)]
    not_after: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut reader = Reader::new(input);
    let rows = json::rows(input.text, &["items"], &mut reader.diagnostics);
    reader.note_pages(&rows);
    reader.list(&rows, 0);
    reader.finish()
}

/// The kinds that say something about identities, with how their API names many of them and its groups.
const KINDS: &[(&str, &str, &[&str], Kind)] = &[
    ("ServiceAccount", "serviceaccounts", &[""], Kind::ServiceAccount),
    ("Role", "roles", &["rbac.authorization.k8s.io"], Kind::Role),
    (
        "ClusterRole",
        "clusterroles",
        &["rbac.authorization.k8s.io"],
        Kind::ClusterRole,
    ),
    (
        "RoleBinding",
        "rolebindings",
        &["rbac.authorization.k8s.io"],
        Kind::RoleBinding,
    ),
    (
        "ClusterRoleBinding",
        "clusterrolebindings",
        &["rbac.authorization.k8s.io"],
        Kind::ClusterRoleBinding,
    ),
    ("Secret", "secrets", &[""], Kind::Secret),
    ("Pod", "pods", &[""], Kind::Pod),
    (
        "Deployment",
        "deployments",
        &["apps", "extensions"],
        Kind::Workload("Deployment"),
    ),
    (
        "ReplicaSet",
        "replicasets",
        &["apps", "extensions"],
        Kind::Workload("ReplicaSet"),
    ),
    ("StatefulSet", "statefulsets", &["apps"], Kind::Workload("StatefulSet")),
    (
        "DaemonSet",
        "daemonsets",
        &["apps", "extensions"],
        Kind::Workload("DaemonSet"),
    ),
    (
        "ReplicationController",
        "replicationcontrollers",
        &[""],
        Kind::Workload("ReplicationController"),
    ),
    ("Job", "jobs", &["batch"], Kind::Workload("Job")),
    ("CronJob", "cronjobs", &["batch"], Kind::Workload("CronJob")),
    (
        "DeploymentConfig",
        "deploymentconfigs",
        &["apps.openshift.io"],
        Kind::Workload("DeploymentConfig"),
    ),
    ("Rollout", "rollouts", &["argoproj.io"], Kind::Workload("Rollout")),
    (
        "CertificateSigningRequest",
        "certificatesigningrequests",
        &["certificates.k8s.io"],
        Kind::SigningRequest,
    ),
    (
        "Certificate",
        "certificates",
        &["cert-manager.io", "certmanager.k8s.io"],
        Kind::IssuedCertificate,
    ),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    ServiceAccount,
    Role,
    ClusterRole,
    RoleBinding,
    ClusterRoleBinding,
    Secret,
    Pod,
    /// Something with a pod template, by the name of its kind.
    Workload(&'static str),
    SigningRequest,
    /// cert-manager's `Certificate`.
    IssuedCertificate,
}

/// What a list says its items are: the kind without its `List`, and the API version.
#[derive(Clone, Copy, Default)]
struct ItemType<'a> {
    kind: Option<&'a str>,
    api_version: Option<&'a str>,
}

/// Whether a workload's processes hold the token of their service account.
#[derive(Clone, Copy)]
enum Token {
    Mounted,
    Withheld,
    /// Neither: the service account's own word decides.
    AsAccountSays,
}

struct Running {
    workload: Sym,
    account: Handle,
    token: Token,
    place: Place,
}

/// A cluster role whose rules are those of others.
struct Aggregated {
    /// Its index among the batch's policies.
    policy: usize,
    selectors: Vec<Vec<Requirement>>,
}

struct Requirement {
    key: Sym,
    operator: Operator,
    values: Vec<Sym>,
}

struct Labelled {
    id: Sym,
    labels: Vec<(Sym, Sym)>,
}

struct Reader<'i> {
    input: Input<'i>,
    batch: Batch,
    diagnostics: Diagnostics,
    /// Where names are put together before they are interned.
    scratch: String,
    running: Vec<Running>,
    /// What controls a workload: `ReplicaSet ns/api-5d8f` is of `Deployment ns/api`.
    controllers: HashMap<Sym, Sym>,
    /// What service accounts say of mounting their token, by the text of their handle.
    automount: HashMap<Sym, bool>,
    cluster_roles: Vec<Labelled>,
    aggregated: Vec<Aggregated>,
    /// Whether the file lists the cluster's secrets, and so every token that it stores for a service account.
    secrets_known: Knowledge,
    /// Kinds that hold no fact, and how often they occurred.
    passed_over: BTreeMap<String, u32>,
}

impl<'i> Reader<'i> {
    fn new(input: Input<'i>) -> Self {
        Self {
            input,
            batch: Batch::default(),
            diagnostics: Diagnostics::default(),
            scratch: String::new(),
            running: Vec::new(),
            controllers: HashMap::new(),
            automount: HashMap::new(),
            cluster_roles: Vec::new(),
            aggregated: Vec::new(),
            secrets_known: Knowledge::NotReported,
            passed_over: BTreeMap::new(),
        }
    }

    /// The API hands out long lists in pages, each of which but the last has a token for the next.
    fn note_pages(&mut self, rows: &Rows<'_>) {
        let mut chains: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for page in &rows.pages {
            let is_continued = rows
                .page_header(page, "metadata")
                .and_then(|text| serde_json::from_str::<RawListMetadata<'_>>(text).ok())
                .and_then(|metadata| metadata.next)
                .is_some_and(|token| !token.0.is_empty());
            let kind = rows.page_header(page, "kind").unwrap_or("List");
            if kind == "SecretList" {
                self.secrets_known = Knowledge::Reported;
            }
            let chain = chains.entry(kind).or_default();
            match is_continued {
                true => chain.0 += 1,
                false => chain.1 += 1,
            }
        }
        for (chain, (n_continued, n_last)) in chains {
            self.batch.note_pages(chain, n_continued, n_last);
        }
    }

    fn list(&mut self, rows: &Rows<'_>, depth: usize) {
        let mut pages = rows.pages.iter().peekable();
        for (index, row) in rows.rows.iter().enumerate() {
            while pages.next_if(|page| page.rows.end <= index).is_some() {}
            let item_type = match pages.peek() {
                Some(page) if page.rows.contains(&index) => ItemType {
                    kind: rows
                        .page_header(page, "kind")
                        .and_then(|kind| kind.strip_suffix("List"))
                        .filter(|kind| !kind.is_empty()),
                    api_version: rows.page_header(page, "apiVersion"),
                },
                _ => ItemType::default(),
            };
            self.object(row, item_type, depth);
        }
    }

    fn object(&mut self, row: &Row<'_>, listed_as: ItemType<'_>, depth: usize) {
        let Some(object) = row.parse::<RawObject<'_>>(&mut self.diagnostics) else {
            return;
        };
        if object.metadata.is_none() {
            if let Some(accounts) = object.service_accounts {
                return self.account_summary(row, accounts);
            }
            if object.ingress_certificate.is_some() {
                return self.ingress_certificate(row);
            }
        }
        let own = object.kind.as_ref().map(|kind| &*kind.0);
        if object.items.is_some() && own.is_some_and(|kind| kind.ends_with("List")) {
            return self.inner_list(row, depth);
        }
        let Some(metadata) = &object.metadata else {
            self.diagnostics.push(Diagnostic::error(
                row.name(),
                own.unwrap_or("no `metadata`"),
                "a Kubernetes object with `metadata`",
                "this row was left out; export it with `kubectl get … -o json`",
            ));
            return;
        };
        let kind = match (own, listed_as.kind) {
            (Some(name), _) => declared(name, object.api_version.as_ref().map(|version| &*version.0)),
            (None, Some(name)) => declared(name, listed_as.api_version),
            (None, None) => shape(&object, metadata).or_else(|| kind_in_path(self.input.path)),
        };
        match kind {
            Some(Kind::ServiceAccount) => self.service_account(row, &object, metadata),
            Some(Kind::Role) => self.role(row, &object, metadata, RoleScope::Namespace),
            Some(Kind::ClusterRole) => self.role(row, &object, metadata, RoleScope::Cluster),
            Some(Kind::RoleBinding) => self.binding(row, &object, metadata, RoleScope::Namespace),
            Some(Kind::ClusterRoleBinding) => self.binding(row, &object, metadata, RoleScope::Cluster),
            Some(Kind::Secret) => self.secret(row, &object, metadata),
            Some(Kind::Pod) => self.pod(row, &object, metadata),
            Some(Kind::Workload(kind)) => self.workload(row, &object, metadata, kind),
            Some(Kind::SigningRequest) => self.signing_request(row, &object, metadata),
            Some(Kind::IssuedCertificate) => self.issued_certificate(row, &object, metadata),
            None => match (own.or(listed_as.kind), object.api_version.as_ref()) {
                (Some(kind), Some(version)) if KINDS.iter().any(|(known, ..)| *known == kind) => {
                    self.pass_over(&format!("{kind} of {}", version.0));
                }
                (kind, _) => self.pass_over(kind.unwrap_or("objects without a kind")),
            },
        }
    }

    fn inner_list(&mut self, row: &Row<'_>, depth: usize) {
        if depth == MAX_LIST_DEPTH {
            self.diagnostics.push(Diagnostic::error(
                row.name(),
                format!("{MAX_LIST_DEPTH} lists inside one another"),
                "fewer lists",
                "this list was left out; export its objects by themselves",
            ));
            return;
        }
        let rows = json::rows(row.text, &["items"], &mut self.diagnostics);
        self.list(&rows, depth + 1);
    }

    fn service_account(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>) {
        let Some((namespace, name)) = self.name(row, metadata) else {
            return;
        };
        let place = row.place(&mut self.batch);
        let handle = self.account_handle(namespace, name);
        let created_at = metadata
            .creation_timestamp
            .clone()
            .instant(|| created_place(row), &mut self.diagnostics);
        let mut fact = self.listed_account(handle, namespace, name, place);
        fact.created_at = created_at;
        self.describe(metadata, &mut fact);
        self.state_account(namespace, handle, fact);
        if let Some(automount) = object
            .automount_service_account_token
            .and_then(scalar)
            .and_then(|text| text.parse().ok())
        {
            self.automount.insert(handle.text, automount);
        }
        for (annotation, handle_kind) in CLOUD_IDENTITIES {
            if let Some(text) = metadata.annotation(annotation) {
                self.cloud_identity(row, handle, annotation, *handle_kind, &text, place);
            }
        }
    }

    fn listed_account(&mut self, handle: Handle, namespace: &str, name: &str, place: Place) -> IdentityFact {
        let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::ServiceAccount, place);
        fact.name = Some(self.joined(&[namespace, "/", name]));
        fact.account = Some(self.batch.sym(namespace));
        // There is no way to disable one.
        fact.status = Status::Active;
        if is_of_platform(namespace, name) {
            fact.origin = Origin::Platform;
        }
        fact
    }

    /// States an account, which belongs to two groups that bindings may name: the cluster's and its namespace's.
    fn state_account(&mut self, namespace: &str, handle: Handle, fact: IdentityFact) {
        let of_cluster = self.system_group(ACCOUNTS_GROUP);
        let of_namespace = self.joined(&[self.input.source, "/", ACCOUNTS_GROUP, ":", namespace]);
        for group in [of_cluster, of_namespace] {
            self.batch.memberships.push(MembershipFact {
                member: Principal::Identity(handle),
                group,
                place: fact.place,
            });
        }
        self.batch.identities.push(fact);
    }

    /// Owners, purpose and environment from labels and annotations. The plainest key of a kind decides.
    fn describe(&mut self, metadata: &RawMetadata<'_>, fact: &mut IdentityFact) {
        let (mut best_purpose, mut best_environment) = (usize::MAX, usize::MAX);
        let members = [&metadata.labels, &metadata.annotations].into_iter().flatten();
        for (key, value) in members.flat_map(|members| &members.0) {
            let owner = labels::rank(OWNER_KEYS, key);
            let purpose = labels::rank(PURPOSE_KEYS, key).filter(|rank| *rank < best_purpose);
            let environment = labels::rank(ENVIRONMENT_KEYS, key).filter(|rank| *rank < best_environment);
            if (owner, purpose, environment) == (None, None, None) {
                continue;
            }
            let Some(text) = scalar(value) else { continue };
            let Some(text) = present(&text) else { continue };
            let text = self.batch.sym(text);
            if owner.is_some() && fact.owners.iter().all(|claim| claim.text != text) {
                fact.owners.push(OwnerClaim {
                    text,
                    basis: OwnerBasis::Tag,
                });
            }
            if let Some(rank) = purpose {
                (fact.purpose, best_purpose) = (Some(text), rank);
            }
            if let Some(rank) = environment {
                (fact.environment, best_environment) = (Some(text), rank);
            }
        }
    }

    /// A cloud's identity that tokens of the service account are exchanged for.
    fn cloud_identity(
        &mut self,
        row: &Row<'_>,
        account: Handle,
        annotation: &str,
        kind: HandleKind,
        text: &str,
        place: Place,
    ) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let canonical = match kind {
            HandleKind::Arn if text.starts_with("arn:") => Cow::Borrowed(text),
            HandleKind::GcpServiceAccount if text.contains('@') => Cow::Owned(text.to_lowercase()),
            HandleKind::EntraApp if text.len() == 36 && text.bytes().filter(|b| *b == b'-').count() == 4 => {
                Cow::Owned(text.to_lowercase())
            }
            _ => {
                self.diagnostics.push(Diagnostic::warning(
                    format!("{}.metadata.annotations[\"{annotation}\"]", row.name()),
                    text,
                    "an ARN, a Google service account's address or an Entra client id, as the annotation says",
                    "the federation was left out; mend the annotation if the workload needs it",
                ));
                return;
            }
        };
        let target = self.batch.handle(kind, &canonical);
        self.batch.trusts.push(TrustFact {
            actor: Principal::Identity(account),
            target,
            kind: TrustKind::Federates,
            guard: TrustGuard::SubjectOrAudience,
            presence: Presence::Listed,
            place,
        });
    }

    fn account_summary(&mut self, row: &Row<'_>, raw: &RawValue) {
        let Some(summary) = member::<RawServiceAccounts<'_>>(row, "serviceAccounts", Some(raw), &mut self.diagnostics)
        else {
            return;
        };
        let mut n_listed = 0;
        for (namespace, accounts) in &summary.namespaces.0 {
            let list = format!("serviceAccounts.namespaces.{namespace}");
            let Some(accounts) =
                member::<OneOrMany<RawListedAccount<'_>>>(row, &list, Some(accounts), &mut self.diagnostics)
            else {
                continue;
            };
            for (index, account) in accounts.0.iter().enumerate() {
                n_listed += 1;
                let place = self.batch.item(&list, index);
                let handle = self.account_handle(namespace, &account.name.0);
                let fact = self.listed_account(handle, namespace, &account.name.0, place);
                self.state_account(namespace, handle, fact);
            }
        }
        if let Some(n_total) = summary.n_total.filter(|n_total| *n_total > n_listed) {
            self.batch.gaps.push(format!(
                "the archive lists {n_listed} of the cluster's {n_total} service accounts: export them with `kubectl get sa -A -o json`"
            ));
        }
    }

    fn role(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>, scope: RoleScope) {
        let Some((namespace, name)) = self.scoped_name(row, metadata, scope) else {
            return;
        };
        // One bad rule makes the whole role unknown: a part of it would look like less access than there is.
        let rules = match object.rules {
            None => OneOrMany::default(),
            raw => match member::<OneOrMany<RawRule<'_>>>(row, "rules", raw, &mut self.diagnostics) {
                Some(rules) => rules,
                None => return,
            },
        };
        let rules = rules.0.iter().map(|rule| self.rule(rule)).collect();
        let id = self.role_id(namespace, name);
        let policy = PolicyFact {
            id,
            name: self.batch.sym(name),
            document: AccessPolicy::Kubernetes {
                rules,
                aggregates: Vec::new(),
            },
            place: row.place(&mut self.batch),
        };
        self.batch.policies.push(policy);
        if scope == RoleScope::Namespace {
            return;
        }
        if let Some(aggregation) =
            member::<RawAggregation<'_>>(row, "aggregationRule", object.aggregation_rule, &mut self.diagnostics)
        {
            let selectors = aggregation.cluster_role_selectors.0.iter();
            let selectors = selectors.map(|selector| self.selector(selector)).collect();
            self.aggregated.push(Aggregated {
                policy: self.batch.policies.len() - 1,
                selectors,
            });
        }
        let labels = metadata.labels.iter().flat_map(|labels| &labels.0);
        let labels = labels
            .filter_map(|(key, value)| Some((self.batch.sym(key), self.batch.sym(&scalar(value)?))))
            .collect();
        self.cluster_roles.push(Labelled { id, labels });
    }

    fn rule(&mut self, rule: &RawRule<'_>) -> KubernetesRule {
        let mut syms = |texts: &OneOrMany<Text<'_>>| texts.0.iter().map(|text| self.batch.sym(&text.0)).collect();
        KubernetesRule {
            verbs: syms(&rule.verbs),
            api_groups: syms(&rule.api_groups),
            resources: syms(&rule.resources),
            resource_names: syms(&rule.resource_names),
            non_resource_urls: syms(&rule.non_resource_urls),
        }
    }

    fn selector(&mut self, selector: &RawSelector<'_>) -> Vec<Requirement> {
        let mut requirements = Vec::new();
        for (key, value) in selector.match_labels.iter().flat_map(|labels| &labels.0) {
            if let Some(value) = scalar(value) {
                requirements.push(Requirement {
                    key: self.batch.sym(key),
                    operator: Operator::In,
                    values: vec![self.batch.sym(&value)],
                });
            }
        }
        for expression in &selector.match_expressions.0 {
            requirements.push(Requirement {
                key: self.batch.sym(&expression.key.0),
                operator: expression.operator,
                values: expression.values.0.iter().map(|text| self.batch.sym(&text.0)).collect(),
            });
        }
        requirements
    }

    fn binding(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>, scope: RoleScope) {
        let Some((namespace, _)) = self.scoped_name(row, metadata, scope) else {
            return;
        };
        let Some(role) = member::<RawRoleRef<'_>>(row, "roleRef", object.role_ref, &mut self.diagnostics) else {
            if object.role_ref.is_none() {
                self.diagnostics.push(Diagnostic::error(
                    row.name(),
                    "a binding without `roleRef`",
                    "the role that it binds",
                    "this binding was left out; export it again",
                ));
            }
            return;
        };
        let name = &*role.name.0;
        let (policy, privilege) = match &*role.kind.0 {
            "ClusterRole" => (
                self.role_id(None, name),
                (name == "cluster-admin").then_some(Privilege::Administrator),
            ),
            "Role" => (self.role_id(namespace, name), None),
            other => {
                self.diagnostics.push(Diagnostic::error(
                    format!("{}.roleRef.kind", row.name()),
                    other,
                    "Role or ClusterRole",
                    "this binding was left out; export it again",
                ));
                return;
            }
        };
        let Some(subjects) =
            member::<OneOrMany<RawSubject<'_>>>(row, "subjects", object.subjects, &mut self.diagnostics)
        else {
            return;
        };
        let place = row.place(&mut self.batch);
        let role = self.batch.sym(name);
        let resource = self.batch.sym(namespace.unwrap_or("cluster"));
        for (index, subject) in subjects.0.iter().enumerate() {
            let Some(subject) = self.subject(row, index, subject) else {
                continue;
            };
            self.batch.grants.push(GrantFact {
                subject,
                role,
                policy: Some(policy),
                resource: Some(resource),
                privilege,
                conditional: Conditional::Always,
                // Bindings cannot end by themselves.
                expires_at: Expiry::Never,
                place,
            });
        }
    }

    fn subject(&mut self, row: &Row<'_>, index: usize, subject: &RawSubject<'_>) -> Option<Principal> {
        let name = &*subject.name.0;
        match (&*subject.kind.0, &subject.namespace) {
            ("ServiceAccount", Some(namespace)) if !namespace.0.is_empty() => {
                Some(Principal::Identity(self.account_handle(&namespace.0, name)))
            }
            ("User", _) => Some(self.user(name)),
            ("Group", _) => Some(match name {
                "system:unauthenticated" => Principal::Anyone,
                "system:authenticated" => Principal::AnyoneAuthenticated,
                _ if name.starts_with("system:") => Principal::Group(self.system_group(name)),
                // The identity provider's own name for it, which its export also uses.
                _ => Principal::Group(self.batch.sym(name)),
            }),
            (kind, _) => {
                self.diagnostics.push(Diagnostic::error(
                    format!("{}.subjects[{index}]", row.name()),
                    match kind {
                        "ServiceAccount" => "a service account without a namespace",
                        other => other,
                    },
                    "a User, a Group, or a ServiceAccount with its namespace",
                    "this subject was left out; the cluster refuses it too, so export the binding from the cluster",
                ));
                None
            }
        }
    }

    /// A user as RBAC and signing requests name it.
    fn user(&mut self, name: &str) -> Principal {
        if let Some((namespace, account)) = name.strip_prefix(ACCOUNT_USER).and_then(|rest| rest.split_once(':')) {
            Principal::Identity(self.account_handle(namespace, account))
        } else if name == "system:anonymous" {
            Principal::Anyone
        } else if name.starts_with("system:") {
            Principal::PlatformService(self.batch.sym(name))
        } else {
            Principal::Identity(self.user_handle(name))
        }
    }

    fn pod(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>) {
        let Some((namespace, name)) = self.name(row, metadata) else {
            return;
        };
        let controller = metadata.controller();
        // A static pod is run by its node from a file, and cannot have a service account.
        if controller.is_some_and(|owner| owner.kind.0 == "Node")
            || metadata.annotation("kubernetes.io/config.mirror").is_some()
        {
            return;
        }
        let Some(spec) = member::<RawPodSpec<'_>>(row, "spec", object.spec, &mut self.diagnostics) else {
            return;
        };
        let workload = match controller {
            None => self.workload_name("Pod", namespace, name),
            Some(owner) => match deployment_of(owner, metadata) {
                Some(deployment) => self.workload_name("Deployment", namespace, deployment),
                None => self.workload_name(&owner.kind.0, namespace, &owner.name.0),
            },
        };
        self.runs_as(row, workload, namespace, &spec);
    }

    fn workload(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>, kind: &'static str) {
        let Some((namespace, name)) = self.name(row, metadata) else {
            return;
        };
        let Some(spec) = member::<RawWorkload<'_>>(row, "spec", object.spec, &mut self.diagnostics) else {
            return;
        };
        let workload = self.workload_name(kind, namespace, name);
        if let Some(owner) = metadata.controller()
            && matches!(kind, "ReplicaSet" | "Job" | "ReplicationController")
        {
            let controller = self.workload_name(&owner.kind.0, namespace, &owner.name.0);
            self.controllers.insert(workload, controller);
            // Past revisions of a deployment are kept without pods, and may name another service account.
            if spec.replicas == Some(0) {
                return;
            }
        }
        let template = match spec.job_template {
            Some(job) => job.spec.and_then(|spec| spec.template),
            None => spec.template,
        };
        if let Some(pod) = template.and_then(|template| template.spec) {
            self.runs_as(row, workload, namespace, &pod);
        }
    }

    fn runs_as(&mut self, row: &Row<'_>, workload: Sym, namespace: &str, spec: &RawPodSpec<'_>) {
        let name = [&spec.service_account_name, &spec.service_account]
            .into_iter()
            .flatten()
            .map(|name| &*name.0)
            .find(|name| !name.is_empty())
            .unwrap_or("default");
        let has_projected_token = spec
            .volumes
            .0
            .iter()
            .flat_map(|volume| &volume.projected)
            .flat_map(|projected| &projected.sources.0)
            .any(|source| source.service_account_token.is_some());
        let running = Running {
            workload,
            account: self.account_handle(namespace, name),
            token: match (has_projected_token, spec.automount_service_account_token) {
                (true, _) | (false, Some(true)) => Token::Mounted,
                (false, Some(false)) => Token::Withheld,
                (false, None) => Token::AsAccountSays,
            },
            place: row.place(&mut self.batch),
        };
        self.running.push(running);
    }

    fn secret(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>) {
        let Some((namespace, name)) = self.name(row, metadata) else {
            return;
        };
        // A manifest, which has no dates, lists what somebody wrote and not what the cluster has.
        if metadata.creation_timestamp != Moment::Absent {
            self.secrets_known = Knowledge::Reported;
        }
        let declared = object.secret_type.and_then(scalar);
        // A secret without a type is opaque.
        let (kind, main_member) = match declared.as_deref().unwrap_or("Opaque") {
            "kubernetes.io/service-account-token" => (CredentialKind::Token, "token"),
            "kubernetes.io/tls" => (CredentialKind::Certificate, "tls.crt"),
            "kubernetes.io/basic-auth" => (CredentialKind::Password, "password"),
            "kubernetes.io/ssh-auth" => (CredentialKind::SshKey, "ssh-privatekey"),
            "kubernetes.io/dockerconfigjson" => (CredentialKind::Password, ".dockerconfigjson"),
            "kubernetes.io/dockercfg" => (CredentialKind::Password, ".dockercfg"),
            "bootstrap.kubernetes.io/token" => (CredentialKind::Token, "token-secret"),
            HELM_RELEASE => return self.pass_over("Secret of type helm.sh/release.v1"),
            _ => (CredentialKind::StoredSecret, ""),
        };
        let data = Data {
            members: self.data(row, "data", object.data),
            plain: self.data(row, "stringData", object.string_data),
        };
        let key = self.secret_key(namespace, name);
        if kind == CredentialKind::Certificate && self.tls_secret(row, &data, key) {
            return;
        }
        let place = row.place(&mut self.batch);
        let mut fact = CredentialFact::listed(key, kind, place);
        fact.name = Some(self.joined(&[namespace, "/", name]));
        // Only what is stored for others: the other kinds authenticate against the cluster itself.
        if kind == CredentialKind::StoredSecret {
            fact.custody = match VAULT_COPY_LABELS.iter().any(|label| metadata.label(label).is_some()) {
                true => Custody::Vault,
                false => Custody::Elsewhere,
            };
        }
        let holder = metadata.annotation("kubernetes.io/service-account.name");
        if let Some(account) = holder.as_deref().and_then(present) {
            fact.holder = Some(self.account_handle(namespace, account));
        }
        fact.created_at = metadata
            .creation_timestamp
            .clone()
            .instant(|| created_place(row), &mut self.diagnostics);
        let known = match kind {
            CredentialKind::StoredSecret => data.all(),
            CredentialKind::Certificate => None,
            _ => data.bytes(main_member),
        };
        fact.fingerprint = known.map(|secret| {
            let text = fingerprint(self.input.salt, &secret);
            self.batch.sym(&text)
        });
        if main_member == "token" {
            fact.expires_at = Expiry::Never;
            let is_invalid = metadata.label("kubernetes.io/legacy-token-invalid-since").is_some();
            fact.status = match is_invalid {
                true => CredentialStatus::Inactive,
                false => CredentialStatus::Active,
            };
            // The label is kept to the day, and missing both when unused and when the cluster does not track it.
            let label = "kubernetes.io/legacy-token-last-used";
            fact.last_used = metadata
                .label(label)
                .and_then(|text| {
                    Moment::parse(&text, DateOrder::MonthFirst).instant(
                        || format!("{}.metadata.labels[\"{label}\"]", row.name()),
                        &mut self.diagnostics,
                    )
                })
                .map_or(LastUsed::NotReported, LastUsed::At);
        }
        if main_member == "token-secret" && (object.data.is_some() || object.string_data.is_some()) {
            fact.status = CredentialStatus::Active;
            // The date from which the token is refused. Without one it never is.
            let expiration = data.bytes("expiration").and_then(|bytes| String::from_utf8(bytes).ok());
            fact.expires_at = match expiration.map(|text| Moment::parse(&text, DateOrder::MonthFirst)) {
                None => Expiry::Never,
                // What stands in a secret is not repeated, even where a date should stand.
                Some(Moment::Unreadable(_)) => {
                    self.diagnostics.push(Diagnostic::error(
                        format!("{}.data.expiration", row.name()),
                        "text that is no date",
                        "a date such as `2026-10-31T08:00:00Z`",
                        "the date was left out, the rest of the row was read; mend the date in the cluster",
                    ));
                    Expiry::NotReported
                }
                Some(Moment::At(at)) => Expiry::At(at),
                Some(Moment::Never) => Expiry::Never,
                Some(Moment::Absent) => Expiry::NotReported,
            };
        }
        self.batch.credentials.push(fact);
    }

    /// States the certificates of a TLS secret under its key. False when there is none to be read.
    fn tls_secret(&mut self, row: &Row<'_>, data: &Data<'_>, secret: Sym) -> bool {
        let Some(pem) = data.bytes("tls.crt").and_then(|bytes| String::from_utf8(bytes).ok()) else {
            return false;
        };
        let where_found = format!("{}.data[\"tls.crt\"]", row.name());
        let read = self.certificates(&pem, &where_found);
        // cert-manager leaves the member empty until the certificate is there.
        if read.is_empty() && !pem.trim().is_empty() {
            self.diagnostics.push(Diagnostic::warning(
                where_found,
                "no certificate",
                "certificates in PEM",
                "the secret counts as a certificate of which nothing more is known; look at it with `kubectl get secret`",
            ));
        }
        // The first certificate of a chain is the secret's own, the others are its authorities'.
        let Some(leaf) = read.first() else { return false };
        self.batch.synonyms.push(Synonym {
            name: secret,
            key: self.batch.credentials[*leaf].key,
        });
        true
    }

    fn certificates(&mut self, pem: &str, where_found: &str) -> Vec<usize> {
        certificate::push_pem(
            pem,
            |batch, n, _| Place::Path(batch.sym(&format!("{where_found} certificate {n}"))),
            &mut self.batch,
            &mut self.diagnostics,
        )
    }

    /// A certificate that the cluster's own signers issued, and who asked for it.
    fn signing_request(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>) {
        let Some((_, name)) = self.scoped_name(row, metadata, RoleScope::Cluster) else {
            return;
        };
        let place = row.place(&mut self.batch);
        let request = member::<RawSigningRequest<'_>>(row, "spec", object.spec, &mut self.diagnostics);
        if let Some(requester) = request.as_ref().and_then(|request| request.username.as_ref()) {
            self.mention(&requester.0, place);
        }
        let Some(signed) = member::<RawSigned<'_>>(row, "status", object.status, &mut self.diagnostics) else {
            return;
        };
        if let Some(encoded) = signed.certificate.filter(|encoded| !encoded.0.is_empty()) {
            let where_found = format!("{}.status.certificate", row.name());
            let Some(pem) = decode(&encoded.0).and_then(|bytes| String::from_utf8(bytes).ok()) else {
                self.diagnostics.push(Diagnostic::error(
                    where_found,
                    "text that is no base64",
                    "certificates in PEM, in base64",
                    "the certificate was left out; export the request again",
                ));
                return;
            };
            let n_known = self.batch.credentials.len();
            let read = self.certificates(&pem, &where_found);
            let names_user = request
                .and_then(|request| request.signer_name)
                .is_some_and(|signer| signer.0.starts_with("kubernetes.io/kube-apiserver-client"));
            if let Some(leaf) = read.first().copied().filter(|leaf| names_user && *leaf >= n_known) {
                self.certify_user(leaf);
            }
        } else if let Some(issued) = signed.anonymised {
            let key = self.joined(&["k8s-csr:", self.input.source, "/", name]);
            let mut fact = CredentialFact::listed(key, CredentialKind::Certificate, place);
            fact.name = Some(self.batch.sym(name));
            fact.status = CredentialStatus::Active;
            fact.created_at = issued.not_before.instant(
                || format!("{}.Status.Cert.NotBefore", row.name()),
                &mut self.diagnostics,
            );
            fact.expires_at = issued
                .not_after
                .expiry(|| format!("{}.Status.Cert.NotAfter", row.name()), &mut self.diagnostics);
            self.batch.credentials.push(fact);
        }
    }

    /// A client certificate for the API server logs in the user that its common name says.
    fn certify_user(&mut self, leaf: usize) {
        let credential = &self.batch.credentials[leaf];
        let Some(certificate) = &credential.certificate else {
            return;
        };
        let subject = self.batch.strings.get(certificate.subject);
        let Some(name) = subject.split(", ").find_map(|part| part.strip_prefix("CN=")) else {
            return;
        };
        let (name, named) = (name.to_owned(), credential.holder);
        let handle = self.user_handle(&name);
        self.batch.credentials[leaf].holder = Some(handle);
        if let Some(identity) = self
            .batch
            .identities
            .iter_mut()
            .rev()
            .find(|identity| named.is_some_and(|named| identity.handles.contains(&named)))
        {
            identity.handles.insert(0, handle);
            identity.name = Some(self.batch.strings.intern(&name));
            identity.kind = Some(match name.starts_with("system:") {
                true => IdentityKind::Device,
                false => IdentityKind::User,
            });
            identity.origin = origin_of_user(&name);
        }
    }

    fn mention(&mut self, user: &str, place: Place) {
        if user.is_empty() {
            return;
        }
        let handle = match self.user(user) {
            Principal::Identity(handle) => handle,
            _ => self.user_handle(user),
        };
        let mut fact = IdentityFact::mentioned(smallvec![handle], place);
        fact.origin = origin_of_user(user);
        self.batch.identities.push(fact);
    }

    fn issued_certificate(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>) {
        let Some((namespace, name)) = self.name(row, metadata) else {
            return;
        };
        let Some(wanted) = member::<RawWantedCertificate<'_>>(row, "spec", object.spec, &mut self.diagnostics) else {
            return;
        };
        let issuance = member::<RawIssuance>(row, "status", object.status, &mut self.diagnostics).unwrap_or_default();
        if issuance.not_after == Moment::Absent {
            return self.pass_over("Certificate that is not issued yet");
        }
        let secret = wanted.secret_name.as_ref().map_or(name, |secret| &*secret.0);
        let key = self.secret_key(namespace, secret);
        let mut fact = CredentialFact::listed(key, CredentialKind::Certificate, row.place(&mut self.batch));
        fact.name = Some(self.joined(&[namespace, "/", secret]));
        let named = wanted.dns_names.0.first().or(wanted.common_name.as_ref());
        if let Some(named) = named.filter(|named| !named.0.is_empty()) {
            fact.holder = Some(self.batch.handle(HandleKind::CertificateName, &named.0.to_lowercase()));
        }
        fact.created_at = issuance
            .not_before
            .instant(|| format!("{}.status.notBefore", row.name()), &mut self.diagnostics);
        fact.expires_at = issuance
            .not_after
            .expiry(|| format!("{}.status.notAfter", row.name()), &mut self.diagnostics);
        fact.status = CredentialStatus::Active;
        self.batch.credentials.push(fact);
    }

    fn ingress_certificate(&mut self, row: &Row<'_>) {
        let Some(found) = row.parse::<RawIngressCertificate<'_>>(&mut self.diagnostics) else {
            return;
        };
        let key = self.secret_key(&found.namespace.0, &found.name.0);
        let mut fact = CredentialFact::listed(key, CredentialKind::Certificate, row.place(&mut self.batch));
        fact.name = Some(self.joined(&[&found.namespace.0, "/", &found.name.0]));
        fact.created_at = found
            .not_before
            .instant(|| format!("{}.not_before", row.name()), &mut self.diagnostics);
        fact.expires_at = found
            .not_after
            .expiry(|| format!("{}.not_after", row.name()), &mut self.diagnostics);
        fact.status = CredentialStatus::Active;
        self.batch.credentials.push(fact);
    }

    /// States what needed the whole file to be known.
    fn finish(mut self) -> (Batch, Diagnostics) {
        if self.secrets_known == Knowledge::Reported {
            self.batch
                .credentials_listed_of
                .push(HandleKind::KubernetesServiceAccount);
        }
        self.resolve_trusts();
        self.resolve_aggregation();
        if !self.passed_over.is_empty() {
            let n_objects: u32 = self.passed_over.values().sum();
            let kinds: Vec<_> = self
                .passed_over
                .iter()
                .map(|(kind, n)| format!("{} ({n})", shorten(kind)))
                .collect();
            self.diagnostics.push(Diagnostic::info(
                "whole file",
                format!("objects that say nothing about identities: {n_objects}"),
                "service accounts, roles, bindings, secrets, workloads, signing requests, certificates",
                format!("nothing to do; passed over: {}", kinds.join(", ")),
            ));
        }
        (self.batch, self.diagnostics)
    }

    fn resolve_trusts(&mut self) {
        let mut known: HashMap<(Sym, Sym), usize> = HashMap::new();
        for running in std::mem::take(&mut self.running) {
            let guard = match (running.token, self.automount.get(&running.account.text)) {
                (Token::Mounted, _) | (Token::AsAccountSays, None | Some(true)) => TrustGuard::Open,
                (Token::Withheld, _) | (Token::AsAccountSays, Some(false)) => TrustGuard::OtherCondition,
            };
            let mut workload = running.workload;
            // Replica set to deployment, job to cron job; the bound is against a file whose owners run in a circle.
            for _ in 0..4 {
                match self.controllers.get(&workload) {
                    Some(controller) => workload = *controller,
                    None => break,
                }
            }
            let trusts = &mut self.batch.trusts;
            let index = *known.entry((workload, running.account.text)).or_insert_with(|| {
                trusts.push(TrustFact {
                    actor: Principal::Workload(workload),
                    target: running.account,
                    kind: TrustKind::RunsAs,
                    guard,
                    presence: Presence::Listed,
                    place: running.place,
                });
                trusts.len() - 1
            });
            // One pod with the token is enough.
            if guard == TrustGuard::Open {
                trusts[index].guard = guard;
            }
        }
    }

    fn resolve_aggregation(&mut self) {
        let n_steps = self.aggregated.len().saturating_mul(self.cluster_roles.len());
        if n_steps > MAX_AGGREGATION_STEPS {
            self.diagnostics.push(Diagnostic::warning(
                "whole file",
                format!("{} aggregated cluster roles", self.aggregated.len()),
                format!("at most {MAX_AGGREGATION_STEPS} comparisons of cluster roles"),
                "what they gather was left out; the rules that the cluster wrote into them were read",
            ));
            return;
        }
        for Aggregated { policy, selectors } in &self.aggregated {
            let own = self.batch.policies[*policy].id;
            let gathered = self
                .cluster_roles
                .iter()
                .filter(|role| role.id != own && selectors.iter().any(|selector| role.is_selected(selector)))
                .map(|role| role.id)
                .collect();
            if let AccessPolicy::Kubernetes { aggregates, .. } = &mut self.batch.policies[*policy].document {
                *aggregates = gathered;
            }
        }
    }

    fn pass_over(&mut self, kind: &str) {
        let kind = match self.passed_over.len() {
            0..MAX_KINDS_NAMED => kind,
            _ if self.passed_over.contains_key(kind) => kind,
            _ => "other kinds",
        };
        match self.passed_over.get_mut(kind) {
            Some(n) => *n += 1,
            None => drop(self.passed_over.insert(kind.to_owned(), 1)),
        }
    }

    /// Namespace and name of an object that must have both.
    fn name<'m>(&mut self, row: &Row<'_>, metadata: &'m RawMetadata<'_>) -> Option<(&'m str, &'m str)> {
        let (namespace, name) = self.scoped_name(row, metadata, RoleScope::Namespace)?;
        Some((namespace?, name))
    }

    /// The name, and the namespace in so far as the scope has one.
    fn scoped_name<'m>(
        &mut self,
        row: &Row<'_>,
        metadata: &'m RawMetadata<'_>,
        scope: RoleScope,
    ) -> Option<(Option<&'m str>, &'m str)> {
        let text = |text: &'m Option<Text<'_>>| text.as_ref().map(|text| &*text.0).filter(|text| !text.is_empty());
        match (scope, text(&metadata.namespace), text(&metadata.name)) {
            (RoleScope::Cluster, _, Some(name)) => Some((None, name)),
            (RoleScope::Namespace, Some(namespace), Some(name)) => Some((Some(namespace), name)),
            (_, _, name) => {
                let (found, expected) = match name {
                    None => ("no `metadata.name`", "the name of the object"),
                    Some(_) => ("no `metadata.namespace`", "the namespace that the object is in"),
                };
                self.diagnostics.push(Diagnostic::error(
                    row.name(),
                    found,
                    expected,
                    "this object was left out; a manifest is not a snapshot, so export the object from the cluster",
                ));
                None
            }
        }
    }

    /// The members of a secret's data. What is no map at all is reported without a word of it.
    fn data<'a>(&mut self, row: &Row<'_>, name: &str, raw: Option<&'a RawValue>) -> Members<'a> {
        let Some(raw) = raw else {
            return Members::default();
        };
        serde_json::from_str(raw.get()).unwrap_or_else(|_| {
            self.diagnostics.push(Diagnostic::error(
                format!("{}.{name}", row.name()),
                "no object",
                "an object with the secret's members",
                "the secret counts without a fingerprint; export it again",
            ));
            Members::default()
        })
    }

    fn account_handle(&mut self, namespace: &str, name: &str) -> Handle {
        Handle {
            kind: HandleKind::KubernetesServiceAccount,
            text: self.joined(&[self.input.source, "/", namespace, "/", name]),
        }
    }

    fn user_handle(&mut self, name: &str) -> Handle {
        Handle {
            kind: HandleKind::KubernetesUser,
            text: self.joined(&[self.input.source, "/", name]),
        }
    }

    /// A group that the cluster itself forms. Each cluster has one of the same name, with its own members.
    fn system_group(&mut self, name: &str) -> Sym {
        self.joined(&[self.input.source, "/", name])
    }

    fn role_id(&mut self, namespace: Option<&str>, name: &str) -> Sym {
        match namespace {
            Some(namespace) => self.joined(&[self.input.source, "/Role/", namespace, "/", name]),
            None => self.joined(&[self.input.source, "/ClusterRole/", name]),
        }
    }

    fn secret_key(&mut self, namespace: &str, name: &str) -> Sym {
        self.joined(&["k8s-secret:", self.input.source, "/", namespace, "/", name])
    }

    fn workload_name(&mut self, kind: &str, namespace: &str, name: &str) -> Sym {
        self.joined(&[kind, " ", namespace, "/", name])
    }

    fn joined(&mut self, parts: &[&str]) -> Sym {
        self.scratch.clear();
        self.scratch.extend(parts.iter().copied());
        self.batch.strings.intern(&self.scratch)
    }
}

/// Whether an object stands in a namespace or above all of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RoleScope {
    Namespace,
    Cluster,
}

/// What service accounts are called as users: `system:serviceaccount:namespace:name`.
const ACCOUNT_USER: &str = "system:serviceaccount:";

/// The group of all service accounts; that of a namespace has `:namespace` behind it.
const ACCOUNTS_GROUP: &str = "system:serviceaccounts";

/// The labels of secrets that an operator keeps in step with a vault: External Secrets, HashiCorp's Vault Secrets
/// Operator, and the Secrets Store CSI driver.
const VAULT_COPY_LABELS: [&str; 3] = [
    "reconcile.external-secrets.io/created-by",
    "secrets.hashicorp.com/vso-ownerRefUID",
    "secrets-store.csi.k8s.io/managed",
];

/// Helm keeps a record of every release in a secret of this type: no credential, and often a megabyte.
const HELM_RELEASE: &str = "helm.sh/release.v1";

/// Annotations by which a service account names the cloud identity that its tokens are exchanged for.
const CLOUD_IDENTITIES: &[(&str, HandleKind)] = &[
    ("eks.amazonaws.com/role-arn", HandleKind::Arn),
    ("iam.gke.io/gcp-service-account", HandleKind::GcpServiceAccount),
    ("azure.workload.identity/client-id", HandleKind::EntraApp),
];

/// The service accounts in `kube-system` of the controllers and add-ons that a cluster consists of.
/// <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles>
const CONTROL_PLANE_ACCOUNTS: &[&str] = &[
    "attachdetach-controller",
    "bootstrap-signer",
    "certificate-controller",
    "cloud-controller-manager",
    "cloud-provider",
    "clusterrole-aggregation-controller",
    "coredns",
    "cronjob-controller",
    "daemon-set-controller",
    "deployment-controller",
    "device-taint-eviction-controller",
    "disruption-controller",
    "endpoint-controller",
    "endpointslice-controller",
    "endpointslicemirroring-controller",
    "ephemeral-volume-controller",
    "expand-controller",
    "generic-garbage-collector",
    "horizontal-pod-autoscaler",
    "job-controller",
    "kube-dns",
    "kube-proxy",
    "legacy-service-account-token-cleaner",
    "namespace-controller",
    "node-controller",
    "persistent-volume-binder",
    "pod-garbage-collector",
    "pv-protection-controller",
    "pvc-protection-controller",
    "replicaset-controller",
    "replication-controller",
    "resource-claim-controller",
    "resourcequota-controller",
    "root-ca-cert-publisher",
    "route-controller",
    "selinux-warning-controller",
    "service-account-controller",
    "service-ca-cert-publisher",
    "service-cidrs-controller",
    "service-controller",
    "statefulset-controller",
    "storage-version-garbage-collector",
    "storage-version-migrator-controller",
    "token-cleaner",
    "ttl-after-finished-controller",
    "ttl-controller",
    "validatingadmissionpolicy-status-controller",
    "volumeattributesclass-protection-controller",
];

/// Whether the platform made a service account. `kube-system` also holds what the organisation puts there, so only
/// known names count; OpenShift keeps `openshift-*` to itself.
fn is_of_platform(namespace: &str, name: &str) -> bool {
    match namespace {
        "kube-system" => CONTROL_PLANE_ACCOUNTS.contains(&name),
        "kube-public" | "kube-node-lease" | "openshift" => true,
        _ => namespace.starts_with("openshift-"),
    }
}

fn origin_of_user(name: &str) -> Origin {
    match name.starts_with("system:") && !name.starts_with(ACCOUNT_USER) {
        true => Origin::Platform,
        false => Origin::Estate,
    }
}

/// The kind that an object or its list names. Other groups have kinds of the same name.
fn declared(name: &str, api_version: Option<&str>) -> Option<Kind> {
    let group = api_version.map(|version| version.rsplit_once('/').map_or("", |(group, _)| group));
    KINDS
        .iter()
        .find(|(kind, _, groups, _)| *kind == name && group.is_none_or(|group| groups.contains(&group)))
        .map(|(.., kind)| *kind)
}

/// What an object without a kind is, by what it consists of.
fn shape(object: &RawObject<'_>, metadata: &RawMetadata<'_>) -> Option<Kind> {
    let is_namespaced = metadata
        .namespace
        .as_ref()
        .is_some_and(|namespace| !namespace.0.is_empty());
    if object.role_ref.is_some() {
        return Some(match is_namespaced {
            true => Kind::RoleBinding,
            false => Kind::ClusterRoleBinding,
        });
    }
    if object.rules.is_some() || object.aggregation_rule.is_some() {
        return Some(match is_namespaced {
            true => Kind::Role,
            false => Kind::ClusterRole,
        });
    }
    if let Some(spec) = object.spec {
        let spec: RawShape = serde_json::from_str(spec.get()).unwrap_or_default();
        return if spec.containers.is_some() {
            Some(Kind::Pod)
        } else if spec.request.is_some() && spec.username.is_some() {
            Some(Kind::SigningRequest)
        } else if spec.secret_name.is_some() && spec.issuer_ref.is_some() {
            Some(Kind::IssuedCertificate)
        } else {
            None
        };
    }
    if object.secret_type.is_some() && (object.data.is_some() || object.string_data.is_some()) {
        return Some(Kind::Secret);
    }
    let is_account = object.secrets.is_some()
        || object.image_pull_secrets.is_some()
        || object.automount_service_account_token.is_some();
    is_account.then_some(Kind::ServiceAccount)
}

/// The kind that a folder is named after, the innermost first: `config/pod/ns/name.json`, `apps/deployments/x.yaml`.
fn kind_in_path(path: &str) -> Option<Kind> {
    let (folders, _) = path.rsplit_once('/')?;
    folders.rsplit('/').find_map(|folder| {
        KINDS
            .iter()
            .find(|(kind, plural, ..)| folder.eq_ignore_ascii_case(kind) || folder.eq_ignore_ascii_case(plural))
            .map(|(.., kind)| *kind)
    })
}

/// The deployment of a pod whose replica set is named after it and the hash of the pod's template.
fn deployment_of<'a>(owner: &'a RawOwner<'_>, metadata: &RawMetadata<'_>) -> Option<&'a str> {
    let hash = metadata.label("pod-template-hash")?;
    let deployment = owner.name.0.strip_suffix(&*hash)?.strip_suffix('-')?;
    (owner.kind.0 == "ReplicaSet" && !deployment.is_empty()).then_some(deployment)
}

fn created_place(row: &Row<'_>) -> String {
    format!("{}.metadata.creationTimestamp", row.name())
}

/// Reads a member whose form the kind has told. Missing is `T` of an empty list or object where `T` allows it.
fn member<'a, T: Deserialize<'a>>(
    row: &Row<'a>,
    name: &str,
    raw: Option<&'a RawValue>,
    diagnostics: &mut Diagnostics,
) -> Option<T> {
    let mut found = Diagnostics::default();
    let row_name = row.name();
    let parsed = Row {
        text: raw?.get(),
        ..*row
    }
    .parse(&mut found);
    for mut diagnostic in found.into_vec() {
        let inner = diagnostic.place.strip_prefix(&row_name).unwrap_or_default();
        diagnostic.place = format!("{row_name}.{name}{inner}");
        diagnostics.push(diagnostic);
    }
    parsed
}

impl<'a> RawMetadata<'a> {
    fn controller(&self) -> Option<&RawOwner<'a>> {
        self.owner_references
            .0
            .iter()
            .find(|owner| owner.controller == Some(true))
    }

    fn label(&self, key: &str) -> Option<Cow<'a, str>> {
        self.labels.as_ref()?.get(key)
    }

    fn annotation(&self, key: &str) -> Option<Cow<'a, str>> {
        self.annotations.as_ref()?.get(key)
    }
}

impl Labelled {
    /// Whether the labels meet every requirement of a selector; an empty one selects everything.
    fn is_selected(&self, selector: &[Requirement]) -> bool {
        selector.iter().all(|requirement| {
            let value = self
                .labels
                .iter()
                .find(|(key, _)| *key == requirement.key)
                .map(|(_, value)| value);
            match requirement.operator {
                Operator::In => value.is_some_and(|value| requirement.values.contains(value)),
                Operator::NotIn => value.is_none_or(|value| !requirement.values.contains(value)),
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
            }
        })
    }
}

impl<'a> Members<'a> {
    fn raw(&self, key: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| *value)
    }

    fn get(&self, key: &str) -> Option<Cow<'a, str>> {
        scalar(self.raw(key)?)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(map.size_hint().unwrap_or(8));
                while let Some((key, value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members.push((key.0, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Map)
    }
}

/// The text of a value that is one: YAML written by hand has numbers and booleans where texts belong.
fn scalar(raw: &RawValue) -> Option<Cow<'_, str>> {
    match raw.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str::<Text<'_>>(raw.get()).ok().map(|text| text.0),
        Some(b'{' | b'[' | b'n') | None => None,
        Some(_) => Some(Cow::Borrowed(raw.get())),
    }
}

/// What a secret holds: base64 in `data`, plain text in a manifest's `stringData`, which goes before it.
struct Data<'a> {
    members: Members<'a>,
    plain: Members<'a>,
}

impl Data<'_> {
    /// The bytes of one member; `None` when it is missing, empty, unreadable or was blanked by whoever exported it.
    fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        if let Some(text) = self.plain.get(key) {
            return known_bytes(&text, |text| Some(text.as_bytes().to_vec()));
        }
        known_bytes(&self.members.get(key)?, decode)
    }

    /// Every member with its name and both lengths, sorted, so that equal bytes are equal secrets. `None` when a part
    /// is not known, since secrets that were blanked alike are not alike.
    fn all(&self) -> Option<Vec<u8>> {
        let mut keys: Vec<&str> = [&self.members, &self.plain]
            .iter()
            .flat_map(|members| members.0.iter().map(|(key, _)| &**key))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let mut all = Vec::new();
        for key in keys {
            for part in [key.as_bytes(), &self.bytes(key)?] {
                all.extend((part.len() as u64).to_le_bytes());
                all.extend(part);
            }
        }
        (!all.is_empty()).then_some(all)
    }
}

fn known_bytes(text: &str, decode: impl FnOnce(&str) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    (!is_blanked(text))
        .then(|| decode(text))
        .flatten()
        .filter(|bytes| !bytes.is_empty() && !std::str::from_utf8(bytes).is_ok_and(is_blanked))
}

/// Whether somebody replaced a value before it was exported: `xxxx`, `****`, `REDACTED`, `<removed>`.
fn is_blanked(text: &str) -> bool {
    let text = text.trim();
    let mut chars = text.chars();
    let is_one_char = chars
        .next()
        .is_some_and(|first| !first.is_alphanumeric() || matches!(first, 'x' | 'X'))
        && text.chars().all(|c| text.starts_with(c));
    let is_word = ["redacted", "removed", "masked", "hidden", "omitted"]
        .iter()
        .any(|word| {
            text.trim_matches(|c: char| !c.is_alphanumeric())
                .eq_ignore_ascii_case(word)
        });
    is_one_char || is_word
}

/// Base64 as the API writes it, or as people wrap it in YAML.
fn decode(text: &str) -> Option<Vec<u8>> {
    match STANDARD.decode(text.as_bytes()) {
        Ok(bytes) => Some(bytes),
        Err(_) => STANDARD.decode(text.split_ascii_whitespace().collect::<String>()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors;

    #[test]
    fn no_secret_is_kept_or_shown() {
        for text in [
            include_str!("../../testdata/connectors/kubernetes_objects/secrets.json"),
            include_str!("../../testdata/connectors/kubernetes_objects/documents.yaml"),
            include_str!("../../testdata/connectors/kubernetes_objects/malformed.json"),
        ] {
            let reading = connectors::read("source", "k8s", text.as_bytes(), "salt");
            let kept = reading.batch.strings.iter().map(|(_, text)| text.to_owned());
            let shown = reading.diagnostics.iter().map(|diagnostic| format!("{diagnostic:?}"));
            for text in kept.chain(shown) {
                // Every secret of the fixtures has the first in it, the second is its base64, the third a number.
                for secret in ["SYNTHETIC", "U1lOVEhFVElD", "8812345"] {
                    assert!(!text.contains(secret), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_blanked_value_is_no_secret() {
        for text in ["", "REDACTED", "<redacted>", "***", "xxxxxxxx", "[removed]"] {
            let is_known = known_bytes(text, |text| Some(text.as_bytes().to_vec())).is_some();
            assert!(!is_known, "{text}");
        }
        for text in ["hunter2", "aaaa", "0000", "redacted-not"] {
            assert!(
                known_bytes(text, |text| Some(text.as_bytes().to_vec())).is_some(),
                "{text}"
            );
        }
    }

    #[test]
    fn kinds_are_told_by_group() {
        for (kind, version, is_known) in [
            ("Role", Some("rbac.authorization.k8s.io/v1"), true),
            ("Role", Some("iam.example.com/v1"), false),
            ("Role", None, true),
            ("ServiceAccount", Some("v1"), true),
            ("ServiceAccount", Some("iam.cnrm.cloud.google.com/v1beta1"), false),
            ("Certificate", Some("networking.internal.knative.dev/v1alpha1"), false),
        ] {
            assert_eq!(declared(kind, version).is_some(), is_known, "{kind} {version:?}");
        }
        assert!(kind_in_path("config/pod/shop/web.json") == Some(Kind::Pod));
        assert!(kind_in_path("secrets/x/configmaps/y.json") == Some(Kind::Secret));
        assert!(kind_in_path("pod.json").is_none());
    }
}
