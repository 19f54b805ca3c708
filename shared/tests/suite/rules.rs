//! Every rule on a small estate of its own, `testdata/rules/<code>/`: whom it judges and how, what it says of what it
//! finds, and a golden of all of that beside the estate.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use shared::analysis::{Analysis, analyze};
use shared::answers;
use shared::api::compliance::{Compliance, Measured};
use shared::api::query::ListQuery;
use shared::config::Config;
use shared::connectors::{self, CONNECTORS};
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;
use shared::model::ratio::{Ratio, Verdict};
use shared::rules::frameworks::{Framework, UNMEASURABLE, controls};
use shared::rules::{self, RULES, Rule, Test};

/// Where the small estate of a rule is.
pub fn folder(rule: &Rule) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/rules")
        .join(rule.code)
}

/// The files below a folder that are no goldens: each with its source, `""` for the estate's own.
fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(_, file)| (name.clone(), file)));
        } else if name != "rollcall.toml" && path.extension().is_some_and(|extension| extension != "snap") {
            found.push((String::new(), path));
        }
    }
    found.sort();
    found
}

/// An estate in a folder, as of 2026-10-31.
pub fn estate(folder: &Path) -> Analysis {
    let config = fs::read_to_string(folder.join("rollcall.toml")).unwrap_or_default();
    let config = Config::parse(&config).unwrap();
    let read = |(source, path): (String, PathBuf)| {
        let bytes = fs::read(&path).unwrap();
        let path = path.file_name().unwrap().to_string_lossy().into_owned();
        let reading = connectors::read(&source, &path, &bytes, "salt");
        assert!(
            reading.connector.is_some(),
            "{source}/{path}: {:#?}",
            reading.diagnostics
        );
        FileBatch {
            source,
            path,
            connector: reading.connector.map(|connector| connector.id),
            n_bytes: bytes.len() as u64,
            batch: reading.batch,
            diagnostics: reading.diagnostics,
        }
    };
    let batches = files(folder).into_iter().map(read).collect();
    let as_of = AsOf::Given(Instant::from_text("2026-10-31").unwrap());
    analyze(merge(batches, as_of, &config), &config)
}

/// What one rule makes of an estate, as text.
fn shown(rule: &Rule, analysis: &Analysis) -> String {
    let mut text = String::new();
    let query = ListQuery::parse(&format!("rule={}", rule.code)).unwrap();
    for row in answers::findings(analysis, &query).unwrap().rows {
        writeln!(text, "{}: {}", row.severity, row.subject_id).unwrap();
        writeln!(text, "  {}", row.because).unwrap();
        writeln!(text, "  {}", row.observed).unwrap();
        if let (Some(limit), Some(set_by)) = (row.threshold, row.threshold_set_by) {
            writeln!(text, "  limit {limit}, {set_by}").unwrap();
        }
        writeln!(
            text,
            "  {} {}",
            row.file.unwrap_or_default(),
            row.place.unwrap_or_default()
        )
        .unwrap();
        if let Some(command) = row.command {
            writeln!(text, "  $ {command}").unwrap();
        }
        if let Some(who) = row.waived_by {
            writeln!(text, "  waived by {who}: {}", row.waived_because.unwrap_or_default()).unwrap();
        }
    }
    for verdict in [Verdict::Unknown, Verdict::Pass] {
        let snapshot = &analysis.snapshot;
        let check = rule.check();
        let ids: Vec<_> = match rule.test {
            Test::Credentials(_) => snapshot.credentials.iter().map(|credential| credential.key).collect(),
            Test::Identities(_) => snapshot.identities.iter().map(|identity| identity.id).collect(),
        };
        for (row, id) in ids.into_iter().enumerate() {
            if (check.judge)(analysis, row) == Some(verdict) {
                writeln!(text, "{}: {}", verdict.id(), snapshot.strings.get(id)).unwrap();
            }
        }
    }
    text
}

#[test]
fn goldens_of_rules() {
    let mut one_sided: Vec<(&str, Ratio)> = Vec::new();
    for rule in RULES {
        let folder = folder(rule);
        assert!(
            folder.is_dir(),
            "{}: write a small estate in {}",
            rule.code,
            folder.display()
        );
        let analysis = estate(&folder);
        let tally = &analysis.findings.tallies[RULES.iter().position(|other| other.code == rule.code).unwrap()];
        assert_eq!(tally.unmeasured, None, "{}", rule.code);
        if tally.ratio.fail == 0 || tally.ratio.pass == 0 {
            one_sided.push((rule.code, tally.ratio));
        }
        insta::with_settings!({ snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("findings", shown(rule, &analysis));
        });
    }
    assert!(one_sided.is_empty(), "nothing fails, or nothing passes: {one_sided:?}");
}

