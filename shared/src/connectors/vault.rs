//! What the Vault connectors share: the wrapper around an answer, and how roles are named, so that one export's join
//! another's.

use std::borrow::Cow;

use serde::Deserialize;

use super::Input;
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::grant::GrantFact;
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::probe::Format;
use crate::reading::text::Text;

/// What `vault read -format=json` writes, with the member that our commands add.
#[derive(Deserialize)]
pub(super) struct RawAnswer<'a, T> {
    pub data: Option<T>,
    /// The path that was read: `auth/approle/role/ci`.
    #[serde(borrow, default)]
    pub path: Option<Text<'a>>,
}

/// A role of an auth method, as a path names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RolePath<'a> {
    /// `approle`, `kubernetes/prod`.
    pub mount: &'a str,
    pub name: &'a str,
}

impl<'a> RolePath<'a> {
    /// Out of `auth/approle/role/ci`, also inside the path of a file: `vault/auth/approle/role/ci.json`.
    pub fn of_path(path: &'a str) -> Option<RolePath<'a>> {
        let rest = match path.strip_prefix("auth/") {
            Some(rest) => rest,
            None => path.split_once("/auth/")?.1,
        };
        let (mount, name) = ["/role/", "/roles/", "/certs/", "/users/"]
            .iter()
            .find_map(|kind| rest.split_once(kind))?;
        let name = name.strip_suffix(".json").unwrap_or(name);
        (!name.is_empty() && !name.contains('/')).then_some(RolePath { mount, name })
    }

    /// Out of a file's name with `_` for `/`: `auth_approle_role_ci.json`.
    pub fn of_file_name(path: &'a str) -> Option<RolePath<'a>> {
        let stem = path.rsplit('/').next()?.strip_suffix(".json")?;
        let rest = stem.strip_prefix("auth_")?;
        let (mount, name) = ["_role_", "_roles_", "_certs_", "_users_"]
            .iter()
            .find_map(|kind| rest.split_once(kind))?;
        (!name.is_empty()).then_some(RolePath { mount, name })
    }
}

/// Whether a file is a list of names alone, as `vault list -format=json` writes it. Only where it lies can tell.
pub(super) fn is_list(format: Format, source: &str, path: &str, text: &str) -> bool {
    const WORDS: [&str; 5] = ["vault", "approle", "accessor", "auth/", "auth_"];
    let place = format!("{source}/{path}").to_lowercase();
    format == Format::Json
        && WORDS.iter().any(|word| place.contains(word))
        && serde_json::from_str::<Vec<Cow<'_, str>>>(text).is_ok_and(|names| !names.is_empty())
}

/// The identity that a role is.
pub(super) fn role(path: RolePath<'_>, input: Input<'_>, batch: &mut Batch) -> Handle {
    let text = format!("{}/auth/{}/role/{}", input.source, path.mount, path.name);
    batch.handle(HandleKind::Local, &text)
}

/// The id under which a policy's definition is found.
pub(super) fn policy_id(name: &str, input: Input<'_>) -> String {
    format!("{}/policy/{name}", input.source)
}

/// A policy that is attached to an identity. `root` may do everything, and has no definition.
pub(super) fn policy(
    subject: Handle,
    name: &str,
    expires_at: Expiry,
    place: Place,
    input: Input<'_>,
    batch: &mut Batch,
) {
    let role = batch.sym(name);
    let policy = Some(batch.sym(&policy_id(name, input)));
    batch.grants.push(GrantFact {
        subject: Principal::Identity(subject),
        role,
        policy,
        resource: None,
        privilege: (name == "root").then_some(Privilege::Administrator),
        conditional: Conditional::Always,
        expires_at,
        place,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_named_by_its_path() {
        let is = |mount, name| Some(RolePath { mount, name });
        assert_eq!(RolePath::of_path("auth/approle/role/ci"), is("approle", "ci"));
        assert_eq!(RolePath::of_path("x/auth/k8s/prod/role/ci.json"), is("k8s/prod", "ci"));
        assert_eq!(RolePath::of_path("auth/approle/role/ci/secret-id"), None);
        assert_eq!(RolePath::of_path("roles/ci.json"), None);
        assert_eq!(
            RolePath::of_file_name("v/auth_approle_role_ci-a.json"),
            is("approle", "ci-a")
        );
        assert_eq!(RolePath::of_file_name("ci.json"), None);
        assert_eq!(RolePath::of_path("auth/cert/certs/web"), is("cert", "web"));
        assert_eq!(
            RolePath::of_file_name("auth_userpass_users_bob.json"),
            is("userpass", "bob")
        );
    }
}
