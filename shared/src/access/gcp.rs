//! Google Cloud: how much a role gives by its name alone, and what rules of deny policies take.
//!
//! <https://cloud.google.com/iam/docs/roles-overview#basic>

use crate::access::decision::Holds;
use crate::model::access_policy::{Denied, Privilege};
use crate::model::pattern::covers;
use crate::model::snapshot::Denial;
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

/// Whether a rule of a deny policy is about a permission on a resource.
///
/// <https://cloud.google.com/iam/docs/deny-overview#permissions-and-groups>
pub fn takes(denial: &Denial, strings: &Strings, permission: &str, resource: &str) -> Holds {
    let Denied::Google { permissions, excepted } = &denial.denied else {
        return Holds::No;
    };
    let is_in = |patterns: &[Sym]| patterns.iter().any(|pattern| names(strings.get(*pattern), permission));
    if !is_in(permissions) || is_in(excepted) {
        return Holds::No;
    }
    let attached = denial.resource.map(|attached| strings.get(attached));
    attached.map_or(Holds::Maybe, |attached| is_attached_above(attached, resource))
}

/// Whether a permission as deny policies write it (`iam.googleapis.com/roles.create`; a group of them
/// `iam.googleapis.com/roles.*`) is one as roles write it (`iam.roles.create`).
fn names(pattern: &str, permission: &str) -> bool {
    let Some((service, pattern)) = pattern.split_once('/') else {
        return false;
    };
    let (of_service, permission) = match permission.split_once('/') {
        Some((of_service, permission)) => (of_service, permission),
        None => permission.split_once('.').unwrap_or((permission, "")),
    };
    let short = |service: &str| {
        let service = service.strip_suffix(".googleapis.com").unwrap_or(service);
        // The one service whose permissions have another name.
        service
            .strip_prefix("cloud")
            .filter(|rest| *rest == "resourcemanager")
            .unwrap_or(service)
            .to_owned()
    };
    short(service) == short(of_service) && covers(pattern, permission)
}

/// Whether a policy attached here holds for a resource. Which projects lie below folders and organisations, which number
/// is which project's, and the project of many resources, no name tells.
fn is_attached_above(attached: &str, resource: &str) -> Holds {
    let Some((_, project)) = attached.rsplit_once("/projects/") else {
        return Holds::Maybe;
    };
    let of_resource = resource
        .split_once("/projects/")
        .map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
    let is_number = |project: &str| project.bytes().all(|byte| byte.is_ascii_digit());
    match of_resource {
        // `projects/_` stands where the project does not matter.
        None | Some("_") => Holds::Maybe,
        Some(other) if other == project => Holds::Yes,
        Some(other) => match is_number(project) == is_number(other) {
            true => Holds::No,
            false => Holds::Maybe,
        },
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
    fn permissions_of_deny_policies_are_those_of_roles() {
        for (pattern, permission, expected) in [
            ("iam.googleapis.com/roles.create", "iam.roles.create", true),
            (
                "iam.googleapis.com/roles.create",
                "iam.googleapis.com/roles.create",
                true,
            ),
            ("iam.googleapis.com/roles.*", "iam.roles.delete", true),
            ("iam.googleapis.com/*.*", "iam.serviceAccountKeys.create", true),
            ("iam.googleapis.com/*.delete", "iam.serviceAccountKeys.create", false),
            (
                "cloudresourcemanager.googleapis.com/projects.delete",
                "resourcemanager.projects.delete",
                true,
            ),
            ("storage.googleapis.com/roles.create", "iam.roles.create", false),
            ("iam.roles.create", "iam.roles.create", false),
        ] {
            assert_eq!(names(pattern, permission), expected, "{pattern} {permission}");
        }
    }

    #[test]
    fn a_deny_policy_holds_below_where_it_is_attached() {
        let project = "//cloudresourcemanager.googleapis.com/projects/acme";
        for (attached, resource, expected) in [
            (project, project, Holds::Yes),
            (
                project,
                "//compute.googleapis.com/projects/acme/zones/a/instances/b",
                Holds::Yes,
            ),
            (
                project,
                "//compute.googleapis.com/projects/acme-2/zones/a/instances/b",
                Holds::No,
            ),
            (project, "//storage.googleapis.com/projects/_/buckets/b", Holds::Maybe),
            (project, "*", Holds::Maybe),
            (
                "//cloudresourcemanager.googleapis.com/projects/123",
                project,
                Holds::Maybe,
            ),
            (
                "//cloudresourcemanager.googleapis.com/folders/123",
                project,
                Holds::Maybe,
            ),
        ] {
            assert_eq!(is_attached_above(attached, resource), expected, "{attached} {resource}");
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
