//! The JSON Schema of `rollcall.toml`, for editors.

use serde_json::{Map, Value as Json, json};

use super::InventoryColumn;
use super::format::{Form, Key, Keys, Need, SECTIONS, SIGNED, Section, Value};
use crate::kpi::catalog::CRITERIA;
use crate::model::thresholds::{ThresholdId, Thresholds};
use crate::rules::codes::CODES;

/// The schema (draft 2020-12), as text.
pub fn schema() -> String {
    let sections = SECTIONS.into_iter().map(|section| {
        let table = match section.keys {
            Keys::Named(keys) => object(keys),
            Keys::Thresholds => thresholds(),
        };
        (section.name.to_owned(), of_section(section, table))
    });
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rollcall.toml",
        "description": "What an organisation tells Rollcall about its estate.",
        "type": "object",
        "properties": sections.collect::<Map<String, Json>>(),
        "additionalProperties": false,
    });
    // A tree of strings, numbers and lists always serialises.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

fn of_section(section: &Section, mut table: Json) -> Json {
    match section.form {
        Form::Table => {
            table["description"] = section.about.into();
            table
        }
        Form::List => json!({ "type": "array", "items": table, "description": section.about }),
    }
}

fn object(keys: &[Key]) -> Json {
    let required = keys.iter().filter(|key| key.need == Need::Required);
    let properties = keys.iter().map(|key| (key.name.to_owned(), of_key(key)));
    json!({
        "type": "object",
        "properties": properties.collect::<Map<String, Json>>(),
        "required": required.map(|key| key.name).collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

fn of_key(key: &Key) -> Json {
    let mut value = match key.value {
        Value::Text | Value::Requirement => match key.need {
            Need::Required => json!({ "type": "string", "pattern": r"\S" }),
            Need::Optional => json!({ "type": "string" }),
        },
        Value::Day => json!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$" }),
        Value::Rule => json!({ "enum": CODES }),
        Value::Criteria => json!({ "type": "array", "items": { "enum": CRITERIA } }),
        Value::Number => number(),
        Value::Columns => columns(),
    };
    value["description"] = key.about.into();
    value
}

fn thresholds() -> Json {
    let defaults = Thresholds::default();
    let properties = ThresholdId::ALL.into_iter().map(|id| {
        let default = defaults.get(id);
        let limit = json!({
            "oneOf": [number(), object(SIGNED)],
            "description": format!("{} without this ({}).", default.value, default.set_by),
        });
        (id.name().to_owned(), limit)
    });
    json!({
        "type": "object",
        "properties": properties.collect::<Map<String, Json>>(),
        "additionalProperties": false,
    })
}

fn columns() -> Json {
    let headings = json!({ "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
    let properties = InventoryColumn::ALL.map(|column| (column.name(), headings.clone()));
    json!({
        "type": "object",
        "properties": properties.into_iter().collect::<Map<String, Json>>(),
        "additionalProperties": false,
    })
}

fn number() -> Json {
    json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// Whether a value is what a schema asks for. It knows the words that ours uses, and panics at any other.
    fn holds(schema: &Json, value: &Json) -> bool {
        schema
            .as_object()
            .unwrap()
            .iter()
            .all(|(word, asked)| match word.as_str() {
                "$schema" | "title" | "description" => true,
                "type" => match asked.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    other => panic!("type {other}"),
                },
                "enum" => asked.as_array().unwrap().contains(value),
                "pattern" => value.as_str().is_none_or(|text| match asked.as_str().unwrap() {
                    r"\S" => !text.trim().is_empty(),
                    r"^\d{4}-\d{2}-\d{2}$" => {
                        let is_digit = |(at, byte): (usize, u8)| match at {
                            4 | 7 => byte == b'-',
                            _ => byte.is_ascii_digit(),
                        };
                        text.len() == 10 && text.bytes().enumerate().all(is_digit)
                    }
                    other => panic!("pattern {other}"),
                }),
                "minimum" => value.as_i64().is_none_or(|n| n >= asked.as_i64().unwrap()),
                "maximum" => value.as_i64().is_none_or(|n| n <= asked.as_i64().unwrap()),
                "items" => value
                    .as_array()
                    .is_none_or(|items| items.iter().all(|item| holds(asked, item))),
                "oneOf" => asked.as_array().unwrap().iter().filter(|one| holds(one, value)).count() == 1,
                "properties" => value.as_object().is_none_or(|object| {
                    let known = |(key, value): (&String, &Json)| asked.get(key).is_none_or(|of| holds(of, value));
                    object.iter().all(known)
                }),
                "required" => value.as_object().is_none_or(|object| {
                    let keys = asked.as_array().unwrap();
                    keys.iter().all(|key| object.contains_key(key.as_str().unwrap()))
                }),
                "additionalProperties" => value.as_object().is_none_or(|object| {
                    assert_eq!(asked, &json!(false));
                    object.keys().all(|key| schema["properties"].get(key).is_some())
                }),
                other => panic!("the test does not know `{other}`"),
            })
    }

    /// What the schema and the reader say to a file.
    fn verdicts(text: &str) -> (bool, bool) {
        let schema: Json = serde_json::from_str(&schema()).unwrap();
        let value: toml::Table = text.parse().unwrap();
        // Days without quotes are of a type that JSON does not have.
        let value = serde_json::to_value(without_dates(toml::Value::Table(value))).unwrap();
        (holds(&schema, &value), Config::parse(text).is_ok())
    }

    fn without_dates(value: toml::Value) -> toml::Value {
        match value {
            toml::Value::Datetime(day) => toml::Value::String(day.to_string()),
            toml::Value::Array(items) => items.into_iter().map(without_dates).collect::<Vec<_>>().into(),
            toml::Value::Table(table) => {
                let entries = table.into_iter().map(|(key, value)| (key, without_dates(value)));
                toml::Value::Table(entries.collect())
            }
            other => other,
        }
    }

    /// A value that is right, and one of another type.
    fn sample(value: Value) -> (&'static str, &'static str) {
        match value {
            Value::Text => ("\"x\"", "[1]"),
            Value::Day => ("\"2027-01-31\"", "\"soon\""),
            Value::Rule => ("\"stale\"", "\"stal\""),
            Value::Criteria => ("[\"owner\"]", "[\"ownr\"]"),
            Value::Requirement => ("\"governed >= 80 %\"", "80"),
            Value::Number => ("90", "\"ninety\""),
            Value::Columns => ("{ name = \"CI\", owner = [\"team\", \"deputy\"] }", "{ nmae = \"CI\" }"),
        }
    }

    fn section_of(heading: &str, lines: &[(&str, &str)]) -> String {
        let lines = lines.iter().map(|(key, value)| format!("{key} = {value}\n"));
        format!("{heading}\n{}", lines.collect::<String>())
    }

    /// Key by key: right, of another type, missing, and unknown.
    #[test]
    fn the_schema_and_the_reader_agree() {
        for section in SECTIONS {
            let Keys::Named(keys) = section.keys else { continue };
            let heading = section.heading();
            let right: Vec<(&str, &str)> = keys.iter().map(|key| (key.name, sample(key.value).0)).collect();
            assert_eq!(verdicts(&section_of(&heading, &right)), (true, true), "{heading}");
            let unknown: Vec<_> = right.iter().copied().chain([("other", "1")]).collect();
            assert_eq!(
                verdicts(&section_of(&heading, &unknown)),
                (false, false),
                "{heading} other"
            );
            for (at, key) in keys.iter().enumerate() {
                let mut wrong = right.clone();
                wrong[at].1 = sample(key.value).1;
                assert_eq!(
                    verdicts(&section_of(&heading, &wrong)),
                    (false, false),
                    "{heading} {}",
                    key.name
                );
                let mut without = right.clone();
                without.remove(at);
                let is_optional = key.need == Need::Optional;
                let both = (is_optional, is_optional);
                assert_eq!(
                    verdicts(&section_of(&heading, &without)),
                    both,
                    "{heading} without {}",
                    key.name
                );
            }
        }
        for id in ThresholdId::ALL {
            for (limit, is_right) in [
                ("60", true),
                ("{ value = 60, set_by = \"CISO office\", on = 2026-02-01 }", true),
                ("-1", false),
                ("4294967296", false),
                ("\"60\"", false),
                ("{ set_by = \"CISO office\" }", false),
                ("{ value = 60, on = \"soon\" }", false),
                ("{ value = 60, by = \"x\" }", false),
            ] {
                let text = section_of("[thresholds]", &[(id.name(), limit)]);
                assert_eq!(verdicts(&text), (is_right, is_right), "{text}");
            }
        }
        assert_eq!(verdicts("[threshold]\n"), (false, false));
        assert_eq!(verdicts("[gate]\n"), (false, false));
    }

    #[test]
    fn the_documented_file_is_right() {
        let page = include_str!("../../../docs/configuration.md");
        let documented = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
        let documented = documented.unwrap();
        assert!(SECTIONS.iter().all(|section| documented.contains(&section.heading())));
        assert_eq!(verdicts(documented), (true, true));
    }
}
