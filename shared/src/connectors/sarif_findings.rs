//! SARIF 2.1.0: what any scanner found, of which the leaked secrets count.
//!
//! Written by `gitleaks -f sarif`, `noseyparker report -f sarif`, `ggshield secret scan --format sarif`, CodeQL,
//! Semgrep and most other scanners.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
//!
//! Read: the tool, results with their rule, place, snippet and message, and what scanners of secrets put into
//! `partialFingerprints` (commit, date, author). A result is a leak when the tool looks for secrets and nothing else, or
//! when the rule's id, tags or CWE say so. Suppressed results do not count, nor do those that say that all is well.
//!
//! Cannot tell: whether a secret works, and results on other matters than secrets.

use serde::Deserialize;

use super::leaked_secret::{self, Finding};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::leak::Liveness;
use crate::model::provenance::Place;
use crate::reading::json::{self, OpenRow, Row};
use crate::reading::loose::number;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "sarif_findings",
    title: "SARIF findings",
    vendor: "OASIS",
    command: "gitleaks git -f sarif -r gitleaks.sarif",
    cannot_tell: &[
        "whether a leaked secret still works",
        "which credential a secret is, where its text names none and no other export has its fingerprint",
        "results on other matters than secrets: they are counted and passed over",
    ],
    signatures: &[
        &[Mark::Has("runs[].tool.driver")],
        &[Mark::Has("runs"), Mark::Contains("$schema", "sarif")],
        &[Mark::Has("runs"), Mark::Equals("version", "2.1.0")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawTool<'a> {
    #[serde(borrow, default)]
    driver: Option<RawDriver<'a>>,
}

#[derive(Deserialize)]
struct RawDriver<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    rules: Option<Vec<RawRule<'a>>>,
}

#[derive(Deserialize)]
struct RawRule<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    properties: Option<RawProperties<'a>>,
}

#[derive(Deserialize)]
struct RawProperties<'a> {
    #[serde(borrow, default)]
    tags: Option<Vec<Text<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawResult<'a> {
    #[serde(borrow, default)]
    rule_id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "number")]
    rule_index: Option<i64>,
    #[serde(borrow, default)]
    rule: Option<RawRule<'a>>,
    /// `fail` when absent.
    #[serde(borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    locations: Option<Vec<RawLocation<'a>>>,
    #[serde(borrow, default)]
    partial_fingerprints: Option<RawPartialFingerprints<'a>>,
    #[serde(borrow, default)]
    suppressions: Option<Vec<RawSuppression<'a>>>,
}

#[derive(Deserialize)]
struct RawSuppression<'a> {
    /// `accepted` when absent.
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLocation<'a> {
    #[serde(borrow, default)]
    physical_location: Option<RawPhysicalLocation<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPhysicalLocation<'a> {
    #[serde(borrow, default)]
    artifact_location: Option<RawArtifact<'a>>,
    #[serde(borrow, default)]
    region: Option<RawRegion<'a>>,
}

#[derive(Deserialize)]
struct RawArtifact<'a> {
    #[serde(borrow, default)]
    uri: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRegion<'a> {
    #[serde(default, deserialize_with = "number")]
    start_line: Option<u64>,
    #[serde(borrow, default)]
    snippet: Option<RawSnippet<'a>>,
}

#[derive(Deserialize)]
struct RawSnippet<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
}

/// Of these only gitleaks' are read; others are hashes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPartialFingerprints<'a> {
    #[serde(borrow, default)]
    commit_sha: Option<Text<'a>>,
    #[serde(borrow, default)]
    author: Option<Text<'a>>,
    #[serde(borrow, default)]
    email: Option<Text<'a>>,
    #[serde(default)]
    date: Moment,
}

/// Tools that look for secrets only, by a part of their name in lower case without spaces.
const SECRET_SCANNERS: [&str; 9] = [
    "gitleaks",
    "trufflehog",
    "noseyparker",
    "ggshield",
    "gitguardian",
    "detect-secrets",
    "secretlint",
    "kingfisher",
    "secretdetection",
];

/// Words in the id or a tag of a rule about secrets.
const SECRET_WORDS: [&str; 4] = ["secret", "hardcoded-credential", "hardcoded-password", "hard-coded"];

/// Hard-coded credentials, passwords and keys. <https://cwe.mitre.org/data/definitions/798.html> and its relatives.
const SECRET_WEAKNESSES: [&str; 3] = ["cwe-798", "cwe-259", "cwe-321"];

