//! Entra service principals: everything in a tenant that signs in without being a person – the tenant's own
//! applications, applications of others that were let in, managed identities and agent identities.
//!
//! Written by Microsoft Graph (`GET /servicePrincipals`, also cast to `microsoft.graph.agentIdentity`), by
//! `az ad sp list --all` (a bare array), and by `Get-MgServicePrincipal | ConvertTo-Json`.
//! <https://learn.microsoft.com/graph/api/resources/serviceprincipal>
//! <https://learn.microsoft.com/graph/api/resources/agentidentity>
//!
//! Read: id, appId, displayName, servicePrincipalType, accountEnabled, disabledByMicrosoftStatus, createdDateTime,
//! deletedDateTime, appOwnerOrganizationId, signInAudience, alternativeNames, agentIdentityBlueprintId,
//! passwordCredentials, keyCredentials, appRoles, description, notes, tags, and, where they were expanded, owners,
//! sponsors, federatedIdentityCredentials, appRoleAssignments and oauth2PermissionGrants.
//!
//! Whose an application is: Microsoft's tenants make it the platform's. The file does not name its own tenant, so merge
//! tells others' applications from the tenant's by the owners of all files of the source; one with the audience
//! `AzureADMyOrg` exists only in the tenant that owns it. Managed identities are always the estate's.
//!
//! Cannot tell: use, and grants unless they were expanded.

use serde::Deserialize;

use super::entra_graph::{
    Export, Flag, Guid, List, RawAppRole, RawAppRoleAssignment, RawDirectoryObject, RawFederation, RawKey, RawPassword,
    RawPermissionGrant, is_microsofts, note_pages,
};
use super::{Connector, Input, Mark};
use crate::diagnostic::Diagnostics;
use crate::model::batch::{Batch, Home, HomeReach};
use crate::model::grant::{TrustGuard, TrustKind};
use crate::model::identity::{IdentityFact, IdentityKind, Knowledge, Origin, Status};
use crate::model::principal::{HandleKind, Handles, Principal};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "entra_service_principals",
    title: "Entra service principals",
    vendor: "Microsoft Entra",
    command: "az ad sp list --all > service-principals.json   # with owners: az rest --url 'https://graph.microsoft.com/v1.0/servicePrincipals?$top=999&$expand=owners'; agents: .../servicePrincipals/microsoft.graph.agentIdentity?$expand=sponsors",
    cannot_tell: &[
        "the secrets of the tenant's own applications: most are on the application registration; add `az ad app list`",
        "what a service principal may do, unless assignments and grants were expanded",
        "when it was last used: add `servicePrincipalSignInActivities`",
        "its own tenant, which is told from the owners of single-tenant applications",
    ],
    signatures: &[
        &[
            Mark::Contains("@odata.context", "#servicePrincipals"),
            Mark::RowHas("appId"),
        ],
        &[
            Mark::Contains("@odata.context", "#servicePrincipals"),
            Mark::RowHas("agentIdentityBlueprintId"),
        ],
        &[
            Mark::Contains("@odata.context", "#servicePrincipals"),
            Mark::Has("value"),
            Mark::Lacks("value[]"),
        ],
        &[Mark::RowHas("servicePrincipalType"), Mark::RowHas("id")],
        &[Mark::RowHas("servicePrincipalType"), Mark::RowHas("appId")],
        &[
            Mark::RowHas("appId"),
            Mark::RowHas("id"),
            Mark::RowHas("appOwnerOrganizationId"),
        ],
        &[
            Mark::RowHas("appId"),
            Mark::RowHas("id"),
            Mark::RowHas("oauth2PermissionScopes"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawServicePrincipal<'a> {
    #[serde(borrow, default, rename = "@odata.type")]
    odata_type: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Id")]
    id: Option<Text<'a>>,
    /// The id's name in Azure AD Graph and its PowerShell module.
    #[serde(borrow, default, alias = "ObjectId")]
    object_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "AppId")]
    app_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "DisplayName")]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ServicePrincipalType")]
    service_principal_type: Option<Text<'a>>,
    #[serde(default, alias = "AccountEnabled")]
    account_enabled: Flag,
    #[serde(borrow, default, alias = "DisabledByMicrosoftStatus")]
    disabled_by_microsoft_status: Option<Text<'a>>,
    #[serde(default, alias = "CreatedDateTime")]
    created_date_time: Moment,
    #[serde(default, alias = "DeletedDateTime")]
    deleted_date_time: Moment,
    /// `appOwnerTenantId` in Azure AD Graph.
    #[serde(
        borrow,
        default,
        alias = "AppOwnerOrganizationId",
        alias = "appOwnerTenantId",
        alias = "AppOwnerTenantId"
    )]
    app_owner_organization_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "SignInAudience")]
    sign_in_audience: Option<Text<'a>>,
    #[serde(borrow, default, alias = "AlternativeNames")]
    alternative_names: OneOrMany<Text<'a>>,
    #[serde(borrow, default, alias = "AgentIdentityBlueprintId")]
    agent_identity_blueprint_id: Option<Text<'a>>,
    /// Only `riskyServicePrincipals` have it.
    #[serde(borrow, default, alias = "RiskLevel")]
    risk_level: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Description")]
    description: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Notes")]
    notes: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Tags")]
    tags: OneOrMany<Text<'a>>,
    #[serde(borrow, default, alias = "PasswordCredentials")]
    password_credentials: List<RawPassword<'a>>,
    #[serde(borrow, default, alias = "KeyCredentials")]
    key_credentials: List<RawKey<'a>>,
    #[serde(borrow, default, alias = "FederatedIdentityCredentials")]
    federated_identity_credentials: List<RawFederation<'a>>,
    #[serde(borrow, default, alias = "AppRoles")]
    app_roles: List<RawAppRole<'a>>,
    #[serde(borrow, default, alias = "Owners")]
    owners: List<RawDirectoryObject<'a>>,
    #[serde(borrow, default, alias = "Sponsors")]
    sponsors: List<RawDirectoryObject<'a>>,
    #[serde(borrow, default, alias = "AppRoleAssignments")]
    app_role_assignments: List<RawAppRoleAssignment<'a>>,
    #[serde(borrow, default, rename = "oauth2PermissionGrants", alias = "Oauth2PermissionGrants")]
    oauth2_permission_grants: List<RawPermissionGrant<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut export = Export::default();
    let rows = json::rows(input.text, &["value"], &mut export.diagnostics);
    let mut listed: Vec<(&Row<'_>, RawServicePrincipal<'_>)> = rows
        .rows
        .iter()
        .filter_map(|row| Some((row, row.parse(&mut export.diagnostics)?)))
        .collect();
    // All roles before the first assignment: a resource may stand behind those who have its roles.
    for (row, raw) in &mut listed {
        let place = row.place(&mut export.batch);
        if let Some(resource) = raw.object_id().and_then(Guid::parse) {
            export.define_roles(resource, std::mem::take(&mut raw.app_roles), place);
        }
    }
    for (row, raw) in listed {
        read_service_principal(raw, row, &mut export);
    }
    note_pages(&rows, &mut export.batch, "servicePrincipals");
    export.finish()
}

