//! The KPIs of certificates at their boundaries: the second of an end, of a day, of a limit's first day.

use shared::analysis::{Analysis, analyze};
use shared::answers;
use shared::api::kpis::KpiValue;
use shared::api::query::{Facet, ListQuery};
use shared::config::Config;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::batch::Batch;
use shared::model::certificate::{
    CertificateFact, CertificateRole, IssuedBy, KeyAlgorithm, PublicTrust, SignatureHash,
};
use shared::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use shared::model::instant::{Expiry, Instant};
use shared::model::provenance::Place;
use shared::model::ratio::Verdict;

const DAY: i64 = 86_400;

/// 2026-10-31T08:00:00Z
const AS_OF: Instant = Instant(1_793_433_600);

/// What one certificate of a test says; the rest is the same for all.
#[derive(Clone, Copy)]
struct Certificate {
    subject: &'static str,
    name: &'static str,
    public_key: &'static str,
    starts_at: Instant,
    ends: Expiry,
    role: CertificateRole,
    trust: PublicTrust,
    key: KeyAlgorithm,
    signature_hash: SignatureHash,
    issued_by: IssuedBy,
    status: CredentialStatus,
}

const SERVER: Certificate = Certificate {
    subject: "CN=web",
    name: "dns:web.example.com",
    public_key: "key",
    starts_at: Instant(AS_OF.0 - 10 * DAY),
    ends: Expiry::At(Instant(AS_OF.0 + 80 * DAY)),
    role: CertificateRole::Server,
    trust: PublicTrust::Public,
    key: KeyAlgorithm::Rsa { n_bits: 2048 },
    signature_hash: SignatureHash::Sha2,
    issued_by: IssuedBy::Another,
    status: CredentialStatus::Active,
};

const AUTHORITY: Certificate = Certificate {
    subject: "CN=Root",
    name: "",
    role: CertificateRole::Authority,
    trust: PublicTrust::Unknown,
    issued_by: IssuedBy::Itself,
    ..SERVER
};

fn ending(seconds: i64) -> Certificate {
    Certificate {
        ends: Expiry::At(Instant(AS_OF.0 + seconds)),
        ..SERVER
    }
}

fn analysis(certificates: &[Certificate]) -> Analysis {
    let mut batch = Batch::default();
    for (n, certificate) in certificates.iter().enumerate() {
        let sha256 = batch.sym(&format!("{n:064}"));
        let key = batch.sym(&format!("x509:{n:064}"));
        let fact = CertificateFact {
            sha256: Some(sha256),
            public_key_sha256: Some(batch.sym(certificate.public_key)),
            subject: batch.sym(certificate.subject),
            issuer: batch.sym("CN=CA"),
            serial: sha256,
            names: batch.sym_of(Some(certificate.name)).into_iter().collect(),
            not_before: certificate.starts_at,
            not_after: certificate.ends,
            key: certificate.key,
            signature_hash: certificate.signature_hash,
            role: certificate.role,
            trust: certificate.trust,
            issued_by: certificate.issued_by,
        };
        let mut credential = CredentialFact::listed(key, CredentialKind::Certificate, Place::WholeFile);
        credential.status = certificate.status;
        credential.created_at = Some(certificate.starts_at);
        credential.expires_at = certificate.ends;
        credential.certificate = Some(Box::new(fact));
        batch.credentials.push(credential);
    }
    let file = FileBatch {
        source: "pki".to_owned(),
        path: "all.pem".to_owned(),
        connector: Some("x509_certificates"),
        n_bytes: 0,
        batch,
        diagnostics: Vec::new(),
    };
    let config = Config::default();
    analyze(merge(vec![file], AsOf::Given(AS_OF), &config), &config)
}

fn kpi(analysis: &Analysis, id: &str) -> KpiValue {
    let mut values = answers::kpi_values(analysis).into_iter();
    values.find(|value| value.id == id).unwrap()
}

