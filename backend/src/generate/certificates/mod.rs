//! The company's certificates: its PKI, what each host or device holds at a snapshot, and the TLS sources.
//!
//! A slot is a place that holds one certificate (a host name, a device). It is renewed in time or, in a few slots,
//! forgotten. Publicly trusted ones follow the validity schedule of SC-081v3.

mod pki;
mod slots;
mod source;

pub use pki::{Issued, Pki};
pub use slots::edge_slot;
pub use source::TlsSource;

use super::Estate;
use super::company::Environment;
use super::governance::Said;
use super::timeline::Snapshot;
use super::truth::{IdentityTruth, Knowledge, SnapshotTruth};

/// One place that holds a certificate.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Whose it is: the number of a business area.
    pub domain: usize,
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
    /// The same, from a reseller who still sells two years.
    Overlong,
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

impl Slot {
    /// Whom the slot's certificates name: a SPIFFE id, a host, or a device.
    fn named(&self) -> &str {
        self.uris
            .first()
            .or(self.dns_names.first())
            .unwrap_or(&self.common_name)
    }
}

/// Records whom a slot's certificate names, as one source lists it.
pub fn record_named(
    estate: &Estate,
    snapshot: &Snapshot,
    slot: &Slot,
    source: &str,
    environment: Option<Environment>,
    truth: &mut SnapshotTruth,
) {
    let kind = match slot.profile {
        Profile::Acme
        | Profile::Commercial
        | Profile::Overlong
        | Profile::Internal { .. }
        | Profile::SelfSigned { .. }
        | Profile::Legacy => "tls_host",
        Profile::Mesh => "mesh_workload",
        Profile::Device { .. } => "device",
    };
    let id = slot.named();
    let governance = estate.governance(&[id], Said::default(), environment, snapshot.as_of);
    truth.named(IdentityTruth {
        credentials: Knowledge::Known,
        ..IdentityTruth::new(id, kind, source, &governance)
    });
}
