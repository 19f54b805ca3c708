//! Pods and what controls them: which service account a workload runs as, and whether it holds that account's token.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::values::Text;
use super::{RawMetadata, RawObject, RawOwner, Reader, member};
use crate::model::grant::{TrustFact, TrustGuard, TrustKind};
use crate::model::identity::Presence;
use crate::model::principal::{Handle, Principal};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::json::Row;
use crate::reading::loose::{flag, number};
use crate::reading::one_or_many::OneOrMany;

/// The spec of anything that runs pods: a pod's own, or one with a template, which cron jobs keep one level deeper.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a spec with a pod template")]
struct RawWorkload<'a> {
    #[serde(default, deserialize_with = "number")]
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
    #[serde(default, deserialize_with = "flag")]
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

/// Whether a workload's processes hold the token of their service account.
#[derive(Clone, Copy)]
enum Token {
    Mounted,
    Withheld,
    /// Neither: the service account's own word decides.
    AsAccountSays,
}

pub(super) struct Running {
    workload: Sym,
    account: Handle,
    token: Token,
    place: Place,
}

impl Reader<'_> {
    pub(super) fn pod(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>) {
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

    pub(super) fn workload(
        &mut self,
        row: &Row<'_>,
        object: &RawObject<'_>,
        metadata: &RawMetadata<'_>,
        kind: &'static str,
    ) {
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

    pub(super) fn resolve_trusts(&mut self) {
        let mut known: HashMap<(Sym, Sym), usize> = HashMap::new();
        let (mut as_account_says, mut for_certain) = (BTreeSet::new(), BTreeSet::new());
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
            match (running.token, self.automount.get(&running.account.text)) {
                (Token::AsAccountSays, None) => as_account_says.insert(index as u32),
                (Token::Mounted, _) | (Token::AsAccountSays, Some(true)) => for_certain.insert(index as u32),
                (Token::Withheld, _) | (Token::AsAccountSays, Some(false)) => false,
            };
        }
        // The account may stand in another file of the source.
        self.batch.trusts_as_account_says = as_account_says.difference(&for_certain).copied().collect();
    }
}

/// The deployment of a pod whose replica set is named after it and the hash of the pod's template.
fn deployment_of<'a>(owner: &'a RawOwner<'_>, metadata: &RawMetadata<'_>) -> Option<&'a str> {
    let hash = metadata.label("pod-template-hash")?;
    let deployment = owner.name.0.strip_suffix(&*hash)?.strip_suffix('-')?;
    (owner.kind.0 == "ReplicaSet" && !deployment.is_empty()).then_some(deployment)
}
