//! Certificates by their end and strength, in every place, and what renewed what.

use serde_json::Value;
use shared::kpi::formulas;
use shared::model::certificate::CertificateRole;
use shared::model::credential::CredentialKind;
use shared::model::instant::Expiry;
use shared::model::ratio::Verdict;

use super::{Found, Planted, Scores, list, text};

pub fn score(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let as_of = found.0.snapshot.as_of;
    let planted_certificates = || planted.listed("certificates").iter();
    let found_certificates = || {
        let credentials = found.0.snapshot.credentials.iter();
        credentials.filter_map(|it| Some((it, it.certificate.as_deref()?)))
    };
    let bucket = |end: Expiry| match end {
        Expiry::At(end) if end <= as_of => "expired",
        Expiry::At(end) => [7, 14, 30, 47, 60, 90]
            .into_iter()
            .zip(["le_7", "le_14", "le_30", "le_47", "le_60", "le_90"])
            .find(|(days, _)| end.0 - as_of.0 <= days * 86_400)
            .map_or("later", |(_, bucket)| bucket),
        Expiry::Never | Expiry::NotReported => "no end",
    };
    scores.compare(
        "certificate: expiry",
        planted_certificates()
            .map(|it| format!("{} {}", text(it, "sha256"), text(it, "expiry")))
            .collect(),
        found_certificates()
            .map(|(_, it)| format!("{} {}", found.text(it.sha256.unwrap()), bucket(it.not_after)))
            .collect(),
    );
    scores.compare(
        "certificate: in every place",
        planted_certificates()
            .flat_map(|it| {
                let places = list(it, "places").iter().filter_map(Value::as_str);
                places.map(|place| {
                    let (source, rest) = place.split_once('/').unwrap();
                    let kind = match rest {
                        "tomcat-legacy.jks" | "partners.p12" => rest,
                        _ => "file",
                    };
                    format!("{} {source} {kind}", text(it, "sha256"))
                })
            })
            .collect(),
        found_certificates()
            .flat_map(|(credential, it)| {
                credential.evidence.iter().map(|place| {
                    let file = found.0.snapshot.file(place.file);
                    let kind = match file.path.as_str() {
                        path @ ("tomcat-legacy.jks" | "partners.p12") => path,
                        _ => "file",
                    };
                    let source = &found.0.snapshot.source(file.source).name;
                    format!("{} {source} {kind}", found.text(it.sha256.unwrap()))
                })
            })
            .collect(),
    );
    let (_, is_strong) = formulas::judge("certificate.strength").unwrap();
    scores.compare(
        "certificate: weak",
        planted_certificates()
            .filter(|it| it["weak"] == true)
            .map(|it| text(it, "sha256").to_owned())
            .collect(),
        (found.0.certificates.iter().enumerate())
            .filter(|(row, _)| is_strong(found.0, *row) == Some(Verdict::Fail))
            .filter_map(|(_, id)| found.0.snapshot.credential(*id).certificate.as_deref())
            .map(|it| found.text(it.sha256.unwrap()).to_owned())
            .collect(),
    );
    for (what, join, verdict) in [
        ("certificate: new key", "renewed_with_new_key", Verdict::Pass),
        ("certificate: same key", "renewed_with_same_key", Verdict::Fail),
    ] {
        scores.compare(
            what,
            planted
                .joins(join)
                .iter()
                .map(|it| text(it, "right").to_owned())
                .collect(),
            (found.0.rekeyed.iter())
                .filter(|(_, found)| **found == verdict)
                .filter_map(|(id, _)| found.0.snapshot.credential(*id).certificate.as_deref())
                .map(|it| found.text(it.sha256.unwrap()).to_owned())
                .collect(),
        );
    }
    // Entra keeps the dates of a certificate and not its bytes; everything else is a certificate that was seen.
    scores.compare(
        "certificate: no other",
        planted
            .listed("credentials")
            .iter()
            .filter(|it| text(it, "kind") == "client_certificate")
            .map(|it| format!("entra:{}", text(it, "id")))
            .collect(),
        (found.0.snapshot.credentials.iter())
            .filter(|it| it.kind == CredentialKind::Certificate && it.certificate.is_none())
            .map(|it| found.text(it.key).to_owned())
            .collect(),
    );
    assert!(
        found_certificates().any(|(_, it)| it.role == CertificateRole::Authority),
        "the issuing authorities are there too"
    );
}
