//! Google Cloud: how much a role gives by its name alone, and what rules of deny policies take.
//!
//! <https://cloud.google.com/iam/docs/roles-overview#basic>

use super::decision::{Decision, Dependency, Holds, Outcome};
use super::denial;
use super::escalation::gcp::WORKS_BY;
use super::index::Index;
use super::named::{self, Platform};
use super::standing::Tier;
use crate::model::access_policy::{AccessPolicy, Denied, Privilege};
use crate::model::grant::TrustKind;
use crate::model::pattern::covers;
use crate::model::snapshot::{Denial, Grant, IdentityId, Policy, Snapshot};
use crate::model::strings::{Strings, Sym};

/// The permissions by which somebody makes himself an owner of all that is below: of a project, a folder, an
/// organisation.
pub const TO_EVERYTHING: &[&str] = &[
    "resourcemanager.projects.setIamPolicy",
    "resourcemanager.folders.setIamPolicy",
    "resourcemanager.organizations.setIamPolicy",
];

pub const RESOURCE_MANAGER: &str = "//cloudresourcemanager.googleapis.com/";
const ACT_AS: &str = "iam.serviceAccounts.actAs";
const MAKE_TOKEN: &str = "iam.serviceAccounts.getAccessToken";
const MAKE_ID_TOKEN: &str = "iam.serviceAccounts.getOpenIdToken";
const MAKE_KEY: &str = "iam.serviceAccountKeys.create";

const READ_OBJECTS: &[&str] = &["storage.objects.get"];
const READ_TABLES: &[&str] = &["bigquery.tables.getData"];
const READ_SECRETS: &[&str] = &["secretmanager.versions.access"];

/// Google's roles that read secrets or what stores hold: by which permissions, and what they come to at most without
/// these.
///
/// <https://cloud.google.com/iam/docs/roles-permissions>
const READS: &[(&str, &[&str], Tier)] = &[
    ("roles/secretmanager.secretAccessor", READ_SECRETS, Tier::Read),
    ("roles/secretmanager.admin", READ_SECRETS, Tier::Write),
    ("roles/storage.admin", READ_OBJECTS, Tier::Write),
    ("roles/storage.objectAdmin", READ_OBJECTS, Tier::Write),
    ("roles/storage.objectUser", READ_OBJECTS, Tier::Write),
    ("roles/storage.objectViewer", READ_OBJECTS, Tier::Read),
    ("roles/bigquery.admin", READ_TABLES, Tier::Write),
    ("roles/bigquery.dataEditor", READ_TABLES, Tier::Write),
    ("roles/bigquery.dataOwner", READ_TABLES, Tier::Write),
    ("roles/bigquery.dataViewer", READ_TABLES, Tier::Read),
];

