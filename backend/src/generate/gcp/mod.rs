//! GCP projects: service accounts, their keys, IAM policies and last use, as `gcloud … --format=json` prints them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::Estate;
use super::company::{Domain, Environment, GITHUB, Ownership, identity_name, service_of};
use super::dirt::{Export, truncate};
use super::draw::{DAY, Draw};
use super::json::{Document, Json, object};
use super::timeline::{CLOUD_KEY_AGES, Habit, Life, Population, Snapshot, generations, rfc3339};
use super::truth::SnapshotTruth;

const INDENT: &[u8] = b"  ";
const ORGANIZATION: &str = "organizations/580321744918";
/// Google keeps about 400 days of authentication activity.
const OBSERVED_DAYS: i64 = 400;

/// One GCP project, a source of its own.
pub struct Project {
    pub number: usize,
    pub id: String,
    /// The project number, as policies name the project.
    pub project_number: String,
    pub source: String,
    pub domain: &'static Domain,
    pub environment: Environment,
    pub accounts: Population,
}

impl Project {
    /// The address of the service account with this ordinal.
    pub fn email(&self, estate: &Estate, ordinal: u64) -> String {
        let name = match estate.gke_workload(self.number, ordinal) {
            Some((cluster, account)) => estate.workload_name("gke", cluster, account),
            None => identity_name(self.domain, ordinal),
        };
        format!("{name}@{}.iam.gserviceaccount.com", self.id)
    }
}

/// Plans the projects: `n_identities` service accounts over `n_projects` of Zipf sizes.
pub fn plan(seed: u64, n_identities: u64, n_projects: usize, timeline: &super::Timeline) -> Vec<Project> {
    super::draw::zipf_split(n_identities, n_projects)
        .into_iter()
        .enumerate()
        .map(|(number, size)| {
            let (domain, mut environment, suffix) = super::place(number + 1);
            if number == 0 {
                environment = Environment::Prod;
            } else if number % 14 == 0 {
                environment = Environment::Staging;
            }
            let mut draw = Draw::new(seed, "gcp project", 0, number as u64);
            let place = format!("{}-{}{suffix}", domain.name, environment.short());
            let id = format!("halden-{place}-{}", draw.hex(4));
            Project {
                number,
                id,
                project_number: draw.digits(12),
                source: super::distinct("gcp", &place, number, n_projects),
                domain,
                environment,
                accounts: Population::new(seed, "gcp account", number as u64, size, timeline),
            }
        })
        .collect()
}

/// A list written either as one JSON list or, as a shell loop leaves it, as one list an account.
struct AccountLists {
    document: Option<Document<Export>>,
    concatenated: bool,
}

impl AccountLists {
    fn item(&mut self, row: &Json) -> Result<()> {
        if let Some(document) = &mut self.document {
            document.item(row)?;
        }
        Ok(())
    }

    /// The rows of one account are complete.
    fn end_account(&mut self) -> Result<()> {
        if self.concatenated
            && let Some(document) = self.document.take()
        {
            self.document = Some(Document::list(document.end_document_list()?, INDENT)?);
        }
        Ok(())
    }

    fn close(self, truth: &mut SnapshotTruth) -> Result<()> {
        if let Some(document) = self.document {
            let (path, quirks) = document.end_document_list()?.finish()?;
            truth.file(&path, &quirks);
            if self.concatenated {
                truth.quirk("concatenated documents", &path);
            }
        }
        Ok(())
    }
}

