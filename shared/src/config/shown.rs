//! What is in force, as a `rollcall.toml`.

use std::fmt::Write;

use super::{Config, Inventory};
use crate::kpi::catalog::CRITERIA;
use crate::model::thresholds::{ThresholdId, who_and_when};

pub fn text(config: &Config) -> String {
    let mut text = String::from("[estate]\n");
    if let Some(name) = &config.estate_name {
        let _ = writeln!(text, "name = {}", quoted(name));
    }
    match config.salt.is_empty() {
        true => text.push_str("# salt: none, so fingerprints of common secrets can be guessed\n"),
        false => text.push_str("# salt: set, and not shown\n"),
    }
    for expected in &config.expected {
        let _ = write!(text, "\n[[expected]]\nsource = {}\n", quoted(&expected.source));
        if let Some(environment) = &expected.environment {
            let _ = writeln!(text, "environment = {}", quoted(environment));
        }
    }
    for rule in &config.environments {
        let (pattern, is) = (quoted(&rule.pattern), quoted(&rule.is));
        let _ = write!(text, "\n[[environment]]\npattern = {pattern}\nis = {is}\n");
    }
    for mapped in &config.inventories {
        let Inventory { file, list, columns } = &mapped.inventory;
        let (source, file) = (quoted(&mapped.source), quoted(file));
        let _ = write!(text, "\n[[inventory]]\nsource = {source}\nfile = {file}\n");
        if let Some(list) = list {
            let _ = writeln!(text, "list = {}", quoted(list));
        }
        text.push_str("[inventory.columns]\n");
        for (column, headings) in columns {
            let headings: Vec<String> = headings.iter().map(quoted).collect();
            let _ = match headings.as_slice() {
                [one] => writeln!(text, "{} = {one}", column.name()),
                several => writeln!(text, "{} = [{}]", column.name(), several.join(", ")),
            };
        }
    }
    text.push_str("\n[thresholds]\n");
    for id in ThresholdId::ALL {
        let threshold = config.thresholds.get(id);
        let (who, on) = who_and_when(&threshold.set_by);
        let (name, value, set_by) = (id.name(), threshold.value, quoted(who));
        let on = on.map_or_else(String::new, |on| format!(", on = {}", quoted(&on.to_date_text())));
        let _ = writeln!(text, "{name} = {{ value = {value}, set_by = {set_by}{on} }}");
    }
    let criteria: Vec<String> = match config.criteria.is_empty() {
        true => CRITERIA.iter().map(|id| quoted(id)).collect(),
        false => config.criteria.iter().map(|id| quoted(id)).collect(),
    };
    let _ = write!(text, "\n[governed]\ncriteria = [{}]\n", criteria.join(", "));
    for subject in &config.break_glass {
        let _ = write!(text, "\n[[break_glass]]\nsubject = {}\n", quoted(subject));
    }
    for waiver in &config.waivers {
        let _ = write!(
            text,
            "\n[[waiver]]\nrule = {}\nsubject = {}\nwho = {}\nwhy = {}\nuntil = {}\n",
            quoted(&waiver.rule),
            quoted(&waiver.subject),
            quoted(&waiver.who),
            quoted(&waiver.why),
            quoted(&waiver.until.to_date_text())
        );
    }
    for gate in config.gates_in_force() {
        let (name, require) = (quoted(&gate.name), quoted(&gate.text));
        let _ = write!(text, "\n[[gate]]\nname = {name}\nrequire = {require}\n");
    }
    text
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if crate::diagnostic::is_commanding(c) => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
