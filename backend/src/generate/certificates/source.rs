//! The sources of certificate files: bundles in PEM, single files in DER, and the stores of Windows and Java.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::Result;

use super::slots::{device_slot, edge_slot, internal_slot};
use super::{Issued, Profile, Slot, record_named};
use crate::generate::Estate;
use crate::generate::company::{DOMAINS, Domain, Environment};
use crate::generate::dirt::Export;
use crate::generate::draw::{DAY, Draw};
use crate::generate::timeline::{Population, Snapshot, Timeline};
use crate::generate::truth::SnapshotTruth;
use crate::generate::x509::{self, pem};

/// A source of certificate files.
pub struct TlsSource {
    pub name: &'static str,
    pub environment: Option<Environment>,
    population: Population,
    slot: fn(u64, u64) -> Slot,
}

/// One place in a bundle: its number, what it is, what stands there, and what stood there before.
struct Member {
    number: u64,
    slot: Slot,
    issued: Issued,
    left_behind: Option<Issued>,
}

impl TlsSource {
    /// The three TLS sources: 3 % of the identities between them. Internal hosts serve every stage.
    pub fn plan(seed: u64, n_nhis: u64, timeline: &Timeline) -> Vec<Self> {
        let total = (n_nhis * 3 / 100).max(12);
        let population = |what, share: u64| Population::new(seed, what, 0, total * share / 100, timeline);
        vec![
            Self {
                name: "tls-edge",
                environment: Some(Environment::Prod),
                population: population("edge hosts", 45),
                slot: edge_slot,
            },
            Self {
                name: "tls-internal",
                environment: None,
                population: population("internal hosts", 40),
                slot: internal_slot,
            },
            Self {
                name: "tls-devices",
                environment: Some(Environment::Prod),
                population: population("devices", 15),
                slot: device_slot,
            },
        ]
    }

    /// Writes the source's folder for one snapshot.
    pub fn write(&self, estate: &Estate, snapshot: &Snapshot, folder: &Path, truth: &mut SnapshotTruth) -> Result<()> {
        let folder = folder.join(self.name);
        fs::create_dir_all(&folder)?;
        truth.source(self.name, self.environment);
        let mut bundles: BTreeMap<(usize, u64), Vec<Member>> = BTreeMap::new();
        let mut windows_chain: Vec<Vec<u8>> = Vec::new();
        let mut store: Vec<(String, Issued)> = Vec::new();
        let first_stored = if self.name == "tls-internal" { 3 } else { 0 };
        for life in self.population.alive(&estate.timeline, snapshot.index) {
            let slot = (self.slot)(estate.seed, life.ordinal);
            let issued = estate.pki.in_slot(&slot, &estate.timeline, snapshot.index);
            record_named(estate, snapshot, &slot, self.name, self.environment, truth);
            self.record(&issued, "file", truth);
            if (first_stored..first_stored + 3).contains(&life.ordinal) {
                store.push((file_name(&slot, life.ordinal), issued.clone()));
            }
            match life.ordinal % 23 {
                7 => {
                    let file = folder.join(format!("{}.cer", file_name(&slot, life.ordinal)));
                    write_bytes(&file, &issued.der, truth)?;
                }
                11 if life.ordinal < 400 => windows_chain.push(issued.der),
                _ => {
                    let bundle = bundles.entry((slot.domain, life.ordinal / 1_400)).or_default();
                    bundle.push(Member {
                        number: life.ordinal,
                        left_behind: estate.pki.left_behind(&slot, &estate.timeline, snapshot.index),
                        slot,
                        issued,
                    });
                }
            }
        }
        for ((domain, part), members) in &bundles {
            self.write_bundle(estate, &folder, &DOMAINS[*domain], *part, members, truth)?;
        }
        if !windows_chain.is_empty() {
            let members: Vec<&[u8]> = windows_chain.iter().map(Vec::as_slice).collect();
            write_bytes(&folder.join("iis-export.p7b"), &x509::pkcs7(&members), truth)?;
        }
        self.write_store(estate, snapshot, &folder, &store, truth)
    }

    fn write_bundle(
        &self,
        estate: &Estate,
        folder: &Path,
        domain: &Domain,
        part: u64,
        members: &[Member],
        truth: &mut SnapshotTruth,
    ) -> Result<()> {
        let name = self.bundle_name(domain, part);
        let mut out = Export::text(&estate.dirt, folder, &name)?;
        for member in members {
            if member.number % 9 == 4 {
                writeln!(out, "# {}  (renewed by {})", member.slot.common_name, domain.team)?;
            }
            out.write_all(pem("CERTIFICATE", &member.issued.der).as_bytes())?;
            if let Some(old) = &member.left_behind {
                out.write_all(pem("CERTIFICATE", &old.der).as_bytes())?;
                self.record(old, "file", truth);
                let kind = if old.key_identifier == member.issued.key_identifier {
                    "renewed_with_same_key"
                } else {
                    "renewed_with_new_key"
                };
                truth.join(kind, old.fingerprint(), member.issued.fingerprint());
            }
            if let (Some(key), true) = (
                &member.issued.pkcs8,
                member.number % 31 == 9 && estate.dirt.plants_faults(),
            ) {
                out.write_all(pem("PRIVATE KEY", key).as_bytes())?;
                truth.problem(
                    "private_key_in_bundle",
                    member.issued.fingerprint(),
                    self.name,
                    name.clone(),
                );
            }
        }
        // A full chain: the issuing CA of the first leaf that has one follows the leaves.
        let issuer = members
            .iter()
            .filter(|member| !matches!(member.slot.profile, Profile::SelfSigned { .. } | Profile::Legacy))
            .find_map(|member| estate.pki.issuer(member.slot.profile));
        if let Some(issuer) = issuer {
            out.write_all(pem("CERTIFICATE", &issuer.der).as_bytes())?;
            self.record(issuer, "file", truth);
        }
        let (path, quirks) = out.finish()?;
        truth.file(&path, &quirks);
        Ok(())
    }

    /// The key store that a part of the hosts is also in.
    fn write_store(
        &self,
        estate: &Estate,
        snapshot: &Snapshot,
        folder: &Path,
        store: &[(String, Issued)],
        truth: &mut SnapshotTruth,
    ) -> Result<()> {
        let members: Vec<(&str, &[u8])> = store
            .iter()
            .map(|(name, issued)| (name.as_str(), issued.der.as_slice()))
            .collect();
        let (name, bytes) = match self.name {
            "tls-edge" => {
                let stored_at = estate.timeline.as_of(0) - 300 * DAY;
                ("tomcat-legacy.jks", x509::jks(&members, stored_at))
            }
            "tls-internal" => {
                let mut draw = Draw::new(estate.seed, "partner store", 0, snapshot.index as u64);
                ("partners.p12", x509::pkcs12(&members, &mut draw))
            }
            _ => return Ok(()),
        };
        for (_, issued) in store {
            self.record(issued, name, truth);
        }
        write_bytes(&folder.join(name), &bytes, truth)
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

    fn record(&self, issued: &Issued, place: &str, truth: &mut SnapshotTruth) {
        let place = format!("{}/{place}", self.name);
        truth.certificate(issued, place);
    }
}

/// The name under which a certificate is filed.
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
