//! AWS policy documents, in every form in which exports carry them.
//!
//! The CLI writes an object, some tools write its JSON as text, the API and most SDKs percent-encode that text.
//! Inside, every list may be one bare element, and condition values may be booleans and numbers.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use percent_encoding::percent_decode_str;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::one_or_many::OneOrMany;
use crate::diagnostic::Diagnostic;
use crate::model::access_policy::{AwsCondition, AwsStatement, Effect, Matched};
use crate::model::strings::{Strings, Sym};

/// A policy document as an export writes it.
pub type Document<'a> = Object<'a, Policy<'a>>;

/// What must be an object, read without failing when it is something else.
///
/// A row must not be lost because one policy in it is odd: PowerShell writes `System.Object[]` where it stops.
#[derive(Clone, Debug)]
pub enum Object<'a, T> {
    Is(T),
    Text(Cow<'a, str>),
    /// Something else, in words.
    Not(&'static str),
}

/// A policy document in AWS's words.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy<'a> {
    #[serde(borrow, default)]
    version: Texts<'a>,
    #[serde(borrow, default)]
    pub statement: OneOrMany<Object<'a, Statement<'a>>>,
}

/// One statement in AWS's words.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement<'a> {
    #[serde(borrow, default)]
    pub effect: Texts<'a>,
    #[serde(borrow, default)]
    pub action: Option<Texts<'a>>,
    #[serde(borrow, default)]
    pub not_action: Option<Texts<'a>>,
    #[serde(borrow, default)]
    pub resource: Option<Texts<'a>>,
    #[serde(borrow, default)]
    pub not_resource: Option<Texts<'a>>,
    #[serde(borrow, default)]
    pub principal: Option<Object<'a, Members<'a, Texts<'a>>>>,
    #[serde(borrow, default)]
    pub not_principal: Option<Object<'a, Members<'a, Texts<'a>>>>,
    #[serde(borrow, default)]
    pub condition: Option<Object<'a, Members<'a, Object<'a, Members<'a, Texts<'a>>>>>>,
}

/// One text or many; numbers and booleans as their text.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub struct Texts<'a>(#[serde(borrow)] OneOrMany<Element<'a>>);

#[derive(Clone, Debug)]
enum Element<'a> {
    Text(Cow<'a, str>),
    /// `null`, or PowerShell's `{}` for an empty list.
    Nothing,
    /// An object, or a list in the list.
    Nested,
}

/// The members of an object, in the order of the file.
#[derive(Clone, Debug)]
pub struct Members<'a, V>(pub Vec<(Cow<'a, str>, V)>);

/// Why a document was left out: the member at fault, what stands there and what should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// From the document on: `.Statement[0].Effect`.
    pub member: String,
    pub found: String,
    pub expected: &'static str,
}

impl Flaw {
    /// The flaw as a diagnostic; `place` is where the document stands.
    pub fn diagnostic(self, place: &str) -> Diagnostic {
        Diagnostic::error(
            format!("{place}{}", self.member),
            self.found,
            self.expected,
            "this policy was left out, the rest of the row was read; export it again as the vendor's tool writes it",
        )
    }
}

/// Reads a document in whichever form it has and hands it to `then`.
pub fn open<R>(document: &Document<'_>, then: impl FnOnce(&Policy<'_>) -> Result<R, Flaw>) -> Result<R, Flaw> {
    const EXPECTED: &str = "a policy document: an object, its JSON as text, or that percent-encoded";
    let flaw = |found: String| Flaw {
        member: String::new(),
        found,
        expected: EXPECTED,
    };
    match document {
        Object::Is(policy) => then(policy),
        Object::Not(found) => Err(flaw((*found).to_owned())),
        Object::Text(text) => {
            let json = decode(text).ok_or_else(|| flaw("text that is neither JSON nor percent-encoded JSON".into()))?;
            match serde_json::from_str::<Policy<'_>>(&json) {
                Ok(policy) => then(&policy),
                Err(error) => Err(flaw(format!(
                    "text that breaks off being JSON at line {}, column {}",
                    error.line(),
                    error.column()
                ))),
            }
        }
    }
}

/// The JSON inside a text; `None` when there is none.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    let trimmed = text.trim();
    if trimmed.starts_with('{') {
        return Some(Cow::Borrowed(trimmed));
    }
    // AWS writes a space as `%20` and a plus as `%2B`; a bare plus is the space of an HTML form's encoding.
    let spaced = trimmed.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    decoded
        .trim_start()
        .starts_with('{')
        .then(|| Cow::Owned(decoded.into_owned()))
}

