//! AWS connectors against real and recorded exports. The expected numbers were counted from the same files by a
//! separate Python program that walks the plain JSON, without any of this crate.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use shared::access;
use shared::connectors::{self, Reading};
use shared::diagnostic::Severity;
use shared::model::access_policy::{AccessPolicy, Matched, Privilege};
use shared::model::credential::Custody;
use shared::model::grant::{TrustGuard, TrustKind};
use shared::model::identity::{HumanUse, IdentityKind, Origin, Presence};
use shared::model::instant::{Instant, LastUsed};
use shared::model::principal::{HandleKind, Principal};
use shared::model::strings::Sym;
use shared::reading::container;

#[derive(Debug, Default, PartialEq)]
struct Counts {
    users: usize,
    roles: usize,
    service_linked: usize,
    used: usize,
    not_within: usize,
    created: usize,
    grants: usize,
    memberships: usize,
    policies: usize,
    statements: usize,
    administrator_documents: usize,
    owner_claims: usize,
    environments: usize,
    /// Trusts by actor: identity, account, service, federated, anyone.
    actors: [usize; 5],
    subjects: usize,
    runs_as: usize,
    /// Trusts other than of instance profiles by guard: open, external id, subject or audience, other.
    guards: [usize; 4],
}

fn read(path: &Path) -> Reading {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.file_name().unwrap().to_string_lossy();
    let reading = connectors::read("aws", &name, &bytes, "salt");
    let connector = reading.connector.map(|connector| connector.id);
    assert_eq!(connector, Some("aws_account_authorization_details"), "{name}");
    reading
}

fn check(path: &Path, expected: Counts) -> Reading {
    let reading = read(path);
    let problems: Vec<_> = reading
        .diagnostics
        .iter()
        .filter(|d| d.severity != Severity::Info)
        .collect();
    assert!(problems.is_empty(), "{}: {problems:#?}", path.display());
    let batch = &reading.batch;
    let of_kind = |kind| batch.identities.iter().filter(|fact| fact.kind == Some(kind)).count();
    let of_actor = |is: fn(&Principal) -> bool| batch.trusts.iter().filter(|trust| is(&trust.actor)).count();
    let of_guard = |guard| {
        let is_guarded =
            |trust: &&shared::model::grant::TrustFact| trust.guard == guard && trust.kind != TrustKind::RunsAs;
        batch.trusts.iter().filter(is_guarded).count()
    };
    // The trust policy of a role has its ARN.
    let roles: HashSet<Sym> = (batch.identities.iter())
        .flat_map(|fact| fact.handles.iter().map(|handle| handle.text))
        .collect();
    let documents = || {
        let given = batch.policies.iter().filter(|policy| !roles.contains(&policy.id));
        given.map(|policy| match &policy.document {
            AccessPolicy::Aws(statements) => statements,
            other => panic!("{other:?} is no AWS policy"),
        })
    };
    let counts = Counts {
        users: of_kind(IdentityKind::User),
        roles: of_kind(IdentityKind::Role),
        service_linked: batch
            .identities
            .iter()
            .filter(|fact| fact.origin == Origin::Platform)
            .count(),
        used: batch
            .identities
            .iter()
            .filter(|fact| matches!(fact.last_used, LastUsed::At(_)))
            .count(),
        not_within: (batch.identities.iter())
            .filter(|fact| fact.last_used == LastUsed::NotWithin { days: 400 })
            .count(),
        created: batch.identities.iter().filter(|fact| fact.created_at.is_some()).count(),
        grants: batch.grants.len(),
        memberships: batch.memberships.len(),
        policies: documents().count(),
        statements: documents().map(Vec::len).sum(),
        administrator_documents: documents()
            .filter(|statements| access::aws::privilege(*statements, &batch.strings).0 == Privilege::Administrator)
            .count(),
        owner_claims: batch.identities.iter().map(|fact| fact.owners.len()).sum(),
        environments: batch
            .identities
            .iter()
            .filter(|fact| fact.environment.is_some())
            .count(),
        actors: [
            of_actor(|actor| matches!(actor, Principal::Identity(_))),
            of_actor(|actor| matches!(actor, Principal::Account(_))),
            of_actor(|actor| matches!(actor, Principal::PlatformService(_))),
            of_actor(|actor| matches!(actor, Principal::Federated { .. })),
            of_actor(|actor| matches!(actor, Principal::Anyone)),
        ],
        subjects: of_actor(|actor| matches!(actor, Principal::Federated { subject: Some(_), .. })),
        runs_as: of_actor(|actor| matches!(actor, Principal::Workload(_))),
        guards: [
            of_guard(TrustGuard::Open),
            of_guard(TrustGuard::ExternalId),
            of_guard(TrustGuard::SubjectOrAudience),
            of_guard(TrustGuard::OtherCondition),
        ],
    };
    assert_eq!(counts, expected, "{}", path.display());
    reading
}

