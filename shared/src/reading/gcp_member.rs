//! How Google Cloud writes who somebody is: IAM members, service accounts and their resource names.
//!
//! <https://cloud.google.com/iam/docs/principal-identifiers>

use std::borrow::Cow;

/// How a project is named as a resource, before its id.
pub const PROJECTS: &str = "//cloudresourcemanager.googleapis.com/projects/";

use crate::model::batch::Batch;
use crate::model::identity::Origin;
use crate::model::principal::{Handle, HandleKind, Principal};

/// Whom a member of a policy binding means. A form that Google does not document becomes [`Principal::Named`].
pub fn principal(batch: &mut Batch, member: &str) -> Principal {
    match member {
        "allUsers" => return Principal::Anyone,
        "allAuthenticatedUsers" => return Principal::AnyoneAuthenticated,
        _ => {}
    }
    let known = member.split_once(':').and_then(|(kind, name)| match kind {
        "user" => Some(Principal::Identity(batch.handle(HandleKind::Email, &lower(name)))),
        "serviceAccount" => Some(match cluster_account(name) {
            Some((pool, namespace, account)) => cluster_subject(batch, pool, namespace, account),
            None => Principal::Identity(service_account(batch, name)),
        }),
        "group" => Some(Principal::Group(batch.sym(&lower(name)))),
        "domain" => Some(Principal::Account(batch.sym(&lower(name)))),
        // All owners (editors, viewers) of a project: a group whose members the project's own policy states.
        "projectOwner" | "projectEditor" | "projectViewer" => Some(Principal::Group(batch.sym(member))),
        "principal" | "principalSet" => name.strip_prefix("//").and_then(|name| pooled(batch, name)),
        "deleted" => deleted(batch, name),
        _ => None,
    });
    known.unwrap_or_else(|| Principal::Named(batch.sym(member)))
}

/// The handle of a service account, from its e-mail address or its unique id.
pub fn service_account(batch: &mut Batch, name: &str) -> Handle {
    if name.contains('@') {
        batch.handle(HandleKind::GcpServiceAccount, &lower(name))
    } else {
        batch.handle(HandleKind::GcpUniqueId, name)
    }
}

/// The service account (address or unique id) in a resource name such as `projects/P/serviceAccounts/E/keys/K`.
pub fn service_account_in(resource: &str) -> Option<&str> {
    let (_, after) = resource.split_once("/serviceAccounts/")?;
    let name = after.split('/').next()?;
    (!name.is_empty()).then_some(name)
}

/// The project that a service account's address names; `None` where the address has only a project number.
pub fn project_of(email: &str) -> Option<&str> {
    let (name, domain) = email.split_once('@')?;
    match domain {
        "appspot.gserviceaccount.com" => Some(name),
        _ => domain
            .strip_suffix(".iam.gserviceaccount.com")
            .filter(|project| !project.contains('.')),
    }
}

