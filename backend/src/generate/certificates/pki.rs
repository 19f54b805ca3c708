//! The certificate authorities, and what they issued to each slot.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use p256::ecdsa::SigningKey;
use sha2::{Digest as _, Sha256};

use super::{Profile, Slot};
use crate::generate::draw::{DAY, Draw, fnv1a};
use crate::generate::timeline::Timeline;
use crate::generate::truth::{Strength, hex};
use crate::generate::x509::{self, Contents, Key, Name, Role, Signature, signing_key};

/// 2026-03-15T00:00:00Z: from here on a publicly trusted certificate may live 200 days.
const SC081_FIRST_STEP_AT: i64 = 1_773_532_800;
/// The newest generation of a slot; those before it count down.
const NEWEST: u64 = 10_000;

/// A certificate that is in its slot.
#[derive(Clone)]
pub struct Issued {
    pub der: Vec<u8>,
    pub sha256: [u8; 32],
    pub not_before: i64,
    pub not_after: i64,
    pub role: Role,
    /// Whom it names; none for an authority's own.
    pub names: Option<String>,
    pub strength: Strength,
    /// SHA-1 of the public key.
    pub key_identifier: [u8; 20],
    /// The private key, where it was drawn as one (P-256 only).
    pub pkcs8: Option<Vec<u8>>,
}

impl Issued {
    /// The name truth.json and vendors give a certificate.
    pub fn fingerprint(&self) -> String {
        hex(&self.sha256)
    }
}

struct Authority {
    name: Name,
    key: SigningKey,
    certificate: Issued,
}

/// The certificate authorities, and what they issued.
pub struct Pki {
    seed: u64,
    acme: Authority,
    commercial: Authority,
    internal: Authority,
    mesh: Authority,
    device: Authority,
    /// A certificate often stands for several snapshots; signing it once is enough.
    issued: Mutex<BTreeMap<(u64, u64), Issued>>,
}

/// One certificate of a slot: the how manieth it is, and its first second.
#[derive(Clone, Copy)]
struct Term {
    generation: u64,
    not_before: i64,
}

impl Pki {
    pub fn new(seed: u64, timeline: &Timeline) -> Self {
        let authority = |common: &str, organization: &str, days: i64| {
            Authority::new(seed, timeline.last().as_of, common, organization, days)
        };
        Self {
            seed,
            acme: authority("Openly Encrypted E4", "Openly Encrypted", 1_826),
            commercial: authority("Borealis Trust TLS ECC CA G2", "Borealis Trust Services AS", 3_652),
            internal: authority("Halden Issuing CA 2", "Halden Logistics AS", 3_652),
            mesh: authority("Halden Mesh CA", "Halden Logistics AS", 1_095),
            device: authority("Halden Device CA 1", "Halden Logistics AS", 9_131),
            issued: Mutex::new(BTreeMap::new()),
        }
    }

    /// The certificate of the CA that issues to a profile; none for what signs itself.
    pub fn issuer(&self, profile: Profile) -> Option<&Issued> {
        self.authority(profile).map(|authority| &authority.certificate)
    }

    fn authority(&self, profile: Profile) -> Option<&Authority> {
        match profile {
            Profile::Acme => Some(&self.acme),
            Profile::Commercial | Profile::Overlong => Some(&self.commercial),
            Profile::Internal { .. } => Some(&self.internal),
            Profile::Mesh => Some(&self.mesh),
            Profile::Device { .. } => Some(&self.device),
            Profile::SelfSigned { .. } | Profile::Legacy => None,
        }
    }

    /// What stands in `slot` at snapshot `index`.
    pub fn in_slot(&self, slot: &Slot, timeline: &Timeline, index: usize) -> Issued {
        let (standing, _) = self.terms(slot, timeline, index);
        self.issued(slot, standing, timeline)
    }

    /// What stood in `slot` before the certificate that stands there at snapshot `index`, when that one is young
    /// and the old one was left beside it.
    pub fn left_behind(&self, slot: &Slot, timeline: &Timeline, index: usize) -> Option<Issued> {
        let (standing, previous) = self.terms(slot, timeline, index);
        let is_young = timeline.as_of(index) - standing.not_before < 30 * DAY;
        let is_kept = Draw::new(self.seed, "old certificate", slot_id(slot), standing.generation).chance(0.6);
        let is_renewed = lifetime_days(slot.profile, standing.not_before) > 1;
        (is_young && is_kept && is_renewed).then(|| self.issued(slot, previous, timeline))
    }

