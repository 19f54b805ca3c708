//! Hosts, directories and databases over files of real tools: Debian's own accounts, OpenSSH, BloodHound.py against a
//! Samba domain, PowerShell's form of the same domain, PostgreSQL 15; and samples of the documented shapes. The expected
//! numbers were counted from the same files by a separate Python program.

use std::path::Path;

use shared::connectors::{self, Reading};
use shared::diagnostic::Severity;
use shared::model::access_policy::Privilege;
use shared::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use shared::model::identity::{Class, IdentityFact, IdentityKind, Origin, Presence, Status};
use shared::model::instant::{Expiry, LastUsed};

/// Reads a file as if it stood at `at` in its source.
fn read_at(path: &Path, at: &str, connector: &str) -> Reading {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reading = connectors::read("hosts", at, &bytes, "salt");
    assert_eq!(reading.connector.map(|found| found.id), Some(connector), "{at}");
    reading
}

fn read(path: &Path, connector: &str) -> Reading {
    let reading = read_at(path, &path.file_name().unwrap().to_string_lossy(), connector);
    let errors: Vec<_> = reading
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    reading
}

fn identities(reading: &Reading, is: impl Fn(&IdentityFact) -> bool) -> usize {
    reading.batch.identities.iter().filter(|fact| is(fact)).count()
}

fn credentials(reading: &Reading, is: impl Fn(&CredentialFact) -> bool) -> usize {
    reading.batch.credentials.iter().filter(|fact| is(fact)).count()
}

#[test]
fn accounts_of_unix_hosts() {
    if let Some(folder) = crate::support::data("os_accounts/debian__base-passwd") {
        let reading = read(&folder.join("passwd.master"), "unix_passwd");
        assert_eq!(reading.batch.identities.len(), 18);
        assert_eq!(identities(&reading, |fact| fact.origin == Origin::Platform), 17);
        let reading = read(&folder.join("group.master"), "unix_groups");
        assert!(reading.batch.memberships.is_empty());
    }
    let Some(folder) = crate::support::data("shape_samples/os_accounts") else {
        return;
    };
    let reading = read(&folder.join("passwd"), "unix_passwd");
    assert_eq!(reading.batch.identities.len(), 43);
    assert_eq!(identities(&reading, |fact| fact.class == Some(Class::NonHuman)), 27);
    assert_eq!(identities(&reading, |fact| !fact.owners.is_empty()), 15);
    let reading = read(&folder.join("shadow"), "unix_shadow");
    assert_eq!(reading.batch.identities.len(), 43);
    assert_eq!(identities(&reading, |fact| fact.status == Status::Disabled), 16);
    assert_eq!(credentials(&reading, |fact| fact.kind == CredentialKind::Password), 18);
    assert_eq!(credentials(&reading, |fact| fact.status == CredentialStatus::Active), 7);
    assert_eq!(credentials(&reading, |fact| fact.created_at.is_some()), 8);
    assert_eq!(
        credentials(&reading, |fact| matches!(fact.expires_at, Expiry::At(_))),
        5
    );
    // Two accounts have an empty password and are not switched off.
    assert_eq!(reading.diagnostics.len(), 2);
    let reading = read(&folder.join("sudoers"), "unix_sudoers");
    let administrators = reading.batch.grants.iter();
    let administrators = administrators.filter(|grant| grant.privilege == Some(Privilege::Administrator));
    assert_eq!((reading.batch.grants.len(), administrators.count()), (4, 2));
}

#[test]
fn ssh_keys_have_the_fingerprints_of_ssh_keygen() {
    let Some(folder) = crate::support::data("ssh/local-openssh") else {
        return;
    };
    let path = folder.join("authorized_keys");
    let reading = read_at(&path, "srv-erp-01/root/.ssh/authorized_keys", "openssh_keys");
    // `ssh-keygen -lf` leaves out the same broken line.
    let listed = std::fs::read_to_string(folder.join("authorized_keys.fingerprints.txt")).unwrap();
    let listed: Vec<&str> = listed.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    let fingerprints: Vec<&str> = reading
        .batch
        .credentials
        .iter()
        .filter_map(|fact| Some(reading.batch.strings.get(fact.fingerprint?)))
        .collect();
    // One line is that of an authority, which opens nothing by itself.
    assert_eq!(
        (listed.len(), fingerprints.len(), reading.batch.trusts.len()),
        (8, 7, 1)
    );
    assert!(fingerprints.iter().all(|fingerprint| listed.contains(fingerprint)));
    assert_eq!(reading.diagnostics.len(), 1);
    assert_eq!(credentials(&reading, |fact| fact.holder.is_some()), 7);
    assert_eq!(
        credentials(&reading, |fact| matches!(fact.expires_at, Expiry::At(_))),
        1
    );

    let reading = read(&folder.join("k_ed25519_0_20423-cert.pub"), "openssh_keys");
    let certificate = &reading.batch.credentials[0];
    let name = |sym| reading.batch.strings.get(sym);
    assert_eq!(certificate.name.map(name), Some("ci-runner-prod:job-1234"));
    assert_eq!(
        certificate.fingerprint.map(name),
        Some("SHA256:NsRrcgCnU3RnCIHyICb77GotWdhZEev9jWh16cLHAPk")
    );
    assert_eq!(
        certificate.created_at.map(|at| at.to_string()).as_deref(),
        Some("2026-11-22T05:01:00Z")
    );
    assert!(matches!(certificate.expires_at, Expiry::At(at) if at.to_string() == "2027-11-21T05:02:03Z"));

    for (file, n) in [("known_hosts", 4), ("known_hosts_hashed", 5), ("ssh-keyscan.txt", 1)] {
        let reading = read(&folder.join(file), "openssh_keys");
        assert_eq!(
            credentials(&reading, |fact| fact.presence == Presence::Mentioned),
            n,
            "{file}"
        );
    }
}

