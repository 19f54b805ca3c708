//! Whether an Azure role lets somebody do something: roles add up, each in its scope and all below.
//!
//! What a role leaves out (`NotActions`) it does not forbid: another role may give it. Operations on resources and on
//! data are told apart: `*` on resources opens no data. Deny assignments go before all roles.
//! <https://learn.microsoft.com/azure/role-based-access-control/overview#how-azure-rbac-determines-if-a-user-has-access-to-a-resource>

use super::TO_EVERYTHING;
use crate::access::aws::resource::{Among, leaves_some};
use crate::access::decision::{BlindSpot, Decision, Dependency, Holds, Outcome, Reason, Says};
use crate::access::denial;
use crate::access::index::Index;
use crate::access::standing::Tier;
use crate::model::access_policy::{AccessPolicy, AzureOperations, Conditional, Denied};
use crate::model::grant::DenialReach;
use crate::model::pattern::covers;
use crate::model::snapshot::{Denial, Grant, IdentityId, Policy, Snapshot};
use crate::model::strings::Sym;

const BLIND: &[BlindSpot] = &[BlindSpot::AzureDenyAssignments];
const BLIND_BESIDE: &[BlindSpot] = &[BlindSpot::OtherAzureDenyAssignments];
/// The ids of roles as policies begin so.
const ROLE: &str = "azure-role:";
const MANAGEMENT_GROUPS: &str = "/providers/microsoft.management/managementgroups/";

/// Operations on data of the services that hold secrets and most data. An operation's name alone does not tell which of
/// both it is.
///
/// <https://learn.microsoft.com/azure/role-based-access-control/permissions/storage>
/// <https://learn.microsoft.com/azure/role-based-access-control/permissions/security>
const ON_DATA: &[&str] = &[
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*",
    "Microsoft.Storage/storageAccounts/fileServices/*/files/*",
    "Microsoft.Storage/storageAccounts/queueServices/queues/messages/*",
    "Microsoft.Storage/storageAccounts/tableServices/tables/entities/*",
    "Microsoft.KeyVault/vaults/certificates/*",
    "Microsoft.KeyVault/vaults/certificatecas/*",
    "Microsoft.KeyVault/vaults/keys/*/action",
    "Microsoft.KeyVault/vaults/secrets/*/action",
    "Microsoft.EventHub/namespaces/messages/*",
    "Microsoft.ServiceBus/namespaces/messages/*",
    "Microsoft.Compute/virtualMachines/login*/action",
    "Microsoft.HybridCompute/machines/login*/action",
];

/// Other services that have operations on data. Which of theirs are, is not looked up here, but for those on resources
/// at the top, which are not.
///
/// <https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations>
const ALSO_ON_DATA: &[&str] = &[
    "Microsoft.AppConfiguration",
    "Microsoft.CognitiveServices",
    "Microsoft.Communication",
    "Microsoft.ContainerRegistry",
    "Microsoft.ContainerService",
    "Microsoft.Devices",
    "Microsoft.DigitalTwins",
    "Microsoft.DocumentDB",
    "Microsoft.EventGrid",
    "Microsoft.HealthcareApis",
    "Microsoft.Insights",
    "Microsoft.Kubernetes",
    "Microsoft.KubernetesConfiguration",
    "Microsoft.LoadTestService",
    "Microsoft.MachineLearningServices",
    "Microsoft.Maps",
    "Microsoft.OperationalInsights",
    "Microsoft.Relay",
    "Microsoft.Search",
    "Microsoft.SignalRService",
];

/// What Azure's own roles allow, by the last part of their ids, where no export defines them: operations on resources,
/// those of them left out, and operations on data.
///
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>
type BuiltIn = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const BUILT_IN: &[BuiltIn] = &[
    // Owner
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", &["*"], &[], &[]),
    // Contributor
    (
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        &["*"],
        &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write",
            "Microsoft.Purview/consents/delete",
            "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
        ],
        &[],
    ),
    // Reader
    ("acdd72a7-3385-48ef-bd42-f606fba81ae7", &["*/read"], &[], &[]),
    // User Access Administrator
    (
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
        &[],
        &[],
    ),
    // Role Based Access Control Administrator
    (
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        &[
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ],
        &[],
        &[],
    ),
    // Key Vault Secrets User
    (
        "4633458b-17de-408a-b874-0445c86b69e6",
        &[],
        &[],
        &[
            "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
        ],
    ),
    // Storage Blob Data Contributor
    (
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/write",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        &[],
        &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/move/action",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
        ],
    ),
];

