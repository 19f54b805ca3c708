//! ScubaGear's provider export: the risky applications of a tenant with their credentials and permissions, and who has
//! directory roles.
//!
//! Written by CISA's ScubaGear (`Invoke-SCuBA -ProductNames aad`) as `ProviderSettingsExport.json`, or inside
//! `ScubaResults_….json`, beside settings that are no business of identities.
//! <https://github.com/cisagov/ScubaGear/blob/main/docs/misc/output.md>
//!
//! Read: tenant_id, timestamp_zulu, risky_applications, risky_third_party_service_principals,
//! legacy_exchange_service_principal, dedicated_exchange_hybrid_applications, privileged_service_principals,
//! privileged_users. A permission without admin consent is only asked for, and is no grant.
//!
//! Cannot tell: applications without a permission that ScubaGear calls risky, owners, use.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use super::entra_graph::{Export, Guid, List, RawFederation, RawKey, RawPassword, delegated, is_microsofts};
use super::entra_graph_permissions::{directory_role_privilege, privilege};
use super::{Connector, Input, Mark};
use crate::diagnostic::Diagnostics;
use crate::model::access_policy::Conditional;
use crate::model::batch::Batch;
use crate::model::grant::GrantFact;
use crate::model::identity::{IdentityFact, IdentityKind, Origin};
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind, Handles, Principal};
use crate::model::provenance::Place;
use crate::reading::json::{self, Row, Rows};
use crate::reading::loose::flag;
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::one_or_many::OneOrMany;
use crate::reading::scan::Scan;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "entra_scubagear_export",
    title: "ScubaGear provider export",
    vendor: "Microsoft Entra",
    command: "Invoke-SCuBA -ProductNames aad   # ProviderSettingsExport.json",
    cannot_tell: &[
        "applications without a permission that ScubaGear calls risky: add `az ad app list` and `az ad sp list`",
        "owners, creation and use of applications",
        "whether a directory role is standing or only eligible",
    ],
    signatures: &[
        &[Mark::Has("risky_applications"), Mark::Has("module_version")],
        &[Mark::Has("privileged_service_principals"), Mark::Has("module_version")],
    ],
    parse,
};

const RISKY_APPLICATIONS: &str = "risky_applications";
const THIRD_PARTIES: &str = "risky_third_party_service_principals";
const EXCHANGE: &str = "legacy_exchange_service_principal";
const EXCHANGE_HYBRID: &str = "dedicated_exchange_hybrid_applications";

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawApplication<'a> {
    #[serde(borrow, default)]
    object_id: RawObjectIds<'a>,
    #[serde(borrow, default)]
    app_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    app_owner_organization_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    key_credentials: List<RawKey<'a>>,
    #[serde(borrow, default)]
    password_credentials: List<RawPassword<'a>>,
    #[serde(borrow, default)]
    federated_credentials: List<RawFederation<'a>>,
    #[serde(borrow, default)]
    permissions: List<RawPermission<'a>>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawHybrid<'a> {
    #[serde(borrow, default)]
    apps: List<RawApplication<'a>>,
}

/// One id, or those of an application and its service principal.
#[derive(Default)]
struct RawObjectIds<'a>(Vec<Text<'a>>);

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawPermission<'a> {
    #[serde(borrow, default)]
    role_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    role_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    role_display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    application_display_name: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    is_admin_consented: Option<bool>,
}

/// A user or service principal with directory roles.
#[derive(serde::Deserialize)]
struct RawPrivileged<'a> {
    #[serde(borrow, default, rename = "AppId")]
    app_id: Option<Text<'a>>,
    #[serde(borrow, default, rename = "DisplayName")]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    roles: OneOrMany<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut export = Export::default();
    let lists = [RISKY_APPLICATIONS, THIRD_PARTIES, EXCHANGE, EXCHANGE_HYBRID];
    let rows = json::rows(input.text, &lists, &mut export.diagnostics);
    let made_at = Moment::parse(rows.header("timestamp_zulu").unwrap_or_default(), DateOrder::MonthFirst)
        .instant(|| "timestamp_zulu".to_owned(), &mut export.diagnostics);
    export.batch.state_at(made_at);
    let tenant = export.id(rows.header("tenant_id").filter(|id| *id != "null"), || {
        "tenant_id".to_owned()
    });
    for row in &rows.rows {
        match row.list {
            EXCHANGE_HYBRID => {
                if let Some(raw) = row.parse::<RawHybrid<'_>>(&mut export.diagnostics) {
                    for raw in export.objects(raw.apps) {
                        read_application(raw, row, tenant, &mut export);
                    }
                }
            }
            RISKY_APPLICATIONS | THIRD_PARTIES | EXCHANGE => {
                if let Some(raw) = row.parse(&mut export.diagnostics) {
                    read_application(raw, row, tenant, &mut export);
                }
            }
            // A document without any of the lists: there is only what its members say.
            _ => {}
        }
    }
    for list in ["privileged_service_principals", "privileged_users"] {
        read_privileged(list, &rows, tenant, &mut export);
    }
    export.finish()
}

