//! Interned text: every distinct string is stored once and named by a four-byte symbol.

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::num::NonZeroU32;
use std::sync::OnceLock;

use bitcode::{Decode, Encode};
use hashbrown::{DefaultHashBuilder, HashTable};
use sha2::{Digest, Sha256};

/// The longest text that is kept whole, in bytes: the longest that a platform allows for a name or a note has a few
/// thousand. Of a longer one, which would stand in every answer that names it, the beginning is kept.
const MAX_TEXT_BYTES: usize = 16 << 10;
/// How much of a longer text is kept.
const KEPT_BYTES: usize = 1 << 10;

/// The strings of one batch or snapshot.
///
/// A [`Sym`] is meaningful only together with the table that made it; [`Strings::adopt`] carries symbols over.
#[derive(Clone, Default)]
pub struct Strings {
    text: String,
    /// `ends[i]` is where string `i` ends in `text`; it starts where the one before it ends.
    ends: Vec<usize>,
    /// Made when it is first needed: in a table that comes from the cache, mostly nothing is looked up by its text.
    by_text: OnceLock<HashTable<Entry>>,
    hasher: DefaultHashBuilder,
}

/// A string in the table. With its hash beside it, the table grows, and passes over strings that are others, without
/// looking at text that lies elsewhere in memory.
#[derive(Clone, Copy)]
struct Entry {
    hash: u32,
    index: u32,
}

/// One interned string: an index into its [`Strings`], four bytes also when optional.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Sym(NonZeroU32);

impl Strings {
    /// The symbol of `text`, which is stored when it was not known yet. A text of more than [`MAX_TEXT_BYTES`] is cut,
    /// and ends with what tells it from others that begin alike.
    pub fn intern(&mut self, text: &str) -> Sym {
        let text = &*fitting(text);
        let hash = self.hash(text);
        self.by_text();
        let Self {
            text: all,
            ends,
            by_text,
            ..
        } = self;
        let Some(by_text) = by_text.get_mut() else {
            unreachable!("it was just made");
        };
        let entry = by_text.entry(
            spread(hash),
            |entry| entry.hash == hash && slice(all, ends, entry.index) == text,
            |entry| spread(entry.hash),
        );
        let entry = entry.or_insert_with(|| {
            all.push_str(text);
            ends.push(all.len());
            let index = ends.len() as u32 - 1;
            Entry { hash, index }
        });
        Sym::at(entry.get().index)
    }

    /// The symbol of `text` if it is known.
    pub fn find(&self, text: &str) -> Option<Sym> {
        let text = &*fitting(text);
        let hash = self.hash(text);
        let is_text = |entry: &Entry| entry.hash == hash && slice(&self.text, &self.ends, entry.index) == text;
        self.by_text()
            .find(spread(hash), is_text)
            .map(|entry| Sym::at(entry.index))
    }

    /// All texts as one.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The length of each text, in bytes.
    pub fn lengths(&self) -> Vec<u32> {
        self.iter().map(|(_, text)| text.len() as u32).collect()
    }

    /// The table with this [`Strings::text`] and these [`Strings::lengths`]; `None` when they do not fit together.
    pub fn from_parts(text: String, lengths: &[u32]) -> Option<Strings> {
        let mut ends = Vec::with_capacity(lengths.len());
        let mut end = 0;
        for length in lengths {
            end += *length as usize;
            if !text.is_char_boundary(end) {
                return None;
            }
            ends.push(end);
        }
        (end == text.len()).then(|| Strings {
            text,
            ends,
            ..Strings::default()
        })
    }

    fn by_text(&self) -> &HashTable<Entry> {
        self.by_text.get_or_init(|| {
            let mut by_text = HashTable::with_capacity(self.ends.len());
            for index in 0..self.ends.len() as u32 {
                let hash = self.hash(slice(&self.text, &self.ends, index));
                by_text.insert_unique(spread(hash), Entry { hash, index }, |entry| spread(entry.hash));
            }
            by_text
        })
    }

    fn hash(&self, text: &str) -> u32 {
        self.hasher.hash_one(text) as u32
    }

    /// The text of a symbol of this table.
    pub fn get(&self, sym: Sym) -> &str {
        slice(&self.text, &self.ends, sym.index() as u32)
    }

    /// The text of an optional symbol, `""` for none.
    pub fn get_or_empty(&self, sym: Option<Sym>) -> &str {
        sym.map_or("", |sym| self.get(sym))
    }

