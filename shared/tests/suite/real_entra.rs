//! The Entra connectors over real files: ScubaGear's recordings of PowerShell (six of them in UTF-16), samples in the
//! forms of Graph and `az`, and reference lists that only look alike and must be refused.
//!
//! The numbers were counted apart from this code, by a Python script over the parsed JSON: lengths of `value`, of
//! `passwordCredentials` and so on, with one object counting as a list of one.

use std::path::Path;

use shared::connectors::{self, Reading};
use shared::diagnostic::Severity;
use shared::model::access_policy::{Conditional, Privilege};
use shared::model::batch::Home;
use shared::model::credential::CredentialKind;
use shared::model::identity::{IdentityKind, Origin, Status};
use shared::model::instant::LastUsed;
use shared::model::principal::Principal;

fn read(folder: &Path, file: &str) -> Reading {
    let bytes = std::fs::read(folder.join(file)).unwrap();
    connectors::read("entra", file, &bytes, "salt")
}

/// A file that is read without an error: its connector, and how many identities, secrets, certificates, federations,
/// grants and trusts it gives.
fn check(folder: &Path, file: &str, connector: &str, expected: [usize; 6]) -> Reading {
    let reading = read(folder, file);
    assert_eq!(reading.connector.map(|c| c.id), Some(connector), "{file}");
    let errors: Vec<_> = reading
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{file}: {errors:#?}");
    let of = |kind| reading.batch.credentials.iter().filter(|c| c.kind == kind).count();
    let found = [
        reading.batch.identities.len(),
        of(CredentialKind::ClientSecret),
        of(CredentialKind::Certificate),
        of(CredentialKind::Federation),
        reading.batch.grants.len(),
        reading.batch.trusts.len(),
    ];
    assert_eq!(found, expected, "{file}");
    reading
}

fn n(reading: &Reading, test: impl Fn(&shared::model::identity::IdentityFact) -> bool) -> usize {
    reading.batch.identities.iter().filter(|fact| test(fact)).count()
}

#[test]
fn graph_pages_and_az_lists() {
    let Some(folder) = crate::support::data("shape_samples/entra_graph") else {
        return;
    };
    let apps = check(
        &folder,
        "applications.json",
        "entra_applications",
        [53, 72, 13, 17, 0, 17],
    );
    // 25 applications have notes, every one `owner: …`.
    assert_eq!(n(&apps, |fact| !fact.owners.is_empty()), 25);
    assert_eq!(n(&apps, |fact| fact.purpose.is_some()), 0);
    assert!(apps.batch.is_complete());
    check(
        &folder,
        "az_ad_app_list.json",
        "entra_applications",
        [10, 12, 1, 0, 0, 0],
    );

    // (file, Microsoft's, managed identities, disabled): 120 rows in two pages, all of one tenant.
    for (file, certificates, secrets, [n_platform, n_managed, n_disabled, n_own]) in [
        ("servicePrincipals_page1.json", 11, 3, [21, 16, 3, 23]),
        ("servicePrincipals_page2.json", 12, 2, [22, 8, 8, 30]),
    ] {
        let page = check(
            &folder,
            file,
            "entra_service_principals",
            [60, secrets, certificates, 0, 0, 0],
        );
        assert_eq!(n(&page, |fact| fact.origin == Origin::Platform), n_platform, "{file}");
        assert_eq!(n(&page, |fact| fact.origin == Origin::ThirdParty), 0, "{file}");
        assert_eq!(
            n(&page, |fact| fact.kind == Some(IdentityKind::ManagedIdentity)),
            n_managed
        );
        assert_eq!(n(&page, |fact| fact.status == Status::Disabled), n_disabled, "{file}");
        let tenant = page.batch.strings.find("bbc4f403-4199-4dae-a5b2-2ec16dfde291");
        // Which organisation is the estate's own, only all pages together tell.
        let is_own = |home: &&Home| Some(home.organisation) == tenant;
        assert_eq!(page.batch.homes.iter().filter(is_own).count(), n_own, "{file}");
        assert_eq!(page.batch.is_complete(), file == "servicePrincipals_page2.json");
    }

    // Each agent has a blueprint; 8 have one sponsor.
    let agents = check(
        &folder,
        "agentIdentities.json",
        "entra_service_principals",
        [13, 0, 0, 0, 0, 13],
    );
    assert_eq!(n(&agents, |fact| fact.kind == Some(IdentityKind::Agent)), 13);
    assert_eq!(n(&agents, |fact| fact.owners.len() == 1), 8);
}

#[test]
fn grants_and_sign_ins() {
    let Some(folder) = crate::support::data("shape_samples/entra_graph") else {
        return;
    };
    let assignments = check(
        &folder,
        "appRoleAssignments.json",
        "entra_app_role_assignments",
        [0, 0, 0, 0, 51, 0],
    );
    for (role, n_assigned) in [
        ("Application.ReadWrite.All", 20),
        ("User.Read.All", 16),
        ("Default access", 15),
    ] {
        let role = assignments.batch.strings.find(role);
        let found = assignments.batch.grants.iter().filter(|grant| Some(grant.role) == role);
        assert_eq!(found.count(), n_assigned);
    }
    // 38 consents with 96 scopes between them.
    let consents = check(
        &folder,
        "oauth2PermissionGrants.json",
        "entra_permission_grants",
        [0, 0, 0, 0, 96, 0],
    );
    let is_conditional = |grant: &shared::model::grant::GrantFact| grant.conditional == Conditional::OnCondition;
    assert!(consents.batch.grants.iter().all(is_conditional));

    let sign_ins = check(
        &folder,
        "servicePrincipalSignInActivities.json",
        "entra_sign_in_activity",
        [49, 0, 0, 0, 0, 0],
    );
    let newest = sign_ins
        .batch
        .identities
        .iter()
        .filter_map(|fact| match fact.last_used {
            LastUsed::At(at) => Some(at),
            LastUsed::Never | LastUsed::NotWithin { .. } | LastUsed::NotReported => None,
        });
    assert_eq!(
        newest.max().map(|at| at.to_string()).as_deref(),
        Some("2026-11-20T04:59:08Z")
    );
}

#[test]
fn power_shell_in_utf_16() {
    let Some(folder) = crate::support::data("entra/cisagov__ScubaGear/Testing/Unit/PowerShell/Providers/AADProvider")
    else {
        return;
    };
    let risky = folder.join("RiskyPermissionsSnippets");
    check(
        &risky,
        "MockApplications.json",
        "entra_applications",
        [3, 2, 3, 0, 0, 0],
    );
    check(
        &risky,
        "MockServicePrincipals.json",
        "entra_service_principals",
        [6, 4, 4, 1, 0, 1],
    );
    // Two credentials, and no page that says whose.
    let nameless = check(
        &risky,
        "MockFederatedCredentials.json",
        "entra_federated_credentials",
        [0, 0, 0, 2, 0, 0],
    );
    assert_eq!(nameless.diagnostics.len(), 1);
    assert!(!nameless.batch.is_complete());

    let hybrid = folder.join("HybridExchangeSnippets");
    check(
        &hybrid,
        "MockAppRoleAssignment.json",
        "entra_app_role_assignments",
        [0, 0, 0, 0, 1, 0],
    );
    check(
        &hybrid,
        "MockDedicatedHybridAppRegistration.json",
        "entra_applications",
        [1, 0, 1, 0, 0, 0],
    );
    check(
        &hybrid,
        "MockDedicatedHybridServicePrincipal.json",
        "entra_service_principals",
        [1, 0, 0, 0, 0, 0],
    );
    let exchange = check(
        &hybrid,
        "MockExchangeOnlineServicePrincipal.json",
        "entra_service_principals",
        [1, 0, 1, 0, 0, 0],
    );
    assert_eq!(exchange.batch.identities[0].origin, Origin::Platform);
}

#[test]
fn scubagear_provider_export() {
    let Some(folder) = crate::support::data("entra/cisagov__ScubaGear/Sample-Reports") else {
        return;
    };
    // 5 applications in four lists, 3 service principals and 3 users with roles; 9 consented application permissions
    // and 16 distinct roles of a principal, 3 of them Global or Privileged Role Administrator.
    let export = check(
        &folder,
        "ProviderSettingsExport.json",
        "entra_scubagear_export",
        [11, 5, 4, 2, 25, 2],
    );
    assert_eq!(n(&export, |fact| fact.kind == Some(IdentityKind::Human)), 3);
    assert_eq!(n(&export, |fact| fact.origin == Origin::Platform), 1);
    let administrators = export
        .batch
        .grants
        .iter()
        .filter(|grant| grant.privilege == Some(Privilege::Administrator));
    assert_eq!(administrators.count(), 3);
    let of_github = |actor: &Principal| match actor {
        Principal::Federated { issuer, .. } => {
            export.batch.strings.get(*issuer) == "token.actions.githubusercontent.com"
        }
        _ => false,
    };
    assert!(export.batch.trusts.iter().all(|trust| of_github(&trust.actor)));
    let stated_at = export.batch.stated_at.map(|at| at.to_string());
    assert_eq!(stated_at.as_deref(), Some("2026-05-04T17:15:48Z"));
}

#[test]
fn what_only_looks_alike_is_refused() {
    let Some(root) = crate::support::data("entra/cisagov__ScubaGear") else {
        return;
    };
    let tests = root.join("Testing/Unit/PowerShell");
    let mut files: Vec<_> = std::fs::read_dir(tests.join("Support/SetScubaGearAppPermissionData"))
        .unwrap()
        .chain(std::fs::read_dir(tests.join("Support/ServicePrincipalSnippets")).unwrap())
        .map(|entry| entry.unwrap().path())
        // Resource service principals in Graph's own form, with made-up ids: see below.
        .filter(|path| !path.to_string_lossy().contains("MockResourceSP_"))
        .collect();
    assert_eq!(files.len(), 17);
    let snippets = tests.join("Providers/AADProvider/RiskyPermissionsSnippets");
    files.extend(
        [
            "MockApplicationPermissions.json",
            "MockResourcePermissionCache.json",
            "MockSafePermissions.json",
            // App roles without whoever has them.
            "MockServicePrincipalAppRoleAssignments.json",
        ]
        .map(|name| snippets.join(name)),
    );
    files.push(root.join("schemas/RiskyAppPermissions.json"));
    if let Some(reference) = crate::support::data("entra_reference/merill__microsoft-info") {
        files.extend(
            ["GraphAppRoles", "GraphDelegateRoles", "MicrosoftApps"]
                .iter()
                .flat_map(|name| [format!("{name}.json"), format!("{name}.csv")])
                .map(|name| reference.join(name)),
        );
    }
    for file in files {
        let reading = read(Path::new(""), &file.to_string_lossy());
        assert_eq!(reading.connector.map(|c| c.id), None, "{}", file.display());
        assert_eq!(reading.diagnostics.len(), 1, "{}", file.display());
    }

    for resource in ["Exchange", "Graph", "SharePoint"] {
        let file = format!("MockResourceSP_{resource}.json");
        let reading = read(&tests.join("Support/ServicePrincipalSnippets"), &file);
        assert_eq!(reading.connector.map(|c| c.id), Some("entra_service_principals"));
        let [identity] = reading.batch.identities.as_slice() else {
            panic!("{file}: {:#?}", reading.batch.identities);
        };
        assert_eq!(identity.origin, Origin::Platform);
        // `"id": "resource-sp-graph"` is no GUID, and said to be none.
        assert_eq!(identity.handles.len(), 1);
        assert_eq!(reading.diagnostics.len(), 1);
        assert!(reading.diagnostics[0].found.starts_with("resource-sp-"));
    }
}
