//! Secrets: service-account tokens of old and the certificates that ingresses serve; and cert-manager's own word on
//! the certificates that it issued.

use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Cluster, KubeList, Marks, SYSTEM_NAMESPACES, metadata, seat};
use crate::generate::Estate;
use crate::generate::certificates::{Issued, Profile, Slot, edge_slot, record_named};
use crate::generate::company::{DOMAIN, Environment};
use crate::generate::draw::{DAY, Draw};
use crate::generate::json::{Json, object};
use crate::generate::timeline::{Habit, Life, Snapshot, date, rfc3339};
use crate::generate::truth::{CredentialTruth, SnapshotTruth};
use crate::generate::x509::pem;

/// A token that is stored for ever, as clusters made them for every account until 1.24.
pub struct Token {
    name: String,
    /// The last use, of which the cluster keeps the day.
    pub used_at: Option<i64>,
}

impl Token {
    /// The midnight before the last use.
    pub fn used_on(&self) -> Option<i64> {
        self.used_at.map(|at| at - at.rem_euclid(DAY))
    }
}

/// The stored token of a service account: one account in eight has one.
pub fn token_of(estate: &Estate, cluster: &Cluster, snapshot: &Snapshot, life: &Life) -> Option<Token> {
    let scope = cluster.number as u64;
    let mut draw = Draw::new(estate.seed, "kube token", scope, life.ordinal);
    if seat(life.ordinal).1 == 0 || !draw.chance(0.12) {
        return None;
    }
    let habit = Habit::draw(&mut draw, &estate.timeline);
    let mut use_draw = Draw::new(
        estate.seed,
        "kube token use",
        ((snapshot.index as u64) << 32) | scope,
        life.ordinal,
    );
    let (_, account) = cluster.service_account(life.ordinal);
    Some(Token {
        name: format!("{account}-token-{}", draw.text(b"bcdfghjklmnpqrstvwxz2456789", 5)),
        used_at: habit.last_used_at(&mut use_draw, life.created_at, snapshot.as_of),
    })
}

/// The host whose certificate a namespace's ingress serves; now and then one that the edge serves as well.
fn ingress_slot(estate: &Estate, cluster: &Cluster, number: u64) -> Option<Slot> {
    let application = number.checked_sub(SYSTEM_NAMESPACES.len() as u64)?;
    let mut draw = Draw::new(estate.seed, "ingress", cluster.number as u64, number);
    let is_shared = draw.chance(0.06) && cluster.environment == Environment::Prod;
    // The first cluster shares the hosts that the old Tomcat also has, so that three places hold one key.
    if cluster.number == 0 && application < 2 {
        return Some(edge_slot(estate.seed, application));
    }
    if is_shared {
        return Some(edge_slot(estate.seed, draw.below(12)));
    }
    if draw.chance(0.4) {
        return None;
    }
    let common_name = format!("{}.{}.{DOMAIN}", cluster.namespace(number), cluster.name);
    let profile = match draw.below(100) {
        0..55 => Profile::Acme,
        55..70 => Profile::Commercial,
        _ => Profile::Internal { days: 90 },
    };
    Some(Slot {
        domain: cluster.domain,
        dns_names: vec![common_name.clone()],
        common_name,
        uris: Vec::new(),
        profile,
    })
}

/// `kubectl get secrets` prints the values; a careful exporter blanks them before they leave the cluster.
struct Values {
    in_clear: bool,
}

impl Values {
    fn blank() -> String {
        STANDARD.encode("REDACTED")
    }

    fn shown(&self, secret: impl FnOnce() -> String) -> String {
        if self.in_clear {
            STANDARD.encode(secret())
        } else {
            Self::blank()
        }
    }
}

/// Writes `secrets.json` and `certificates.json`.
pub fn write(
    estate: &Estate,
    cluster: &Cluster,
    snapshot: &Snapshot,
    folder: &Path,
    lives: &[Life],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let values = Values {
        in_clear: estate
            .dirt
            .strikes("secrets in clear", 0.05, &cluster.source, "secrets"),
    };
    let mut list = KubeList::open(estate, folder, "secrets.json")?;
    let mut certificates = KubeList::open(estate, folder, "certificates.json")?;
    let mut previous = None;
    for life in lives {
        let (number, _) = seat(life.ordinal);
        if previous != Some(number) {
            previous = Some(number);
            if let Some(slot) = ingress_slot(estate, cluster, number) {
                let issued = estate.pki.in_slot(&slot, &estate.timeline, snapshot.index);
                record_tls(estate, cluster, snapshot, number, &slot, &issued, truth);
                list.item(&tls_row(estate, cluster, life, &slot, &issued, &values))?;
                if is_automatic(&slot) {
                    certificates.item(&certificate_row(estate, cluster, snapshot, life, &slot, &issued))?;
                }
            }
        }
        if let Some(token) = token_of(estate, cluster, snapshot, life) {
            record_token(cluster, life, &token, truth);
            list.item(&token_row(estate, cluster, life, &token, &values))?;
        }
    }
    list.close(truth)?;
    certificates.close(truth)
}