#[test]
fn the_example_in_the_manual_of_the_cli() {
    let Some(folder) = crate::support::data("aws_cli_examples/aws__aws-cli") else {
        return;
    };
    let expected = Counts {
        users: 3,
        roles: 1,
        used: 1,
        created: 4,
        grants: 4 + 2,
        memberships: 3,
        policies: 5,
        statements: 8,
        actors: [0, 0, 1, 0, 0],
        runs_as: 1,
        guards: [1, 0, 0, 0],
        ..Counts::default()
    };
    let reading = check(&folder.join("iam.get-account-authorization-details.1.json"), expected);
    assert!(!reading.batch.is_complete(), "the example is the first page of more");
    // The manual writes one id for all three users.
    let n_ids = |reading: &Reading| {
        let handles = reading.batch.identities.iter().flat_map(|fact| &fact.handles);
        handles.filter(|handle| handle.kind == HandleKind::AwsUniqueId).count()
    };
    assert_eq!(n_ids(&reading), 1);
}

#[test]
fn the_recordings_of_cloudsplaining() {
    let Some(folder) = crate::support::data("aws_iam/salesforce__cloudsplaining") else {
        return;
    };
    for (name, expected) in [
        (
            "test/files/example_authz_details_for_overrides.json",
            Counts {
                policies: 1,
                statements: 2,
                ..Counts::default()
            },
        ),
        (
            "test/files/example_authz_v2.json",
            Counts {
                users: 1,
                roles: 2,
                not_within: 2,
                created: 3,
                grants: 1 + 2,
                memberships: 1,
                policies: 4,
                statements: 5,
                actors: [0, 0, 2, 0, 0],
                guards: [2, 0, 0, 0],
                ..Counts::default()
            },
        ),
        (
            "test/files/example_authz_details_for_overrides_complete.json",
            Counts {
                users: 1,
                roles: 2,
                not_within: 2,
                created: 3,
                grants: 4 + 2,
                memberships: 1,
                policies: 5,
                statements: 6,
                administrator_documents: 1,
                actors: [0, 0, 2, 0, 0],
                guards: [2, 0, 0, 0],
                ..Counts::default()
            },
        ),
        (
            "test/files/example-authz-details.json",
            Counts {
                users: 3,
                roles: 3,
                used: 1,
                not_within: 2,
                created: 6,
                grants: 5 + 6,
                memberships: 3,
                policies: 38,
                statements: 94,
                administrator_documents: 1,
                actors: [0, 0, 3, 0, 0],
                runs_as: 1,
                guards: [3, 0, 0, 0],
                ..Counts::default()
            },
        ),
        (
            "examples/files/example.json",
            Counts {
                users: 44,
                roles: 78,
                service_linked: 8,
                used: 26,
                not_within: 52,
                created: 122,
                grants: 106 + 39,
                memberships: 6,
                policies: 123,
                statements: 314,
                administrator_documents: 4,
                actors: [45, 2, 38, 2, 0],
                runs_as: 2,
                guards: [85, 0, 2, 0],
                ..Counts::default()
            },
        ),
    ] {
        check(&folder.join(name), expected);
    }
    // Forty sessions of one role are trusted; the role has a path, which the session's ARN leaves out.
    let reading = read(&folder.join("examples/files/example.json"));
    let batch = &reading.batch;
    let arn = |path: &str| {
        let name = "AWSReservedSSO_AdministratorAccess_dc6414f7f2ab04fc";
        batch
            .strings
            .find(&format!("arn:aws:iam::200611803367:role/{path}{name}"))
    };
    let sso = (batch.identities.iter())
        .find(|fact| Some(fact.handles[0].text) == arn("aws-reserved/sso.amazonaws.com/"))
        .unwrap();
    let is_sso = |actor| matches!(actor, Principal::Identity(handle) if sso.handles.contains(&handle));
    assert_eq!(batch.trusts.iter().filter(|trust| is_sso(trust.actor)).count(), 40);
    assert!(batch.is_complete());
}

