//! AzureHound: what its collector sees of an Entra tenant and of Azure's resources.
//!
//! Written by `azurehound list -o azurehound.json` as `{"data": [{"kind": "AZ…", "data": {…}}], "meta": {…}}`, `meta`
//! last as a rule. Objects are those of Microsoft Graph and Azure Resource Manager; newer versions write ids in upper
//! case.
//! <https://bloodhound.specterops.io/collect-data/ce-collection/azurehound>
//!
//! Read: applications, service principals, their owners, federations and app role assignments; directory roles and
//! who has them; members of groups; role assignments at resources, of which each is counted once though several kinds
//! repeat it; access policies of key vaults; which resources run as which managed identity. Users and devices are only
//! mentioned: the directory does not say which of them is a program. A kind that is not known is passed over.
//!
//! Cannot tell: use, and the secrets of vaults.
//!
//! `owners` may be `null`. Envelope, applications, service principals, owners and app role assignments are those that
//! public parsers read; role assignments and access policies are those of the collector's source. None could be
//! confirmed on a recorded export.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use smallvec::smallvec;

use super::azure_role_assignments::Assignments;
use super::entra_graph::{Export, Guid, List, RawDirectoryObject};
use super::{Connector, Input, Mark, entra_applications, entra_service_principals};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::grant::{GrantFact, MembershipFact, TrustGuard, TrustKind};
use crate::model::identity::IdentityFact;
use crate::model::instant::Expiry;
use crate::model::principal::{HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::absent::nothing_if_null;
use crate::reading::json::{self, Row};
use crate::reading::loose::{flag, number};
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "azurehound",
    title: "AzureHound",
    vendor: "SpecterOps",
    command: "azurehound list --tenant TENANT -o azurehound.json",
    cannot_tell: &[
        "when an application was last used",
        "which secrets a vault holds: add `az keyvault secret list`",
        "what a custom role of Azure allows: add `az role definition list --custom-role-only`",
        "which users are programs",
    ],
    signatures: &[
        &[Mark::Contains("data[].kind", "AZ"), Mark::Has("data[].data")],
        &[Mark::Contains("meta.type", "azure"), Mark::Has("data")],
    ],
    parse,
};

/// What AzureHound says of its file when it is done.
#[derive(Deserialize)]
struct RawMeta {
    #[serde(default, deserialize_with = "number")]
    count: Option<usize>,
}

#[derive(Deserialize)]
struct RawItem<'a> {
    #[serde(borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// Owners of an application or service principal.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOwners<'a> {
    #[serde(borrow, default, alias = "appId")]
    service_principal_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    owners: Option<Vec<RawOwner<'a>>>,
}

#[derive(Deserialize)]
struct RawOwner<'a> {
    #[serde(borrow, default)]
    owner: List<RawDirectoryObject<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawFederations<'a> {
    #[serde(borrow, default)]
    app_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    fics: Option<Vec<RawFic<'a>>>,
}

#[derive(Deserialize)]
struct RawFic<'a> {
    #[serde(borrow, default)]
    fic: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMembers<'a> {
    #[serde(borrow, default)]
    group_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    members: Option<Vec<RawMember<'a>>>,
}

#[derive(Deserialize)]
struct RawMember<'a> {
    #[serde(borrow, default)]
    member: Option<RawObject<'a>>,
}

/// What every object of the directory and every resource may have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawObject<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default, rename = "@odata.type")]
    odata_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    template_id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    is_built_in: Option<bool>,
    #[serde(borrow, default)]
    user_principal_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    identity: Option<RawIdentity<'a>>,
}

/// Which managed identities a resource runs as.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawIdentity<'a> {
    #[serde(borrow, default)]
    principal_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_assigned_identities: Option<BTreeMap<Cow<'a, str>, Option<RawAssigned<'a>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAssigned<'a> {
    #[serde(borrow, default)]
    principal_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDirectoryAssignments<'a> {
    #[serde(borrow, default)]
    role_definition_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    role_assignments: Option<Vec<RawDirectoryAssignment<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDirectoryAssignment<'a> {
    #[serde(borrow, default)]
    role_definition_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    principal_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    directory_scope_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAccessPolicy<'a> {
    #[serde(borrow, default)]
    object_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    key_vault_id: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    permissions: BTreeMap<Cow<'a, str>, OneOrMany<Text<'a>>>,
}

/// A directory role as the file defines it.
struct DirectoryRole<'a> {
    name: Option<Text<'a>>,
    privilege: Option<Privilege>,
}

/// Roles that can give themselves every other: <https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference>.
const DIRECTORY_ADMINISTRATORS: [(&str, &str); 2] = [
    ("62e90394-69f5-4237-9190-012177145e10", "Global Administrator"),
    ("e8611ab8-c189-46e8-94e1-60213ab1f814", "Privileged Role Administrator"),
];

