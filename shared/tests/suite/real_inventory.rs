//! The inventory connector over spreadsheets as they are saved in Germany (Windows-1252, semicolons), in the United
//! States (UTF-8 with a byte order mark) and as "Unicode text" (UTF-16, tabs). Every number was counted apart from
//! Rollcall, with Python's `csv` module over the same files.

use std::path::Path;

use shared::connectors::{self, Reading};
use shared::model::credential::CredentialKind;
use shared::model::identity::{Class, IdentityKind};
use shared::model::instant::{Expiry, LastUsed};

fn read(path: &Path) -> Reading {
    let name = path.file_name().unwrap().to_string_lossy();
    connectors::read("lists", &name, &std::fs::read(path).unwrap(), "salt")
}

/// What is counted in each file.
#[derive(Debug, PartialEq)]
struct Counts {
    service_accounts: usize,
    robots: usize,
    api_keys: usize,
    certificates: usize,
    owned: usize,
    by_juergen: usize,
    created: usize,
    never_used: usize,
    use_unreported: usize,
    ending: usize,
    credentials: usize,
}

fn count(reading: &Reading) -> Counts {
    let batch = &reading.batch;
    let of_kind = |kind| batch.identities.iter().filter(|fact| fact.kind == Some(kind)).count();
    let of_credential = |kind| batch.credentials.iter().filter(|fact| fact.kind == kind).count();
    let used = |used| batch.identities.iter().filter(|fact| fact.last_used == used).count();
    let owned = || batch.identities.iter().filter(|fact| !fact.owners.is_empty());
    let ending = |fact: &&shared::model::credential::CredentialFact| match fact.expires_at {
        Expiry::At(at) => at.to_date_text() == "2099-12-31",
        Expiry::Never | Expiry::NotReported => false,
    };
    Counts {
        service_accounts: of_kind(IdentityKind::ServiceAccount),
        robots: of_kind(IdentityKind::Robot),
        api_keys: of_credential(CredentialKind::ApiKey),
        certificates: of_credential(CredentialKind::Certificate),
        owned: owned().count(),
        by_juergen: owned()
            .filter(|fact| batch.strings.get(fact.owners[0].text) == "Müller, Jürgen")
            .count(),
        created: batch.identities.iter().filter(|fact| fact.created_at.is_some()).count(),
        never_used: used(LastUsed::Never),
        use_unreported: used(LastUsed::NotReported),
        ending: batch.credentials.iter().filter(ending).count(),
        credentials: batch.credentials.len(),
    }
}

#[test]
fn spreadsheets() {
    let Some(folder) = crate::support::data("shape_samples/generic_csv") else {
        return;
    };
    for (file, first_created, counts) in [
        (
            "inventory_excel_de.csv",
            "2024-11-29T00:00:00Z",
            Counts {
                service_accounts: 18,
                robots: 5,
                api_keys: 10,
                certificates: 7,
                owned: 31,
                by_juergen: 8,
                created: 40,
                never_used: 14,
                use_unreported: 16,
                ending: 10,
                credentials: 40,
            },
        ),
        (
            "inventory_us_utf8bom.csv",
            "2026-09-12T23:32:00Z",
            Counts {
                service_accounts: 17,
                robots: 7,
                api_keys: 11,
                certificates: 5,
                owned: 30,
                by_juergen: 13,
                created: 40,
                never_used: 8,
                use_unreported: 23,
                ending: 10,
                credentials: 40,
            },
        ),
        (
            "inventory.tsv",
            "2025-01-13T00:00:00Z",
            Counts {
                service_accounts: 20,
                robots: 4,
                api_keys: 13,
                certificates: 3,
                owned: 33,
                by_juergen: 10,
                created: 40,
                never_used: 8,
                use_unreported: 23,
                ending: 19,
                credentials: 40,
            },
        ),
    ] {
        let reading = read(&folder.join(file));
        assert_eq!(reading.connector.unwrap().id, "csv_inventory", "{file}");
        assert!(reading.diagnostics.is_empty(), "{file}: {:#?}", reading.diagnostics);
        assert_eq!(reading.batch.identities.len(), 40, "{file}");
        assert_eq!(count(&reading), counts, "{file}");
        let created = reading.batch.identities[0].created_at.unwrap();
        assert_eq!(created.to_string(), first_created, "{file}");
        // An API key is somebody's, and a program's: the type says so.
        let unclassified = reading
            .batch
            .identities
            .iter()
            .filter(|f| f.kind == Some(IdentityKind::Unclassified));
        assert!(
            unclassified.into_iter().all(|fact| fact.class == Some(Class::NonHuman)),
            "{file}"
        );
        // Two credentials are never taken for one, also where a name stands in two rows.
        let mut keys: Vec<_> = reading.batch.credentials.iter().map(|fact| fact.key).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 40, "{file}");
    }
}

/// Tables that list no identities, or say nothing of them but a description, or list people, or are another tool's.
#[test]
fn other_tables_are_left_alone() {
    for path in [
        "aws_cli_examples/aws__aws-cli/INDEX.csv",
        "entra_reference/merill__microsoft-info/GraphAppRoles.csv",
        "entra_reference/merill__microsoft-info/MicrosoftApps.csv",
        "ad_csv/powershell-style/Get-ADServiceAccount.csv",
        "ad_csv/powershell-style/Get-ADUser_ps51.csv",
        "ad_csv/powershell-style/Get-ADUser_utf8bom.csv",
        "postgres/local-postgresql15/pg_auth_members.csv",
        "postgres/local-postgresql15/pg_roles.csv",
        "postgres/local-postgresql15/role_table_grants.csv",
        "secret_scanners/gitleaks__gitleaks/testdata/expected/report/csv_simple.csv",
        "shape_samples/snowflake/show_users.csv",
        "tls/local-openssl/testssl.csv",
        "veza_oaa/Veza__oaa-community/quickstarts/app-csv-import/users.csv",
        "veza_oaa/Veza__oaa-community/quickstarts/hris_csv/example.csv",
    ] {
        let (folder, file) = path.rsplit_once('/').unwrap();
        let Some(folder) = crate::support::data(folder) else {
            continue;
        };
        let reading = read(&folder.join(file));
        assert_ne!(
            reading.connector.map(|connector| connector.id),
            Some("csv_inventory"),
            "{path}"
        );
    }
}
