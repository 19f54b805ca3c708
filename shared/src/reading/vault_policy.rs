//! Vault policies: HCL, or the same as JSON, as rules.
//!
//! <https://developer.hashicorp.com/vault/docs/concepts/policies>
//!
//! Only what a policy gives is read: `path` stanzas with their capabilities. Parameters, wrapping and the rest are passed
//! over. Our own reader instead of a crate's: `hcl-rs` reads all of HCL 2, of which a policy is five lines, and stops at
//! the first stanza that is broken.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::reading::one_or_many::OneOrMany;

/// One `path` stanza.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub path: String,
    pub capabilities: Vec<String>,
}

/// The rules of a policy, and the line at which it stops being one.
pub fn rules(text: &str) -> (Vec<Rule>, Option<u32>) {
    match text.trim_start().starts_with('{') {
        true => from_json(text).map_or((Vec::new(), Some(1)), |rules| (rules, None)),
        false => from_hcl(text),
    }
}

#[derive(Deserialize)]
struct RawPolicy<'a> {
    #[serde(borrow, default)]
    path: BTreeMap<Cow<'a, str>, RawRule>,
}

#[derive(Deserialize)]
struct RawRule {
    #[serde(default)]
    capabilities: OneOrMany<String>,
    /// Before Vault 0.6.
    #[serde(default)]
    policy: Option<String>,
}

fn from_json(text: &str) -> Option<Vec<Rule>> {
    let policy: RawPolicy<'_> = serde_json::from_str(text).ok()?;
    let rule = |(path, rule): (Cow<'_, str>, RawRule)| Rule {
        path: path.into_owned(),
        capabilities: rule
            .capabilities
            .0
            .into_iter()
            .chain(rule.policy.into_iter().flat_map(old_word))
            .collect(),
    };
    Some(policy.path.into_iter().map(rule).collect())
}

fn from_hcl(text: &str) -> (Vec<Rule>, Option<u32>) {
    let mut rules = Vec::new();
    let mut tokens = Tokens { text, at: 0 };
    loop {
        match tokens.next() {
            None => return (rules, None),
            Some(Token::Word("path")) => match stanza(&mut tokens) {
                Some(rule) => rules.push(rule),
                None => return (rules, Some(tokens.line())),
            },
            // `name = "x"`, and stanzas that are not Vault's.
            Some(Token::Word(_) | Token::Text(_) | Token::Mark(b'=')) => {}
            Some(Token::Mark(b'{' | b'[')) => {
                if skip_nested(&mut tokens).is_none() {
                    return (rules, Some(tokens.line()));
                }
            }
            Some(Token::Mark(_)) => return (rules, Some(tokens.line())),
        }
    }
}

/// What stands behind `path`: a name and a body.
fn stanza(tokens: &mut Tokens<'_>) -> Option<Rule> {
    let Some(Token::Text(path)) = tokens.next() else {
        return None;
    };
    let mut capabilities = Vec::new();
    match tokens.next()? {
        Token::Mark(b'{') => {}
        // `path "x" = { … }` is as good.
        Token::Mark(b'=') if tokens.next()? == Token::Mark(b'{') => {}
        Token::Mark(_) | Token::Word(_) | Token::Text(_) => return None,
    }
    loop {
        match tokens.next()? {
            Token::Mark(b'}') => return Some(Rule { path, capabilities }),
            Token::Word(name @ ("capabilities" | "policy")) => {
                let is_old = name == "policy";
                if tokens.next()? != Token::Mark(b'=') {
                    return None;
                }
                match tokens.next()? {
                    Token::Text(word) if is_old => capabilities.extend(old_word(word)),
                    Token::Text(word) => capabilities.push(word),
                    Token::Mark(b'[') => loop {
                        match tokens.next()? {
                            Token::Text(word) => capabilities.push(word),
                            Token::Mark(b',') => {}
                            Token::Mark(b']') => break,
                            Token::Mark(_) | Token::Word(_) => return None,
                        }
                    },
                    Token::Mark(_) | Token::Word(_) => return None,
                }
            }
            Token::Mark(b'{' | b'[') => skip_nested(tokens)?,
            Token::Mark(b'=' | b',') | Token::Word(_) | Token::Text(_) => {}
            Token::Mark(_) => return None,
        }
    }
}