#[test]
fn a_large_account() {
    let Some(folder) = crate::support::data("aws_iam/moto-large") else {
        return;
    };
    let expected = Counts {
        users: 500,
        roles: 2_600,
        not_within: 2_600,
        created: 3_100,
        grants: 5_351 + 895,
        memberships: 147,
        policies: 1_595,
        statements: 4_802,
        administrator_documents: 20,
        // 1,735 tags with the keys owner, team or contact, less 91 empty ones and 70 that say TBD.
        owner_claims: 1_574,
        environments: 1_884,
        actors: [45, 622, 1_062, 860, 11],
        subjects: 749,
        runs_as: 390,
        guards: [1_613, 127, 860, 0],
        ..Counts::default()
    };
    check(&folder.join("get-account-authorization-details.json"), expected);
}

#[test]
fn no_other_answer_of_the_cli_is_taken_for_it() {
    let Some(folder) = crate::support::data("aws_cli_examples/aws__aws-cli") else {
        return;
    };
    let mut n_files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|e| e != "json") || name.starts_with("iam.get-account-authorization-details") {
            continue;
        }
        n_files += 1;
        let reading = connectors::read("aws", &name, &std::fs::read(&path).unwrap(), "salt");
        let connector = reading.connector.map(|connector| connector.id);
        assert_ne!(connector, Some("aws_account_authorization_details"), "{name}");
    }
    assert!(n_files > 300, "{n_files}");
}

/// What a file gives: identities and credentials that it lists, grants, trusts, and last uses of what others list.
fn counted(reading: &Reading) -> [usize; 5] {
    let batch = &reading.batch;
    let is_listed = |presence| presence == Presence::Listed;
    let n_identities = batch.identities.iter().filter(|fact| is_listed(fact.presence)).count();
    let n_credentials = batch.credentials.iter().filter(|fact| is_listed(fact.presence)).count();
    let n_mentioned = batch.identities.len() - n_identities + batch.credentials.len() - n_credentials;
    let n_uses = batch.service_uses.len() + batch.trust_uses.len();
    [
        n_identities,
        n_credentials,
        batch.grants.len(),
        batch.trusts.len(),
        n_mentioned + n_uses,
    ]
}

