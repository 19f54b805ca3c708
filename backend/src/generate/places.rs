//! Where the company runs things: how many cloud accounts, projects and clusters there are, how large each is, whose,
//! and in which stage.

use super::company::{DOMAINS, Domain, Environment};

/// One cloud account, project or cluster to be.
#[derive(Clone, Copy)]
pub struct Place {
    pub domain: &'static Domain,
    pub environment: Environment,
    /// Counts places of the same domain and stage from 0.
    pub round: usize,
    /// How many identities it holds.
    pub size: u64,
}

impl Place {
    /// `payments-prod`, and `payments-prod-2` for the second of its kind.
    pub fn name(&self) -> String {
        let name = format!("{}-{}", self.domain.name, self.environment.short());
        match self.round {
            0 => name,
            round => format!("{name}-{}", round + 1),
        }
    }
}

/// The share of identities in each stage, in per mille.
const SHARES: [(Environment, u64); 4] = [
    (Environment::Prod, 380),
    (Environment::Staging, 170),
    (Environment::Dev, 330),
    (Environment::Sandbox, 120),
];

/// Shares `total` identities out over `n_places`, largest first. Each place gets the stage that lacks most of its
/// share so far, so that few places come as near to the shares as many; and the domain whose turn it is in that
/// stage, where the first of all is the one numbered `first_domain`.
pub fn plan(total: u64, n_places: usize, first_domain: usize) -> Vec<Place> {
    let mut planned = [0_u64; SHARES.len()];
    let mut turns = [0_usize; SHARES.len()];
    let mut so_far = 0;
    sizes(total, n_places)
        .into_iter()
        .map(|size| {
            so_far += size;
            let lacking = |stage: usize| (so_far * SHARES[stage].1 / 1_000) as i64 - planned[stage] as i64;
            let stage = (0..SHARES.len())
                .max_by_key(|stage| (lacking(*stage), SHARES[*stage].1))
                .unwrap_or(0);
            let turn = turns[stage];
            turns[stage] += 1;
            planned[stage] += size;
            let environment = SHARES[stage].0;
            // Sandboxes are for trying things out: the labs come first there.
            let first = match environment {
                Environment::Sandbox => DOMAINS.len() - 1,
                Environment::Prod | Environment::Staging | Environment::Dev => first_domain,
            };
            Place {
                domain: &DOMAINS[(first + turn) % DOMAINS.len()],
                environment,
                round: turn / DOMAINS.len(),
                size,
            }
        })
        .collect()
}

/// Splits `total` into `n_parts` with Zipf weights, largest first, nothing lost to rounding. Few parts are more alike
/// than many, so that the largest holds between a quarter and a third.
fn sizes(total: u64, n_parts: usize) -> Vec<u64> {
    let exponent = if n_parts < 12 { 0.6 } else { 1.1 };
    let weights: Vec<f64> = (1..=n_parts).map(|rank| libm::pow(rank as f64, -exponent)).collect();
    let sum: f64 = weights.iter().sum();
    let mut parts: Vec<u64> = weights
        .iter()
        .map(|weight| (total as f64 * weight / sum) as u64)
        .collect();
    // Rounding down loses less than one a part.
    let left = total - parts.iter().sum::<u64>();
    for part in parts.iter_mut().take(left as usize) {
        *part += 1;
    }
    parts
}
