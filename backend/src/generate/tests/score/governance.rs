//! Who answers for identities, and the criteria of "governed", worked out a second time.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::model::instant::{Expiry, Instant};
use shared::model::ratio::Verdict;
use shared::model::snapshot::{OwnerState, Review, Seen};
use shared::rules::severity::Tier;

use super::identities::expected_kind;
use super::{Found, Planted, Scores, list, text};

/// Whether an identity counts for governance: not a person's and not the platform's.
pub fn is_in_scope(identity: &Value) -> bool {
    let (_, class, origin) = expected_kind(text(identity, "kind"));
    class == "NonHuman" && origin != "Platform"
}

pub fn score(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let owner = |state: OwnerState| match state {
        OwnerState::Active | OwnerState::Recorded => "active",
        OwnerState::Unresolved => "unresolved",
        OwnerState::Left => "left",
        OwnerState::Absent => "absent",
    };
    scores.compare(
        "identity: owner's state",
        planted
            .identities()
            .map(|(id, it)| format!("{id} {}", text(it, "owner")))
            .collect(),
        found
            .identities()
            .map(|(_, id, it)| format!("{id} {}", owner(it.owner.state)))
            .collect(),
    );
    scores.compare(
        "identity: environment",
        planted
            .identities()
            .map(|(id, it)| format!("{id} {}", text(it, "environment")))
            .collect(),
        found
            .identities()
            .map(|(_, id, it)| format!("{id} {}", it.environment.map_or("-", |sym| found.text(sym))))
            .collect(),
    );
    scores.compare(
        "identity: purpose",
        planted
            .identities()
            .filter(|(_, it)| it["has_purpose"] == true)
            .map(|(id, _)| id.to_owned())
            .collect(),
        found
            .identities()
            .filter(|(.., it)| it.purpose.is_some())
            .map(|(_, id, _)| id.to_owned())
            .collect(),
    );
    let days = |it: &Value| {
        let reviewed_at = Instant::from_text(it["reviewed_on"].as_str()?)?;
        Some(reviewed_at.days_until(found.0.snapshot.as_of))
    };
    for (what, verdict, first, last) in [
        ("identity: reviewed in time", Verdict::Pass, 0, 92),
        ("identity: review overdue", Verdict::Fail, 93, i64::MAX),
        ("identity: review yet to come", Verdict::Unknown, i64::MIN, -1),
    ] {
        let dated = planted
            .identities()
            .filter(|(_, it)| is_in_scope(it) && days(it).is_some_and(|days| (first..=last).contains(&days)));
        // A void decision is as late as one can be.
        let is_void = |it: &&Value| text(it, "state") == "void" && verdict == Verdict::Fail;
        let void = planted.listed("reviews").iter().filter(is_void);
        scores.compare(
            what,
            dated
                .map(|(id, _)| id.to_owned())
                .chain(void.map(|it| planted.public[text(it, "id")].clone()))
                .collect(),
            found.judged("review.overdue", verdict),
        );
    }
    let state = |review: &Review| match (review.decided_at > found.0.snapshot.as_of, review.seen) {
        (true, _) => "later",
        (false, Seen::Same) => "holds",
        (false, Seen::Changed) => "void",
        (false, Seen::Unknown) => "unknown",
    };
    scores.compare(
        "reviews",
        (planted.listed("reviews").iter())
            .map(|it| {
                format!(
                    "{} {} {}",
                    planted.public[text(it, "id")],
                    text(it, "decision"),
                    text(it, "state")
                )
            })
            .collect(),
        (found.0.snapshot.reviews.iter())
            .map(|it| {
                let id = found.text(found.0.snapshot.identity(it.identity).id);
                format!("{id} {} {}", it.decision.id(), state(it))
            })
            .collect(),
    );
    let (rotation, governed) = oracle(planted, found);
    for (kpi, expected) in [("rotation", rotation), ("governed", governed)] {
        for (word, verdict) in [
            ("pass", Verdict::Pass),
            ("fail", Verdict::Fail),
            ("unknown", Verdict::Unknown),
        ] {
            scores.compare(
                &format!("{kpi}: {word}"),
                expected
                    .iter()
                    .filter(|(_, expected)| **expected == verdict)
                    .map(|(id, _)| id.clone())
                    .collect(),
                found.judged(kpi, verdict),
            );
        }
    }
    scores.compare(
        "conflicts",
        planted
            .listed("conflicts")
            .iter()
            .map(|it| format!("{} {}", planted.public[text(it, "id")], text(it, "field")))
            .collect(),
        (found.0.snapshot.conflicts.iter())
            .map(|it| {
                let identity = found.0.snapshot.identity(it.identity);
                format!("{} {}", found.text(identity.id), it.field.id())
            })
            .collect(),
    );
}

