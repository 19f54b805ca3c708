//! Secrets, tokens, applications, roles and users of GitHub, GitLab, Okta, Vault and Snowflake in Terraform's states.
//!
//! <https://registry.terraform.io/providers/integrations/github/latest/docs>, …`/gitlabhq/gitlab`, …`/okta/okta`,
//! …`/hashicorp/vault`, …`/snowflakedb/snowflake`
//!
//! A state does not say of which organisation, instance or account a provider is: the source stands for it, as it does
//! in the exports of these services.

use serde_json::{Map, Value, json};

use super::rows::Attributes;
use super::{Resource, State};
use crate::connectors::{gitlab_access_tokens, gitlab_deploy_tokens, okta_apps, snowflake_users, vault_auth_roles};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::instant::LastUsed;
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::table::Table;

impl State<'_, '_> {
    /// A secret of GitHub's Actions, Dependabot or Codespaces.
    pub(super) fn github_secret(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.attributes(resource) else { return };
        let Some(name) = raw.text("secret_name") else {
            return self.without_id(resource, "secret_name");
        };
        let of = match (raw.text("repository"), raw.text("environment")) {
            (Some(repository), Some(environment)) => format!("{repository}/{environment}"),
            (Some(repository), None) => repository.to_owned(),
            (None, _) => "organisation".to_owned(),
        };
        let place = self.place(resource);
        let key = format!("github-secret:{}/{of}/{name}", self.input.source);
        let key = self.batch.sym(&key);
        let mut fact = CredentialFact::listed(key, CredentialKind::StoredSecret, place);
        fact.name = Some(self.batch.sym(name));
        fact.status = CredentialStatus::Active;
        // Go's way to write a date: `2026-01-31 08:00:00 +0000 UTC`.
        let made = raw.first(&["updated_at", "created_at"]).unwrap_or_default();
        fact.created_at = Moment::parse(made.trim_end_matches(" UTC"), DateOrder::MonthFirst)
            .instant(|| format!("{}.updated_at", resource.address), self.diagnostics);
        fact.fingerprint = self.secret(raw.first(&["plaintext_value", "value"]));
        self.batch.credentials.push(fact);
    }

    pub(super) fn gitlab_token(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.attributes(resource) else { return };
        let mut row = Map::new();
        for member in [
            "name",
            "description",
            "scopes",
            "created_at",
            "expires_at",
            "revoked",
            "active",
        ] {
            row.insert(member.to_owned(), raw.get(member).clone());
        }
        row.insert("user_id".to_owned(), raw.get("user_id").clone());
        // `PROJECT:TOKEN`, `GROUP:TOKEN` or `USER:TOKEN`.
        row.insert("id".to_owned(), json!(last_part(&raw)));
        for of in ["project", "group"] {
            if let Some(id) = raw.text(of) {
                row.insert("resource_type".to_owned(), json!(of));
                row.insert("resource_id".to_owned(), json!(id));
            }
        }
        row.insert(
            "access_level".to_owned(),
            json!(raw.text("access_level").and_then(level)),
        );
        let n_before = self.batch.credentials.len();
        self.as_row(resource, &Value::Object(row), gitlab_access_tokens::read_token);
        if let Some(fact) = self.made(n_before, raw.text("token")) {
            // The state does not know it.
            fact.last_used = LastUsed::NotReported;
        }
    }

    pub(super) fn gitlab_deploy_token(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.attributes(resource) else { return };
        let row = json!({
            "id": last_part(&raw),
            "name": raw.get("name"),
            "username": raw.get("username"),
            "expires_at": raw.get("expires_at"),
            "scopes": raw.get("scopes"),
            // A refreshed state has none that was revoked.
            "revoked": false,
        });
        let n_before = self.batch.credentials.len();
        self.as_row(resource, &row, gitlab_deploy_tokens::read_token);
        self.made(n_before, raw.text("token"));
    }