/// Whether a service account is one of Google's own service agents. Default service accounts are the estate's.
///
/// <https://cloud.google.com/iam/docs/service-agents>
pub fn origin_of(email: &str) -> Origin {
    let Some((name, domain)) = email.split_once('@') else {
        return Origin::Estate;
    };
    let is_numbered = ["service-org-", "service-folder-", "service-"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    let is_agents_domain = domain.starts_with("gcp-sa-")
        || matches!(
            domain,
            "cloudservices.gserviceaccount.com" | "system.gserviceaccount.com"
        );
    if is_agents_domain || is_numbered && domain.ends_with(".iam.gserviceaccount.com") {
        Origin::Platform
    } else {
        Origin::Estate
    }
}

/// Text in lower case, copied only when it is not.
pub fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b.is_ascii_uppercase() || !b.is_ascii()) {
        Cow::Owned(text.to_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// The parts of `PROJECT.svc.id.goog[NAMESPACE/ACCOUNT]`: a Kubernetes service account of a GKE cluster or fleet.
fn cluster_account(name: &str) -> Option<(&str, &str, &str)> {
    let (pool, inner) = name.strip_suffix(']')?.split_once('[')?;
    let (namespace, account) = inner.split_once('/')?;
    pool.ends_with(".id.goog").then_some((pool, namespace, account))
}

fn cluster_subject(batch: &mut Batch, pool: &str, namespace: &str, account: &str) -> Principal {
    Principal::Federated {
        issuer: batch.sym(pool),
        subject: Some(batch.sym(&format!("system:serviceaccount:{namespace}:{account}"))),
    }
}

/// What follows `principal://` and `principalSet://`.
fn pooled(batch: &mut Batch, name: &str) -> Option<Principal> {
    if let Some(at) = ["/workloadIdentityPools/", "/workforcePools/"]
        .iter()
        .find_map(|marker| name.find(marker).map(|at| at + marker.len()))
    {
        let (pool, who) = name[at..].split_once('/')?;
        return Some(if pool.ends_with(".id.goog") {
            of_cluster(batch, pool, who)
        } else {
            Principal::Federated {
                issuer: batch.sym(&name[..at + pool.len()]),
                subject: match who {
                    "*" => None,
                    _ => Some(batch.sym(who.strip_prefix("subject/").unwrap_or(who))),
                },
            }
        });
    }
    if let Some(account) = service_account_in(name) {
        return Some(Principal::Identity(service_account(batch, account)));
    }
    if let Some(name) = name.strip_prefix("goog/") {
        return match name.split_once('/') {
            Some(("subject", email)) => Some(Principal::Identity(batch.handle(HandleKind::Email, &lower(email)))),
            Some(("group", email)) => Some(Principal::Group(batch.sym(&lower(email)))),
            None if name == "public:all" => Some(Principal::Anyone),
            _ => None,
        };
    }
    // Every principal of a project, folder or organisation.
    name.strip_prefix("cloudresourcemanager.googleapis.com/")
        .map(|scope| Principal::Account(batch.sym(scope)))
}

/// The part of a `principal://` name behind the pool of a GKE project.
fn of_cluster(batch: &mut Batch, pool: &str, who: &str) -> Principal {
    if let Some((namespace, account)) = who.strip_prefix("subject/ns/").and_then(|who| who.split_once("/sa/")) {
        return cluster_subject(batch, pool, namespace, account);
    }
    if let Some(namespace) = who.strip_prefix("namespace/") {
        return cluster_subject(batch, pool, namespace, "*");
    }
    Principal::Federated {
        issuer: batch.sym(pool),
        subject: match who {
            "*" => None,
            _ => Some(batch.sym(who)),
        },
    }
}

/// A deleted service account is known by its unique id only: its address may since belong to another.
fn deleted(batch: &mut Batch, name: &str) -> Option<Principal> {
    let (_, id) = name.strip_prefix("serviceAccount:")?.split_once("?uid=")?;
    let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    is_id.then(|| Principal::Identity(batch.handle(HandleKind::GcpUniqueId, id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(member: &str) -> String {
        let mut batch = Batch::default();
        let text = |batch: &Batch, sym| batch.strings.get(sym).to_owned();
        match principal(&mut batch, member) {
            Principal::Identity(handle) => format!("{:?} {}", handle.kind, text(&batch, handle.text)),
            Principal::Group(group) => format!("group {}", text(&batch, group)),
            Principal::Anyone => "anyone".to_owned(),
            Principal::AnyoneAuthenticated => "anyone authenticated".to_owned(),
            Principal::Account(account) => format!("account {}", text(&batch, account)),
            Principal::PlatformService(service) => format!("service {}", text(&batch, service)),
            Principal::Federated { issuer, subject } => {
                let subject = subject.map_or("-".to_owned(), |subject| text(&batch, subject));
                format!("{} | {subject}", text(&batch, issuer))
            }
            Principal::Workload(name) => format!("workload {}", text(&batch, name)),
            Principal::Named(name) => format!("named {}", text(&batch, name)),
        }
    }

    #[test]
    fn every_member_form_is_known() {
        let pool = "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools";
        for (member, expected) in [
            ("allUsers", "anyone"),
            ("allAuthenticatedUsers", "anyone authenticated"),
            ("user:Bob@Acme.test", "Email bob@acme.test"),
            (
                "serviceAccount:CI@acme.iam.gserviceaccount.com",
                "GcpServiceAccount ci@acme.iam.gserviceaccount.com",
            ),
            ("group:devs@acme.test", "group devs@acme.test"),
            ("domain:acme.test", "account acme.test"),
            ("projectOwner:acme", "group projectOwner:acme"),
            (
                "serviceAccount:acme.svc.id.goog[shop/api]",
                "acme.svc.id.goog | system:serviceaccount:shop:api",
            ),
            (
                &format!("principal://{pool}/acme.svc.id.goog/subject/ns/shop/sa/api"),
                "acme.svc.id.goog | system:serviceaccount:shop:api",
            ),
            (
                &format!("principalSet://{pool}/acme.svc.id.goog/namespace/shop"),
                "acme.svc.id.goog | system:serviceaccount:shop:*",
            ),
            (
                &format!("principal://{pool}/gh/subject/repo:acme/app:ref:refs/heads/main"),
                &format!("{pool}/gh | repo:acme/app:ref:refs/heads/main"),
            ),
            (
                &format!("principalSet://{pool}/gh/attribute.repository/acme/app"),
                &format!("{pool}/gh | attribute.repository/acme/app"),
            ),
            (&format!("principalSet://{pool}/gh/*"), &format!("{pool}/gh | -")),
            (
                "principalSet://iam.googleapis.com/locations/global/workforcePools/corp/group/ops",
                "iam.googleapis.com/locations/global/workforcePools/corp | group/ops",
            ),
            (
                "principal://iam.googleapis.com/projects/-/serviceAccounts/ci@acme.iam.gserviceaccount.com",
                "GcpServiceAccount ci@acme.iam.gserviceaccount.com",
            ),
            (
                "principalSet://cloudresourcemanager.googleapis.com/projects/7",
                "account projects/7",
            ),
            ("principalSet://goog/public:all", "anyone"),
            (
                "deleted:serviceAccount:ci@acme.iam.gserviceaccount.com?uid=123",
                "GcpUniqueId 123",
            ),
            (
                "deleted:user:bob@acme.test?uid=9",
                "named deleted:user:bob@acme.test?uid=9",
            ),
            ("abcdefg", "named abcdefg"),
            (
                "principal://iam.googleapis.com/x",
                "named principal://iam.googleapis.com/x",
            ),
        ] {
            assert_eq!(check(member), expected, "{member}");
        }
    }

    #[test]
    fn service_agents_are_googles() {
        for email in [
            "service-123@container-engine-robot.iam.gserviceaccount.com",
            "service-org-9@gcp-sa-logging.iam.gserviceaccount.com",
            "123@cloudservices.gserviceaccount.com",
            "p1-2@gcp-sa-cloud-sql.iam.gserviceaccount.com",
        ] {
            assert_eq!(origin_of(email), Origin::Platform, "{email}");
        }
        for email in [
            "123-compute@developer.gserviceaccount.com",
            "acme@appspot.gserviceaccount.com",
            "service-ci@acme.iam.gserviceaccount.com",
        ] {
            assert_eq!(origin_of(email), Origin::Estate, "{email}");
        }
    }

    #[test]
    fn a_project_is_named_by_most_addresses() {
        for (email, project) in [
            ("ci@acme.iam.gserviceaccount.com", Some("acme")),
            ("acme@appspot.gserviceaccount.com", Some("acme")),
            ("1-compute@developer.gserviceaccount.com", None),
        ] {
            assert_eq!(project_of(email), project, "{email}");
        }
    }
}