/// The answers in the CLI's manual that say something of identities. All others are none of these connectors'.
#[test]
fn the_other_answers_in_the_manual_of_the_cli() {
    let Some(folder) = crate::support::data("aws_cli_examples/aws__aws-cli") else {
        return;
    };
    let expected = [
        (
            "accessanalyzer.get-finding-v2.1",
            "aws_access_analyzer",
            [0, 0, 0, 1, 0],
        ),
        ("accessanalyzer.get-finding.1", "aws_access_analyzer", [0, 0, 0, 1, 0]),
        ("accessanalyzer.list-findings-v2.1", "aws_access_analyzer", [0; 5]),
        ("accessanalyzer.list-findings.1", "aws_access_analyzer", [0, 0, 0, 2, 0]),
        ("acm.describe-certificate.1", "aws_acm_certificates", [0, 1, 0, 0, 0]),
        ("acm.list-certificates.1", "aws_acm_certificates", [0, 2, 0, 0, 0]),
        ("eks.describe-access-entry.1", "aws_eks_access", [0; 5]),
        (
            "eks.describe-pod-identity-association.1",
            "aws_eks_access",
            [0, 0, 0, 1, 0],
        ),
        ("eks.list-access-entries.1", "aws_eks_access", [0; 5]),
        (
            "eks.list-associated-access-policies.1",
            "aws_eks_access",
            [0, 0, 1, 0, 0],
        ),
        ("eks.list-pod-identity-associations.1", "aws_eks_access", [0; 5]),
        ("eks.list-pod-identity-associations.2", "aws_eks_access", [0; 5]),
        (
            "iam.create-open-id-connect-provider.1",
            "aws_identity_providers",
            [0, 1, 0, 0, 0],
        ),
        (
            "iam.create-service-specific-credential.1",
            "aws_user_credentials",
            [0, 1, 0, 0, 0],
        ),
        ("iam.generate-credential-report.1", "aws_credential_report", [0; 5]),
        (
            "iam.get-access-key-last-used.1",
            "aws_user_credentials",
            [0, 0, 0, 0, 1],
        ),
        ("iam.get-saml-provider.1", "aws_identity_providers", [0; 5]),
        (
            "iam.get-service-last-accessed-details-with-entities.1",
            "aws_last_accessed",
            [0, 0, 0, 0, 2],
        ),
        ("iam.get-ssh-public-key.1", "aws_user_credentials", [0, 1, 0, 0, 0]),
        ("iam.list-access-keys.1", "aws_user_credentials", [0, 2, 0, 0, 0]),
        (
            "iam.list-open-id-connect-providers.1",
            "aws_identity_providers",
            [0, 1, 0, 0, 0],
        ),
        ("iam.list-saml-providers.1", "aws_identity_providers", [0, 1, 0, 0, 0]),
        (
            "iam.list-server-certificates.1",
            "aws_server_certificates",
            [0, 2, 0, 0, 0],
        ),
        (
            "iam.list-service-specific-credential.1",
            "aws_user_credentials",
            [0, 1, 0, 0, 0],
        ),
        (
            "iam.list-service-specific-credential.2",
            "aws_user_credentials",
            [0, 1, 0, 0, 0],
        ),
        (
            "iam.list-service-specific-credentials.1",
            "aws_user_credentials",
            [0, 2, 0, 0, 0],
        ),
        (
            "iam.list-signing-certificates.1",
            "aws_user_credentials",
            [0, 1, 0, 0, 0],
        ),
        ("iam.list-ssh-public-keys.1", "aws_user_credentials", [0, 1, 0, 0, 0]),
        ("iam.create-instance-profile.1", "aws_users_and_roles", [0; 5]),
        ("iam.create-role.1", "aws_users_and_roles", [1, 0, 0, 0, 0]),
        ("iam.create-role.2", "aws_users_and_roles", [1, 0, 0, 1, 0]),
        ("iam.create-role.3", "aws_users_and_roles", [1, 0, 0, 1, 0]),
        (
            "iam.create-service-linked-role.1",
            "aws_users_and_roles",
            [1, 0, 0, 1, 0],
        ),
        ("iam.create-user.1", "aws_users_and_roles", [1, 0, 0, 0, 0]),
        ("iam.create-user.2", "aws_users_and_roles", [1, 0, 0, 0, 0]),
        ("iam.create-user.3", "aws_users_and_roles", [1, 0, 0, 0, 0]),
        ("iam.create-user.4", "aws_users_and_roles", [1, 0, 0, 0, 0]),
        ("iam.get-instance-profile.1", "aws_users_and_roles", [0, 0, 0, 1, 0]),
        ("iam.get-role.1", "aws_users_and_roles", [1, 0, 0, 0, 0]),
        ("iam.get-user.1", "aws_users_and_roles", [1, 0, 0, 0, 0]),
        (
            "iam.list-instance-profiles-for-role.1",
            "aws_users_and_roles",
            [0, 0, 0, 1, 0],
        ),
        ("iam.list-instance-profiles.1", "aws_users_and_roles", [0, 0, 0, 2, 0]),
        ("iam.list-roles.1", "aws_users_and_roles", [2, 0, 0, 2, 0]),
        ("iam.list-users.1", "aws_users_and_roles", [2, 0, 0, 0, 0]),
        ("iam.get-policy-version.1", "aws_managed_policies", [0; 5]),
        ("iot.describe-ca-certificate.1", "aws_iot_certificates", [0, 1, 0, 0, 0]),
        ("iot.list-ca-certificates.1", "aws_iot_certificates", [0, 1, 0, 0, 0]),
        ("iot.list-certificates-by-ca.1", "aws_iot_certificates", [1, 1, 0, 0, 0]),
        ("iot.list-certificates.1", "aws_iot_certificates", [6, 6, 0, 0, 0]),
        (
            "secretsmanager.batch-get-secret-value.1",
            "aws_secrets_manager",
            [0, 3, 0, 0, 0],
        ),
        (
            "secretsmanager.batch-get-secret-value.2",
            "aws_secrets_manager",
            [0, 3, 0, 0, 0],
        ),
        ("secretsmanager.create-secret.2", "aws_secrets_manager", [0, 1, 0, 0, 0]),
        ("secretsmanager.create-secret.3", "aws_secrets_manager", [0, 1, 0, 0, 0]),
        (
            "secretsmanager.describe-secret.1",
            "aws_secrets_manager",
            [0, 1, 0, 0, 0],
        ),
        (
            "secretsmanager.get-secret-value.1",
            "aws_secrets_manager",
            [0, 1, 0, 0, 0],
        ),
        (
            "secretsmanager.get-secret-value.2",
            "aws_secrets_manager",
            [0, 1, 0, 0, 0],
        ),
        (
            "secretsmanager.list-secret-version-ids.1",
            "aws_secrets_manager",
            [0, 0, 0, 0, 1],
        ),
        ("secretsmanager.list-secrets.1", "aws_secrets_manager", [0, 2, 0, 0, 0]),
        ("secretsmanager.list-secrets.2", "aws_secrets_manager", [0, 1, 0, 0, 0]),
        ("secretsmanager.list-secrets.3", "aws_secrets_manager", [0, 1, 0, 0, 0]),
    ];
    let mut n_recognised = 0;
    let mut n_others = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(stem) = name
            .strip_suffix(".json")
            .filter(|stem| !stem.contains("authorization-details"))
        else {
            continue;
        };
        let reading = connectors::read("aws", &name, &std::fs::read(&path).unwrap(), "salt");
        let found = reading.connector.map(|connector| connector.id);
        match expected.iter().find(|(known, ..)| *known == stem) {
            Some((_, connector, counts)) => {
                n_recognised += 1;
                assert_eq!(found, Some(*connector), "{name}");
                let errors: Vec<_> = reading
                    .diagnostics
                    .iter()
                    .filter(|d| d.severity == Severity::Error)
                    .collect();
                // The manual writes `<URL-encoded-JSON>` for a trust policy, and a policy's version without its ARN.
                let n_errors = match stem {
                    "iam.create-role.1" | "iam.get-role.1" | "iam.get-policy-version.1" => 1,
                    _ => 0,
                };
                assert_eq!(errors.len(), n_errors, "{name}: {errors:#?}");
                assert_eq!(counted(&reading), *counts, "{name}");
            }
            None => {
                n_others += 1;
                assert!(
                    !found.is_some_and(|id| id.starts_with("aws_")),
                    "{name} was taken for {found:?}"
                );
            }
        }
    }
    assert_eq!(n_recognised, expected.len());
    assert!(n_others > 300, "{n_others}");
}

