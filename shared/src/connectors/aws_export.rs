//! What exports of AWS share: whose account a file is of, whom its path names, and how ARNs are checked.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::Input;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::identity::{OwnerBasis, OwnerClaim};
use crate::model::principal::{Handle, HandleKind};
use crate::model::strings::Sym;
use crate::reading::absent::present;
use crate::reading::json::Row;
use crate::reading::labels::{self, ENVIRONMENT_KEYS, OWNER_KEYS, PURPOSE_KEYS};
use crate::reading::pem::{PemContents, pem_blocks};

/// The account that a file is of: `source.toml` says it, or the path or the source's name has its 12 digits.
pub fn account<'a>(input: &Input<'a>) -> Option<&'a str> {
    let declared = input.config.account.as_deref().filter(|text| is_account(text));
    declared
        .or_else(|| accounts_in(input.path).next().map(|(_, account)| account))
        .or_else(|| accounts_in(input.source).next().map(|(_, account)| account))
}

/// A user that an export names without its account: by the account that the file is of, else by the source.
pub fn user(batch: &mut Batch, input: &Input<'_>, name: &str) -> Handle {
    let scope = account(input).unwrap_or(input.source);
    batch.handle(HandleKind::AwsUserName, &format!("{scope}/{name}"))
}

/// The user, role, group or policy that a file is about: `source.toml` says it, or the path has its ARN.
///
/// In file names the colons and slashes of an ARN may be any other sign, or percent-encoded, and what stands before
/// the account may be left out: `123456789012_role_ci-deploy.json`. The account may also come from the source, and
/// the rest from folders: `aws-123456789012/role/ci-deploy.json`.
pub fn subject(input: &Input<'_>) -> Option<String> {
    if let Some(subject) = input.config.subject_of(input.path) {
        return Some(subject.to_owned());
    }
    let path = percent_decode_str(input.path).decode_utf8_lossy();
    let path = without_extension(&path);
    let partition = ["aws-us-gov", "aws-cn", "aws-iso-b", "aws-iso"]
        .into_iter()
        .find(|partition| path.contains(&format!("arn:{partition}:")))
        .unwrap_or("aws");
    let arn = |account: &str, kind: &str, name: &str| format!("arn:{partition}:iam::{account}:{kind}/{name}");
    for (at, account) in accounts_in(path) {
        if let Some((kind, name)) = path[at + account.len()..].get(1..).and_then(kind_and_name) {
            return Some(arn(account, kind, name));
        }
    }
    let account = account(input)?;
    let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
    let (kind, name) = starts.filter_map(|at| kind_and_name(&path[at..])).next_back()?;
    Some(arn(account, kind, name))
}

/// `role/a/b` as `role` and `a/b`; any sign may stand for the first slash.
fn kind_and_name(text: &str) -> Option<(&'static str, &str)> {
    ["role", "user", "group", "policy"].into_iter().find_map(|kind| {
        let rest = text.strip_prefix(kind)?;
        let rest = rest
            .strip_prefix('s')
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(rest);
        let name = rest.strip_prefix(|c: char| !c.is_alphanumeric())?;
        (!name.is_empty()).then_some((kind, name))
    })
}

fn without_extension(path: &str) -> &str {
    let mut path = path;
    while let Some(shorter) = [".json", ".jsonl", ".ndjson", ".txt", ".gz", ".zst"]
        .iter()
        .find_map(|extension| path.strip_suffix(extension))
    {
        path = shorter;
    }
    path
}

/// Runs of exactly 12 digits that are no date with hour and minute, with where they begin.
fn accounts_in(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_end = |at: usize| !text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    (0..text.len())
        .filter(move |&at| is_end(at.wrapping_sub(1)) && is_end(at + 12))
        .filter_map(|at| Some((at, text.get(at..at + 12)?)))
        .filter(|(_, run)| is_account(run) && !is_date(run))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `202610310800`.
fn is_date(digits: &str) -> bool {
    let part = |from: usize, to: usize| digits[from..to].parse::<u32>().unwrap_or(u32::MAX);
    digits.starts_with("20")
        && (1..=12).contains(&part(4, 6))
        && (1..=31).contains(&part(6, 8))
        && part(8, 10) < 24
        && part(10, 12) < 60
}

/// The account that an ARN names.
pub fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

/// A row's ARN when it is one of these services, of which the first is the usual; none, and a diagnostic, otherwise.
pub fn required_arn<'a>(
    text: Option<&'a str>,
    services: &[&str],
    row: &Row<'_>,
    member: &str,
    diagnostics: &mut Diagnostics,
) -> Option<&'a str> {
    let text = text.unwrap_or_default();
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let is_arn = matches!(parts.as_slice(), ["arn", _, service, _, _, _] if services.contains(service));
    if is_arn {
        return Some(text);
    }
    diagnostics.push(Diagnostic::error(
        format!("{}.{member}", row.name()),
        if text.is_empty() { "nothing" } else { text },
        format!(
            "an ARN that begins with `arn:aws:{}:`",
            services.first().copied().unwrap_or_default()
        ),
        "this row was left out: without it nothing tells which thing it is; export it again",
    ));
    None
}

/// A tag as most services write it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a tag")]
pub struct RawTag<'a> {
    #[serde(borrow, default)]
    pub key: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub value: Option<Cow<'a, str>>,
}

