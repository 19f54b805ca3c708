//! Applications, their credentials and federations, managed identities, role assignments and the contents of key vaults, of
//! Entra and Azure, in Terraform's states.
//!
//! <https://registry.terraform.io/providers/hashicorp/azuread/latest/docs>,
//! <https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs>

use serde::Deserialize;
use serde_json::{Value, json};
use smallvec::smallvec;

use super::{Resource, State, Tags, pairs};
use crate::access::azure;
use crate::connectors::azure_key_vault_objects;
use crate::connectors::azure_managed_identities::resource_handle;
use crate::connectors::azure_role_assignments::{definition_id, policy_id};
use crate::connectors::entra_graph::{Export, Guid, RawFederation};
use crate::model::access_policy::Conditional;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::GrantFact;
use crate::model::identity::{IdentityFact, IdentityKind, Status};
use crate::model::instant::Expiry;
use crate::model::principal::{HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::labels;
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

#[derive(Deserialize)]
struct RawEntraObject<'a> {
    #[serde(borrow, default)]
    client_id: Option<Text<'a>>,
    /// The same, before version 3 of the provider.
    #[serde(borrow, default)]
    application_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    object_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(borrow, default)]
    notes: Option<Text<'a>>,
    /// Of a service principal.
    #[serde(default, deserialize_with = "flag")]
    account_enabled: Option<bool>,
}

#[derive(Deserialize)]
struct RawEntraCredential<'a> {
    #[serde(borrow, default)]
    key_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(default)]
    start_date: Moment,
    #[serde(default)]
    end_date: Moment,
    /// The secret, or the certificate in whatever form it was given.
    #[serde(borrow, default)]
    value: Option<Text<'a>>,
    /// `/applications/<object id>`.
    #[serde(borrow, default)]
    application_id: Option<Text<'a>>,
    /// The bare object id, before version 3 of the provider.
    #[serde(borrow, default)]
    application_object_id: Option<Text<'a>>,
    /// Of a service principal's password, in either form.
    #[serde(borrow, default)]
    service_principal_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawManagedIdentity<'a> {
    #[serde(borrow, default)]
    client_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    principal_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    tags: Tags<'a>,
}

#[derive(Deserialize)]
struct RawAzureAssignment<'a> {
    #[serde(borrow, default)]
    principal_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    principal_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    role_definition_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    role_definition_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    scope: Option<Text<'a>>,
    #[serde(borrow, default)]
    condition: Option<Text<'a>>,
}

