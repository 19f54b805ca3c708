//! Passwords of a Unix host's accounts, without the passwords: `/etc/shadow`.
//!
//! Written by `getent shadow`, or the file itself. <https://man7.org/linux/man-pages/man5/shadow.5.html>
//!
//! Read: whether a password is set, set and locked (`!` before the hash), or not (`!`, `!!`, `*`); when it was last
//! changed; when it ends, by its greatest age or by the account's own end. Of the hash only a fingerprint stays: the
//! same one on two hosts is one password.
//!
//! Cannot tell: use, and other ways into an account, such as SSH keys: a locked password locks no account.

use smallvec::smallvec;

use super::unix_passwd::{password_key, without_password};
use super::{Connector, Input, Mark, host};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind, Status};
use crate::model::instant::{Expiry, Instant};
use crate::model::provenance::Place;
use crate::reading::fingerprint::fingerprint;

pub const CONNECTOR: Connector = Connector {
    id: "unix_shadow",
    title: "Passwords (`/etc/shadow`)",
    vendor: "Unix",
    command: "ssh HOST sudo getent shadow > HOST/etc/shadow   # the folder names the host",
    cannot_tell: &[
        "when a password was last used",
        "whether an account with a locked password is open to SSH keys: add `authorized_keys`",
        "what an account may do: add `/etc/sudoers`",
    ],
    signatures: &[&[Mark::Accounts(host::AccountFile::Shadow)]],
    parse,
};

/// Days that mean "no end": `99999`, and what is beyond any calendar.
const NO_END_DAYS: i64 = 99_999;

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let host = host::locate(input).host;
    for (line, number) in input.text.lines().zip(1u32..) {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with(['#', '+', '-']) {
            read_password(line, number, host, input, &mut batch, &mut diagnostics);
        }
    }
    (batch, diagnostics)
}

fn read_password(
    line: &str,
    number: u32,
    host: &str,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, hash, changed, _, max_age, _, _, end, _] = fields[..] else {
        diagnostics.push(Diagnostic::error(
            format!("line {number}"),
            format!("{} fields", fields.len()),
            "9 fields between colons",
            "this account was left out; copy the file again",
        ));
        return;
    };
    if name.is_empty() {
        diagnostics.push(Diagnostic::error(
            format!("line {number}"),
            "no name",
            "an account's name",
            "this account was left out; copy the file again",
        ));
        return;
    }
    let mut days = |text: &str, what: &str| match text.parse::<i64>() {
        Ok(days) => Some(days),
        Err(_) if text.is_empty() => None,
        Err(_) => {
            diagnostics.push(Diagnostic::error(
                format!("line {number}, {what}"),
                text,
                "a number of days",
                "this number was left out, the rest of the line was read",
            ));
            None
        }
    };
    // Days since 1970. 0 makes the next login change the password, and says nothing of the last change.
    let changed = days(changed, "day of the last change").filter(|day| *day > 0);
    let max_age_is_stated = !max_age.is_empty();
    let max_age = days(max_age, "greatest age");
    let end = days(end, "the account's end").filter(|day| *day >= 0);
    let place = Place::Line(number);
    let handle = host::account(input.source, host, name, batch);
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::HostAccount, place);
    fact.name = Some(batch.sym(name));
    fact.account = Some(batch.sym(host));
    // `usermod --expiredate 1` is how an account is switched off; 0 is read as 1970 by some programs.
    let is_off = end.is_some_and(|day| day <= 1);
    if is_off {
        fact.status = Status::Disabled;
    }
    batch.identities.push(fact);
    if hash.is_empty() {
        if !is_off {
            diagnostics.push(without_password(number, name));
        }
        return;
    }
    let bare = hash.trim_start_matches(['!', '*']);
    if bare.is_empty() || matches!(bare, "x" | "NP" | "LK" | "LOCKED") {
        return;
    }
    let key = batch.sym(&password_key(input.source, host, name));
    let mut fact = CredentialFact::listed(key, CredentialKind::Password, place);
    fact.holder = Some(handle);
    fact.name = Some(batch.sym("password"));
    fact.status = match is_off || bare.len() < hash.len() {
        true => CredentialStatus::Inactive,
        false => CredentialStatus::Active,
    };
    let since = |day: i64| Instant(0).plus_days(day);
    fact.created_at = changed.map(since);
    let by_age = match max_age {
        None if max_age_is_stated => Expiry::NotReported,
        None | Some(NO_END_DAYS.. | i64::MIN..0) => Expiry::Never,
        Some(days) => changed.map_or(Expiry::NotReported, |day| Expiry::At(since(day.saturating_add(days)))),
    };
    fact.expires_at = match (by_age, end.filter(|_| !is_off).map(since)) {
        (Expiry::At(age), Some(end)) => Expiry::At(age.min(end)),
        (Expiry::Never | Expiry::NotReported, Some(end)) => Expiry::At(end),
        (by_age, None) => by_age,
    };
    fact.fingerprint = batch.sym_of(Some(&fingerprint(input.salt, bare.as_bytes())));
    batch.credentials.push(fact);
}
