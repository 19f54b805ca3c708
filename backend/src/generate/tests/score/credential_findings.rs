//! What the rules find on credentials: worked out a second time from what the truth says of each, by the limits of
//! `kpis.md`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::model::instant::{Instant, LastUsed};
use shared::model::snapshot::Credential;
use shared::rules::Subject;

use super::credentials::{sharing, shown_credential};
use super::identities::expected_kind;
use super::{Found, Planted, Scores, list, text};

/// One planted credential, a certificate too, by the id and kind under which Rollcall shows it.
pub struct Secret {
    id: String,
    /// By the ids under which Rollcall shows them.
    pub holders: Vec<String>,
    kind: &'static str,
    /// Switched off by somebody.
    is_off: bool,
    /// Of a person or of the platform alone.
    is_others: bool,
    is_authority: bool,
    is_public_server: bool,
    made_at: Option<Instant>,
    ends: End,
    /// Since when an export shows that nobody used it.
    idle: Idle,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    At(Instant),
    Never,
    Unknown,
}

#[derive(Clone, Copy)]
enum Idle {
    Since(Instant),
    Ever,
    Unknown,
}

impl Secret {
    fn works(&self, as_of: Instant) -> bool {
        !self.is_off && !matches!(self.ends, End::At(end) if end <= as_of)
    }

    /// Whether rules on age, end and use are about it.
    fn is_counted(&self, as_of: Instant) -> bool {
        self.works(as_of) && !self.is_others && !self.is_authority
    }

    fn lives_days(&self) -> Option<i64> {
        match (self.made_at, self.ends) {
            (Some(start), End::At(end)) => Some(start.days_until(end)),
            (_, End::At(_) | End::Never | End::Unknown) => None,
        }
    }

    fn is_short_lived(&self) -> bool {
        matches!((self.made_at, self.ends), (Some(start), End::At(end)) if end.0 - start.0 <= 86_400)
    }

    /// Works, and can be copied and used elsewhere.
    pub fn is_portable(&self, as_of: Instant) -> bool {
        self.works(as_of) && self.kind != "federation" && !self.is_short_lived()
    }

    fn is_over_age(&self, as_of: Instant) -> bool {
        let limit_days = match self.kind {
            "access_key" | "service_account_key" | "api_key" => 90,
            "client_secret" => 180,
            "ssh_key" => 365,
            _ => return false,
        };
        let age_days = self.made_at.map(|at| at.days_until(as_of));
        !self.is_short_lived() && age_days.is_some_and(|days| days > limit_days)
    }

    fn is_long_lived(&self) -> bool {
        match self.ends {
            End::At(_) => self.lives_days().is_some_and(|days| days > 365),
            End::Never => self.kind != "federation",
            // An access key has no end, and so no export tells of one.
            End::Unknown => self.kind == "access_key",
        }
    }

    fn ends_soon(&self, as_of: Instant) -> bool {
        let is_soon = matches!(self.ends, End::At(end) if end <= as_of.plus_days(30));
        is_soon && self.lives_days().is_none_or(|days| days > 30)
    }

    fn is_unused(&self, as_of: Instant) -> bool {
        let window_days = match self.kind {
            "federation" | "certificate" | "stored_secret" => return false,
            "access_key" => 45,
            _ => 90,
        };
        let is_young = self.made_at.is_some_and(|at| at.days_until(as_of) < window_days);
        let is_idle = match self.idle {
            Idle::Since(at) => at.days_until(as_of) >= window_days,
            Idle::Ever => true,
            Idle::Unknown => false,
        };
        is_idle && !is_young
    }

    /// Whether it was made to live longer than the CA/B Forum allowed that day. None is older than 2020-09-01.
    fn lives_too_long(&self) -> bool {
        let steps = [
            (2029, 3, 15, 47),
            (2027, 3, 15, 100),
            (2026, 3, 15, 200),
            (2020, 9, 1, 398),
        ];
        let (true, Some(made_at), End::At(end)) = (self.is_public_server, self.made_at, self.ends) else {
            return false;
        };
        let in_force = steps
            .iter()
            .find(|(year, month, day, _)| made_at >= Instant::from_date(*year, *month, *day));
        let (.., limit_days) = in_force.expect("made since the first of the steps");
        // Both the first and the last second count.
        end.0 + 1 - made_at.0 > limit_days * 86_400
    }
}

fn instant(value: &Value) -> Option<Instant> {
    value.as_str().and_then(Instant::from_text)
}

