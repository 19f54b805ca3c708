//! The Kubernetes connector over files of real clusters and real manifests. The counts were made by a Python script
//! that walks the same files with `json` and `yaml` (a dictionary for each object) and knows nothing of the connector.

use std::path::{Path, PathBuf};

use shared::connectors::{self, Reading};
use shared::diagnostic::Severity;
use shared::model::credential::CredentialKind;
use shared::model::grant::{TrustGuard, TrustKind};
use shared::model::identity::{IdentityKind, Presence};
use shared::model::instant::Expiry;

/// What the files of one folder hold together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    n_accounts: usize,
    n_grants: usize,
    n_policies: usize,
    n_secrets: usize,
    n_certificates: usize,
    /// Different pairs of a workload and its service account, in each file.
    n_runs_as: usize,
    /// Those whose token is mounted.
    n_runs_open: usize,
    /// Files that nothing recognised.
    n_refused: usize,
    /// Diagnostics that say more than what was passed over.
    n_complaints: usize,
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
    found.sort();
}

fn read(folder: &Path) -> Vec<(String, Reading)> {
    let mut found = Vec::new();
    files(folder, &mut found);
    found
        .iter()
        .filter(|file| !file.ends_with("SOURCE.txt"))
        .map(|file| {
            let path = file.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            let reading = connectors::read("cluster", &path, &std::fs::read(file).unwrap(), "salt");
            (path, reading)
        })
        .collect()
}

fn count(readings: &[(String, Reading)]) -> Counts {
    let mut counts = Counts::default();
    for (
        path,
        Reading {
            connector,
            batch,
            diagnostics,
        },
    ) in readings
    {
        let Some(connector) = connector else {
            counts.n_refused += 1;
            continue;
        };
        assert_eq!(connector.id, "kubernetes_objects", "{path}");
        for diagnostic in diagnostics.iter().filter(|d| d.severity != Severity::Info) {
            println!("{path}: {diagnostic:?}");
            counts.n_complaints += 1;
        }
        counts.n_accounts += batch
            .identities
            .iter()
            .filter(|fact| fact.kind == Some(IdentityKind::ServiceAccount) && fact.presence == Presence::Listed)
            .count();
        counts.n_grants += batch.grants.len();
        counts.n_policies += batch.policies.len();
        for credential in &batch.credentials {
            match credential.kind {
                CredentialKind::Certificate => counts.n_certificates += 1,
                _ => counts.n_secrets += 1,
            }
        }
        let runs_as = || batch.trusts.iter().filter(|trust| trust.kind == TrustKind::RunsAs);
        counts.n_runs_as += runs_as().count();
        counts.n_runs_open += runs_as().filter(|trust| trust.guard == TrustGuard::Open).count();
    }
    counts
}

#[test]
fn a_list_of_mixed_kinds() {
    let Some(folder) = crate::support::data("kubernetes/kubectl-list-derived") else {
        return;
    };
    let readings = read(&folder);
    assert_eq!(
        count(&readings),
        Counts {
            n_accounts: 8,
            // 12 bindings with one subject each.
            n_grants: 12,
            n_policies: 14,
            n_secrets: 1,
            // 35 pods without 3 static ones, of which 2 pairs share a controller, and 5 deployments.
            n_runs_as: 35,
            // Grafana, and a pod that says so itself, do without the token.
            n_runs_open: 33,
            ..Counts::default()
        }
    );
    let reading = &readings[0].1;
    // One Alertmanager, Prometheus and PrometheusRule.
    assert_eq!(
        reading.diagnostics[0].help,
        "nothing to do; passed over: Alertmanager (1), Prometheus (1), PrometheusRule (1)"
    );
    // jq '[.items[] | select(.kind=="ClusterRole" or .kind=="Role") | .rules[]] | length'
    let n_rules: usize = reading
        .batch
        .policies
        .iter()
        .map(|policy| match &policy.document {
            shared::model::access_policy::AccessPolicy::Kubernetes { rules, .. } => rules.len(),
            other => panic!("{other:?}"),
        })
        .sum();
    assert_eq!(n_rules, 195);
}

#[test]
fn an_archive_with_one_object_in_a_file() {
    let Some(folder) = crate::support::data("kubernetes/openshift__insights-operator") else {
        return;
    };
    let readings = read(&folder);
    assert_eq!(
        count(&readings),
        Counts {
            // TOTAL_COUNT of config/serviceaccounts.json.
            n_accounts: 352,
            n_policies: 2,
            // Two signing requests were answered; two ingress certificates.
            n_certificates: 4,
            // 38 pods in all, 3 of them static, 2 in one file of the same controller.
            n_runs_as: 34,
            n_runs_open: 33,
            // Two secrets' and three config maps' bare contents, which are any program's JSON.
            n_refused: 5,
            ..Counts::default()
        }
    );
    let refused: Vec<_> = readings
        .iter()
        .filter(|(_, reading)| reading.connector.is_none())
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(
        refused,
        [
            "config/configmaps/openshift-insights/insights-config/config.json",
            "config/configmaps/openshift-monitoring/cluster-monitoring-config/config.json",
            "config/configmaps/openshift-network-operator/gateway-mode-config/mode.json",
            "config/secrets/openshift-config/support/data.json",
            "config/secrets/openshift-monitoring/alertmanager-main/data.json",
        ]
    );
    let answered = readings.iter().find(|(path, _)| path.ends_with("csr_appr.json"));
    let batch = &answered.unwrap().1.batch;
    // jq -r .status.certificate csr_appr.json | base64 -d | openssl x509 -fingerprint -sha256 -enddate
    assert_eq!(
        batch.strings.get(batch.credentials[0].key),
        "x509:ae3c8fedc5df68936c2a064417ef498f7c3d58f0988dfe15bedf1377b38c4b44"
    );
    match batch.credentials[0].expires_at {
        Expiry::At(at) => assert_eq!(at.to_string(), "2020-02-22T08:23:38Z"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn manifests() {
    let Some(folder) = crate::support::data("kubernetes/prometheus-operator__kube-prometheus") else {
        return;
    };
    let readings = read(&folder);
    assert_eq!(
        count(&readings),
        Counts {
            n_accounts: 8,
            n_grants: 12,
            n_policies: 12,
            n_secrets: 1,
            n_runs_as: 5,
            // Each manifest is a file of its own: Grafana's deployment says itself that it needs no token.
            n_runs_open: 4,
            ..Counts::default()
        }
    );
}

/// Nothing that is no Kubernetes object is taken for one.
#[test]
fn other_vendors_files_are_left_alone() {
    let Some(folder) = crate::support::data(".") else {
        return;
    };
    let mut taken = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() || folder.ends_with("kubernetes") {
            continue;
        }
        let mut found = Vec::new();
        files(&folder, &mut found);
        for file in found {
            let bytes = std::fs::read(&file).unwrap();
            let text = shared::reading::encoding::decode(&bytes);
            let format = shared::reading::probe::Format::of(&bytes, &text);
            let json = match format {
                shared::reading::probe::Format::Yaml => {
                    shared::reading::yaml::to_json(&text, &mut shared::diagnostic::Diagnostics::default())
                }
                _ => text.into_owned(),
            };
            let probe = shared::reading::probe::Probe::thorough(format, &bytes, &json);
            if connectors::recognise(&probe).is_some_and(|connector| connector.id == "kubernetes_objects") {
                taken.push(file);
            }
        }
    }
    assert_eq!(taken, Vec::<PathBuf>::new());
}
