//! Reading `rollcall.toml` so that every mistake is told at once, with its line and what was probably meant.

use std::fmt;
use std::ops::Range;

use hashbrown::HashSet;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::format::{self, Keys, SECTIONS, SIGNED, Section};
use super::gate::{self, Gate};
use super::{Config, EnvironmentRule, Expected, Inventory, InventoryColumn, MAX_WAIVERS, SourceInventory, Waiver};
use crate::kpi::catalog::CRITERIA;
use crate::model::instant::Instant;
use crate::model::thresholds::{Threshold, ThresholdId, Thresholds, origin};
use crate::rules::codes::CODES;

/// Why a configuration is not taken.
#[derive(Debug, PartialEq, Eq)]
pub struct BadConfig {
    /// By line; never empty.
    pub mistakes: Vec<Mistake>,
}

/// One mistake in `rollcall.toml`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// From 1.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for BadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Mistake { line, message }) in self.mistakes.iter().enumerate() {
            let break_before = if index > 0 { "\n" } else { "" };
            write!(f, "{break_before}rollcall.toml line {line}: {message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for BadConfig {}

/// "; did you mean `stale_days`?", or the known names when none is near.
pub fn nearest(name: &str, known: &[&str]) -> String {
    match near(name, known) {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => format!("; known are {}", known.join(", ")),
    }
}

/// The known name that was probably meant.
pub fn near<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let likeness = |other: &&&str| strsim::jaro_winkler(name, other);
    let best = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let best = best.filter(|best| likeness(best) > 0.75);
    // Of short words that is too much to ask: two letters that changed places, or one that is another.
    best.or_else(|| known.iter().find(|other| strsim::osa_distance(name, other) == 1))
        .copied()
}

/// Reads the whole file.
pub fn read(text: &str) -> Result<Config, BadConfig> {
    let mut reader = Reader {
        text,
        mistakes: Vec::new(),
    };
    let config = match DeTable::parse(text) {
        Ok(root) => reader.config(root.get_ref()),
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            reader.mistake(&(start..start), error.message().to_owned());
            Config::default()
        }
    };
    reader.mistakes.sort();
    match reader.mistakes.is_empty() {
        true => Ok(config),
        false => Err(BadConfig {
            mistakes: reader.mistakes,
        }),
    }
}

struct Reader<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
}

/// Who set a limit that nobody put a name to.
const THIS_FILE: &str = "rollcall.toml";

type Value<'t> = Spanned<DeValue<'t>>;

impl<'t> Reader<'t> {
    fn config(&mut self, root: &DeTable<'t>) -> Config {
        self.keys(root, THIS_FILE, &SECTIONS.map(|section| section.name));
        let mut config = Config::default();
        if let Some(estate) = self.section(root, "estate") {
            self.keys_of(&format::ESTATE, estate);
            config.estate_name = self.text(estate, "name");
            config.salt = self.text(estate, "salt").unwrap_or_default();
        }
        for (_, expected) in self.sections(root, "expected") {
            self.keys_of(&format::EXPECTED, expected);
            config.expected.push(Expected {
                source: self.required(root, "expected", expected, "source"),
                environment: self.text(expected, "environment"),
            });
        }
        for (_, rule) in self.sections(root, "environment") {
            self.keys_of(&format::ENVIRONMENT, rule);
            config.environments.push(EnvironmentRule {
                pattern: self.required(root, "environment", rule, "pattern"),
                is: self.required(root, "environment", rule, "is"),
            });
        }
        config.inventories = self.inventories(root);
        if let Some(thresholds) = self.section(root, "thresholds") {
            config.thresholds = self.thresholds(thresholds);
        }
        if let Some(governed) = self.section(root, "governed") {
            self.keys_of(&format::GOVERNED, governed);
            config.criteria = self.criteria(governed);
        }
        for (_, account) in self.sections(root, "break_glass") {
            self.keys_of(&format::BREAK_GLASS, account);
            let subject = self.required(root, "break_glass", account, "subject");
            config.break_glass.push(subject);
        }
        config.waivers = self.waivers(root);
        config.gates = self.gates(root);
        config
    }

    /// Their mappings are read as those of `source.toml` are.
    fn inventories(&mut self, root: &DeTable<'t>) -> Vec<SourceInventory> {
        let mut inventories = Vec::new();
        for (span, table) in self.sections(root, "inventory") {
            self.keys_of(&format::INVENTORY, table);
            let mapping = table
                .iter()
                .filter(|(key, _)| Inventory::KEYS.contains(&&**key.get_ref()));
            let mapping: DeTable<'t> = mapping
                .map(|(key, value)| match (&**key.get_ref(), value.get_ref()) {
                    ("columns", DeValue::Table(columns)) => {
                        let columns = DeValue::Table(self.columns(columns));
                        (key.clone(), Spanned::new(value.span(), columns))
                    }
                    _ => (key.clone(), value.clone()),
                })
                .collect();
            let mapping = Deserializer::from(Spanned::new(span.clone(), mapping));
            match Inventory::deserialize(mapping) {
                Ok(inventory) => inventories.push(SourceInventory {
                    source: self.required(root, "inventory", table, "source"),
                    inventory,
                }),
                Err(error) => {
                    let message = format!("`[[inventory]]`: {}", error.message());
                    self.mistake(&error.span().unwrap_or(span), message);
                }
            }
        }
        inventories
    }

