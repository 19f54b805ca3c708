//! It reaches from one environment into another.

use super::frameworks::{cis, csf, iso, nist, owasp, pci};
use super::{Rule, Test};

pub const RULE: Rule = Rule {
    code: "cross_environment_reach",
    title: "Reaches into another environment",
    finds: "An identity of one environment that can act on another: from test into production most of all.",
    why: "The less guarded environment becomes the way into the other.",
    cannot_see: &["Environments that nothing names."],
    remedy: "Give each environment identities of its own, and let none of them act in another.",
    references: &[
        owasp::NHI8,
        pci::R6_5_3,
        nist::AC_4,
        csf::PR_AA_05,
        iso::A_8_31,
        cis::C16_8,
    ],
    population: "non-human identities in scope with an environment",
    test: Test::Pending("needs effective access, which this version does not evaluate yet"),
};