impl RawServicePrincipal<'_> {
    fn object_id(&self) -> Option<&str> {
        self.id.as_deref().or(self.object_id.as_deref())
    }

    fn owner(&self) -> Option<Guid> {
        self.app_owner_organization_id.as_deref().and_then(Guid::parse)
    }

    fn kind(&self) -> IdentityKind {
        let is_agent = self
            .odata_type
            .as_deref()
            .is_some_and(|name| name.ends_with(".agentIdentity"))
            || self.agent_identity_blueprint_id.is_some()
            || self.tags.0.iter().any(|tag| **tag == *"AgenticInstance");
        match self.service_principal_type.as_deref() {
            Some("ManagedIdentity") => IdentityKind::ManagedIdentity,
            Some("ServiceIdentity") => IdentityKind::Agent,
            _ if is_agent => IdentityKind::Agent,
            // `Application`, and `Legacy` and `SocialIdp`, which Microsoft keeps for applications of old.
            _ => IdentityKind::Application,
        }
    }
}

/// States one service principal as Graph writes it, wherever it stands.
pub(super) fn read_row(row: &Row<'_>, export: &mut Export) {
    let Some(mut raw) = row.parse::<RawServicePrincipal<'_>>(&mut export.diagnostics) else {
        return;
    };
    let place = row.place(&mut export.batch);
    if let Some(resource) = raw.object_id().and_then(Guid::parse) {
        export.define_roles(resource, std::mem::take(&mut raw.app_roles), place);
    }
    read_service_principal(raw, row, export);
}

