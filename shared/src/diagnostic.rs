//! What went wrong while reading, in words that help: where, what was found, what was expected, what to do.

use bitcode::{Decode, Encode};
use std::borrow::Cow;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// One thing a reader should know about one file. The file is known to whoever holds the diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Where in the file: `RoleDetailList[17].CreateDate`, `line 12`, `byte 4096`.
    pub place: String,
    /// What stands there, shortened, and never a secret.
    pub found: String,
    /// What should stand there.
    pub expected: String,
    /// What to do about it.
    pub help: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; nothing was lost.
    Info,
    /// The file does not hold everything, or two statements disagree; all that was read counts.
    Warning,
    /// A row or a file could not be read and does not count.
    Error,
}

/// How many diagnostics of one file are kept, before the rest are only counted: enough to see the pattern, and no more
/// memory than one file may take even if every one of its millions of rows is wrong.
const MAX_DIAGNOSTICS: usize = 1_000;

/// What went wrong in one file, in the order in which it was met: the first [`MAX_DIAGNOSTICS`], and how many more.
#[derive(Debug, Default)]
pub struct Diagnostics {
    first: Vec<Diagnostic>,
    n_more: usize,
    /// The worst of those that were only counted.
    worst: Option<Severity>,
}

impl Diagnostics {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.first.len() < MAX_DIAGNOSTICS {
            self.first.push(diagnostic);
        } else {
            self.n_more += 1;
            self.worst = self.worst.max(Some(diagnostic.severity));
        }
    }

    pub fn append(&mut self, other: Diagnostics) {
        self.extend(other.first);
        self.n_more += other.n_more;
        self.worst = self.worst.max(other.worst);
    }

    /// The diagnostics, with one about those that were only counted.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        let mut all = self.first;
        if let Some(worst) = self.worst {
            all.push(Diagnostic::new(
                worst,
                "whole file",
                format!("{} more problems", self.n_more),
                "none",
                "mend the first ones and read the file again",
            ));
        }
        all
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }
}

impl Deref for Diagnostics {
    type Target = [Diagnostic];

    fn deref(&self) -> &[Diagnostic] {
        &self.first
    }
}

/// The longest piece of input that a diagnostic repeats, in characters: enough to recognise a value by.
const MAX_FOUND_CHARS: usize = 80;

impl Diagnostic {
    /// A row or file was lost.
    pub fn error(
        place: impl Into<String>,
        found: impl AsRef<str>,
        expected: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Error, place, found, expected, help)
    }

    /// Something is missing or odd, but nothing that was there is lost.
    pub fn warning(
        place: impl Into<String>,
        found: impl AsRef<str>,
        expected: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Warning, place, found, expected, help)
    }

    /// Worth knowing.
    pub fn info(
        place: impl Into<String>,
        found: impl AsRef<str>,
        expected: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Info, place, found, expected, help)
    }

    fn new(
        severity: Severity,
        place: impl Into<String>,
        found: impl AsRef<str>,
        expected: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            place: place.into(),
            found: shorten(found.as_ref()),
            expected: expected.into(),
            help: help.into(),
        }
    }
}

/// Whether a character does something to a terminal or a log instead of standing there: control characters, line ends
/// among them, and the marks that turn the direction of writing around.
pub fn is_commanding(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Text from outside as it may stand in a terminal, a log line or a cell: one line, each commanding character a space.
pub fn printable(text: &str) -> Cow<'_, str> {
    match text.contains(is_commanding) {
        true => Cow::Owned(text.replace(is_commanding, " ")),
        false => Cow::Borrowed(text),
    }
}

/// JSON as it may stand in a terminal: what `serde_json` leaves as it is and a terminal obeys is escaped.
pub fn escaped(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' => shown.push(c),
            c if is_commanding(c) => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}

/// A parser's message without what it quotes of the input, which may be a secret.
pub fn without_quoted(message: &str) -> String {
    const QUOTES: [char; 2] = ['"', '`'];
    match (message.find(QUOTES), message.rfind(QUOTES)) {
        (Some(open), Some(close)) if close > open => format!("{}…{}", &message[..=open], &message[close..]),
        _ => message.to_owned(),
    }
}

/// Input as it may be shown: [`printable`], and at most [`MAX_FOUND_CHARS`] characters.
pub fn shorten(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(MAX_FOUND_CHARS)
        .map(|c| if is_commanding(c) { ' ' } else { c })
        .collect();
    if text.chars().nth(MAX_FOUND_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_gives_no_commands_to_a_terminal() {
        let name = "a\u{1b}[31m\u{7f}\u{9b}1m\u{202e}ä";
        let json = serde_json::to_string(name).unwrap();
        assert_eq!(escaped(&json), r#""a\u001b[31m\u007f\u009b1m\u202eä""#);
        assert_eq!(serde_json::from_str::<String>(&escaped(&json)).unwrap(), name);
    }

    #[test]
    fn what_is_only_counted_keeps_its_severity() {
        let mut diagnostics = Diagnostics::default();
        diagnostics.extend((0..MAX_DIAGNOSTICS).map(|_| Diagnostic::info("a", "b", "c", "d")));
        diagnostics.push(Diagnostic::error("a", "b", "c", "d"));
        diagnostics.push(Diagnostic::info("a", "b", "c", "d"));
        let all = diagnostics.into_vec();
        assert_eq!(all.len(), MAX_DIAGNOSTICS + 1);
        assert_eq!(
            (all[1_000].severity, all[1_000].found.as_str()),
            (Severity::Error, "2 more problems")
        );
    }
}