    pub(super) fn okta_app(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.attributes(resource) else { return };
        if raw.first(&["client_id", "id"]).is_none() {
            return self.without_id(resource, "client_id");
        }
        let row = json!({
            "label": raw.get("label"),
            "status": raw.get("status"),
            "credentials": {"oauthClient": {
                "client_id": raw.first(&["client_id", "id"]),
                "client_secret": raw.get("client_secret"),
            }},
            "settings": {
                "oauthClient": {"application_type": raw.get("type")},
                "notes": {"admin": raw.get("admin_note")},
            },
        });
        self.n_secrets += usize::from(raw.text("client_secret").is_some());
        self.as_row(resource, &row, |row, input, batch, diagnostics| {
            okta_apps::read_app(row, input, batch, diagnostics);
        });
    }

    /// The provider calls a role's members as Vault does.
    pub(super) fn vault_role(&mut self, resource: &Resource<'_>, default_mount: &str) {
        let Some(raw) = self.attributes(resource) else { return };
        let Some(name) = raw.first(&["role_name", "role"]) else {
            return self.without_id(resource, "role_name");
        };
        let mount = raw.first(&["backend"]).unwrap_or(default_mount).trim_matches('/');
        let path = format!("auth/{mount}/role/{name}");
        let row = json!({"path": path, "data": raw.into_value()});
        self.as_row(resource, &row, |row, input, batch, diagnostics| {
            vault_auth_roles::read_role(row, false, input, batch, diagnostics);
        });
    }

    pub(super) fn snowflake_user(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.attributes(resource) else { return };
        // What `SHOW USERS` said, in newer versions of the provider.
        let mut row = raw.block("show_output").cloned().unwrap_or_default();
        // It is as old as the state.
        row.remove("last_success_login");
        let is_set = |name: &str| raw.text(name).map(|_| Value::Bool(true));
        let kind = match resource.kind {
            "snowflake_service_user" => json!("SERVICE"),
            "snowflake_legacy_service_user" => json!("LEGACY_SERVICE"),
            _ => raw.get("user_type").clone(),
        };
        for (column, value) in [
            ("name", Some(raw.get("name").clone())),
            ("login_name", Some(raw.get("login_name").clone())),
            ("disabled", Some(raw.get("disabled").clone())),
            ("email", Some(raw.get("email").clone())),
            ("comment", Some(raw.get("comment").clone())),
            ("type", Some(kind)),
            ("has_password", is_set("password")),
            ("has_rsa_public_key", is_set("rsa_public_key")),
        ] {
            if let Some(value) = value {
                row.entry(column).or_insert(value);
            }
        }
        let (n_identities, n_before) = (self.batch.identities.len(), self.batch.credentials.len());
        self.as_row(resource, &Value::Object(row), |row, input, batch, diagnostics| {
            for row in Table::of_json(row.text, None, diagnostics).rows() {
                snowflake_users::read_user(row, input, batch, diagnostics);
            }
        });
        if let Some(fact) = self.batch.identities.get_mut(n_identities) {
            fact.last_used = LastUsed::NotReported;
        }
        let made = self.batch.credentials[n_before..].iter();
        let password = made.take_while(|fact| fact.kind != CredentialKind::Password).count();
        self.made(n_before + password, raw.text("password"));
    }
}

/// The id of a token, which the provider's own id ends with.
fn last_part(raw: &Attributes) -> Option<&str> {
    raw.first(&["deploy_token_id", "id"])?.rsplit(':').next()
}

/// An access level by its word, as GitLab's own numbers.
/// <https://docs.gitlab.com/api/access_requests/#valid-access-levels>
fn level(word: &str) -> Option<u32> {
    Some(match word {
        "minimal" => 5,
        "guest" => 10,
        "planner" => 15,
        "reporter" => 20,
        "developer" => 30,
        "maintainer" => 40,
        "owner" => 50,
        _ => return None,
    })
}
