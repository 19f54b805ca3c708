//! It can make itself an administrator.

use super::frameworks::{csf, iso, nist, owasp, pci};
use super::{Rule, Test};

pub const RULE: Rule = Rule {
    code: "escalation_path",
    title: "Can become an administrator",
    finds: "An identity that is no administrator and can become one: by changing a policy, passing a role, or acting as another identity.",
    why: "Whoever takes it over takes the whole account, though its own grants look harmless.",
    cannot_see: &["Paths through what runs inside a workload."],
    remedy: "Take away the step that the path needs: named actions instead of wildcards, and conditions on passing roles.",
    references: &[
        owasp::NHI5,
        pci::R7_2_5,
        nist::AC_6,
        nist::AC_6_5,
        csf::PR_AA_05,
        iso::A_8_2,
    ],
    population: "non-human identities in scope that are no administrators",
    test: Test::Pending("needs effective access, which this version does not evaluate yet"),
};
