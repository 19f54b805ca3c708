//! What the connectors for Active Directory share: how accounts and groups are called, and which of them are programs.

use crate::model::access_policy::Privilege;
use crate::model::batch::Batch;
use crate::model::identity::{Class, IdentityKind, Origin};
use crate::model::principal::{Handle, HandleKind, Handles, Principal};

/// An account's handles: its SID, which is one all over the world, and `domain/name` in lower case.
pub(super) fn handles(sid: Option<&str>, domain: &str, name: &str, batch: &mut Batch) -> Handles {
    let mut handles = Handles::new();
    handles.extend(sid.map(|sid| account(sid, batch)));
    if !domain.is_empty() && !name.is_empty() {
        let text = format!("ad/{domain}/{name}").to_lowercase();
        handles.push(batch.handle(HandleKind::Local, &text));
    }
    handles
}

/// An account by its SID.
pub(super) fn account(sid: &str, batch: &mut Batch) -> Handle {
    batch.handle(HandleKind::Local, &format!("ad/{}", sid.to_ascii_uppercase()))
}

/// A group by its SID.
pub(super) fn group(sid: &str, batch: &mut Batch) -> Principal {
    Principal::Group(batch.sym(&sid.to_ascii_uppercase()))
}

/// The last number of a SID, which tells the accounts and groups that every domain has.
pub(super) fn relative_id(sid: &str) -> Option<u32> {
    sid.rsplit('-').next()?.parse().ok()
}

/// Who uses an account, and what it is, as far as Active Directory tells: a name that ends with `$` is no person's, a
/// service principal name is that of a service, and an organisational unit for services holds no person.
pub(super) fn kind_and_class(
    name: &str,
    has_service_name: bool,
    distinguished_name: &str,
) -> (IdentityKind, Option<Class>) {
    if name.ends_with('$') {
        return (IdentityKind::ServiceAccount, Some(Class::NonHuman));
    }
    let is_service = has_service_name || is_among_services(distinguished_name);
    (IdentityKind::HostAccount, is_service.then_some(Class::NonHuman))
}

/// Whether a unit or container that the name goes through is for programs: `OU=Service Accounts`.
fn is_among_services(distinguished_name: &str) -> bool {
    let parts = distinguished_name
        .split(',')
        .skip(1)
        .filter_map(|part| part.split_once('='));
    parts
        .filter(|(kind, _)| kind.trim().eq_ignore_ascii_case("OU"))
        .any(|(_, name)| {
            let name = name.to_lowercase();
            [
                "service account",
                "serviceaccount",
                "service-account",
                "rpa",
                "robot",
                "machine account",
            ]
            .iter()
            .any(|word| name.contains(word))
        })
}

/// The domain that a distinguished name ends with: `corp.acme.test`.
pub(super) fn domain_of(distinguished_name: &str) -> String {
    let parts = distinguished_name.split(',').filter_map(|part| part.split_once('='));
    let names: Vec<&str> = parts
        .filter(|(kind, _)| kind.trim().eq_ignore_ascii_case("DC"))
        .map(|(_, name)| name.trim())
        .collect();
    names.join(".").to_lowercase()
}

/// Whose an account is: `krbtgt`, `Guest` and `DefaultAccount` come with every domain, and what has no number of a
/// domain, such as `NETWORK SERVICE`, with every host.
pub(super) fn origin(sid: &str) -> Origin {
    match relative_id(sid) {
        _ if !sid.to_ascii_uppercase().contains("S-1-5-21-") => Origin::Platform,
        Some(501..=503) => Origin::Platform,
        Some(_) | None => Origin::Estate,
    }
}

/// How strong a group is that every domain has; `None` for others.
///
/// <https://learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-groups>
pub(super) fn group_privilege(sid: &str) -> Option<Privilege> {
    let id = relative_id(sid)?;
    if sid.contains("S-1-5-32-") {
        return Some(match id {
            // Administrators.
            544 => Privilege::Administrator,
            _ => Privilege::Limited,
        });
    }
    match id {
        // Domain Admins, Schema Admins, Enterprise Admins.
        512 | 518 | 519 => Some(Privilege::Administrator),
        // Every other number below 1000 is Microsoft's as well.
        498..1000 => Some(Privilege::Limited),
        _ => None,
    }
}
