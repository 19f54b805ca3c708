//! The tables of the pages that are not lists, as files: each row is one of the page's, its parts side by side.

use serde_json::{Value, json};

use super::list::write;
use super::{ExportError, ExportFormat};
use crate::api::compliance::Compliance;
use crate::api::findings::Rules;
use crate::api::history::{FieldChange, History};
use crate::api::kpis::Kpis;
use crate::api::leads::Leads;
use crate::api::reviews::Reviews;
use crate::api::sources::Sources;
use crate::api::what_if::WhatIf;
use crate::kpi::catalog;
use crate::model::instant::Instant;

/// A table of a page.
pub struct TableFile {
    as_of: Instant,
    columns: &'static [&'static str],
    rows: Vec<Value>,
}

impl TableFile {
    /// # Errors
    /// When the format does not take so many rows.
    pub fn write(&self, format: ExportFormat) -> Result<Vec<u8>, ExportError> {
        write(self.as_of, self.rows.iter(), format, self.columns)
    }
}

impl From<&History> for TableFile {
    fn from(history: &History) -> TableFile {
        let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "no export says".to_owned());
        let field = |FieldChange { field, from, to }: &FieldChange| format!("{field}: {} to {}", said(from), said(to));
        let rows = history.changes.iter().map(|change| {
            let changed: Vec<String> = change.fields.iter().map(field).collect();
            json!({
                "from": history.from.name,
                "to": history.to.name,
                "of": change.of,
                "kind": change.kind,
                "id": change.id,
                "name": change.name,
                "identity": change.identity,
                "sources": change.sources,
                "changed": changed.join("; "),
                "reason": change.reason,
            })
        });
        TableFile {
            as_of: history.to.as_of,
            columns: &[
                "from", "to", "of", "kind", "id", "name", "identity", "sources", "changed", "reason",
            ],
            rows: rows.collect(),
        }
    }
}

impl From<&Kpis> for TableFile {
    fn from(kpis: &Kpis) -> TableFile {
        let rows = kpis.kpis.iter().map(|kpi| {
            let known = catalog::find(&kpi.id);
            json!({
                "id": kpi.id,
                "title": known.map(|known| known.title),
                "kind": kpi.kind,
                "pass": kpi.pass,
                "fail": kpi.fail,
                "unknown": kpi.unknown,
                "population": kpi.population,
                "value": kpi.value,
                "upper": kpi.upper,
                "unit": kpi.unit,
                "threshold": kpi.threshold,
                "threshold_set_by": kpi.threshold_set_by,
                "comparable": kpi.comparable,
                "note": kpi.note,
                "formula": known.map(|known| known.formula),
            })
        });
        TableFile {
            as_of: kpis.as_of,
            columns: &[
                "id",
                "title",
                "kind",
                "pass",
                "fail",
                "unknown",
                "population",
                "value",
                "upper",
                "unit",
                "threshold",
                "threshold_set_by",
                "comparable",
                "note",
                "formula",
            ],
            rows: rows.collect(),
        }
    }
}

impl From<&Rules> for TableFile {
    fn from(rules: &Rules) -> TableFile {
        let entries = rules.rules.iter().map(|rule| {
            let references = rule.references.iter();
            let references = references.map(|control| format!("{} {}", control.framework_title, control.id));
            json!({
                "code": rule.code,
                "title": rule.title,
                "finds": rule.finds,
                "why": rule.why,
                "population": rule.population,
                "judged": rule.n_judged,
                "passed": rule.n_passed,
                "findings": rule.n_findings,
                "waived": rule.n_waived,
                "unknown": rule.n_unknown,
                "worst": rule.worst,
                "not_evaluated": rule.not_evaluated,
                "remedy": rule.remedy,
                "references": references.collect::<Vec<_>>().join("; "),
            })
        });
        TableFile {
            as_of: rules.as_of,
            columns: &[
                "code",
                "title",
                "finds",
                "why",
                "population",
                "judged",
                "passed",
                "findings",
                "waived",
                "unknown",
                "worst",
                "not_evaluated",
                "remedy",
                "references",
            ],
            rows: entries.collect(),
        }
    }
}

