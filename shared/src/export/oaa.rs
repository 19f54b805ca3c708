//! Identities and what they are granted as payloads of Veza's Open Authorization API: one application for each source.
//!
//! <https://docs.veza.com/4yItIzMvkpAvMVFAamTf/developers/api/oaa>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::analysis::Analysis;
use crate::model::access_policy::Privilege;
use crate::model::credential::CredentialStatus;
use crate::model::identity::{Class, Status};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::snapshot::{Credential, Identity, SourceId};

/// What Veza calls applications that come from here.
const APPLICATION_TYPE: &str = "Rollcall source";

/// The properties of local users that the API has no field for.
const PROPERTIES: [(&str, &str); 6] = [
    ("kind", "STRING"),
    ("is_service_account", "BOOLEAN"),
    ("environment", "STRING"),
    ("owner", "STRING"),
    ("team", "STRING"),
    ("purpose", "STRING"),
];

/// Names as they are written: Veza's client tells them apart without regard to case, so that a second one gets a number.
#[derive(Default)]
struct Names(BTreeMap<String, Vec<String>>);

impl Names {
    fn of(&mut self, name: &str) -> String {
        let same = self.0.entry(name.to_lowercase()).or_default();
        let at = same.iter().position(|known| known == name).unwrap_or_else(|| {
            same.push(name.to_owned());
            same.len() - 1
        });
        match at {
            0 => name.to_owned(),
            at => format!("{name} ({})", at + 1),
        }
    }
}

/// One source, as it is filled.
#[derive(Default)]
struct Application {
    user_names: Names,
    credential_names: Names,
    role_names: Names,
    resource_names: Names,
    users: Vec<Value>,
    credentials: Vec<Value>,
    roles: BTreeMap<String, BTreeSet<&'static str>>,
    resources: BTreeSet<String>,
}

/// The payload of `custom_app`. Ids of local users are the identities' public ids.
pub fn oaa(analysis: &Analysis) -> Value {
    let snapshot = &analysis.snapshot;
    let text = |sym| snapshot.strings.get(sym);
    let mut applications: BTreeMap<SourceId, Application> = BTreeMap::new();
    let mut assignments = Vec::new();
    for identity in &snapshot.identities {
        let source = &snapshot.source(identity.source).name;
        let application = applications.entry(identity.source).or_default();
        let mut keys = Vec::new();
        for (_, credential) in snapshot.credentials_of(identity) {
            // One that several hold is theirs together.
            let key = application.credential_names.of(text(credential.key));
            if !keys.contains(&key) {
                application
                    .credentials
                    .push(access_credential(analysis, credential, &key));
                keys.push(key);
            }
        }
        let id = application.user_names.of(text(identity.id));
        application.users.push(user(analysis, identity, &id, &keys));
        let mut given: BTreeMap<String, (bool, BTreeSet<String>)> = BTreeMap::new();
        for grant in snapshot.grants_of(identity) {
            let permission = match grant.privilege {
                Some(Privilege::Administrator) => "administrator",
                Some(Privilege::Limited) => "limited",
                None => "not told",
            };
            let role = application.role_names.of(text(grant.role));
            application.roles.entry(role.clone()).or_default().insert(permission);
            let (everywhere, resources) = given.entry(role).or_default();
            match grant.resource {
                Some(resource) => {
                    let resource = application.resource_names.of(text(resource));
                    resources.insert(resource.clone());
                    application.resources.insert(resource);
                }
                None => *everywhere = true,
            }
        }
        let roles: Vec<Value> = given
            .into_iter()
            .map(|(role, (everywhere, resources))| {
                let mut role = json!({ "application": source, "role": role, "apply_to_application": everywhere });
                if !resources.is_empty() {
                    role["resources"] = json!(resources);
                }
                role
            })
            .collect();
        if !roles.is_empty() {
            assignments.push(json!({
                "identity": id,
                "identity_type": "local_user",
                "role_assignments": roles,
            }));
        }
    }
    let properties: Map<String, Value> = PROPERTIES
        .iter()
        .map(|(name, kind)| ((*name).to_owned(), json!(kind)))
        .collect();
    let named = applications.into_iter().map(|(source, application)| {
        let name = &snapshot.source(source).name;
        let roles = application.roles.into_iter();
        let roles: Vec<Value> = roles
            .map(|(name, permissions)| json!({ "name": name, "permissions": permissions }))
            .collect();
        let resources = application.resources.into_iter();
        let resources: Vec<Value> = resources
            .map(|name| json!({ "name": name, "resource_type": "resource" }))
            .collect();
        let mut credentials = application.credentials;
        credentials.sort_by_key(|credential| credential["id"].to_string());
        credentials.dedup();
        json!({
            "name": name,
            "application_type": APPLICATION_TYPE,
            "local_users": application.users,
            "local_groups": [],
            "local_roles": roles,
            "local_access_creds": credentials,
            "resources": resources,
        })
    });
    json!({
        "custom_property_definition": { "applications": [{
            "application_type": APPLICATION_TYPE,
            "local_user_properties": properties,
        }] },
        "applications": named.collect::<Vec<Value>>(),
        "permissions": [
            {
                "name": "administrator",
                "permission_type": [
                    "DataRead", "DataWrite", "DataCreate", "DataDelete",
                    "MetadataRead", "MetadataWrite", "MetadataCreate", "MetadataDelete",
                ],
            },
            { "name": "limited", "permission_type": ["Uncategorized"] },
            { "name": "not told", "permission_type": ["Uncategorized"] },
        ],
        "identity_to_permissions": assignments,
    })
}

