//! Commands of vendors as text to copy. Names come from exports and are hostile: each is one quoted word, or there is
//! no command.

use std::borrow::Cow;

use crate::analysis::Analysis;
use crate::diagnostic::is_commanding;
use crate::model::access_policy::Conditional;
use crate::model::credential::CredentialKind;
use crate::model::identity::{HumanUse, IdentityKind};
use crate::model::principal::HandleKind;
use crate::model::snapshot::{Credential, CredentialId, Grant, Identity, IdentityId};
use crate::model::thresholds::ThresholdId;
use crate::reading::gcp_member;

/// A text as one word of a POSIX shell. `None` when it cannot safely be one: a character that a terminal obeys, or a
/// beginning that a program takes for a flag.
pub fn word(text: &str) -> Option<Cow<'_, str>> {
    if text.is_empty() || text.starts_with('-') || text.chars().any(is_commanding) {
        return None;
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@+=,".contains(c);
    Some(match text.chars().all(is_plain) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(format!("'{}'", text.replace('\'', r"'\''"))),
    })
}

/// Takes a credential out of use.
pub fn revoke(analysis: &Analysis, index: usize) -> Option<String> {
    let snapshot = &analysis.snapshot;
    let credential = snapshot.credential(CredentialId(index as u32));
    let key = snapshot.strings.get(credential.key);
    match credential.kind {
        CredentialKind::AccessKey => {
            // The credential report has slots and no ids; only a key that has its id can be named.
            let id = key.strip_prefix("aws-key:").filter(|id| id.starts_with("AKIA"))?;
            let user = aws_name(analysis, holder(analysis, credential)?, "user")?;
            let (user, id) = (word(user)?, word(id)?);
            Some(format!(
                "aws iam update-access-key --user-name {user} --access-key-id {id} --status Inactive"
            ))
        }
        CredentialKind::Password if key.starts_with("aws-key:") => {
            let user = word(aws_name(analysis, holder(analysis, credential)?, "user")?)?;
            Some(format!("aws iam delete-login-profile --user-name {user}"))
        }
        CredentialKind::ServiceAccountKey => {
            let name = key.strip_prefix("gcp-key:projects/")?;
            let (account, id) = name.split_once("/serviceAccounts/")?.1.split_once("/keys/")?;
            let (account, id) = (word(account)?, word(id)?);
            Some(format!(
                "gcloud iam service-accounts keys disable {id} --iam-account={account}"
            ))
        }
        CredentialKind::ClientSecret => entra_credential(analysis, credential, ""),
        CredentialKind::Certificate => entra_credential(analysis, credential, " --cert"),
        CredentialKind::Token => {
            let mut parts = key.strip_prefix("k8s-secret:")?.splitn(3, '/').skip(1);
            let (namespace, name) = (word(parts.next()?)?, word(parts.next()?)?);
            Some(format!("kubectl delete secret --namespace={namespace} {name}"))
        }
        CredentialKind::ApiKey
        | CredentialKind::SshKey
        | CredentialKind::SigningCertificate
        | CredentialKind::Password
        | CredentialKind::StoredSecret
        | CredentialKind::Federation
        | CredentialKind::Unclassified => None,
    }
}

/// Makes a second credential beside one, to move its users to.
pub fn make_second(analysis: &Analysis, index: usize) -> Option<String> {
    let credential = analysis.snapshot.credential(CredentialId(index as u32));
    let holder = holder(analysis, credential)?;
    match credential.kind {
        CredentialKind::AccessKey => {
            let user = word(aws_name(analysis, holder, "user")?)?;
            Some(format!("aws iam create-access-key --user-name {user}"))
        }
        CredentialKind::ServiceAccountKey => {
            let account = word(handle(analysis, holder, HandleKind::GcpServiceAccount)?)?;
            Some(format!(
                "gcloud iam service-accounts keys create key.json --iam-account={account}"
            ))
        }
        CredentialKind::ClientSecret => {
            let app = word(handle(analysis, holder, HandleKind::EntraApp)?)?;
            Some(format!("az ad app credential reset --id {app} --append"))
        }
        CredentialKind::ApiKey
        | CredentialKind::Token
        | CredentialKind::SshKey
        | CredentialKind::Certificate
        | CredentialKind::SigningCertificate
        | CredentialKind::Password
        | CredentialKind::StoredSecret
        | CredentialKind::Federation
        | CredentialKind::Unclassified => None,
    }
}