impl Policy<'_> {
    /// The statements in the model's words. One odd statement spoils the document: without it, what the rest gives
    /// could be more or less than the truth.
    pub fn statements(&self, strings: &mut Strings) -> Result<Vec<AwsStatement>, Flaw> {
        self.raw_statements()?
            .enumerate()
            .map(|(index, statement)| {
                statement
                    .and_then(|statement| statement.typed(self.words(), strings))
                    .map_err(|flaw| Flaw {
                        member: format!(".Statement[{index}]{}", flaw.member),
                        ..flaw
                    })
            })
            .collect()
    }

    /// What `${…}` is in this document.
    pub fn words(&self) -> Words {
        match self.version.iter().next() {
            Some("2012-10-17") => Words::WithVariables,
            _ => Words::Plain,
        }
    }

    fn raw_statements(&self) -> Result<impl Iterator<Item = Result<&Statement<'_>, Flaw>>, Flaw> {
        if self.statement.0.is_empty() {
            return Err(Flaw {
                member: ".Statement".to_owned(),
                found: "nothing".to_owned(),
                expected: "at least one statement",
            });
        }
        Ok(self
            .statement
            .0
            .iter()
            .map(|statement| statement.object("", "a statement")))
    }
}

/// What `${aws:username}` is in a document: since the version of 2012 a variable, before it just text.
#[derive(Clone, Copy)]
pub enum Words {
    Plain,
    WithVariables,
}

impl Words {
    /// The symbol of a text, in the words of 2012, where `${$}` is the sign.
    fn intern(self, text: &str, strings: &mut Strings) -> Sym {
        match self {
            Words::Plain if text.contains("${") => strings.intern(&text.replace("${", "${$}{")),
            Words::Plain | Words::WithVariables => strings.intern(text),
        }
    }
}

impl<T> Object<'_, T> {
    /// The object, or the flaw that it is none.
    pub fn object(&self, member: &str, expected: &'static str) -> Result<&T, Flaw> {
        let found = match self {
            Object::Is(object) => return Ok(object),
            Object::Text(_) => "text",
            Object::Not(found) => found,
        };
        Err(Flaw {
            member: member.to_owned(),
            found: found.to_owned(),
            expected,
        })
    }
}

impl Statement<'_> {
    /// Allow or deny.
    pub fn effect(&self) -> Result<Effect, Flaw> {
        match self.effect.iter().next() {
            Some(effect) if effect.eq_ignore_ascii_case("allow") => Ok(Effect::Allow),
            Some(effect) if effect.eq_ignore_ascii_case("deny") => Ok(Effect::Deny),
            other => Err(Flaw {
                member: ".Effect".to_owned(),
                found: other.unwrap_or("nothing").to_owned(),
                expected: "`Allow` or `Deny`",
            }),
        }
    }

    /// Every condition: operator, key and values.
    pub fn conditions(&self) -> Result<Vec<(&str, &str, &Texts<'_>)>, Flaw> {
        let mut all = Vec::new();
        if let Some(condition) = &self.condition {
            for (operator, keys) in &condition.object(".Condition", "an object")?.0 {
                let member = ".Condition";
                for (key, values) in &keys.object(member, "keys and values for each operator")?.0 {
                    all.push((operator.as_ref(), key.as_ref(), values.sound(member)?));
                }
            }
        }
        Ok(all)
    }

    /// The statement in the model's words, without its principals.
    pub fn typed(&self, words: Words, strings: &mut Strings) -> Result<AwsStatement, Flaw> {
        Ok(AwsStatement {
            effect: self.effect()?,
            principals: Vec::new(),
            actions: matched((&self.action, &self.not_action), ".Action", words, strings)?,
            resources: matched((&self.resource, &self.not_resource), ".Resource", words, strings)?,
            conditions: self
                .conditions()?
                .into_iter()
                .map(|(operator, key, values)| AwsCondition {
                    operator: strings.intern(operator),
                    key: strings.intern(key),
                    values: values.symbols(words, strings),
                })
                .collect(),
        })
    }
}

fn matched(
    (any_of, none_of): (&Option<Texts<'_>>, &Option<Texts<'_>>),
    member: &str,
    words: Words,
    strings: &mut Strings,
) -> Result<Matched, Flaw> {
    match (any_of, none_of) {
        (_, Some(none_of)) => Ok(Matched::NoneOf(none_of.sound(member)?.symbols(words, strings))),
        (Some(any_of), None) => Ok(Matched::AnyOf(any_of.sound(member)?.symbols(words, strings))),
        (None, None) => Ok(Matched::default()),
    }
}

