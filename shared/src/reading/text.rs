//! Text members of exports that borrow from the file wherever they need no unescaping.

use std::borrow::Cow;
use std::ops::Deref;

use serde::Deserialize;

/// A JSON string. Unlike a bare `Cow`, it borrows also inside `Option` and lists.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
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
}
