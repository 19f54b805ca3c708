//! What identities did lately and never before.

use shared::answers;
use shared::model::ratio::Verdict;

use super::{Found, Planted, Scores, text};

pub fn score(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let listed = || planted.listed("leads").iter();
    let public = |it| planted.public[text(it, "id")].clone();
    let leads = answers::leads(found.0);
    scores.compare(
        "leads",
        listed()
            .map(|it| format!("{} {} {}", public(it), text(it, "kind"), text(it, "value")))
            .collect(),
        (leads.leads.iter())
            .map(|lead| format!("{} {} {}", lead.identity, lead.kind, lead.value))
            .collect(),
    );
    scores.compare(
        "leads: whose",
        listed().map(public).collect(),
        found.judged("anomaly.leads", Verdict::Pass),
    );
}