#[test]
fn active_directory_through_bloodhound() {
    let Some(folder) = crate::support::data("ad_bloodhound/bloodhound-python") else {
        return;
    };
    let file = |kind: &str| {
        read(
            &folder.join(format!("20261122045656_{kind}.json")),
            "bloodhound_directory",
        )
    };
    let users = file("users");
    assert_eq!(users.batch.identities.len(), 1_364);
    assert_eq!(
        identities(&users, |fact| fact.kind == Some(IdentityKind::ServiceAccount)),
        40
    );
    assert_eq!(identities(&users, |fact| fact.class == Some(Class::NonHuman)), 443);
    assert_eq!(identities(&users, |fact| fact.status == Status::Active), 1_218);
    assert_eq!(
        identities(&users, |fact| matches!(fact.last_used, LastUsed::At(_))),
        1_188
    );
    assert_eq!(identities(&users, |fact| fact.last_used == LastUsed::Never), 175);
    assert_eq!(users.batch.credentials.len(), 1_363);
    let computers = file("computers");
    assert_eq!(
        identities(&computers, |fact| fact.kind == Some(IdentityKind::Device)),
        501
    );
    // 35 services that accounts may act at for others, and 56 accounts and computers that may everywhere.
    assert_eq!(users.batch.grants.len() + computers.batch.grants.len(), 35 + 56);
    let groups = file("groups");
    assert_eq!(groups.batch.grants.len(), 36);
    assert!(groups.batch.memberships.len() >= 1_885);
    for kind in ["domains", "gpos", "ous", "containers"] {
        assert!(file(kind).batch.identities.is_empty(), "{kind}");
    }
}

#[test]
fn active_directory_through_power_shell() {
    let Some(folder) = crate::support::data("ad_csv/powershell-style") else {
        return;
    };
    for (file, n, n_active, n_programs, n_managed, n_used, n_endless, n_delegating) in [
        ("Get-ADUser_ps51.csv", 1_363, 1_218, 443, 40, 1_188, 413, 37),
        ("Get-ADUser_utf8bom.csv", 400, 355, 147, 9, 354, 133, 14),
        ("Get-ADServiceAccount.csv", 40, 40, 40, 40, 0, 0, 0),
    ] {
        let reading = read(&folder.join(file), "active_directory_accounts");
        assert_eq!(reading.batch.identities.len(), n, "{file}");
        assert_eq!(
            identities(&reading, |fact| fact.status == Status::Active),
            n_active,
            "{file}"
        );
        assert_eq!(
            identities(&reading, |fact| fact.class == Some(Class::NonHuman)),
            n_programs,
            "{file}"
        );
        assert_eq!(
            identities(&reading, |fact| fact.kind == Some(IdentityKind::ServiceAccount)),
            n_managed,
            "{file}"
        );
        assert_eq!(
            identities(&reading, |fact| matches!(fact.last_used, LastUsed::At(_))),
            n_used,
            "{file}"
        );
        assert_eq!(
            credentials(&reading, |fact| fact.expires_at == Expiry::Never),
            n_endless,
            "{file}"
        );
        assert_eq!(reading.batch.grants.len(), n_delegating, "{file}");
    }
}

#[test]
fn postgresql_roles_in_three_forms() {
    let Some(folder) = crate::support::data("postgres/local-postgresql15") else {
        return;
    };
    // 8 of the roles may log in and 12 are PostgreSQL's own.
    for (file, n_passwords) in [("pg_roles.csv", 3), ("pg_roles.json", 3), ("pg_dumpall_roles.sql", 3)] {
        let reading = read(&folder.join(file), "postgresql_roles");
        assert_eq!(reading.batch.identities.len(), 9, "{file}");
        assert_eq!(reading.batch.credentials.len(), n_passwords, "{file}");
        let administrators = reading.batch.grants.iter();
        let administrators = administrators.filter(|grant| grant.privilege == Some(Privilege::Administrator));
        assert_eq!(administrators.count(), 2, "{file}");
    }
    let reading = read(&folder.join("pg_auth_members.csv"), "postgresql_roles");
    // 7 rows, and 3 that reach `Grafana RO` through `pg_monitor`.
    assert_eq!(reading.batch.memberships.len(), 10);
    let reading = read(&folder.join("role_table_grants.csv"), "postgresql_roles");
    assert_eq!(reading.batch.grants.len(), 25);
}

#[test]
fn osquery_in_both_forms() {
    let Some(folder) = crate::support::data("shape_samples/osquery") else {
        return;
    };
    let reading = read(&folder.join("osqueryi_users.json"), "osquery_tables");
    assert_eq!(reading.batch.identities.len(), 40);
    let reading = read(&folder.join("osqueryd.results.log"), "osquery_tables");
    assert_eq!(credentials(&reading, |fact| fact.kind == CredentialKind::SshKey), 26);
    assert_eq!(credentials(&reading, |fact| fact.kind == CredentialKind::Password), 1);
}