    /// The columns that there are; it tells of the others.
    fn columns(&mut self, columns: &DeTable<'t>) -> DeTable<'t> {
        let known = InventoryColumn::ALL.map(InventoryColumn::name);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        self.keys(columns, "`columns`", &known);
        let columns = columns.iter().filter(|(key, _)| known.contains(&&**key.get_ref()));
        columns.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    fn thresholds(&mut self, table: &DeTable<'t>) -> Thresholds {
        let names = ThresholdId::ALL.map(ThresholdId::name);
        let mut thresholds = Thresholds::default();
        for (key, value) in table {
            let name = key.get_ref();
            let Some(id) = ThresholdId::ALL.into_iter().find(|id| id.name() == name) else {
                let message = format!("unknown threshold `{name}`{}", nearest(name, &names));
                self.mistake(&key.span(), message);
                continue;
            };
            let (number, set_by) = match value.get_ref() {
                DeValue::Table(signed) => {
                    let known: Vec<&str> = SIGNED.iter().map(|key| key.name).collect();
                    self.keys(signed, &format!("`{name}`"), &known);
                    let who = self.text(signed, "set_by");
                    let on = self.date(signed, "on");
                    let set_by = origin(who.as_deref().unwrap_or(THIS_FILE), on);
                    (find(signed, "value"), set_by)
                }
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_) => (Some(value), origin(THIS_FILE, None)),
            };
            match number.and_then(|number| whole(number.get_ref())) {
                Some(value) => thresholds.set(id, Threshold { value, set_by }),
                None => self.mistake(
                    &number.unwrap_or(value).span(),
                    format!(
                        "`{name}` must be a whole number or {{ value = 90, set_by = \"who\", on = \"2026-02-01\" }}"
                    ),
                ),
            }
        }
        thresholds
    }

    fn criteria(&mut self, governed: &DeTable<'t>) -> Vec<String> {
        let Some(value) = find(governed, "criteria") else {
            return Vec::new();
        };
        let DeValue::Array(list) = value.get_ref() else {
            self.expected(value, "a list of criteria, such as [\"owner\", \"rotation\"]");
            return Vec::new();
        };
        let mut criteria = Vec::new();
        for criterion in list.iter() {
            match criterion.get_ref().as_str() {
                Some(id) if CRITERIA.contains(&id) => criteria.push(id.to_owned()),
                Some(id) => {
                    let message = format!("unknown criterion `{id}`{}", nearest(id, &CRITERIA));
                    self.mistake(&criterion.span(), message);
                }
                None => self.expected(criterion, "a criterion's id in quotes"),
            }
        }
        criteria
    }

    fn waivers(&mut self, root: &DeTable<'t>) -> Vec<Waiver> {
        let mut waivers = Vec::new();
        for (span, waiver) in self.sections(root, "waiver") {
            self.keys_of(&format::WAIVER, waiver);
            if waivers.len() == MAX_WAIVERS {
                self.mistake(
                    &span,
                    format!("more than {MAX_WAIVERS} waivers, which is the most that are read"),
                );
                break;
            }
            let rule = self.required(root, "waiver", waiver, "rule");
            if !rule.is_empty() && !CODES.contains(&rule.as_str()) {
                let at = find(waiver, "rule").map_or(span.clone(), Spanned::span);
                self.mistake(&at, format!("unknown rule `{rule}`{}", nearest(&rule, &CODES)));
            }
            let until = match find(waiver, "until") {
                Some(_) => self.date(waiver, "until"),
                None => {
                    self.mistake(
                        &span,
                        "a waiver needs `until`, the last day on which it holds".to_owned(),
                    );
                    None
                }
            };
            waivers.push(Waiver {
                rule,
                subject: self.required(root, "waiver", waiver, "subject"),
                who: self.required(root, "waiver", waiver, "who"),
                why: self.required(root, "waiver", waiver, "why"),
                until: until.unwrap_or_default(),
            });
        }
        waivers
    }

    fn gates(&mut self, root: &DeTable<'t>) -> Vec<Gate> {
        let mut names = HashSet::new();
        let mut gates = Vec::new();
        for (span, gate) in self.sections(root, "gate") {
            self.keys_of(&format::GATE, gate);
            let name = self.required(root, "gate", gate, "name");
            let text = self.required(root, "gate", gate, "require");
            if !name.is_empty() && !names.insert(name.clone()) {
                let at = find(gate, "name").map_or(span.clone(), Spanned::span);
                self.mistake(&at, format!("two gates are called `{name}`"));
            }
            if text.is_empty() {
                continue;
            }
            match gate::requirement(&text) {
                Ok(require) => gates.push(Gate { name, text, require }),
                Err(message) => {
                    let at = find(gate, "require").map_or(span, Spanned::span);
                    self.mistake(&at, message);
                }
            }
        }
        gates
    }

    /// Tells of keys that a section does not have.
    fn keys_of(&mut self, section: &Section, table: &DeTable<'t>) {
        let Keys::Named(keys) = section.keys else { return };
        let known: Vec<&str> = keys.iter().map(|key| key.name).collect();
        self.keys(table, &section.heading(), &known);
    }

    /// Tells of keys that are none.
    fn keys(&mut self, table: &DeTable<'t>, of: &str, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&&**key.get_ref())) {
            let message = format!(
                "unknown key `{}` in {of}{}",
                key.get_ref(),
                nearest(key.get_ref(), known)
            );
            self.mistake(&key.span(), message);
        }
    }