impl Texts<'_> {
    /// The texts, or the flaw that something among them has none.
    pub fn sound(&self, member: &str) -> Result<&Self, Flaw> {
        if self.0.0.iter().any(|element| matches!(element, Element::Nested)) {
            return Err(Flaw {
                member: member.to_owned(),
                found: "an object or a list in the list".to_owned(),
                expected: "texts, numbers or booleans",
            });
        }
        Ok(self)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.0.iter().filter_map(|element| match element {
            Element::Text(text) => Some(text.as_ref()),
            Element::Nothing | Element::Nested => None,
        })
    }

    fn symbols(&self, words: Words, strings: &mut Strings) -> Vec<Sym> {
        self.iter().map(|text| words.intern(text, strings)).collect()
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Object<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<'a, T>(PhantomData<Object<'a, T>>);
        impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for Any<'a, T> {
            type Value = Object<'a, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Object::Is)
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Object::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Object::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Object::Not("a list"))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Object::Not("null"))
            }

            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Object::Not("a boolean"))
            }

            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Object::Not("a number"))
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Object::Not("a number"))
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Object::Not("a number"))
            }
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Members<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<'a, V>(PhantomData<Members<'a, V>>);
        impl<'de: 'a, 'a, V: Deserialize<'de>> Visitor<'de> for Any<'a, V> {
            type Value = Members<'a, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Any(PhantomData))
    }
}

/// A text that is borrowed when it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Element<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<'a>(PhantomData<Element<'a>>);
        impl<'de: 'a, 'a> Visitor<'de> for Any<'a> {
            type Value = Element<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number or a boolean")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Element::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Element::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Element::Text(Cow::Borrowed(if value { "true" } else { "false" })))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Element::Text(Cow::Owned(value.to_string())))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Element::Text(Cow::Owned(value.to_string())))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Element::Text(Cow::Owned(value.to_string())))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Element::Nothing)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Element::Nested)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut element = Element::Nothing;
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    element = Element::Nested;
                }
                Ok(element)
            }
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<String, Flaw> {
        let document: Document<'_> = serde_json::from_str(json).unwrap();
        let mut strings = Strings::default();
        let statements = open(&document, |policy| policy.statements(&mut strings))?;
        let texts = |list: &[Sym]| list.iter().map(|sym| strings.get(*sym)).collect::<Vec<_>>().join(" ");
        let matched = |m: &Matched| match m {
            Matched::AnyOf(list) => texts(list),
            Matched::NoneOf(list) => format!("not {}", texts(list)),
        };
        Ok(statements
            .iter()
            .map(|s| {
                let conditions: Vec<_> = s
                    .conditions
                    .iter()
                    .map(|c| {
                        format!(
                            "{} {}={}",
                            strings.get(c.operator),
                            strings.get(c.key),
                            texts(&c.values)
                        )
                    })
                    .collect();
                format!(
                    "{:?} [{}] on [{}] if [{}]",
                    s.effect,
                    matched(&s.actions),
                    matched(&s.resources),
                    conditions.join(", ")
                )
            })
            .collect::<Vec<_>>()
            .join("; "))
    }

    #[test]
    fn every_form_says_the_same() {
        let plain = r#"{"Statement": {"Effect": "Allow", "Action": "s3:Get+*", "Resource": "*"}}"#;
        let said = "Allow [s3:Get+*] on [*] if []";
        assert_eq!(read(plain).unwrap(), said);
        assert_eq!(read(&serde_json::to_string(plain).unwrap()).unwrap(), said);
        let encoded: String =
            percent_encoding::utf8_percent_encode(plain, percent_encoding::NON_ALPHANUMERIC).collect();
        assert_eq!(read(&format!("\"{encoded}\"")).unwrap(), said);
        assert_eq!(read(&format!("\"{}\"", encoded.replace("%20", "+"))).unwrap(), said);
    }

    #[test]
    fn conditions_of_any_scalar_and_negated_lists_are_kept() {
        let text = r#"{"Statement": [{"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "NotResource": "a",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": false}, "NumericLessThan": {"x": [1, -2, 2.5, "3"]}}}]}"#;
        assert_eq!(
            read(text).unwrap(),
            "Deny [not iam:* sts:*] on [not a] if [Bool aws:MultiFactorAuthPresent=false, NumericLessThan x=1 -2 2.5 3]"
        );
    }

    #[test]
    fn what_is_no_policy_is_named() {
        for (text, member, found) in [
            ("7", "", "a number"),
            ("[]", "", "a list"),
            (
                "\"System.Collections.Hashtable\"",
                "",
                "text that is neither JSON nor percent-encoded JSON",
            ),
            (
                "\"{\\\"Statement\\\": [\"",
                "",
                "text that breaks off being JSON at line 1, column 15",
            ),
            ("{}", ".Statement", "nothing"),
            ("{\"Statement\":\"System.Object[]\"}", ".Statement[0]", "text"),
            (
                "{\"Statement\":[{\"Effect\":\"Permit\"}]}",
                ".Statement[0].Effect",
                "Permit",
            ),
            (
                "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[{\"a\":1}]}]}",
                ".Statement[0].Action",
                "an object or a list in the list",
            ),
            (
                "{\"Statement\":[{\"Effect\":\"Allow\",\"Condition\":{\"Bool\":true}}]}",
                ".Statement[0].Condition",
                "a boolean",
            ),
        ] {
            let flaw = read(text).unwrap_err();
            assert_eq!((flaw.member.as_str(), flaw.found.as_str()), (member, found), "{text}");
        }
    }
}