/// The bucket of each certificate in turn, each alone in its estate, with the filter of the list giving the same.
fn buckets(by: Facet, certificates: &[Certificate]) -> Vec<String> {
    certificates
        .iter()
        .map(|certificate| {
            let analysis = analysis(&[*certificate]);
            let value = kpi(&analysis, "certificate.expiry");
            let mut hit = value.buckets.iter().filter(|bucket| bucket.by == by && bucket.n == 1);
            let bucket = hit.next().map_or(String::new(), |bucket| bucket.value.clone());
            assert!(hit.next().is_none());
            let query = ListQuery {
                filters: vec![(by, bucket.clone())],
                ..ListQuery::default()
            };
            assert_eq!(answers::certificates(&analysis, &query).unwrap().n_matching, 1);
            bucket
        })
        .collect()
}

fn verdict(id: &str, certificate: Certificate) -> Option<Verdict> {
    let value = kpi(&analysis(&[certificate]), id);
    match (value.pass, value.fail, value.unknown) {
        (Some(1), Some(0), Some(0)) => Some(Verdict::Pass),
        (Some(0), Some(1), Some(0)) => Some(Verdict::Fail),
        (Some(0), Some(0), Some(1)) => Some(Verdict::Unknown),
        (Some(0), Some(0), Some(0)) => None,
        other => panic!("{id} of one certificate: {other:?}"),
    }
}

#[test]
fn days_left_end_with_their_last_second() {
    let ends = [
        (-1, "expired"),
        (0, "expired"),
        (1, "7d"),
        (7 * DAY, "7d"),
        (7 * DAY + 1, "14d"),
        (14 * DAY, "14d"),
        (14 * DAY + 1, "30d"),
        (30 * DAY, "30d"),
        (30 * DAY + 1, "47d"),
        (47 * DAY, "47d"),
        (47 * DAY + 1, "60d"),
        (60 * DAY, "60d"),
        (60 * DAY + 1, "90d"),
        (90 * DAY, "90d"),
        (90 * DAY + 1, "later"),
    ];
    let found = buckets(Facet::Expiry, &ends.map(|(seconds, _)| ending(seconds)));
    assert_eq!(found, ends.map(|(_, bucket)| bucket));
    let without_end = Certificate {
        ends: Expiry::Never,
        ..SERVER
    };
    assert_eq!(buckets(Facet::Expiry, &[without_end]), ["never"]);
}

#[test]
fn the_alert_counts_what_is_alive_and_ends_in_time() {
    let ends = [0, 1, 30 * DAY, 30 * DAY + 1];
    let value = kpi(&analysis(&ends.map(ending)), "certificate.expiry");
    assert_eq!((value.value, value.population), (Some(2.0), Some(4)));
}

#[test]
fn authorities_end_by_calendar_months() {
    let at = |text: &str| Certificate {
        ends: Expiry::At(Instant::from_text(text).unwrap()),
        ..AUTHORITY
    };
    // Half a year after 31 October is the last day of April.
    let ends = [
        ("2026-10-31T08:00:00Z", "expired"),
        ("2026-10-31T08:00:01Z", "6mo"),
        ("2027-04-30T08:00:00Z", "6mo"),
        ("2027-04-30T08:00:01Z", "12mo"),
        ("2027-10-31T08:00:00Z", "12mo"),
        ("2027-10-31T08:00:01Z", "24mo"),
        ("2028-10-31T08:00:00Z", "24mo"),
        ("2028-10-31T08:00:01Z", "later"),
    ];
    let found = buckets(Facet::AuthorityExpiry, &ends.map(|(end, _)| at(end)));
    assert_eq!(found, ends.map(|(_, bucket)| bucket));
    // Others have no place among them.
    assert_eq!(buckets(Facet::AuthorityExpiry, &[SERVER]), [""]);
    let note = kpi(&analysis(&ends.map(|(end, _)| at(end))), "certificate.expiry").note;
    assert!(
        note.unwrap()
            .ends_with("of authorities 2 within 6 months, 4 within 12, 6 within 24")
    );
}

