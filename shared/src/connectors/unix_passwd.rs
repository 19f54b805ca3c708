//! Accounts of a Unix host: `/etc/passwd`.
//!
//! Written by `getent passwd`, or the file itself. <https://man7.org/linux/man-pages/man5/passwd.5.html>
//!
//! Read: name, number, comment (GECOS), shell. Whose number is 0 is root, whatever its name. The host is told by the
//! path (`web01/etc/passwd`), else by the source. Numbers below 100 are the system's own.
//!
//! Cannot tell: use, creation, SSH keys, and accounts that a directory adds (a line `+::::::` says that there are some).

use super::{Connector, Input, Mark, host};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::provenance::Place;
use crate::reading::fingerprint::fingerprint;

pub const CONNECTOR: Connector = Connector {
    id: "unix_passwd",
    title: "Accounts (`/etc/passwd`)",
    vendor: "Unix",
    command: "ssh HOST getent passwd > HOST/etc/passwd   # the folder names the host",
    cannot_tell: &[
        "when an account was made, and when it was last used",
        "whether a password is set: add `/etc/shadow`",
        "which SSH keys open an account: add `authorized_keys`",
        "whether a person uses an account that may log in",
    ],
    signatures: &[&[Mark::Accounts(host::AccountFile::Passwd)], &[Mark::Begins("+::::::")]],
    parse,
};

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let host = host::locate(input).host;
    for (line, number) in input.text.lines().zip(1u32..) {
        let line = line.trim_end();
        if line.trim_start().is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with(['+', '-']) {
            let gap = "accounts of a directory (NIS, LDAP) are included and not listed: export `getent passwd`";
            if !batch.gaps.iter().any(|known| known == gap) {
                batch.gaps.push(gap.to_owned());
            }
            continue;
        }
        read_account(line, number, host, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

fn read_account(
    line: &str,
    number: u32,
    host: &str,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, password, uid, _, gecos, _, shell] = fields[..] else {
        diagnostics.push(Diagnostic::error(
            format!("line {number}"),
            format!("{} fields", fields.len()),
            "7 fields between colons",
            "this account was left out; copy the file again",
        ));
        return;
    };
    // macOS writes the largest numbers as negative ones.
    let known = uid
        .parse::<u64>()
        .or_else(|_| uid.parse::<i32>().map(|uid| u64::from(uid as u32)));
    let uid = match known {
        Ok(uid) if !name.is_empty() => uid,
        Ok(_) | Err(_) => {
            diagnostics.push(Diagnostic::error(
                format!("line {number}"),
                format!("name `{name}`, number `{uid}`"),
                "a name and a number",
                "this account was left out; copy the file again",
            ));
            return;
        }
    };
    let place = Place::Line(number);
    let account = host::Account {
        host,
        name,
        uid: Some(uid),
        comment: gecos,
        shell,
    };
    let handle = account.state(input.source, place, batch);
    match password {
        "" => diagnostics.push(without_password(number, name)),
        // In `shadow`, or none.
        "x" | "*" | "!" | "!!" | "NP" | "LK" | "********" => {}
        hash => {
            let locked = hash.starts_with('!') || hash.starts_with('*');
            let key = batch.sym(&password_key(input.source, host, name));
            let mut fact = CredentialFact::listed(key, CredentialKind::Password, place);
            fact.holder = Some(handle);
            fact.name = Some(batch.sym("password"));
            fact.status = if locked {
                CredentialStatus::Inactive
            } else {
                CredentialStatus::Active
            };
            let hash = hash.trim_start_matches(['!', '*']);
            fact.fingerprint = batch.sym_of(Some(&fingerprint(input.salt, hash.as_bytes())));
            batch.credentials.push(fact);
        }
    }
}

/// The key of an account's password, in `passwd` and `shadow` alike.
pub(super) fn password_key(source: &str, host: &str, user: &str) -> String {
    format!("unix-password:{source}/{host}/{user}")
}

/// What to say of an account into which one gets without a password.
pub(super) fn without_password(number: u32, name: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("line {number}"),
        format!("no password for `{name}`"),
        "a hash, or `!` or `*` where nobody logs in with a password",
        "whoever names this account may log in as it: lock it with `passwd -l`",
    )
}
