//! PostgreSQL's roles: who logs in, what they may do, and who is in which role.
//!
//! Written by `\copy (select * from pg_roles) to 'pg_roles.csv' csv header` (or the same as JSON), likewise of
//! `pg_auth_members` with the names of roles and of `information_schema.role_table_grants`; and by
//! `pg_dumpall --roles-only` as SQL, which has what the three have and the verifiers of passwords besides.
//! <https://www.postgresql.org/docs/current/view-pg-roles.html>
//!
//! Read: names, attributes, the end of the password, comments, memberships, rights on tables. A role that may log in is
//! an account; every role is a group, of which an account is a member itself. Of a verifier only a fingerprint stays.
//!
//! Cannot tell: creation and use, which PostgreSQL does not keep; and whether a role has a password, unless the export is
//! that of `pg_dumpall`: `pg_roles` shows stars for all. A role with an end for its password is taken to have one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::{GrantFact, MembershipFact};
use crate::model::identity::{Class, IdentityFact, IdentityKind, OwnerBasis, OwnerClaim, Status};
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::absent::{present, yes_or_no};
use crate::reading::fingerprint::fingerprint;
use crate::reading::json;
use crate::reading::labels::{OWNER_KEYS, rank};
use crate::reading::loose::flag;
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::probe::Format;
use crate::reading::table::{Table, TableRow};
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "postgresql_roles",
    title: "Roles",
    vendor: "PostgreSQL",
    command: "psql -c \"\\copy (select * from pg_roles) to 'pg_roles.csv' csv header\"   # or, with memberships: pg_dumpall --roles-only > roles.sql",
    cannot_tell: &[
        "when a role was made, and when it last logged in: PostgreSQL does not keep it",
        "whether a role has a password, except in the dump of `pg_dumpall`",
        "whether a role serves a person or a program",
        "who may connect from where: that is in `pg_hba.conf`",
    ],
    signatures: &[
        &[Mark::Column("rolname"), Mark::Column("rolcanlogin")],
        &[
            Mark::Column("role"),
            Mark::Column("member"),
            Mark::Column("grantor"),
            Mark::Column("admin_option"),
        ],
        &[
            Mark::Column("grantee"),
            Mark::Column("table_schema"),
            Mark::Column("privilege_type"),
        ],
        &[Mark::Has("rolname"), Mark::Has("rolcanlogin")],
        &[
            Mark::Text("PostgreSQL database cluster dump"),
            Mark::Text("CREATE ROLE "),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawRole<'a> {
    #[serde(borrow, default)]
    rolname: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    rolsuper: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    rolcreaterole: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    rolcreatedb: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    rolcanlogin: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    rolreplication: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    rolbypassrls: Option<bool>,
    #[serde(borrow, default)]
    rolvaliduntil: Option<Text<'a>>,
}

/// A role as any of the exports states it.
#[derive(Default)]
struct Role {
    name: String,
    can_login: bool,
    /// Attributes that give something, by the word of `CREATE ROLE`.
    attributes: Vec<&'static str>,
    valid_until: Option<String>,
    /// The verifier, which `pg_dumpall` writes.
    verifier: Option<String>,
    comment: Option<String>,
}

/// What the attributes give. With `CREATEROLE` a role makes itself a member of nearly any other, in versions before 16
/// of those too that run programs on the server.
const ATTRIBUTES: [(&str, Option<Privilege>); 5] = [
    ("SUPERUSER", Some(Privilege::Administrator)),
    ("CREATEROLE", None),
    ("CREATEDB", Some(Privilege::Limited)),
    ("REPLICATION", Some(Privilege::Limited)),
    ("BYPASSRLS", Some(Privilege::Limited)),
];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut memberships = Vec::new();
    match input.format {
        Format::Json | Format::Yaml => {
            for row in json::rows(input.text, &[], &mut diagnostics).rows {
                let Some(raw) = row.parse::<RawRole<'_>>(&mut diagnostics) else {
                    continue;
                };
                let place = row.place(&mut batch);
                let stated = [
                    raw.rolsuper,
                    raw.rolcreaterole,
                    raw.rolcreatedb,
                    raw.rolreplication,
                    raw.rolbypassrls,
                ];
                let role = Role {
                    name: raw.rolname.as_deref().unwrap_or("").to_owned(),
                    can_login: raw.rolcanlogin == Some(true),
                    attributes: attributes(stated),
                    valid_until: raw.rolvaliduntil.as_deref().map(str::to_owned),
                    ..Role::default()
                };
                role.state(place, &row.name(), input, &mut batch, &mut diagnostics);
            }
        }
        Format::Table if !input.text.contains("CREATE ROLE ") => {
            let table = Table::read(input.text, &mut diagnostics);
            for row in table.rows() {
                read_row(row, input, &mut memberships, &mut batch, &mut diagnostics);
            }
        }
        Format::Empty
        | Format::Table
        | Format::Xml
        | Format::Pem
        | Format::Der
        | Format::JavaKeyStore
        | Format::Text
        | Format::Binary => read_dump(input, &mut memberships, &mut batch, &mut diagnostics),
    }
    state_memberships(&memberships, input, &mut batch);
    (batch, diagnostics)
}