#[test]
fn a_lifetime_counts_both_its_seconds_and_a_day_begun() {
    for (first_day, limit) in [
        ("2012-07-01", 1_827),
        ("2015-04-01", 1_188),
        ("2018-03-01", 825),
        ("2020-09-01", 398),
        ("2026-03-15", 200),
        ("2027-03-15", 100),
        ("2029-03-15", 47),
    ] {
        let starts_at = Instant::from_text(first_day).unwrap();
        let lasting = |seconds| Certificate {
            starts_at,
            ends: Expiry::At(Instant(starts_at.0 + seconds)),
            ..SERVER
        };
        let validity = |certificate| verdict("certificate.validity", certificate);
        // The last second of the last day still belongs to it; one more begins another day.
        assert_eq!(validity(lasting(limit * DAY - 1)), Some(Verdict::Pass), "{first_day}");
        assert_eq!(validity(lasting(limit * DAY)), Some(Verdict::Fail), "{first_day}");
        // A second earlier the longer limit of before holds.
        let before = Certificate {
            starts_at: Instant(starts_at.0 - 1),
            ..lasting(limit * DAY)
        };
        let expected = if limit == 1_827 { Verdict::Fail } else { Verdict::Pass };
        assert_eq!(validity(before), Some(expected), "{first_day}");
    }
}

#[test]
fn only_public_servers_have_a_longest_lifetime() {
    let long = Certificate {
        ends: Expiry::At(SERVER.starts_at.plus_days(3_650)),
        ..SERVER
    };
    let validity = |certificate| verdict("certificate.validity", certificate);
    assert_eq!(validity(long), Some(Verdict::Fail));
    assert_eq!(
        validity(Certificate {
            ends: Expiry::Never,
            ..SERVER
        }),
        Some(Verdict::Fail)
    );
    for (trust, expected) in [
        (PublicTrust::Private, None),
        (PublicTrust::Unknown, Some(Verdict::Unknown)),
    ] {
        assert_eq!(validity(Certificate { trust, ..long }), expected);
    }
    for role in [
        CertificateRole::Authority,
        CertificateRole::Client,
        CertificateRole::Person,
        CertificateRole::Other,
    ] {
        assert_eq!(validity(Certificate { role, ..long }), None);
    }
}

#[test]
fn strength_is_that_of_key_and_signature() {
    let strength = |key, signature_hash, of: Certificate| {
        let certificate = Certificate {
            key,
            signature_hash,
            ..of
        };
        verdict("certificate.strength", certificate).unwrap()
    };
    for (key, expected) in [
        (KeyAlgorithm::Rsa { n_bits: 2047 }, Verdict::Fail),
        (KeyAlgorithm::Rsa { n_bits: 2048 }, Verdict::Pass),
        (KeyAlgorithm::Ec { n_bits: 255 }, Verdict::Fail),
        (KeyAlgorithm::Ec { n_bits: 256 }, Verdict::Pass),
        (KeyAlgorithm::Dsa { n_bits: 2047 }, Verdict::Fail),
        (KeyAlgorithm::Ed25519, Verdict::Pass),
        (KeyAlgorithm::Other, Verdict::Unknown),
    ] {
        assert_eq!(strength(key, SignatureHash::Sha2, SERVER), expected, "{key:?}");
    }
    for (hash, expected) in [
        (SignatureHash::Md5, Verdict::Fail),
        (SignatureHash::Sha1, Verdict::Fail),
        (SignatureHash::Sha3, Verdict::Pass),
        (SignatureHash::Intrinsic, Verdict::Pass),
        (SignatureHash::Other, Verdict::Unknown),
    ] {
        assert_eq!(strength(SERVER.key, hash, SERVER), expected, "{hash:?}");
    }
    // Nothing rests on a root's own signature; on that of a self-signed server certificate it does.
    assert_eq!(strength(SERVER.key, SignatureHash::Sha1, AUTHORITY), Verdict::Pass);
    let self_signed = Certificate {
        issued_by: IssuedBy::Itself,
        ..SERVER
    };
    assert_eq!(strength(SERVER.key, SignatureHash::Sha1, self_signed), Verdict::Fail);
}

