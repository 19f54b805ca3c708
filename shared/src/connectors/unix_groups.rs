//! Groups of a Unix host: `/etc/group`, which says who is in the groups that `sudoers` speaks of.
//!
//! Written by `getent group`, or the file itself. <https://man7.org/linux/man-pages/man5/group.5.html>
//!
//! Read: name and members. An account's own first group stands in `passwd` by its number: whoever has it is a member
//! without standing here.
//!
//! Cannot tell: what a group may do.

use super::{Connector, Input, Mark, host};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::grant::MembershipFact;
use crate::model::principal::Principal;
use crate::model::provenance::Place;

pub const CONNECTOR: Connector = Connector {
    id: "unix_groups",
    title: "Groups (`/etc/group`)",
    vendor: "Unix",
    command: "ssh HOST getent group > HOST/etc/group   # the folder names the host",
    cannot_tell: &[
        "what a group may do: add `/etc/sudoers`",
        "members whose first group it is: `passwd` names that by its number",
    ],
    signatures: &[
        &[Mark::ColonFields(4), Mark::Begins("root:")],
        &[Mark::ColonFields(4), Mark::FirstLine(":x:")],
        &[Mark::ColonFields(4), Mark::FirstLine(":*:")],
    ],
    parse,
};

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let host = host::locate(input).host;
    for (line, number) in input.text.lines().zip(1u32..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '+', '-']) {
            continue;
        }
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, _, members] = fields[..] else {
            diagnostics.push(Diagnostic::error(
                format!("line {number}"),
                format!("{} fields", fields.len()),
                "4 fields between colons",
                "this group was left out; copy the file again",
            ));
            continue;
        };
        let Principal::Group(group) = host::group(input.source, host, name, &mut batch) else {
            continue;
        };
        for member in members.split(',').map(str::trim).filter(|member| !member.is_empty()) {
            let member = Principal::Identity(host::account(input.source, host, member, &mut batch));
            batch.memberships.push(MembershipFact {
                member,
                group,
                place: Place::Line(number),
            });
        }
    }
    (batch, diagnostics)
}
