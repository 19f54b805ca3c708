//! OpenSSH's files of public keys: `authorized_keys`, `known_hosts`, `*.pub` and certificates (`*-cert.pub`).
//!
//! The files themselves; `ssh-keyscan` writes known hosts.
//! <https://man.openbsd.org/sshd.8#AUTHORIZED_KEYS_FILE_FORMAT>, <https://man.openbsd.org/sshd.8#SSH_KNOWN_HOSTS_FILE_FORMAT>
//!
//! Each line tells what it is: `[options] kind key comment` opens an account, `[@marker] hosts kind key` is how a client
//! knows a server, and a certificate carries its own dates. Read: fingerprint, comment, the options `expiry-time`,
//! `cert-authority` and `principals`; of certificates key id, dates and key. The other options narrow what a key may do
//! on the host, and are not weighed. The keys of servers are only mentioned: most of them are others' servers.
//!
//! The account is told by the path, `web01/home/deploy/.ssh/authorized_keys`; a key of an account of which no export
//! knows counts without a holder.
//!
//! Cannot tell: who has the private key, and when it was last used.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::{Connector, Input, Mark, host};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::{TrustFact, TrustGuard, TrustKind};
use crate::model::identity::Presence;
use crate::model::instant::{Expiry, Instant};
use crate::model::principal::{Handle, Principal};
use crate::model::provenance::Place;
use crate::reading::{ssh_certificate, ssh_key};

pub const CONNECTOR: Connector = Connector {
    id: "openssh_keys",
    title: "OpenSSH keys and certificates",
    vendor: "OpenSSH",
    command: "ssh HOST sudo cat /home/USER/.ssh/authorized_keys > HOST/home/USER/.ssh/authorized_keys   # the folders name host and account",
    cannot_tell: &[
        "who holds the private key",
        "when a key was added, and when it was last used: that is in the log of sshd",
        "the account, unless the path names it",
        "whether sshd reads the file at all: `AuthorizedKeysFile` may name another",
    ],
    signatures: &[
        &[Mark::FirstLine("ssh-ed25519 AAAA")],
        &[Mark::FirstLine("ssh-rsa AAAA")],
        &[Mark::FirstLine("ssh-dss AAAA")],
        &[Mark::FirstLine("ecdsa-sha2-nistp256 AAAA")],
        &[Mark::FirstLine("ecdsa-sha2-nistp384 AAAA")],
        &[Mark::FirstLine("ecdsa-sha2-nistp521 AAAA")],
        &[Mark::FirstLine("@openssh.com AAAA")],
    ],
    parse,
};

/// What the file is for, where a line alone does not say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Keys that open an account.
    Authorized,
    /// A key by itself: `id_ed25519.pub`.
    Public,
}

/// One line with a key.
struct Line<'a> {
    /// `cert-authority,principals="deploy"`, `""` when there are none.
    options: &'a str,
    /// `@revoked`, `@cert-authority`.
    marker: Option<&'a str>,
    /// Names of a server, hashed ones too; `None` when the line is of `authorized_keys`.
    hosts: Option<&'a str>,
    kind: &'a str,
    packed: &'a str,
    comment: &'a str,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let location = host::locate(input);
    let file = input.path.rsplit('/').next().unwrap_or("");
    let purpose = match file.ends_with(".pub") {
        true => Purpose::Public,
        false => Purpose::Authorized,
    };
    let account = location
        .user
        .map(|user| host::account(input.source, location.host, user, &mut batch));
    let mut n_unheld = 0u32;
    for (text, number) in input.text.lines().zip(1u32..) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let blob = Line::parse(text).and_then(|line| Some((blob_of(line.kind, line.packed)?, line)));
        let Some((blob, line)) = blob else {
            diagnostics.push(Diagnostic::error(
                format!("line {number}"),
                "no whole public key",
                "a line such as `ssh-ed25519 AAAAC3… comment`",
                "this line was left out, as sshd leaves it out; the file may be cut, or a line be broken in two",
            ));
            continue;
        };
        let opens_account = line.hosts.is_none() && (purpose == Purpose::Authorized || !line.options.is_empty());
        if opens_account && account.is_none() && !line.kind.ends_with(ssh_certificate::KIND_SUFFIX) {
            n_unheld += 1;
        }
        let place = Place::Line(number);
        line.state(
            &blob,
            account.filter(|_| opens_account),
            place,
            &mut batch,
            &mut diagnostics,
        );
    }
    if n_unheld > 0 {
        diagnostics.push(Diagnostic::warning(
            "whole file",
            format!("{n_unheld} keys, and a path that names no account"),
            "a path such as `web01/home/deploy/.ssh/authorized_keys` or `deploy@web01.authorized_keys`",
            "the keys count, but not whose account they open: put the file into folders as on the host",
        ));
        batch
            .gaps
            .push("the account that these SSH keys open is not named".to_owned());
    }
    (batch, diagnostics)
}

