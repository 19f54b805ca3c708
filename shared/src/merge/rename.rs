//! Facts carried from a batch's string table into the snapshot's.

use crate::model::access_policy::{
    AccessPolicy, AwsCondition, AwsStatement, AzureOperations, Denied, KubernetesRule, Matched, PolicyFact, VaultRule,
};
use crate::model::batch::{DecisionRow, PersonRow, RegistryRow, Synonym};
use crate::model::certificate::CertificateFact;
use crate::model::credential::CredentialFact;
use crate::model::grant::{BoundaryFact, DenialFact, GrantFact, MembershipFact, TrustFact, TrustUseFact};
use crate::model::identity::{IdentityFact, OwnerClaim};
use crate::model::leak::LeakFact;
use crate::model::principal::{Handle, Principal};
use crate::model::provenance::Place;
use crate::model::strings::{Adopted, Sym};
use crate::model::usage::{ActivityFact, ServiceUseFact};

/// The same value with every symbol as the other table calls it.
pub trait Rename {
    fn rename(&mut self, names: &Adopted);

    fn renamed(mut self, names: &Adopted) -> Self
    where
        Self: Sized,
    {
        self.rename(names);
        self
    }
}

impl Rename for Sym {
    fn rename(&mut self, names: &Adopted) {
        *self = names.sym(*self);
    }
}

impl<T: Rename> Rename for Option<T> {
    fn rename(&mut self, names: &Adopted) {
        if let Some(inner) = self {
            inner.rename(names);
        }
    }
}

impl<T: Rename> Rename for Vec<T> {
    fn rename(&mut self, names: &Adopted) {
        self.iter_mut().for_each(|inner| inner.rename(names));
    }
}

impl<T: Rename> Rename for Box<T> {
    fn rename(&mut self, names: &Adopted) {
        self.as_mut().rename(names);
    }
}

impl Rename for Handle {
    fn rename(&mut self, names: &Adopted) {
        self.text.rename(names);
    }
}

impl Rename for Synonym {
    fn rename(&mut self, names: &Adopted) {
        self.name.rename(names);
        self.key.rename(names);
    }
}

impl Rename for Place {
    fn rename(&mut self, names: &Adopted) {
        match self {
            Place::Item { list, .. } => list.rename(names),
            Place::Path(path) => path.rename(names),
            Place::Line(_) | Place::WholeFile => {}
        }
    }
}

impl Rename for Principal {
    fn rename(&mut self, names: &Adopted) {
        match self {
            Principal::Identity(handle) => handle.rename(names),
            Principal::Group(name)
            | Principal::Account(name)
            | Principal::PlatformService(name)
            | Principal::Workload(name)
            | Principal::Named(name) => name.rename(names),
            Principal::Federated { issuer, subject } => {
                issuer.rename(names);
                subject.rename(names);
            }
            Principal::Anyone | Principal::AnyoneAuthenticated => {}
        }
    }
}

impl Rename for OwnerClaim {
    fn rename(&mut self, names: &Adopted) {
        self.text.rename(names);
    }
}

impl Rename for IdentityFact {
    fn rename(&mut self, names: &Adopted) {
        self.handles.iter_mut().for_each(|handle| handle.rename(names));
        self.name.rename(names);
        self.account.rename(names);
        self.owners.rename(names);
        self.purpose.rename(names);
        self.environment.rename(names);
        self.place.rename(names);
    }
}

impl Rename for CertificateFact {
    fn rename(&mut self, names: &Adopted) {
        self.sha256.rename(names);
        self.public_key_sha256.rename(names);
        for sym in [&mut self.subject, &mut self.issuer, &mut self.serial] {
            sym.rename(names);
        }
        self.names.rename(names);
    }
}

impl Rename for CredentialFact {
    fn rename(&mut self, names: &Adopted) {
        self.key.rename(names);
        self.holder.rename(names);
        self.name.rename(names);
        self.last_used_for.rename(names);
        self.fingerprint.rename(names);
        self.certificate.rename(names);
        self.owners.rename(names);
        self.environment.rename(names);
        self.place.rename(names);
    }
}

impl Rename for GrantFact {
    fn rename(&mut self, names: &Adopted) {
        self.subject.rename(names);
        self.role.rename(names);
        self.policy.rename(names);
        self.resource.rename(names);
        self.place.rename(names);
    }
}

impl Rename for MembershipFact {
    fn rename(&mut self, names: &Adopted) {
        self.member.rename(names);
        self.group.rename(names);
        self.place.rename(names);
    }
}

impl Rename for BoundaryFact {
    fn rename(&mut self, names: &Adopted) {
        self.subject.rename(names);
        self.policy.rename(names);
        self.place.rename(names);
    }
}