#[test]
fn every_control_is_asked_of_some_rule() {
    for control in controls() {
        let mut rules = RULES.iter();
        assert!(rules.any(|rule| rule.references.contains(&control)), "{control}");
    }
}

/// What is read and evaluated grows, and a reason must not fall behind it: each names, between backticks, a connector that
/// there is, or what none reads.
#[test]
fn what_cannot_be_measured_says_why_and_that_is_still_so() {
    for control in UNMEASURABLE {
        let (id, why) = (control.id, control.why);
        assert!(
            !controls().any(|it| it.framework == control.framework && it.id == id),
            "{id} is asked of a rule"
        );
        for unsure in ["evaluate yet", "this version"] {
            assert!(!why.contains(unsure), "{id}: {why}");
        }
        let named: Vec<&str> = why.split('`').skip(1).step_by(2).collect();
        let connector = |name: &str| CONNECTORS.iter().any(|connector| connector.id == name);
        let read = |name: &str| CONNECTORS.iter().any(|connector| connector.command.contains(name));
        if why.contains("connector reads") {
            assert!(named.iter().any(|name| !connector(name) && !read(name)), "{id}: {why}");
        } else {
            assert!(named.iter().all(|name| connector(name)), "{id}: {why}");
        }
    }
}

#[test]
fn every_one_of_the_owasp_top_ten_has_a_rule_that_judges() {
    for control in controls().filter(|control| control.framework == Framework::OwaspNhi) {
        let mut rules = RULES.iter();
        assert!(rules.any(|rule| rule.references.contains(&control)), "{control}");
    }
}

/// Waivers that hold, that are over, and that cover nothing.
#[test]
fn a_waived_finding_stays_visible() {
    let mut folder = folder(rules::find("administrator").unwrap());
    folder.pop();
    folder.pop();
    let analysis = estate(&folder.join("estates/waivers"));
    let rule = rules::find("open_external_trust").unwrap();
    insta::with_settings!({ snapshot_path => folder.join("estates/waivers"), prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("findings", shown(rule, &analysis));
        insta::assert_snapshot!("waivers", serde_json::to_string_pretty(&answers::rules(&analysis).waivers).unwrap());
    });
    let clean = |name: &str| {
        let id = analysis
            .snapshot
            .find(&format!("arn:aws:iam::111122223333:role/{name}"))
            .unwrap();
        analysis.findings.clean[id.0 as usize]
    };
    assert_eq!(clean("waived"), Verdict::Pass);
    assert_eq!(clean("too-late"), Verdict::Fail);
}

/// What is granted and not used, service by service, and the limit that it is held against.
#[test]
fn unused_services_are_a_number_with_a_limit() {
    let analysis = estate(&folder(rules::find("unused_permission").unwrap()));
    let values = answers::kpi_values(&analysis);
    let value = |id: &str| values.iter().find(|value| value.id == id).unwrap();
    let services = value("privilege.unused_services");
    assert_eq!(services.value, Some(3.0));
    assert_eq!(services.note.as_deref(), Some("of 6 services granted"));
    for id in ["privilege.unused", "privilege.unused_services"] {
        assert_eq!(value(id).threshold.as_deref(), Some("90 d"));
        assert_eq!(value(id).threshold_set_by.as_deref(), Some("PCI DSS 8.2.6"));
    }
    assert_eq!(value("access.cross_environment").threshold.as_deref(), Some("0"));
}

#[test]
fn controls_say_how_far_they_are_measured() {
    let analysis = estate(&folder(rules::find("root_key_in_use").unwrap()));
    let compliance = answers::compliance(&analysis);
    let of = |compliance: &Compliance, framework: &str, control: &str| {
        let framework = compliance.frameworks.iter().find(|it| it.id == framework).unwrap();
        let control = framework.controls.iter().find(|it| it.id == control).unwrap();
        (control.state, control.n_findings)
    };
    let state = |framework, control| of(&compliance, framework, control);
    assert_eq!(state("cis_aws", "2.4"), (Measured::Partly, 1));
    assert_eq!(state("cis_aws", "2.12"), (Measured::Partly, 1));
    // A key of AWS is too old, and none of Google Cloud is here: its benchmark counts its own alone.
    assert_eq!(state("cis_gcp", "1.6"), (Measured::NotMeasurable, 0));
    assert_eq!(state("cis_gcp", "1.8"), (Measured::NotMeasurable, 0));
    let with_google = answers::compliance(&estate(&folder(rules::find("unused_credential").unwrap())));
    assert_eq!(of(&with_google, "cis_gcp", "1.8"), (Measured::Measured, 2));
    assert_eq!(state("cis_aws", "2.8"), (Measured::NotMeasurable, 0));
    assert!(
        !serde_json::to_string(&compliance)
            .unwrap()
            .to_lowercase()
            .contains("compliant")
    );
}