/// One element of the file's list: its `data`, at its place.
struct Item<'k, 'a> {
    kind: &'k str,
    row: Row<'a>,
    place: Place,
}

#[derive(Default)]
struct Reader<'a> {
    export: Export,
    assignments: Assignments,
    /// Ids of the role assignments at resources that were stated.
    stated: BTreeSet<String>,
    roles: BTreeMap<Guid, DirectoryRole<'a>>,
    groups: BTreeSet<Guid>,
    /// How many items there are of each kind that is not known.
    unknown: BTreeMap<String, u32>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut reader = Reader::default();
    let mut of_rows = Diagnostics::default();
    let mut items = Vec::new();
    let rows = json::each_row(input.text, &["data"], &mut reader.export.diagnostics, |row| {
        if let Some(raw) = row.parse::<RawItem<'_>>(&mut of_rows) {
            items.push((raw, **row));
        }
    });
    for page in &rows.pages {
        let meta = rows.page_header(page, "meta");
        let meta = meta.and_then(|meta| serde_json::from_str::<RawMeta>(meta).ok());
        let announced = meta.and_then(|meta| meta.count).unwrap_or(0);
        if announced > page.rows.len() {
            reader.export.batch.gaps.push(format!(
                "the file announces {announced} objects and holds {}",
                page.rows.len()
            ));
        }
    }
    reader.export.diagnostics.append(of_rows);
    // Definitions before what names them: what a role is called, which roles a resource defines.
    let is_definition =
        |raw: &RawItem<'_>| matches!(raw.kind.as_deref(), Some("AZServicePrincipal" | "AZRole" | "AZGroup"));
    let (first, then): (Vec<_>, Vec<_>) = items.into_iter().partition(|(raw, _)| is_definition(raw));
    for (raw, row) in first.into_iter().chain(then) {
        let Some(data) = raw.data else { continue };
        let place = row.place(&mut reader.export.batch);
        let text = data.get();
        reader.read(&Item {
            kind: raw.kind.as_deref().unwrap_or(""),
            row: Row { text, ..row },
            place,
        });
    }
    reader.finish()
}

impl<'a> Reader<'a> {
    fn read(&mut self, item: &Item<'_, 'a>) {
        match item.kind {
            "AZApp" => entra_applications::read_row(&item.row, &mut self.export),
            "AZServicePrincipal" => entra_service_principals::read_row(&item.row, &mut self.export),
            "AZAppOwner" | "AZServicePrincipalOwner" => self.owners(item),
            "AZAppRoleAssignment" => {
                if let Some(raw) = item.row.parse(&mut self.export.diagnostics) {
                    self.export
                        .app_role_assignment(raw, item.place, |member| format!("{}.data.{member}", item.row.name()));
                }
            }
            "AZRole" => self.directory_role(item),
            "AZRoleAssignment" => self.directory_assignments(item),
            "AZGroup" => {
                let raw = item.row.parse::<RawObject<'_>>(&mut self.export.diagnostics);
                self.groups.extend(raw.and_then(|raw| Guid::parse(&raw.id?)));
            }
            "AZGroupMember" => self.members(item),
            "AZKeyVaultAccessPolicy" => self.access_policy(item),
            "AZUser" => self.user(item),
            // Nothing in them is an identity of a program, or says what one may do.
            "AZTenant"
            | "AZSubscription"
            | "AZResourceGroup"
            | "AZManagementGroup"
            | "AZManagementGroupDescendant"
            | "AZKeyVault"
            | "AZGroupOwner"
            | "AZDevice"
            | "AZDeviceOwner"
            | "AZRoleEligibilityScheduleInstance"
            | "AZRoleManagementPolicyAssignment"
            | "AZAppMember" => {}
            "AZVM"
            | "AZVMScaleSet"
            | "AZWebApp"
            | "AZFunctionApp"
            | "AZLogicApp"
            | "AZManagedCluster"
            | "AZAutomationAccount"
            | "AZContainerRegistry" => self.resource(item),
            kind if [
                "RoleAssignment",
                "Owner",
                "UserAccessAdmin",
                "Contributor",
                "AdminLogin",
            ]
            .iter()
            .any(|end| kind.ends_with(end)) =>
            {
                self.resource_assignments(item);
            }
            _ if item.row.text.contains("\"fics\"") => self.federations(item),
            kind => *self.unknown.entry(kind.to_owned()).or_default() += 1,
        }
    }

    /// A GUID of the item. AzureHound names applications by client id or object id, which are never the same one.
    fn named(&mut self, item: &Item<'_, '_>, written: Option<&str>, member: &str) -> Option<Guid> {
        self.export
            .required_id(written, || format!("{}.data.{member}", item.row.name()))
    }