impl<'a> Line<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let words = words(text);
        let at = words.iter().position(|(word, _)| is_key_kind(word))?;
        let before: Vec<&str> = words[..at].iter().map(|(word, _)| *word).collect();
        let (kind, _) = words[at];
        let (packed, end) = *words.get(at + 1)?;
        let comment = text[end..].trim();
        let (marker, before) = match before.as_slice() {
            [marker, rest @ ..] if marker.starts_with('@') => (Some(*marker), rest),
            before => (None, before),
        };
        let (options, hosts) = match before {
            [] => ("", None),
            [options] if marker.is_none() && are_options(options) => (*options, None),
            [hosts] => ("", Some(*hosts)),
            _ => return None,
        };
        Some(Line {
            options,
            marker,
            hosts,
            kind,
            packed,
            comment,
        })
    }

    fn state(
        &self,
        blob: &[u8],
        account: Option<Handle>,
        place: Place,
        batch: &mut Batch,
        diagnostics: &mut Diagnostics,
    ) {
        let fingerprint = ssh_key::fingerprint(blob);
        if let Some(certificate) = ssh_certificate::parse(blob) {
            let key = batch.sym(&format!("ssh-certificate:{fingerprint}"));
            let mut fact = CredentialFact::listed(key, CredentialKind::SshKey, place);
            fact.name = batch.sym_of(Some(certificate.key_id));
            fact.status = CredentialStatus::Active;
            fact.created_at = certificate.valid_after;
            fact.expires_at = certificate.valid_before;
            fact.fingerprint = Some(batch.sym(&certificate.key_fingerprint));
            batch.credentials.push(fact);
            return;
        }
        let options = options_of(self.options);
        let option = |name: &str| options.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        if option("cert-authority").is_some() {
            if let Some(target) = account {
                let issuer = batch.sym(&format!("ssh-authority {fingerprint}"));
                // Without principals, the certificate must name the account.
                let principals = option("principals").and_then(|(_, value)| value.as_deref());
                let own = batch.strings.get(target.text).rsplit('/').next().map(str::to_owned);
                let subject = batch.sym_of(principals.or(own.as_deref()));
                batch.trusts.push(TrustFact {
                    actor: Principal::Federated { issuer, subject },
                    target,
                    kind: TrustKind::Federates,
                    guard: TrustGuard::SubjectOrAudience,
                    presence: Presence::Listed,
                    place,
                });
            }
            return;
        }
        let key = batch.sym(&ssh_key::credential_key(&fingerprint));
        let mut fact = CredentialFact::listed(key, CredentialKind::SshKey, place);
        fact.fingerprint = Some(batch.sym(&fingerprint));
        match self.hosts {
            Some(hosts) => {
                if self.marker == Some("@cert-authority") {
                    return;
                }
                fact.presence = Presence::Mentioned;
                if self.marker == Some("@revoked") {
                    fact.status = CredentialStatus::Revoked;
                }
                let named = Some(hosts).filter(|hosts| !hosts.starts_with('|'));
                fact.name = batch.sym_of(named);
            }
            None => {
                fact.holder = account;
                fact.name = batch.sym_of(Some(self.comment));
                if account.is_some() {
                    fact.status = CredentialStatus::Active;
                    fact.expires_at = Expiry::Never;
                }
                if let Some((_, Some(written))) = option("expiry-time") {
                    fact.expires_at = match expiry_time(written) {
                        Some(at) => Expiry::At(at),
                        None => {
                            diagnostics.push(Diagnostic::error(
                                format!("{}, expiry-time", place.to_text(&batch.strings)),
                                written,
                                "a date such as `20261231` or `20261231T1200Z`",
                                "the date was left out: sshd refuses the whole line; mend it",
                            ));
                            Expiry::NotReported
                        }
                    };
                }
            }
        }
        batch.credentials.push(fact);
    }
}

/// The binary form of a key whose line says of which kind it is.
fn blob_of(kind: &str, packed: &str) -> Option<Vec<u8>> {
    let blob = STANDARD
        .decode(packed)
        .or_else(|_| STANDARD_NO_PAD.decode(packed))
        .ok()?;
    let n = u32::from_be_bytes(blob.get(..4)?.try_into().ok()?) as usize;
    (blob.get(4..)?.get(..n)? == kind.as_bytes() && blob.len() > 4 + n).then_some(blob)
}

