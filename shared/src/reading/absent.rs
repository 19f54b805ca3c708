//! The words by which exports say that there is nothing to say.

use serde::{Deserialize, Deserializer};

/// Whether a text stands for "no value": empty, a dash, `N/A`, `null`, and the spreadsheets' variants of them.
///
/// `never` is not among them: it is an answer.
pub fn is_absent(text: &str) -> bool {
    let text = text.trim();
    text.is_empty()
        || [
            "-",
            "--",
            "n/a",
            "na",
            "null",
            "none",
            "nil",
            "unknown",
            "not_supported",
            "not supported",
            "?",
            "tbd",
            "tba",
            "todo",
        ]
        .iter()
        .any(|absent| text.eq_ignore_ascii_case(absent))
}

/// The text, trimmed, when it says something.
pub fn present(text: &str) -> Option<&str> {
    (!is_absent(text)).then(|| text.trim())
}

/// For `deserialize_with`: some tools write `null` where others leave a list, a map or a flag out.
pub fn nothing_if_null<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Yes or no, as exports write it; `None` for anything else.
pub fn yes_or_no(text: &str) -> Option<bool> {
    let text = text.trim();
    let is_any = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_any(&["true", "t", "yes", "y", "1", "enabled", "active", "ja", "wahr"]) {
        Some(true)
    } else if is_any(&["false", "f", "no", "n", "0", "disabled", "inactive", "nein", "falsch"]) {
        Some(false)
    } else {
        None
    }
}
