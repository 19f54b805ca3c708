//! `get-account-authorization-details`: in one file or, fetched by hand, page by page.

use std::path::Path;

use anyhow::Result;

use super::policies::Attachments;
use super::users::{ADMINS, AUDITORS, User};
use super::{Account, CliVersion, INDENT, Told, roles, trust};
use crate::generate::Estate;
use crate::generate::dirt::Export;
use crate::generate::draw::{DAY, Draw};
use crate::generate::governance::Said;
use crate::generate::json::{Document, Json, object};
use crate::generate::timeline::{Life, Snapshot};
use crate::generate::truth::{IdentityTruth, Knowledge, SnapshotTruth};

/// Writes `gaad.json`, or `gaad-1.json` and `gaad-2.json`, and notes what others tell of its roles.
pub fn write(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    folder: &Path,
    users: &[User],
    told: &mut Told,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let cli = if estate.dirt.strikes("epoch dates", 0.15, &account.source, "cli") {
        CliVersion::One
    } else {
        CliVersion::Two
    };
    let lives: Vec<Life> = account.roles.alive(&estate.timeline, snapshot.index).collect();
    let paged = account.number % 4 == 1 && lives.len() > 10;
    let (first, second) = lives.split_at(if paged { lives.len() / 2 } else { lives.len() });
    let mut attachments = Attachments::new(account, snapshot.index);

    let name = if paged { "gaad-1.json" } else { "gaad.json" };
    let mut page = Document::object(Export::text(&estate.dirt, folder, name)?, INDENT)?;
    page.begin_list("UserDetailList")?;
    for user in users {
        page.item(&user.row(estate, account, snapshot, cli, &mut attachments))?;
    }
    page.end_list()?;
    page.begin_list("GroupDetailList")?;
    for group in [ADMINS, AUDITORS] {
        page.item(&group_row(estate, account, group, cli, &mut attachments))?;
    }
    page.end_list()?;
    page.begin_list("RoleDetailList")?;
    for life in first {
        let (row, more) = roles::row(estate, account, snapshot, life, cli, &mut attachments, truth);
        told.add(more);
        page.item(&row)?;
    }
    if paged {
        page.end_list()?;
        page.member("Policies", Json::List(Vec::new()))?;
        // The CLI joins the pages itself and keeps quiet about them, unless it is told not to.
        page.member("IsTruncated", true)?;
        let mut marker = Draw::new(estate.seed, "marker", account.number as u64, snapshot.index as u64);
        page.member("Marker", marker.hex(64))?;
        finish(page, cli, truth)?;
        page = Document::object(Export::text(&estate.dirt, folder, "gaad-2.json")?, INDENT)?;
        page.member("UserDetailList", Json::List(Vec::new()))?;
        page.member("GroupDetailList", Json::List(Vec::new()))?;
        page.begin_list("RoleDetailList")?;
        for life in second {
            let (row, more) = roles::row(estate, account, snapshot, life, cli, &mut attachments, truth);
            told.add(more);
            page.item(&row)?;
        }
    }
    for row in service_linked_rows(estate, account, snapshot, cli, truth) {
        page.item(&row)?;
    }
    page.end_list()?;
    attachments.write(&mut page, estate, cli)?;
    if paged {
        page.member("IsTruncated", false)?;
    }
    finish(page, cli, truth)
}

fn finish(page: Document<Export>, cli: CliVersion, truth: &mut SnapshotTruth) -> Result<()> {
    let (path, quirks) = page.end_object()?.finish()?;
    truth.file(&path, &quirks);
    match cli {
        CliVersion::One => truth.quirk("epoch dates", &path),
        CliVersion::Two => {}
    }
    Ok(())
}

fn group_row(
    estate: &Estate,
    account: &Account,
    name: &'static str,
    cli: CliVersion,
    attachments: &mut Attachments<'_>,
) -> Json {
    let mut draw = Draw::new(estate.seed, name, account.number as u64, 0);
    let policy = attachments.aws(match name {
        ADMINS => "AdministratorAccess",
        _ => "ReadOnlyAccess",
    });
    object! {
        "Path": "/",
        "GroupName": name,
        "GroupId": draw.aws_id("AGPA"),
        "Arn": account.arn(&format!("group/{name}")),
        "CreateDate": cli.instant(estate.timeline.as_of(0) - 1_500 * DAY),
        "GroupPolicyList": Json::List(Vec::new()),
        "AttachedManagedPolicies": vec![policy],
    }
}

fn service_linked_rows(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    cli: CliVersion,
    truth: &mut SnapshotTruth,
) -> Vec<Json> {
    trust::service_linked_roles(estate, account)
        .into_iter()
        .map(|(arn, name, policy)| {
            let governance = estate.governance(&[&arn], Said::default(), Some(account.environment), snapshot.as_of);
            let identity = IdentityTruth {
                enabled: Some(true),
                credentials: Knowledge::Known,
                ..IdentityTruth::new(arn.clone(), "service_linked_role", &account.source, &governance)
            };
            truth.identity(identity, &governance);
            let mut draw = Draw::new(estate.seed, name, account.number as u64, 0);
            let path = arn.rsplit_once('/').and_then(|(path, _)| path.split_once(":role"));
            object! {
                "Path": format!("{}/", path.map_or("", |(_, path)| path)),
                "RoleName": name,
                "RoleId": draw.aws_id("AROA"),
                "Arn": arn,
                "CreateDate": cli.instant(estate.timeline.as_of(0) - 1_400 * DAY),
                "AssumeRolePolicyDocument": policy,
                "InstanceProfileList": Json::List(Vec::new()),
                "RolePolicyList": Json::List(Vec::new()),
                "AttachedManagedPolicies": Json::List(Vec::new()),
                "Tags": Json::List(Vec::new()),
                "RoleLastUsed": object! {},
            }
        })
        .collect()
}
