//! Any inventory of identities as a table: a spreadsheet, a CMDB or ticket export, a list kept by hand.
//!
//! Recognised by its columns, in English or German: one that names the identity, and one that says something of it.
//! Lists of people that do not say who is none, and tables that directories, databases and logs write, are not taken.
//! The delimiter, the encoding and the order of day and month are found out for each file. Columns with other headings,
//! and lists in JSON, are read as `[[inventory]]` in `rollcall.toml` or the source's `source.toml` maps them.
//!
//! Read: name, id, type, owners and teams, creation, last use, rotation, expiry, environment, system, status, type and
//! place of the secret, purpose. A row that speaks of a secret (its type, rotation, expiry or place, or a type such as
//! `API key`) is also a credential. Of a place only that there is one is read. Cells are text: a formula is a text
//! that begins with `=`. Columns that hold secrets themselves are never read.
//!
//! Cannot tell: whether the list is right or whole, what an identity may do, and when the secret of an account was
//! made where the table dates only the account.

mod cells;
mod columns;
mod headings;
mod meaning;

use hashbrown::HashMap;
use smallvec::{SmallVec, smallvec};

use self::cells::{at, moment, said};
use self::columns::Columns;
use self::headings::{FOREIGN, KIND, NAME, NAMING, PERSONAL, SECRET_KIND, SYSTEM, TELLING};
use self::meaning::Meaning;
use super::{Connector, Input, Mark};
use crate::config::Inventory;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind, OwnerBasis, OwnerClaim, Status};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::{Handle, HandleKind};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::absent::yes_or_no;
use crate::reading::moment::Moment;
use crate::reading::probe::Format;
use crate::reading::table::{Table, TableRow, folded};

pub const CONNECTOR: Connector = Connector {
    id: "csv_inventory",
    title: "Inventory (CSV or JSON)",
    vendor: "Any",
    command: "save the spreadsheet as CSV, with a header row that names the identity and, say, its type, owner, created, last used and expires",
    cannot_tell: &[
        "whether the list is right or whole: it is what somebody wrote down",
        "what an identity may do",
        "the age of a secret, where the table dates only the account: add a column `last rotated`",
    ],
    signatures: &[
        &[
            Mark::AnyColumnLike(NAMING),
            Mark::AnyColumnLike(TELLING),
            Mark::NoColumnLike(PERSONAL),
            Mark::NoColumnLike(FOREIGN),
        ],
        // A list of people and others that says who is which.
        &[
            Mark::AnyColumnLike(NAMING),
            Mark::AnyColumnLike(&[KIND, SECRET_KIND]),
            Mark::NoColumnLike(FOREIGN),
        ],
        &[
            Mark::AnyColumnLike(&[NAME]),
            Mark::AnyColumnLike(&[SYSTEM]),
            Mark::NoColumnLike(PERSONAL),
            Mark::NoColumnLike(FOREIGN),
        ],
    ],
    parse,
};

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mapped = input.config.inventory_of(input.path);
    let mut table = match (input.format, mapped) {
        (Format::Json | Format::Yaml, Some(inventory)) => {
            Table::of_json(input.text, inventory.list.as_deref(), &mut diagnostics)
        }
        _ => Table::read(input.text, &mut diagnostics),
    };
    if let Some(inventory) = mapped {
        rename_columns(&mut table, inventory, &mut diagnostics);
    }
    let columns = Columns::of(&table, &mut diagnostics);
    let mut reader = Reader {
        source: input.source,
        columns,
        types: HashMap::new(),
        statuses: HashMap::new(),
        secrets: HashMap::new(),
        n_credentials: HashMap::new(),
        first_unknown_type: None,
    };
    for row in table.rows() {
        reader.read(row, &mut batch, &mut diagnostics);
    }
    if let Some((line, first)) = reader.first_unknown_type {
        let unknown = reader.types.values().filter(|(meaning, _)| meaning.is_unknown());
        let n_unknown: u32 = unknown.map(|(_, n_rows)| n_rows).sum();
        diagnostics.push(Diagnostic::info(
            format!("line {line} type"),
            first,
            "a type such as `service account`, `role`, `robot`, `AI agent`, `API key` or `person`",
            format!("rows with a type that is not known: {n_unknown}; they count as unclassified"),
        ));
    }
    (batch, diagnostics)
}

