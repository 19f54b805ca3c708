//! Lists that some tools write without the list when there is one element, or as nothing when there is none.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A list that may be written as one bare element (`"Action": "*"`, PowerShell's `ConvertTo-Json`) or as `null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Any<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one element, a list of elements, or null")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(OneOrMany::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(element) = seq.next_element()? {
                    all.push(element);
                }
                Ok(OneOrMany(all))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                T::deserialize(de::value::BorrowedStrDeserializer::new(text)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(de::value::StrDeserializer::new(text)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
                T::deserialize(de::value::BoolDeserializer::new(value)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
                T::deserialize(de::value::U64Deserializer::new(value)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
                T::deserialize(de::value::I64Deserializer::new(value)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
                T::deserialize(de::value::F64Deserializer::new(value)).map(|one| OneOrMany(vec![one]))
            }
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_many_and_none_are_lists() {
        for (text, n) in [("null", 0), ("[]", 0), ("\"a\"", 1), ("[\"a\",\"b\"]", 2)] {
            assert_eq!(
                serde_json::from_str::<OneOrMany<String>>(text).unwrap().0.len(),
                n,
                "{text}"
            );
        }
        let one: OneOrMany<std::collections::BTreeMap<String, u8>> = serde_json::from_str("{\"a\":1}").unwrap();
        assert_eq!(one.0[0]["a"], 1);
    }
}