/// Whether cert-manager keeps the certificate.
fn is_automatic(slot: &Slot) -> bool {
    matches!(slot.profile, Profile::Acme | Profile::Internal { .. })
}

fn record_tls(
    estate: &Estate,
    cluster: &Cluster,
    snapshot: &Snapshot,
    number: u64,
    slot: &Slot,
    issued: &Issued,
    truth: &mut SnapshotTruth,
) {
    let namespace = cluster.namespace(number);
    let place = format!("{}/{namespace}/{namespace}-tls", cluster.source);
    record_named(
        estate,
        snapshot,
        slot,
        &cluster.source,
        Some(cluster.environment),
        truth,
    );
    truth.certificate(issued, place.clone());
    if let Some(issuer) = estate.pki.issuer(slot.profile) {
        truth.certificate(issuer, place);
    }
}

fn tls_row(estate: &Estate, cluster: &Cluster, life: &Life, slot: &Slot, issued: &Issued, values: &Values) -> Json {
    let (number, _) = seat(life.ordinal);
    let namespace = cluster.namespace(number);
    let name = format!("{namespace}-tls");
    let mut chain = pem("CERTIFICATE", &issued.der);
    if let Some(issuer) = estate.pki.issuer(slot.profile) {
        chain.push_str(&pem("CERTIFICATE", &issuer.der));
    }
    let key = match &issued.pkcs8 {
        Some(key) => values.shown(|| pem("PRIVATE KEY", key)),
        None => Values::blank(),
    };
    let mut draw = Draw::new(estate.seed, "tls secret", cluster.number as u64, number);
    let mut marks = Marks::default();
    if is_automatic(slot) {
        marks
            .annotations
            .push(("cert-manager.io/certificate-name", name.clone().into()));
    }
    object! {
        "apiVersion": "v1",
        "data": object! { "tls.crt": STANDARD.encode(&chain), "tls.key": key },
        "kind": "Secret",
        "metadata": metadata(&mut draw, &name, Some(&namespace), life.created_at, marks),
        "type": "kubernetes.io/tls",
    }
}

fn certificate_row(
    estate: &Estate,
    cluster: &Cluster,
    snapshot: &Snapshot,
    life: &Life,
    slot: &Slot,
    issued: &Issued,
) -> Json {
    let (number, _) = seat(life.ordinal);
    let namespace = cluster.namespace(number);
    let name = format!("{namespace}-tls");
    let issuer = match slot.profile {
        Profile::Acme => "openly-encrypted",
        _ => "halden-internal",
    };
    let is_ready = if issued.not_after > snapshot.as_of {
        "True"
    } else {
        "False"
    };
    let mut draw = Draw::new(estate.seed, "tls certificate", cluster.number as u64, number);
    object! {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": metadata(&mut draw, &name, Some(&namespace), life.created_at, Marks::default()),
        "spec": object! {
            "dnsNames": slot.dns_names.clone(),
            "issuerRef": object! { "kind": "ClusterIssuer", "name": issuer },
            "secretName": name,
        },
        "status": object! {
            "conditions": vec![object! { "status": is_ready, "type": "Ready" }],
            "notAfter": rfc3339(issued.not_after),
            "notBefore": rfc3339(issued.not_before),
            "renewalTime": rfc3339(issued.not_after - 30 * DAY),
            "revision": 1_i64,
        },
    }
}

fn record_token(cluster: &Cluster, life: &Life, token: &Token, truth: &mut SnapshotTruth) {
    let (namespace, account) = cluster.service_account(life.ordinal);
    let subject = format!("{}/{namespace}/{}", cluster.source, token.name);
    let holder = format!("{}/{namespace}/{account}", cluster.source);
    truth.problem("legacy_token", subject.clone(), &cluster.source, "never expires");
    truth.credential(
        CredentialTruth::new(subject, "service_account_token", holder)
            .created(life.created_at + 5)
            .used(token.used_on())
            .never_ends(),
    );
}

fn token_row(estate: &Estate, cluster: &Cluster, life: &Life, token: &Token, values: &Values) -> Json {
    let (namespace, account) = cluster.service_account(life.ordinal);
    let mut draw = Draw::new(estate.seed, "kube token row", cluster.number as u64, life.ordinal);
    let mut marks = Marks::default();
    if let Some(at) = token.used_at {
        marks
            .labels
            .push(("kubernetes.io/legacy-token-last-used", date(at).into()));
    }
    marks
        .annotations
        .push(("kubernetes.io/service-account.name", account.into()));
    marks
        .annotations
        .push(("kubernetes.io/service-account.uid", draw.guid().into()));
    let bytes = format!("eyJhbGciOiJSUzI1NiJ9.{}.{}", draw.hex(96), draw.hex(86));
    object! {
        "apiVersion": "v1",
        "data": object! {
            "ca.crt": Values::blank(),
            "namespace": STANDARD.encode(&namespace),
            "token": values.shown(|| bytes),
        },
        "kind": "Secret",
        "metadata": metadata(&mut draw, &token.name, Some(&namespace), life.created_at + 5, marks),
        "type": "kubernetes.io/service-account-token",
    }
}
