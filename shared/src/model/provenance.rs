//! Where a fact comes from.

use super::strings::{Strings, Sym};
use bitcode::{Decode, Encode};

/// A place in one file. The file itself is known to whoever holds the fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Place {
    /// A line of a text file, from 1.
    Line(u32),
    /// An element of a list: `RoleDetailList[17]`. An empty list name is the top-level array.
    Item { list: Sym, index: u32 },
    /// A path written out: `data["tls.crt"] certificate 2`.
    Path(Sym),
    /// The file as a whole.
    WholeFile,
}

impl Place {
    /// The place as people read it.
    pub fn to_text(self, strings: &Strings) -> String {
        match self {
            Place::Line(line) => format!("line {line}"),
            Place::Item { list, index } => format!("{}[{index}]", strings.get(list)),
            Place::Path(path) => strings.get(path).to_owned(),
            Place::WholeFile => "whole file".to_owned(),
        }
    }
}