fn read_application(raw: RawApplication<'_>, row: &Row<'_>, tenant: Option<Guid>, export: &mut Export) {
    let Some(app) = export.required_id(raw.app_id.as_deref(), || format!("{}.AppId", row.name())) else {
        return;
    };
    let holder = export.handle(HandleKind::EntraApp, app);
    let mut handles = Handles::new();
    handles.push(holder);
    for object in &raw.object_id.0 {
        let object = export.id(Some(object), || format!("{}.ObjectId", row.name()));
        handles.extend(object.map(|object| export.handle(HandleKind::EntraObject, object)));
    }
    let place = row.place(&mut export.batch);
    let mut fact = IdentityFact::listed(handles, IdentityKind::Application, place);
    fact.name = export.batch.sym_of(raw.display_name.as_deref());
    fact.account = tenant.map(|tenant| export.batch.sym(tenant.as_str()));
    let owner = raw.app_owner_organization_id.as_deref().and_then(Guid::parse);
    let is_other = row.list == THIRD_PARTIES || matches!((owner, tenant), (Some(o), Some(t)) if o != t);
    fact.origin = if is_microsofts(Some(app), owner) {
        Origin::Platform
    } else if is_other {
        Origin::ThirdParty
    } else {
        Origin::Estate
    };
    export.batch.identities.push(fact);
    export.passwords_and_keys(Some(holder), raw.password_credentials, raw.key_credentials, place, row);
    export.federations(holder, raw.federated_credentials, place, row);
    for permission in export.objects(raw.permissions) {
        read_permission(permission, holder, place, export);
    }
}

fn read_permission(raw: RawPermission<'_>, holder: Handle, place: Place, export: &mut Export) {
    let role = raw.role_display_name.or(raw.role_id);
    let (Some(true), Some(role)) = (raw.is_admin_consented, role) else {
        return;
    };
    let resource_name = raw.application_display_name.as_deref().unwrap_or_default();
    let resource = export.batch.sym_of(Some(resource_name));
    let name = export.batch.sym(&role);
    let subject = Principal::Identity(holder);
    let is_delegated = raw.role_type.is_some_and(|kind| kind.eq_ignore_ascii_case("Delegated"));
    export.batch.grants.push(if is_delegated {
        delegated(subject, name, resource, Expiry::Never, place)
    } else {
        GrantFact {
            subject,
            role: name,
            policy: None,
            resource,
            privilege: privilege(resource_name, &role),
            conditional: Conditional::Always,
            expires_at: Expiry::Never,
            place,
        }
    });
}

/// States who has directory roles. A role that was assigned twice, directly and by a group, is listed twice.
fn read_privileged(list: &str, rows: &Rows<'_>, tenant: Option<Guid>, export: &mut Export) {
    let Some(written) = rows.header(list).filter(|written| written.starts_with('{')) else {
        return;
    };
    let mut members = Vec::new();
    // What breaks off here also broke off for `json::rows`, which has said so.
    let _ = Scan::new(written).object(|scan, key| {
        members.push((key, scan.value()?));
        Ok(())
    });
    for (index, (key, text)) in members.into_iter().enumerate() {
        let row = Row {
            list,
            index,
            document: 0,
            text,
        };
        let Some(raw) = row.parse::<RawPrivileged<'_>>(&mut export.diagnostics) else {
            continue;
        };
        let place_name = format!("{list}.{key}");
        let Some(object) = export.required_id(Some(key), || place_name.clone()) else {
            continue;
        };
        let app = export.id(raw.app_id.as_deref(), || format!("{place_name}.AppId"));
        let place = Place::Path(export.batch.sym(&place_name));
        let subject = export.handle(HandleKind::EntraObject, object);
        let mut handles = Handles::new();
        handles.extend(app.map(|app| export.handle(HandleKind::EntraApp, app)));
        handles.push(subject);
        let kind = match list {
            "privileged_users" => IdentityKind::Human,
            _ => IdentityKind::Application,
        };
        let mut fact = IdentityFact::listed(handles, kind, place);
        fact.name = export.batch.sym_of(raw.display_name.as_deref());
        fact.account = tenant.map(|tenant| export.batch.sym(tenant.as_str()));
        if is_microsofts(app, None) {
            fact.origin = Origin::Platform;
        }
        let resource = fact.account;
        export.batch.identities.push(fact);
        let mut roles: Vec<&str> = raw.roles.0.iter().map(|role| role.trim()).collect();
        roles.sort_unstable();
        roles.dedup();
        for role in roles.into_iter().filter(|role| !role.is_empty()) {
            let name = export.batch.sym(role);
            export.batch.grants.push(GrantFact {
                subject: Principal::Identity(subject),
                role: name,
                policy: None,
                resource,
                privilege: Some(directory_role_privilege(role)),
                conditional: Conditional::Always,
                expires_at: Expiry::NotReported,
                place,
            });
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawObjectIds<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = RawObjectIds<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, or an object with the ids `Application` and `ServicePrincipal`")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(RawObjectIds::default())
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(RawObjectIds(vec![Text(Cow::Borrowed(text))]))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(RawObjectIds(vec![Text(Cow::Owned(text.to_owned()))]))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut ids = Vec::new();
                while let Some((_, id)) = map.next_entry::<de::IgnoredAny, Option<Text<'de>>>()? {
                    ids.extend(id);
                }
                Ok(RawObjectIds(ids))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
