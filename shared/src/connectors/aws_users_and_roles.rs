//! IAM users and roles as IAM lists them, without what they may do.
//!
//! Written by `aws iam list-users`, `list-roles`, `list-instance-profiles`, and one by one by `get-user`, `get-role`
//! and `get-instance-profile`.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>
//!
//! Read: names, ids and creation; a user's last sign-in with a password; a role's trust policy and, of `get-role`,
//! description, tags and last use; which instance profile bears which role. A user who signed in was a person's.
//!
//! Cannot tell: what any of them may do, keys and MFA. The account authorization details list the same users and roles
//! with their policies; together they are one.

use serde::Deserialize;

use super::aws_account_authorization_details::{File, RawRole, RawUser};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::grant::{TrustGuard, TrustKind};
use crate::model::principal::{HandleKind, Principal};
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_users_and_roles",
    title: "IAM users and roles",
    vendor: "AWS",
    command: "aws iam list-users > users.json; aws iam list-instance-profiles > instance-profiles.json; for r in $(aws iam list-roles --query 'Roles[].RoleName' --output text); do aws iam get-role --role-name $r; done > roles.json",
    cannot_tell: &[
        "what a user or role may do: add `get-account-authorization-details`",
        "access keys, passwords and MFA: add the credential report",
        "tags, description and last use of a role that is only listed: add `get-role`",
        "whether a role was used more than 400 days ago: AWS looks back no further",
    ],
    signatures: &[
        &[Mark::Contains("Users[].Arn", ":user/")],
        &[Mark::Contains("User.Arn", ":user/")],
        &[Mark::Contains("Roles[].Arn", ":role/")],
        &[Mark::Contains("Role.Arn", ":role/")],
        &[Mark::Contains("InstanceProfiles[].Arn", ":instance-profile/")],
        &[Mark::Contains("InstanceProfile.Arn", ":instance-profile/")],
        // What `--query` leaves of the lists.
        &[
            Mark::Contains("Arn", ":user/"),
            Mark::Has("UserId"),
            Mark::Has("CreateDate"),
        ],
        &[
            Mark::Contains("Arn", ":role/"),
            Mark::Has("RoleId"),
            Mark::Has("CreateDate"),
        ],
    ],
    parse,
};

/// What tells a user from a role in a row without a list's name.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a user or role")]
struct RawAny<'a> {
    #[serde(borrow, default)]
    arn: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an instance profile")]
struct RawProfile<'a> {
    #[serde(borrow, default)]
    arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    roles: OneOrMany<RawAny<'a>>,
}

const LISTS: [&str; 6] = ["Users", "User", "Roles", "Role", "InstanceProfiles", "InstanceProfile"];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut file = File::default();
    let rows = json::rows(input.text, &LISTS, &mut file.diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        match row.list {
            "Users" | "User" => user(&mut file, row),
            "Roles" | "Role" => role(&mut file, row),
            "InstanceProfiles" | "InstanceProfile" => profile(&mut file, row),
            _ => unnamed(&mut file, row),
        }
    }
    file.drop_shared_unique_ids();
    for list in ["Users", "Roles", "InstanceProfiles"] {
        let account = file.batch.strings.get_or_empty(file.account);
        let chain = format!("{list} {account}");
        rows.note_pages_of(list, chain.trim_end(), &mut file.batch);
    }
    (file.batch, file.diagnostics)
}

fn user(file: &mut File, row: &Row<'_>) {
    if let Some(raw) = row.parse::<RawUser<'_>>(&mut file.diagnostics) {
        file.user(raw, row);
    }
}

fn role(file: &mut File, row: &Row<'_>) {
    if let Some(raw) = row.parse::<RawRole<'_>>(&mut file.diagnostics) {
        file.role(raw, row);
    }
}

/// The roles inside are those of `list-roles` again: only that the profile bears them is news.
fn profile(file: &mut File, row: &Row<'_>) {
    let Some(raw) = row.parse::<RawProfile<'_>>(&mut file.diagnostics) else {
        return;
    };
    let Some(arn) = raw.arn.as_deref().and_then(present) else {
        return left_out(
            file,
            row,
            "nothing",
            "`arn:aws:iam::123456789012:instance-profile/name`",
        );
    };
    let place = row.place(&mut file.batch);
    let actor = Principal::Workload(file.batch.sym(arn));
    for role in raw
        .roles
        .0
        .iter()
        .filter_map(|role| role.arn.as_deref().and_then(present))
    {
        let target = file.batch.handle(HandleKind::Arn, role);
        file.trust(actor, target, TrustKind::RunsAs, TrustGuard::Open, place);
    }
}

fn unnamed(file: &mut File, row: &Row<'_>) {
    let Some(raw) = row.parse::<RawAny<'_>>(&mut file.diagnostics) else {
        return;
    };
    match raw.arn.as_deref() {
        Some(arn) if arn.contains(":user/") => user(file, row),
        Some(arn) if arn.contains(":role/") => role(file, row),
        arn => left_out(
            file,
            row,
            arn.unwrap_or("nothing"),
            "`arn:aws:iam::123456789012:role/name`",
        ),
    }
}

fn left_out(file: &mut File, row: &Row<'_>, found: &str, example: &str) {
    file.diagnostics.push(Diagnostic::error(
        format!("{}.Arn", row.name()),
        found,
        format!("an ARN such as {example}"),
        "this row was left out; export it again",
    ));
}