fn attributes(stated: [Option<bool>; 5]) -> Vec<&'static str> {
    let given = ATTRIBUTES
        .iter()
        .zip(stated)
        .filter(|(_, stated)| *stated == Some(true));
    given.map(|((word, _), _)| *word).collect()
}

fn read_row(
    row: TableRow<'_>,
    input: Input<'_>,
    memberships: &mut Vec<Membership>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let place = Place::Line(row.line);
    if let (Some(role), Some(member)) = (present_name(row.get("role")), present_name(row.get("member"))) {
        memberships.push((role.to_owned(), member.to_owned(), place));
        return;
    }
    if let Some(grantee) = present_name(row.get("grantee")) {
        let parts = ["table_catalog", "table_schema", "table_name"].map(|column| row.get(column));
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let subject = match grantee {
            "PUBLIC" => Principal::AnyoneAuthenticated,
            _ => group(grantee, input, batch),
        };
        grant(
            subject,
            row.get("privilege_type"),
            &parts.join("."),
            Some(Privilege::Limited),
            place,
            batch,
        );
        return;
    }
    let stated = [
        "rolsuper",
        "rolcreaterole",
        "rolcreatedb",
        "rolreplication",
        "rolbypassrls",
    ];
    let role = Role {
        name: row.get("rolname").to_owned(),
        can_login: yes_or_no(row.get("rolcanlogin")) == Some(true),
        attributes: attributes(stated.map(|column| yes_or_no(row.get(column)))),
        valid_until: present(row.get("rolvaliduntil")).map(str::to_owned),
        // `pg_authid`, which only superusers read, has verifiers where `pg_roles` has stars.
        verifier: present(row.get("rolpassword"))
            .filter(|text| text.contains(|c| c != '*'))
            .map(str::to_owned),
        ..Role::default()
    };
    role.state(place, &format!("line {}", row.line), input, batch, diagnostics);
}

/// A role's name, which may be anything but nothing.
fn present_name(name: &str) -> Option<&str> {
    (!name.is_empty()).then_some(name)
}

impl Role {
    fn state(&self, place: Place, shown: &str, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
        let Some(name) = present_name(&self.name) else {
            diagnostics.push(Diagnostic::error(
                shown,
                "no `rolname`",
                "a role's name",
                "this role was left out; export the roles again",
            ));
            return;
        };
        let own = group(name, input, batch);
        let subject = match self.can_login {
            true => Principal::Identity(account(name, input, batch)),
            false => own,
        };
        for attribute in &self.attributes {
            let known = ATTRIBUTES.iter().find(|(word, _)| word == attribute);
            let privilege = known.and_then(|(_, privilege)| *privilege);
            grant(subject, attribute, input.source, privilege, place, batch);
        }
        if !self.can_login {
            return;
        }
        let handle = account(name, input, batch);
        let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::DatabaseAccount, place);
        fact.class = Some(Class::Unknown);
        // A role that a directory's account logs in as bears the account's name there.
        // <https://www.postgresql.org/docs/current/gssapi-auth.html>
        if name.contains('@') {
            fact.handles.push(batch.handle(HandleKind::Email, &name.to_lowercase()));
        }
        fact.name = Some(batch.sym(name));
        fact.status = Status::Active;
        for part in self.comment.iter().flat_map(|comment| comment.split([';', ','])) {
            match part.split_once([':', '=']) {
                Some((key, owner)) if rank(OWNER_KEYS, key.trim()).is_some() && !owner.trim().is_empty() => {
                    let text = batch.sym(owner.trim());
                    let basis = OwnerBasis::Description;
                    fact.owners.push(OwnerClaim { text, basis });
                }
                Some(_) | None => fact.purpose = fact.purpose.or(batch.sym_of(Some(part))),
            }
        }
        batch.identities.push(fact);
        if let Principal::Group(group) = own {
            let member = Principal::Identity(handle);
            batch.memberships.push(MembershipFact { member, group, place });
        }
        if self.valid_until.is_none() && self.verifier.is_none() {
            return;
        }
        let key = batch.sym(&format!("postgresql-password:{}/{name}", input.source));
        let mut password = CredentialFact::listed(key, CredentialKind::Password, place);
        password.holder = Some(handle);
        password.name = Some(batch.sym("password"));
        password.status = CredentialStatus::Active;
        password.expires_at = match &self.valid_until {
            Some(text) => {
                Moment::parse(text, DateOrder::MonthFirst).expiry(|| format!("{shown}, VALID UNTIL"), diagnostics)
            }
            // A dump states every end.
            None => Expiry::Never,
        };
        let verifier = self.verifier.as_deref();
        password.fingerprint = verifier.map(|text| batch.sym(&fingerprint(input.salt, text.as_bytes())));
        batch.credentials.push(password);
    }
}

/// <https://www.postgresql.org/docs/current/predefined-roles.html>: programs and files of the server lead to everything.
fn predefined(name: &str) -> Privilege {
    match name {
        "pg_execute_server_program" | "pg_write_server_files" | "pg_read_server_files" => Privilege::Administrator,
        _ => Privilege::Limited,
    }
}

