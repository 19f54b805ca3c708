//! Ways up in HashiCorp Vault.
//!
//! A need is a capability (of several parted by `|` one will do) on a path, or on one of several parted by `|`; `+` is one
//! part of it, the same in all needs of a row.

use super::{EscalationPath, Gives, Need, On};

const fn need(capability: &'static str, path: &'static str) -> Need {
    Need {
        action: capability,
        on: On::Some(path),
    }
}

/// Where policies are written, before their names.
pub const POLICIES: [&str; 2] = ["sys/policies/acl/", "sys/policy/"];

pub const VAULT: &[EscalationPath] = &[
    EscalationPath {
        id: "vault.write-own-policy",
        does: "writes a policy that it has",
        needs: &[Need {
            action: "update",
            on: On::ItsPolicy,
        }],
        gives: Gives::Everything,
        source: "https://developer.hashicorp.com/vault/api-docs/system/policies",
    },
    EscalationPath {
        id: "vault.create-tokens",
        does: "creates a token with policies that it has not itself",
        needs: &[need("update", "auth/token/create"), need("sudo", "auth/token/create")],
        gives: Gives::AnyPolicy,
        source: "https://developer.hashicorp.com/vault/api-docs/auth/token#create-token",
    },
    EscalationPath {
        id: "vault.token-roles",
        does: "writes a role for tokens with any policies, and creates a token by it",
        needs: &[
            need("create|update", "auth/token/roles/+"),
            need("update", "auth/token/create/+"),
        ],
        gives: Gives::AnyPolicy,
        source: "https://developer.hashicorp.com/vault/api-docs/auth/token#create-update-token-role",
    },
    EscalationPath {
        id: "vault.write-users",
        does: "writes a user with any policies and a password that it knows, and logs in",
        needs: &[need("create|update", "auth/userpass/users/+")],
        gives: Gives::AnyPolicy,
        source: "https://developer.hashicorp.com/vault/api-docs/auth/userpass",
    },
    EscalationPath {
        id: "vault.write-approles",
        does: "writes a role with any policies, makes itself a secret id of it, and logs in",
        needs: &[
            need("create|update", "auth/approle/role/+"),
            need("read", "auth/approle/role/+/role-id"),
            need("create|update", "auth/approle/role/+/secret-id"),
        ],
        gives: Gives::AnyPolicy,
        source: "https://developer.hashicorp.com/vault/api-docs/auth/approle",
    },
];