/// Decides one request: an operation on a resource, by its id.
pub fn decide(snapshot: &Snapshot, index: &Index, id: IdentityId, operation: &str, resource: &str) -> Decision {
    let on = |is_on_data| decide_on(snapshot, index, id, (operation, is_on_data), resource);
    let is_on_data = match is_on_data(snapshot, operation) {
        Holds::Yes => return on(true),
        Holds::No => return on(false),
        Holds::Maybe => on(true),
    };
    let is_on_resources = on(false);
    if is_on_data.outcome == is_on_resources.outcome {
        return is_on_resources;
    }
    let both = [is_on_resources, is_on_data];
    let blind_spots = both[0].blind_spots;
    let mut needs = vec![Dependency::Export(
        "whether the operation is one on resources or on data",
    )];
    let mut proof = Vec::new();
    for decision in both {
        proof.extend(decision.proof);
        needs.extend(decision.depends_on);
    }
    Decision::depends(proof, needs, blind_spots)
}

/// Decides an operation on resources.
pub fn manage(snapshot: &Snapshot, index: &Index, id: IdentityId, operation: &str, resource: &str) -> Decision {
    decide_on(snapshot, index, id, (operation, false), resource)
}

/// Whether the role of a grant is known to allow an operation on resources.
pub fn may_allow(snapshot: &Snapshot, index: &Index, grant: &Grant, operation: &str) -> bool {
    match allowing(snapshot, index, grant, (operation, false)) {
        Allowing::By(_) | Allowing::ByItself => true,
        Allowing::No | Allowing::Unknown => false,
    }
}

fn decide_on(snapshot: &Snapshot, index: &Index, id: IdentityId, operation: (&str, bool), resource: &str) -> Decision {
    let by_roles = by_roles(snapshot, index, id, operation, resource);
    denial::after(snapshot, id, by_roles, |denial| {
        takes(snapshot, denial, operation, resource)
    })
}

/// Whether a deny assignment is about an operation on a resource.
fn takes(snapshot: &Snapshot, denial: &Denial, (operation, is_on_data): (&str, bool), resource: &str) -> Holds {
    let Denied::Azure { on_resources, on_data } = &denial.denied else {
        return Holds::No;
    };
    let operations = if is_on_data { on_data } else { on_resources };
    match (lets(snapshot, operations, operation), denial.resource, denial.reach) {
        (false, _, _) => Holds::No,
        (true, None, _) => Holds::Maybe,
        (true, Some(scope), DenialReach::Below) => is_within(snapshot.strings.get(scope), resource),
        (true, Some(scope), DenialReach::Alone) => {
            Holds::of(snapshot.strings.get(scope).eq_ignore_ascii_case(resource))
        }
    }
}

/// Whether a deny assignment holds for a scope and nearly all that lies below.
pub fn holds_for(snapshot: &Snapshot, denial: &Denial, scope: &str) -> Holds {
    match (&denial.denied, denial.reach, denial.resource) {
        (Denied::Google { .. }, ..) | (_, DenialReach::Alone, _) => Holds::No,
        (Denied::Azure { .. }, DenialReach::Below, None) => Holds::Maybe,
        (Denied::Azure { .. }, DenialReach::Below, Some(at)) => is_within(snapshot.strings.get(at), scope),
    }
}

/// Operations that read secrets, or what stores hold; on data, and on resources.
///
/// <https://learn.microsoft.com/azure/role-based-access-control/permissions/storage>
/// <https://learn.microsoft.com/azure/role-based-access-control/permissions/security>
const READS_DATA: &[&str] = &[
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
    "Microsoft.Storage/storageAccounts/fileServices/fileshares/files/read",
    "Microsoft.Storage/storageAccounts/queueServices/queues/messages/read",
    "Microsoft.Storage/storageAccounts/queueServices/queues/messages/process/action",
    "Microsoft.Storage/storageAccounts/tableServices/tables/entities/read",
    "Microsoft.KeyVault/vaults/secrets/getSecret/action",
    "Microsoft.EventHub/namespaces/messages/receive/action",
    "Microsoft.ServiceBus/namespaces/messages/receive/action",
];
/// Keys that open all data of an account.
const READS_KEYS: &[&str] = &[
    "Microsoft.Storage/storageAccounts/listKeys/action",
    "Microsoft.DocumentDB/databaseAccounts/listKeys/action",
];
/// What operations end with that change something, and those of them that only look.
const WRITING: &[&str] = &["*/write", "*/delete", "*/action"];
const LOOKING: &[&str] = &["*/read*/action", "*/get*/action", "*/list*/action"];

