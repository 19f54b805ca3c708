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
//!   goes before the account's, which any file of the source may hold, and no projected token) still runs as the account, so the trust is kept, but behind
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
//! What is read of each kind stands beside this file: `service_accounts`, `rbac`, `workloads`, `secrets`,
//! `signing_requests`, `cert_manager`, `openshift_insights`.
//!
//! Cannot tell: see the connector's `cannot_tell`.

mod cert_manager;
mod openshift_insights;
mod rbac;
mod secrets;
mod service_accounts;
mod signing_requests;
mod values;
mod workloads;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use self::rbac::{Aggregated, Labelled};
use self::values::{Members, Text};
use self::workloads::Running;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics, shorten};
use crate::model::batch::Batch;
use crate::model::identity::{Knowledge, Origin};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::certificate;
use crate::reading::json::{self, Row, Rows};
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
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
            // A list of what happened is the audit log's.
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
    #[serde(default, deserialize_with = "flag")]
    controller: Option<bool>,
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

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut reader = Reader::new(input);
    let rows = json::rows(input.text, &["items"], &mut reader.diagnostics);
    reader.note_pages(&rows);
    reader.list(&rows, 0);
    reader.finish()
}

/// Reads the objects of another export, each with its place, into its batch.
pub(super) fn read_into(batch: &mut Batch, objects: &[(String, String)], input: Input<'_>) -> Diagnostics {
    let mut reader = Reader::new(input);
    reader.batch = std::mem::take(batch);
    for (place, object) in objects {
        let row = Row {
            list: place,
            index: 0,
            document: 0,
            text: object,
        };
        reader.object(&row, ItemType::default(), 0);
    }
    let (filled, diagnostics) = reader.finish();
    *batch = filled;
    diagnostics
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

/// Where kubectl puts an object that does not say where it is to be.
const DEFAULT_NAMESPACE: &str = "default";

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
    /// Objects of which the file does not say in which namespace they are.
    n_without_namespace: u32,
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
            n_without_namespace: 0,
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

    fn certificates(&mut self, pem: &str, where_found: &str) -> Vec<usize> {
        certificate::push_pem(
            pem,
            |batch, n, _| Place::Path(batch.sym(&format!("{where_found} certificate {n}"))),
            &mut self.batch,
            &mut self.diagnostics,
        )
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
        if self.n_without_namespace > 0 {
            self.diagnostics.push(Diagnostic::warning(
                "metadata.namespace",
                format!("{} objects without a namespace", self.n_without_namespace),
                "the namespace that each object is in",
                "they were read as of `default`, where kubectl puts them unless it is told another; a manifest is not a snapshot, so export the objects from the cluster",
            ));
        }
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
            (RoleScope::Namespace, None, Some(name)) => {
                self.n_without_namespace += 1;
                Some((Some(DEFAULT_NAMESPACE), name))
            }
            (_, _, None) => {
                self.diagnostics.push(Diagnostic::error(
                    row.name(),
                    "no `metadata.name`",
                    "the name of the object",
                    "this object was left out; a manifest is not a snapshot, so export the object from the cluster",
                ));
                None
            }
        }
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
