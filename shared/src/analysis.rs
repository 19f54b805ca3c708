//! One snapshot, judged: every identity against every criterion, once, so that every number is a fold over it.

use std::sync::{Arc, OnceLock};

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use crate::access::decision::Holds;
use crate::access::standing::Standing;
use crate::access::{self, Access, Wildcards};
use crate::api::query::{BadQuery, Facet};
use crate::config::Config;
use crate::graph::Graph;
use crate::kpi::catalog::CRITERIA;
use crate::kpi::formulas::{self, CLEAN};
use crate::lists::{Lists, Within};
use crate::merge::cluster_subject;
use crate::model::credential::CredentialKind;
use crate::model::grant::TrustKind;
use crate::model::instant::Expiry;
use crate::model::principal::{HandleKind, Principal};
use crate::model::ratio::{Ratio, Verdict};
use crate::model::snapshot::{Credential, CredentialId, Evidence, Identity, IdentityId, Snapshot, SourceId, Trust};
use crate::model::strings::Sym;
use crate::model::thresholds::{ThresholdId, Thresholds};
use crate::reading::aws_trust::EKS_POD_IDENTITY;
use crate::rules::severity::Tier;
use crate::rules::{self, Finding, Findings, RULES, Tally};

/// A snapshot with the verdicts that KPIs and lists share. Immutable.
pub struct Analysis {
    pub snapshot: Arc<Snapshot>,
    pub config: Config,
    /// For each identity, one verdict for each of [`CRITERIA`]; `None` where the criterion does not apply.
    pub criteria: Vec<[Option<Verdict>; CRITERIA.len()]>,
    /// For each identity in scope: do all criteria in force hold?
    pub governed: Vec<Option<Verdict>>,
    /// Which criteria are measured and in force; the others are named beside the number.
    pub in_force: [Force; CRITERIA.len()],
    /// Certificates, in the order of their credentials.
    pub certificates: Vec<CredentialId>,
    /// For each credential: how many holders, or places in other environments, share its fingerprint.
    pub n_sharing: Vec<u32>,
    /// For each credential: in how many known environments its holders, and those of its fingerprint, are.
    pub n_environments: Vec<u32>,
    /// For each certificate that renews another: does it have a new key?
    pub rekeyed: HashMap<CredentialId, Verdict>,
    trusts_to: Arc<TrustsTo>,
    /// For each source, what its exports tell of.
    pub told_of: Vec<ToldOf>,
    /// Identities that only workloads which are gone may act as, each with one of those trusts.
    pub abandoned: HashMap<IdentityId, u32>,
    /// What each access policy that an export defines allows by wildcards; absent when it has none.
    pub wildcards: Arc<HashMap<Sym, Wildcards>>,
    pub findings: Arc<Findings>,
    /// What each identity can do, and become.
    pub access: Arc<Access>,
    pub lists: Arc<Lists>,
    /// The part of the estate that numbers are of; lists and findings are of all of it.
    pub within: Within,
    /// See [`Analysis::graph`].
    graph: OnceLock<Graph>,
}

/// The trusts of which each identity is the target: indices into [`Snapshot::trusts`].
struct TrustsTo {
    /// Where each identity's begin in `trusts`, and where the last one's end.
    starts: Vec<u32>,
    trusts: Vec<u32>,
}

/// Whether a criterion counts towards "governed".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    InForce,
    /// `rollcall.toml` leaves it out.
    SwitchedOff,
    /// Nothing in the estate lets it be measured.
    NotMeasured,
}

impl Analysis {
    /// The identity graph, built when it is first asked for: who only looks at numbers neither waits nor pays for it.
    pub fn graph(&self) -> &Graph {
        self.graph.get_or_init(|| Graph::new(&self.snapshot, &self.access))
    }

    /// Whether a criterion counts towards "governed" here.
    pub fn in_force_of(&self, criterion: &str) -> bool {
        CRITERIA
            .iter()
            .zip(self.in_force)
            .any(|(id, force)| *id == criterion && force == Force::InForce)
    }

