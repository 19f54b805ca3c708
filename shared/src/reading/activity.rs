//! How identities act, gathered from the lines of a log: on which days, in which services and Regions, from where and
//! with what. Of many lines the first and the last of each value are kept.

use std::net::IpAddr;

use hashbrown::HashMap;

use super::absent::present;
use crate::model::batch::Batch;
use crate::model::instant::{Instant, SECONDS_PER_DAY};
use crate::model::principal::Handle;
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::model::usage::{ActivityFact, Aspect, BROWSER, CONSOLE};

/// What one line of a log says of how an identity acted. All of it may be missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Act<'a> {
    pub service: Option<&'a str>,
    /// A Region of the platform, or the country that it saw the call come from.
    pub region: Option<&'a str>,
    /// An IP address; what is none comes from nowhere in particular.
    pub address: Option<&'a str>,
    /// The program as it introduced itself.
    pub user_agent: Option<&'a str>,
}

/// What the lines of one file come to. `W` is where a line stands, in whatever form is cheap to keep.
pub struct Acts<W> {
    /// By identity, aspect and value: the first time, and the last.
    values: HashMap<(Handle, Aspect, Sym), (Seen<W>, Instant)>,
    /// By identity and day since 1970: the first time.
    days: HashMap<(Handle, i64), Seen<W>>,
}

#[derive(Clone, Copy)]
struct Seen<W> {
    at: Instant,
    at_line: W,
}

impl<W> Default for Acts<W> {
    fn default() -> Self {
        Acts {
            values: HashMap::new(),
            days: HashMap::new(),
        }
    }
}

impl<W: Copy> Acts<W> {
    /// Notes what an identity did at an instant.
    pub fn note(&mut self, who: Handle, at: Instant, at_line: W, act: Act<'_>, batch: &mut Batch) {
        let seen = Seen { at, at_line };
        let day = self.days.entry((who, at.0.div_euclid(SECONDS_PER_DAY))).or_insert(seen);
        if at < day.at {
            *day = seen;
        }
        let network = act.address.and_then(network_of);
        let values = [
            (Aspect::Service, act.service.and_then(present)),
            (Aspect::Region, act.region.and_then(present)),
            (Aspect::Network, network.as_deref()),
            (Aspect::UserAgent, act.user_agent.and_then(program_of)),
        ];
        for (aspect, value) in values {
            let Some(value) = value else { continue };
            let value = batch.sym(value);
            let (first, last_at) = self.values.entry((who, aspect, value)).or_insert((seen, at));
            if at < first.at {
                *first = seen;
            }
            *last_at = at.max(*last_at);
        }
    }

    /// Writes the facts, in an order that does not depend on how they were gathered.
    pub fn finish(self, batch: &mut Batch, place: impl Fn(W, &mut Batch) -> Place) {
        let mut activities: Vec<_> = self.values.into_iter().collect();
        for ((who, day), first) in self.days {
            let date = Instant(day * SECONDS_PER_DAY).to_date_text();
            activities.push(((who, Aspect::Day, batch.sym(&date)), (first, first.at)));
        }
        activities.sort_by(|((a, a_aspect, a_value), _), ((b, b_aspect, b_value), _)| {
            let strings = &batch.strings;
            (a, a_aspect, strings.get(*a_value)).cmp(&(b, b_aspect, strings.get(*b_value)))
        });
        for ((identity, aspect, value), (first, last_at)) in activities {
            let place = place(first.at_line, batch);
            batch.activities.push(ActivityFact {
                identity,
                aspect,
                value,
                first_at: first.at,
                last_at,
                place,
            });
        }
    }
}

/// The network of an address. What a platform's services do for the caller comes from a name instead. Of private
/// addresses only the site is told: pods and machines move within it.
fn network_of(address: &str) -> Option<String> {
    match address.trim().parse().ok()? {
        IpAddr::V4(address) if address.is_loopback() || address.is_unspecified() => None,
        IpAddr::V4(address) if address.is_private() || address.is_link_local() => {
            let [a, b, ..] = address.octets();
            Some(format!("{a}.{b}.0.0/16"))
        }
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            Some(format!("{a}.{b}.{c}.0/24"))
        }
        IpAddr::V6(address) if address.is_loopback() || address.is_unspecified() => None,
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            Some(format!("{a:x}:{b:x}:{c:x}::/48"))
        }
    }
}

/// The program that called, without its version; `None` for a platform's own services on the caller's behalf.
fn program_of(agent: &str) -> Option<&str> {
    let agent = present(agent)?.trim_matches(['[', ']']);
    let is_console = agent.starts_with("console.") || agent.starts_with("signin.") || agent.contains("Console");
    match agent {
        _ if agent.starts_with("Mozilla/") => Some(BROWSER),
        _ if is_console => Some(CONSOLE),
        _ if agent.ends_with(".amazonaws.com") || agent.starts_with("AWS Internal") => None,
        _ => agent.split(['/', ' ']).next().and_then(present),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_wide_enough_to_move_in() {
        let told = |address| network_of(address).unwrap_or_default();
        assert_eq!(told("198.51.100.7"), "198.51.100.0/24");
        assert_eq!(told("10.7.181.247"), "10.7.0.0/16");
        assert_eq!(told("2001:db8:1:2::9"), "2001:db8:1::/48");
        for nowhere in ["127.0.0.1", "::1", "cloudformation.amazonaws.com", ""] {
            assert_eq!(told(nowhere), "");
        }
    }

    #[test]
    fn a_program_has_no_version() {
        let told = |agent| program_of(agent).unwrap_or_default();
        assert_eq!(told("Boto3/1.34.1 Python/3.12"), "Boto3");
        assert_eq!(told("kubectl/v1.31.0 (linux/amd64) kubernetes/9edcffc"), "kubectl");
        assert_eq!(told("Mozilla/5.0 (X11; Linux x86_64)"), BROWSER);
        assert_eq!(told("[S3Console/0.4, aws-internal/3]"), CONSOLE);
        assert_eq!(told("cloudformation.amazonaws.com"), "");
    }
}