/// Events of attacks that somebody ran and recorded, each in a file of its own.
#[test]
fn the_logs_of_stratus_red_team() {
    let Some(folder) = crate::support::data("aws_cloudtrail/DataDog__stratus-red-team") else {
        return;
    };
    let mut n_files = 0;
    // Callers, access keys, pairs of caller and service, trusts, and users that signed in to the console.
    let mut sums = [0; 5];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        n_files += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let reading = connectors::read("aws", &name, &std::fs::read(&path).unwrap(), "salt");
        assert_eq!(
            reading.connector.map(|connector| connector.id),
            Some("aws_cloudtrail"),
            "{name}"
        );
        assert!(reading.diagnostics.is_empty(), "{name}: {:#?}", reading.diagnostics);
        let batch = &reading.batch;
        let n_signed_in = batch
            .identities
            .iter()
            .filter(|fact| fact.human_use == HumanUse::InteractiveSignIn)
            .count();
        let found = [
            batch.identities.len(),
            batch.credentials.len(),
            batch.service_uses.len(),
            batch.trust_uses.len(),
            n_signed_in,
        ];
        sums.iter_mut().zip(found).for_each(|(sum, n)| *sum += n);
        if name == "aws.credential-access.ec2-get-password-data.json" {
            let used = batch
                .identities
                .iter()
                .map(|fact| fact.last_used)
                .max_by_key(|used| format!("{used:?}"));
            assert_eq!(
                used,
                Some(LastUsed::At(Instant::from_text("2024-07-30T21:31:21Z").unwrap()))
            );
            let [trust] = &batch.trust_uses[..] else {
                panic!("{:#?}", batch.trust_uses)
            };
            assert!(matches!(trust.actor, Principal::Identity(_)) && trust.kind == TrustKind::Assumes);
        }
    }
    assert_eq!(n_files, 35);
    assert_eq!(sums, [40, 32, 42, 4, 1]);
}