type Verdicts = BTreeMap<String, Verdict>;

/// What was planted of each identity's credentials, by its id in the truth.
pub fn by_holder<'p>(planted: &Planted<'p>) -> BTreeMap<&'p str, Vec<&'p Value>> {
    let mut by_holder: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for credential in planted.listed("credentials") {
        for holder in list(credential, "holders") {
            by_holder.entry(holder.as_str().unwrap()).or_default().push(credential);
        }
    }
    by_holder
}

/// The criteria of `kpis.md`, worked out from the truth alone: rotation, and all of them together.
fn oracle(planted: &Planted<'_>, found: &Found<'_>) -> (Verdicts, Verdicts) {
    let as_of = found.0.snapshot.as_of;
    let by_holder = by_holder(planted);
    // Certificates name their holders themselves.
    let mut certified: BTreeMap<String, Vec<(Instant, Expiry)>> = BTreeMap::new();
    for credential in &found.0.snapshot.credentials {
        if let (Some(certificate), Some(holder)) = (&credential.certificate, credential.holders.first()) {
            let id = found.text(found.0.snapshot.identity(*holder).id);
            let dates = (certificate.not_before, certificate.not_after);
            certified.entry(id.to_owned()).or_default().push(dates);
        }
    }
    let (mut rotation, mut governed) = (Verdicts::new(), Verdicts::new());
    for (id, identity) in planted.identities().filter(|(_, identity)| is_in_scope(identity)) {
        let own = by_holder.get(text(identity, "id")).into_iter().flatten();
        let mut verdict = match text(identity, "credentials") {
            "known" => Verdict::Pass,
            _ => Verdict::Unknown,
        };
        let mut n_credentials = 0;
        let mut credential_verdict = Verdict::Pass;
        for credential in own {
            n_credentials += 1;
            credential_verdict = credential_verdict.and(in_time(credential, as_of));
        }
        for (start, end) in certified.get(id).into_iter().flatten() {
            n_credentials += 1;
            let Expiry::At(end) = end else {
                panic!("every generated certificate ends")
            };
            if *end > as_of {
                let is_short = start.days_until(*end) <= 365;
                credential_verdict = credential_verdict.and(Verdict::of(Some(is_short)));
            }
        }
        if n_credentials > 0 {
            verdict = credential_verdict;
        }
        let owner = match text(identity, "owner") {
            "active" => Verdict::Pass,
            "unresolved" => Verdict::Unknown,
            _ => Verdict::Fail,
        };
        let reviewed = match identity["reviewed_on"].as_str().and_then(Instant::from_text) {
            None => Verdict::Fail,
            Some(at) if at > as_of => Verdict::Unknown,
            Some(at) => Verdict::of(Some(at.days_until(as_of) <= 92)),
        };
        let clean = clean(planted, found, id, identity, by_holder.get(text(identity, "id")));
        let all = verdict
            .and(owner)
            .and(clean)
            .and(reviewed)
            .and(Verdict::of(Some(identity["has_purpose"] == true)))
            .and(Verdict::of(Some(identity["environment"].is_string())));
        rotation.insert(id.to_owned(), verdict);
        governed.insert(id.to_owned(), all);
    }
    (rotation, governed)
}

