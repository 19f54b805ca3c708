//! Google Cloud: how much a role gives by its name alone.
//!
//! <https://cloud.google.com/iam/docs/roles-overview#basic>

use crate::model::access_policy::Privilege;
use crate::model::strings::{Strings, Sym};

/// The permissions by which somebody makes himself an owner of all that is below.
const TO_EVERYTHING: [&str; 3] = [
    "resourcemanager.projects.setIamPolicy",
    "resourcemanager.folders.setIamPolicy",
    "resourcemanager.organizations.setIamPolicy",
];

/// How strong a list of permissions is. Those of other platforms have none of Google's names.
pub fn privilege_of(permissions: &[Sym], strings: &Strings) -> Privilege {
    let leads_to_everything = |permission: &Sym| TO_EVERYTHING.contains(&strings.get(*permission));
    match permissions.iter().any(leads_to_everything) {
        true => Privilege::Administrator,
        false => Privilege::Limited,
    }
}

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
    fn who_changes_policies_is_an_administrator() {
        let mut strings = Strings::default();
        for (permission, expected) in [
            ("resourcemanager.projects.setIamPolicy", Privilege::Administrator),
            ("resourcemanager.projects.getIamPolicy", Privilege::Limited),
            ("storage.buckets.setIamPolicy", Privilege::Limited),
        ] {
            let permissions = [strings.intern("storage.objects.get"), strings.intern(permission)];
            assert_eq!(privilege_of(&permissions, &strings), expected, "{permission}");
        }
    }

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
