//! The IAM credential report: the CSV, or the API's answer with the CSV in base64.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::users::User;
use super::{Account, INDENT};
use crate::generate::Estate;
use crate::generate::dirt::Export;
use crate::generate::draw::{DAY, Draw};
use crate::generate::governance::Said;
use crate::generate::json::{self, object};
use crate::generate::timeline::{Snapshot, rfc3339, rfc3339_offset};
use crate::generate::truth::{CredentialTruth, IdentityTruth, Knowledge, SnapshotTruth};

const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

/// How and when an account's credential report was made.
pub struct Report {
    pub generated_at: i64,
    /// The API's answer with the CSV in base64, instead of the CSV.
    wrapped: bool,
    /// One account's report is weeks old: IAM hands out the last one until a new one is asked for.
    stale: bool,
}

impl Report {
    pub fn of(estate: &Estate, account: &Account, snapshot: &Snapshot) -> Self {
        let stale = account.number == 7 && estate.dirt.plants_faults();
        let generated_at = snapshot.as_of - if stale { 24 * DAY } else { 0 };
        Self {
            generated_at,
            wrapped: account.number % 5 == 2,
            stale,
        }
    }

    /// Whether a report of `generated_at` lists a user of `created_at`.
    pub fn lists(created_at: i64, generated_at: i64) -> bool {
        created_at < generated_at
    }
}

/// Writes `credential-report.csv` or `credential-report.json`.
pub fn write(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    how: &Report,
    folder: &Path,
    users: &[User],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let extra = estate
        .dirt
        .strikes("extra column", 0.05, &account.source, "credential-report");
    let tail = if extra { ",N/A" } else { "" };
    let mut report = format!("{HEADER}{}\n", if extra { ",additional_credentials_info" } else { "" });
    root_row(estate, account, snapshot, how, tail, &mut report, truth)?;
    for user in users
        .iter()
        .filter(|user| Report::lists(user.created_at, how.generated_at))
    {
        user_row(user, account, tail, &mut report)?;
    }
    let name = if how.wrapped {
        "credential-report.json"
    } else {
        "credential-report.csv"
    };
    let mut out = Export::text(&estate.dirt, folder, name)?;
    if how.wrapped {
        let row = object! {
            "Content": STANDARD.encode(&report),
            "ReportFormat": "text/csv",
            "GeneratedTime": rfc3339_offset(how.generated_at),
        };
        json::write_value(&mut out, &row, INDENT, 0)?;
        out.write_all(b"\n")?;
    } else {
        out.write_all(report.as_bytes())?;
    }
    let (path, quirks) = out.finish()?;
    truth.file(&path, &quirks);
    if extra {
        truth.quirk("extra column", &path);
    }
    if how.stale && how.wrapped {
        truth.stale(&account.source);
        truth.fault(&path, "stale: the report was generated 24 days before the snapshot");
    }
    Ok(())
}

fn root_row(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    how: &Report,
    tail: &str,
    report: &mut String,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let mut draw = Draw::new(estate.seed, "root", account.number as u64, 0);
    let arn = account.arn("root");
    let created_at = estate.timeline.as_of(0) - draw.days(400, 3_000);
    let used_at = draw.chance(0.15).then(|| how.generated_at - draw.days(1, 25));
    let has_mfa = draw.chance(0.9);
    let used = used_at.map_or("no_information".to_owned(), rfc3339_offset);
    // One account's root has a key that works, another's has one that was shut off.
    let key = match account.number {
        1 => Some(true),
        2 => Some(false),
        _ => None,
    };
    let key_made_at = created_at + 40 * DAY;
    let key_cells = match key {
        Some(is_active) => format!("{is_active},{},N/A,N/A,N/A", rfc3339_offset(key_made_at)),
        None => "false,N/A,N/A,N/A,N/A".to_owned(),
    };
    writeln!(
        report,
        "<root_account>,{arn},{},not_supported,{used},not_supported,not_supported,{has_mfa},{key_cells},false,N/A,N/A,N/A,N/A,false,N/A,false,N/A{tail}",
        rfc3339_offset(created_at),
    )?;
    if let Some(is_active) = key {
        let id = format!("{arn}#access_key_1");
        if is_active {
            let made = rfc3339(key_made_at);
            truth.problem("root_key_in_use", arn.clone(), &account.source, made.clone());
            truth.problem("rotation_overdue", id.clone(), &account.source, made.clone());
            truth.problem("never_used", id.clone(), &account.source, made);
        }
        truth.credential(
            CredentialTruth::new(id, "access_key", arn.clone())
                .created(key_made_at)
                .never_used()
                .with_status(if is_active { "active" } else { "inactive" }),
        );
    }
    let governance = estate.governance(&[&arn], Said::default(), Some(account.environment), snapshot.as_of);
    let identity = IdentityTruth::new(arn, "root_account", &account.source, &governance);
    let identity = IdentityTruth {
        enabled: Some(true),
        credentials: Knowledge::Known,
        ..match used_at {
            Some(at) => identity.used(Some(at)),
            None => identity.unused_since(created_at),
        }
    };
    truth.identity(identity, &governance);
    Ok(())
}

fn user_row(user: &User, account: &Account, tail: &str, report: &mut String) -> Result<()> {
    write!(
        report,
        "{},{},{}",
        user.name,
        user.arn(account),
        rfc3339_offset(user.created_at)
    )?;
    match &user.console {
        None => report.push_str(",false,N/A,N/A,N/A,false"),
        Some(console) => {
            let used = console.last_used_at.map_or("no_information".to_owned(), rfc3339_offset);
            let changed = rfc3339_offset(console.changed_at);
            write!(report, ",true,{used},{changed},N/A,{}", console.has_mfa)?;
        }
    }
    for key in &user.keys {
        match key {
            None => report.push_str(",false,N/A,N/A,N/A,N/A"),
            Some(key) => {
                let (used, region, service) = key
                    .last_used
                    .map_or(("N/A".to_owned(), "N/A", "N/A"), |(at, region, service)| {
                        (rfc3339_offset(at), region, service)
                    });
                let rotated = rfc3339_offset(key.created_at);
                write!(report, ",{},{rotated},{used},{region},{service}", key.active)?;
            }
        }
    }
    writeln!(report, ",false,N/A,false,N/A{tail}")?;
    Ok(())
}