/// Takes from an identity a grant that is its own: of a group's, others would lose it too.
pub fn withdraw(analysis: &Analysis, id: IdentityId, grant: &Grant) -> Option<String> {
    if grant.identity != Some(id) || grant.conditional != Conditional::Always {
        return None;
    }
    let snapshot = &analysis.snapshot;
    let identity = snapshot.identity(id);
    if let Some(email) = handle(analysis, identity, HandleKind::GcpServiceAccount) {
        let project = snapshot
            .strings
            .get(grant.resource?)
            .strip_prefix(gcp_member::PROJECTS)?;
        let (project, email, role) = (word(project)?, word(email)?, word(snapshot.strings.get(grant.role))?);
        return Some(format!(
            "gcloud projects remove-iam-policy-binding {project} --member=serviceAccount:{email} --role={role} --condition=None"
        ));
    }
    match snapshot.strings.get(grant.policy?) {
        policy if policy.starts_with("azure-role:") => withdraw_azure(analysis, identity, grant),
        policy if policy.starts_with("arn:") => withdraw_aws(analysis, identity, grant, policy),
        _ => None,
    }
}

fn withdraw_azure(analysis: &Analysis, identity: &Identity, grant: &Grant) -> Option<String> {
    let strings = &analysis.snapshot.strings;
    // An application and its service principal have an object id each, and one application id.
    let assignee = handle(analysis, identity, HandleKind::EntraApp);
    let assignee = word(assignee.or_else(|| handle(analysis, identity, HandleKind::EntraObject))?)?;
    let (role, scope) = (word(strings.get(grant.role))?, word(strings.get(grant.resource?))?);
    Some(format!(
        "az role assignment delete --assignee {assignee} --role {role} --scope {scope}"
    ))
}

/// An inline policy is deleted, for it is nobody else's; a managed one is detached.
fn withdraw_aws(analysis: &Analysis, identity: &Identity, grant: &Grant, policy: &str) -> Option<String> {
    let name = analysis.snapshot.strings.get(grant.role);
    let (verb, policy) = match policy.ends_with(&format!("/inline/{name}")) {
        true => ("delete", format!("--policy-name {}", word(name)?)),
        false if policy.contains(":policy/") => ("detach", format!("--policy-arn {}", word(policy)?)),
        false => return None,
    };
    if let Some(role) = aws_name(analysis, identity, "role") {
        let role = word(role)?;
        return Some(format!("aws iam {verb}-role-policy --role-name {role} {policy}"));
    }
    let user = word(aws_name(analysis, identity, "user")?)?;
    Some(format!("aws iam {verb}-user-policy --user-name {user} {policy}"))
}

/// Takes an identity out of use without deleting it, so that it can come back.
pub fn disable(analysis: &Analysis, index: usize) -> Option<String> {
    let identity = &analysis.snapshot.identities[index];
    if let Some(email) = handle(analysis, identity, HandleKind::GcpServiceAccount) {
        return Some(format!("gcloud iam service-accounts disable {}", word(email)?));
    }
    if let Some(app) = handle(analysis, identity, HandleKind::EntraApp) {
        return Some(format!(
            "az ad sp update --id {} --set accountEnabled=false",
            word(app)?
        ));
    }
    let deny = "--policy-arn arn:aws:iam::aws:policy/AWSDenyAll";
    match identity.kind {
        IdentityKind::Role => {
            let role = word(aws_name(analysis, identity, "role")?)?;
            Some(format!("aws iam attach-role-policy --role-name {role} {deny}"))
        }
        IdentityKind::User => {
            let user = word(aws_name(analysis, identity, "user")?)?;
            Some(format!("aws iam attach-user-policy --user-name {user} {deny}"))
        }
        IdentityKind::ServiceAccount
        | IdentityKind::Root
        | IdentityKind::Application
        | IdentityKind::ManagedIdentity
        | IdentityKind::Workload
        | IdentityKind::Device
        | IdentityKind::Pipeline
        | IdentityKind::Integration
        | IdentityKind::HostAccount
        | IdentityKind::DatabaseAccount
        | IdentityKind::Robot
        | IdentityKind::Agent
        | IdentityKind::Human
        | IdentityKind::Unclassified => None,
    }
}

