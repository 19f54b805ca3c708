//! Google Cloud: how much a role gives by its name alone.
//!
//! <https://cloud.google.com/iam/docs/roles-overview#basic>

use crate::model::access_policy::Privilege;

/// How strong a role is, when its name alone tells. Of Google's own roles only the basic one for owners, in both of
/// its generations, gives everything: a predefined role is made for one service or task.
///
/// `None` for custom roles, whose permissions no policy export lists.
pub fn privilege(role: &str) -> Option<Privilege> {
    match role {
        "roles/owner" | "roles/admin" => Some(Privilege::Administrator),
        _ => role.starts_with("roles/").then_some(Privilege::Limited),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_custom_roles_are_not_known_by_name() {
        for (role, expected) in [
            ("roles/owner", Some(Privilege::Administrator)),
            ("roles/admin", Some(Privilege::Administrator)),
            ("roles/editor", Some(Privilege::Limited)),
            ("roles/viewer", Some(Privilege::Limited)),
            ("roles/storage.admin", Some(Privilege::Limited)),
            ("projects/acme/roles/owner", None),
            ("organizations/1/roles/custom", None),
        ] {
            assert_eq!(privilege(role), expected, "{role}");
        }
    }
}
