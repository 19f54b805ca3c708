//! Flags and numbers, also as tools write them that know only text: `"true"`, `"7"`.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::{self, Unexpected, Visitor};

use super::absent::{is_absent, yes_or_no};

/// For `deserialize_with`: a yes or no as a boolean, a word or a number; `None` where nothing is said.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    struct Any;
    impl Visitor<'_> for Any {
        type Value = Option<bool>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a boolean")
        }

        fn visit_bool<E: de::Error>(self, value: bool) -> Result<Option<bool>, E> {
            Ok(Some(value))
        }

        fn visit_unit<E: de::Error>(self) -> Result<Option<bool>, E> {
            Ok(None)
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Option<bool>, E> {
            match number {
                0 => Ok(Some(false)),
                1 => Ok(Some(true)),
                _ => Err(E::invalid_type(Unexpected::Unsigned(number), &self)),
            }
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<bool>, E> {
            match yes_or_no(text) {
                None if !is_absent(text) => Err(E::invalid_type(Unexpected::Str(text), &self)),
                flag => Ok(flag),
            }
        }
    }
    deserializer.deserialize_any(Any)
}

/// For `deserialize_with`: a whole number, also as text; `None` where nothing is said.
pub fn number<'de, D: Deserializer<'de>, T: Whole>(deserializer: D) -> Result<Option<T>, D::Error> {
    struct Any<T>(PhantomData<T>);
    impl<T: Whole> Visitor<'_> for Any<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(std::any::type_name::<T>())
        }

        fn visit_unit<E: de::Error>(self) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Option<T>, E> {
            let fitting = T::try_from(number);
            fitting
                .map(Some)
                .map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Option<T>, E> {
            let fitting = T::try_from(number);
            fitting
                .map(Some)
                .map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<T>, E> {
            if is_absent(text) {
                return Ok(None);
            }
            let fitting = text.trim().parse();
            fitting
                .map(Some)
                .map_err(|_| E::invalid_type(Unexpected::Str(text), &self))
        }
    }
    deserializer.deserialize_any(Any(PhantomData))
}

/// What [`number`] reads.
pub trait Whole: FromStr + TryFrom<u64> + TryFrom<i64> {}

impl<T: FromStr + TryFrom<u64> + TryFrom<i64>> Whole for T {}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "flag")]
        flag: Option<bool>,
        #[serde(default, deserialize_with = "number")]
        number: Option<u16>,
    }

    #[test]
    fn flags_and_numbers_may_be_texts() {
        for (text, expected) in [
            (r#"{"flag":true,"number":7}"#, Some((Some(true), Some(7)))),
            (r#"{"flag":"False","number":"7"}"#, Some((Some(false), Some(7)))),
            (r#"{"flag":1,"number":" 7 "}"#, Some((Some(true), Some(7)))),
            (r#"{"flag":null,"number":null}"#, Some((None, None))),
            (r#"{"flag":"","number":""}"#, Some((None, None))),
            ("{}", Some((None, None))),
            (r#"{"flag":"maybe"}"#, None),
            (r#"{"flag":7}"#, None),
            (r#"{"number":"many"}"#, None),
            (r#"{"number":-1}"#, None),
            (r#"{"number":70000}"#, None),
            (r#"{"number":1.5}"#, None),
        ] {
            let read = serde_json::from_str::<Row>(text).ok();
            assert_eq!(read.map(|row| (row.flag, row.number)), expected, "{text}");
        }
    }
}