/// Whether an identity is free of critical findings: of an administrator, or of one of whom no export tells whether it
/// is one, a trust that lets anybody outside in, or an owner who left a secret behind that still works.
fn clean(
    planted: &Planted<'_>,
    found: &Found<'_>,
    id: &str,
    identity: &Value,
    credentials: Option<&Vec<&Value>>,
) -> Verdict {
    let vendor_id = text(identity, "id");
    let is_open = ["external_trust_without_condition", "ci_trust_without_subject"]
        .iter()
        .any(|kind| planted.problems(kind).iter().any(|it| text(it, "subject") == vendor_id));
    let has_secret = has_secret(found, id, credentials);
    let is_enabled = identity["enabled"] != false;
    let is_left_behind = match text(identity, "owner") {
        "left" => Verdict::of(Some(!has_secret)),
        "unresolved" if has_secret => Verdict::Unknown,
        _ => Verdict::Pass,
    };
    let verdict = is_left_behind.and(Verdict::of(Some(!is_open)));
    if !is_enabled || verdict == Verdict::Pass {
        return Verdict::Pass;
    }
    match (
        identity["administrator"] == true,
        found.0.findings.tiers[found.0.snapshot.find(id).unwrap().0 as usize],
    ) {
        (true, _) => verdict,
        (false, Tier::NotKnown) => Verdict::Unknown,
        (false, Tier::Administrator | Tier::Escalates | Tier::Limited) => Verdict::Pass,
    }
}

/// Whether an identity has something stored that works, and for longer than a day.
pub fn has_secret(found: &Found<'_>, id: &str, credentials: Option<&Vec<&Value>>) -> bool {
    let is_secret = |credential: &&&Value| {
        let works = matches!(text(credential, "status"), "active" | "unknown");
        works && text(credential, "kind") != "federation" && !is_short_lived(credential)
    };
    let index = found.0.snapshot.find(id).unwrap().0 as usize;
    let certified = found.0.snapshot.credentials_of(&found.0.snapshot.identities[index]);
    let has_certificate = certified.into_iter().any(|(_, credential)| {
        let day = 86_400;
        credential.certificate.as_ref().is_some_and(|certificate| {
            matches!(certificate.not_after, Expiry::At(end)
                if end > found.0.snapshot.as_of && end.0 - certificate.not_before.0 > day)
        })
    });
    has_certificate || credentials.into_iter().flatten().any(|it| is_secret(&it))
}

fn is_short_lived(credential: &Value) -> bool {
    let at = |member: &str| credential[member].as_str().and_then(Instant::from_text);
    matches!((at("created_at"), at("expires_at")), (Some(start), Some(end)) if end.0 - start.0 <= 86_400)
}

/// Whether one planted credential is inside its maximum age or lifetime.
fn in_time(credential: &Value, as_of: Instant) -> Verdict {
    if !matches!(text(credential, "status"), "active" | "unknown") {
        return Verdict::Pass;
    }
    let max_age_days = match text(credential, "kind") {
        "federation" => return Verdict::Pass,
        "access_key" | "gcp_key" | "saas_api_key" | "personal_access_token" => Some(90),
        "client_secret" | "saas_client_secret" => Some(180),
        "deploy_key" | "ssh_key" => Some(365),
        "client_certificate"
        | "service_account_token"
        | "console_password"
        | "account_password"
        | "directory_password"
        | "vaulted_password"
        | "pipeline_token" => None,
        other => panic!("the test knows no credential `{other}`"),
    };
    let created_at = credential["created_at"].as_str().and_then(Instant::from_text);
    let expires_at = credential["expires_at"].as_str().and_then(Instant::from_text);
    Verdict::of(match (max_age_days, created_at, expires_at) {
        // A day is short-lived, whatever the kind.
        (_, Some(start), Some(end)) if end.0 - start.0 <= 86_400 => Some(true),
        (Some(days), Some(start), _) => Some(start.days_until(as_of) <= days),
        (Some(_), None, _) => None,
        (None, Some(start), Some(end)) => Some(start.days_until(end) <= 365),
        (None, Some(start), None) => Some(start.days_until(as_of) <= 365),
        (None, None, _) => None,
    })
}