/// What a role gives when these deny assignments take their part: for certain, and at most.
pub fn tiers(snapshot: &Snapshot, (policy, defined): (Sym, &[Policy]), denials: &[&Denial]) -> (Tier, Tier) {
    let strings = &snapshot.strings;
    let texts = |patterns: &[Sym]| -> Vec<&str> { patterns.iter().map(|pattern| strings.get(*pattern)).collect() };
    // Actions, those of them that are not given, and whether they are on data.
    let mut given: Vec<(Vec<&str>, Vec<&str>, bool)> = Vec::new();
    for policy in defined {
        if let AccessPolicy::Azure { on_resources, on_data } = &policy.document {
            for (operations, is_on_data) in [(on_resources, false), (on_data, true)] {
                given.push((texts(&operations.actions), texts(&operations.not_actions), is_on_data));
            }
        }
    }
    if defined.is_empty() {
        let Some((_, actions, not_actions, data)) = built_in(strings.get(policy)) else {
            // What no export defines may give anything, or be taken altogether.
            let least = if denials.is_empty() { Tier::Read } else { Tier::Nothing };
            return (least, Tier::SensitiveData);
        };
        given.push((actions.to_vec(), not_actions.to_vec(), false));
        given.push((data.to_vec(), Vec::new(), true));
    }
    type Side = (&'static [&'static str], &'static [&'static str]);
    // Of each tier the operations on resources and on data, each with those of them that do not count.
    let sides: [(Tier, Side, Side); 3] = [
        (Tier::SensitiveData, (READS_KEYS, &[]), (READS_DATA, &[])),
        (Tier::Write, (WRITING, LOOKING), (WRITING, LOOKING)),
        (Tier::Read, (&["*"], &[]), (&["*"], &[])),
    ];
    let is_left = |on_resources: &Side, on_data: &Side| {
        given.iter().any(|(actions, not_actions, is_on_data)| {
            let (side, but) = if *is_on_data { on_data } else { on_resources };
            let mut among = vec![
                Among::of_actions(actions.iter().copied(), false),
                Among::of_actions(side.iter().copied(), false),
                Among::of_actions(but.iter().copied(), true),
                Among::of_actions(not_actions.iter().copied(), true),
            ];
            let mut sparing = Vec::new();
            for denial in denials {
                let operations = match &denial.denied {
                    Denied::Azure { on_resources, .. } if !is_on_data => on_resources,
                    Denied::Azure { on_data, .. } => on_data,
                    Denied::Google { .. } => continue,
                };
                let taken = Among::of_actions(texts(&operations.actions), true);
                match operations.not_actions.is_empty() {
                    true => among.push(taken),
                    false => sparing.push((taken, Among::of_actions(texts(&operations.not_actions), false))),
                }
            }
            // What a denial spares is left as well as what it does not name; each of those is held alone against the
            // others that spare nothing.
            let leaves = |one: &Among| leaves_some(&[among.as_slice(), std::slice::from_ref(one)].concat());
            leaves_some(&among) && sparing.iter().all(|(rest, spared)| leaves(rest) || leaves(spared))
        })
    };
    let left = (sides.iter()).find(|(_, on_resources, on_data)| is_left(on_resources, on_data));
    let tier = left.map_or(Tier::Nothing, |(tier, ..)| *tier);
    (tier, tier)
}