/// Gives the columns that are mapped the headings under which they are read.
fn rename_columns(table: &mut Table, inventory: &Inventory, diagnostics: &mut Diagnostics) {
    let mapped = || inventory.columns.iter();
    // What another column is called that has such a heading already, it is not.
    for (column, _) in mapped() {
        let heading = column.heading();
        let is_mapped = |name: &str| mapped().any(|(_, names)| names.iter().any(|other| other.to_lowercase() == name));
        let taken = table.header().iter().find(|name| folded(name) == folded(heading));
        if let Some(taken) = taken.filter(|name| !is_mapped(name)).cloned() {
            table.rename(&taken, &format!("other {taken}"));
        }
    }
    for (column, names) in mapped() {
        for name in names.iter() {
            if !table.rename(name, column.heading()) {
                diagnostics.push(Diagnostic::warning(
                    "header",
                    format!("no column `{name}`"),
                    table.header().join(", "),
                    "its `[[inventory]]` names it; what it would say is unknown",
                ));
            }
        }
    }
}

/// Reads the rows of one table.
struct Reader<'t> {
    source: &'t str,
    columns: Columns,
    /// Types seen so far, with what they mean and how often they came.
    types: HashMap<&'t str, (Meaning, u32)>,
    /// Statuses and types of secret seen so far, with what they mean.
    statuses: HashMap<&'t str, CredentialStatus>,
    secrets: HashMap<&'t str, Option<CredentialKind>>,
    /// How many credentials were made under each key.
    n_credentials: HashMap<Sym, u32>,
    /// The first type that means nothing known, and its line.
    first_unknown_type: Option<(u32, &'t str)>,
}

impl<'t> Reader<'t> {
    fn read(&mut self, row: TableRow<'t>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
        let columns = &self.columns;
        let cell = |column: Option<usize>| column.and_then(|at| said(row.at(at)));
        let naming = [
            columns.name,
            columns.id,
            columns.arn,
            columns.app_id,
            columns.object_id,
            columns.address,
        ];
        let Some(name) = naming.into_iter().find_map(cell) else {
            diagnostics.push(Diagnostic::error(
                format!("line {}", row.line),
                "no name",
                "the name or id of an identity",
                "this row was left out; name the identity",
            ));
            return;
        };
        let type_cell = cell(columns.kind);
        let meaning = type_cell.map(|cell| {
            let (meaning, n_rows) = self.types.entry(cell).or_insert_with(|| (Meaning::of(cell), 0));
            *n_rows += 1;
            if meaning.is_unknown() {
                self.first_unknown_type.get_or_insert((row.line, cell));
            }
            *meaning
        });
        let place = Place::Line(row.line);
        let is_account = cell(columns.address).is_some_and(|cell| cell.ends_with(".gserviceaccount.com"));
        let kind = match meaning {
            Some(meaning) => meaning.kind(),
            None if is_account => IdentityKind::ServiceAccount,
            None => IdentityKind::Unclassified,
        };
        let handles = self.handles(row, name, kind, batch);
        let columns = &self.columns;
        let mut fact = IdentityFact::listed(handles, kind, place);
        fact.class = meaning.and_then(Meaning::class);
        fact.name = Some(batch.sym(name));
        fact.account = batch.sym_of(cell(columns.system));
        let status = match cell(columns.status) {
            Some(cell) => *self.statuses.entry(cell).or_insert_with(|| meaning::status(cell)),
            None => enabled(columns, cell),
        };
        fact.status = match status {
            CredentialStatus::Active => Status::Active,
            CredentialStatus::Inactive | CredentialStatus::Revoked => Status::Disabled,
            CredentialStatus::Unknown => Status::Unknown,
        };
        let order = columns.order;
        let mut date = |column: Option<usize>, what: &str| {
            let read = column.map_or(Moment::Absent, |at| moment(row.at(at), order));
            if let Moment::Unreadable(_) = read {
                read.instant(|| format!("line {} {what}", row.line), diagnostics);
                return Moment::Absent;
            }
            read
        };
        let created = date(columns.created, "created");
        let rotated = date(columns.rotated, "rotated");
        let last_used = match date(columns.last_used, "last used") {
            Moment::At(at) => LastUsed::At(at),
            Moment::Never => LastUsed::Never,
            Moment::Absent | Moment::Unreadable(_) => LastUsed::NotReported,
        };
        let expires_at = match date(columns.expires, "expires") {
            Moment::At(at) => Expiry::At(at),
            Moment::Never => Expiry::Never,
            Moment::Absent | Moment::Unreadable(_) => Expiry::NotReported,
        };
        fact.created_at = at(&created);
        fact.last_used = last_used;
        for owner in columns.owners.iter().filter_map(|column| cell(Some(*column))) {
            fact.owners.push(OwnerClaim {
                text: batch.sym(owner),
                basis: OwnerBasis::Recorded,
            });
        }
        let purpose = columns.purposes.iter().find_map(|column| cell(Some(*column)));
        fact.purpose = batch.sym_of(purpose);
        fact.environment = batch.sym_of(cell(columns.environment));
        let handle = fact.handles[0];
        batch.identities.push(fact);

        let of_type = meaning.and_then(|meaning| meaning.credential);
        let secret_kind = cell(columns.secret_kind);
        let secret_id = cell(columns.secret_id);
        let speaks_of_a_secret = of_type.is_some()
            || secret_kind.is_some()
            || secret_id.is_some()
            || cell(columns.secret_place).is_some()
            || rotated != Moment::Absent
            || expires_at != Expiry::NotReported;
        if !speaks_of_a_secret {
            return;
        }
        let of_secret =
            secret_kind.and_then(|cell| *self.secrets.entry(cell).or_insert_with(|| Meaning::of(cell).credential));
        let kind = of_secret.or(of_type).unwrap_or(columns.rotated_kind);
        let key = self.credential_key(handle, kind, secret_id, batch);
        let mut credential = CredentialFact::listed(key, kind, place);
        credential.holder = Some(handle);
        credential.name = batch.sym_of(secret_id);
        credential.status = status;
        credential.created_at = match rotated {
            Moment::At(at) => Some(at),
            // Never rotated: still the first one.
            Moment::Never => at(&created),
            // The row is about the secret itself, so it is the secret that was created then.
            Moment::Absent | Moment::Unreadable(_) if of_type.is_some() => at(&created),
            Moment::Absent | Moment::Unreadable(_) => None,
        };
        credential.last_used = last_used;
        credential.expires_at = expires_at;
        batch.credentials.push(credential);
    }

