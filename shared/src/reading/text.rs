//! Text members of exports that borrow from the file wherever they need no unescaping.

use std::borrow::Cow;
use std::ops::Deref;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A JSON string. Unlike a bare `Cow`, it borrows also inside `Option` and lists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// An id that some exports write as a number and others as a string. As written: numbers never pass through a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id<'a>(&'a str);

impl Deref for Id<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Id<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = <&RawValue>::deserialize(deserializer)?.get();
        match written.as_bytes() {
            [b'"' | b'-' | b'0'..=b'9', ..] => Ok(Id(written.trim_matches('"'))),
            _ => Err(serde::de::Error::custom(
                "invalid type: neither, expected an id as text or number",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::one_or_many::OneOrMany;

    #[test]
    fn only_escaped_text_is_copied() {
        let texts: OneOrMany<Text<'_>> = serde_json::from_str(r#"["plain", "esc\"aped"]"#).unwrap();
        assert!(matches!(texts.0[0].0, Cow::Borrowed("plain")));
        assert!(matches!(&texts.0[1].0, Cow::Owned(text) if text == "esc\"aped"));
        let one: Option<Text<'_>> = serde_json::from_str("\"one\"").unwrap();
        assert!(matches!(one.unwrap().0, Cow::Borrowed("one")));
    }

    #[test]
    fn an_id_is_as_written() {
        let ids: Vec<Option<Id<'_>>> = serde_json::from_str("[12345678901234567890, \"7a\", null]").unwrap();
        let ids: Vec<_> = ids.iter().map(|id| id.as_deref()).collect();
        assert_eq!(ids, [Some("12345678901234567890"), Some("7a"), None]);
        assert!(serde_json::from_str::<Id<'_>>("{}").is_err());
    }
}
