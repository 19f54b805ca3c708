//! What the connectors for files of a host share: which host and which account a file is about, where only its path
//! tells, and how accounts and groups of hosts are called.

use smallvec::smallvec;

use super::Input;
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::grant::GrantFact;
use crate::model::identity::{Class, HumanUse, IdentityFact, IdentityKind, Origin, OwnerBasis, OwnerClaim};
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::labels::{OWNER_KEYS, rank};

/// Where a file was taken from.
pub(super) struct Location<'a> {
    /// The host's name; the source's where the path names none.
    pub host: &'a str,
    /// The account whose home the file was in.
    pub user: Option<&'a str>,
}

/// A file of a host's accounts, one on each line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountFile {
    Passwd,
    Shadow,
}

impl AccountFile {
    /// Whether a line has an account's fields: a name without blanks; two numbers and a folder, or a password's days.
    pub fn has_line(self, line: &str) -> bool {
        let fields: Vec<&str> = line.split(':').collect();
        let is_number = |field: &&str| field.parse::<i64>().is_ok();
        let is_folder = |field: &str| field.is_empty() || field.starts_with('/');
        match (self, &fields[..]) {
            (AccountFile::Passwd, [name, _, user, group, _, folder, shell]) => {
                is_name(name) && [user, group].into_iter().all(is_number) && is_folder(folder) && is_folder(shell)
            }
            (AccountFile::Shadow, [name, _, days @ .., _]) if fields.len() == 9 => {
                // One of them may be broken.
                let n_days = days.iter().filter(|field| field.is_empty() || is_number(field)).count();
                is_name(name) && n_days + 1 >= days.len()
            }
            _ => false,
        }
    }
}

/// Whether a text can be an account's name, and no date or word of a log.
fn is_name(name: &str) -> bool {
    let is_of_names = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '@' | '\\' | '+' | '$');
    let is_date = name.contains('-') && name.starts_with(|c: char| c.is_ascii_digit());
    !name.is_empty() && !is_date && name.chars().all(is_of_names)
}

/// The folders at the top of a host's own file system.
const ROOTS: [&str; 8] = ["etc", "home", "root", "Users", "var", "usr", "opt", "srv"];

/// Words of file and folder names that name no host.
const GENERIC: [&str; 18] = [
    "etc",
    "passwd",
    "shadow",
    "group",
    "sudoers",
    "d",
    "getent",
    "home",
    "root",
    "ssh",
    "authorized",
    "keys",
    "keys2",
    "known",
    "hosts",
    "txt",
    "hosts2",
    "osquery",
];

/// Reads a path such as `web01/etc/passwd`, `web01/home/deploy/.ssh/authorized_keys`, `passwd.web01` or
/// `deploy@web01.authorized_keys`. `source.toml` goes first: `web01`, or `deploy@web01` for a file of one account.
pub(super) fn locate(input: Input<'_>) -> Location<'_> {
    if let Some(subject) = input.config.subject_of(input.path) {
        let (user, host) = match subject.split_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, subject),
        };
        return Location { host, user };
    }
    let parts: Vec<&str> = input.path.split('/').filter(|part| !part.is_empty()).collect();
    let root = parts.iter().position(|part| ROOTS.contains(part));
    // The last part is the file itself, which no folder of that name is.
    let root = root.filter(|at| at + 1 < parts.len());
    if let Some(at) = root {
        let host = at.checked_sub(1).map_or(input.source, |before| parts[before]);
        let user = match parts[at] {
            "home" | "Users" if at + 2 < parts.len() => Some(parts[at + 1]),
            "root" => Some("root"),
            _ => None,
        };
        return Location { host, user };
    }
    let Some(subject) = input.subject(&GENERIC) else {
        let host = input.source;
        return Location { host, user: None };
    };
    match user_and_host(subject) {
        Some((user, host)) => Location { host, user: Some(user) },
        None => Location {
            host: named_in(subject),
            user: None,
        },
    }
}

/// `deploy@web01`, without the words that say what kind of file it is.
fn user_and_host(subject: &str) -> Option<(&str, &str)> {
    let (user, host) = subject.split_once('@')?;
    let (user, host) = (named_in(user), named_in(host));
    (!user.is_empty() && !host.is_empty()).then_some((user, host))
}

/// The part of a name that is no generic word: `web01` of `passwd-web01` and of `web01_authorized_keys`.
fn named_in(name: &str) -> &str {
    let is_separator = |c: char| matches!(c, '-' | '_' | '.' | '+' | ' ');
    let mut name = name;
    loop {
        let before = name;
        for word in GENERIC {
            let stripped = name.strip_suffix(word).and_then(|rest| rest.strip_suffix(is_separator));
            name = stripped.filter(|rest| !rest.is_empty()).unwrap_or(name);
            let stripped = name.strip_prefix(word).and_then(|rest| rest.strip_prefix(is_separator));
            name = stripped.filter(|rest| !rest.is_empty()).unwrap_or(name);
        }
        if name == before {
            return name;
        }
    }
}

/// An account of a host. A name with a domain is one all over the estate; a bare one is so in its source.
pub(super) fn account(source: &str, host: &str, user: &str, batch: &mut Batch) -> Handle {
    let text = match host.contains('.') {
        true => format!("hosts/{}/{user}", host.to_ascii_lowercase()),
        false => format!("{source}/hosts/{host}/{user}"),
    };
    batch.handle(HandleKind::Local, &text)
}