#[test]
fn a_log_as_it_lies_in_the_bucket() {
    let Some(folder) = crate::support::data("shape_samples/cloudtrail") else {
        return;
    };
    let name = "123456789012_CloudTrail_eu-west-1_20261120T0600Z_AbCdEf.json.gz";
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let mut n_members = 0;
    container::each_member(name, &bytes, &mut |member| {
        n_members += 1;
        let reading = connectors::read("aws", &member.path, member.bytes.unwrap(), "salt");
        assert_eq!(reading.connector.map(|connector| connector.id), Some("aws_cloudtrail"));
        let batch = &reading.batch;
        let found = [
            batch.identities.len(),
            batch.credentials.len(),
            batch.service_uses.len(),
        ];
        assert_eq!(found, [303, 1, 358]);
        assert_eq!(batch.trust_uses.len(), 14);
        let [others] = &reading.diagnostics[..] else {
            panic!("{:#?}", reading.diagnostics)
        };
        assert!(others.found.starts_with("428 events"), "{others:?}");
    });
    assert_eq!(n_members, 1);
}

#[test]
fn a_large_list_of_secrets() {
    let Some(folder) = crate::support::data("aws_secretsmanager/moto-large") else {
        return;
    };
    let bytes = std::fs::read(folder.join("list-secrets.json")).unwrap();
    let reading = connectors::read("aws", "list-secrets.json", &bytes, "salt");
    assert!(reading.diagnostics.is_empty() && reading.batch.is_complete());
    let secrets = &reading.batch.credentials;
    assert_eq!(counted(&reading), [0, 400, 0, 0, 0]);
    let dates = || secrets.iter().filter_map(|secret| secret.created_at);
    assert_eq!(dates().count(), 400);
    assert_eq!(dates().min().unwrap().to_string(), "2018-05-27T08:08:01Z");
    assert_eq!(dates().max().unwrap().to_string(), "2026-11-13T08:11:37Z");
    assert!(secrets.iter().all(|secret| secret.custody == Custody::Vault));
}