impl Rename for DenialFact {
    fn rename(&mut self, names: &Adopted) {
        self.name.rename(names);
        self.subjects.rename(names);
        self.excepted.rename(names);
        self.denied.rename(names);
        self.resource.rename(names);
        self.condition.rename(names);
        self.place.rename(names);
    }
}

impl Rename for TrustFact {
    fn rename(&mut self, names: &Adopted) {
        self.actor.rename(names);
        self.target.rename(names);
        self.place.rename(names);
    }
}

impl Rename for TrustUseFact {
    fn rename(&mut self, names: &Adopted) {
        self.actor.rename(names);
        self.target.rename(names);
        self.place.rename(names);
    }
}

impl Rename for ServiceUseFact {
    fn rename(&mut self, names: &Adopted) {
        self.identity.rename(names);
        self.service.rename(names);
        self.place.rename(names);
    }
}

impl Rename for PolicyFact {
    fn rename(&mut self, names: &Adopted) {
        self.id.rename(names);
        self.name.rename(names);
        self.document.rename(names);
        self.place.rename(names);
    }
}

impl Rename for AccessPolicy {
    fn rename(&mut self, names: &Adopted) {
        match self {
            AccessPolicy::Aws(statements) => statements.rename(names),
            AccessPolicy::Kubernetes { rules, aggregates } => {
                rules.rename(names);
                aggregates.rename(names);
            }
            AccessPolicy::Vault(rules) => rules.rename(names),
            AccessPolicy::Azure { on_resources, on_data } => {
                on_resources.rename(names);
                on_data.rename(names);
            }
            AccessPolicy::Permissions(permissions) => permissions.rename(names),
        }
    }
}

impl Rename for Denied {
    fn rename(&mut self, names: &Adopted) {
        match self {
            Denied::Azure { on_resources, on_data } => {
                on_resources.rename(names);
                on_data.rename(names);
            }
            Denied::Google { permissions, excepted } => {
                permissions.rename(names);
                excepted.rename(names);
            }
        }
    }
}

impl Rename for AzureOperations {
    fn rename(&mut self, names: &Adopted) {
        self.actions.rename(names);
        self.not_actions.rename(names);
    }
}

impl Rename for AwsStatement {
    fn rename(&mut self, names: &Adopted) {
        self.principals.rename(names);
        self.actions.rename(names);
        self.resources.rename(names);
        self.conditions.rename(names);
    }
}

impl Rename for VaultRule {
    fn rename(&mut self, names: &Adopted) {
        self.path.rename(names);
        self.capabilities.rename(names);
    }
}

impl Rename for Matched {
    fn rename(&mut self, names: &Adopted) {
        match self {
            Matched::AnyOf(patterns) | Matched::NoneOf(patterns) => patterns.rename(names),
        }
    }
}

impl Rename for AwsCondition {
    fn rename(&mut self, names: &Adopted) {
        self.operator.rename(names);
        self.key.rename(names);
        self.values.rename(names);
    }
}

impl Rename for KubernetesRule {
    fn rename(&mut self, names: &Adopted) {
        for list in [
            &mut self.verbs,
            &mut self.api_groups,
            &mut self.resources,
            &mut self.resource_names,
            &mut self.non_resource_urls,
        ] {
            list.rename(names);
        }
    }
}

impl Rename for LeakFact {
    fn rename(&mut self, names: &Adopted) {
        self.scanner.rename(names);
        self.rule.rename(names);
        self.credentials.rename(names);
        self.fingerprints.rename(names);
        self.identities.rename(names);
        self.found_in.rename(names);
        self.author.rename(names);
        self.place.rename(names);
    }
}

impl Rename for RegistryRow {
    fn rename(&mut self, names: &Adopted) {
        self.pattern.rename(names);
        for sym in [
            &mut self.owner,
            &mut self.team,
            &mut self.purpose,
            &mut self.environment,
            &mut self.reviewer,
        ] {
            sym.rename(names);
        }
        self.place.rename(names);
    }
}

impl Rename for PersonRow {
    fn rename(&mut self, names: &Adopted) {
        self.email.rename(names);
        self.name.rename(names);
        self.team.rename(names);
        self.place.rename(names);
    }
}

impl Rename for DecisionRow {
    fn rename(&mut self, names: &Adopted) {
        self.identity.rename(names);
        self.access_digest.rename(names);
        self.access_sources.rename(names);
        self.decided_by.rename(names);
        self.place.rename(names);
    }
}

impl Rename for ActivityFact {
    fn rename(&mut self, names: &Adopted) {
        self.identity.rename(names);
        self.value.rename(names);
        self.place.rename(names);
    }
}
