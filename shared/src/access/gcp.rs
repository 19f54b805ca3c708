//! Google Cloud: how much a role gives by its name alone.
//!
//! <https://cloud.google.com/iam/docs/roles-overview#basic>

use crate::model::access_policy::Privilege;

/// How strong a role is, when its name alone tells: the basic roles, in both of their generations.
///
/// `None` for predefined and custom roles, whose permissions no policy export lists.
pub fn privilege(role: &str) -> Option<Privilege> {
    match role {
        "roles/owner" | "roles/admin" => Some(Privilege::Administrator),
        "roles/editor" | "roles/writer" | "roles/viewer" | "roles/reader" | "roles/browser" => Some(Privilege::Limited),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_basic_roles_are_known_by_name() {
        for (role, expected) in [
            ("roles/owner", Some(Privilege::Administrator)),
            ("roles/admin", Some(Privilege::Administrator)),
            ("roles/editor", Some(Privilege::Limited)),
            ("roles/viewer", Some(Privilege::Limited)),
            ("roles/storage.admin", None),
            ("projects/acme/roles/owner", None),
        ] {
            assert_eq!(privilege(role), expected, "{role}");
        }
    }
}