/// What the results of a file come to beside its leaks.
#[derive(Default)]
struct PassedOver {
    n_others: usize,
    n_suppressed: usize,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut passed_over = PassedOver::default();
    let mut of_rows = Diagnostics::default();
    json::each_row(input.text, &["runs"], &mut diagnostics, |run| {
        read_run(run, input, &mut passed_over, &mut batch, &mut of_rows);
    });
    diagnostics.append(of_rows);
    if passed_over.n_others > 0 {
        diagnostics.push(Diagnostic::info(
            "results",
            format!("results on other matters: {}", passed_over.n_others),
            "leaked secrets",
            "nothing to do: only leaks of secrets are read",
        ));
    }
    diagnostics.extend(leaked_secret::dismissed(passed_over.n_suppressed));
    (batch, diagnostics)
}

fn read_run(
    run: &mut OpenRow<'_>,
    input: Input<'_>,
    passed_over: &mut PassedOver,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    // The tool may stand behind what it found.
    let mut results = Vec::new();
    let headers = run.each_row(&["results"], |row| {
        if row.list == "results"
            && let Some(result) = row.parse::<RawResult<'_>>(diagnostics)
        {
            results.push((row.index, result));
        }
    });
    let tool = headers.header("tool").map(|text| Row {
        list: "tool",
        text,
        ..**run
    });
    let tool = tool.and_then(|tool| tool.parse::<RawTool<'_>>(diagnostics));
    let driver = tool.as_ref().and_then(|tool| tool.driver.as_ref());
    let scanner = driver.and_then(|driver| driver.name.as_deref()).unwrap_or("a scanner");
    let rules = driver.and_then(|driver| driver.rules.as_deref()).unwrap_or_default();
    let name = scanner.to_lowercase().replace(' ', "");
    let looks_for_secrets = SECRET_SCANNERS.iter().any(|known| name.contains(known));
    for (index, result) in &results {
        let defined = rule_of(result, rules);
        let id = result
            .rule_id
            .as_deref()
            .or_else(|| result.rule.as_ref()?.id.as_deref())
            .or_else(|| defined?.id.as_deref());
        let found_nothing = matches!(result.kind.as_deref(), Some("pass" | "notApplicable"));
        if found_nothing || !(looks_for_secrets || is_about_secrets(id, defined)) {
            passed_over.n_others += 1;
            continue;
        }
        let is_suppressed =
            |suppression: &RawSuppression<'_>| suppression.status.as_deref().is_none_or(|status| status == "accepted");
        if result.suppressions.iter().flatten().any(is_suppressed) {
            passed_over.n_suppressed += 1;
            continue;
        }
        let place = format!("{}.results[{index}]", run.name());
        let location = result.locations.iter().flatten().next();
        let location = location.and_then(|location| location.physical_location.as_ref());
        let region = location.and_then(|location| location.region.as_ref());
        let file = location.and_then(|location| location.artifact_location.as_ref()?.uri.as_deref());
        let snippet = region.and_then(|region| region.snippet.as_ref()?.text.as_deref());
        let partial = result.partial_fingerprints.as_ref();
        let leaked_at = partial.and_then(|partial| {
            let date = partial.date.clone();
            date.instant(|| format!("{place}.partialFingerprints.date"), diagnostics)
        });
        let author = partial.and_then(|partial| {
            let (author, email) = (partial.author.as_deref(), partial.email.as_deref());
            leaked_secret::person(author.unwrap_or_default(), email.unwrap_or_default())
        });
        leaked_secret::push(
            Finding {
                scanner,
                rule: id.unwrap_or("secret"),
                secrets: snippet.as_slice(),
                found_in: leaked_secret::found_in(
                    None,
                    file,
                    region.and_then(|region| region.start_line),
                    partial.and_then(|partial| partial.commit_sha.as_deref()),
                ),
                leaked_at,
                author: author.as_deref(),
                liveness: Liveness::Unknown,
                identities: Vec::new(),
                place: Place::Path(batch.sym(&place)),
            },
            input,
            batch,
        );
    }
}

/// The definition of a result's rule, by index or id.
fn rule_of<'r, 'a>(result: &RawResult<'_>, rules: &'r [RawRule<'a>]) -> Option<&'r RawRule<'a>> {
    let by_index = result
        .rule_index
        .and_then(|index| rules.get(usize::try_from(index).ok()?));
    by_index.or_else(|| {
        let id = result.rule_id.as_deref()?;
        rules.iter().find(|rule| rule.id.as_deref() == Some(id))
    })
}

fn is_about_secrets(id: Option<&str>, rule: Option<&RawRule<'_>>) -> bool {
    let tags = rule
        .and_then(|rule| rule.properties.as_ref()?.tags.as_deref())
        .unwrap_or_default();
    let words = id.into_iter().chain(tags.iter().map(|tag| &**tag));
    words.map(str::to_lowercase).any(|word| {
        // `external/cwe/cwe-798`, `CWE-798: Use of Hard-coded Credentials`
        SECRET_WORDS.iter().any(|known| word.contains(known))
            || word
                .split(['/', ':', ' '])
                .any(|part| SECRET_WEAKNESSES.contains(&part))
    })
}
