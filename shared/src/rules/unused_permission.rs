//! It may do what it never does.

use super::frameworks::{csf, iso, nist, owasp, pci};
use super::{Rule, Test};

pub const RULE: Rule = Rule {
    code: "unused_permission",
    title: "Permission not used",
    finds: "An identity with access to a service that it did not use inside the window.",
    why: "Access that nobody needs is only of use to an intruder.",
    cannot_see: &["What happens less often than the window is long."],
    remedy: "Take the unused services out of its grants.",
    references: &[
        owasp::NHI5,
        pci::R7_2_5,
        nist::AC_6,
        nist::AC_6_7,
        csf::PR_AA_05,
        iso::A_5_18,
    ],
    population: "granted (identity, service) pairs of non-human identities in scope",
    test: Test::Pending(
        "needs a service-last-accessed or policy-intelligence export, which this version does not read yet",
    ),
};