/// Nothing is written where nothing is known.
fn put(object: &mut Value, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        object[name] = value;
    }
}

fn user(analysis: &Analysis, identity: &Identity, id: &str, credentials: &[String]) -> Value {
    let snapshot = &analysis.snapshot;
    let text = |sym| json!(snapshot.strings.get(sym));
    let mut properties = json!({ "kind": identity.kind.id() });
    let is_service_account = match identity.class {
        Class::NonHuman => Some(true),
        Class::Human => Some(false),
        Class::Unknown => None,
    };
    put(
        &mut properties,
        "is_service_account",
        is_service_account.map(Value::from),
    );
    put(&mut properties, "environment", identity.environment.map(text));
    put(&mut properties, "owner", identity.owner.text.map(text));
    put(&mut properties, "team", identity.owner.team.map(text));
    put(&mut properties, "purpose", identity.purpose.map(text));
    let mut user = json!({
        "id": id,
        "name": text(identity.name),
        "custom_properties": properties,
    });
    let is_active = match identity.status {
        Status::Active => Some(true),
        Status::Disabled => Some(false),
        Status::Unknown => None,
    };
    put(&mut user, "is_active", is_active.map(Value::from));
    put(
        &mut user,
        "created_at",
        identity.created_at.map(|at| json!(at.to_string())),
    );
    put(&mut user, "last_login_at", used(identity.last_used));
    if !credentials.is_empty() {
        user["access_creds"] = json!(credentials);
    }
    user
}

fn access_credential(analysis: &Analysis, credential: &Credential, id: &str) -> Value {
    let strings = &analysis.snapshot.strings;
    let mut written = json!({
        "id": id,
        "name": strings.get(credential.name.unwrap_or(credential.key)),
    });
    let is_active = match credential.status {
        CredentialStatus::Active => Some(true),
        CredentialStatus::Inactive | CredentialStatus::Revoked => Some(false),
        CredentialStatus::Unknown => None,
    };
    put(&mut written, "is_active", is_active.map(Value::from));
    put(
        &mut written,
        "created_at",
        credential.created_at.map(|at| json!(at.to_string())),
    );
    put(&mut written, "last_used_at", used(credential.last_used));
    let end = match credential.expires_at {
        Expiry::At(end) => Some(json!(end.to_string())),
        Expiry::Never | Expiry::NotReported => None,
    };
    put(&mut written, "expires_at", end);
    written
}

fn used(last_used: LastUsed) -> Option<Value> {
    match last_used {
        LastUsed::At(at) => Some(json!(at.to_string())),
        LastUsed::Never | LastUsed::NotWithin { .. } | LastUsed::NotReported => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_more_than_case() {
        let mut names = Names::default();
        assert_eq!(names.of("Reader"), "Reader");
        assert_eq!(names.of("reader"), "reader (2)");
        assert_eq!(names.of("Reader"), "Reader");
        assert_eq!(names.of("reader"), "reader (2)");
    }
}