/// What tags say. Of several that say the same kind of thing, the plainest key counts, and every owner is a claim.
#[derive(Default)]
pub struct Labels {
    pub owners: Vec<OwnerClaim>,
    pub environment: Option<Sym>,
    pub purpose: Option<Sym>,
}

impl Labels {
    pub fn read(tags: &[RawTag<'_>], batch: &mut Batch) -> Labels {
        let mut owners: Vec<(usize, &str)> = Vec::new();
        let mut environment: Option<(usize, &str)> = None;
        let mut purpose: Option<(usize, &str)> = None;
        for tag in tags {
            let (Some(key), Some(value)) = (tag.key.as_deref(), tag.value.as_deref().and_then(present)) else {
                continue;
            };
            if let Some(rank) = labels::rank(OWNER_KEYS, key) {
                owners.push((rank, value));
            } else if let Some(rank) = labels::rank(ENVIRONMENT_KEYS, key) {
                if environment.is_none_or(|(best, _)| rank < best) {
                    environment = Some((rank, value));
                }
            } else if let Some(rank) = labels::rank(PURPOSE_KEYS, key)
                && purpose.is_none_or(|(best, _)| rank < best)
            {
                purpose = Some((rank, value));
            }
        }
        owners.sort_by_key(|(rank, _)| *rank);
        Labels {
            owners: owners
                .into_iter()
                .map(|(_, owner)| OwnerClaim {
                    text: batch.sym(owner),
                    basis: OwnerBasis::Tag,
                })
                .collect(),
            environment: environment.map(|(_, value)| batch.sym(value)),
            purpose: purpose.map(|(_, value)| batch.sym(value)),
        }
    }
}

/// The first certificate of a member that holds PEM, in DER. One that cannot be read costs only itself: what AWS says
/// of it beside it still counts.
pub fn certificate_in(
    pem: Option<&str>,
    row: &Row<'_>,
    member: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<u8>> {
    let pem = pem.and_then(present)?;
    let reason = match pem_blocks(pem).next().map(|block| block.contents) {
        Some(PemContents::Der(der)) => return Some(der),
        Some(PemContents::Broken(reason)) => reason,
        Some(PemContents::PrivateKey) | None => "no certificate".to_owned(),
    };
    diagnostics.push(unreadable_certificate(row, member, &reason));
    None
}

/// What to say of a certificate that cannot be read, and of which AWS says something all the same.
pub fn unreadable_certificate(row: &Row<'_>, member: &str, reason: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("{}.{member}", row.name()),
        format!("a certificate with {reason}"),
        "an X.509 certificate as PEM",
        "the certificate counts with what AWS says of it; export it again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{About, SourceConfig};
    use crate::reading::probe::Format;

    fn check(source: &str, path: &str, config: &SourceConfig) -> (Option<String>, Option<String>) {
        let input = Input {
            source,
            path,
            format: Format::Json,
            bytes: b"",
            text: "",
            salt: "",
            config,
        };
        (account(&input).map(str::to_owned), subject(&input))
    }

    #[test]
    fn a_path_names_account_and_subject() {
        let none = SourceConfig::default();
        for (source, path, expected) in [
            (
                "aws",
                "arn:aws:iam::123456789012:role/a/ci.json",
                "arn:aws:iam::123456789012:role/a/ci",
            ),
            (
                "aws",
                "used/arn:aws-cn:iam::123456789012:user/ci.json.gz",
                "arn:aws-cn:iam::123456789012:user/ci",
            ),
            (
                "aws",
                "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fci.json",
                "arn:aws:iam::123456789012:role/ci",
            ),
            (
                "aws",
                "arn_aws_iam__123456789012_role_ci-deploy.json",
                "arn:aws:iam::123456789012:role/ci-deploy",
            ),
            (
                "aws",
                "123456789012-user-j.doe.json",
                "arn:aws:iam::123456789012:user/j.doe",
            ),
            ("aws-123456789012", "roles/ci.json", "arn:aws:iam::123456789012:role/ci"),
            (
                "aws",
                "123456789012/used/role-ci.json",
                "arn:aws:iam::123456789012:role/ci",
            ),
        ] {
            let (account, subject) = check(source, path, &none);
            assert_eq!(account.as_deref(), Some("123456789012"), "{path}");
            assert_eq!(subject.as_deref(), Some(expected), "{path}");
        }
        for path in [
            "used.json",
            "202610310800-role-ci.json",
            "1234567890123-role-ci.json",
            "ü/ci.json",
        ] {
            assert_eq!(check("aws", path, &none), (None, None), "{path}");
        }
        assert_eq!(check("aws-123456789012", "ci.json", &none).1, None);
    }

    #[test]
    fn source_toml_goes_first() {
        let config = SourceConfig {
            account: Some("210987654321".to_owned()),
            about: vec![About {
                file: "ci.json".to_owned(),
                subject: "arn:aws:iam::210987654321:role/ci".to_owned(),
            }],
            ..SourceConfig::default()
        };
        let (account, subject) = check("aws-123456789012", "used/ci.json", &config);
        assert_eq!(account.as_deref(), Some("210987654321"));
        assert_eq!(subject.as_deref(), Some("arn:aws:iam::210987654321:role/ci"));
    }
}
