//! What several exports together say: the same things joined, once each, and what disagrees shown.

use serde_json::{Value, json};
use shared::analysis::{Analysis, analyze};
use shared::answers;
use shared::api::kpis::KpiValue;
use shared::config::Config;
use shared::connectors;
use shared::kpi::formulas;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;
use shared::model::ratio::Verdict;
use shared::model::snapshot::TrustReach;

/// An estate of one source with these files.
fn estate(files: &[(&str, &str)]) -> Analysis {
    let read = |(path, text): &(&str, &str)| {
        let reading = connectors::read("source", path, text.as_bytes(), "salt");
        assert!(reading.connector.is_some(), "{path}: {:?}", reading.diagnostics);
        FileBatch {
            source: "source".to_owned(),
            path: (*path).to_owned(),
            connector: reading.connector.map(|connector| connector.id),
            n_bytes: text.len() as u64,
            batch: reading.batch,
            diagnostics: reading.diagnostics,
        }
    };
    let files = files.iter().map(read).collect();
    let as_of = AsOf::Given(Instant::from_text("2026-10-31").unwrap());
    let config = Config::default();
    analyze(merge(files, as_of, &config), &config)
}

fn kpi(analysis: &Analysis, id: &str) -> KpiValue {
    answers::kpi_values(analysis)
        .into_iter()
        .find(|kpi| kpi.id == id)
        .unwrap()
}

/// The verdicts of a KPI on the identities that it is about, by name.
fn verdicts(analysis: &Analysis, id: &str) -> Vec<(String, Verdict)> {
    let (_, judge) = formulas::judge(id).unwrap();
    let snapshot = &analysis.snapshot;
    let identities = snapshot.identities.iter().enumerate();
    identities
        .filter_map(|(index, identity)| Some((snapshot.strings.get(identity.name).to_owned(), judge(analysis, index)?)))
        .collect()
}

const ACCOUNT: &str = "arn:aws:iam::111122223333";

/// A role that another account may assume, with AWS's own policy for administrators.
fn administrator(name: &str, boundary: Option<&str>) -> Value {
    json!({
        "RoleName": name,
        "Arn": format!("{ACCOUNT}:role/{name}"),
        "AssumeRolePolicyDocument": {
            "Statement": {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "sts:AssumeRole"}
        },
        "AttachedManagedPolicies": [{
            "PolicyName": "AdministratorAccess",
            "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"
        }],
        "PermissionsBoundary": boundary.map(|name| json!({
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": name
        })),
    })
}

fn policy(name: &str, statement: Value) -> Value {
    json!({
        "PolicyName": name,
        "Arn": format!("{ACCOUNT}:policy/{name}"),
        "PolicyVersionList": [{"IsDefaultVersion": true, "Document": {"Statement": statement}}],
    })
}

#[test]
fn a_boundary_caps_what_policies_give() {
    let boundary = |name: &str| format!("{ACCOUNT}:policy/{name}");
    let file = json!({
        "RoleDetailList": [
            administrator("free", None),
            administrator("wide", Some(&boundary("everything"))),
            administrator("aws", Some("arn:aws:iam::aws:policy/AdministratorAccess")),
            administrator("narrow", Some(&boundary("storage"))),
            administrator("at-times", Some(&boundary("with-mfa"))),
            administrator("not-here", Some("arn:aws:iam::aws:policy/PowerUserAccess")),
        ],
        "Policies": [
            policy("everything", json!({"Effect": "Allow", "Action": "*", "Resource": "*"})),
            policy("storage", json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})),
            policy("with-mfa", json!({
                "Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": true}}
            })),
        ],
    });
    let analysis = estate(&[("details.json", &file.to_string())]);
    let expected = [
        ("at-times", Verdict::Unknown),
        ("aws", Verdict::Fail),
        ("free", Verdict::Fail),
        ("narrow", Verdict::Pass),
        ("not-here", Verdict::Unknown),
        ("wide", Verdict::Fail),
    ];
    let expected = expected.map(|(name, verdict)| (name.to_owned(), verdict));
    assert_eq!(verdicts(&analysis, "privilege.admin"), expected);
    assert_eq!(kpi(&analysis, "privilege.standing").value, Some(3.0));
    let shown = |name: &str| {
        let id = format!("{ACCOUNT}:role/{name}");
        answers::identity(&analysis, &id).unwrap().grants[0].privilege.clone()
    };
    assert_eq!(shown("wide").as_deref(), Some("administrator"));
    assert_eq!(shown("narrow").as_deref(), Some("limited"));
    assert_eq!(shown("not-here"), None);
}