/// What the role of owners has not, or not where it is given: storage is opened by buckets' own policies, and what lies
/// above a project is another's.
///
/// <https://cloud.google.com/storage/docs/access-control/iam#basic-roles>
const NOT_OF_OWNERS: &[&str] = &[
    "storage.objects.",
    "resourcemanager.folders.",
    "resourcemanager.organizations.",
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

/// Whether a grant is on one thing of Google Cloud, and on nothing that holds others: who owns a topic owns a topic.
pub fn is_on_one_thing(snapshot: &Snapshot, grant: &Grant) -> bool {
    is_one_thing(snapshot.strings.get_or_empty(grant.resource))
}

pub fn is_one_thing(resource: &str) -> bool {
    resource.starts_with("//") && !resource.starts_with(RESOURCE_MANAGER)
}

/// The permissions that a definition lists; none of another platform's.
pub fn permissions(policy: &Policy) -> &[Sym] {
    match &policy.document {
        AccessPolicy::Permissions(permissions) => permissions,
        AccessPolicy::Aws(_)
        | AccessPolicy::Kubernetes { .. }
        | AccessPolicy::Vault(_)
        | AccessPolicy::Azure { .. } => &[],
    }
}

/// Whether the role of a grant has a permission: by its list, or as far as its name tells.
pub fn gives(snapshot: &Snapshot, defined: &[Policy], grant: &Grant, permission: &str) -> Holds {
    if !defined.is_empty() {
        let mut listed = defined.iter().flat_map(permissions);
        return Holds::of(listed.any(|listed| snapshot.strings.get(*listed) == permission));
    }
    let role = snapshot.strings.get(grant.role);
    let reads = READS.iter().filter(|(known, ..)| *known == role);
    let mut known = reads.flat_map(|(_, permissions, _)| *permissions);
    let is_owner = grant.privilege == Some(Privilege::Administrator)
        && !NOT_OF_OWNERS.iter().any(|start| permission.starts_with(start));
    match is_owner || known.any(|known| *known == permission) {
        true => Holds::Yes,
        false => Holds::Maybe,
    }
}

/// Whether what is given on one resource is given on another: on itself, and on what lies below. Which projects lie below
/// folders and organisations, and the project of many resources, no name tells.
pub fn reaches(on: &str, resource: &str) -> Holds {
    let is_below = resource.strip_prefix(on).is_some_and(|rest| rest.starts_with('/'));
    match (is_below, container(on)) {
        (true, _) => Holds::Yes,
        (false, Some(_)) => is_attached_above(on, resource),
        (false, None) => Holds::No,
    }
}

/// Whether a grant that gives everything in its scope still does, by what denials leave of it; `None` when its scope is
/// no project, folder or organisation.
pub fn gives_everything(snapshot: &Snapshot, index: &Index, id: IdentityId, grant: &Grant) -> Option<Outcome> {
    let resource = snapshot.strings.get(grant.resource?);
    container(resource)?;
    let defined = index.policies_of(grant.policy.unwrap_or(grant.role), snapshot);
    let is_given = |permission: &str| {
        defined.is_empty()
            || (defined.iter().flat_map(permissions)).any(|given| snapshot.strings.get(*given) == permission)
    };
    let given: Vec<&str> = (TO_EVERYTHING.iter().copied())
        .filter(|permission| is_given(permission))
        .collect();
    let allowed = Decision::allowed(Vec::new(), &[]);
    Some(left_of(snapshot, id, &allowed, &given, resource).outcome)
}

/// What denials leave of a decision that any of these permissions on a resource will do for.
pub fn left_of(
    snapshot: &Snapshot,
    id: IdentityId,
    decision: &Decision,
    permissions: &[&str],
    resource: &str,
) -> Decision {
    if snapshot.denials.is_empty() {
        return decision.clone();
    }
    let permissions = permissions
        .iter()
        .filter(|permission| !is_for_above(permission, resource));
    let left = permissions.map(|permission| {
        denial::after(snapshot, id, decision.clone(), |denial| {
            takes(denial, &snapshot.strings, permission, resource)
        })
    });
    left.max_by_key(|left| left.outcome).unwrap_or_else(|| decision.clone())
}

/// What denials leave of a trust in an identity that lets it act as a service account.
pub fn left_of_trust(
    snapshot: &Snapshot,
    id: IdentityId,
    kind: TrustKind,
    target: IdentityId,
    decision: Decision,
) -> Decision {
    let account = snapshot.identity(target);
    if !has_denials(snapshot) || Platform::of(account, snapshot) != Some(Platform::Gcp) {
        return decision;
    }
    let project = snapshot.strings.get_or_empty(account.account);
    let resource = format!("//iam.googleapis.com/projects/{project}");
    let left = |permission| left_of(snapshot, id, &decision, &[permission], &resource);
    match kind {
        TrustKind::Assumes => left(ACT_AS),
        TrustKind::Federates => left(MAKE_TOKEN),
        TrustKind::Impersonates => {
            let (token, key) = (left(MAKE_TOKEN), left(MAKE_KEY));
            let sorts = Dependency::Export("whether it may make tokens of the account, or keys");
            match token.outcome == key.outcome {
                true => token,
                false => Decision::depends(
                    token.proof.into_iter().chain(key.proof).collect(),
                    token
                        .depends_on
                        .into_iter()
                        .chain(key.depends_on)
                        .chain([sorts])
                        .collect(),
                    decision.blind_spots,
                ),
            }
        }
        // It runs already.
        TrustKind::RunsAs => decision,
    }
}

/// Whether any export tells of a deny policy.
pub fn has_denials(snapshot: &Snapshot) -> bool {
    let is_googles = |denial: &Denial| matches!(denial.denied, Denied::Google { .. });
    snapshot.denials.iter().any(is_googles)
}

/// What holds others in Google Cloud.
enum Container {
    Project,
    Folder,
    Organization,
}

/// Whether a permission is about what holds a resource, and not about it or what lies below.
fn is_for_above(permission: &str, resource: &str) -> bool {
    let of = TO_EVERYTHING.iter().position(|known| *known == permission);
    match container(resource) {
        None | Some(Container::Project) => of.is_some_and(|of| of > 0),
        Some(Container::Folder) => of.is_some_and(|of| of > 1),
        Some(Container::Organization) => false,
    }
}

/// What a resource itself is, where it holds others.
fn container(resource: &str) -> Option<Container> {
    let (kind, name) = resource.strip_prefix(RESOURCE_MANAGER)?.split_once('/')?;
    match kind {
        _ if name.contains('/') => None,
        "projects" => Some(Container::Project),
        "folders" => Some(Container::Folder),
        "organizations" => Some(Container::Organization),
        _ => None,
    }
}

/// Whether a rule of a deny policy is about a permission on a resource.
///
/// <https://cloud.google.com/iam/docs/deny-overview#permissions-and-groups>
pub fn takes(denial: &Denial, strings: &Strings, permission: &str, resource: &str) -> Holds {
    match is_about(denial, strings, permission) {
        true => holds_for(denial, strings, resource),
        false => Holds::No,
    }
}

/// Whether a rule of a deny policy names a permission, and does not except it.
fn is_about(denial: &Denial, strings: &Strings, permission: &str) -> bool {
    let Denied::Google { permissions, excepted } = &denial.denied else {
        return false;
    };
    let is_in = |patterns: &[Sym]| patterns.iter().any(|pattern| names(strings.get(*pattern), permission));
    is_in(permissions) && !is_in(excepted)
}

/// Whether a rule of a deny policy holds for a resource and all that lies below.
pub fn holds_for(denial: &Denial, strings: &Strings, resource: &str) -> Holds {
    let Denied::Google { .. } = &denial.denied else {
        return Holds::No;
    };
    let attached = denial.resource.map(|attached| strings.get(attached));
    attached.map_or(Holds::Maybe, |attached| is_attached_above(attached, resource))
}

/// What a role gives when these rules of deny policies take their part: for certain, and at most.
///
/// What is in a custom role, exports tell. Of Google's own, those are known that read secrets or what stores hold, and
/// by what; of the others nothing is certain once a rule names a permission of their service.
pub fn tiers(snapshot: &Snapshot, defined: &[Policy], role: &str, denials: &[&Denial]) -> (Tier, Tier) {
    let strings = &snapshot.strings;
    let is_taken = |permission: &str| denials.iter().any(|denial| is_about(denial, strings, permission));
    if !defined.is_empty() {
        let left = defined.iter().flat_map(permissions);
        let left = left.map(|permission| strings.get(*permission));
        let left = left.filter(|permission| !is_taken(permission));
        let tier = left.map(tier_of).max().unwrap_or_default();
        return (tier, tier);
    }
    // No list of permissions takes all of the thousands that these have.
    if matches!(role, "roles/editor" | "roles/owner" | "roles/admin") {
        return (Tier::SensitiveData, Tier::SensitiveData);
    }
    if let Some((_, permissions, rest)) = READS.iter().find(|(known, ..)| *known == role) {
        return match permissions.iter().all(|permission| is_taken(permission)) {
            false => (Tier::SensitiveData, Tier::SensitiveData),
            // What it has beside them, a wider rule may have taken too.
            true => (Tier::Nothing, *rest),
        };
    }
    let by_name = match named::is_reading(role) {
        true => Tier::Read,
        false => Tier::Write,
    };
    let names_service = |denial: &&Denial| match (&denial.denied, role.strip_prefix("roles/")) {
        (Denied::Google { permissions, .. }, Some(role)) => {
            let of_role = short(role.split('.').next().unwrap_or(role));
            let mut services = permissions.iter().filter_map(|text| strings.get(*text).split_once('/'));
            services.any(|(service, _)| short(service) == of_role)
        }
        (Denied::Google { .. }, None) => true,
        (Denied::Azure { .. }, _) => false,
    };
    let works_by = WORKS_BY.iter().find(|(known, _)| *known == role);
    let is_left = works_by.is_some_and(|(_, permissions)| !permissions.iter().all(|permission| is_taken(permission)));
    match is_left || !denials.iter().any(names_service) {
        true => (by_name, Tier::SensitiveData),
        false => (Tier::Nothing, Tier::SensitiveData),
    }
}

/// What one permission gives, by its name.
fn tier_of(permission: &str) -> Tier {
    let reads = |(_, permissions, _): &(&str, &[&str], Tier)| permissions.contains(&permission);
    // What is got by them is used to act.
    let acts = [MAKE_TOKEN, MAKE_ID_TOKEN].contains(&permission);
    let verb = permission.rsplit('.').next().unwrap_or(permission).to_ascii_lowercase();
    match READS.iter().any(reads) {
        true => Tier::SensitiveData,
        false if acts => Tier::Write,
        false
            if ["get", "list", "search", "view", "read", "export"]
                .iter()
                .any(|start| verb.starts_with(start)) =>
        {
            Tier::Read
        }
        false => Tier::Write,
    }
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
    short(service) == short(of_service) && covers(pattern, permission)
}

/// A service as roles and permissions call it.
fn short(service: &str) -> &str {
    let service = service.strip_suffix(".googleapis.com").unwrap_or(service);
    // The one service whose permissions have another name.
    let rest = service.strip_prefix("cloud").filter(|rest| *rest == "resourcemanager");
    rest.unwrap_or(service)
}

/// Whether a policy attached here holds for a resource. Which projects lie below folders and organisations, which number
/// is which project's, and the project of many resources, no name tells.
fn is_attached_above(attached: &str, resource: &str) -> Holds {
    if attached == resource {
        return Holds::Yes;
    }
    let Some((_, project)) = attached.rsplit_once("/projects/") else {
        // Organisations lie below nothing.
        let is_organization = matches!(container(resource), Some(Container::Organization));
        return if is_organization { Holds::No } else { Holds::Maybe };
    };
    if matches!(container(resource), Some(Container::Folder | Container::Organization)) {
        return Holds::No;
    }
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