/// Whether a grant that gives everything in its scope still does, by what denials leave of it; `None` when it is none of
/// a role of Azure's resources.
///
/// One that holds for its scope alone takes nothing of what is below, which is nearly all.
pub fn gives_everything(snapshot: &Snapshot, index: &Index, id: IdentityId, grant: &Grant) -> Option<Outcome> {
    let scope = snapshot.strings.get(grant.resource?);
    if !is_azure(snapshot, grant, scope) {
        return None;
    }
    let operations = TO_EVERYTHING
        .into_iter()
        .filter(|operation| allowing(snapshot, index, grant, (operation, false)) != Allowing::No);
    let left = operations.map(|operation| {
        let allowed = Decision::allowed(Vec::new(), BLIND_BESIDE);
        let left = denial::after(snapshot, id, allowed, |denial| match denial.reach {
            DenialReach::Below => takes(snapshot, denial, (operation, false), scope),
            DenialReach::Alone => Holds::No,
        });
        left.outcome
    });
    left.max()
}

/// Whether the role of a grant allows an operation, there where it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allowing {
    No,
    /// What it allows, no export defines.
    Unknown,
    /// It is one of Azure's own.
    ByItself,
    /// By this one of the policies that define it.
    By(usize),
}

fn allowing(snapshot: &Snapshot, index: &Index, grant: &Grant, (operation, is_on_data): (&str, bool)) -> Allowing {
    let policy = grant.policy.unwrap_or(grant.role);
    let defined = index.policies_of(policy, snapshot);
    let allows = |policy: &Policy| match &policy.document {
        AccessPolicy::Azure { on_resources, on_data } => {
            lets(snapshot, if is_on_data { on_data } else { on_resources }, operation)
        }
        AccessPolicy::Aws(_)
        | AccessPolicy::Kubernetes { .. }
        | AccessPolicy::Vault(_)
        | AccessPolicy::Permissions(_) => false,
    };
    match (defined.iter().position(allows), built_in(snapshot.strings.get(policy))) {
        (Some(at), _) => Allowing::By(at),
        (None, _) if !defined.is_empty() => Allowing::No,
        (None, Some(role)) if allows_by_itself(role, operation, is_on_data) => Allowing::ByItself,
        (None, Some(_)) => Allowing::No,
        (None, None) => Allowing::Unknown,
    }
}

/// Whether operations name one, and do not leave it out.
fn lets(snapshot: &Snapshot, operations: &AzureOperations, operation: &str) -> bool {
    let is_in = |patterns: &[_]| {
        let mut patterns = patterns.iter().map(|pattern| snapshot.strings.get(*pattern));
        patterns.any(|pattern| covers(pattern, operation))
    };
    is_in(&operations.actions) && !is_in(&operations.not_actions)
}

fn by_roles(
    snapshot: &Snapshot,
    index: &Index,
    id: IdentityId,
    (operation, is_on_data): (&str, bool),
    resource: &str,
) -> Decision {
    let strings = &snapshot.strings;
    let is_azures = |denial: &Denial| matches!(denial.denied, Denied::Azure { .. });
    let blind = match snapshot.denials.iter().any(is_azures) {
        true => BLIND_BESIDE,
        false => BLIND,
    };
    let identity = snapshot.identity(id);
    let range = identity.grants.start as usize..identity.grants.end as usize;
    let mut needs = Vec::new();
    let mut may = Vec::new();
    for &at in &snapshot.granted[range] {
        let grant = &snapshot.grants[at as usize];
        let Some(scope) = grant.resource.map(|scope| strings.get(scope)) else {
            continue;
        };
        if !is_azure(snapshot, grant, scope) {
            continue;
        }
        let mut here = Vec::new();
        match is_within(scope, resource) {
            Holds::No => continue,
            Holds::Maybe => here.push(Dependency::Export("what lies below the management group")),
            Holds::Yes => {}
        }
        let reason = |name, statement, evidence| Reason {
            says: Says::Allows,
            name,
            statement,
            grant: Some(at),
            evidence,
        };
        let policy = grant.policy.unwrap_or(grant.role);
        let reason = match allowing(snapshot, index, grant, (operation, is_on_data)) {
            Allowing::By(at) => {
                let policy = &index.policies_of(policy, snapshot)[at];
                reason(policy.name, u32::try_from(at).ok(), policy.evidence)
            }
            Allowing::ByItself => reason(grant.role, None, grant.evidence),
            Allowing::No => continue,
            Allowing::Unknown => {
                here.push(Dependency::Policy(policy));
                reason(grant.role, None, grant.evidence)
            }
        };
        if grant.conditional == Conditional::OnCondition {
            here.push(Dependency::Condition("the condition of the assignment".to_owned()));
        }
        if here.is_empty() {
            return Decision::allowed(vec![reason], blind);
        }
        may.push(reason);
        needs.extend(here);
    }
    match needs.is_empty() {
        true => Decision::denied(Vec::new(), blind),
        false => Decision::depends(may, needs, blind),
    }
}

