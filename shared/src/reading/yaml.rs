//! YAML exports, turned into the JSON that the connectors read.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor};

use crate::diagnostic::{Diagnostic, Diagnostics, without_quoted};

/// The most bytes of YAML that are read: the library keeps about 100 bytes for each value until its document ends.
pub const MAX_YAML_BYTES: usize = 128 << 20;

/// How many `[` and `{` may stand open at once. The library looks through all that are open at every token, so that
/// deep nesting costs time by its square; it refuses more than 128 in the end.
const MAX_OPEN_BRACKETS: usize = 1_000;

/// How much larger than the YAML its JSON may be, above [`FREE_JSON_BYTES`]. Quotes and brackets make it twice as
/// large; more comes from aliases (`*a`), which repeat what they stand for.
const MAX_EXPANSION: usize = 20;

/// JSON up to this size is made whatever the ratio.
const FREE_JSON_BYTES: usize = 4 << 20;

/// The documents of a YAML file as concatenated JSON. Custom tags (`!vault`) are dropped, their values kept.
///
/// A document that is no YAML is left out and reported; those before it stay.
pub fn to_json(text: &str, diagnostics: &mut Diagnostics) -> String {
    if text.len() > MAX_YAML_BYTES {
        diagnostics.push(Diagnostic::error(
            "whole file",
            format!("{} bytes of YAML", text.len()),
            format!("at most {MAX_YAML_BYTES}"),
            "export it as JSON, or in parts",
        ));
        return String::new();
    }
    if let Some(line) = line_too_deep(text) {
        diagnostics.push(Diagnostic::error(
            format!("line {line}"),
            format!("more than {MAX_OPEN_BRACKETS} open brackets"),
            "a YAML document",
            "export it again; nothing of this file was read",
        ));
        return String::new();
    }
    let mut json = Json {
        bytes: Vec::new(),
        max_bytes: text.len().saturating_mul(MAX_EXPANSION).max(FREE_JSON_BYTES),
    };
    for (index, document) in serde_yaml_ng::Deserializer::from_str(text).enumerate() {
        let start = json.bytes.len();
        match Value(&mut json).deserialize(document) {
            Ok(()) if json.bytes[start..] == *b"null" => json.bytes.truncate(start),
            Ok(()) => json.bytes.push(b'\n'),
            Err(error) => {
                json.bytes.truncate(start);
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
    // It was written from strings.
    String::from_utf8(json.bytes).unwrap_or_default()
}

/// The line with one open bracket too many. A bracket opens a list or mapping only where a value may begin; elsewhere
/// it is part of a text.
fn line_too_deep(text: &str) -> Option<usize> {
    let mut n_open = 0usize;
    let mut before = b'\n';
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' if matches!(before, b'\n' | b':' | b'-' | b',' | b'[' | b'{' | b'?') => n_open += 1,
            b']' | b'}' => n_open = n_open.saturating_sub(1),
            _ => {}
        }
        if n_open > MAX_OPEN_BRACKETS {
            return Some(1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count());
        }
        if !matches!(byte, b' ' | b'\t' | b'\r') {
            before = byte;
        }
    }
    None
}

/// JSON that is being written, and how large it may become.
struct Json {
    bytes: Vec<u8>,
    max_bytes: usize,
}

impl Json {
    fn write<E: de::Error>(&mut self, value: impl serde::Serialize) -> Result<(), E> {
        if self.bytes.len() > self.max_bytes {
            return Err(E::custom(format_args!(
                "aliases that repeat more than {} bytes",
                self.max_bytes
            )));
        }
        serde_json::to_writer(&mut self.bytes, &value).map_err(E::custom)
    }
}

/// Writes the YAML value that comes as JSON.
struct Value<'j>(&'j mut Json);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.0.write(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.0.write(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.0.write(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.0.write(value)
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<(), E> {
        self.0.write(value)
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<(), E> {
        self.0.write(value)
    }

    /// What JSON cannot say (`.nan`, `.inf`) becomes null.
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.0.write(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.0.write(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let json = self.0;
        json.bytes.push(b'[');
        let first = json.bytes.len();
        while elements.next_element_seed(After { json, first })?.is_some() {}
        json.bytes.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let json = self.0;
        json.bytes.push(b'{');
        let first = json.bytes.len();
        while let Some(Key(key)) = members.next_key()? {
            if json.bytes.len() > first {
                json.bytes.push(b',');
            }
            json.write(key)?;
            json.bytes.push(b':');
            members.next_value_seed(Value(json))?;
        }
        json.bytes.push(b'}');
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        let (IgnoredAny, value) = tagged.variant()?;
        value.newtype_variant_seed(self)
    }
}

/// An element of a list, with the comma before it; `first` is where the list begins.
struct After<'j> {
    json: &'j mut Json,
    first: usize,
}

impl<'de> DeserializeSeed<'de> for After<'_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.json.bytes.len() > self.first {
            self.json.bytes.push(b',');
        }
        Value(self.json).deserialize(deserializer)
    }
}

/// A key as text; `""` where YAML has a key that JSON cannot have.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde_yaml_ng::Value;
        Ok(Key(match Value::deserialize(deserializer)? {
            Value::String(text) => text,
            Value::Bool(value) => value.to_string(),
            Value::Number(value) => value.to_string(),
            Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => String::new(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_become_lines_of_json() {
        let mut diagnostics = Diagnostics::default();
        let json = to_json(
            "a: &x [1]\nb: *x\n---\nc: !vault |\n  $ANSIBLE\n---\n",
            &mut diagnostics,
        );
        assert_eq!(json, "{\"a\":[1],\"b\":[1]}\n{\"c\":\"$ANSIBLE\\n\"}\n");
        assert_eq!(diagnostics[..], []);
    }

    #[test]
    fn a_broken_document_keeps_those_before_it() {
        let mut diagnostics = Diagnostics::default();
        assert_eq!(to_json("a: 1\n---\nb: [\n", &mut diagnostics), "{\"a\":1}\n");
        assert_eq!(diagnostics.len(), 1);
    }

    #[test]
    fn scalars_and_keys_are_spelled_as_json() {
        let mut diagnostics = Diagnostics::default();
        let json = to_json("1: .nan\ntrue: -7\n~: 1.5\n\"a\\nb\": [~, '']\n", &mut diagnostics);
        assert_eq!(json, "{\"1\":null,\"true\":-7,\"\":1.5,\"a\\nb\":[null,\"\"]}\n");
        assert_eq!(diagnostics[..], []);
    }

    #[test]
    fn aliases_that_repeat_too_much_are_refused() {
        let mut diagnostics = Diagnostics::default();
        let text = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(1_000), "*a,".repeat(10_000));
        assert_eq!(to_json(&text, &mut diagnostics), "");
        assert!(diagnostics[0].found.contains("aliases that repeat"), "{diagnostics:?}");
    }

    #[test]
    fn deep_nesting_is_refused_before_it_costs_time() {
        let mut diagnostics = Diagnostics::default();
        assert_eq!(to_json(&format!("a:\n  {}", "[".repeat(100_000)), &mut diagnostics), "");
        assert_eq!(diagnostics[0].place, "line 2");
        // Brackets inside a text open nothing.
        let colours = format!("a: \"{}\"\n", "\\e[31m".repeat(2_000));
        assert_eq!(line_too_deep(&colours), None);
    }
}
