//! The places that hold certificates: hosts of the public edge, internal hosts and mesh workloads, devices.

use super::{Profile, Slot};
use crate::generate::company::{DOMAIN, DOMAINS, FRONTS};
use crate::generate::draw::Draw;

/// The one host of the edge whose certificate was made to live longer than it may.
const OVERLONG_HOST: u64 = 5;

/// The host name with this number on the public edge.
pub fn edge_slot(seed: u64, number: u64) -> Slot {
    let mut draw = Draw::new(seed, "edge host", 0, number);
    let n_fronts = FRONTS.len() as u64;
    let service = FRONTS[(number % n_fronts) as usize];
    let domain = DOMAINS.iter().position(|domain| domain.services.contains(&service));
    let stage = ["", ".eu2", ".partner", ".m"][(number / n_fronts % 4) as usize];
    let round = number / (n_fronts * 4);
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
    let profile = match draw.chance(0.62) {
        _ if number == OVERLONG_HOST => Profile::Overlong,
        true => Profile::Acme,
        false => Profile::Commercial,
    };
    Slot {
        domain: domain.unwrap_or(0),
        common_name,
        dns_names,
        uris: Vec::new(),
        profile,
    }
}

/// The internal host or mesh workload with this number.
pub fn internal_slot(seed: u64, number: u64) -> Slot {
    let mut draw = Draw::new(seed, "internal host", 0, number);
    let area = (number % DOMAINS.len() as u64) as usize;
    let domain = &DOMAINS[area];
    let service = domain.services[(number / 14 % 8) as usize];
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
    if profile == Profile::Mesh {
        return Slot {
            domain: area,
            uris: vec![format!(
                "spiffe://halden.internal/ns/{}/sa/{service}-{number}",
                domain.name
            )],
            common_name: String::new(),
            dns_names: Vec::new(),
            profile,
        };
    }
    let common_name = format!("{service}-{:02}.int.{DOMAIN}", number / 112 + 1);
    Slot {
        domain: area,
        dns_names: vec![common_name.clone(), format!("{service}.{}.svc", domain.name)],
        common_name,
        uris: Vec::new(),
        profile,
    }
}

/// The device with this number.
pub fn device_slot(seed: u64, number: u64) -> Slot {
    let mut draw = Draw::new(seed, "device", 0, number);
    let model = draw.weighted(&[(5, "reefer-gw"), (3, "truck-obu"), (2, "dock-scanner")]);
    let days = draw.between(10, 30) * 365;
    // Trucks are the fleet's, the rest is looked after by the IoT team.
    let owner = if model == "truck-obu" { "fleet" } else { "iot" };
    Slot {
        domain: DOMAINS.iter().position(|domain| domain.name == owner).unwrap_or(0),
        common_name: format!("{model}-{number:06}.devices.halden.internal"),
        dns_names: Vec::new(),
        uris: Vec::new(),
        profile: Profile::Device { days },
    }
}
