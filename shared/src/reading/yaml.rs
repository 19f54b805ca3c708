//! YAML exports, turned into the JSON that the connectors read.

use serde_yaml_ng::Value;

use crate::diagnostic::{Diagnostic, without_quoted};

/// The documents of a YAML file as concatenated JSON. Custom tags (`!vault`) are dropped, their values kept.
///
/// A document that is no YAML is left out and reported; those before it stay.
pub fn to_json(text: &str, diagnostics: &mut Vec<Diagnostic>) -> String {
    use serde::Deserialize;
    let mut json = String::new();
    for (index, document) in serde_yaml_ng::Deserializer::from_str(text).enumerate() {
        match Value::deserialize(document) {
            Ok(Value::Null) => {}
            Ok(value) => {
                json.push_str(&to_json_value(value).to_string());
                json.push('\n');
            }
            Err(error) => {
                let place = match error.location() {
                    Some(location) => format!("line {}", location.line()),
                    None => format!("document {}", index + 1),
                };
                diagnostics.push(Diagnostic::error(
                    place,
                    without_quoted(&error.to_string()),
                    "a YAML document",
                    "mend or export this document again; the documents before it were read",
                ));
                break;
            }
        }
    }
    json
}

fn to_json_value(value: Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => value.into(),
        Value::Number(value) => match (value.as_i64(), value.as_u64(), value.as_f64()) {
            (Some(value), ..) => value.into(),
            (_, Some(value), _) => value.into(),
            (.., value) => value.map_or(serde_json::Value::Null, serde_json::Value::from),
        },
        Value::String(value) => value.into(),
        Value::Sequence(values) => values.into_iter().map(to_json_value).collect(),
        Value::Mapping(members) => serde_json::Value::Object(
            members
                .into_iter()
                .map(|(key, value)| (key_text(&key), to_json_value(value)))
                .collect(),
        ),
        Value::Tagged(tagged) => to_json_value(tagged.value),
    }
}

fn key_text(key: &Value) -> String {
    match key {
        Value::String(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_become_lines_of_json() {
        let mut diagnostics = Vec::new();
        let json = to_json(
            "a: &x [1]\nb: *x\n---\nc: !vault |\n  $ANSIBLE\n---\n",
            &mut diagnostics,
        );
        assert_eq!(json, "{\"a\":[1],\"b\":[1]}\n{\"c\":\"$ANSIBLE\\n\"}\n");
        assert_eq!(diagnostics, vec![]);
    }

    #[test]
    fn a_broken_document_keeps_those_before_it() {
        let mut diagnostics = Vec::new();
        assert_eq!(to_json("a: 1\n---\nb: [\n", &mut diagnostics), "{\"a\":1}\n");
        assert_eq!(diagnostics.len(), 1);
    }
}
