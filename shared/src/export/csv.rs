//! A report's numbers as one table in RFC 4180: each KPI, then each of its parts.

use serde::Serialize;

use super::list::defused;
use crate::api::report::Report;

const HEADER: [&str; 17] = [
    "kpi",
    "title",
    "as_of",
    "unit",
    "by",
    "part",
    "pass",
    "fail",
    "unknown",
    "population",
    "value",
    "upper",
    "threshold",
    "threshold_set_by",
    "change_from",
    "change_to",
    "note",
];

/// The bytes. `by` and `part` are empty where a row is the whole; numbers are those of the JSON, digit for digit.
pub fn csv(report: &Report) -> Vec<u8> {
    let mut writer = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(HEADER);
    let as_of = report.snapshot.as_of.to_string();
    for line in &report.kpis {
        let value = &line.value;
        let _ = writer.write_record([
            value.id.clone(),
            line.title.clone(),
            as_of.clone(),
            value.unit.clone(),
            String::new(),
            String::new(),
            number(value.pass),
            number(value.fail),
            number(value.unknown),
            number(value.population),
            number(value.value),
            number(value.upper),
            text(value.threshold.as_deref()),
            text(value.threshold_set_by.as_deref()),
            number(line.change.as_ref().map(|change| change.from)),
            number(line.change.as_ref().map(|change| change.to)),
            text(value.note.as_deref()),
        ]);
        for breakdown in &value.breakdowns {
            for part in &breakdown.parts {
                let interval = part.ratio.interval();
                let _ = writer.write_record([
                    value.id.clone(),
                    line.title.clone(),
                    as_of.clone(),
                    value.unit.clone(),
                    breakdown.by.id().to_owned(),
                    text(Some(&part.value)),
                    number(Some(part.ratio.pass)),
                    number(Some(part.ratio.fail)),
                    number(Some(part.ratio.unknown)),
                    number(Some(part.ratio.population())),
                    number(interval.map(|(low, _)| low)),
                    number(interval.map(|(_, high)| high)),
                    String::new(),
                    String::new(),
                    String::new(),
                    String::new(),
                    String::new(),
                ]);
            }
        }
        for bucket in &value.buckets {
            let mut record = vec![
                value.id.clone(),
                line.title.clone(),
                as_of.clone(),
                value.unit.clone(),
                bucket.by.id().to_owned(),
                text(Some(&bucket.value)),
            ];
            record.resize(HEADER.len(), String::new());
            record[10] = format!("{}", bucket.n);
            let _ = writer.write_record(record);
        }
    }
    writer.into_inner().unwrap_or_default()
}

/// As in JSON; nothing for what is not known.
fn number(value: Option<impl Serialize>) -> String {
    let written = value.and_then(|value| serde_json::to_string(&value).ok());
    written.unwrap_or_default()
}

fn text(value: Option<&str>) -> String {
    value.map(defused).unwrap_or_default()
}