#[test]
fn a_renewal_has_the_same_names_and_a_later_end() {
    let next = Certificate {
        starts_at: Instant(SERVER.starts_at.0 + 1),
        ends: Expiry::At(Instant(AS_OF.0 + 80 * DAY + 1)),
        ..SERVER
    };
    let rekeyed = |next: Certificate| {
        let value = kpi(&analysis(&[SERVER, next]), "certificate.rekeyed");
        (value.pass.unwrap(), value.fail.unwrap())
    };
    assert_eq!(rekeyed(next), (0, 1));
    let new_key = Certificate {
        public_key: "other",
        ..next
    };
    assert_eq!(rekeyed(new_key), (1, 0));
    for no_renewal in [
        // Both from the start, or the later one ends first.
        Certificate {
            starts_at: SERVER.starts_at,
            ..next
        },
        Certificate {
            ends: SERVER.ends,
            ..next
        },
        // Workloads that share a subject, as SPIRE's do.
        Certificate {
            name: "dns:api.example.com",
            ..next
        },
        Certificate {
            subject: "CN=api",
            ..next
        },
    ] {
        assert_eq!(rekeyed(no_renewal), (0, 0));
    }
}

#[test]
fn renewals_are_of_what_is_alive_and_ends_within_26_weeks() {
    let due = |certificate: Certificate| {
        kpi(&analysis(&[certificate]), "certificate.renewals")
            .population
            .unwrap()
    };
    for (seconds, expected) in [(0, 0), (1, 1), (182 * DAY, 1), (182 * DAY + 1, 0)] {
        assert_eq!(due(ending(seconds)), expected, "{seconds}");
    }
    assert_eq!(
        due(Certificate {
            status: CredentialStatus::Revoked,
            ..SERVER
        }),
        0
    );
    assert_eq!(due(AUTHORITY), 0);

    // 40 days: less than every limit. 398 days, issued before today's limit: shortened by each.
    let short = Certificate {
        ends: Expiry::At(Instant(SERVER.starts_at.0 + 40 * DAY - 1)),
        ..SERVER
    };
    let long = Certificate {
        starts_at: Instant::from_text("2026-03-01").unwrap(),
        ends: Expiry::At(Instant(Instant::from_text("2026-03-01").unwrap().0 + 398 * DAY - 1)),
        ..SERVER
    };
    let private = Certificate {
        trust: PublicTrust::Private,
        ..long
    };
    let expired = ending(0);
    let estate = analysis(&[short, long, private, expired]);
    let value = kpi(&estate, "certificate.renewals");
    assert_eq!(value.population, Some(3));
    assert_eq!(value.value, Some(3.0 / 26.0));
    // 7 / (40 × 2 / 3) = 0.2625, and 7 / (limit × 2 / 3) = 0.0525, 0.105, 0.2234.
    assert_eq!(
        value.note.as_deref(),
        Some(
            "renewed after two thirds of their lives, the 2 publicly trusted server certificates need 0.3 renewals a week at today's limit of 200 days, 0.4 at the 100 days of 2027, 0.5 at the 47 days of 2029"
        )
    );
    // The weeks of the first page are those of the number.
    let by_week: u64 = answers::overview(&estate)
        .renewals
        .iter()
        .map(|week| week.n_certificates)
        .sum();
    assert_eq!(by_week, 3);
    let last = analysis(&[ending(182 * DAY)]);
    assert_eq!(answers::overview(&last).renewals.last().unwrap().n_certificates, 1);
}
