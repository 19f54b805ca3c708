//! The names of Microsoft's most powerful application permissions, by the ids that app role assignments carry.
//!
//! Ids and names are those of Microsoft's permissions reference
//! (<https://learn.microsoft.com/graph/permissions-reference>), checked against the list that
//! <https://github.com/merill/microsoft-info> keeps. An export of the resource's own service principal names all of
//! its roles; this table is for estates without one.

use crate::model::access_policy::Privilege;

/// The display name of Microsoft Graph's service principal. A first-party application cannot be renamed.
const MICROSOFT_GRAPH: &str = "Microsoft Graph";

/// The resources whose roles are in [`ROLES`].
const RESOURCES: &[&str] = &[
    MICROSOFT_GRAPH,
    "Office 365 Exchange Online",
    "Office 365 SharePoint Online",
];

/// The name of an application permission of one of Microsoft's resources, which may be `""` when it is not known.
pub(super) fn role_name(resource: &str, role: &str) -> Option<&'static str> {
    let is_known = resource.is_empty() || RESOURCES.iter().any(|known| known.eq_ignore_ascii_case(resource));
    let at = ROLES.binary_search_by_key(&role, |(id, _)| id).ok()?;
    is_known.then_some(ROLES[at].1)
}

/// How strong an application permission is; `None` for resources other than Microsoft's.
///
/// Administrator-equivalent are the two with which an application makes itself anything: it assigns itself the
/// Global Administrator role, or every other permission. Microsoft warns of both: "permissions that allow granting
/// authorization … allow an application to grant additional privileges to itself"
/// (<https://learn.microsoft.com/graph/permissions-reference>). Permissions that lead there by another identity, such
/// as `Application.ReadWrite.All`, are an escalation path, not the privilege itself.
pub(super) fn privilege(resource: &str, role: &str) -> Option<Privilege> {
    if !RESOURCES.iter().any(|known| known.eq_ignore_ascii_case(resource)) {
        return None;
    }
    let makes_itself_anything = resource.eq_ignore_ascii_case(MICROSOFT_GRAPH)
        && matches!(
            role,
            "RoleManagement.ReadWrite.Directory" | "AppRoleAssignment.ReadWrite.All"
        );
    Some(if makes_itself_anything {
        Privilege::Administrator
    } else {
        Privilege::Limited
    })
}

/// How strong a directory role is. A Privileged Role Administrator may assign every role, Global Administrator
/// included (<https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference>).
pub(super) fn directory_role_privilege(role: &str) -> Privilege {
    match role {
        "Global Administrator" | "Privileged Role Administrator" => Privilege::Administrator,
        _ => Privilege::Limited,
    }
}

