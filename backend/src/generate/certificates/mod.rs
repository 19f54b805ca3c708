//! The company's certificates: its PKI, what each host or device holds at a snapshot, and the TLS sources.
//!
//! A slot is a place that holds one certificate (a host name, a device). It is renewed in time or, in a few slots,
//! forgotten. Publicly trusted ones follow the validity schedule of SC-081v3.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use p256::ecdsa::SigningKey;
use sha2::{Digest as _, Sha256};

use super::Estate;
use super::company::{DOMAIN, DOMAINS, Domain};
use super::dirt::Export;
use super::draw::{DAY, Draw, fnv1a};
use super::timeline::{Population, Snapshot, Timeline};
use super::truth::{SnapshotTruth, Strength};
use super::x509::{self, Contents, Key, Name, Role, Signature, pem, signing_key};

/// 2026-03-15T00:00:00Z: from here on a publicly trusted certificate may live 200 days.
const SC081_FIRST_STEP_AT: i64 = 1_773_532_800;

/// One place that holds a certificate.
#[derive(Debug, Clone)]
pub struct Slot {
    pub common_name: String,
    pub dns_names: Vec<String>,
    pub uris: Vec<String>,
    pub profile: Profile,
}

/// Who issues to a slot and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// An automated public CA: 90 days.
    Acme,
    /// A commercial public CA: 397 days before the first step of SC-081v3, 199 after.
    Commercial,
    /// The company's issuing CA.
    Internal { days: i64 },
    /// The service mesh: a SPIFFE identity.
    Mesh,
    /// A device certificate of many years.
    Device { days: i64 },
    /// Signed by itself.
    SelfSigned { days: i64 },
    /// An appliance nobody dares to touch: RSA 1024, SHA-1, signed by itself.
    Legacy,
}

/// A certificate that is in its slot.
#[derive(Clone)]
pub struct Issued {
    pub der: Vec<u8>,
    pub sha256: [u8; 32],
    pub not_before: i64,
    pub not_after: i64,
    pub strength: Strength,
    /// The private key, where it was drawn as one (P-256 only).
    pub pkcs8: Option<Vec<u8>>,
}