/// Writes one project's folder.
pub fn write(
    estate: &Estate,
    project: &Project,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let folder = folder.join(&project.source);
    let timeline = &estate.timeline;
    let lives: Vec<Life> = project.accounts.alive(timeline, snapshot.index).collect();
    let scope = project.number as u64;

    let mut accounts = Document::list(Export::text(&estate.dirt, &folder, "service-accounts.json")?, INDENT)?;
    let mut keys = AccountLists {
        document: Some(Document::list(
            Export::text(&estate.dirt, &folder, "keys.json")?,
            INDENT,
        )?),
        concatenated: estate
            .dirt
            .strikes("concatenated documents", 0.05, &project.source, "keys"),
    };
    let mut account_use = Document::list(
        Export::text(&estate.dirt, &folder, "service-account-activity.json")?,
        INDENT,
    )?;
    let mut key_use = Document::list(Export::text(&estate.dirt, &folder, "key-activity.json")?, INDENT)?;
    let mut bindings: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut own_policies: Vec<Json> = Vec::new();

    for life in &lives {
        let email = project.email(estate, life.ordinal);
        let resource = format!("projects/{}/serviceAccounts/{email}", project.id);
        let mut draw = Draw::new(estate.seed, "gcp account facts", scope, life.ordinal);
        let unique_id = format!("1{}", draw.text(b"0123456789", 20));
        let ownership = estate
            .company
            .ownership(&mut draw, project.domain, timeline, snapshot.index);
        truth.nhi(&project.source, "gcp", "service_account");
        truth.owner(ownership.label());
        if let Ownership::Departed(owner) = &ownership {
            truth.problem("orphaned", email.clone(), &project.source, owner.clone());
        }
        let service = service_of(project.domain, life.ordinal);
        let description = ownership
            .text()
            .map(|owner| format!("owner: {owner}"))
            .or_else(|| draw.chance(0.25).then(|| format!("used by {service}")));
        let row = object! {}
            .with_some("description", description)
            .with_some("disabled", draw.chance(0.03).then_some(true))
            .with_some(
                "displayName",
                draw.chance(0.7)
                    .then(|| email.split('@').next().unwrap_or_default().to_owned()),
            )
            .with("email", email.clone())
            .with("etag", "MDEwMjE5MjA=")
            .with("name", resource.clone())
            .with("oauth2ClientId", draw.digits(21))
            .with("projectId", project.id.clone())
            .with("uniqueId", unique_id.clone());
        accounts.item(&row)?;

        let habit = Habit::draw(&mut draw, timeline);
        let mut use_draw = Draw::new(
            estate.seed,
            "gcp use",
            ((snapshot.index as u64) << 32) | scope,
            life.ordinal,
        );
        let used = habit
            .last_used_at(&mut use_draw, life.created_at, snapshot.as_of)
            .filter(|at| snapshot.as_of - at < OBSERVED_DAYS * DAY);
        if let Some(at) = used {
            account_use.item(&activity_row(
                project,
                snapshot,
                at,
                &resource,
                &unique_id,
                Activity::Account,
            ))?;
        }

        let workload = estate.gke_workload(project.number, life.ordinal);
        let n_keys = if workload.is_some() {
            0
        } else {
            draw.weighted(&[(62, 0), (26, 1), (8, 2), (3, 4), (1, 10)])
        };
        for slot in 0..n_keys {
            let mut slot_draw = Draw::new(estate.seed, "gcp key", (scope << 8) | slot, life.ordinal);
            let disabled = slot_draw.chance(0.06);
            let weak = slot_draw.chance(0.01);
            let standing = generations(
                &mut slot_draw,
                CLOUD_KEY_AGES,
                life.created_at,
                timeline,
                snapshot.index,
            );
            let Some(standing) = standing.first() else { continue };
            let id = Draw::new(
                estate.seed,
                "gcp key id",
                (scope << 8) | slot,
                (life.ordinal << 16) | standing.number,
            )
            .hex(40);
            let name = format!("{resource}/keys/{id}");
            truth.credential("gcp_key", if disabled { "inactive" } else { "active" });
            if !disabled && snapshot.as_of - standing.created_at > 90 * DAY {
                truth.problem(
                    "rotation_overdue",
                    name.clone(),
                    &project.source,
                    rfc3339(standing.created_at),
                );
            }
            if weak {
                truth.problem("weak_key", name.clone(), &project.source, "KEY_ALG_RSA_1024");
            }
            keys.item(
                &object! {}
                    .with_some("disabled", disabled.then_some(true))
                    .with(
                        "keyAlgorithm",
                        if weak { "KEY_ALG_RSA_1024" } else { "KEY_ALG_RSA_2048" },
                    )
                    .with("keyOrigin", "GOOGLE_PROVIDED")
                    .with("keyType", "USER_MANAGED")
                    .with("name", name.clone())
                    .with("validAfterTime", rfc3339(standing.created_at))
                    .with("validBeforeTime", "9999-12-31T23:59:59Z"),
            )?;
            let mut use_draw = Draw::new(
                estate.seed,
                "gcp key use",
                ((snapshot.index as u64) << 32) | scope,
                life.ordinal * 16 + slot,
            );
            if let Some(at) = habit
                .last_used_at(&mut use_draw, standing.created_at, snapshot.as_of)
                .filter(|at| snapshot.as_of - at < OBSERVED_DAYS * DAY)
            {
                key_use.item(&activity_row(project, snapshot, at, &name, &unique_id, Activity::Key))?;
            }
        }
        // Google's own signing key of the account: no secret of the company's.
        let since = snapshot.as_of - draw.days(1, 14);
        keys.item(&object! {
            "keyAlgorithm": "KEY_ALG_RSA_2048",
            "keyOrigin": "GOOGLE_PROVIDED",
            "keyType": "SYSTEM_MANAGED",
            "name": format!("{resource}/keys/{}", draw.hex(40)),
            "validAfterTime": rfc3339(since),
            "validBeforeTime": rfc3339(since + 16 * DAY),
        })?;
        keys.end_account()?;

        let role = draw.weighted(&[
            (2, "roles/owner"),
            (4, "roles/editor"),
            (3, "roles/iam.serviceAccountTokenCreator"),
            (28, "roles/viewer"),
            (14, "roles/storage.objectAdmin"),
            (12, "roles/bigquery.dataEditor"),
            (10, "roles/secretmanager.secretAccessor"),
            (12, "roles/pubsub.publisher"),
            (15, "roles/logging.logWriter"),
        ]);
        if matches!(role, "roles/owner" | "roles/editor") {
            truth.problem("administrator", email.clone(), &project.source, role);
        }
        bindings
            .entry(role)
            .or_default()
            .push(format!("serviceAccount:{email}"));
        if let Some((cluster, account)) = workload {
            let cluster = &estate.clusters[cluster];
            let (namespace, name) = cluster.service_account(account);
            let member = format!("serviceAccount:{}.svc.id.goog[{namespace}/{name}]", project.id);
            if cluster.accounts.has(account, timeline, snapshot.index) {
                truth.join(
                    "gke_workload_identity",
                    format!("{}/{namespace}/{name}", cluster.source),
                    email.clone(),
                );
            } else {
                truth.problem("workload_gone", email.clone(), &project.source, member.clone());
            }
            own_policies.push(account_policy(
                project,
                &resource,
                "roles/iam.workloadIdentityUser",
                member,
            ));
        } else if draw.chance(0.06) {
            let pool =
                "principalSet://iam.googleapis.com/projects/580321744918/locations/global/workloadIdentityPools/github";
            let member = format!("{pool}/attribute.repository/{GITHUB}/{service}");
            truth.join("github_to_gcp", format!("{GITHUB}/{service}"), email.clone());
            own_policies.push(account_policy(
                project,
                &resource,
                "roles/iam.workloadIdentityUser",
                member,
            ));
        }
    }

    let (path, quirks) = accounts.end_document_list()?.finish()?;
    truth.file(&path, &quirks);
    keys.close(truth)?;
    let (path, quirks) = account_use.end_document_list()?.finish()?;
    truth.file(&path, &quirks);
    // The planted interrupted download: from the tenth snapshot on, one project's activity file ends half way.
    let faulty = project.number + 1 == estate.projects.len() && snapshot.index + 2 >= timeline.len();
    if faulty && estate.dirt.plants_faults() {
        truncate(&path)?;
        truth.fault(&path, "truncated");
    }
    let (path, quirks) = key_use.end_document_list()?.finish()?;
    truth.file(&path, &quirks);
    write_policies(estate, project, &folder, bindings, own_policies, truth)
}