    /// How many distinct strings there are.
    pub fn n_strings(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of text stored.
    pub fn n_bytes(&self) -> usize {
        self.text.len()
    }

    /// Every string with its symbol, in the order in which they were first seen.
    pub fn iter(&self) -> impl Iterator<Item = (Sym, &str)> {
        (0..self.ends.len() as u32).map(|i| (Sym::at(i), slice(&self.text, &self.ends, i)))
    }

    /// Interns all strings of `other`; entry `i` of the result is what symbol `i` of `other` is called here.
    pub fn adopt(&mut self, other: &Strings) -> Adopted {
        Adopted::Renamed(other.iter().map(|(_, text)| self.intern(text)).collect())
    }
}

/// How the symbols of one table are called in another. See [`Strings::adopt`].
pub enum Adopted {
    /// The other table became this one.
    Unchanged,
    Renamed(Vec<Sym>),
}

impl Adopted {
    /// The symbol here of a symbol there.
    pub fn sym(&self, there: Sym) -> Sym {
        match self {
            Adopted::Unchanged => there,
            Adopted::Renamed(names) => names[there.index()],
        }
    }
}

impl Sym {
    fn at(index: u32) -> Sym {
        Sym(NonZeroU32::MIN.saturating_add(index))
    }

    /// The dense index of this symbol, from 0.
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl std::fmt::Debug for Strings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Strings({} strings, {} bytes)", self.n_strings(), self.n_bytes())
    }
}

fn fitting(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_TEXT_BYTES {
        return Cow::Borrowed(text);
    }
    let start = &text[..text.floor_char_boundary(KEPT_BYTES)];
    let digest: String = Sha256::digest(text)[..8].iter().map(|b| format!("{b:02x}")).collect();
    Cow::Owned(format!("{start}… ({} bytes, {digest})", text.len()))
}

/// The 64 bits that the table wants, whose highest and lowest must differ between hashes: Fibonacci hashing.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn slice<'a>(text: &'a str, ends: &[usize], index: u32) -> &'a str {
    let index = index as usize;
    let start = if index == 0 { 0 } else { ends[index - 1] };
    &text[start..ends[index]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_has_one_symbol() {
        let mut strings = Strings::default();
        let (a, b) = (strings.intern("a"), strings.intern("b"));
        assert_eq!(strings.intern("a"), a);
        assert_ne!(a, b);
        assert_eq!((strings.get(a), strings.get(b)), ("a", "b"));
        assert_eq!(strings.find("c"), None);
    }

    #[test]
    fn a_text_of_megabytes_is_cut_and_stays_itself() {
        let mut strings = Strings::default();
        let long = "ä".repeat(5 << 20);
        let (a, b) = (strings.intern(&long), strings.intern(&format!("{long}x")));
        assert_ne!(a, b);
        assert_eq!(strings.find(&long), Some(a));
        assert!(
            strings.get(a).ends_with("ä… (10485760 bytes, ef95ac50c3372392)"),
            "{}",
            strings.get(a)
        );
        assert!(strings.n_bytes() < MAX_TEXT_BYTES);
    }

    #[test]
    fn adopted_symbols_keep_their_text() {
        let mut here = Strings::default();
        here.intern("x");
        let mut there = Strings::default();
        let y = there.intern("y");
        let x = there.intern("x");
        let adopted = here.adopt(&there);
        assert_eq!(here.get(adopted.sym(y)), "y");
        assert_eq!(here.get(adopted.sym(x)), "x");
        assert_eq!(here.n_strings(), 2);
    }

    #[test]
    fn a_table_from_its_parts_is_the_same() {
        let mut strings = Strings::default();
        let (a, empty) = (strings.intern("ä"), strings.intern(""));
        let mut again = Strings::from_parts(strings.text().to_owned(), &strings.lengths()).unwrap();
        assert_eq!(
            (again.get(a), again.find(""), again.find("b")),
            ("ä", Some(empty), None)
        );
        assert_eq!(again.intern("ä"), a);
        assert_eq!(again.intern("b"), strings.intern("b"));
        for lengths in [&[2][..], &[1, 2], &[3, 1], &[u32::MAX, 2]] {
            assert!(Strings::from_parts("äb".to_owned(), lengths).is_none(), "{lengths:?}");
        }
    }

    #[test]
    fn an_optional_symbol_takes_four_bytes() {
        assert_eq!(size_of::<Option<Sym>>(), 4);
    }
}
