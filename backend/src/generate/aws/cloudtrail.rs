//! CloudTrail's log of a production account: what a dozen of its roles did in the last two months. Half of them did
//! something lately that they never did before, each something else; the others only look as if.

use std::path::Path;

use anyhow::Result;

use super::{Account, INDENT, REGIONS};
use crate::generate::Estate;
use crate::generate::company::Environment;
use crate::generate::dirt::Export;
use crate::generate::draw::{DAY, Draw};
use crate::generate::json::{Document, Json, object};
use crate::generate::timeline::{date, rfc3339};
use crate::generate::truth::SnapshotTruth;

/// A role that was used within the last day, and has been for long.
pub struct Active {
    pub arn: String,
    pub ordinal: u64,
    pub last_used_at: i64,
}

/// How old a role must be to have habits.
pub const OLD_DAYS: i64 = 80;

/// Of the days before the last use, those on which a role with habits was active, too.
const HABIT: [i64; 8] = [12, 15, 19, 22, 26, 31, 38, 47];

/// What stands out in one role's log, or only seems to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behaviour {
    Person,
    Woken,
    NewService,
    NewRegion,
    NewNetwork,
    NewProgram,
    Steady,
    NewVersion,
    /// Another address of the same network.
    NextDoor,
    /// Elsewhere, but long ago too.
    Traveller,
    /// New everywhere, as one that is new itself is.
    Young,
}

const BEHAVIOURS: [Behaviour; 11] = [
    Behaviour::NewRegion,
    Behaviour::Steady,
    Behaviour::Woken,
    Behaviour::NewVersion,
    Behaviour::NewService,
    Behaviour::NextDoor,
    Behaviour::Person,
    Behaviour::Traveller,
    Behaviour::NewNetwork,
    Behaviour::Young,
    Behaviour::NewProgram,
];

/// One call.
#[derive(Clone, Copy)]
struct Call<'a> {
    at: i64,
    service: &'static str,
    region: &'static str,
    address: &'a str,
    agent: &'static str,
}

/// Writes `cloudtrail.json` of a production account, and what it plants.
pub fn write(
    estate: &Estate,
    account: &Account,
    folder: &Path,
    active: &[Active],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    if account.environment != Environment::Prod {
        return Ok(());
    }
    let mut events: Vec<(i64, Json)> = Vec::new();
    for (role, behaviour) in active.iter().zip(BEHAVIOURS) {
        let mut draw = Draw::new(estate.seed, "cloudtrail", account.number as u64, role.ordinal);
        for call in calls(role, behaviour, &mut draw, truth) {
            events.push((call.at, event(account, role, &call, &mut draw)));
        }
    }
    events.sort_by_key(|(at, _)| *at);
    let mut log = Document::object(Export::text(&estate.dirt, folder, "cloudtrail.json")?, INDENT)?;
    log.begin_list("Records")?;
    for (_, event) in &events {
        log.item(event)?;
    }
    log.end_list()?;
    let (path, quirks) = log.end_object()?.finish()?;
    truth.file(&path, &quirks);
    Ok(())
}

/// What a role did, up to its last use.
fn calls(role: &Active, behaviour: Behaviour, draw: &mut Draw, truth: &mut SnapshotTruth) -> Vec<Call<'static>> {
    let last = role.last_used_at;
    let usual = Call {
        at: last,
        service: draw.pick(&["s3", "dynamodb", "sqs"]),
        region: draw.pick(&REGIONS),
        address: "198.51.100.23",
        agent: "Boto3/1.34.1 Python/3.12",
    };
    let days: &[i64] = match behaviour {
        Behaviour::Woken => &HABIT[5..],
        Behaviour::Young => &HABIT[..2],
        _ => &HABIT,
    };
    let mut calls: Vec<Call<'static>> = days
        .iter()
        .map(|days| Call {
            at: last - days * DAY,
            ..usual
        })
        .collect();
    if behaviour == Behaviour::Woken {
        // Nothing for a month and more; before that, every day for a while.
        calls.extend((1..=3).map(|day| Call {
            at: last - (47 + day) * DAY,
            ..usual
        }));
    }
    let mut lead = |kind: &'static str, value: &str| truth.lead(&role.arn, kind, value);
    let now = match behaviour {
        Behaviour::Steady => usual,
        Behaviour::NewVersion => Call {
            agent: "Boto3/1.35.9 Python/3.13",
            ..usual
        },
        Behaviour::NextDoor => Call {
            address: "198.51.100.77",
            ..usual
        },
        Behaviour::Traveller => {
            let away = Call {
                region: "sa-east-1",
                ..usual
            };
            calls.push(Call {
                at: last - 40 * DAY,
                ..away
            });
            away
        }
        Behaviour::Young => Call {
            region: "ap-south-1",
            address: "203.0.113.9",
            ..usual
        },
        Behaviour::Person => {
            lead("human_user_agent", "browser");
            Call {
                agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
                ..usual
            }
        }
        Behaviour::Woken => {
            lead("after_silence", &date(last));
            usual
        }
        Behaviour::NewService => {
            lead("new_service", "kms");
            Call {
                service: "kms",
                ..usual
            }
        }
        Behaviour::NewRegion => {
            lead("new_region", "ap-southeast-2");
            Call {
                region: "ap-southeast-2",
                ..usual
            }
        }
        Behaviour::NewNetwork => {
            lead("new_network", "203.0.113.0/24");
            Call {
                address: "203.0.113.50",
                ..usual
            }
        }
        Behaviour::NewProgram => {
            lead("new_user_agent", "curl");
            Call {
                agent: "curl/8.5.0",
                ..usual
            }
        }
    };
    calls.push(now);
    calls
}

fn event(account: &Account, role: &Active, call: &Call<'_>, draw: &mut Draw) -> Json {
    let name = role.arn.rsplit('/').next().unwrap_or_default();
    object! {
        "eventVersion": "1.11",
        "userIdentity": object! {
            "type": "AssumedRole",
            "arn": format!("arn:aws:sts::{}:assumed-role/{name}/session", account.id),
            "accountId": &account.id,
            "accessKeyId": draw.aws_id("ASIA"),
            "sessionContext": object! {
                "sessionIssuer": object! { "type": "Role", "arn": &role.arn, "accountId": &account.id, "userName": name.to_owned() },
            },
        },
        "eventTime": rfc3339(call.at),
        "eventSource": format!("{}.amazonaws.com", call.service),
        "eventName": "ListTags",
        "awsRegion": call.region,
        "sourceIPAddress": call.address.to_owned(),
        "userAgent": call.agent,
        "eventID": draw.guid(),
        "readOnly": true,
        "eventType": "AwsApiCall",
        "recipientAccountId": &account.id,
    }
}