/// A group of a host.
pub(super) fn group(source: &str, host: &str, group: &str, batch: &mut Batch) -> Principal {
    Principal::Group(batch.sym(&format!("{source}/hosts/{host}/{group}")))
}

/// An account as the host's own list states it.
pub(super) struct Account<'a> {
    pub host: &'a str,
    pub name: &'a str,
    pub uid: Option<u64>,
    /// Who or what it is for, in several parts between commas (GECOS).
    pub comment: &'a str,
    pub shell: &'a str,
}

impl Account<'_> {
    /// States the account, and that number 0 is root, whatever its name.
    pub fn state(&self, source: &str, place: Place, batch: &mut Batch) -> Handle {
        let handle = account(source, self.host, self.name, batch);
        let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::HostAccount, place);
        fact.name = Some(batch.sym(self.name));
        fact.account = Some(batch.sym(self.host));
        fact.class = class(self.uid, self.shell);
        if self.uid.is_some_and(is_of_the_system) {
            fact.origin = Origin::Platform;
        }
        if is_no_login(self.shell) {
            fact.human_use = HumanUse::Absent;
        }
        let mut purpose = None;
        for part in self
            .comment
            .split([',', ';'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            match part.split_once([':', '=', ' ']) {
                Some((key, owner)) if rank(OWNER_KEYS, key).is_some() && !owner.trim().is_empty() => {
                    let text = batch.sym(owner.trim());
                    let basis = OwnerBasis::Description;
                    fact.owners.push(OwnerClaim { text, basis });
                }
                Some(_) | None => purpose = purpose.or(Some(part)),
            }
        }
        fact.purpose = batch.sym_of(purpose.filter(|purpose| *purpose != self.name));
        batch.identities.push(fact);
        if self.uid == Some(0) {
            let role = batch.sym("uid 0");
            let resource = Some(batch.sym(self.host));
            batch.grants.push(GrantFact {
                subject: Principal::Identity(handle),
                role,
                policy: None,
                resource,
                privilege: Some(Privilege::Administrator),
                conditional: Conditional::Always,
                expires_at: Expiry::Never,
                place,
            });
        }
        handle
    }
}

/// Whether a person or a program uses an account, as far as its number and its shell tell: the system's own numbers
/// end below 1000, and who may not log in is no person. Old Red Hat systems ended at 500, which makes no program of a
/// person here. `root` serves both.
fn class(uid: Option<u64>, shell: &str) -> Option<Class> {
    match uid {
        Some(0) => None,
        _ if is_no_login(shell) => Some(Class::NonHuman),
        Some(1..500) => Some(Class::NonHuman),
        Some(_) | None => None,
    }
}

/// Whether a shell ends every login at once.
fn is_no_login(shell: &str) -> bool {
    let name = shell.rsplit('/').next().unwrap_or(shell);
    matches!(name, "nologin" | "false" | "sync" | "shutdown" | "halt")
}

/// Whether an account came with the system: Debian and Red Hat give numbers below 100 to no other, and 65534 to
/// `nobody`.
fn is_of_the_system(uid: u64) -> bool {
    matches!(uid, 1..100 | 65_534)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::probe::Format;

    #[test]
    fn lines_of_accounts_are_told_from_others() {
        let (passwd, shadow) = (AccountFile::Passwd, AccountFile::Shadow);
        for line in [
            "root:x:0:0:root:/root:/bin/sh",
            "nobody:*:-2:-2:Nobody:/var/empty:/usr/bin/false",
        ] {
            assert!(passwd.has_line(line) && !shadow.has_line(line), "{line}");
        }
        for line in ["root:$6$x:19000:0:99999:7:::", "daemon:*:19000::::::"] {
            assert!(shadow.has_line(line) && !passwd.has_line(line), "{line}");
        }
        for line in [
            "USERS\tarn:aws:iam::111122223333:user/a:2024-01-01T00:00:00Z:AID:a",
            "2024-05-01 10:00:00 a:b:c:d:e",
            "2024-05-01:b:c:d:e:f:g:h:i",
            "aa:bb:cc:dd:ee:ff:00",
            "/usr/bin:/bin:/sbin:/a:/b:/c:/d",
        ] {
            assert!(!passwd.has_line(line) && !shadow.has_line(line), "{line}");
        }
    }

    #[test]
    fn a_path_names_host_and_account() {
        for (path, host, user) in [
            ("passwd", "acme-hosts", None),
            ("etc/passwd", "acme-hosts", None),
            ("web01/etc/passwd", "web01", None),
            ("eu/web01/etc/ssh/keys", "web01", None),
            ("passwd-web01.txt", "web01", None),
            ("web01.passwd", "web01", None),
            ("web01/passwd", "web01", None),
            ("web01/home/deploy/.ssh/authorized_keys", "web01", Some("deploy")),
            ("web01/root/.ssh/authorized_keys", "web01", Some("root")),
            ("home/deploy/.ssh/authorized_keys", "acme-hosts", Some("deploy")),
            ("deploy@web01.authorized_keys", "web01", Some("deploy")),
            ("authorized_keys", "acme-hosts", None),
            ("web01/authorized_keys", "web01", None),
        ] {
            let input = Input {
                source: "acme-hosts",
                path,
                format: Format::Text,
                bytes: b"",
                text: "",
                salt: "",
                config: &crate::config::SourceConfig::default(),
            };
            let found = locate(input);
            assert_eq!((found.host, found.user), (host, user), "{path}");
        }
    }
}
