//! Walks JSON text without understanding it: where does this value end, what are the keys here?
//!
//! It lets a page be split into rows and a file be recognised without building a tree, and keeps what stands before
//! the point where a truncated file ends. It does not validate: each row is parsed, and so checked, by `serde_json`.

use memchr::{memchr, memchr2};

/// A position in JSON text.
#[derive(Clone, Copy)]
pub struct Scan<'a> {
    text: &'a str,
    at: usize,
}

/// The text ended, or was no JSON, at this byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    pub at: usize,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The text ends inside a value.
    Ends,
    /// Something stands here that no JSON value starts with.
    NotJson,
    /// Whoever walks has seen enough rows.
    TooManyRows,
}

/// What kind of value starts at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Object,
    Array,
    Text,
    Other,
}

impl<'a> Scan<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The current byte offset.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The text from here on.
    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The position this many bytes on, which must be a place that a value ends at.
    pub fn moved_by(self, n_bytes: usize) -> Self {
        Self {
            at: self.at + n_bytes,
            ..self
        }
    }

    /// Moves past white space; false at the end of the text.
    pub fn skip_space(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.at) {
            self.at += 1;
        }
        self.at < bytes.len()
    }

    /// What starts here, after white space.
    pub fn start(&mut self) -> Result<Start, Broken> {
        self.skip_space();
        match self.text.as_bytes().get(self.at) {
            None => Err(self.broken(Why::Ends)),
            Some(b'{') => Ok(Start::Object),
            Some(b'[') => Ok(Start::Array),
            Some(b'"') => Ok(Start::Text),
            Some(b'0'..=b'9' | b'-' | b't' | b'f' | b'n') => Ok(Start::Other),
            Some(_) => Err(self.broken(Why::NotJson)),
        }
    }

    /// Moves past one value and returns its text.
    pub fn value(&mut self) -> Result<&'a str, Broken> {
        let kind = self.start()?;
        let start = self.at;
        match kind {
            Start::Object | Start::Array => self.skip_nested()?,
            Start::Text => self.skip_text()?,
            Start::Other => {
                let bytes = &self.text.as_bytes()[start..];
                let n = bytes
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
                    .count();
                self.at += n;
            }
        }
        Ok(&self.text[start..self.at])
    }

    /// Calls `each` at every member of the object that starts here, with its key as written (escapes kept).
    /// `each` must move past the value.
    pub fn object(&mut self, mut each: impl FnMut(&mut Self, &'a str) -> Result<(), Broken>) -> Result<(), Broken> {
        self.at += 1;
        if self.closes(b'}')? {
            return Ok(());
        }
        loop {
            self.skip_space();
            let start = self.at;
            self.skip_text()?;
            let key = &self.text[start + 1..self.at - 1];
            self.skip_space();
            self.expect(b':')?;
            each(self, key)?;
            if !self.continues(b'}')? {
                return Ok(());
            }
        }
    }

    /// Calls `each` at every element of the array that starts here. `each` must move past the value.
    pub fn array(&mut self, mut each: impl FnMut(&mut Self, usize) -> Result<(), Broken>) -> Result<(), Broken> {
        self.at += 1;
        if self.closes(b']')? {
            return Ok(());
        }
        for index in 0.. {
            each(self, index)?;
            if !self.continues(b']')? {
                break;
            }
        }
        Ok(())
    }

    /// Moves to the start of the next line that could begin a value; false when there is none.
    pub fn skip_to_next_line(&mut self) -> bool {
        while let Some(n) = memchr(b'\n', &self.text.as_bytes()[self.at..]) {
            self.at += n + 1;
            if let Some(b'{' | b'[') = self.text.as_bytes().get(self.at) {
                return true;
            }
        }
        self.at = self.text.len();
        false
    }

    fn skip_text(&mut self) -> Result<(), Broken> {
        let bytes = self.text.as_bytes();
        self.expect(b'"')?;
        loop {
            match memchr2(b'"', b'\\', &bytes[self.at..]) {
                None => {
                    self.at = bytes.len();
                    return Err(self.broken(Why::Ends));
                }
                Some(n) if bytes[self.at + n] == b'"' => {
                    self.at += n + 1;
                    return Ok(());
                }
                Some(n) => {
                    self.at += n + 2;
                    if self.at > bytes.len() {
                        self.at = bytes.len();
                        return Err(self.broken(Why::Ends));
                    }
                }
            }
        }
    }

    /// Counts brackets, so any depth costs no stack.
    fn skip_nested(&mut self) -> Result<(), Broken> {
        let bytes = self.text.as_bytes();
        let mut depth = 0usize;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.skip_text()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
        Err(self.broken(Why::Ends))
    }

    fn closes(&mut self, bracket: u8) -> Result<bool, Broken> {
        if !self.skip_space() {
            return Err(self.broken(Why::Ends));
        }
        let closes = self.text.as_bytes()[self.at] == bracket;
        self.at += usize::from(closes);
        Ok(closes)
    }

    fn continues(&mut self, bracket: u8) -> Result<bool, Broken> {
        if self.closes(bracket)? {
            return Ok(false);
        }
        self.expect(b',')?;
        Ok(true)
    }

    fn expect(&mut self, byte: u8) -> Result<(), Broken> {
        match self.text.as_bytes().get(self.at) {
            Some(found) if *found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.broken(Why::NotJson)),
            None => Err(self.broken(Why::Ends)),
        }
    }

    fn broken(&self, why: Why) -> Broken {
        Broken { at: self.at, why }
    }
}
