//! Federated identity credentials, asked for application by application as their documentation says.

use std::path::Path;

use anyhow::Result;

use super::credentials::is_federated;
use super::{Tenant, domain_of};
use crate::generate::Estate;
use crate::generate::company::{DOMAINS, GITHUB, service_of};
use crate::generate::dirt::Export;
use crate::generate::draw::Draw;
use crate::generate::json::{Document, Json, object};
use crate::generate::timeline::{Life, Snapshot};
use crate::generate::truth::{CredentialTruth, SnapshotTruth};

/// Writes `federated-credentials.json`: one page after the other, as a shell loop leaves them.
pub fn write(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let mut out = Export::text(&estate.dirt, folder, "federated-credentials.json")?;
    for life in tenant.applications.alive(&estate.timeline, snapshot.index) {
        let object = tenant.guid(estate.seed, "entra application object", life.ordinal);
        let mut page = Document::object(out, b"  ")?;
        page.member(
            "@odata.context",
            format!("https://graph.microsoft.com/v1.0/$metadata#applications('{object}')/federatedIdentityCredentials"),
        )?;
        page.begin_list("value")?;
        if let Some(row) = federation(estate, tenant, snapshot, &life, truth) {
            page.item(&row.sorted())?;
        }
        page.end_list()?;
        out = page.end_object()?;
    }
    let (path, quirks) = out.finish()?;
    truth.file(&path, &quirks);
    Ok(())
}

/// The federation of one application: half of those that have one trust GitHub, others a workload of AKS.
fn federation(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    life: &Life,
    truth: &mut SnapshotTruth,
) -> Option<Json> {
    let app_id = tenant.app_id(estate.seed, life.ordinal);
    let workload = estate.aks_workload(life.ordinal).filter(|_| tenant.number == 0);
    let (name, issuer, subject) = if let Some((cluster, account)) = workload {
        let cluster = &estate.clusters[cluster];
        let (namespace, name) = cluster.service_account(account);
        let workload = format!("{}/{namespace}/{name}", cluster.source);
        if cluster.has(account, &estate.timeline, snapshot.index) {
            truth.join("azure_workload_identity", workload, app_id.clone());
        } else {
            truth.problem("workload_gone", app_id.clone(), tenant.source, workload);
        }
        let subject = format!("system:serviceaccount:{namespace}:{name}");
        (
            format!("aks-{name}"),
            format!("https://{}", cluster.issuer_host()),
            subject,
        )
    } else if is_federated(life.ordinal) {
        let service = service_of(domain_of(life.ordinal), life.ordinal / DOMAINS.len() as u64);
        let issuer = "token.actions.githubusercontent.com";
        let subject = format!("repo:{GITHUB}/{service}:environment:production");
        truth.join("github_to_entra", format!("{issuer}#{subject}"), app_id.clone());
        (format!("github-{service}"), format!("https://{issuer}"), subject)
    } else {
        return None;
    };
    let id = Draw::new(estate.seed, "federation", tenant.number as u64, life.ordinal).guid();
    truth.credential(CredentialTruth::new(id.clone(), "federation", app_id));
    Some(object! {
        "audiences": ["api://AzureADTokenExchange"],
        "description": Json::Null,
        "id": id,
        "issuer": issuer,
        "name": name,
        "subject": subject,
    })
}