    fn issued(&self, slot: &Slot, term: Term, timeline: &Timeline) -> Issued {
        let key = (slot_id(slot), term.generation);
        if timeline.len() == 1 {
            return self.issue(slot, term);
        }
        let known = |pki: &Self| {
            let issued = pki.issued.lock().unwrap_or_else(PoisonError::into_inner);
            issued.get(&key).cloned()
        };
        if let Some(issued) = known(self) {
            return issued;
        }
        let issued = self.issue(slot, term);
        let mut all = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(key, issued.clone());
        issued
    }

    /// The certificate standing at a snapshot and the one before it. Drawn backwards from the last snapshot, so that
    /// ages there follow the profile.
    fn terms(&self, slot: &Slot, timeline: &Timeline, index: usize) -> (Term, Term) {
        let mut draw = Draw::new(self.seed, "certificate slot", slot_id(slot), 0);
        let latest = timeline.last().as_of - 3_600;
        let is_forgotten = draw.chance(0.035);
        let level = draw.unit();
        let renews_early_days = renewed_before_days(slot.profile, &mut draw);
        let not_before = if is_forgotten {
            let days = match slot.profile {
                Profile::Commercial => 397,
                other => lifetime_days(other, latest),
            };
            latest - days * DAY - draw.days(1, 45)
        } else {
            let days = lifetime_days(slot.profile, latest);
            let span = (days - renews_early_days.min(days / 2)) * DAY;
            if slot.profile == Profile::Commercial && draw.chance(0.45) && latest < SC081_FIRST_STEP_AT + 280 * DAY {
                // Bought before the first step, still good: the last of the 397-day kind.
                SC081_FIRST_STEP_AT.min(latest) - draw.days(1, 100)
            } else {
                latest - (span as f64 * level) as i64
            }
        };
        let mut term = Term {
            generation: NEWEST,
            not_before: not_before - not_before.rem_euclid(60),
        };
        let mut before = |term: Term| {
            let days = lifetime_days(slot.profile, term.not_before - 200 * DAY);
            // Renewal used to slip now and then: the older the change, the likelier that it came too late.
            let slips = term.generation < NEWEST - draw.below(3) && days > 30 && draw.chance(0.06);
            let early = if slips {
                draw.between(-35, -2)
            } else {
                renews_early_days.min(days / 2)
            };
            Term {
                generation: term.generation - 1,
                not_before: term.not_before - (days - early).max(1) * DAY,
            }
        };
        while term.not_before >= timeline.as_of(index) && term.generation > 1 {
            term = before(term);
        }
        (term, before(term))
    }

    fn issue(&self, slot: &Slot, term: Term) -> Issued {
        let Term { generation, not_before } = term;
        let id = slot_id(slot);
        let mut draw = Draw::new(self.seed, "certificate", id, generation);
        let (key, strength) = self.key(slot, generation);
        let organization = match slot.profile {
            Profile::Acme | Profile::Mesh => String::new(),
            Profile::Commercial | Profile::Overlong | Profile::Internal { .. } | Profile::Device { .. } => {
                "Halden Logistics AS".to_owned()
            }
            Profile::SelfSigned { .. } | Profile::Legacy => "Default Company Ltd".to_owned(),
        };
        let subject = Name {
            country: if organization.is_empty() { "" } else { "NO" },
            organization,
            common: slot.common_name.clone(),
        };
        let own = key.identifier();
        let authority = self.authority(slot.profile);
        let (issuer, issuer_key_identifier) = authority.map_or((&subject, own), |authority| {
            (&authority.name, authority.certificate.key_identifier)
        });
        let role = match slot.profile {
            Profile::Acme | Profile::Commercial | Profile::Overlong => Role::PublicServer,
            Profile::Internal { .. } | Profile::Mesh | Profile::SelfSigned { .. } | Profile::Legacy => {
                Role::InternalPeer
            }
            Profile::Device { .. } => Role::Client,
        };
        let not_after = not_before + lifetime_days(slot.profile, not_before) * DAY - 1;
        let contents = Contents {
            serial: serial(&mut draw),
            subject: &subject,
            issuer,
            issuer_key_identifier,
            not_before,
            not_after,
            dns_names: &slot.dns_names,
            uris: &slot.uris,
            key: &key,
            role,
        };
        let filler = draw.bytes(128);
        let signature = match (authority, &key) {
            (Some(authority), _) => Signature::Ecdsa(&authority.key),
            (None, Key::P256(own)) => Signature::Ecdsa(own),
            (None, Key::Rsa { .. } | Key::Ed25519(_)) => Signature::LegacySha1(filler),
        };
        let der = x509::certificate(&contents, &signature, &mut draw);
        Issued {
            sha256: Sha256::digest(&der).into(),
            der,
            not_before,
            not_after,
            role,
            names: Some(slot.named().to_owned()),
            strength,
            key_identifier: own,
            pkcs8: key.pkcs8(),
        }
    }