/// Moves past what a `{` or `[` opened.
fn skip_nested(tokens: &mut Tokens<'_>) -> Option<()> {
    let mut depth = 1u32;
    while depth > 0 {
        match tokens.next()? {
            Token::Mark(b'{' | b'[') => depth += 1,
            Token::Mark(b'}' | b']') => depth -= 1,
            Token::Mark(_) | Token::Word(_) | Token::Text(_) => {}
        }
    }
    Some(())
}

/// The capabilities that one word of Vault 0.5 stands for.
fn old_word(word: String) -> Vec<String> {
    let words: &[&str] = match word.as_str() {
        "read" => &["read", "list"],
        "write" => &["create", "read", "update", "delete", "list"],
        "sudo" => &["create", "read", "update", "delete", "list", "sudo"],
        other => return vec![other.to_owned()],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[derive(PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Text(String),
    Mark(u8),
}

struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    fn line(&self) -> u32 {
        let before = &self.text.as_bytes()[..self.at.min(self.text.len())];
        1 + memchr::memchr_iter(b'\n', before).count() as u32
    }

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.text.get(self.at..)?;
            let first = rest.chars().next()?;
            match first {
                _ if first.is_whitespace() || first == '\u{FEFF}' => self.at += first.len_utf8(),
                '#' => self.skip_to(rest, "\n"),
                '/' if rest.starts_with("//") => self.skip_to(rest, "\n"),
                '/' if rest.starts_with("/*") => self.skip_to(rest, "*/"),
                '"' => return self.text(rest),
                _ if first.is_alphanumeric() || first == '_' || first == '-' => {
                    let end = rest
                        .find(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)))
                        .unwrap_or(rest.len());
                    self.at += end;
                    return Some(Token::Word(&rest[..end]));
                }
                _ => {
                    self.at += first.len_utf8();
                    return Some(Token::Mark(u8::try_from(first).unwrap_or(b'?')));
                }
            }
        }
    }

    fn skip_to(&mut self, rest: &str, end: &str) {
        self.at += rest.find(end).map_or(rest.len(), |at| at + end.len());
    }

    /// A string in double quotes; `None` when nothing closes it.
    fn text(&mut self, rest: &str) -> Option<Token<'a>> {
        let mut text = String::new();
        let mut characters = rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += at + 1;
                    return Some(Token::Text(text));
                }
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                other => text.push(other),
            }
        }
        self.at = self.text.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> (Vec<String>, Option<u32>) {
        let (rules, broken_at) = rules(text);
        let shown = rules
            .iter()
            .map(|rule| format!("{}: {}", rule.path, rule.capabilities.join(" ")));
        (shown.collect(), broken_at)
    }

    #[test]
    fn every_form_is_read() {
        let hcl = "# x\nname = \"shop\"\npath \"secret/data/*\" {\n  capabilities = [\"read\", \"list\"]\n  allowed_parameters = { \"a\" = [\"}\"] }\n}\n/* y */ path \"a\\\"b\" { policy = \"write\" }\n// z\npath \"+\" { capabilities = \"deny\" }\n";
        let expected = [
            "secret/data/*: read list",
            "a\"b: create read update delete list",
            "+: deny",
        ];
        assert_eq!(check(hcl), (expected.map(str::to_owned).to_vec(), None));
        let json = r#"{"path": {"*": {"capabilities": ["sudo"]}, "x": {"policy": "read"}}}"#;
        assert_eq!(check(json).0, ["*: sudo", "x: read list"]);
        assert_eq!(check(""), (vec![], None));
    }

    #[test]
    fn what_stood_before_the_break_is_kept() {
        let good = "path \"a\" { capabilities = [\"read\"] }\n";
        for bad in [
            "path {",
            "path \"b\" {",
            "path \"b\" { capabilities = [",
            "}",
            "path \"b",
            "{ {",
        ] {
            let (rules, broken_at) = check(&format!("{good}{bad}"));
            assert_eq!((rules.len(), broken_at), (1, Some(2)), "{bad}");
        }
        assert_eq!(check("{\"path\": 1}"), (vec![], Some(1)));
    }
}
