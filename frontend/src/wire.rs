//! Reads the server's JSON into wire types, with little code.
//!
//! `serde_json` would compile two readers for every struct, one of them for members in any order, and its own parser
//! and number tables: a fifth of the program. Here the browser parses, and every struct takes its members by name, in
//! its own order (`docs/adr/0014-small-program.md`).

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use wasm_bindgen::JsValue;
use web_sys::js_sys::{Array, JSON, Reflect};

/// Reads a wire type. Members that the type does not know are ignored.
///
/// # Errors
/// When the text is no JSON, or a member is absent or of another type; the error says which.
pub fn read<T: DeserializeOwned>(json: &str) -> Result<T, Unreadable> {
    let value = JSON::parse(json).map_err(|_| Unreadable("no JSON".to_owned()))?;
    T::deserialize(Wire(value))
}

/// What of an answer could not be read, and where.
#[derive(Debug)]
pub struct Unreadable(String);

impl Unreadable {
    /// The same error, seen from one level above.
    fn within(self, place: &str) -> Self {
        Unreadable(format!("{place}: {}", self.0))
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

impl de::Error for Unreadable {
    fn custom<T: fmt::Display>(cause: T) -> Self {
        Unreadable(cause.to_string())
    }

    /// Without what was found: the code that prints any value, floating-point numbers too, is large.
    fn invalid_type(_found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Unreadable(format!("expected {expected}"))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        de::Error::invalid_type(found, expected)
    }
}

struct Wire(JsValue);

impl Wire {
    /// A whole number that a JavaScript number holds exactly.
    fn whole(&self) -> Option<f64> {
        const END: f64 = 9_007_199_254_740_992.0;
        self.0
            .as_f64()
            .filter(|number| number.trunc() == *number && number.abs() < END)
    }
}

fn expected<T>(what: &str) -> Result<T, Unreadable> {
    Err(Unreadable(format!("expected {what}")))
}

impl<'de> Deserializer<'de> for Wire {
    type Error = Unreadable;

    /// Wire types say what they expect; nothing asks for anything.
    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Unreadable> {
        expected("a wire type")
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.as_bool() {
            Some(is_true) => visitor.visit_bool(is_true),
            None => expected("a boolean"),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.whole() {
            Some(number) if number >= 0.0 => visitor.visit_u64(number as u64),
            Some(_) | None => expected("a count"),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.whole() {
            Some(number) => visitor.visit_i64(number as i64),
            None => expected("a whole number"),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.as_f64() {
            Some(number) => visitor.visit_f64(number),
            None => expected("a number"),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.as_string() {
            Some(text) => visitor.visit_string(text),
            None => expected("a text"),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.0.is_null() || self.0.is_undefined() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    /// An absent list is an empty one: the server leaves empty ones out.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let list = match self.0 {
            list if Array::is_array(&list) => Array::from(&list),
            absent if absent.is_undefined() => Array::new(),
            _ => return expected("a list"),
        };
        visitor.visit_seq(Items { list, next: 0 })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        if !self.0.is_object() {
            return expected("an object");
        }
        visitor.visit_seq(Members {
            object: self.0,
            names: members.iter(),
        })
    }

    /// Enumerations are their stable words.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match self.0.as_string() {
            Some(word) => {
                let word: StringDeserializer<Unreadable> = word.into_deserializer();
                visitor.visit_enum(word)
            }
            None => expected("a word"),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 u8 u16 f32 char bytes byte_buf unit unit_struct newtype_struct tuple tuple_struct map identifier
        ignored_any
    }
}

/// The items of a list.
struct Items {
    list: Array,
    next: u32,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
        if self.next == self.list.length() {
            return Ok(None);
        }
        let item = self.list.get(self.next);
        self.next += 1;
        seed.deserialize(Wire(item)).map(Some)
    }
}

/// The members of an object, in the order in which its type names them.
struct Members {
    object: JsValue,
    names: std::slice::Iter<'static, &'static str>,
}

impl Members {
    fn next(&mut self) -> Option<(&'static str, JsValue)> {
        let name = *self.names.next()?;
        // Fails only for what is no object.
        let value = Reflect::get(&self.object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED);
        Some((name, value))
    }
}

impl<'de> SeqAccess<'de> for Members {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
        let Some((name, value)) = self.next() else {
            return Ok(None);
        };
        match seed.deserialize(Wire(value)) {
            Ok(read) => Ok(Some(read)),
            Err(cause) => Err(cause.within(name)),
        }
    }
}
