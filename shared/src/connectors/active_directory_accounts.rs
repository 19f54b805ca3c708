//! Active Directory's accounts as PowerShell writes them.
//!
//! Written by `Get-ADUser -Filter * -Properties * | Export-Csv`, and by `Get-ADServiceAccount` and `Get-ADComputer` in
//! the same way; by any `Select-Object` of these columns; by `ConvertTo-Json` as well. Windows PowerShell 5.1 begins a
//! table with a line `#TYPE …`.
//! <https://learn.microsoft.com/powershell/module/activedirectory/get-aduser>
//!
//! Read: names, SID, class, state, creation, last logon, password age and end, the account's own end, description,
//! manager. Dates are in the culture and the zone of the host that wrote them: the file's dates tell day from month, and
//! the zone is taken for UTC. A column of several values is cut to the name of its type; that it is not empty still
//! tells that there are service principal names.
//!
//! Cannot tell: members of groups. The shapes were confirmed on files in PowerShell's form that were not written by a
//! Windows host.

use super::active_directory as directory;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::Conditional;
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::GrantFact;
use crate::model::identity::{Class, IdentityFact, IdentityKind, OwnerBasis, OwnerClaim, Status};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::{HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::absent::{present, yes_or_no};
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::probe::Format;
use crate::reading::table::{Table, TableRow};

pub const CONNECTOR: Connector = Connector {
    id: "active_directory_accounts",
    title: "Active Directory accounts (PowerShell)",
    vendor: "Microsoft Active Directory",
    command: "Get-ADUser -Filter * -Properties * | Export-Csv -NoTypeInformation -Encoding utf8 users.csv   # likewise Get-ADServiceAccount",
    cannot_tell: &[
        "members of groups: `MemberOf` is cut to the name of its type; add BloodHound's files",
        "which accounts serve people: only names with `$`, service principal names and units for services tell",
        "the zone of its dates: they are taken for UTC",
        "logons of the last two weeks: domain controllers share them late",
    ],
    signatures: &[
        &[Mark::Column("samaccountname"), Mark::Column("distinguishedname")],
        &[
            Mark::Column("samaccountname"),
            Mark::Column("sid"),
            Mark::Column("enabled"),
        ],
        // The columns that are chosen most often, without an id.
        &[
            Mark::Column("samaccountname"),
            Mark::Column("enabled"),
            Mark::AnyColumn(&["passwordlastset", "lastlogondate"]),
        ],
        &[Mark::Has("SamAccountName"), Mark::Has("DistinguishedName")],
    ],
    parse,
};

/// Columns with dates in the host's culture.
const DATES: [&str; 6] = [
    "whencreated",
    "created",
    "createtimestamp",
    "lastlogondate",
    "passwordlastset",
    "accountexpirationdate",
];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let table = match input.format {
        Format::Json | Format::Yaml => {
            let mut table = Table::of_json(input.text, None, &mut diagnostics);
            // An object in JSON, of which CSV has the text.
            table.rename("sid.value", "sid");
            table
        }
        _ => Table::read(input.text, &mut diagnostics),
    };
    let columns = DATES.iter().filter_map(|name| table.column(&[name]));
    let order = DateOrder::of_column(columns.flat_map(|column| table.cells(column)));
    let has_ids = ["sid", "objectsid", "distinguishedname"]
        .iter()
        .any(|column| table.column(&[column]).is_some());
    let scope = match (has_ids, domain_of_file(input)) {
        (true, _) => Scope::InRow,
        (false, Some(domain)) => Scope::Domain(domain),
        (false, None) => Scope::Source(input.source),
    };
    if let Scope::Source(source) = scope {
        diagnostics.push(Diagnostic::warning(
            "header",
            "neither SID nor distinguished name",
            "a column that names each account for the whole estate",
            format!(
                "accounts count by their names in `{source}` and join no other export: select SID as well, or put \
                 `[[about]]` into source.toml with the domain (`corp.example.com`) as `subject`"
            ),
        ));
    }
    for row in table.rows() {
        read_account(row, &table, scope, order, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

/// In what a name is unique.
#[derive(Clone, Copy)]
enum Scope<'a> {
    /// Each row says it, by SID or distinguished name.
    InRow,
    Domain(&'a str),
    /// Nothing says which domain it is: the source stands for it.
    Source(&'a str),
}

/// The domain that `source.toml`, a folder or the source names: `corp.example.com/users.csv`.
fn domain_of_file(input: Input<'_>) -> Option<&str> {
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let is_domain = |part: &&str| {
        let Some((before, last)) = part.rsplit_once('.') else {
            return false;
        };
        let is_name = last.len() > 1 && last.chars().all(char::is_alphabetic);
        is_name && before.split('.').all(is_label)
    };
    let folders = input.path.rsplit('/').skip(1).chain([input.source]);
    let declared = input.config.subject_of(input.path);
    declared.or_else(|| folders.into_iter().find(is_domain))
}

fn read_account(
    row: TableRow<'_>,
    table: &Table,
    scope: Scope<'_>,
    order: DateOrder,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let name = row.get("samaccountname").trim();
    let sid = present(row.get("sid")).or_else(|| present(row.get("objectsid")));
    if name.is_empty() {
        diagnostics.push(Diagnostic::error(
            format!("line {}, SamAccountName", row.line),
            "nothing",
            "the account's name",
            "this row was left out; export the accounts again",
        ));
        return;
    }
    let place = Place::Line(row.line);
    let dn = row.get("distinguishedname");
    let domain = match scope {
        Scope::Domain(domain) => domain.to_lowercase(),
        Scope::InRow | Scope::Source(_) => directory::domain_of(dn),
    };
    let mut handles = directory::handles(sid, &domain, name, batch);
    if let Scope::Source(source) = scope {
        let text = format!("{source}/ad/{}", name.to_lowercase());
        handles.push(batch.handle(HandleKind::Local, &text));
    }
    if let Some(upn) = present(row.get("userprincipalname")).filter(|upn| upn.contains('@')) {
        handles.push(batch.handle(HandleKind::Email, &upn.to_lowercase()));
    }
    let Some(holder) = handles.first().copied() else {
        diagnostics.push(Diagnostic::error(
            format!("line {}", row.line),
            format!("`{name}` without SID and domain"),
            "a SID, or a distinguished name with `DC=` in it",
            "this row was left out: the name alone is not unique; select these columns as well",
        ));
        return;
    };
    let has_service_name =
        present(row.get("serviceprincipalname")).is_some() || present(row.get("serviceprincipalnames")).is_some();
    let class_of_object = row.get("objectclass").trim().to_ascii_lowercase();
    let (kind, class) = match class_of_object.as_str() {
        "computer" => (IdentityKind::Device, Some(Class::NonHuman)),
        "msds-groupmanagedserviceaccount" | "msds-managedserviceaccount" | "msds-delegatedmanagedserviceaccount" => {
            (IdentityKind::ServiceAccount, Some(Class::NonHuman))
        }
        _ => directory::kind_and_class(name, has_service_name, dn),
    };
    let place_of = |column: &str| format!("line {} {column}", row.line);
    let moment = |column: &str| Moment::parse(row.get(column), order);
    let is_enabled = yes_or_no(row.get("enabled"));

    let mut fact = IdentityFact::listed(handles, kind, place);
    fact.class = class;
    fact.origin = sid.map(directory::origin).unwrap_or(fact.origin);
    fact.name = batch.sym_of(Some(name));
    fact.account = batch.sym_of(Some(&domain));
    fact.status = match is_enabled {
        Some(true) => Status::Active,
        Some(false) => Status::Disabled,
        None => Status::Unknown,
    };
    let made_column = ["whencreated", "created", "createtimestamp"]
        .into_iter()
        .find(|name| table.column(&[name]).is_some());
    fact.created_at = made_column.and_then(|column| moment(column).instant(|| place_of(column), diagnostics));
    let logon_column = ["lastlogondate", "lastlogontimestamp"]
        .into_iter()
        .find(|name| table.column(&[name]).is_some());
    fact.last_used = match logon_column.map(|column| (column, moment(column))) {
        None => LastUsed::NotReported,
        Some((_, Moment::Absent | Moment::Never)) => LastUsed::Never,
        Some((column, at)) => at
            .instant(|| place_of(column), diagnostics)
            .map_or(LastUsed::NotReported, LastUsed::At),
    };
    fact.purpose = batch.sym_of(present(row.get("description")));
    // The distinguished name of whom the account is managed by.
    let managed_by = present(row.get("managedby"));
    let managed_by = managed_by.map(|dn| dn.split(',').next().unwrap_or(dn).trim_start_matches("CN="));
    fact.owners.extend(batch.sym_of(managed_by).map(|text| OwnerClaim {
        text,
        basis: OwnerBasis::Recorded,
    }));
    batch.identities.push(fact);

    let has_password_columns = ["passwordlastset", "pwdlastset"]
        .into_iter()
        .find(|name| table.column(&[name]).is_some());
    if let Some(column) = has_password_columns {
        let id = match (sid, scope) {
            (Some(sid), _) => sid.to_ascii_uppercase(),
            (None, Scope::Source(source)) => format!("{source}/{name}"),
            (None, Scope::InRow | Scope::Domain(_)) => format!("{domain}/{name}"),
        };
        let key = batch.sym(&format!("ad-password:{id}"));
        let mut password = CredentialFact::listed(key, CredentialKind::Password, place);
        password.holder = Some(holder);
        password.name = Some(batch.sym("password"));
        password.status = match is_enabled {
            Some(true) => CredentialStatus::Active,
            Some(false) => CredentialStatus::Inactive,
            None => CredentialStatus::Unknown,
        };
        password.created_at = moment(column).instant(|| place_of(column), diagnostics);
        password.expires_at = match moment("accountexpirationdate") {
            Moment::Absent | Moment::Never => match yes_or_no(row.get("passwordneverexpires")) {
                Some(true) => Expiry::Never,
                Some(false) | None => Expiry::NotReported,
            },
            at => at.expiry(|| place_of("AccountExpirationDate"), diagnostics),
        };
        batch.credentials.push(password);
    }
    if yes_or_no(row.get("trustedfordelegation")) == Some(true) {
        let role = batch.sym("unconstrained delegation");
        let resource = batch.sym_of(Some(&domain));
        batch.grants.push(GrantFact {
            subject: Principal::Identity(holder),
            role,
            policy: None,
            resource,
            privilege: None,
            conditional: Conditional::Always,
            expires_at: Expiry::Never,
            place,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;

    #[test]
    fn accounts_without_ids_are_of_the_domain_of_their_folder() {
        let text = "SamAccountName,Enabled,PasswordLastSet\nSvc,True,2024-01-15 09:00:00\n";
        for (source, path, id) in [
            ("ad", "corp.example.com/users.csv", "ad/corp.example.com/svc"),
            ("corp.example.com", "users.csv", "ad/corp.example.com/svc"),
            ("ad", "2026.10/users.d/users.csv", "ad/ad/svc"),
        ] {
            let batch = read(source, path, text.as_bytes(), "").batch;
            let handle = batch.identities[0].handles[0];
            assert_eq!(batch.strings.get(handle.text), id, "{path}");
        }
    }
}
