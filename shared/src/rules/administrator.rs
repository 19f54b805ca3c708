//! It can do everything.

use super::frameworks::{cis, cis_aws, cis_azure, cis_gcp, cis_kubernetes, csf, iso, nist, owasp, pci, soc2};
use super::{Check, Observed, Rule, Test, always, command, fixed_limit, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::snapshot::{Grant, IdentityId};

pub const RULE: Rule = Rule {
    code: "administrator",
    title: "Administrator",
    finds: "A non-human identity with an administrator-equivalent grant that holds always: its own or of a group it is in.",
    why: "Whoever takes it over has the whole account, project, tenant or cluster.",
    cannot_see: &[
        "Grants that come near to everything without being it: wide lists of services. Ways to become an administrator are `escalation_path`.",
        "Service control policies and session policies, which no connector reads.",
        "Denials that take something of what an administrator may, and not the power to give itself everything.",
        "Roles whose definition no export holds: those identities are unknown.",
    ],
    remedy: "Replace the grant by the few actions that it uses; where an administrator is needed, make it temporary and waive it with a reason.",
    references: &[
        owasp::NHI5,
        pci::R7_2_1,
        pci::R7_2_5,
        nist::AC_6,
        nist::AC_6_5,
        csf::PR_AA_05,
        iso::A_8_2,
        soc2::CC6_3,
        cis::C5_4,
        cis::C6_8,
        cis_aws::R2_14,
        cis_azure::R5_23,
        cis_azure::R5_3_3,
        cis_gcp::R1_6,
        cis_kubernetes::R5_1_1,
        cis_kubernetes::R5_1_7,
    ],
    population: "non-human identities in scope with grants; unknown when no export defines a role they have, or their permissions boundary, or when the grant has a condition",
    test: Test::Identities(Check {
        judge: formulas::is_no_administrator,
        exposure: subject::reach,
        observe,
        command: |analysis, index| {
            let id = IdentityId(index as u32);
            command::withdraw(analysis, id, everything(analysis, id)?)
        },
        unmeasured: always,
    }),
};

/// The first grant that is an administrator's by itself.
fn everything(analysis: &Analysis, id: IdentityId) -> Option<&Grant> {
    let snapshot = &analysis.snapshot;
    snapshot.grants_of(snapshot.identity(id)).find(|grant| {
        analysis.access.left_of(snapshot, id, grant) == Some(Privilege::Administrator)
            && grant.conditional == Conditional::Always
    })
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let snapshot = &analysis.snapshot;
    let id = IdentityId(index as u32);
    let grant = everything(analysis, id);
    let value = grant.map(|grant| {
        let role = snapshot.strings.get(grant.role);
        match grant.resource {
            Some(resource) => format!("{role} on {}", snapshot.strings.get(resource)),
            None => role.to_owned(),
        }
    });
    let evidence = grant
        .or_else(|| snapshot.grants_of(snapshot.identity(id)).next())
        .map(|grant| grant.evidence);
    Observed {
        // Several policies may come to everything that none of them gives alone.
        value: value.unwrap_or_else(|| "grants that come to everything together".to_owned()),
        limit: Some(fixed_limit("0", &owasp::NHI5)),
        evidence,
    }
}