    /// The names of a row's identity: those that are unique everywhere, or else its name within this source.
    fn handles(&self, row: TableRow<'_>, name: &str, kind: IdentityKind, batch: &mut Batch) -> SmallVec<[Handle; 3]> {
        let columns = &self.columns;
        let cell = |column: Option<usize>| column.and_then(|at| said(row.at(at)));
        let mut handles: SmallVec<[Handle; 3]> = smallvec![];
        let mut add = |batch: &mut Batch, kind, text: &str| {
            let handle = batch.handle(kind, text);
            if !handles.contains(&handle) {
                handles.push(handle);
            }
        };
        for (column, guid) in [
            (columns.arn, None),
            (columns.app_id, Some(HandleKind::EntraApp)),
            (columns.object_id, Some(HandleKind::EntraObject)),
            (columns.name, None),
            (columns.id, None),
            (columns.address, None),
        ] {
            let Some(text) = cell(column) else { continue };
            if text.starts_with("arn:") {
                add(batch, HandleKind::Arn, text);
            } else if text.starts_with("spiffe://") {
                add(batch, HandleKind::Spiffe, text);
            } else if text.contains('@') && text.ends_with(".gserviceaccount.com") {
                add(batch, HandleKind::GcpServiceAccount, &text.to_lowercase());
            } else if let Some(guid) = guid.filter(|_| is_guid(text)) {
                add(batch, guid, &text.to_lowercase());
            } else if kind == IdentityKind::Human && text.contains('@') {
                add(batch, HandleKind::Email, &text.to_lowercase());
            }
        }
        if handles.is_empty() {
            // Two systems may each have an account of this name.
            let local = match cell(columns.system) {
                Some(system) => format!("{}/{system}/{name}", self.source),
                None => format!("{}/{name}", self.source),
            };
            handles.push(batch.handle(HandleKind::Local, &local));
        }
        handles
    }

    /// A key that is the same in the next export of the table: the holder's name and the secret's id or kind.
    fn credential_key(&mut self, holder: Handle, kind: CredentialKind, id: Option<&str>, batch: &mut Batch) -> Sym {
        let base = format!("csv:{}/{}", batch.strings.get(holder.text), id.unwrap_or(kind.id()));
        let key = batch.sym(&base);
        let n_before = self.n_credentials.entry(key).or_insert(0);
        *n_before += 1;
        match *n_before {
            1 => key,
            n => batch.sym(&format!("{base}#{n}")),
        }
    }
}

/// The status that a column of yes and no states.
fn enabled<'t>(columns: &Columns, cell: impl Fn(Option<usize>) -> Option<&'t str>) -> CredentialStatus {
    let disabled = || {
        cell(columns.disabled)
            .and_then(yes_or_no)
            .map(|is_disabled| !is_disabled)
    };
    match cell(columns.enabled).and_then(yes_or_no).or_else(disabled) {
        Some(true) => CredentialStatus::Active,
        Some(false) => CredentialStatus::Inactive,
        None => CredentialStatus::Unknown,
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}