#[test]
fn a_copy_of_an_export_adds_nothing() {
    let file = json!({"RoleDetailList": [administrator("a", None), administrator("b", None)]}).to_string();
    let (once, twice) = (
        estate(&[("a.json", &file)]),
        estate(&[("a.json", &file), ("copy.json", &file)]),
    );
    for id in ["nhi.total", "privilege.admin", "privilege.standing", "access.external"] {
        let numbers = |analysis| {
            let kpi = kpi(analysis, id);
            (kpi.pass, kpi.fail, kpi.unknown, kpi.value)
        };
        assert_eq!(numbers(&twice), numbers(&once), "{id}");
    }
    assert_eq!(kpi(&once, "access.external").fail, Some(2));
}

/// Pages that were saved apart: the user names its group without the path that the group's own page gives.
#[test]
fn a_group_in_another_file_gives_what_it_has() {
    let user = json!({"UserDetailList": [{
        "UserName": "ci", "Arn": format!("{ACCOUNT}:user/ci"), "GroupList": ["ops"]
    }]});
    let group = json!({"GroupDetailList": [{
        "GroupName": "ops", "Arn": format!("{ACCOUNT}:group/teams/ops"),
        "AttachedManagedPolicies": [{
            "PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"
        }]
    }]});
    let report = format!(
        "user,arn,user_creation_time,password_enabled,access_key_1_active,access_key_1_last_rotated\n\
         ci,{ACCOUNT}:user/ci,2026-01-01T00:00:00Z,false,true,2026-01-01T00:00:00Z\n"
    );
    let analysis = estate(&[
        ("1.json", &user.to_string()),
        ("2.json", &group.to_string()),
        ("report.csv", &report),
    ]);
    assert_eq!(
        verdicts(&analysis, "privilege.admin"),
        [("ci".to_owned(), Verdict::Fail)]
    );
}

/// A session's ARN leaves out the path of its role, also when the role is in another file.
#[test]
fn a_session_is_its_role() {
    let by_session = json!({"RoleDetailList": [{
        "RoleName": "target", "Arn": format!("{ACCOUNT}:role/target"),
        "AssumeRolePolicyDocument": {"Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/sso/jo"}
        }}
    }]});
    let role = json!({"RoleDetailList": [{"RoleName": "sso", "Arn": format!("{ACCOUNT}:role/aws-reserved/sso")}]});
    let analysis = estate(&[("1.json", &by_session.to_string()), ("2.json", &role.to_string())]);
    let actor = analysis.snapshot.trusts[0].actor_identity.unwrap();
    let id = analysis.snapshot.identity(actor).id;
    assert_eq!(
        analysis.snapshot.strings.get(id),
        format!("{ACCOUNT}:role/aws-reserved/sso")
    );
}