#[derive(Clone, Copy)]
enum Activity {
    Account,
    Key,
}

fn activity_row(
    project: &Project,
    snapshot: &Snapshot,
    at: i64,
    resource: &str,
    unique_id: &str,
    activity: Activity,
) -> Json {
    let (kind, about) = match activity {
        Activity::Account => ("serviceAccountLastAuthentication", "serviceAccount"),
        Activity::Key => ("serviceAccountKeyLastAuthentication", "serviceAccountKey"),
    };
    let full = format!("//iam.googleapis.com/{resource}");
    object! {
        "activity": object! {
            "lastAuthenticatedTime": rfc3339(at),
            about: object! {
                "fullResourceName": full.clone(),
                "projectNumber": &project.project_number,
                "serviceAccountId": unique_id.to_owned(),
            },
        },
        "activityType": kind,
        "fullResourceName": full,
        "observationPeriod": object! {
            "endTime": rfc3339(snapshot.as_of - 2 * DAY),
            "startTime": rfc3339(snapshot.as_of - OBSERVED_DAYS * DAY),
        },
    }
}

fn account_policy(project: &Project, resource: &str, role: &'static str, member: String) -> Json {
    policy_row(
        project,
        "iam.googleapis.com/ServiceAccount",
        format!("//iam.googleapis.com/{resource}"),
        vec![object! { "members": vec![member], "role": role }],
    )
}