impl Issued {
    /// The name truth.json and vendors give a certificate.
    pub fn fingerprint(&self) -> String {
        self.sha256.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

struct Authority {
    name: Name,
    key: SigningKey,
    identifier: [u8; 20],
    certificate: Issued,
}

/// The certificate authorities, and what they issued to each slot.
pub struct Pki {
    seed: u64,
    acme: Authority,
    commercial: Authority,
    internal: Authority,
    mesh: Authority,
    device: Authority,
    /// A certificate often stands for several snapshots; signing it once is enough.
    issued: BTreeMap<(u64, u64), Issued>,
}

impl Pki {
    pub fn new(seed: u64, timeline: &Timeline) -> Self {
        let authority = |common: &str, organization: &str, days: i64| {
            let mut draw = Draw::new(seed, "authority", 0, fnv1a(common.as_bytes()));
            let key = signing_key(&mut draw);
            let name = Name {
                country: "NO",
                organization: organization.to_owned(),
                common: common.to_owned(),
            };
            let public = Key::P256(Box::new(key.clone()));
            let identifier = public.identifier();
            let not_before = timeline.last().as_of - days * DAY * 2 / 5;
            let contents = Contents {
                serial: serial(&mut draw),
                subject: &name,
                issuer: &name,
                issuer_key_identifier: identifier,
                not_before,
                not_after: not_before + days * DAY,
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
                not_after: not_before + days * DAY,
                strength: Strength::Sound,
                pkcs8: None,
            };
            Authority {
                name,
                key,
                identifier,
                certificate,
            }
        };
        Self {
            seed,
            acme: authority("Openly Encrypted E4", "Openly Encrypted", 1_826),
            commercial: authority("Borealis Trust TLS ECC CA G2", "Borealis Trust Services AS", 3_652),
            internal: authority("Halden Issuing CA 2", "Halden Logistics AS", 3_652),
            mesh: authority("Halden Mesh CA", "Halden Logistics AS", 1_095),
            device: authority("Halden Device CA 1", "Halden Logistics AS", 9_131),
            issued: BTreeMap::new(),
        }
    }

    /// The certificate of the CA that issues to a profile; none for what signs itself.
    pub fn issuer(&self, profile: Profile) -> Option<&Issued> {
        self.authority(profile).map(|authority| &authority.certificate)
    }

    fn authority(&self, profile: Profile) -> Option<&Authority> {
        match profile {
            Profile::Acme => Some(&self.acme),
            Profile::Commercial => Some(&self.commercial),
            Profile::Internal { .. } => Some(&self.internal),
            Profile::Mesh => Some(&self.mesh),
            Profile::Device { .. } => Some(&self.device),
            Profile::SelfSigned { .. } | Profile::Legacy => None,
        }
    }

    /// What stands in `slot` at snapshot `index`.
    pub fn in_slot(&mut self, slot: &Slot, timeline: &Timeline, index: usize) -> Issued {
        let id = fnv1a(slot.common_name.as_bytes()) ^ slot.uris.first().map_or(0, |uri| fnv1a(uri.as_bytes()));
        let (generation, not_before) = self.standing(slot, id, timeline, index);
        if let Some(issued) = self.issued.get(&(id, generation)) {
            return issued.clone();
        }
        let issued = self.issue(slot, id, generation, not_before);
        if timeline.len() > 1 {
            self.issued.insert((id, generation), issued.clone());
        }
        issued
    }

    /// The generation standing at a snapshot and its first day. Drawn backwards from the last snapshot, so that
    /// ages there follow the profile.
    fn standing(&self, slot: &Slot, id: u64, timeline: &Timeline, index: usize) -> (u64, i64) {
        let mut draw = Draw::new(self.seed, "certificate slot", id, 0);
        let last = timeline.last().as_of;
        let forgotten = draw.chance(0.05);
        let level = draw.unit();
        let latest = last - 3_600;
        let mut not_before = if forgotten {
            let days = lifetime_days(slot.profile, last - 450 * DAY);
            let days = if slot.profile == Profile::Commercial && days > 300 {
                397
            } else {
                days
            };
            last - days * DAY - draw.days(1, 45)
        } else {
            let days = lifetime_days(slot.profile, latest);
            let span = (days - renewed_before_days(days)) * DAY;
            let mut at = latest - (span as f64 * level) as i64;
            if slot.profile == Profile::Commercial && draw.chance(0.45) && latest < SC081_FIRST_STEP_AT + 280 * DAY {
                // Bought before the first step, still good: the last of the 397-day kind.
                at = SC081_FIRST_STEP_AT.min(latest) - draw.days(1, 100);
            }
            at
        };
        not_before -= not_before.rem_euclid(60);
        let mut generation = 10_000;
        while not_before >= timeline.as_of(index) && generation > 0 {
            generation -= 1;
            let days = lifetime_days(slot.profile, not_before - 200 * DAY);
            // Renewal used to slip now and then: the older the change, the likelier that it came too late.
            let slips = generation < 9_999 - draw.below(3) && days > 30 && draw.chance(0.06);
            let early = if slips {
                draw.between(-35, -2)
            } else {
                renewed_before_days(days)
            };
            not_before -= (days - early).max(1) * DAY;
        }
        (generation, not_before)
    }

    fn issue(&self, slot: &Slot, id: u64, generation: u64, not_before: i64) -> Issued {
        let mut draw = Draw::new(self.seed, "certificate", id, generation);
        let mut habits = Draw::new(self.seed, "certificate key", id, 0);
        // One slot in seven keeps its key when it renews.
        let keeps_key = habits.chance(0.15);
        let mut key_draw = Draw::new(self.seed, "leaf key", id, if keeps_key { 0 } else { generation });
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
            Profile::Acme | Profile::Commercial => habits.weighted(&weights[..3]),
            Profile::Internal { .. } | Profile::Device { .. } => habits.weighted(weights),
        };
        let key = match kind {
            "rsa-2048" => Key::rsa(&mut key_draw, 2_048),
            "rsa-4096" => Key::rsa(&mut key_draw, 4_096),
            "rsa-1024" => Key::rsa(&mut key_draw, 1_024),
            "ed25519" => Key::ed25519(&mut key_draw),
            _ => Key::p256(&mut key_draw),
        };
        let organization = match slot.profile {
            Profile::Acme | Profile::Mesh => String::new(),
            Profile::Commercial | Profile::Internal { .. } | Profile::Device { .. } => "Halden Logistics AS".to_owned(),
            Profile::SelfSigned { .. } | Profile::Legacy => "Default Company Ltd".to_owned(),
        };
        let country = if organization.is_empty() { "" } else { "NO" };
        let subject = Name {
            country,
            organization,
            common: slot.common_name.clone(),
        };
        let own = key.identifier();
        let (issuer, issuer_key_identifier) = self
            .authority(slot.profile)
            .map_or((&subject, own), |authority| (&authority.name, authority.identifier));
        let role = match slot.profile {
            Profile::Acme | Profile::Commercial => Role::PublicServer,
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
        let signature = match (self.authority(slot.profile), &key) {
            (Some(authority), _) => Signature::Ecdsa(&authority.key),
            (None, Key::P256(own)) => Signature::Ecdsa(own),
            (None, Key::Rsa { .. } | Key::Ed25519(_)) => Signature::LegacySha1(filler),
        };
        let der = x509::certificate(&contents, &signature, &mut draw);
        let strength = if kind == "rsa-1024" {
            Strength::Weak
        } else {
            Strength::Sound
        };
        Issued {
            sha256: Sha256::digest(&der).into(),
            der,
            not_before,
            not_after,
            strength,
            pkcs8: key.pkcs8(),
        }
    }
}

/// How long a certificate issued at `not_before` lives.
fn lifetime_days(profile: Profile, not_before: i64) -> i64 {
    match profile {
        Profile::Acme => 90,
        Profile::Commercial if not_before < SC081_FIRST_STEP_AT => 397,
        Profile::Commercial => 199,
        Profile::Mesh => 1,
        Profile::Internal { days } | Profile::Device { days } | Profile::SelfSigned { days } => days,
        Profile::Legacy => 3_650,
    }
}

/// How long before its end a certificate of this lifetime is replaced.
fn renewed_before_days(lifetime_days: i64) -> i64 {
    match lifetime_days {
        0..=1 => 0,
        2..=90 => 30,
        91..=400 => 21,
        _ => 60,
    }
}

fn serial(draw: &mut Draw) -> Vec<u8> {
    let mut serial = draw.bytes(16);
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

/// The host name with this number on the public edge.
pub fn edge_slot(seed: u64, number: u64) -> Slot {
    let mut draw = Draw::new(seed, "edge host", 0, number);
    let domain = &DOMAINS[(number % DOMAINS.len() as u64) as usize];
    let service = domain.services[(number / 14 % 8) as usize];
    let stage = ["", ".stg", ".dev", ".eu2"][(number / 112 % 4) as usize];
    let round = number / 448;
    let base = if round == 0 {
        DOMAIN.to_owned()
    } else {
        format!("r{round}.{DOMAIN}")
    };
    let common_name = if draw.chance(0.12) {
        format!("*.{service}{stage}.{base}")
    } else {
        format!("{service}{stage}.{base}")
    };
    let mut dns_names = vec![common_name.clone()];
    for extra in ["www", "api", "alt"].iter().take(draw.pareto(1.6, 4) as usize - 1) {
        dns_names.push(format!("{extra}.{}", common_name.trim_start_matches("*.")));
    }
    let profile = if draw.chance(0.62) {
        Profile::Acme
    } else {
        Profile::Commercial
    };
    Slot {
        common_name,
        dns_names,
        uris: Vec::new(),
        profile,
    }
}

/// The internal host or mesh workload with this number.
fn internal_slot(seed: u64, number: u64) -> Slot {
    let mut draw = Draw::new(seed, "internal host", 0, number);
    let domain = &DOMAINS[(number % DOMAINS.len() as u64) as usize];
    let service = domain.services[(number / 14 % 8) as usize];
    let common_name = format!("{service}-{:02}.int.{DOMAIN}", number / 112 + 1);
    let dns_names = vec![common_name.clone(), format!("{service}.{}.svc", domain.name)];
    let profile = match draw.below(100) {
        0..8 => Profile::Mesh,
        8..35 => Profile::Internal { days: 90 },
        35..65 => Profile::Internal { days: 365 },
        65..79 => Profile::Internal {
            days: draw.between(2, 5) * 365,
        },
        79..83 => Profile::Internal { days: 3_650 },
        83..98 => Profile::SelfSigned {
            days: draw.between(1, 10) * 365,
        },
        _ => Profile::Legacy,
    };
    match profile {
        Profile::Mesh => Slot {
            uris: vec![format!(
                "spiffe://halden.internal/ns/{}/sa/{service}-{number}",
                domain.name
            )],
            common_name: String::new(),
            dns_names: Vec::new(),
            profile,
        },
        Profile::Acme
        | Profile::Commercial
        | Profile::Internal { .. }
        | Profile::Device { .. }
        | Profile::SelfSigned { .. }
        | Profile::Legacy => Slot {
            common_name,
            dns_names,
            uris: Vec::new(),
            profile,
        },
    }
}

/// The device with this number.
fn device_slot(seed: u64, number: u64) -> Slot {
    let mut draw = Draw::new(seed, "device", 0, number);
    let model = draw.weighted(&[(5, "reefer-gw"), (3, "truck-obu"), (2, "dock-scanner")]);
    let days = draw.between(10, 30) * 365;
    Slot {
        common_name: format!("{model}-{number:06}.devices.halden.internal"),
        dns_names: Vec::new(),
        uris: Vec::new(),
        profile: Profile::Device { days },
    }
}

/// One place in a bundle: its number, what it is, what stands there.
type Member = (u64, Slot, Issued);

/// A source of certificate files.
pub struct TlsSource {
    pub name: &'static str,
    pub population: Population,
    slot: fn(u64, u64) -> Slot,
}

impl TlsSource {
    /// The three TLS sources: 3 % of the identities between them.
    pub fn plan(seed: u64, n_nhis: u64, timeline: &Timeline) -> Vec<Self> {
        let total = (n_nhis * 3 / 100).max(12);
        let population = |what, share: u64| Population::new(seed, what, 0, total * share / 100, timeline);
        vec![
            Self {
                name: "tls-edge",
                population: population("edge hosts", 45),
                slot: edge_slot,
            },
            Self {
                name: "tls-internal",
                population: population("internal hosts", 40),
                slot: internal_slot,
            },
            Self {
                name: "tls-devices",
                population: population("devices", 15),
                slot: device_slot,
            },
        ]
    }

    /// Writes the source's folder for one snapshot.
    pub fn write(
        &self,
        estate: &Estate,
        pki: &mut Pki,
        snapshot: &Snapshot,
        folder: &Path,
        truth: &mut SnapshotTruth,
    ) -> Result<()> {
        let folder = folder.join(self.name);
        fs::create_dir_all(&folder)?;
        let mut bundles: BTreeMap<(usize, u64), Vec<Member>> = BTreeMap::new();
        let mut windows_chain: Vec<Vec<u8>> = Vec::new();
        let mut java_trust: Vec<(String, Vec<u8>)> = Vec::new();
        let mut partner_store: Vec<(String, Vec<u8>)> = Vec::new();
        for life in self.population.alive(&estate.timeline, snapshot.index) {
            let slot = (self.slot)(estate.seed, life.ordinal);
            let issued = pki.in_slot(&slot, &estate.timeline, snapshot.index);
            self.count(&slot, &issued, truth);
            match life.ordinal {
                // The first edge hosts are also in the Java store of an old Tomcat, and in a cluster's secrets.
                0..3 => java_trust.push((alias(&slot), issued.der.clone())),
                3..6 => partner_store.push((alias(&slot), issued.der.clone())),
                _ => {}
            }
            match life.ordinal % 23 {
                7 => {
                    let file = folder.join(format!("{}.cer", file_name(&slot, life.ordinal)));
                    write_bytes(&file, &issued.der, truth)?;
                }
                11 if life.ordinal < 400 => windows_chain.push(issued.der),
                _ => {
                    let domain = (life.ordinal % DOMAINS.len() as u64) as usize;
                    bundles
                        .entry((domain, life.ordinal / 1_400))
                        .or_default()
                        .push((life.ordinal, slot, issued));
                }
            }
        }
        for ((domain, part), members) in &bundles {
            let name = self.bundle_name(&DOMAINS[*domain], *part);
            let mut out = Export::text(&estate.dirt, &folder, &name)?;
            for (ordinal, slot, issued) in members {
                if ordinal % 9 == 4 {
                    writeln!(out, "# {}  (renewed by {})", slot.common_name, DOMAINS[*domain].team)?;
                }
                out.write_all(pem("CERTIFICATE", &issued.der).as_bytes())?;
                if let (Some(key), true) = (&issued.pkcs8, ordinal % 31 == 9 && estate.dirt.plants_faults()) {
                    out.write_all(pem("PRIVATE KEY", key).as_bytes())?;
                    truth.problem("private_key_in_bundle", issued.fingerprint(), self.name, name.clone());
                }
            }
            // A full chain: the issuing CA follows the leaves, once a file.
            for profile in members
                .iter()
                .map(|(_, slot, _)| slot.profile)
                .filter(|profile| !matches!(profile, Profile::SelfSigned { .. } | Profile::Legacy))
                .take(1)
            {
                if let Some(issuer) = pki.issuer(profile) {
                    out.write_all(pem("CERTIFICATE", &issuer.der).as_bytes())?;
                    truth.certificate(issuer.sha256, issuer.not_after, issuer.strength);
                }
            }
            let (path, quirks) = out.finish()?;
            truth.file(&path, &quirks);
        }
        if !windows_chain.is_empty() {
            let members: Vec<&[u8]> = windows_chain.iter().map(Vec::as_slice).collect();
            write_bytes(&folder.join("iis-export.p7b"), &x509::pkcs7(&members), truth)?;
        }
        if self.name == "tls-edge" {
            let members: Vec<(&str, &[u8])> = java_trust
                .iter()
                .map(|(name, der)| (name.as_str(), der.as_slice()))
                .collect();
            let stored_at = estate.timeline.as_of(0) - 300 * DAY;
            write_bytes(
                &folder.join("tomcat-legacy.jks"),
                &x509::jks(&members, stored_at),
                truth,
            )?;
            for (_, der) in &java_trust {
                truth.join(
                    "certificate_in_key_store",
                    hex(&Sha256::digest(der)),
                    "tls-edge/tomcat-legacy.jks",
                );
            }
        }
        if self.name == "tls-internal" {
            let members: Vec<(&str, &[u8])> = partner_store
                .iter()
                .map(|(name, der)| (name.as_str(), der.as_slice()))
                .collect();
            let mut draw = Draw::new(estate.seed, "partner store", 0, snapshot.index as u64);
            write_bytes(&folder.join("partners.p12"), &x509::pkcs12(&members, &mut draw), truth)?;
        }
        Ok(())
    }

    fn bundle_name(&self, domain: &Domain, part: u64) -> String {
        let what = if self.name == "tls-devices" {
            "devices"
        } else {
            "fullchain"
        };
        match part {
            0 => format!("{}-{what}.pem", domain.name),
            part => format!("{}-{what}-{}.pem", domain.name, part + 1),
        }
    }

    fn count(&self, slot: &Slot, issued: &Issued, truth: &mut SnapshotTruth) {
        let kind = match slot.profile {
            Profile::Acme
            | Profile::Commercial
            | Profile::Internal { .. }
            | Profile::SelfSigned { .. }
            | Profile::Legacy => "tls_host",
            Profile::Mesh => "mesh_workload",
            Profile::Device { .. } => "device",
        };
        truth.nhi(self.name, "certificates", kind);
        truth.certificate(issued.sha256, issued.not_after, issued.strength);
        match issued.strength {
            Strength::Sound => {}
            Strength::Weak => truth.problem("weak_key", issued.fingerprint(), self.name, "RSA 1024"),
        }
    }
}

fn alias(slot: &Slot) -> String {
    slot.common_name.trim_start_matches("*.").to_owned()
}

fn file_name(slot: &Slot, ordinal: u64) -> String {
    let name = slot.common_name.trim_start_matches("*.");
    if name.is_empty() {
        format!("workload-{ordinal}")
    } else {
        name.to_owned()
    }
}

fn write_bytes(path: &Path, bytes: &[u8], truth: &mut SnapshotTruth) -> Result<()> {
    File::create(path)?.write_all(bytes)?;
    truth.file(path, &[]);
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