/// Two reports of different days: the later one counts, and the Sources page shows both.
#[test]
fn exports_that_disagree_on_a_credential_are_shown() {
    let report = |made_at: &str, is_active: bool, rotated: &str| {
        let csv = format!(
            "user,arn,user_creation_time,password_enabled,access_key_1_active,access_key_1_last_rotated\n\
             ci,{ACCOUNT}:user/ci,2026-01-01T00:00:00Z,false,{is_active},{rotated}\n"
        );
        json!({"Content": csv, "ReportFormat": "text/csv", "GeneratedTime": made_at}).to_string()
    };
    let old = report("2026-10-01T00:00:00Z", true, "2026-01-01T00:00:00Z");
    let new = report("2026-10-30T00:00:00Z", false, "2026-10-02T00:00:00Z");
    let analysis = estate(&[("a-old.json", &old), ("b-new.json", &new)]);
    let list = answers::credentials(&analysis, &Default::default()).unwrap();
    assert_eq!(list.rows.len(), 1);
    assert_eq!(list.rows[0].status, "inactive");
    assert_eq!(
        list.rows[0].created_at.map(Instant::to_date_text).as_deref(),
        Some("2026-10-02")
    );
    let shown: Vec<_> = answers::sources(&analysis)
        .conflicts
        .into_iter()
        .map(|conflict| {
            let said = conflict.statements.into_iter().map(|said| (said.value, said.counts));
            (conflict.credential, conflict.field, said.collect::<Vec<_>>())
        })
        .collect();
    let credential = Some(format!("aws-key:{ACCOUNT}:user/ci/access_key_1"));
    let said = |first: &str, other: &str| vec![(first.to_owned(), true), (other.to_owned(), false)];
    assert_eq!(
        shown,
        [
            (
                credential.clone(),
                "created_at".to_owned(),
                said("2026-10-02T00:00:00Z", "2026-01-01T00:00:00Z")
            ),
            (credential, "status".to_owned(), said("inactive", "active")),
        ]
    );
}

/// A cluster's account says which identities of clouds it becomes, and each cloud whose tokens it accepts: both speak
/// of one trust between two identities of the estate, by whichever name they know the other.
#[test]
fn clusters_and_clouds_join() {
    let subject = "system:serviceaccount:shop:cart";
    let (app, object) = (
        "aaaa0000-0000-4000-8000-000000000001",
        "0b1e0000-0000-4000-8000-000000000001",
    );
    let email = "cart@acme.iam.gserviceaccount.com";
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "cart", "namespace": "shop", "annotations": {
            "eks.amazonaws.com/role-arn": format!("{ACCOUNT}:role/apps/cart"),
            "iam.gke.io/gcp-service-account": "Cart@acme.iam.gserviceaccount.com",
            "azure.workload.identity/client-id": app.to_uppercase(),
        }}
    });
    let role = json!({"RoleDetailList": [{
        "RoleName": "cart", "Arn": format!("{ACCOUNT}:role/apps/cart"),
        "AssumeRolePolicyDocument": {"Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": format!("{ACCOUNT}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/1")},
            "Condition": {"StringEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/1:sub": subject}}
        }}
    }]});
    let accounts = json!([{
        "name": format!("projects/acme/serviceAccounts/{email}"), "projectId": "acme", "uniqueId": "1001",
        "email": email
    }]);
    // The policy knows the account by its unique id.
    let policy = json!([{
        "resource": "//iam.googleapis.com/projects/acme/serviceAccounts/1001",
        "assetType": "iam.googleapis.com/ServiceAccount",
        "policy": {"bindings": [{
            "role": "roles/iam.workloadIdentityUser",
            "members": ["serviceAccount:acme.svc.id.goog[shop/cart]"]
        }]}
    }]);
    let application = json!([{"appId": app, "id": object, "requiredResourceAccess": []}]);
    // The federation knows the application by its object id.
    let federation = json!({
        "@odata.context": format!("https://graph.microsoft.com/v1.0/$metadata#applications('{object}')/federatedIdentityCredentials"),
        "value": [{
            "id": "c0de0000-0000-4000-8000-000000000001", "name": "aks", "audiences": ["api://AzureADTokenExchange"],
            "issuer": "https://eastus.oic.prod-aks.azure.com/1/2/", "subject": subject
        }]
    });
    let files = [account, role, accounts, policy, application, federation].map(|file| file.to_string());
    let files: Vec<(String, &str)> = files
        .iter()
        .enumerate()
        .map(|(index, text)| (format!("{index}.json"), text.as_str()))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let analysis = estate(&files);
    let snapshot = &analysis.snapshot;
    let id = |identity| snapshot.strings.get(snapshot.identity(identity).id);
    let mut joined: Vec<_> = snapshot
        .trusts
        .iter()
        .map(|trust| (trust.actor_identity.map(id), trust.target_identity.map(id), trust.reach))
        .collect();
    joined.sort();
    let gcp = format!("gcp:{email}");
    let (aws, entra) = (format!("{ACCOUNT}:role/apps/cart"), format!("entra:app/{app}"));
    let expected: Vec<_> = [&aws, &entra, &gcp]
        .into_iter()
        .flat_map(|target| [target, target])
        .map(|target| (Some("k8s:source/shop/cart"), Some(target.as_str()), TrustReach::Inside))
        .collect();
    assert_eq!(joined, expected);
}