fn policy_row(project: &Project, asset: &'static str, resource: String, bindings: Vec<Json>) -> Json {
    object! {
        "assetType": asset,
        "folders": ["folders/804216655173"],
        "organization": ORGANIZATION,
        "policy": object! { "bindings": bindings },
        "project": format!("projects/{}", project.project_number),
        "resource": resource,
    }
}

fn write_policies(
    estate: &Estate,
    project: &Project,
    folder: &Path,
    bindings: BTreeMap<&'static str, Vec<String>>,
    own_policies: Vec<Json>,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let mut list = Document::list(Export::text(&estate.dirt, folder, "iam-policies.json")?, INDENT)?;
    let mut rows: Vec<Json> = bindings
        .into_iter()
        .map(|(role, members)| object! { "members": members, "role": role })
        .collect();
    let team = format!("group:{}@{}", project.domain.team, super::company::DOMAIN);
    rows.push(object! {
        "condition": object! {
            "expression": "request.time < timestamp(\"2027-01-01T00:00:00Z\")",
            "title": "until the migration ends",
        },
        "members": vec![team],
        "role": "roles/container.developer",
    });
    let resource = format!("//cloudresourcemanager.googleapis.com/projects/{}", project.id);
    list.item(&policy_row(
        project,
        "cloudresourcemanager.googleapis.com/Project",
        resource,
        rows,
    ))?;
    for row in &own_policies {
        list.item(row)?;
    }
    if project.number % 6 == 2 {
        let bucket = format!("//storage.googleapis.com/{}-public-assets", project.id);
        truth.problem("public_resource", bucket.clone(), &project.source, "allUsers");
        let rows = vec![object! { "members": ["allUsers"], "role": "roles/storage.objectViewer" }];
        list.item(&policy_row(project, "storage.googleapis.com/Bucket", bucket, rows))?;
    }
    let (path, quirks) = list.end_document_list()?.finish()?;
    truth.file(&path, &quirks);
    Ok(())
}