    fn owners(&mut self, item: &Item<'_, 'a>) {
        let Some(raw) = item.row.parse::<RawOwners<'_>>(&mut self.export.diagnostics) else {
            return;
        };
        let owners: Vec<_> = raw.owners.into_iter().flatten().collect();
        if owners.is_empty() {
            return;
        }
        let Some(owned) = self.named(item, raw.service_principal_id.as_deref(), "servicePrincipalId") else {
            return;
        };
        let mut handles = smallvec![self.export.handle(HandleKind::EntraObject, owned)];
        if item.kind == "AZAppOwner" {
            handles.push(self.export.handle(HandleKind::EntraApp, owned));
        }
        let mut fact = IdentityFact::mentioned(handles, item.place);
        for owner in owners {
            self.export.owners(&mut fact, owner.owner);
        }
        self.export.batch.identities.push(fact);
    }

    fn federations(&mut self, item: &Item<'_, 'a>) {
        let Some(raw) = item.row.parse::<RawFederations<'_>>(&mut self.export.diagnostics) else {
            return;
        };
        let Some(app) = self.named(item, raw.app_id.as_deref(), "appId") else {
            return;
        };
        let handles = smallvec![
            self.export.handle(HandleKind::EntraApp, app),
            self.export.handle(HandleKind::EntraObject, app),
        ];
        let target = self.export.handle(HandleKind::EntraApp, app);
        self.export
            .batch
            .identities
            .push(IdentityFact::mentioned(handles, item.place));
        for fic in raw.fics.into_iter().flatten().filter_map(|fic| fic.fic) {
            let row = Row {
                text: fic.get(),
                ..item.row
            };
            if let Some(federation) = row.parse(&mut self.export.diagnostics) {
                self.export.federation(Some(target), federation, item.place, |member| {
                    format!("{}.data.fics.{member}", item.row.name())
                });
            }
        }
    }

    fn directory_role(&mut self, item: &Item<'_, 'a>) {
        let Some(raw) = item.row.parse::<RawObject<'a>>(&mut self.export.diagnostics) else {
            return;
        };
        let Some(id) = self.named(item, raw.id.as_deref(), "id") else {
            return;
        };
        let privilege = match raw.is_built_in {
            Some(true) => Some(Privilege::Limited),
            // What a role of the tenant's own allows is not in the file.
            Some(false) | None => None,
        };
        let template = raw.template_id.as_deref().and_then(Guid::parse);
        for id in [Some(id), template].into_iter().flatten() {
            let name = raw.display_name.clone();
            self.roles.insert(id, DirectoryRole { name, privilege });
        }
    }

    fn directory_assignments(&mut self, item: &Item<'_, 'a>) {
        let Some(raw) = item
            .row
            .parse::<RawDirectoryAssignments<'_>>(&mut self.export.diagnostics)
        else {
            return;
        };
        for assignment in raw.role_assignments.into_iter().flatten() {
            let role = assignment.role_definition_id.or(raw.role_definition_id.clone());
            let (Some(principal), Some(role)) = (
                self.named(item, assignment.principal_id.as_deref(), "roleAssignments.principalId"),
                self.named(item, role.as_deref(), "roleDefinitionId"),
            ) else {
                continue;
            };
            let administrator = DIRECTORY_ADMINISTRATORS.iter().find(|(id, _)| *id == role.as_str());
            let defined = self.roles.get(&role);
            let privilege = match administrator {
                Some(_) => Some(Privilege::Administrator),
                None => defined.and_then(|role| role.privilege),
            };
            let name = defined
                .and_then(|role| role.name.as_deref())
                .or(administrator.map(|(_, name)| *name))
                .unwrap_or(role.as_str());
            let role = self.export.batch.sym(name);
            let scope = assignment.directory_scope_id.as_deref().unwrap_or("/");
            let resource = Some(self.export.batch.sym(&format!("Entra directory {scope}")));
            let subject = match self.groups.contains(&principal) {
                true => Principal::Group(self.export.batch.sym(principal.as_str())),
                false => Principal::Identity(self.export.handle(HandleKind::EntraObject, principal)),
            };
            self.export.batch.grants.push(GrantFact {
                subject,
                role,
                policy: None,
                resource,
                privilege,
                conditional: Conditional::Always,
                expires_at: Expiry::NotReported,
                place: item.place,
            });
        }
    }

    fn members(&mut self, item: &Item<'_, 'a>) {
        let Some(raw) = item.row.parse::<RawMembers<'_>>(&mut self.export.diagnostics) else {
            return;
        };
        let Some(group) = self.named(item, raw.group_id.as_deref(), "groupId") else {
            return;
        };
        let group = self.export.batch.sym(group.as_str());
        for member in raw.members.into_iter().flatten().filter_map(|member| member.member) {
            let Some(id) = self.named(item, member.id.as_deref(), "members.member.id") else {
                continue;
            };
            let is_group = member.odata_type.is_some_and(|name| name.ends_with(".group"));
            let member = match is_group {
                true => Principal::Group(self.export.batch.sym(id.as_str())),
                false => Principal::Identity(self.export.handle(HandleKind::EntraObject, id)),
            };
            self.export.batch.memberships.push(MembershipFact {
                member,
                group,
                place: item.place,
            });
        }
    }

    fn access_policy(&mut self, item: &Item<'_, 'a>) {
        let Some(raw) = item.row.parse::<RawAccessPolicy<'_>>(&mut self.export.diagnostics) else {
            return;
        };
        let Some(object) = self.named(item, raw.object_id.as_deref(), "objectId") else {
            return;
        };
        let resource = self.export.batch.sym_of(raw.key_vault_id.as_deref());
        for (of, permissions) in raw
            .permissions
            .iter()
            .filter(|(_, permissions)| !permissions.0.is_empty())
        {
            let permissions: Vec<&str> = permissions.0.iter().map(|permission| &**permission).collect();
            let role = self.export.batch.sym(&format!("{of}: {}", permissions.join(", ")));
            let subject = Principal::Identity(self.export.handle(HandleKind::EntraObject, object));
            self.export.batch.grants.push(GrantFact {
                subject,
                role,
                policy: None,
                resource,
                privilege: Some(Privilege::Limited),
                conditional: Conditional::Always,
                expires_at: Expiry::Never,
                place: item.place,
            });
        }
    }

    fn user(&mut self, item: &Item<'_, 'a>) {
        let Some(raw) = item.row.parse::<RawObject<'_>>(&mut self.export.diagnostics) else {
            return;
        };
        let Some(id) = self.named(item, raw.id.as_deref(), "id") else {
            return;
        };
        let mut handles = smallvec![self.export.handle(HandleKind::EntraObject, id)];
        if let Some(name) = raw.user_principal_name.filter(|name| name.contains('@')) {
            handles.push(self.export.batch.handle(HandleKind::Email, &name.to_lowercase()));
        }
        self.export
            .batch
            .identities
            .push(IdentityFact::mentioned(handles, item.place));
    }

    fn resource(&mut self, item: &Item<'_, 'a>) {
        let Some(raw) = item.row.parse::<RawObject<'_>>(&mut self.export.diagnostics) else {
            return;
        };
        let (Some(id), Some(identity)) = (raw.id, raw.identity) else {
            return;
        };
        let assigned = identity.user_assigned_identities.into_iter().flatten();
        let assigned = assigned.filter_map(|(_, assigned)| assigned?.principal_id);
        let actor = Principal::Workload(self.export.batch.sym(&id));
        for principal in identity.principal_id.into_iter().chain(assigned) {
            // A resource without a system-assigned identity has an empty id there.
            let place = || format!("{}.data.identity.principalId", item.row.name());
            if let Some(principal) = self.export.id(Some(&principal), place) {
                let target = self.export.handle(HandleKind::EntraObject, principal);
                self.export
                    .trust(actor, target, TrustKind::RunsAs, TrustGuard::Open, item.place);
            }
        }
    }

    /// Role assignments at one resource, each inside an element of a list that is named after the role.
    fn resource_assignments(&mut self, item: &Item<'_, 'a>) {
        type Members<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;
        let Some(data) = item.row.parse::<Members<'a>>(&mut self.export.diagnostics) else {
            return;
        };
        for list in data.values().filter(|value| value.get().starts_with('[')) {
            let list = Row {
                text: list.get(),
                ..item.row
            };
            let elements = list.parse::<Vec<Members<'a>>>(&mut self.export.diagnostics);
            for assignment in elements.iter().flatten().flat_map(|element| element.values()) {
                if !assignment.get().starts_with('{') {
                    continue;
                }
                let row = Row {
                    text: assignment.get(),
                    ..item.row
                };
                let id = row
                    .parse::<RawObject<'_>>(&mut self.export.diagnostics)
                    .and_then(|raw| raw.id);
                let is_new = id.is_none_or(|id| self.stated.insert(id.to_ascii_lowercase()));
                if is_new {
                    self.assignments.read(&row, item.place, &mut self.export);
                }
            }
        }
    }

    fn finish(mut self) -> (Batch, Diagnostics) {
        self.assignments.finish(&mut self.export);
        if !self.unknown.is_empty() {
            let kinds: Vec<_> = self.unknown.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
            self.export.diagnostics.push(Diagnostic::info(
                "whole file",
                kinds.join(", "),
                "kinds that this connector knows",
                "these were passed over; the rest was read",
            ));
        }
        self.export.finish()
    }
}
