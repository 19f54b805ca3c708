//! Azure: how much a role gives.
//!
//! <https://learn.microsoft.com/azure/role-based-access-control/role-definitions>

pub mod evaluate;
pub mod standing;

use crate::model::access_policy::{AzureOperations, Privilege};
use crate::model::pattern::covers;
use crate::model::strings::{Strings, Sym};

/// The operations by which somebody gives himself everything in the scope of his role: assign a role to himself, or
/// widen the role that he has.
pub(super) const TO_EVERYTHING: [&str; 2] = [
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Authorization/roleDefinitions/write",
];

/// An administrator can give himself everything in his scope. `Contributor` cannot: it changes all but who may what.
pub fn privilege(AzureOperations { actions, not_actions }: &AzureOperations, strings: &Strings) -> Privilege {
    let is_in = |patterns: &[Sym], action: &str| patterns.iter().any(|pattern| covers(strings.get(*pattern), action));
    let reaches_everything = TO_EVERYTHING
        .iter()
        .any(|action| is_in(actions, action) && !is_in(not_actions, action));
    match reaches_everything {
        true => Privilege::Administrator,
        false => Privilege::Limited,
    }
}

/// The name and strength of a role of Azure's own, by the last part of its id: those that matter most where no export
/// defines them.
///
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>
pub fn built_in(id: &str) -> Option<(&'static str, Privilege)> {
    let (name, privilege) = match id {
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635" => ("Owner", Privilege::Administrator),
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9" => ("User Access Administrator", Privilege::Administrator),
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168" => ("Role Based Access Control Administrator", Privilege::Administrator),
        "b24988ac-6180-42a0-ab88-20f7382dd24c" => ("Contributor", Privilege::Limited),
        "acdd72a7-3385-48ef-bd42-f606fba81ae7" => ("Reader", Privilege::Limited),
        "00482a5a-887f-4fb3-b363-3b7fe8e74483" => ("Key Vault Administrator", Privilege::Limited),
        "4633458b-17de-408a-b874-0445c86b69e6" => ("Key Vault Secrets User", Privilege::Limited),
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe" => ("Storage Blob Data Contributor", Privilege::Limited),
        "7f951dda-4ed3-4680-a7ca-43fe172d538d" => ("AcrPull", Privilege::Limited),
        _ => return None,
    };
    Some((name, privilege))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_can_assign_roles_is_an_administrator() {
        let mut strings = Strings::default();
        for (actions, not_actions, expected) in [
            (&["*"][..], &[][..], Privilege::Administrator),
            (
                &["*"],
                &["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"],
                Privilege::Limited,
            ),
            (&["*/read", "Microsoft.Authorization/*"], &[], Privilege::Administrator),
            (
                &["Microsoft.Authorization/roleAssignments/*"],
                &["Microsoft.Authorization/roleAssignments/write"],
                Privilege::Limited,
            ),
            (&["*/read"], &[], Privilege::Limited),
            (&[], &[], Privilege::Limited),
        ] {
            let mut list = |texts: &[&str]| -> Vec<Sym> { texts.iter().map(|text| strings.intern(text)).collect() };
            let operations = AzureOperations {
                actions: list(actions),
                not_actions: list(not_actions),
            };
            assert_eq!(privilege(&operations, &strings), expected, "{actions:?}");
        }
    }
}