    /// The criterion that alone keeps an identity from being governed for certain: all others in force hold.
    pub fn lacks(&self, identity: usize) -> Option<&'static str> {
        let criteria = CRITERIA.iter().zip(self.in_force).zip(&self.criteria[identity]);
        let mut short = criteria.filter(|((_, force), verdict)| {
            *force == Force::InForce && verdict.is_some_and(|verdict| verdict != Verdict::Pass)
        });
        let ((only, _), _) = short.next()?;
        short.next().is_none().then_some(*only)
    }

    /// Whether any review is recorded in the estate.
    pub fn has_reviews(&self) -> bool {
        has_reviews(&self.snapshot)
    }

    /// The same snapshot, its criteria judged by other thresholds. No column of the lists has a threshold; of the rules
    /// whose findings can be critical, and so count for a criterion, only those that ask for what is short-lived have.
    pub fn under(&self, thresholds: Thresholds) -> Analysis {
        let mut analysis = Analysis {
            snapshot: Arc::clone(&self.snapshot),
            config: Config {
                thresholds,
                ..self.config.clone()
            },
            criteria: Vec::new(),
            governed: Vec::new(),
            in_force: self.in_force,
            certificates: self.certificates.clone(),
            n_sharing: self.n_sharing.clone(),
            n_environments: self.n_environments.clone(),
            rekeyed: self.rekeyed.clone(),
            trusts_to: Arc::clone(&self.trusts_to),
            told_of: self.told_of.clone(),
            abandoned: self.abandoned.clone(),
            wildcards: Arc::clone(&self.wildcards),
            findings: Arc::clone(&self.findings),
            access: Arc::clone(&self.access),
            lists: Arc::clone(&self.lists),
            within: self.within.clone(),
            graph: OnceLock::new(),
        };
        analysis.judge_criteria();
        let short_lived = |of: &Analysis| of.config.thresholds.get(ThresholdId::ShortLivedHours).value;
        if short_lived(&analysis) != short_lived(self) {
            analysis.findings = Arc::new(rules::judge(&analysis));
        }
        analysis.judge_governed();
        analysis
    }

    /// Everything but verdicts and lists.
    fn unjudged(snapshot: Snapshot, access: Access, config: &Config) -> Analysis {
        let certificates = (0..snapshot.credentials.len() as u32)
            .map(CredentialId)
            .filter(|&id| snapshot.credential(id).kind == CredentialKind::Certificate)
            .collect();
        let has_reviews = has_reviews(&snapshot);
        let in_force = CRITERIA.map(|criterion| match criterion {
            "reviewed" if !has_reviews => Force::NotMeasured,
            _ if config.criteria.is_empty() || config.criteria.iter().any(|id| id == criterion) => Force::InForce,
            _ => Force::SwitchedOff,
        });
        let trusts_to = TrustsTo::new(&snapshot);
        let (n_sharing, n_environments) = count_sharing(&snapshot);
        Analysis {
            n_sharing,
            n_environments,
            told_of: ToldOf::of_sources(&snapshot),
            abandoned: find_abandoned(&snapshot, &trusts_to),
            wildcards: Arc::new(access::wildcards(&snapshot.policies, &snapshot.strings)),
            rekeyed: find_renewals(&snapshot),
            trusts_to: Arc::new(trusts_to),
            findings: Arc::default(),
            access: Arc::new(access),
            snapshot: Arc::new(snapshot),
            config: config.clone(),
            criteria: Vec::new(),
            governed: Vec::new(),
            in_force,
            certificates,
            lists: Arc::default(),
            within: Within::default(),
            graph: OnceLock::new(),
        }
    }

    fn judge_criteria(&mut self) {
        let n_identities = self.snapshot.identities.len();
        self.criteria = (0..n_identities).map(|index| formulas::criteria(self, index)).collect();
    }

    /// Once the findings are there.
    fn judge_governed(&mut self) {
        for (index, criteria) in self.criteria.iter_mut().enumerate() {
            let in_scope = formulas::in_scope(&self.snapshot.identities[index]);
            criteria[CLEAN] = in_scope.then(|| self.findings.clean[index]);
        }
        self.governed = self
            .criteria
            .iter()
            .map(|verdicts| governed(verdicts, &self.in_force))
            .collect();
    }

    /// The same analysis, its numbers those of a part of the estate: what has these values.
    ///
    /// # Errors
    /// When a list has no such facet.
    pub fn of_part(&self, filters: &[(Facet, String)]) -> Result<Analysis, BadQuery> {
        let mut part = self.under(self.config.thresholds.clone());
        part.within = Within::new(self, filters)?;
        Ok(part)
    }

    /// The ways in which others may act as an identity, in the order of the files.
    pub fn trusts_to(&self, identity: IdentityId) -> impl Iterator<Item = &Trust> {
        let trusts = self.trusts_to.of(identity.0 as usize).iter();
        trusts.map(|&at| &self.snapshot.trusts[at as usize])
    }
}

/// What the exports of a source tell of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToldOf {
    /// What runs as which identity.
    pub workloads: bool,
    /// Who may do what.
    pub grants: bool,
}

impl ToldOf {
    fn of_sources(snapshot: &Snapshot) -> Vec<ToldOf> {
        let mut told = vec![ToldOf::default(); snapshot.sources.len()];
        let source = |evidence: Evidence| snapshot.file(evidence.file).source.0 as usize;
        for trust in snapshot.trusts.iter().filter(|trust| trust.kind == TrustKind::RunsAs) {
            told[source(trust.evidence)].workloads = true;
        }
        for grant in &snapshot.grants {
            told[source(grant.evidence)].grants = true;
        }
        told
    }
}

