//! Ways up in Entra, by the names of application permissions and of directory roles.
//!
//! A need is a permission or role (of several parted by `|` one will do). Those with which an application makes itself
//! anything at once are no way up: who has them is called an administrator.

use super::{EscalationPath, Gives, Kind, Need, On};

const fn need(action: &'static str) -> Need {
    Need {
        action,
        on: On::Some("*"),
    }
}

pub const ENTRA: &[EscalationPath] = &[
    EscalationPath {
        id: "entra.schedule-roles",
        does: "assigns itself any directory role",
        needs: &[need(
            "RoleAssignmentSchedule.ReadWrite.Directory|RoleEligibilitySchedule.ReadWrite.Directory|RoleManagementPolicy.ReadWrite.Directory|PrivilegedAccess.ReadWrite.AzureAD",
        )],
        gives: Gives::Everything,
        source: "https://github.com/emiliensocchi/azure-tiering",
    },
    EscalationPath {
        id: "entra.authentication-methods",
        does: "gives itself a way to log in as any user",
        needs: &[need("UserAuthenticationMethod.ReadWrite.All")],
        gives: Gives::Everything,
        source: "https://github.com/emiliensocchi/azure-tiering",
    },
    EscalationPath {
        id: "entra.domains",
        does: "lets an issuer of its own log in as users of a domain",
        needs: &[need("Domain.ReadWrite.All")],
        gives: Gives::Everything,
        source: "https://github.com/emiliensocchi/azure-tiering",
    },
    EscalationPath {
        id: "entra.certificate-authorities",
        does: "lets certificates of its own log in as users",
        needs: &[
            need("Organization.ReadWrite.All"),
            need("Policy.ReadWrite.AuthenticationMethod"),
        ],
        gives: Gives::Everything,
        source: "https://github.com/emiliensocchi/azure-tiering",
    },
    EscalationPath {
        id: "entra.application-credentials",
        does: "adds a credential to another application",
        needs: &[need(
            "Application.ReadWrite.All|AgentIdentityBlueprint.AddRemoveCreds.All",
        )],
        gives: Gives::Another(Kind::Application),
        source: "https://github.com/emiliensocchi/azure-tiering",
    },
    EscalationPath {
        id: "entra.role-groups",
        does: "adds itself to a group that may have roles",
        needs: &[need(
            "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup|PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup|PrivilegedAccess.ReadWrite.AzureADGroup|Group.ReadWrite.All|GroupMember.ReadWrite.All|Directory.ReadWrite.All",
        )],
        gives: Gives::RoleOfGroup,
        source: "https://github.com/emiliensocchi/azure-tiering",
    },
    EscalationPath {
        id: "entra.access-packages",
        does: "assigns itself what access packages give",
        needs: &[need("EntitlementManagement.ReadWrite.All")],
        gives: Gives::RoleOfGroup,
        source: "https://github.com/emiliensocchi/azure-tiering",
    },
    EscalationPath {
        id: "entra.privileged-authentication-administrator",
        does: "gives itself a way to log in as a global administrator",
        needs: &[need("Privileged Authentication Administrator|Partner Tier2 Support")],
        gives: Gives::Everything,
        source: "https://learn.microsoft.com/entra/identity/role-based-access-control/privileged-roles-permissions",
    },
    EscalationPath {
        id: "entra.application-administrator",
        does: "adds a credential to another application",
        needs: &[need(
            "Application Administrator|Cloud Application Administrator|Hybrid Identity Administrator|Directory Synchronization Accounts",
        )],
        gives: Gives::Another(Kind::Application),
        source: "https://learn.microsoft.com/entra/identity/role-based-access-control/privileged-roles-permissions",
    },
];
