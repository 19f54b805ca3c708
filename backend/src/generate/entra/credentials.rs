//! The secrets and certificates of applications.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Tenant;
use crate::generate::Estate;
use crate::generate::draw::{DAY, Draw};
use crate::generate::json::{Json, object};
use crate::generate::timeline::{ENTRA_KEY_AGES, Generation, Life, Snapshot, days_between, generations, rfc3339};
use crate::generate::truth::{CredentialTruth, SnapshotTruth};

/// The credentials on one directory object.
#[derive(Default)]
pub struct Credentials {
    pub passwords: Vec<Json>,
    pub keys: Vec<Json>,
}

/// Whether the application with this ordinal signs in with somebody else's tokens alone.
pub fn is_federated(ordinal: u64) -> bool {
    ordinal.is_multiple_of(5)
}

pub fn password_row(key_id: String, name: Option<&'static str>, hint: String, start: i64, end: i64) -> Json {
    object! {
        "customKeyIdentifier": Json::Null,
        "displayName": name,
        "endDateTime": rfc3339(end),
        "hint": hint,
        "keyId": key_id,
        "secretText": Json::Null,
        "startDateTime": rfc3339(start).replace('Z', ".1234567Z"),
    }
}

/// What stands on the application itself, with what is true of it.
pub fn of_application(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    life: &Life,
    truth: &mut SnapshotTruth,
) -> Credentials {
    let mut found = Credentials::default();
    if is_federated(life.ordinal) {
        return found;
    }
    let mut draw = Draw::new(estate.seed, "entra credentials", tenant.number as u64, life.ordinal);
    let n_secrets = draw.weighted(&[(20, 0), (48, 1), (22, 2), (7, 3), (3, 5)]);
    for slot in 0..n_secrets {
        secrets(estate, tenant, snapshot, life, slot, &mut found, truth);
    }
    if draw.chance(0.22) {
        certificate(estate, tenant, snapshot, life, draw, &mut found, truth);
    }
    found
}

/// The secrets of one slot: the newest, and older ones that nobody removed.
fn secrets(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    life: &Life,
    slot: u64,
    found: &mut Credentials,
    truth: &mut SnapshotTruth,
) {
    let scope = ((tenant.number as u64) << 8) | slot;
    let app_id = tenant.app_id(estate.seed, life.ordinal);
    let mut slot_draw = Draw::new(estate.seed, "entra secret", scope, life.ordinal);
    let name = *slot_draw.weighted(&[
        (3, &None),
        (3, &Some("ci secret")),
        (2, &Some("rbac")),
        (2, &Some("terraform")),
    ]);
    let standing = generations(
        &mut slot_draw,
        ENTRA_KEY_AGES,
        life.created_at,
        &estate.timeline,
        snapshot.index,
    );
    for (place, standing) in standing.into_iter().enumerate() {
        let id = (life.ordinal << 16) | standing.number;
        let mut one = Draw::new(estate.seed, "entra secret id", scope, id);
        let end = standing.created_at + lifetime_days(estate, &mut one, &standing) * DAY;
        // A forgotten secret is only removed when somebody tidies up.
        if place > 0 && one.chance(0.65) {
            continue;
        }
        let key_id = one.guid();
        if end > snapshot.as_of && days_between(standing.created_at, snapshot.as_of) > 180 {
            let subject = format!("{app_id}/{key_id}");
            truth.problem("rotation_overdue", subject, tenant.source, rfc3339(standing.created_at));
        }
        truth.credential(
            CredentialTruth::new(key_id.clone(), "client_secret", app_id.clone())
                .created(standing.created_at)
                .ends(end, snapshot.as_of),
        );
        let hint = one.text(b"abcdefghijkmnpqrstuvwxyz~_8Q", 3);
        found
            .passwords
            .push(password_row(key_id, name, hint, standing.created_at, end));
    }
}

/// How long a secret was made to last. Whoever has not replaced one for a year mostly made it to last that long.
fn lifetime_days(estate: &Estate, draw: &mut Draw, standing: &Generation) -> i64 {
    let days = draw.weighted(&[(30, 182), (30, 365), (35, 730), (5, NO_END_DAYS)]);
    let age_days = (estate.timeline.last().as_of - standing.created_at) / DAY;
    let is_kept_up = draw.chance(0.75) && standing.is_newest();
    match age_days {
        _ if !is_kept_up || age_days < days => days,
        ..730 => 730,
        _ => NO_END_DAYS,
    }
}

/// What the portal once made of "never".
const NO_END_DAYS: i64 = 36_500;

fn certificate(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    life: &Life,
    mut draw: Draw,
    found: &mut Credentials,
    truth: &mut SnapshotTruth,
) {
    let scope = tenant.number as u64;
    let app_id = tenant.app_id(estate.seed, life.ordinal);
    let is_shared = draw.chance(0.08);
    let own = generations(
        &mut draw,
        ENTRA_KEY_AGES,
        life.created_at,
        &estate.timeline,
        snapshot.index,
    );
    let (start, number, thumbprint) = if is_shared {
        // One certificate that a script installed on many applications.
        let mut draw = Draw::new(estate.seed, "shared certificate", scope, 0);
        (estate.timeline.last().as_of - draw.days(420, 600), 0, draw.bytes(20))
    } else if let Some(standing) = own.first() {
        let id = (life.ordinal << 16) | standing.number;
        let thumbprint = Draw::new(estate.seed, "thumbprint", scope, id).bytes(20);
        (standing.created_at, standing.number, thumbprint)
    } else {
        return;
    };
    let encoded = STANDARD.encode(thumbprint);
    let key_id = Draw::new(estate.seed, "entra key id", scope, (life.ordinal << 16) | number).guid();
    if is_shared {
        truth.problem("shared_credential", app_id.clone(), tenant.source, encoded.clone());
    }
    let end = start + 730 * DAY;
    truth.credential(
        CredentialTruth::new(key_id.clone(), "client_certificate", app_id)
            .created(start)
            .ends(end, snapshot.as_of),
    );
    found.keys.push(object! {
        "customKeyIdentifier": encoded,
        "displayName": format!("CN={}", tenant.application_name(estate, life.ordinal)),
        "endDateTime": rfc3339(end),
        "key": Json::Null,
        "keyId": key_id,
        "startDateTime": rfc3339(start),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    });
}

/// A secret that an old script made on the service principal, where the portal makes it on the application.
pub fn of_principal(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    life: &Life,
    truth: &mut SnapshotTruth,
) -> Vec<Json> {
    if life.ordinal % 40 != 3 {
        return Vec::new();
    }
    let app_id = tenant.app_id(estate.seed, life.ordinal);
    let mut draw = Draw::new(estate.seed, "principal secret", tenant.number as u64, life.ordinal);
    let key_id = draw.guid();
    let start = life.created_at + 3_600;
    if start >= snapshot.as_of {
        return Vec::new();
    }
    let end = start + 1_095 * DAY;
    if end > snapshot.as_of && days_between(start, snapshot.as_of) > 180 {
        let subject = format!("{app_id}/{key_id}");
        truth.problem("rotation_overdue", subject, tenant.source, rfc3339(start));
    }
    truth.problem(
        "credentials_on_both_objects",
        app_id.clone(),
        tenant.source,
        key_id.clone(),
    );
    truth.credential(
        CredentialTruth::new(key_id.clone(), "client_secret", app_id)
            .created(start)
            .ends(end, snapshot.as_of),
    );
    vec![password_row(key_id, Some("script"), "x9~".to_owned(), start, end)]
}
