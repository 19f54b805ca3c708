//! Veza's CSV templates for an application: users, groups, roles, and what roles allow, one file each.
//!
//! Filled in by hand or by a script, and read by Veza's quickstart `app-csv-import`. The files of one application belong
//! into one source.
//! <https://github.com/Veza/oaa-community/tree/main/quickstarts/app-csv-import>
//!
//! Read: `users.csv` (name, mail address, creation, last login, whether it is active), `groups.csv`, `roles.csv` (who has
//! a role, a user or a group) and `role_permissions.csv`. Whose mail address a user has answers for it.
//!
//! Cannot tell: which users are programs.

use std::collections::BTreeMap;

use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{AccessPolicy, Conditional, PolicyFact};
use crate::model::batch::Batch;
use crate::model::grant::{GrantFact, MembershipFact};
use crate::model::identity::{IdentityFact, IdentityKind, OwnerBasis, OwnerClaim, Status};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::absent::{present, yes_or_no};
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::table::{Table, TableRow};

pub const CONNECTOR: Connector = Connector {
    id: "veza_csv_templates",
    title: "CSV templates of an application",
    vendor: "Veza",
    command: "fill in users.csv, groups.csv, roles.csv and role_permissions.csv of Veza's quickstart app-csv-import",
    cannot_tell: &[
        "which users are programs",
        "what the application itself does with a permission",
        "what the users sign in with",
    ],
    signatures: &[
        &[
            Mark::Column("user_name"),
            Mark::Column("full_name"),
            Mark::Column("last_login"),
            Mark::Column("is_active"),
        ],
        &[
            Mark::Column("group_name"),
            Mark::Column("group_id"),
            Mark::Column("user_name"),
        ],
        &[
            Mark::Column("role_name"),
            Mark::Column("group_id"),
            Mark::Column("user_name"),
        ],
        &[
            Mark::Column("role_name"),
            Mark::Column("permission"),
            Mark::OnlyColumns(&["role_name", "permission"]),
        ],
        &[Mark::Column("permission"), Mark::Column("oaapermission")],
    ],
    parse,
};

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let table = Table::read(input.text, &mut diagnostics);
    let has = |column: &str| table.column(&[column]).is_some();
    let mut permissions: BTreeMap<&str, (Vec<&str>, Place)> = BTreeMap::new();
    for row in table.rows() {
        if has("full_name") {
            read_user(row, input, &mut batch, &mut diagnostics);
        } else if has("group_name") {
            read_member(row, input, &mut batch);
        } else if has("group_id") {
            read_role(row, input, &mut batch);
        } else if let (Some(role), Some(permission)) = (present(row.get("role_name")), present(row.get("permission"))) {
            let (known, _) = permissions
                .entry(role)
                .or_insert_with(|| (Vec::new(), Place::Line(row.line)));
            known.push(permission);
        }
    }
    for (role, (permissions, place)) in permissions {
        let name = batch.sym(role);
        let id = batch.sym(&policy_id(role, input));
        let permissions = permissions.into_iter().map(|permission| batch.sym(permission));
        let document = AccessPolicy::Permissions(permissions.collect());
        batch.policies.push(PolicyFact {
            id,
            name,
            document,
            place,
        });
    }
    (batch, diagnostics)
}

fn user(name: &str, input: Input<'_>, batch: &mut Batch) -> Handle {
    batch.handle(HandleKind::Local, &format!("{}/oaa-users/{name}", input.source))
}

fn group(id: &str, input: Input<'_>, batch: &mut Batch) -> Principal {
    Principal::Group(batch.sym(&format!("{}/oaa-groups/{id}", input.source)))
}

fn policy_id(role: &str, input: Input<'_>) -> String {
    format!("oaa-role:{}/{role}", input.source)
}

fn read_user(row: TableRow<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(name) = present(row.get("user_name")) else {
        diagnostics.push(Diagnostic::error(
            format!("line {} user_name", row.line),
            "nothing",
            "the user's name",
            "this row was left out",
        ));
        return;
    };
    let place = Place::Line(row.line);
    let handle = user(name, input, batch);
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::User, place);
    fact.name = Some(batch.sym(name));
    fact.status = match yes_or_no(row.get("is_active")) {
        Some(true) => Status::Active,
        Some(false) => Status::Disabled,
        None => Status::Unknown,
    };
    let mut instant = |column: &str| {
        let moment = Moment::parse(row.get(column), DateOrder::MonthFirst);
        moment.instant(|| format!("line {} {column}", row.line), diagnostics)
    };
    fact.created_at = instant("created_at");
    fact.last_used = instant("last_login").map_or(LastUsed::NotReported, LastUsed::At);
    let owner = batch.sym_of(present(row.get("email")));
    fact.owners.extend(owner.map(|text| OwnerClaim {
        text,
        basis: OwnerBasis::Recorded,
    }));
    batch.identities.push(fact);
}

fn read_member(row: TableRow<'_>, input: Input<'_>, batch: &mut Batch) {
    let id = present(row.get("group_id")).or(present(row.get("group_name")));
    let (Some(id), Some(name)) = (id, present(row.get("user_name"))) else {
        // A group without members stands on a row of its own.
        return;
    };
    if let Principal::Group(group) = group(id, input, batch) {
        let member = Principal::Identity(user(name, input, batch));
        let place = Place::Line(row.line);
        batch.memberships.push(MembershipFact { member, group, place });
    }
}

fn read_role(row: TableRow<'_>, input: Input<'_>, batch: &mut Batch) {
    let Some(role) = present(row.get("role_name")) else {
        return;
    };
    let holders = [
        present(row.get("user_name")).map(|name| Principal::Identity(user(name, input, batch))),
        present(row.get("group_id")).map(|id| group(id, input, batch)),
    ];
    for subject in holders.into_iter().flatten() {
        let policy = Some(batch.sym(&policy_id(role, input)));
        let role = batch.sym(role);
        let resource = Some(batch.sym(input.source));
        batch.grants.push(GrantFact {
            subject,
            role,
            policy,
            resource,
            privilege: None,
            conditional: Conditional::Always,
            expires_at: Expiry::NotReported,
            place: Place::Line(row.line),
        });
    }
}
