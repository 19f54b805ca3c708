//! Which identities there are, and what each is.

use shared::model::identity::Status;
use shared::model::instant::LastUsed;
use shared::model::ratio::Verdict;

use super::{Found, Planted, Scores, list, text};

pub fn score(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    scores.compare(
        "identity: kind, class, origin",
        planted
            .identities()
            .map(|(id, it)| format!("{id} {:?}", expected_kind(text(it, "kind"))))
            .collect(),
        found
            .identities()
            .map(|(_, id, it)| {
                let words = (it.kind.id(), &*format!("{:?}", it.class), &*format!("{:?}", it.origin));
                format!("{id} {words:?}")
            })
            .collect(),
    );
    scores.compare(
        "identity: listed by",
        planted
            .identities()
            .flat_map(|(id, it)| list(it, "sources").iter().map(move |source| format!("{id} {source}")))
            .map(|sentence| sentence.replace('"', ""))
            .collect(),
        found
            .identities()
            .flat_map(|(_, id, it)| {
                found
                    .sources(it)
                    .into_iter()
                    .map(move |source| format!("{id} {source}"))
            })
            .collect(),
    );
    scores.compare(
        "identity: enabled",
        planted
            .identities()
            .filter(|(_, it)| it["enabled"].is_boolean())
            .map(|(id, it)| format!("{id} {}", it["enabled"]))
            .collect(),
        found
            .identities()
            .filter(|(.., it)| it.status != Status::Unknown)
            .map(|(_, id, it)| format!("{id} {}", it.status == Status::Active))
            .collect(),
    );
    scores.compare(
        "identity: last use",
        planted
            .identities()
            .filter(|(_, it)| it["last_used_at"].is_string())
            .map(|(id, it)| format!("{id} {}", text(it, "last_used_at")))
            .collect(),
        found
            .identities()
            .filter_map(|(_, id, it)| match it.last_used {
                LastUsed::At(at) => Some(format!("{id} {at}")),
                LastUsed::Never | LastUsed::NotWithin { .. } | LastUsed::NotReported => None,
            })
            .collect(),
    );
    scores.compare(
        "identity: administrator",
        planted
            .identities()
            .filter(|(_, it)| it["administrator"] == true && expected_kind(text(it, "kind")).1 == "NonHuman")
            .map(|(id, _)| id.to_owned())
            .collect(),
        found.judged("privilege.admin", Verdict::Fail),
    );
}

/// What Rollcall calls each kind of the vendors' words: kind, class and origin.
pub fn expected_kind(kind: &str) -> (&'static str, &'static str, &'static str) {
    match kind {
        "iam_user" => ("user", "NonHuman", "Estate"),
        "iam_user_not_in_report" => ("user", "Unknown", "Estate"),
        "human_user" => ("user", "Human", "Estate"),
        "root_account" => ("root", "NonHuman", "Estate"),
        "role" => ("role", "NonHuman", "Estate"),
        "service_linked_role" => ("role", "NonHuman", "Platform"),
        "application" => ("application", "NonHuman", "Estate"),
        "third_party_application" => ("application", "NonHuman", "ThirdParty"),
        "first_party_principal" => ("application", "NonHuman", "Platform"),
        "managed_identity" => ("managed_identity", "NonHuman", "Estate"),
        "ai_agent" => ("agent", "NonHuman", "Estate"),
        "service_account" | "gcp_service_account" | "directory_account" | "os_account" => {
            ("service_account", "NonHuman", "Estate")
        }
        "control_plane_account" => ("service_account", "NonHuman", "Platform"),
        "tls_host" | "mesh_workload" => ("workload", "NonHuman", "Estate"),
        "device" => ("device", "NonHuman", "Estate"),
        "rpa_robot" => ("robot", "NonHuman", "Estate"),
        "database_role" => ("database_account", "NonHuman", "Estate"),
        "saas_application" => ("application", "NonHuman", "Estate"),
        "host_account" | "directory_user" => ("host_account", "NonHuman", "Estate"),
        "repository_key" => ("integration", "NonHuman", "Estate"),
        "api_token" | "deploy_key" | "personal_access_token" => ("unclassified", "NonHuman", "Estate"),
        "pipeline_token" => ("pipeline", "NonHuman", "Estate"),
        other => panic!("the test knows no identity `{other}`"),
    }
}

/// The public id of an identity that the truth names in its vendor's words.
pub fn public_id(kind: &str, id: &str) -> String {
    let prefix = match kind {
        "application" | "third_party_application" | "first_party_principal" | "managed_identity" => "entra:app/",
        "ai_agent" => "entra:object/",
        "gcp_service_account" => "gcp:",
        "service_account" | "control_plane_account" => "k8s:",
        "tls_host" | "device" => "cert:",
        "directory_account"
        | "os_account"
        | "rpa_robot"
        | "database_role"
        | "saas_application"
        | "api_token"
        | "deploy_key"
        | "pipeline_token"
        | "personal_access_token"
        | "host_account"
        | "repository_key" => "local:",
        _ => "",
    };
    format!("{prefix}{id}")
}