impl From<&Compliance> for TableFile {
    fn from(compliance: &Compliance) -> TableFile {
        let controls = compliance.frameworks.iter().flat_map(|framework| {
            framework.controls.iter().map(|control| {
                json!({
                    "standard": framework.title,
                    "control": control.id,
                    "title": control.title,
                    "state": control.state,
                    "because": control.because,
                    "rules": control.rules,
                    "findings": control.n_findings,
                    "waived": control.n_waived,
                    "unknown": control.n_unknown,
                })
            })
        });
        TableFile {
            as_of: compliance.as_of,
            columns: &[
                "standard", "control", "title", "state", "because", "rules", "findings", "waived", "unknown",
            ],
            rows: controls.collect(),
        }
    }
}

/// A row for each file.
impl From<&Sources> for TableFile {
    fn from(sources: &Sources) -> TableFile {
        let files = sources.sources.iter().flat_map(|source| {
            source.files.iter().map(|file| {
                json!({
                    "source": source.name,
                    "environment": source.environment,
                    "completeness": source.completeness,
                    "partial_because": source.reasons.join("; "),
                    "stated_at": source.stated_at,
                    "file": file.path,
                    "connector": file.connector,
                    "file_completeness": file.completeness,
                    "bytes": file.n_bytes,
                    "identities": file.n_identities,
                    "credentials": file.n_credentials,
                    "grants": file.n_grants,
                    "trusts": file.n_trusts,
                    "diagnostics": file.n_diagnostics,
                })
            })
        });
        TableFile {
            as_of: sources.as_of,
            columns: &[
                "source",
                "environment",
                "completeness",
                "partial_because",
                "stated_at",
                "file",
                "connector",
                "file_completeness",
                "bytes",
                "identities",
                "credentials",
                "grants",
                "trusts",
                "diagnostics",
            ],
            rows: files.collect(),
        }
    }
}

impl From<&Leads> for TableFile {
    fn from(leads: &Leads) -> TableFile {
        let rows = leads.leads.iter().map(|lead| {
            json!({
                "kind": lead.kind,
                "identity": lead.identity,
                "name": lead.name,
                "source": lead.source,
                "environment": lead.environment,
                "owner": lead.owner,
                "team": lead.team,
                "value": lead.value,
                "at": lead.at,
                "sentence": lead.sentence,
                "file": lead.evidence.file,
                "place": lead.evidence.place,
            })
        });
        TableFile {
            as_of: leads.as_of,
            columns: &[
                "kind",
                "identity",
                "name",
                "source",
                "environment",
                "owner",
                "team",
                "value",
                "at",
                "sentence",
                "file",
                "place",
            ],
            rows: rows.collect(),
        }
    }
}

/// A row for each owner.
impl From<&Reviews> for TableFile {
    fn from(reviews: &Reviews) -> TableFile {
        let owners = reviews.owners.iter().map(|of| {
            let counts = of.counts;
            json!({
                "owner": of.owner,
                "identities": counts.n_identities,
                "to_review": counts.n_to_review,
                "in_time": counts.n_in_time,
                "void": counts.n_void,
                "overdue": counts.n_overdue,
                "never": counts.n_never,
                "unknown": counts.n_unknown,
                "not_carried_out": counts.n_not_carried_out,
            })
        });
        TableFile {
            as_of: reviews.as_of,
            columns: &[
                "owner",
                "identities",
                "to_review",
                "in_time",
                "void",
                "overdue",
                "never",
                "unknown",
                "not_carried_out",
            ],
            rows: owners.collect(),
        }
    }
}

/// A row for each identity that would be judged otherwise.
impl From<&WhatIf> for TableFile {
    fn from(what_if: &WhatIf) -> TableFile {
        let rows = what_if.identities.iter().map(|identity| {
            json!({
                "id": identity.id,
                "name": identity.name,
                "owner": identity.owner,
                "team": identity.team,
                "fails_more": identity.more,
                "fails_fewer": identity.fewer,
            })
        });
        TableFile {
            as_of: what_if.as_of,
            columns: &["id", "name", "owner", "team", "fails_more", "fails_fewer"],
            rows: rows.collect(),
        }
    }
}