/// Whether a grant is a role of Azure's resources; those of the directory have scopes with a slash, too.
pub fn is_azure(snapshot: &Snapshot, grant: &Grant, scope: &str) -> bool {
    let is_by_role = grant
        .policy
        .is_some_and(|policy| snapshot.strings.get(policy).starts_with(ROLE));
    is_by_role || is_below(scope, "/subscriptions") || starts_with(scope, MANAGEMENT_GROUPS)
}

/// Whether a role in this scope reaches a resource. Management groups hold subscriptions, which no export tells.
fn is_within(scope: &str, resource: &str) -> Holds {
    if scope == "/" || is_below(resource, scope) {
        return Holds::Yes;
    }
    match starts_with(scope, MANAGEMENT_GROUPS)
        && (is_below(resource, "/subscriptions") || starts_with(resource, MANAGEMENT_GROUPS))
    {
        true => Holds::Maybe,
        false => Holds::No,
    }
}

/// Whether an id is another or lies below it, part by part, without regard to case.
fn is_below(id: &str, other: &str) -> bool {
    starts_with(id, other) && matches!(id.as_bytes().get(other.len()), None | Some(b'/'))
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|beginning| beginning.eq_ignore_ascii_case(start))
}

/// Whether an operation is one on data: of those that are known, or by a role of the estate that names it as one.
fn is_on_data(snapshot: &Snapshot, operation: &str) -> Holds {
    let is_named = |patterns: &[Sym]| {
        let mut patterns = patterns.iter().map(|pattern| snapshot.strings.get(*pattern));
        patterns.any(|pattern| pattern.eq_ignore_ascii_case(operation))
    };
    if ON_DATA.iter().any(|pattern| covers(pattern, operation)) {
        return Holds::Yes;
    }
    let mut is_on_resources = false;
    for policy in &snapshot.policies {
        if let AccessPolicy::Azure { on_resources, on_data } = &policy.document {
            if is_named(&on_data.actions) {
                return Holds::Yes;
            }
            is_on_resources |= is_named(&on_resources.actions);
        }
    }
    let (service, rest) = operation.split_once('/').unwrap_or((operation, ""));
    let is_at_top = rest.matches('/').count() < 2 && !rest.to_ascii_lowercase().ends_with("/action");
    let has_data = ALSO_ON_DATA.iter().any(|known| known.eq_ignore_ascii_case(service));
    match has_data && !is_at_top && !is_on_resources {
        true => Holds::Maybe,
        false => Holds::No,
    }
}

fn built_in(policy: &str) -> Option<&'static BuiltIn> {
    let id = policy.strip_prefix(ROLE)?;
    BUILT_IN.iter().find(|(known, ..)| *known == id)
}

fn allows_by_itself((_, actions, not_actions, data): &BuiltIn, operation: &str, is_on_data: bool) -> bool {
    let is_in = |patterns: &[&str]| patterns.iter().any(|pattern| covers(pattern, operation));
    match is_on_data {
        true => is_in(data),
        false => is_in(actions) && !is_in(not_actions),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_hold_what_is_below_part_by_part() {
        let group = "/providers/Microsoft.Management/managementGroups/acme";
        for (scope, resource, expected) in [
            ("/subscriptions/1", "/subscriptions/1/resourceGroups/a", Holds::Yes),
            (
                "/subscriptions/1/resourcegroups/A",
                "/subscriptions/1/resourceGroups/a/providers/x",
                Holds::Yes,
            ),
            ("/subscriptions/1", "/subscriptions/12", Holds::No),
            ("/subscriptions/1/resourceGroups/a", "/subscriptions/1", Holds::No),
            ("/", "/subscriptions/1", Holds::Yes),
            (group, "/subscriptions/1", Holds::Maybe),
            (group, group, Holds::Yes),
        ] {
            assert_eq!(is_within(scope, resource), expected, "{scope} {resource}");
        }
    }
}