#[test]
fn the_agents_of_cloud_custodian() {
    let Some(folder) = crate::support::data("aws_bedrock_ai_agents/cloud-custodian__cloud-custodian") else {
        return;
    };
    let mut agents = BTreeSet::new();
    let mut roles = BTreeSet::new();
    let mut n_files = 0;
    for recording in std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
    {
        for entry in std::fs::read_dir(recording).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_agents = name.contains(".GetAgent_") || name.contains(".ListAgents_");
            if !name.ends_with(".cli.json") || !is_agents {
                continue;
            }
            n_files += 1;
            let reading = connectors::read("aws", &name, &std::fs::read(&path).unwrap(), "salt");
            assert_eq!(
                reading.connector.map(|connector| connector.id),
                Some("aws_bedrock_agents"),
                "{name}"
            );
            assert!(reading.diagnostics.is_empty(), "{name}: {:#?}", reading.diagnostics);
            let batch = &reading.batch;
            for agent in &batch.identities {
                assert_eq!(agent.kind, Some(IdentityKind::Agent));
                let id = agent
                    .handles
                    .iter()
                    .find(|handle| handle.kind == HandleKind::AwsUniqueId)
                    .unwrap();
                agents.insert(batch.strings.get(id.text).to_owned());
            }
            roles.extend(
                batch
                    .trusts
                    .iter()
                    .map(|trust| batch.strings.get(trust.target.text).to_owned()),
            );
        }
    }
    assert_eq!((n_files, agents.len(), roles.len()), (13, 6, 2));
}

/// Policies of AWS's own, each in a file of its own. None of those that are kept gives everything on everything.
#[test]
fn the_policies_of_aws() {
    let Some(folder) = crate::support::data("aws_managed_policies_reference/iann0036__iam-dataset/aws/managedpolicies")
    else {
        return;
    };
    let (mut n_policies, mut n_statements, mut n_actions, mut n_retired) = (0, 0, 0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let reading = connectors::read("aws", &name, &std::fs::read(&path).unwrap(), "salt");
        let connector = reading.connector.map(|connector| connector.id);
        assert_eq!(connector, Some("aws_managed_policies"), "{name}");
        if reading.batch.policies.is_empty() {
            // Retired: the collection has no ARN of it.
            let [problem] = &reading.diagnostics[..] else {
                panic!("{name}: {:#?}", reading.diagnostics);
            };
            assert!(
                problem.place.ends_with(".Arn") && problem.found == "nothing",
                "{name}: {problem:?}"
            );
            n_retired += 1;
            continue;
        }
        assert!(reading.diagnostics.is_empty(), "{name}: {:#?}", reading.diagnostics);
        for policy in &reading.batch.policies {
            let strings = &reading.batch.strings;
            let id = strings.get(policy.id);
            assert!(id.starts_with("arn:aws:iam::aws:policy/"), "{id}");
            assert!(id.ends_with(name.strip_suffix(".json").unwrap()), "{id} in {name}");
            let AccessPolicy::Aws(statements) = &policy.document else {
                panic!("{:?} is no AWS policy", policy.document);
            };
            assert_ne!(
                access::aws::privilege(statements, strings).0,
                Privilege::Administrator,
                "{id}"
            );
            n_policies += 1;
            n_statements += statements.len();
            for statement in statements {
                let (Matched::AnyOf(actions) | Matched::NoneOf(actions)) = &statement.actions;
                n_actions += actions.len();
            }
        }
    }
    assert_eq!(n_retired, 7);
    assert_eq!((n_policies, n_statements, n_actions), (196, 1_084, 7_709));
}