    /// The key of a slot's certificate. One slot in seven keeps its key when it renews.
    fn key(&self, slot: &Slot, generation: u64) -> (Key, Strength) {
        let id = slot_id(slot);
        let mut habits = Draw::new(self.seed, "certificate key", id, 0);
        let keeps_key = habits.chance(0.15);
        let mut draw = Draw::new(self.seed, "leaf key", id, if keeps_key { 0 } else { generation });
        let weights: &[(u32, &str)] = &[
            (63, "rsa-2048"),
            (8, "rsa-4096"),
            (26, "p-256"),
            (2, "ed25519"),
            (1, "rsa-1024"),
        ];
        let kind = match slot.profile {
            Profile::Legacy => "rsa-1024",
            Profile::Mesh | Profile::SelfSigned { .. } => "p-256",
            Profile::Acme | Profile::Commercial | Profile::Overlong => habits.weighted(&weights[..3]),
            Profile::Internal { .. } | Profile::Device { .. } => habits.weighted(weights),
        };
        let key = match kind {
            "rsa-2048" => Key::rsa(&mut draw, 2_048),
            "rsa-4096" => Key::rsa(&mut draw, 4_096),
            "rsa-1024" => Key::rsa(&mut draw, 1_024),
            "ed25519" => Key::ed25519(&mut draw),
            _ => Key::p256(&mut draw),
        };
        let strength = if kind == "rsa-1024" {
            Strength::Weak
        } else {
            Strength::Sound
        };
        (key, strength)
    }
}

impl Authority {
    /// A CA that has lived two fifths of its `days` at `now`.
    fn new(seed: u64, now: i64, common: &str, organization: &str, days: i64) -> Self {
        let mut draw = Draw::new(seed, "authority", 0, fnv1a(common.as_bytes()));
        let key = signing_key(&mut draw);
        let name = Name {
            country: "NO",
            organization: organization.to_owned(),
            common: common.to_owned(),
        };
        let public = Key::P256(Box::new(key.clone()));
        let not_before = now - days * DAY * 2 / 5;
        let not_after = not_before + days * DAY;
        let contents = Contents {
            serial: serial(&mut draw),
            subject: &name,
            issuer: &name,
            issuer_key_identifier: public.identifier(),
            not_before,
            not_after,
            dns_names: &[],
            uris: &[],
            key: &public,
            role: Role::Authority,
        };
        let der = x509::certificate(&contents, &Signature::Ecdsa(&key), &mut draw);
        let certificate = Issued {
            sha256: Sha256::digest(&der).into(),
            der,
            not_before,
            not_after,
            role: Role::Authority,
            names: None,
            strength: Strength::Sound,
            key_identifier: public.identifier(),
            pkcs8: None,
        };
        Self { name, key, certificate }
    }
}

/// The number that draws about a slot go by.
fn slot_id(slot: &Slot) -> u64 {
    fnv1a(slot.common_name.as_bytes()) ^ slot.uris.first().map_or(0, |uri| fnv1a(uri.as_bytes()))
}

/// How long a certificate issued at `not_before` lives.
fn lifetime_days(profile: Profile, not_before: i64) -> i64 {
    match profile {
        Profile::Acme => 90,
        Profile::Commercial if not_before < SC081_FIRST_STEP_AT => 397,
        Profile::Commercial => 199,
        Profile::Overlong => 730,
        Profile::Mesh => 1,
        Profile::Internal { days } | Profile::Device { days } | Profile::SelfSigned { days } => days,
        Profile::Legacy => 3_650,
    }
}

/// How long before its end whoever looks after a slot replaces its certificate.
fn renewed_before_days(profile: Profile, draw: &mut Draw) -> i64 {
    match profile {
        // Most clients renew at two thirds of the life, some that somebody set up by hand much later.
        Profile::Acme if draw.chance(0.8) => 30,
        Profile::Acme => draw.between(5, 14),
        Profile::Mesh => 0,
        Profile::Commercial | Profile::Overlong | Profile::Internal { .. } | Profile::SelfSigned { .. } => {
            draw.between(2, 40)
        }
        Profile::Device { .. } | Profile::Legacy => 60,
    }
}

fn serial(draw: &mut Draw) -> Vec<u8> {
    let mut serial = draw.bytes(16);
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}