pub fn secrets(planted: &Planted<'_>) -> Vec<Secret> {
    let kinds: BTreeMap<&str, &str> = (planted.identities())
        .map(|(_, it)| (text(it, "id"), text(it, "kind")))
        .collect();
    let is_others = |holder: &Value| {
        let (_, class, origin) = expected_kind(kinds[holder.as_str().unwrap()]);
        class == "Human" || origin == "Platform"
    };
    let credentials = planted.listed("credentials").iter().map(|it| {
        let (id, kind) = shown_credential(it);
        let holders = list(it, "holders");
        Secret {
            id,
            holders: holders
                .iter()
                .map(|it| planted.public[it.as_str().unwrap()].clone())
                .collect(),
            kind,
            is_off: text(it, "status") == "inactive",
            is_others: !holders.is_empty() && holders.iter().all(is_others),
            is_authority: false,
            is_public_server: false,
            made_at: instant(&it["created_at"]),
            ends: match (&it["expires_at"], instant(&it["expires_at"])) {
                (_, Some(at)) => End::At(at),
                (Value::String(_), None) => End::Never,
                (_, None) => End::Unknown,
            },
            idle: match (&it["idle_since"], instant(&it["idle_since"])) {
                (_, Some(at)) => Idle::Since(at),
                (Value::String(_), None) => Idle::Ever,
                (_, None) => Idle::Unknown,
            },
        }
    });
    let certificates = list(&planted.snapshot["certificates"], "listed")
        .iter()
        .map(|it| Secret {
            id: format!("x509:{}", text(it, "sha256")),
            holders: (it["names"].as_str().into_iter())
                .map(|id| planted.public[id].clone())
                .collect(),
            kind: "certificate",
            is_off: false,
            is_others: false,
            is_authority: text(it, "role") == "authority",
            is_public_server: text(it, "role") == "public_server",
            made_at: instant(&it["not_before"]),
            ends: End::At(instant(&it["not_after"]).unwrap()),
            idle: Idle::Unknown,
        });
    credentials.chain(certificates).collect()
}

pub fn score(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let as_of = found.0.snapshot.as_of;
    let secrets = secrets(planted);
    let expected = |is_found: &dyn Fn(&Secret) -> bool| -> BTreeSet<String> {
        let found = secrets.iter().filter(|secret| is_found(secret));
        found.map(|secret| secret.id.clone()).collect()
    };
    let counted = |is_found: fn(&Secret, Instant) -> bool| expected(&|it| it.is_counted(as_of) && is_found(it, as_of));
    for (rule, expected) in [
        ("not_rotated", counted(Secret::is_over_age)),
        ("long_lived", counted(|it, _| it.is_long_lived())),
        ("unused_credential", counted(Secret::is_unused)),
        ("certificate_lifetime", counted(|it, _| it.lives_too_long())),
        (
            "expiring",
            expected(&|it| it.is_portable(as_of) && !it.is_others && it.ends_soon(as_of)),
        ),
        (
            "expired_but_present",
            expected(&|it| {
                let has_ended = matches!(it.ends, End::At(end) if end <= as_of);
                has_ended && !it.is_off && !it.is_others && it.kind != "federation"
            }),
        ),
    ] {
        scores.compare(&format!("finding: {rule}"), expected, found.of_rule(rule));
    }
    score_planted(planted, found, scores, &secrets);
}

/// What the generator says by name: keys that nobody replaced, keys that nobody ever used, keys that leaked, and what
/// several have.
fn score_planted(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores, secrets: &[Secret]) {
    let as_of = found.0.snapshot.as_of;
    let secret = |id: &str| secrets.iter().find(|secret| secret.id == id).unwrap();
    let overdue = planted.problems("rotation_overdue").iter().map(|it| {
        let subject = text(it, "subject");
        match text(it, "source") {
            source if source.starts_with("aws-") => format!("aws-key:{}", subject.replace('#', "/")),
            source if source.starts_with("gcp-") => format!("gcp-key:{subject}"),
            _ => format!("entra:{}", subject.rsplit('/').next().unwrap()),
        }
    });
    scores.compare(
        "planted: rotation overdue",
        overdue.collect(),
        (found.of_rule("not_rotated").into_iter())
            .filter(|id| {
                ["aws-key:", "gcp-key:", "entra:"]
                    .iter()
                    .any(|cloud| id.starts_with(cloud))
            })
            .collect(),
    );
    let is_never_used = |credential: &Credential| credential.last_used == LastUsed::Never;
    scores.compare(
        "planted: never used",
        (planted.problems("never_used").iter())
            .map(|it| format!("aws-key:{}", text(it, "subject").replace('#', "/")))
            .filter(|id| secret(id).made_at.is_some_and(|at| at.days_until(as_of) >= 45))
            .collect(),
        (found.0.findings.all.iter())
            .filter(|finding| finding.rule().code == "unused_credential")
            .filter(|finding| match finding.subject() {
                Subject::Credential(id) => is_never_used(found.0.snapshot.credential(id)),
                Subject::Identity(_) => false,
            })
            .map(|finding| finding.subject_id(&found.0.snapshot).to_owned())
            .filter(|id| secret(id).kind == "access_key")
            .collect(),
    );
    let leaked = planted.joins("leak_of_key").iter();
    scores.compare(
        "finding: leaked_and_live",
        (leaked.map(|join| format!("aws-key:{}", text(join, "left"))))
            .filter(|id| secret(id).works(as_of))
            .collect(),
        found.of_rule("leaked_and_live"),
    );
    let sharing = sharing(planted);
    let shared = || sharing.iter().filter(|group| group.holders.len() > 1);
    let environments = |holders: &BTreeSet<String>| -> BTreeSet<&str> {
        let all = planted.identities().filter(|(id, _)| holders.contains(*id));
        all.filter_map(|(_, it)| it["environment"].as_str()).collect()
    };
    scores.compare(
        "finding: shared_credential",
        shared().flat_map(|group| group.credentials.clone()).collect(),
        found.of_rule("shared_credential"),
    );
    scores.compare(
        "finding: cross_environment_credential",
        shared()
            .filter(|group| environments(&group.holders).len() > 1)
            .flat_map(|group| group.credentials.clone())
            .collect(),
        found.of_rule("cross_environment_credential"),
    );
}