fn account(name: &str, input: Input<'_>, batch: &mut Batch) -> Handle {
    batch.handle(HandleKind::Local, &format!("{}/postgresql/{name}", input.source))
}

fn group(name: &str, input: Input<'_>, batch: &mut Batch) -> Principal {
    Principal::Group(batch.sym(&format!("{}/postgresql/{name}", input.source)))
}

fn grant(
    subject: Principal,
    role: &str,
    resource: &str,
    privilege: Option<Privilege>,
    place: Place,
    batch: &mut Batch,
) {
    let role = batch.sym(role);
    let resource = batch.sym_of(Some(resource));
    batch.grants.push(GrantFact {
        subject,
        role,
        policy: None,
        resource,
        privilege,
        conditional: Conditional::Always,
        expires_at: Expiry::Never,
        place,
    });
}

/// One role in another: `(role, member)`.
type Membership = (String, String, Place);

/// States who is in which role, also through roles in between, which pass on what they have.
fn state_memberships(memberships: &[Membership], input: Input<'_>, batch: &mut Batch) {
    let mut members: BTreeMap<&str, Vec<(&str, Place)>> = BTreeMap::new();
    for (role, member, place) in memberships {
        members.entry(role).or_default().push((member, *place));
    }
    for role in members.keys().copied() {
        let subject = group(role, input, batch);
        let Principal::Group(group) = subject else {
            continue;
        };
        let mut seen = BTreeSet::from([role]);
        let mut open = vec![role];
        while let Some(within) = open.pop() {
            for (member, place) in members.get(within).into_iter().flatten() {
                if seen.insert(member) {
                    open.push(member);
                    let member = Principal::Identity(account(member, input, batch));
                    let place = *place;
                    batch.memberships.push(MembershipFact { member, group, place });
                }
            }
        }
        // The roles that PostgreSQL brings along give something by themselves, whether or not the export lists them.
        if let (true, Some((_, place))) = (role.starts_with("pg_"), members[role].first()) {
            grant(subject, role, input.source, Some(predefined(role)), *place, batch);
        }
    }
}

/// Reads the statements of `pg_dumpall --roles-only`, one a line.
fn read_dump(input: Input<'_>, memberships: &mut Vec<Membership>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let mut roles: Vec<(Role, u32)> = Vec::new();
    for (line, number) in input.text.lines().zip(1u32..) {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["CREATE", "ROLE", name] => {
                let name = name.to_owned();
                roles.push((
                    Role {
                        name,
                        ..Role::default()
                    },
                    number,
                ));
            }
            ["ALTER", "ROLE", name, "WITH", ref options @ ..] => {
                if let Some((role, _)) = roles.iter_mut().rev().find(|(role, _)| role.name == name) {
                    alter(role, options);
                }
            }
            ["COMMENT", "ON", "ROLE", name, "IS", comment] => {
                if let Some((role, _)) = roles.iter_mut().rev().find(|(role, _)| role.name == name) {
                    role.comment = Some(comment.to_owned());
                }
            }
            ["GRANT", role, "TO", member, ..] => {
                memberships.push((role.to_owned(), member.to_owned(), Place::Line(number)));
            }
            _ => {}
        }
    }
    for (role, number) in &roles {
        role.state(
            Place::Line(*number),
            &format!("line {number}"),
            input,
            batch,
            diagnostics,
        );
    }
}

fn alter(role: &mut Role, options: &[&str]) {
    for (at, option) in options.iter().enumerate() {
        let next = |n: usize| options.get(at + n).map(|text| (*text).to_owned());
        match *option {
            "LOGIN" => role.can_login = true,
            "PASSWORD" => role.verifier = next(1),
            "VALID" => role.valid_until = next(2),
            option => {
                let known = ATTRIBUTES.iter().find(|(word, _)| *word == option);
                role.attributes.extend(known.map(|(word, _)| *word));
            }
        }
    }
}

/// The words of a statement: names in `"`, texts in `'`, either with its quote written twice inside. A comment has none.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut characters = line.chars().peekable();
    if line.starts_with("--") {
        return words;
    }
    while let Some(first) = characters.next() {
        match first {
            c if c.is_whitespace() || c == ';' => {}
            quote @ ('"' | '\'') => {
                let mut text = String::new();
                while let Some(c) = characters.next() {
                    if c == quote && characters.next_if_eq(&quote).is_none() {
                        break;
                    }
                    text.push(c);
                }
                words.push(text);
            }
            c => {
                let mut text = String::from(c);
                while let Some(c) = characters.next_if(|c| !c.is_whitespace() && *c != ';') {
                    text.push(c);
                }
                words.push(text);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_words_together() {
        let line = "ALTER ROLE \"a\"\"b c\" WITH LOGIN PASSWORD 'x''y z' VALID UNTIL 'infinity';";
        assert_eq!(
            words(line),
            [
                "ALTER", "ROLE", "a\"b c", "WITH", "LOGIN", "PASSWORD", "x'y z", "VALID", "UNTIL", "infinity"
            ]
        );
    }
}