    /// A table of this name, when there is one.
    fn section<'v>(&mut self, root: &'v DeTable<'t>, name: &str) -> Option<&'v DeTable<'t>> {
        let value = find(root, name)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.expected(value, &format!("a table: `[{name}]`"));
        }
        table
    }

    /// The tables of a list of this name.
    fn sections<'v>(&mut self, root: &'v DeTable<'t>, name: &str) -> Vec<(Range<usize>, &'v DeTable<'t>)> {
        let Some(value) = find(root, name) else {
            return Vec::new();
        };
        let DeValue::Array(list) = value.get_ref() else {
            self.expected(value, &format!("a list of tables: `[[{name}]]`"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in list.iter() {
            match value.get_ref().as_table() {
                Some(table) => tables.push((value.span(), table)),
                None => self.expected(value, &format!("a table: `[[{name}]]`")),
            }
        }
        tables
    }

    /// A text, when there is one.
    fn text(&mut self, table: &DeTable<'t>, key: &str) -> Option<String> {
        let value = find(table, key)?;
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.expected(value, &format!("text in quotes for `{key}`"));
        }
        text
    }

    /// A text that must be there and say something; `""` when it does not, which is a mistake.
    fn required(&mut self, root: &DeTable<'t>, section: &str, table: &DeTable<'t>, key: &str) -> String {
        let at = match (find(table, key), find(root, section)) {
            (Some(value), _) => value.span(),
            (None, Some(list)) => span_of(list, table),
            (None, None) => 0..0,
        };
        match (find(table, key), self.text(table, key)) {
            (_, Some(text)) if !text.trim().is_empty() => text,
            // Another type was told of.
            (Some(value), None) if !value.get_ref().is_str() => String::new(),
            (_, Some(_) | None) => {
                self.mistake(&at, format!("`[[{section}]]` needs `{key}`"));
                String::new()
            }
        }
    }

    /// A day, as TOML writes one or in quotes.
    fn date(&mut self, table: &DeTable<'t>, key: &str) -> Option<Instant> {
        let value = find(table, key)?;
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Array(_) | DeValue::Table(_) => {
                String::new()
            }
        };
        let at = Some(&text)
            .filter(|text| text.len() == 10)
            .and_then(|text| Instant::from_text(text));
        if at.is_none() {
            self.expected(value, &format!("a day for `{key}`, such as \"2027-01-31\""));
        }
        at
    }

    fn expected(&mut self, found: &Value<'t>, expected: &str) {
        let message = format!("found {}, expected {expected}", found.get_ref().type_str());
        self.mistake(&found.span(), message);
    }

    fn mistake(&mut self, at: &Range<usize>, message: String) {
        let before = &self.text.as_bytes()[..at.start.min(self.text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        self.mistakes.push(Mistake { line, message });
    }
}

fn find<'v, 't>(table: &'v DeTable<'t>, key: &str) -> Option<&'v Value<'t>> {
    table
        .iter()
        .find(|(name, _)| name.get_ref() == key)
        .map(|(_, value)| value)
}

/// Where a table of a list stands.
fn span_of(list: &Value<'_>, table: &DeTable<'_>) -> Range<usize> {
    let tables = list.get_ref().as_array().into_iter().flat_map(|list| list.iter());
    let mut spans = tables.filter(|value| {
        value
            .get_ref()
            .as_table()
            .is_some_and(|other| std::ptr::eq(other, table))
    });
    spans.next().map_or(list.span(), Spanned::span)
}

fn whole(value: &DeValue<'_>) -> Option<u32> {
    let integer = value.as_integer()?;
    u32::from_str_radix(integer.as_str(), integer.radix()).ok()
}