impl TrustsTo {
    fn new(snapshot: &Snapshot) -> TrustsTo {
        let target = |at: &u32| snapshot.trusts[*at as usize].target_identity;
        let mut trusts: Vec<u32> = (0..snapshot.trusts.len() as u32)
            .filter(|at| target(at).is_some())
            .collect();
        trusts.sort_by_key(target);
        let mut starts = vec![0; snapshot.identities.len() + 1];
        for identity in trusts.iter().filter_map(target) {
            starts[identity.0 as usize + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        TrustsTo { starts, trusts }
    }

    fn of(&self, identity: usize) -> &[u32] {
        &self.trusts[self.starts[identity] as usize..self.starts[identity + 1] as usize]
    }
}

/// Judges a snapshot.
pub fn analyze(snapshot: Snapshot, config: &Config) -> Analysis {
    let access = Access::new(&snapshot);
    let mut analysis = Analysis::unjudged(snapshot, access, config);
    analysis.judge_criteria();
    analysis.findings = Arc::new(rules::judge(&analysis));
    analysis.judge_governed();
    analysis.lists = Arc::new(Lists::new(&analysis));
    analysis
}

/// What takes long to find out about a snapshot, as [`analyze`] found it before.
pub struct Judged {
    pub standings: Vec<Standing>,
    pub power: Vec<Holds>,
    pub acts_in_production: Option<Vec<Holds>>,
    pub criteria: Vec<[Option<Verdict>; CRITERIA.len()]>,
    pub findings: Vec<Finding>,
    /// For each rule, what it came to, and how many of its findings are waived.
    pub tallies: Vec<(Ratio, u64)>,
    pub tiers: Vec<Tier>,
    pub clean: Vec<Verdict>,
    pub unjudged: Vec<u64>,
    pub lists: Lists,
}

/// [`analyze`] of a snapshot and a configuration for which it is known what that finds.
pub fn judged_before(snapshot: Snapshot, config: &Config, judged: Judged) -> Analysis {
    let access = Access::found_before(&snapshot, judged.standings, judged.power, judged.acts_in_production);
    let mut analysis = Analysis::unjudged(snapshot, access, config);
    analysis.criteria = judged.criteria;
    let tallies = judged.tallies.into_iter().zip(RULES);
    let tallies = tallies.map(|((ratio, n_waived), rule)| Tally {
        ratio,
        n_waived,
        unmeasured: rule.unmeasured(&analysis),
    });
    analysis.findings = Arc::new(Findings {
        tallies: tallies.collect(),
        all: judged.findings,
        tiers: judged.tiers,
        clean: judged.clean,
        unjudged: judged.unjudged,
    });
    analysis.judge_governed();
    analysis.lists = Arc::new(judged.lists);
    analysis
}

fn has_reviews(snapshot: &Snapshot) -> bool {
    snapshot.n_decisions > 0 || snapshot.registry.iter().any(|row| row.reviewed_at.is_some())
}

fn governed(verdicts: &[Option<Verdict>; CRITERIA.len()], in_force: &[Force; CRITERIA.len()]) -> Option<Verdict> {
    let counted = verdicts
        .iter()
        .zip(in_force)
        .filter(|(_, force)| **force == Force::InForce);
    counted
        .map(|(verdict, _)| *verdict)
        .try_fold(Verdict::Pass, |all, verdict| Some(all.and(verdict?)))
}

/// A fingerprint that stands in several credentials, or a credential with several holders or places.
fn count_sharing(snapshot: &Snapshot) -> (Vec<u32>, Vec<u32>) {
    let mut uses: HashMap<Sym, HashSet<(u32, Option<Sym>)>> = HashMap::new();
    for (index, credential) in snapshot.credentials.iter().enumerate() {
        if let Some(fingerprint) = credential.fingerprint {
            let users = uses.entry(fingerprint).or_default();
            match credential.holders.as_slice() {
                [] => {
                    users.insert((u32::MAX - index as u32, credential.environment));
                }
                holders => users.extend(
                    holders
                        .iter()
                        .map(|holder| (holder.0, snapshot.identity(*holder).environment)),
                ),
            }
        }
    }
    let n_users = |fingerprint: Sym| uses.get(&fingerprint).map_or(1, |users| users.len() as u32);
    let n_environments = |credential: &Credential| {
        let of_holders = credential
            .holders
            .iter()
            .map(|holder| snapshot.identity(*holder).environment);
        let of_fingerprint = credential.fingerprint.and_then(|fingerprint| uses.get(&fingerprint));
        let mut known: SmallVec<[Sym; 4]> = of_holders
            .chain(
                of_fingerprint
                    .into_iter()
                    .flatten()
                    .map(|(_, environment)| *environment),
            )
            .flatten()
            .collect();
        known.sort_unstable();
        known.dedup();
        known.len() as u32
    };
    let credentials = || snapshot.credentials.iter();
    (
        credentials()
            .map(|credential| credential.fingerprint.map_or(1, n_users))
            .collect(),
        credentials().map(n_environments).collect(),
    )
}

/// Identities whose only way in is a workload of the estate's clusters that is gone: their trusts name service accounts
/// that no cluster with that issuer has, though all of its exports are here.
///
/// Which source an issuer is of follows from its other trusts, whose service accounts are found.
fn find_abandoned(snapshot: &Snapshot, trusts_to: &TrustsTo) -> HashMap<IdentityId, u32> {
    let subject_of = |trust: &Trust| match trust.actor {
        Principal::Federated {
            issuer,
            subject: Some(subject),
        } => cluster_subject(snapshot.strings.get(subject)).map(|account| (issuer, account)),
        Principal::Federated { subject: None, .. }
        | Principal::Identity(_)
        | Principal::Group(_)
        | Principal::Anyone
        | Principal::AnyoneAuthenticated
        | Principal::Account(_)
        | Principal::PlatformService(_)
        | Principal::Workload(_)
        | Principal::Named(_) => None,
    };
    let is_of_cluster = |identity: &Identity| {
        let handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
        handles
            .into_iter()
            .any(|handle| handle.kind == HandleKind::KubernetesServiceAccount)
    };
    let mut sources: HashMap<Sym, Vec<SourceId>> = HashMap::new();
    for trust in &snapshot.trusts {
        if let (Some((issuer, _)), Some(actor)) = (subject_of(trust), trust.actor_identity) {
            let source = snapshot.identity(actor).source;
            let known = sources.entry(issuer).or_default();
            if is_of_cluster(snapshot.identity(actor)) && !known.contains(&source) {
                known.push(source);
            }
        }
    }
    let is_gone = |at: &u32| {
        let trust = &snapshot.trusts[*at as usize];
        let of_issuer = |(issuer, account): (Sym, String)| {
            // Pods of all EKS clusters have one issuer: another cluster may have the account.
            let sources = sources
                .get(&issuer)
                .filter(|_| snapshot.strings.get(issuer) != EKS_POD_IDENTITY)?;
            let is_listed = |source: &SourceId| {
                let source = snapshot.source(*source);
                let id = format!(
                    "{}{}/{account}",
                    HandleKind::KubernetesServiceAccount.prefix(),
                    source.name
                );
                !source.gaps.is_empty() || snapshot.find(&id).is_some()
            };
            Some(!sources.iter().any(is_listed))
        };
        trust.actor_identity.is_none() && subject_of(trust).and_then(of_issuer) == Some(true)
    };
    let mut abandoned = HashMap::new();
    for index in 0..snapshot.identities.len() {
        let trusts = trusts_to.of(index);
        if let Some(first) = trusts.first()
            && trusts.iter().all(is_gone)
        {
            abandoned.insert(IdentityId(index as u32), *first);
        }
    }
    abandoned
}

/// Certificates of the same subject, names and issuer, in the order of issue: each but the first renews the one before
/// it. The subject alone does not do: SPIRE gives all workloads one, and certificates of names alone have none.
fn find_renewals(snapshot: &Snapshot) -> HashMap<CredentialId, Verdict> {
    let mut chains: HashMap<(Sym, Vec<Sym>, Sym), Vec<CredentialId>> = HashMap::new();
    for (index, credential) in snapshot.credentials.iter().enumerate() {
        if let Some(certificate) = &credential.certificate {
            let mut names = certificate.names.clone();
            names.sort_unstable();
            chains
                .entry((certificate.subject, names, certificate.issuer))
                .or_default()
                .push(CredentialId(index as u32));
        }
    }
    let mut rekeyed = HashMap::new();
    for mut chain in chains.into_values() {
        let certificate = |id: &CredentialId| snapshot.credential(*id).certificate.as_deref();
        chain.sort_by_key(|id| (certificate(id).map(|certificate| certificate.not_before), *id));
        for pair in chain.windows(2) {
            if let (Some(older), Some(newer)) = (certificate(&pair[0]), certificate(&pair[1])) {
                // Two certificates of one name that run side by side from the start are no renewal.
                let ends_later = matches!((older.not_after, newer.not_after), (Expiry::At(a), Expiry::At(b)) if b > a);
                if newer.not_before > older.not_before && ends_later {
                    let keys = older.public_key_sha256.zip(newer.public_key_sha256);
                    rekeyed.insert(pair[1], Verdict::of(keys.map(|(older, newer)| older != newer)));
                }
            }
        }
    }
    rekeyed
}
