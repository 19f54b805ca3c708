//! Reads the server's JSON into wire types, with little code.
//!
//! `serde_json` would compile two readers for every struct, one of them for members in any order, and its own parser
//! and number tables. Here the browser parses, every struct takes its members by name, in its own order, and what does
//! not fit is noted once and stood in for: as no value can fail, no code for failing is compiled into every member
//! (`docs/adr/0015-small-program.md`).

use std::cell::RefCell;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use shared::model::instant::Instant;
use wasm_bindgen::JsValue;
use web_sys::js_sys::{Array, JSON, Reflect};

/// Reads a wire type. Members that the type does not know are ignored.
///
/// # Errors
/// When the text is no JSON, or a member is absent or of another type; the error says which.
pub fn read<T: DeserializeOwned>(json: &str) -> Result<T, Unreadable> {
    let value = JSON::parse(json).map_err(|_| Unreadable("no JSON".to_owned()))?;
    let notes = Notes::default();
    let read = match T::deserialize(Wire { value, notes: &notes }) {
        Ok(read) => read,
        Err(never) => match never {},
    };
    match notes.first.into_inner() {
        None => Ok(read),
        Some(first) => Err(Unreadable(first)),
    }
}

/// What of an answer could not be read, and where.
#[derive(Debug)]
pub struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The error of a reader that always has a value to give.
#[derive(Debug)]
enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

impl de::Error for Never {
    /// Wire types refuse nothing that is not checked before: words by their list, instants, the range of numbers.
    fn custom<T: fmt::Display>(_: T) -> Self {
        unreachable!("a wire type refused what its reader gave it")
    }
}

/// What did not fit so far.
#[derive(Default)]
struct Notes {
    first: RefCell<Option<String>>,
    /// The members that are being read, outermost first.
    place: RefCell<Vec<&'static str>>,
}

impl Notes {
    fn expected(&self, what: &str) {
        let mut first = self.first.borrow_mut();
        if first.is_none() {
            *first = Some(format!("{}: expected {what}", self.place.borrow().join(".")));
        }
    }
}

struct Wire<'a> {
    value: JsValue,
    notes: &'a Notes,
}

impl Wire<'_> {
    /// A whole number that a JavaScript number holds exactly.
    fn whole(&self, least: f64, end: f64) -> f64 {
        match self.value.as_f64() {
            Some(number) if number.trunc() == number && number >= least && number < end => number,
            Some(_) | None => {
                self.notes.expected("a whole number");
                0.0
            }
        }
    }

    fn text(&self) -> String {
        self.value.as_string().unwrap_or_else(|| {
            self.notes.expected("a text");
            String::new()
        })
    }

    /// An absent list is an empty one: the server leaves empty ones out.
    fn list(&self) -> Array {
        if Array::is_array(&self.value) {
            return Array::from(&self.value);
        }
        if !self.value.is_undefined() {
            self.notes.expected("a list");
        }
        Array::new()
    }
}

/// The end of the whole numbers that a JavaScript number holds exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;
const EPOCH: &str = "1970-01-01T00:00:00Z";

impl<'de> Deserializer<'de> for Wire<'_> {
    type Error = Never;

    /// Wire types say what they expect; nothing asks for anything.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        self.notes.expected("a wire type");
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_bool(self.value.as_bool().unwrap_or_else(|| {
            self.notes.expected("a boolean");
            false
        }))
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_u64(self.whole(0.0, EXACT) as u64)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_u32(self.whole(0.0, f64::from(u32::MAX)) as u32)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_i64(self.whole(-EXACT, EXACT) as i64)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_f64(self.value.as_f64().unwrap_or_else(|| {
            self.notes.expected("a number");
            0.0
        }))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_string(self.text())
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        if self.value.is_null() || self.value.is_undefined() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_seq(Items {
            list: self.list(),
            next: 0,
            notes: self.notes,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Never> {
        if !self.value.is_object() {
            self.notes.expected("an object");
        }
        visitor.visit_seq(Members {
            object: self.value,
            names: members,
            next: 0,
            notes: self.notes,
        })
    }

    /// The only one of these is [`Instant`].
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Never> {
        let text = self.text();
        if Instant::from_text(&text).is_none() {
            self.notes.expected("an instant");
            return visitor.visit_str(EPOCH);
        }
        visitor.visit_str(&text)
    }

    /// Enumerations are their stable words.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Never> {
        let found = self.text();
        let known = words.iter().find(|word| **word == found).unwrap_or_else(|| {
            self.notes.expected("another word");
            &words[0]
        });
        let word: StrDeserializer<'_, Never> = (*known).into_deserializer();
        visitor.visit_enum(word)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 u8 u16 f32 char bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

/// The items of a list.
struct Items<'a> {
    list: Array,
    next: u32,
    notes: &'a Notes,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Never;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Never> {
        if self.next == self.list.length() {
            return Ok(None);
        }
        let value = self.list.get(self.next);
        self.next += 1;
        seed.deserialize(Wire {
            value,
            notes: self.notes,
        })
        .map(Some)
    }
}

/// The members of an object, in the order in which its type names them. They are asked for exactly once each.
struct Members<'a> {
    object: JsValue,
    names: &'static [&'static str],
    next: usize,
    notes: &'a Notes,
}

impl<'a> Members<'a> {
    fn begin(&mut self) -> Wire<'a> {
        let name = self.names[self.next];
        self.next += 1;
        self.notes.place.borrow_mut().push(name);
        Wire {
            // Fails only for what is no object, which is noted.
            value: Reflect::get(&self.object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED),
            notes: self.notes,
        }
    }

    fn end(&self) {
        self.notes.place.borrow_mut().pop();
    }
}

impl<'de> SeqAccess<'de> for Members<'_> {
    type Error = Never;

    // Inlined, the compiler sees that there is always a member.
    #[inline(always)]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Never> {
        let wire = self.begin();
        let read = seed.deserialize(wire);
        self.end();
        read.map(Some)
    }
}