/// Takes a console password away.
pub fn end_sign_in(analysis: &Analysis, index: usize) -> Option<String> {
    let identity = &analysis.snapshot.identities[index];
    match identity.human_use {
        HumanUse::ConsolePassword => {
            let user = word(aws_name(analysis, identity, "user")?)?;
            Some(format!("aws iam delete-login-profile --user-name {user}"))
        }
        HumanUse::Absent | HumanUse::MfaDevice | HumanUse::InteractiveSignIn | HumanUse::NotReported => None,
    }
}

/// Keeps the token of a Kubernetes account, `source/namespace/name`, out of the workloads that do not ask for it.
pub fn withhold_token(account: &str) -> Option<String> {
    let mut parts = account.splitn(3, '/').skip(1);
    let (namespace, name) = (word(parts.next()?)?, word(parts.next()?)?);
    let patch = r#"'{"automountServiceAccountToken": false}'"#;
    Some(format!(
        "kubectl patch serviceaccount {name} --namespace={namespace} --patch={patch}"
    ))
}

/// How many workloads are changed by one line: nobody checks a longer one before it is run.
const MAX_PATCHES: usize = 10;

/// Keeps the token of their account out of workloads, `Deployment namespace/name`, whatever the account says; none when one
/// of them cannot be changed and has to be made again, as pods and jobs, and none for more than [`MAX_PATCHES`].
pub fn withhold_token_from(workloads: &[&str]) -> Option<String> {
    if workloads.len() > MAX_PATCHES {
        return None;
    }
    let patches = workloads.iter().map(|workload| {
        let (kind, name) = workload.split_once(' ')?;
        let (namespace, name) = name.split_once('/')?;
        let pod = r#"{"spec": {"automountServiceAccountToken": false}}"#;
        let (resource, spec) = match kind {
            "Deployment" => ("deployment", format!(r#"{{"template": {pod}}}"#)),
            "StatefulSet" => ("statefulset", format!(r#"{{"template": {pod}}}"#)),
            "DaemonSet" => ("daemonset", format!(r#"{{"template": {pod}}}"#)),
            "CronJob" => (
                "cronjob",
                format!(r#"{{"jobTemplate": {{"spec": {{"template": {pod}}}}}}}"#),
            ),
            _ => return None,
        };
        let (namespace, name) = (word(namespace)?, word(name)?);
        Some(format!(
            r#"kubectl patch {resource} {name} --namespace={namespace} --patch='{{"spec": {spec}}}'"#
        ))
    });
    let patches: Vec<String> = patches.collect::<Option<_>>()?;
    Some(patches.join(" && "))
}

/// Makes a second credential that ends, beside one that does not or not for long. Cloud keys cannot be given an end.
pub fn make_ending(analysis: &Analysis, index: usize) -> Option<String> {
    let credential = analysis.snapshot.credential(CredentialId(index as u32));
    let holder = holder(analysis, credential)?;
    match credential.kind {
        CredentialKind::ClientSecret => {
            let app = word(handle(analysis, holder, HandleKind::EntraApp)?)?;
            let max_days = analysis.config.thresholds.days(ThresholdId::CredentialMaxLifetimeDays);
            let end = analysis.snapshot.as_of.plus_days(max_days).to_date_text();
            Some(format!(
                "az ad app credential reset --id {app} --append --end-date {end}"
            ))
        }
        CredentialKind::Token => {
            let account = handle(analysis, holder, HandleKind::KubernetesServiceAccount)?;
            let mut parts = account.splitn(3, '/').skip(1);
            let (namespace, name) = (word(parts.next()?)?, word(parts.next()?)?);
            Some(format!("kubectl create token {name} --namespace={namespace}"))
        }
        CredentialKind::AccessKey
        | CredentialKind::ServiceAccountKey
        | CredentialKind::ApiKey
        | CredentialKind::SshKey
        | CredentialKind::Certificate
        | CredentialKind::SigningCertificate
        | CredentialKind::Password
        | CredentialKind::StoredSecret
        | CredentialKind::Federation
        | CredentialKind::Unclassified => None,
    }
}

fn entra_credential(analysis: &Analysis, credential: &Credential, flags: &str) -> Option<String> {
    let id = analysis.snapshot.strings.get(credential.key).strip_prefix("entra:")?;
    let app = handle(analysis, holder(analysis, credential)?, HandleKind::EntraApp)?;
    let (app, id) = (word(app)?, word(id)?);
    Some(format!("az ad app credential delete --id {app} --key-id {id}{flags}"))
}

fn holder<'a>(analysis: &'a Analysis, credential: &Credential) -> Option<&'a Identity> {
    let holder = credential.holders.first()?;
    Some(analysis.snapshot.identity(*holder))
}

/// The name of this kind that an export has for an identity.
pub fn handle<'a>(analysis: &'a Analysis, identity: &Identity, kind: HandleKind) -> Option<&'a str> {
    let facts = analysis.snapshot.facts_of(identity).iter();
    let mut handles = facts.flat_map(|fact| &fact.fact.handles);
    let handle = handles.find(|handle| handle.kind == kind)?;
    Some(analysis.snapshot.strings.get(handle.text))
}

/// The name at the end of an IAM user's or role's ARN, without its path.
fn aws_name<'a>(analysis: &'a Analysis, identity: &Identity, resource: &str) -> Option<&'a str> {
    let arn = handle(analysis, identity, HandleKind::Arn)?;
    let (kind, name) = arn.splitn(6, ':').nth(5)?.split_once('/')?;
    (kind == resource).then(|| name.rsplit('/').next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::{MAX_PATCHES, withhold_token_from, word};

    #[test]
    fn a_token_is_withheld_where_the_pod_is_described() {
        let check = withhold_token_from;
        assert_eq!(
            check(&["Deployment shop/cart", "CronJob shop/it's"]).as_deref(),
            Some(concat!(
                r#"kubectl patch deployment cart --namespace=shop --patch='{"spec": {"template": {"spec": "#,
                r#"{"automountServiceAccountToken": false}}}}' && kubectl patch cronjob 'it'\''s' --namespace=shop "#,
                r#"--patch='{"spec": {"jobTemplate": {"spec": {"template": {"spec": "#,
                r#"{"automountServiceAccountToken": false}}}}}}'"#
            ))
        );
        assert_eq!(check(&["Deployment shop/cart", "Pod shop/cart"]), None);
        assert_eq!(check(&["Deployment shop/-f"]), None);
        assert_eq!(check(&["Deployment shop/cart"; MAX_PATCHES + 1]), None);
    }

    #[test]
    fn a_hostile_name_is_one_word_or_none() {
        for (name, expected) in [
            ("ci-deploy", Some("ci-deploy")),
            ("a b", Some("'a b'")),
            ("$(rm -rf ~)", Some("'$(rm -rf ~)'")),
            ("it's; reboot", Some(r"'it'\''s; reboot'")),
            ("`id`", Some("'`id`'")),
            ("-rf", None),
            ("", None),
            ("a\nb", None),
            ("a\u{1b}[2Jb", None),
            ("a\u{202e}b", None),
        ] {
            assert_eq!(word(name).as_deref(), expected, "{name}");
        }
    }
}