/// Application permissions, sorted by id.
const ROLES: &[(&str, &str)] = &[
    (
        "01c0a623-fc9b-48e9-b794-0756f8e8f067",
        "Policy.ReadWrite.ConditionalAccess",
    ),
    ("01d4889c-1287-42c6-ac1f-5d1e02578ef6", "Files.Read.All"),
    (
        "025d3225-3f02-4882-b4c0-cd5b541a4e80",
        "RoleManagement.ReadWrite.Exchange",
    ),
    (
        "0510736e-bdfb-4b37-9a1f-89b4a074763a",
        "AgentIdentityBlueprint.AddRemoveCreds.All",
    ),
    (
        "06b708a9-e830-4db3-a914-8e69da51d44f",
        "AppRoleAssignment.ReadWrite.All",
    ),
    ("09850681-111b-4a89-9bed-3f2cae46d706", "User.Invite.All"),
    ("0c0bf378-bf22-4481-8f81-9e89a9b4960a", "Sites.Manage.All"),
    ("0c458cef-11f3-48c2-a568-c66751c238c0", "Notes.ReadWrite.All"),
    ("1138cb37-bd11-4084-a2b7-9f71582aeddb", "Device.ReadWrite.All"),
    ("18a4783c-866b-4cc7-a460-3d5e5662c884", "Application.ReadWrite.OwnedBy"),
    ("19dbc75e-c2e2-444c-a770-ec69d8559fc7", "Directory.ReadWrite.All"),
    ("1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", "Application.ReadWrite.All"),
    ("230c1aed-a721-4c5d-9cb4-a90514e508ef", "Reports.Read.All"),
    (
        "243333ab-4d21-40cb-a475-36241daa0842",
        "DeviceManagementManagedDevices.ReadWrite.All",
    ),
    ("246dd0d5-5bd0-4def-940b-0421030a5b68", "Policy.Read.All"),
    (
        "274d0592-d1b6-44bd-af1d-26d259bcb43a",
        "RoleManagement.ReadWrite.CloudPC",
    ),
    ("292d869f-3427-49a8-9dab-8c70152b74e9", "Organization.ReadWrite.All"),
    ("294ce7c9-31ba-490a-ad7d-97a7d075e4ed", "Chat.ReadWrite.All"),
    (
        "29c18626-4985-4dcd-85c0-193eef327366",
        "Policy.ReadWrite.AuthenticationMethod",
    ),
    (
        "2f6817f8-7b12-4f0f-bc18-eeaf60705a9e",
        "PrivilegedAccess.ReadWrite.AzureADGroup",
    ),
    ("3011c876-62b7-4ada-afa2-506cbbecc68c", "User.EnableDisableAccount.All"),
    (
        "31e08e0a-d3f7-4ca2-ac39-7343fb83e8ad",
        "RoleManagementPolicy.ReadWrite.Directory",
    ),
    ("332a536c-c7ef-4017-ab91-336970924f0d", "Sites.Read.All"),
    (
        "41202f2c-f7ab-45be-b001-85c9728b9d69",
        "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
    ),
    ("483bed4a-2ad3-4361-a73b-c83ccdbdc53c", "RoleManagement.Read.Directory"),
    (
        "50483e42-d915-4231-9639-7fdb7fd190e5",
        "UserAuthenticationMethod.ReadWrite.All",
    ),
    ("57f1cf28-c0c4-4ec3-9a30-19a2eaaf2f6e", "BitlockerKey.Read.All"),
    (
        "5b07b0dd-2377-4e44-a38d-703f09a0dc3c",
        "DeviceManagementManagedDevices.PrivilegedOperations.All",
    ),
    ("5b567255-7703-4780-807c-7be8301ae99b", "Group.Read.All"),
    (
        "5eb59dd3-1da2-4329-8733-9dabdc435916",
        "AdministrativeUnit.ReadWrite.All",
    ),
    (
        "618b6020-bca8-4de6-99f6-ef445fa4d857",
        "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
    ),
    ("62a82d76-70ea-41e2-9197-370581804d09", "Group.ReadWrite.All"),
    (
        "656f6061-f9fe-4807-9708-6a2e0934df76",
        "IdentityRiskyUser.ReadWrite.All",
    ),
    ("678536fe-1083-478a-9c59-b99265e6b0d3", "Sites.FullControl.All"),
    ("6918b873-d17a-4dc1-b314-35f528134491", "Contacts.ReadWrite"),
    ("6931bccd-447a-43d1-b442-00a195474933", "MailboxSettings.ReadWrite"),
    ("693c5e45-0940-467d-9b8a-1022fb9d42ef", "Mail.ReadBasic.All"),
    (
        "69e67828-780e-47fd-b28c-7b27d14864e6",
        "RoleManagementPolicy.Read.AzureADGroup",
    ),
    ("6be147d2-ea4f-4b5a-a3fa-3eab6f3c140a", "Mail.ReadBasic"),
    ("741f803b-c850-494e-b5df-cde7c675a1ca", "User.ReadWrite.All"),
    ("75359482-378d-4052-8f01-80520e7db3cd", "Files.ReadWrite.All"),
    (
        "78145de6-330d-4800-a6ce-494ff2d33d07",
        "DeviceManagementApps.ReadWrite.All",
    ),
    ("7ab1d382-f21e-4acd-a863-ba3e13f7da61", "Directory.Read.All"),
    ("7b2449af-6ccd-4f4d-9f78-e550c193f0d1", "ChannelMessage.Read.All"),
    ("7e05723c-0bb0-42da-be95-ae9f08a6e53c", "Domain.ReadWrite.All"),
    (
        "7fddd33b-d884-4ec0-8696-72cff90ff825",
        "AgentIdentityBlueprint.ReadWrite.All",
    ),
    ("810c84a8-4a9e-49e6-bf7d-12d183f40d01", "Mail.Read"),
    (
        "854d9ab1-6657-4ec8-be45-823027bcd009",
        "PrivilegedAccess.ReadWrite.AzureAD",
    ),
    ("883ea226-0bf2-4a8f-9f9d-92c9162a727d", "Sites.Selected"),
    (
        "8b7e8c0a-7e9d-4049-97ec-04b5e1bcaf05",
        "RoleManagement.ReadWrite.Defender",
    ),
    (
        "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
        "DelegatedPermissionGrant.ReadWrite.All",
    ),
    ("90db2b9a-d928-4d33-a4dd-8442ae3d41e4", "IdentityProvider.ReadWrite.All"),
    (
        "9241abd9-d0e6-425a-bd4f-47ba86e767a4",
        "DeviceManagementConfiguration.ReadWrite.All",
    ),
    ("9492366f-7969-46a4-8d15-ed1a20078fff", "Sites.ReadWrite.All"),
    ("98830695-27a2-44f7-8c18-0c3ebc9698f6", "GroupMember.Read.All"),
    ("9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "Application.Read.All"),
    (
        "9acd699f-1e81-4958-b001-93b1d2506e19",
        "EntitlementManagement.ReadWrite.All",
    ),
    ("9b50c33d-700f-43b1-b2eb-87e89b703581", "Synchronization.ReadWrite.All"),
    (
        "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
        "RoleManagement.ReadWrite.Directory",
    ),
    (
        "a402ca1c-2696-4531-972d-6e5ee4aa11ea",
        "Policy.ReadWrite.PermissionGrant",
    ),
    ("a82116e5-55eb-4c41-a434-62fe8a61c773", "Sites.FullControl.All"),
    ("b0afded3-3588-46d8-8b3d-9842eff778da", "AuditLog.Read.All"),
    ("b633e1c5-b582-4048-a93e-9f11b44c7e96", "Mail.Send"),
    (
        "be74164b-cff1-491c-8741-e671cb536e13",
        "Policy.ReadWrite.ApplicationConfiguration",
    ),
    ("c529cfca-c91b-489c-af2b-d92990b66ce6", "User.ManageIdentities.All"),
    ("c7fbd983-d9aa-4fa7-84b8-17382c103bc4", "RoleManagement.Read.All"),
    (
        "cc117bb9-00cf-4eb8-b580-ea2a878fe8f7",
        "User-PasswordProfile.ReadWrite.All",
    ),
    ("d07a8cc0-3d51-4b77-b3b0-32704d1f69fa", "AccessReview.Read.All"),
    ("d903a879-88e0-4c09-b0c9-82f6a1333f84", "SecurityEvents.ReadWrite.All"),
    ("dbaae8cf-10b5-4b86-a4a1-f871c94c6695", "GroupMember.ReadWrite.All"),
    ("dc50a0fb-09a3-484d-be87-e023b12c6440", "Exchange.ManageAsApp"),
    ("dc890d15-9560-4a4c-9b7f-a736ec74ec40", "full_access_as_app"),
    ("dcf7150a-88d4-4fe6-9be1-c2744c455397", "AgentIdentity.ReadWrite.All"),
    (
        "dd199f4a-f148-40a4-a2ec-f0069cc799ec",
        "RoleAssignmentSchedule.ReadWrite.Directory",
    ),
    (
        "de89b5e4-5b8f-48eb-8925-29c2b33bd8bd",
        "CustomSecAttributeAssignment.ReadWrite.All",
    ),
    ("df021288-bdef-4463-88db-98f22de89214", "User.Read.All"),
    ("e2a3a72e-5f79-4c64-b1b1-878b674786c9", "Mail.ReadWrite"),
    (
        "e330c4f0-4170-414e-a55a-2f022ec2b57b",
        "DeviceManagementRBAC.ReadWrite.All",
    ),
    (
        "edb419d6-7edc-42a3-9345-509bfdf5d87c",
        "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    ),
    ("ef54d2bf-783f-4e0f-bca1-3210c0444d99", "Calendars.ReadWrite"),
    ("ef5f7d5c-338f-44b0-86c3-351f46c8bb5f", "AccessReview.ReadWrite.All"),
    (
        "fee28b28-e1f3-4841-818e-2704dc62245f",
        "RoleEligibilitySchedule.ReadWrite.Directory",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_id_stands_once() {
        assert!(ROLES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn a_role_has_its_name_at_its_own_resource_only() {
        let role = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8";
        assert_eq!(
            role_name("Microsoft Graph", role),
            Some("RoleManagement.ReadWrite.Directory")
        );
        assert_eq!(role_name("Our billing API", role), None);
        assert_eq!(role_name("Microsoft Graph", "9e3f62cf"), None);
    }

    #[test]
    fn only_what_makes_itself_anything_is_administrator() {
        for (resource, role, privilege_of_it) in [
            (
                "Microsoft Graph",
                "AppRoleAssignment.ReadWrite.All",
                Some(Privilege::Administrator),
            ),
            ("Microsoft Graph", "Application.ReadWrite.All", Some(Privilege::Limited)),
            (
                "Office 365 Exchange Online",
                "full_access_as_app",
                Some(Privilege::Limited),
            ),
            ("Our billing API", "AppRoleAssignment.ReadWrite.All", None),
        ] {
            assert_eq!(privilege(resource, role), privilege_of_it, "{resource} {role}");
        }
    }
}