fn is_key_kind(word: &str) -> bool {
    let bare = word.strip_suffix(ssh_certificate::KIND_SUFFIX).unwrap_or(word);
    let bare = bare.strip_suffix("@openssh.com").unwrap_or(bare);
    matches!(
        bare,
        "ssh-ed25519"
            | "ssh-rsa"
            | "ssh-dss"
            | "ecdsa-sha2-nistp256"
            | "ecdsa-sha2-nistp384"
            | "ecdsa-sha2-nistp521"
            | "ssh-mldsa44-ed25519"
            | "sk-ssh-ed25519"
            | "sk-ecdsa-sha2-nistp256"
    )
}

/// The words of a line, each with where it ends; spaces between quotes part none, and a quote behind a backslash is
/// none.
fn words(text: &str) -> Vec<(&str, usize)> {
    let mut words = Vec::new();
    let (mut start, mut quoted, mut escaped) = (None, false, false);
    for (at, c) in text.char_indices() {
        match c {
            c if c.is_whitespace() && !quoted => {
                words.extend(start.take().map(|start: usize| (&text[start..at], at)));
            }
            _ => {
                start = start.or(Some(at));
                quoted ^= c == '"' && !escaped;
            }
        }
        escaped = c == '\\' && !escaped;
    }
    words.extend(start.map(|start| (&text[start..], text.len())));
    words
}

/// Names and values of `restrict,command="a, \"b\"",from="10.0.0.0/8"`.
fn options_of(text: &str) -> Vec<(&str, Option<String>)> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        quoted ^= c == '"' && !escaped;
        if c == ',' && !quoted {
            parts.push(&text[start..at]);
            start = at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(&text[start..]);
    // One quote at either end: a further one is the value's own.
    let unquoted = |value: &str| {
        let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        inner.unwrap_or(value).replace("\\\"", "\"")
    };
    let options = parts.into_iter().filter(|part| !part.is_empty());
    options
        .map(|part| match part.split_once('=') {
            Some((name, value)) => (name, Some(unquoted(value))),
            None => (part, None),
        })
        .collect()
}

/// Whether a word before a key is options, and not the name of a server.
fn are_options(word: &str) -> bool {
    const OPTIONS: [&str; 22] = [
        "agent-forwarding",
        "cert-authority",
        "command",
        "environment",
        "expiry-time",
        "from",
        "no-agent-forwarding",
        "no-port-forwarding",
        "no-pty",
        "no-touch-required",
        "no-user-rc",
        "no-X11-forwarding",
        "permitlisten",
        "permitopen",
        "port-forwarding",
        "principals",
        "pty",
        "restrict",
        "tunnel",
        "user-rc",
        "verify-required",
        "X11-forwarding",
    ];
    options_of(word)
        .iter()
        .all(|(name, _)| OPTIONS.iter().any(|option| option.eq_ignore_ascii_case(name)))
}

/// `YYYYMMDD[HHMM[SS]][Z]`, with or without a `T` or a `-` between day and time. Without `Z` it is in the host's own
/// time, which is taken for UTC.
fn expiry_time(written: &str) -> Option<Instant> {
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    if !matches!(digits.len(), 8 | 12 | 14) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or("00");
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    );
    Instant::from_text(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_spaces_and_commas() {
        let line = r#"command="echo \"a, b\"",from="10.0.0.0/8,*.acme.test" ssh-rsa AAAA some comment"#;
        assert_eq!(words(line).len(), 5);
        let options = options_of(words(line)[0].0);
        let names: Vec<_> = options.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["command", "from"]);
        assert_eq!(options[0].1.as_deref(), Some(r#"echo "a, b""#));
        assert!(are_options(words(line)[0].0));
        for host in ["github.com,140.82.121.4", "[bastion]:2222", "|1|salt|hash", "from"] {
            assert_eq!(are_options(host), host == "from", "{host}");
        }
    }

    #[test]
    fn an_end_is_a_day_or_a_time() {
        let shown = |text| expiry_time(text).map(|at| at.to_string());
        assert_eq!(shown("20261231").as_deref(), Some("2026-12-31T00:00:00Z"));
        assert_eq!(shown("20261231T1530Z").as_deref(), Some("2026-12-31T15:30:00Z"));
        assert_eq!(shown("20261340"), None);
        assert_eq!(shown("soon"), None);
    }
}