/// A row that names an identity says more of it than a pattern, wherever it stands.
#[test]
fn the_registry_names_before_it_matches() {
    let registry = "identity,owner,purpose,environment\n\
                    *-a,,any,dev\n\
                    svc-a,jo,one,prod\n";
    let report = format!(
        "user,arn,user_creation_time,password_enabled\nsvc-a,{ACCOUNT}:user/svc-a,2026-01-01T00:00:00Z,false\n"
    );
    let analysis = estate(&[("registry.csv", registry), ("report.csv", &report)]);
    let rows = answers::identities(&analysis, &Default::default()).unwrap().rows;
    assert_eq!(
        (&rows[0].owner, &rows[0].purpose, &rows[0].environment),
        (
            &Some("jo".to_owned()),
            &Some("one".to_owned()),
            &Some("prod".to_owned())
        )
    );
}

/// Objects of a cluster: an account with a token, one without, a binding of all accounts, and a certificate that
/// stands in its secret.
fn cluster() -> Vec<Value> {
    let pem = include_str!("../../testdata/connectors/x509_certificates/basic.pem");
    let pem = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pem);
    let metadata = |name: &str| json!({"name": name, "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z"});
    let mut token = metadata("cart-token");
    token["annotations"] = json!({"kubernetes.io/service-account.name": "cart"});
    vec![
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata("cart")}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata("web")}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": token,
            "type": "kubernetes.io/service-account-token", "data": {"token": "dG9rZW4="}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata("web-tls"),
            "type": "kubernetes.io/tls", "data": {"tls.crt": pem}}),
        json!({"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": metadata("web"),
            "spec": {"secretName": "web-tls"}, "status": {"notAfter": "2027-01-01T00:00:00Z"}}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": "all"}, "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "Group", "name": "system:serviceaccounts:shop"}]}),
    ]
}

/// `kubectl get` of each kind into its own file says what one list of all kinds says.
#[test]
fn kinds_in_files_of_their_own_say_the_same() {
    let list = |items: &[Value]| json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let objects = cluster();
    let apart: Vec<(String, String)> = objects
        .iter()
        .enumerate()
        .map(|(index, object)| (format!("{index}.json"), list(std::slice::from_ref(object))))
        .collect();
    let apart: Vec<(&str, &str)> = apart
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let (together, apart) = (estate(&[("all.json", &list(&objects))]), estate(&apart));
    let numbers = |analysis: &Analysis| {
        let kpis = answers::kpi_values(analysis).into_iter();
        kpis.map(|kpi| (kpi.id, kpi.pass, kpi.fail, kpi.unknown, kpi.value))
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&apart), numbers(&together));
    // Both accounts are administrators, and the one without a token is known to have none.
    let admins = verdicts(&together, "privilege.admin");
    let expected = ["shop/cart", "shop/web"].map(|name| (name.to_owned(), Verdict::Fail));
    assert_eq!(admins, expected);
    assert_eq!(kpi(&together, "credential.shortlived").unknown, Some(0));
}