impl State<'_, '_> {
    pub(super) fn entra_object(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawEntraObject<'_>>(resource) else {
            return;
        };
        let Some(client_id) = raw
            .client_id
            .as_deref()
            .or(raw.application_id.as_deref())
            .and_then(present)
        else {
            return self.without_id(resource, "client_id");
        };
        let place = self.place(resource);
        let handle = self.batch.handle(HandleKind::EntraApp, &client_id.to_lowercase());
        let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Application, place);
        if let Some(id) = raw.object_id.as_deref().and_then(present) {
            fact.handles
                .push(self.batch.handle(HandleKind::EntraObject, &id.to_lowercase()));
        }
        fact.name = self.batch.sym_of(raw.display_name.as_deref());
        fact.status = match raw.account_enabled {
            Some(true) => Status::Active,
            Some(false) => Status::Disabled,
            None => Status::Unknown,
        };
        let purpose = raw.description.as_deref().and_then(present).or(raw.notes.as_deref());
        fact.purpose = self.batch.sym_of(purpose);
        self.batch.identities.push(fact);
    }

    /// The password or certificate of an application.
    pub(super) fn entra_credential(&mut self, resource: &Resource<'_>, kind: CredentialKind) {
        let Some(raw) = self.parse::<RawEntraCredential<'_>>(resource) else {
            return;
        };
        let Some(id) = raw.key_id.as_deref().and_then(present) else {
            return self.without_id(resource, "key_id");
        };
        let place = self.place(resource);
        let key = self.batch.sym(&format!("entra:{}", id.to_lowercase()));
        let mut fact = CredentialFact::listed(key, kind, place);
        let holder = raw.application_object_id.as_deref().or(raw.application_id.as_deref());
        let holder = holder
            .or(raw.service_principal_id.as_deref())
            .and_then(|path| path.rsplit('/').next());
        fact.holder = holder.map(|id| self.batch.handle(HandleKind::EntraObject, &id.to_lowercase()));
        fact.name = self.batch.sym_of(raw.display_name.as_deref());
        fact.status = CredentialStatus::Active;
        fact.created_at = raw
            .start_date
            .instant(|| format!("{}.start_date", resource.address), self.diagnostics);
        fact.expires_at = raw
            .end_date
            .expiry(|| format!("{}.end_date", resource.address), self.diagnostics);
        if kind == CredentialKind::ClientSecret {
            fact.fingerprint = self.secret(raw.value.as_deref());
        }
        self.batch.credentials.push(fact);
    }

    pub(super) fn managed_identity(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawManagedIdentity<'_>>(resource) else {
            return;
        };
        let Some(client_id) = raw.client_id.as_deref().and_then(present) else {
            return self.without_id(resource, "client_id");
        };
        let place = self.place(resource);
        let handle = self.batch.handle(HandleKind::EntraApp, &client_id.to_lowercase());
        let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::ManagedIdentity, place);
        if let Some(id) = raw.principal_id.as_deref().and_then(present) {
            fact.handles
                .push(self.batch.handle(HandleKind::EntraObject, &id.to_lowercase()));
        }
        let id = raw.id.as_deref();
        if let Some(id) = id.filter(|id| id.to_lowercase().contains("/userassignedidentities/")) {
            fact.handles.push(resource_handle(id, self.batch));
        }
        fact.name = self.batch.sym_of(raw.name.as_deref());
        let subscription = raw.id.as_deref().and_then(|id| id.split('/').nth(2));
        fact.account = self.batch.sym_of(subscription);
        labels::tell(&mut fact, pairs(raw.tags.as_ref()), self.batch);
        self.batch.identities.push(fact);
    }

    /// A federated credential of an application.
    pub(super) fn entra_federation(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.attributes(resource) else { return };
        // `/applications/<object id>`, and the bare object id before version 3 of the provider.
        let application = raw.first(&["application_id", "application_object_id"]);
        let target = application.and_then(|path| Guid::parse(path.rsplit('/').next()?));
        let row = json!({
            "id": raw.get("credential_id"),
            "name": raw.get("display_name"),
            "issuer": raw.get("issuer"),
            "subject": raw.get("subject"),
            "audiences": raw.get("audiences"),
        });
        self.federation(resource, &row, |export, raw, place, name| {
            let target = target.map(|id| export.handle(HandleKind::EntraObject, id));
            export.federation(target, raw, place, name);
        });
    }

    /// A federated credential of a managed identity.
    pub(super) fn managed_federation(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.attributes(resource) else { return };
        let Some(id) = raw.text("id").map(str::to_lowercase) else {
            return self.without_id(resource, "id");
        };
        let Some((identity, _)) = id.split_once("/federatedidentitycredentials/") else {
            return self.without_id(resource, "id");
        };
        let row = json!({
            "issuer": raw.get("issuer"),
            "subject": raw.get("subject"),
            "audiences": raw.get("audience"),
        });
        self.federation(resource, &row, |export, raw, place, name| {
            let target = resource_handle(identity, &mut export.batch);
            export.managed_federation(target, raw, &id, place, name);
        });
    }

    fn federation(
        &mut self,
        resource: &Resource<'_>,
        row: &Value,
        read: impl FnOnce(&mut Export, RawFederation<'_>, Place, &dyn Fn(&str) -> String),
    ) {
        let place = self.place(resource);
        self.as_row(resource, row, |row, _, batch, diagnostics| {
            let Some(raw) = row.parse::<RawFederation<'_>>(diagnostics) else {
                return;
            };
            let mut export = Export::default();
            export.batch = std::mem::take(batch);
            read(&mut export, raw, place, &|member| format!("{}.{member}", row.name()));
            let (filled, found) = export.finish();
            *batch = filled;
            diagnostics.append(found);
        });
    }

    /// A secret, a key or a certificate of a key vault.
    pub(super) fn key_vault_object(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.attributes(resource) else { return };
        let attributes = match raw.block("certificate_attribute") {
            Some(attribute) => json!({
                "enabled": attribute.get("enabled"),
                "created": attribute.get("created"),
                "expires": attribute.get("expires"),
            }),
            None => json!({"expires": raw.get("expiration_date")}),
        };
        let row = json!({
            "id": raw.get("id"),
            "attributes": attributes,
            "tags": raw.get("tags"),
            "x509Thumbprint": raw.get("thumbprint"),
            "cer": raw.get("certificate_data_base64"),
        });
        let n_before = self.batch.credentials.len();
        self.as_row(resource, &row, |row, _, batch, diagnostics| {
            azure_key_vault_objects::read_object(row, batch, diagnostics);
        });
        if let Some(fact) = self.made(n_before, raw.text("value")) {
            // The state says of each when it ends, if it does.
            let is_silent = fact.expires_at == Expiry::NotReported && raw.text("expiration_date").is_none();
            if is_silent && fact.kind != CredentialKind::Certificate {
                fact.expires_at = Expiry::Never;
            }
        }
    }

    pub(super) fn azure_assignment(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawAzureAssignment<'_>>(resource) else {
            return;
        };
        let Some(principal) = raw.principal_id.as_deref().and_then(present).map(str::to_lowercase) else {
            return self.without_id(resource, "principal_id");
        };
        let definition = raw.role_definition_id.as_deref().and_then(definition_id);
        let known = definition.as_ref().and_then(|id| azure::built_in(id.as_str()));
        let named = known.map(|(name, _)| name).or(definition.as_ref().map(Guid::as_str));
        let Some(role) = raw.role_definition_name.as_deref().and_then(present).or(named) else {
            return self.without_id(resource, "role_definition_id");
        };
        let place = self.place(resource);
        let fact = GrantFact {
            subject: match raw.principal_type.as_deref() {
                Some("Group") => Principal::Group(self.batch.sym(&principal)),
                _ => Principal::Identity(self.batch.handle(HandleKind::EntraObject, &principal)),
            },
            role: self.batch.sym(role),
            policy: definition.as_ref().map(|id| self.batch.sym(&policy_id(id))),
            resource: self.batch.sym_of(raw.scope.as_deref()),
            privilege: known.map(|(_, privilege)| privilege),
            conditional: match raw.condition.as_deref().and_then(present) {
                Some(_) => Conditional::OnCondition,
                None => Conditional::Always,
            },
            expires_at: Expiry::NotReported,
            place,
        };
        self.batch.grants.push(fact);
    }
}
