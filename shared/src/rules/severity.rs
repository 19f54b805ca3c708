//! How bad a finding is: a table of three facts, and nothing else.

pub use super::codes::Severity;
use crate::access::decision::Holds;
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::identity::{IdentityKind, Status};
use crate::model::snapshot::{CredentialId, IdentityId};
use bitcode::{Decode, Encode};

/// What the identity can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Tier {
    /// An administrator, or the account's root.
    Administrator,
    /// Whoever can become an administrator: it takes steps, which may be seen.
    Escalates,
    /// No export tells what it may do.
    NotKnown,
    /// Less than an administrator.
    Limited,
}

/// From where the flaw that was found can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exposure {
    /// Somebody outside the organisation can use it, or may have what it takes.
    Outside,
    /// Whoever copies a stored secret can use it, from anywhere.
    Portable,
    /// It takes a place inside the platform to use it.
    Inside,
    /// It opens nothing by itself: a record, a review or a renewal is due.
    Upkeep,
}

/// Whether the subject still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Works {
    /// It does, or nothing says that it does not.
    Yes,
    /// It is switched off, revoked or ended.
    No,
}

/// The three facts of one finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    pub tier: Tier,
    pub exposure: Exposure,
    pub works: Works,
}

impl Facts {
    /// The published table.
    pub fn severity(self) -> Severity {
        match (self.works, self.exposure, self.tier) {
            (Works::No, ..) => Severity::Low,
            (Works::Yes, Exposure::Outside, Tier::Administrator) => Severity::Critical,
            (Works::Yes, Exposure::Outside, Tier::Escalates | Tier::NotKnown | Tier::Limited) => Severity::High,
            (Works::Yes, Exposure::Portable, Tier::Administrator | Tier::Escalates) => Severity::High,
            (Works::Yes, Exposure::Portable, Tier::NotKnown | Tier::Limited) => Severity::Medium,
            (Works::Yes, Exposure::Inside | Exposure::Upkeep, Tier::Administrator | Tier::Escalates) => {
                Severity::Medium
            }
            (Works::Yes, Exposure::Inside | Exposure::Upkeep, Tier::NotKnown | Tier::Limited) => Severity::Low,
        }
    }

    /// The worst that it can be, should what is not known be so.
    pub fn at_worst(self) -> Severity {
        let tier = match self.tier {
            Tier::Administrator | Tier::NotKnown => Tier::Administrator,
            Tier::Escalates => Tier::Escalates,
            Tier::Limited => Tier::Limited,
        };
        Facts { tier, ..self }.severity()
    }

    /// The facts as a phrase: "administrator; usable from outside; works".
    pub fn in_words(self) -> String {
        let works = match self.works {
            Works::Yes => "works",
            Works::No => "no longer works",
        };
        format!("{}; {}; {works}", self.tier.title(), self.exposure.title())
    }
}

impl Tier {
    pub const ALL: [Tier; 4] = [Tier::Administrator, Tier::Escalates, Tier::NotKnown, Tier::Limited];

    pub fn title(self) -> &'static str {
        match self {
            Tier::Administrator => "administrator",
            Tier::Escalates => "can become an administrator",
            Tier::NotKnown => "privilege not known",
            Tier::Limited => "limited privilege",
        }
    }
}

impl Exposure {
    pub const ALL: [Exposure; 4] = [
        Exposure::Outside,
        Exposure::Portable,
        Exposure::Inside,
        Exposure::Upkeep,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Exposure::Outside => "usable from outside",
            Exposure::Portable => "usable with a copied secret",
            Exposure::Inside => "usable from inside the platform",
            Exposure::Upkeep => "opens nothing by itself",
        }
    }
}

/// The privilege tier of one identity.
pub fn tier_of_identity(analysis: &Analysis, index: usize) -> Tier {
    let identity = &analysis.snapshot.identities[index];
    if identity.kind == IdentityKind::Root {
        return Tier::Administrator;
    }
    let standing = analysis.access.standing(IdentityId(index as u32));
    match standing.is_administrator {
        Holds::Yes => Tier::Administrator,
        Holds::No if standing.can_escalate == Holds::Yes => Tier::Escalates,
        Holds::No if !identity.grants.is_empty() => Tier::Limited,
        Holds::Maybe | Holds::No => Tier::NotKnown,
    }
}

/// The highest tier among those who hold a credential.
pub fn tier_of_credential(analysis: &Analysis, tiers: &[Tier], index: usize) -> Tier {
    let holders = &analysis.snapshot.credentials[index].holders;
    let tiers = holders.iter().map(|holder| tiers[holder.0 as usize]);
    tiers.min().unwrap_or(Tier::NotKnown)
}

pub fn identity_works(analysis: &Analysis, index: usize) -> Works {
    match analysis.snapshot.identities[index].status {
        Status::Active | Status::Unknown => Works::Yes,
        Status::Disabled => Works::No,
    }
}

/// A credential works when it is active and somebody who holds it is not switched off.
pub fn credential_works(analysis: &Analysis, index: usize) -> Works {
    let snapshot = &analysis.snapshot;
    let credential = snapshot.credential(CredentialId(index as u32));
    let is_off = |holder: &IdentityId| identity_works(analysis, holder.0 as usize) == Works::No;
    let all_off = !credential.holders.is_empty() && credential.holders.iter().all(is_off);
    match formulas::is_active(credential, snapshot.as_of) && !all_off {
        true => Works::Yes,
        false => Works::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_of_a_fact_is_never_less_bad() {
        let severity = |tier, exposure| {
            let works = Works::Yes;
            Facts { tier, exposure, works }.severity()
        };
        for tiers in Tier::ALL.windows(2) {
            for exposure in Exposure::ALL {
                assert!(severity(tiers[0], exposure) <= severity(tiers[1], exposure));
            }
        }
        for exposures in Exposure::ALL.windows(2) {
            for tier in Tier::ALL {
                assert!(severity(tier, exposures[0]) <= severity(tier, exposures[1]));
            }
        }
        assert_eq!(severity(Tier::Administrator, Exposure::Outside), Severity::Critical);
        assert_eq!(severity(Tier::Limited, Exposure::Outside), Severity::High);
    }
}
