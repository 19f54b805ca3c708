//! Ways up by roles on Azure's resources: whoever runs something as a managed identity has what that is given.
//!
//! A need is an operation (of several parted by `|` one will do) on a resource of this type, which is the managed identity
//! itself or runs as it; `*` is any resource on which something is given. Who may assign roles is called an administrator,
//! and needs no row.

use super::{EscalationPath, Gives, Kind, Need, On};

const fn need(action: &'static str, on: &'static str) -> Need {
    Need {
        action,
        on: On::Some(on),
    }
}

/// Managed identities themselves, in lower case as all types here.
pub const IDENTITIES: &str = "microsoft.managedidentity/userassignedidentities";
const MACHINES: &str = "microsoft.compute/virtualmachines";
const SCALE_SETS: &str = "microsoft.compute/virtualmachinescalesets";
const SITES: &str = "microsoft.web/sites";
const AUTOMATION: &str = "microsoft.automation/automationaccounts";

/// All types that rows are about.
pub const TYPES: [&str; 5] = [IDENTITIES, MACHINES, SCALE_SETS, SITES, AUTOMATION];

const BEST_PRACTICE: &str = "https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/managed-identity-best-practice-recommendations";

pub const AZURE: &[EscalationPath] = &[
    EscalationPath {
        id: "azure.federations",
        does: "lets an issuer of its own speak for a managed identity",
        needs: &[need(
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
            IDENTITIES,
        )],
        gives: Gives::Another(Kind::Application),
        source: "https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust-user-assigned-managed-identity",
    },
    EscalationPath {
        id: "azure.assign-identities",
        does: "starts something that runs as a managed identity",
        needs: &[
            need(
                "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
                IDENTITIES,
            ),
            need(
                "Microsoft.Compute/virtualMachines/write|Microsoft.Compute/virtualMachineScaleSets/write|Microsoft.Web/sites/write|Microsoft.ContainerInstance/containerGroups/write|Microsoft.App/containerApps/write|Microsoft.Logic/workflows/write|Microsoft.Automation/automationAccounts/write|Microsoft.Resources/deploymentScripts/write",
                "*",
            ),
        ],
        gives: Gives::Another(Kind::Application),
        source: BEST_PRACTICE,
    },
    EscalationPath {
        id: "azure.run-commands",
        does: "runs commands on a machine, which has a managed identity",
        needs: &[need(
            "Microsoft.Compute/virtualMachines/runCommand/action|Microsoft.Compute/virtualMachines/runCommands/write|Microsoft.Compute/virtualMachines/extensions/write",
            MACHINES,
        )],
        gives: Gives::RunningServiceAccount,
        source: BEST_PRACTICE,
    },
    EscalationPath {
        id: "azure.run-commands-in-scale-sets",
        does: "runs commands on machines of a scale set, which has a managed identity",
        needs: &[need(
            "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommand/action|Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommands/write|Microsoft.Compute/virtualMachineScaleSets/extensions/write",
            SCALE_SETS,
        )],
        gives: Gives::RunningServiceAccount,
        source: BEST_PRACTICE,
    },
    EscalationPath {
        id: "azure.publish-sites",
        does: "puts code of its own into an application, which has a managed identity",
        needs: &[need(
            "Microsoft.Web/sites/publish/action|Microsoft.Web/sites/config/list/action|Microsoft.Web/sites/host/listkeys/action",
            SITES,
        )],
        gives: Gives::RunningServiceAccount,
        source: BEST_PRACTICE,
    },
    EscalationPath {
        id: "azure.run-books",
        does: "runs a runbook of its own in an automation account, which has a managed identity",
        needs: &[
            need("Microsoft.Automation/automationAccounts/runbooks/write", AUTOMATION),
            need("Microsoft.Automation/automationAccounts/jobs/write", AUTOMATION),
        ],
        gives: Gives::RunningServiceAccount,
        source: BEST_PRACTICE,
    },
];
