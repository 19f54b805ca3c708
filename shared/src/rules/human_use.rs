//! People sign in with it.

use super::frameworks::{csf, iso, nist, owasp, pci};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, command, fixed_limit, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::identity::HumanUse;

pub const RULE: Rule = Rule {
    code: "human_use",
    title: "Used by people",
    finds: "A non-human identity with a console password, a person's second factor, or interactive sign-ins.",
    why: "What a person does with it is nobody's, and it escapes the checks that people's own accounts have.",
    cannot_see: &[
        "People who use its keys from a command line.",
        "Platforms whose exports do not tell programs' sign-ins from people's: those are unknown.",
        "Root users, whom a person's second factor protects: their keys are `root_key_in_use`.",
    ],
    remedy: "Take the password away and give the people accounts of their own; let them act as the identity by a trust that is logged.",
    references: &[
        owasp::NHI10,
        pci::R8_6_1,
        nist::AC_2_9,
        nist::IA_2,
        csf::PR_AA_01,
        iso::A_5_16,
        iso::A_8_5,
    ],
    population: "non-human identities in scope of kinds that people can sign in as, without root users; unknown when no export tells",
    test: Test::Identities(Check {
        judge: formulas::is_not_used_by_people,
        exposure: |_, _| Exposure::Portable,
        observe,
        command: command::end_sign_in,
        unmeasured: always,
    }),
};

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let value = match subject::identity(analysis, index).human_use {
        HumanUse::ConsolePassword => "has a console password",
        HumanUse::MfaDevice => "has a person's second factor",
        HumanUse::InteractiveSignIn => "a person signed in with it",
        HumanUse::Absent | HumanUse::NotReported => "",
    };
    Observed {
        value: value.to_owned(),
        limit: Some(fixed_limit("0", &owasp::NHI10)),
        evidence: subject::listed_in(analysis, index),
    }
}