fn read_service_principal(raw: RawServicePrincipal<'_>, row: &Row<'_>, export: &mut Export) {
    let app = export.id(raw.app_id.as_deref(), || format!("{}.appId", row.name()));
    let object = match app {
        Some(_) => export.id(raw.object_id(), || format!("{}.id", row.name())),
        None => export.required_id(raw.object_id(), || format!("{}.id", row.name())),
    };
    let mut handles = Handles::new();
    handles.extend(app.map(|app| export.handle(HandleKind::EntraApp, app)));
    handles.extend(object.map(|object| export.handle(HandleKind::EntraObject, object)));
    let Some(holder) = handles.first().copied() else {
        return;
    };
    let place = row.place(&mut export.batch);
    // What is at risk is no list of what there is.
    if raw.risk_level.is_some() {
        export.batch.identities.push(IdentityFact::mentioned(handles, place));
        return;
    }
    let kind = raw.kind();
    let mut fact = IdentityFact::listed(handles, kind, place);
    if kind != IdentityKind::ManagedIdentity {
        if is_microsofts(app, raw.owner()) {
            fact.origin = Origin::Platform;
        } else if let Some(owner) = raw.owner() {
            let is_single = raw.sign_in_audience.as_deref() == Some("AzureADMyOrg");
            let home = Home {
                identity: export.batch.identities.len() as u32,
                organisation: export.batch.sym(owner.as_str()),
                reach: if is_single {
                    HomeReach::Home
                } else {
                    HomeReach::Anywhere
                },
            };
            export.batch.homes.push(home);
        }
    }
    fact.name = export.batch.sym_of(raw.display_name.as_deref());
    fact.created_at = raw
        .created_date_time
        .instant(|| format!("{}.createdDateTime", row.name()), &mut export.diagnostics);
    let is_blocked = raw
        .disabled_by_microsoft_status
        .is_some_and(|status| status.to_ascii_lowercase().starts_with("disabled"));
    let is_deleted = matches!(raw.deleted_date_time, Moment::At(_));
    fact.status = match raw.account_enabled {
        _ if is_blocked || is_deleted => Status::Disabled,
        Flag(Some(true)) => Status::Active,
        Flag(Some(false)) => Status::Disabled,
        Flag(None) => Status::Unknown,
    };
    // An agent identity has no credential of its own: its blueprint signs in and asks for the agent's token.
    if kind == IdentityKind::Agent {
        fact.credentials_known = Knowledge::Reported;
    }
    export.owners(&mut fact, raw.owners);
    export.owners(&mut fact, raw.sponsors);
    export.say(
        &mut fact,
        &[raw.description.as_deref(), raw.notes.as_deref()],
        &raw.tags,
    );
    export.batch.identities.push(fact);

    if kind == IdentityKind::ManagedIdentity
        && let Some(resource) = assigned_to(&raw.alternative_names, export)
    {
        export.trust(
            Principal::Workload(resource),
            holder,
            TrustKind::RunsAs,
            TrustGuard::Open,
            place,
        );
    }
    let blueprint = export.id(raw.agent_identity_blueprint_id.as_deref(), || {
        format!("{}.agentIdentityBlueprintId", row.name())
    });
    if let Some(blueprint) = blueprint {
        let actor = Principal::Identity(export.handle(HandleKind::EntraApp, blueprint));
        export.trust(actor, holder, TrustKind::Impersonates, TrustGuard::Open, place);
    }
    export.passwords_and_keys(Some(holder), raw.password_credentials, raw.key_credentials, place, row);
    export.federations(holder, raw.federated_identity_credentials, place, row);
    read_grants(
        raw.app_role_assignments,
        raw.oauth2_permission_grants,
        place,
        row,
        export,
    );
}

/// The resource that a system-assigned managed identity belongs to and dies with. A user-assigned one
/// (`isExplicit=True`) names only itself.
fn assigned_to(alternative_names: &OneOrMany<Text<'_>>, export: &mut Export) -> Option<Sym> {
    export.note_cut(alternative_names);
    let names = &alternative_names.0;
    let is_own = names.iter().any(|name| name.eq_ignore_ascii_case("isExplicit=False"));
    let resource = names.iter().find(|name| name.starts_with('/')).filter(|_| is_own)?;
    Some(export.batch.sym(resource))
}

fn read_grants(
    assignments: List<RawAppRoleAssignment<'_>>,
    grants: List<RawPermissionGrant<'_>>,
    place: Place,
    row: &Row<'_>,
    export: &mut Export,
) {
    for (index, raw) in export.objects(assignments).into_iter().enumerate() {
        export.app_role_assignment(raw, place, |member| {
            format!("{}.appRoleAssignments[{index}].{member}", row.name())
        });
    }
    for (index, raw) in export.objects(grants).into_iter().enumerate() {
        export.permission_grant(raw, place, |member| {
            format!("{}.oauth2PermissionGrants[{index}].{member}", row.name())
        });
    }
}
