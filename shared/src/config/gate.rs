//! Gates: what must hold for `rollcall check` to pass, in words that are read as they are meant.
//!
//! `governed >= 80 %`, `nhi.total <= 5000`, `critical findings <= 0`, `stale findings <= 20`, `new high findings <= 0`.

use super::reader::{near, nearest};
use crate::kpi::catalog::{self, KPIS, KpiKind};
use crate::rules::codes::{CODES, Severity};

/// One requirement, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    pub name: String,
    /// As it is written.
    pub text: String,
    pub require: Requirement,
}

/// A number, and the bound that it must keep.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    pub measure: Measure,
    pub bound: Bound,
    /// In percent for a share.
    pub limit: f64,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A KPI, by its id: a share in percent, or a count.
    Kpi(&'static str),
    /// Open findings, without those that are waived.
    Findings(Which),
    /// Those that the base snapshot does not have.
    NewFindings(Which),
}

/// Which findings count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    All,
    OfSeverity(Severity),
    /// By the rule's code.
    OfRule(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    AtLeast,
    AtMost,
}

impl Gate {
    /// What `rollcall check` asks for when `rollcall.toml` names no gate.
    pub fn no_critical_finding() -> Gate {
        Gate {
            name: "no critical finding".to_owned(),
            text: "critical findings <= 0".to_owned(),
            require: Requirement {
                measure: Measure::Findings(Which::OfSeverity(Severity::Critical)),
                bound: Bound::AtMost,
                limit: 0.0,
            },
        }
    }
}

/// Reads a requirement; the error says what to write instead.
pub fn requirement(text: &str) -> Result<Requirement, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = words.iter().position(|word| bound(word).is_some());
    let Some((at, bound)) = at.and_then(|at| Some((at, bound(words[at])?))) else {
        return Err(format!(
            "`{text}` has no `>=` or `<=`; write for example `governed >= 80 %` or `critical findings <= 0`"
        ));
    };
    let measure = measure(&words[..at])?;
    let is_share =
        matches!(measure, Measure::Kpi(id) if catalog::find(id).is_some_and(|kpi| kpi.kind == KpiKind::Share));
    let limit = match (&words[at + 1..], is_share) {
        ([number], false) => number.parse::<u32>().ok().map(f64::from),
        ([number, "%"], true) => percent(number),
        ([number], true) => number.strip_suffix('%').and_then(percent),
        _ => None,
    };
    let limit = limit.ok_or_else(|| match is_share {
        true => format!("the limit of `{text}` must be a share from 0 to 100 with its sign, such as `80 %`"),
        false => format!("the limit of `{text}` must be a whole number"),
    })?;
    Ok(Requirement { measure, bound, limit })
}

fn percent(number: &str) -> Option<f64> {
    number.parse::<f64>().ok().filter(|share| (0.0..=100.0).contains(share))
}

fn bound(word: &str) -> Option<Bound> {
    match word {
        ">=" | "≥" => Some(Bound::AtLeast),
        "<=" | "≤" => Some(Bound::AtMost),
        _ => None,
    }
}

fn measure(words: &[&str]) -> Result<Measure, String> {
    match words {
        ["new", which @ .., "findings"] => Ok(Measure::NewFindings(self::which(which)?)),
        [which @ .., "findings"] => Ok(Measure::Findings(self::which(which)?)),
        [id] => {
            let kpi = catalog::find(id).ok_or_else(|| {
                let ids: Vec<&str> = KPIS.iter().map(|kpi| kpi.id).collect();
                format!("unknown KPI `{id}`{}", nearest(id, &ids))
            })?;
            match kpi.kind {
                KpiKind::Share | KpiKind::Count => Ok(Measure::Kpi(kpi.id)),
                KpiKind::Distribution | KpiKind::Duration => Err(format!(
                    "the KPI `{id}` is no share and no count, so no limit bounds it"
                )),
            }
        }
        _ => {
            let meant = words.last().and_then(|last| near(last, &["findings"]));
            Err(format!(
                "`{}` is no KPI's id, and no `findings`, `SEVERITY findings` or `RULE findings`, with or without `new`{}",
                words.join(" "),
                meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"))
            ))
        }
    }
}

fn which(words: &[&str]) -> Result<Which, String> {
    match words {
        [] => Ok(Which::All),
        [word] => {
            let severity = Severity::from_id(word).map(Which::OfSeverity);
            let rule = || CODES.iter().find(|code| *code == word).map(|code| Which::OfRule(code));
            severity.or_else(rule).ok_or_else(|| unknown(words))
        }
        _ => Err(unknown(words)),
    }
}

/// What is wrong with the words before `findings`.
fn unknown(words: &[&str]) -> String {
    let severities = Severity::ALL.iter().map(|severity| severity.id());
    let known: Vec<&str> = severities.chain(CODES).chain(["new"]).collect();
    match words.iter().find(|word| !known.contains(word)) {
        Some(word) => format!("unknown severity or rule `{word}`{}", nearest(word, &known)),
        None => format!("`{}` is no severity and no rule", words.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_read_as_they_are_meant() {
        let read = |text| {
            let requirement = requirement(text).unwrap();
            (requirement.measure, requirement.bound, requirement.limit)
        };
        let critical = Which::OfSeverity(Severity::Critical);
        for (text, expected) in [
            ("governed >= 80 %", (Measure::Kpi("governed"), Bound::AtLeast, 80.0)),
            ("owner ≥ 99.5%", (Measure::Kpi("owner"), Bound::AtLeast, 99.5)),
            ("nhi.total <= 5000", (Measure::Kpi("nhi.total"), Bound::AtMost, 5000.0)),
            ("findings <= 10", (Measure::Findings(Which::All), Bound::AtMost, 10.0)),
            (
                "critical findings <= 0",
                (Measure::Findings(critical), Bound::AtMost, 0.0),
            ),
            (
                "new stale findings <= 2",
                (Measure::NewFindings(Which::OfRule("stale")), Bound::AtMost, 2.0),
            ),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        for text in [
            "",
            "governed",
            "governed >= 80",
            "owner >= 101 %",
            "critical findings <= -1",
            "two words <= 1",
            "findings <= 5 %",
        ] {
            assert!(requirement(text).is_err(), "{text}");
        }
    }
}
