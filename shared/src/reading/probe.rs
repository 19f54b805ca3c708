//! The first look at a file: what format is it, and what stands where?

use std::collections::BTreeMap;

use memchr::memmem;

use super::scan::{Broken, Scan, Start};
use super::table;

/// What a connector's signature is matched against.
pub struct Probe<'a> {
    pub format: Format,
    pub bytes: &'a [u8],
    /// The text, already decoded; YAML is given as JSON.
    pub text: &'a str,
    shape: BTreeMap<String, String>,
    columns: Vec<String>,
}

/// The syntax of a file, told by its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    Empty,
    Json,
    Yaml,
    Table,
    Xml,
    /// Text with at least one PEM block.
    Pem,
    /// A DER SEQUENCE: a certificate, PKCS#7 or PKCS#12.
    Der,
    JavaKeyStore,
    Text,
    Binary,
}

impl Format {
    /// The format's name as people read it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Empty => "an empty file",
            Format::Json => "JSON",
            Format::Yaml => "YAML",
            Format::Table => "a table (CSV)",
            Format::Xml => "XML",
            Format::Pem => "PEM",
            Format::Der => "DER",
            Format::JavaKeyStore => "a Java key store",
            Format::Text => "text",
            Format::Binary => "binary data",
        }
    }

    /// The format of a file, whose bytes decode to `text`.
    pub fn of(bytes: &[u8], text: &str) -> Format {
        match bytes {
            [0xFE, 0xED, 0xFE, 0xED, ..] | [0xCE, 0xCE, 0xCE, 0xCE, ..] => return Format::JavaKeyStore,
            // BouncyCastle's: a version, then a salt of 20 bytes.
            [0, 0, 0, 1 | 2, 0, 0, 0, 20, ..] => return Format::JavaKeyStore,
            // A DER SEQUENCE whose length fits the file (or says "indefinite", as some PKCS#12 writers do).
            [0x30, 0x80..=0x84, ..] => return Format::Der,
            _ => {}
        }
        let trimmed = text.trim_start();
        match trimmed.as_bytes() {
            [] if is_binary(bytes) => Format::Binary,
            [] => Format::Empty,
            _ if memmem::find(text.as_bytes(), b"-----BEGIN ").is_some() => match trimmed.as_bytes()[0] {
                b'{' | b'[' if Scan::new(trimmed).value().is_ok() => Format::Json,
                b'<' if trimmed.starts_with("<?xml") => Format::Xml,
                _ if has_pem_line(trimmed) => Format::Pem,
                // What YAML, a line of JSON, a cell or an element quotes does not begin a line.
                b'<' => Format::Xml,
                _ if is_log_before_json(trimmed) => Format::Json,
                _ if looks_like_yaml(trimmed) => Format::Yaml,
                _ if table::header_of(text).is_some() => Format::Table,
                _ => Format::Pem,
            },
            _ if begins_with_section(trimmed) => Format::Text,
            [b'{' | b'[', ..] => Format::Json,
            // What some tools write for a list of nothing.
            b"null" | b"null\n" | b"null\r\n" => Format::Json,
            [b'<', ..] => Format::Xml,
            _ if is_binary(bytes) => Format::Binary,
            _ if is_log_before_json(trimmed) => Format::Json,
            _ if looks_like_yaml(trimmed) => Format::Yaml,
            _ if table::header_of(text).is_some() => Format::Table,
            _ => Format::Text,
        }
    }
}

/// How much of a JSON file the first look reads. Sorted keys put `kind` behind `items`, but rows tell enough.
const QUICK_LOOK_BYTES: usize = 256 << 10;
/// How deep a look goes.
const LOOK_DEPTH: usize = 5;
/// How many elements of each list a look visits; empty ones tell nothing and are not counted.
const QUICK_LOOK_ELEMENTS: usize = 4;
const THOROUGH_LOOK_ELEMENTS: usize = 256;
/// How many paths a look remembers. Exports have some hundreds; a map with a key for each of its rows has millions.
const MAX_PATHS: usize = 10_000;
/// Longer values than this are remembered as present, not by their text.
const MAX_REMEMBERED: usize = 300;

impl<'a> Probe<'a> {
    /// Looks at the beginning of a file.
    pub fn quick(format: Format, bytes: &'a [u8], text: &'a str) -> Self {
        let mut end = text.len().min(QUICK_LOOK_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self::look(format, bytes, text, &text[..end], QUICK_LOOK_ELEMENTS)
    }

    /// Looks at the whole file: for one whose beginning says too little.
    pub fn thorough(format: Format, bytes: &'a [u8], text: &'a str) -> Self {
        Self::look(format, bytes, text, text, THOROUGH_LOOK_ELEMENTS)
    }

    fn look(format: Format, bytes: &'a [u8], text: &'a str, looked_at: &str, n_elements: usize) -> Self {
        let mut look = Look {
            n_elements,
            shape: BTreeMap::new(),
        };
        let mut columns = Vec::new();
        match format {
            Format::Json | Format::Yaml => {
                let mut scan = Scan::new(looked_at);
                let mut n_seen = 0;
                while n_seen < n_elements && scan.skip_space() {
                    match look.value(&mut scan, "", LOOK_DEPTH) {
                        Ok(tells) => n_seen += usize::from(tells),
                        Err(_) if scan.skip_to_next_line() => n_seen += 1,
                        Err(_) => break,
                    }
                }
            }
            Format::Table => columns = table::header_of(text).unwrap_or_default(),
            Format::Empty
            | Format::Xml
            | Format::Pem
            | Format::Der
            | Format::JavaKeyStore
            | Format::Text
            | Format::Binary => {}
        }
        Self {
            format,
            bytes,
            text,
            shape: look.shape,
            columns,
        }
    }

    /// Whether JSON has something at a path such as `items[].kind`. Arrays at the top leave no trace, so rows have the
    /// same paths whether they come one a line, in an array, or in an array of pages.
    pub fn has(&self, path: &str) -> bool {
        self.shape.contains_key(path)
    }

    /// The first value seen at a path, without quotes; `None` for objects, arrays and long texts.
    pub fn value(&self, path: &str) -> Option<&str> {
        self.shape
            .get(path)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether a table has a column of this name (in lower case).
    pub fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column == name)
    }

    /// The column names of a table, in lower case.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The paths of a JSON file, outermost first, as a reader would describe it.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.shape.keys().map(String::as_str)
    }
}

/// A walk over the beginning of JSON text that remembers which paths it passed.
struct Look {
    n_elements: usize,
    shape: BTreeMap<String, String>,
}

impl Look {
    /// Looks at one value. False when it tells nothing: an empty list or object.
    fn value(&mut self, scan: &mut Scan<'_>, path: &str, depth: usize) -> Result<bool, Broken> {
        let start = scan.start()?;
        if !path.is_empty() {
            self.shape.entry(path.to_owned()).or_default();
        }
        if depth == 0 {
            return scan.value().map(|_| true);
        }
        match start {
            Start::Object => {
                let mut tells = false;
                scan.object(|scan, key| {
                    tells = true;
                    if self.shape.len() >= MAX_PATHS {
                        return scan.value().map(drop);
                    }
                    let inner = match path {
                        "" => key.to_owned(),
                        path => format!("{path}.{key}"),
                    };
                    self.value(scan, &inner, depth - 1).map(drop)
                })?;
                Ok(tells)
            }
            Start::Array => {
                let inner = match path {
                    "" => String::new(),
                    path => format!("{path}[]"),
                };
                let mut n_seen = 0;
                scan.array(|scan, _| {
                    if n_seen == self.n_elements {
                        return scan.value().map(drop);
                    }
                    let tells = self.value(scan, &inner, depth - 1)?;
                    n_seen += usize::from(tells);
                    Ok(())
                })?;
                Ok(n_seen > 0)
            }
            Start::Text | Start::Other => {
                let value = scan.value()?.trim_matches('"');
                if let Some(remembered) = self.shape.get_mut(path)
                    && remembered.is_empty()
                    && value.len() <= MAX_REMEMBERED
                {
                    remembered.push_str(value);
                }
                Ok(true)
            }
        }
    }
}

/// An INI section such as `[web]` or `[all:vars]`, where JSON would have an array.
fn begins_with_section(text: &str) -> bool {
    let Some((name, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) else {
        return false;
    };
    let rest = rest.trim_start_matches([' ', '\t', '\r']);
    let line_ends = rest.is_empty() || rest.starts_with(['\n', '#', ';']);
    line_ends
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !["true", "false", "null"].contains(&name)
        && name.chars().all(|c| c.is_alphanumeric() || "_-.: ".contains(c))
}

/// A tool's words (`WARNING: …`, `Listed 2 items.`) in front of its JSON, as a shell's `2>&1` writes them. A line of
/// YAML never begins with a bracket, unless the document before it was closed.
fn is_log_before_json(text: &str) -> bool {
    text.lines()
        .take(5)
        .take_while(|line| line.trim_end() != "---")
        .map(str::trim_end)
        .any(|line| matches!(line, "{" | "[" | "[]") || line.starts_with("[{") || line.starts_with("{\""))
}

/// A mapping key, a list or a document start on the first line that is no comment.
fn looks_like_yaml(text: &str) -> bool {
    let Some(line) = text
        .lines()
        .find(|line| !line.trim().is_empty() && !line.starts_with('#'))
    else {
        return false;
    };
    let is_plain = |key: &str| key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
    // What YAML has another use for stands in quotes: `'@odata.context': …`.
    let in_quotes = |key: &str| {
        let inner = |quote| key.strip_prefix(quote)?.strip_suffix(quote);
        let inner = inner('\'').or_else(|| inner('"'));
        inner.is_some_and(|key| is_plain(key.trim_start_matches('@')))
    };
    let is_key = |key: &str| !key.is_empty() && (is_plain(key) || in_quotes(key));
    line.trim_end() == "---"
        || line.starts_with("%YAML")
        || line.split_once(':').is_some_and(|(key, rest)| {
            is_key(key.trim_start_matches("- ")) && (rest.is_empty() || rest.starts_with(' ') || rest.starts_with('\r'))
        })
}

/// A PEM block that begins where its line does, or where an indented file does.
fn has_pem_line(text: &str) -> bool {
    text.starts_with("-----BEGIN ") || text.contains("\n-----BEGIN ")
}

/// The fewest bytes of text for each NUL in it.
const MIN_BYTES_PER_NUL: usize = 50;

/// A few NULs are what a crash leaves in a text; a binary format has more.
fn is_binary(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    let is_utf16 = matches!(
        head,
        [0xFF, 0xFE, ..]
            | [0xFE, 0xFF, ..]
            | [0, 0, 0xFE, 0xFF, ..]
            | [1..=255, 0, 1..=255, 0, ..]
            | [0, 1..=255, 0, 1..=255, ..]
    );
    let n_nuls = memchr::memchr_iter(0, head).count();
    !is_utf16 && n_nuls * MIN_BYTES_PER_NUL > head.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_content() {
        for (text, format) in [
            ("", Format::Empty),
            ("  \n", Format::Empty),
            ("{}", Format::Json),
            ("null\n", Format::Json),
            ("level=info\n{\"a\":1}\n", Format::Json),
            ("WARNING: old version\n[\n  {\"a\":1}\n]\n", Format::Json),
            ("---\n{\"a\":1}\n", Format::Yaml),
            ("apiVersion: v1\nkind: List\n", Format::Yaml),
            ("---\n- a\n", Format::Yaml),
            (
                "'@odata.context': https://x/$metadata#applications\nvalue: []\n",
                Format::Yaml,
            ),
            ("\"name\": a\n", Format::Yaml),
            ("\"user\",\"arn: of\"\n\"x\",\"y\"\n", Format::Table),
            ("user,arn\nx,y\n", Format::Table),
            ("<?xml version='1.1'?><a/>", Format::Xml),
            ("subject\n-----BEGIN CERTIFICATE-----\n", Format::Pem),
            (
                "\t-----BEGIN CERTIFICATE-----\n\tMIIB\n\t-----END CERTIFICATE-----\n",
                Format::Pem,
            ),
            ("Certificate:\n    Data:\n-----BEGIN CERTIFICATE-----\n", Format::Pem),
            ("tls.crt: |\n  -----BEGIN CERTIFICATE-----\n", Format::Yaml),
            (
                "RuleID,Match\nkey,\"-----BEGIN RSA PRIVATE KEY-----\nMII\"\n",
                Format::Table,
            ),
            (
                "level=info\n{\"Raw\":\"-----BEGIN RSA PRIVATE KEY-----\"}\n",
                Format::Json,
            ),
            ("<a><key>-----BEGIN RSA PRIVATE KEY-----\nMII</key></a>", Format::Xml),
            ("{\"a\": \"-----BEGIN CERTIFICATE-----\"}", Format::Json),
            ("hello", Format::Text),
            ("\0\0\0\0", Format::Binary),
            ("[web]\nweb01 ansible_user=deploy\n", Format::Text),
            ("[all:vars] # all\na=b\n", Format::Text),
            ("[true]", Format::Json),
            ("[\"a\"]\n", Format::Json),
        ] {
            assert_eq!(Format::of(text.as_bytes(), text), format, "{text}");
        }
        assert_eq!(Format::of(&[0xFE, 0xED, 0xFE, 0xED, 0, 0], ""), Format::JavaKeyStore);
        assert_eq!(Format::of(&[0, 0, 0, 2, 0, 0, 0, 20, 9], ""), Format::JavaKeyStore);
        assert_eq!(Format::of(&[0x30, 0x82, 1, 2], ""), Format::Der);
        assert_eq!(Format::of(&[1, 0, 0, 2], "\u{1}\0\0\u{2}"), Format::Binary);
    }

    #[test]
    fn paths_and_values_are_seen() {
        let text = "[{\"kind\":\"A\",\"m\":{\"n\":1}},{\"kind\":\"B\",\"x\":[{\"z\":3}]}] {\"y\":2}";
        let probe = Probe::quick(Format::Json, text.as_bytes(), text);
        assert_eq!(probe.value("kind"), Some("A"));
        assert_eq!(probe.value("m.n"), Some("1"));
        assert!(probe.has("x[].z") && probe.has("y") && !probe.has("x.z"));
    }

    #[test]
    fn rows_look_the_same_however_they_are_framed() {
        for text in [
            "{\"a\":{\"b\":[1]}}",
            "[{\"a\":{\"b\":[1]}}]",
            "[[{\"a\":{\"b\":[1]}}],[]]",
            "[][][][][][][]\n[{\"a\":{\"b\":[1]}}]",
        ] {
            let probe = Probe::quick(Format::Json, text.as_bytes(), text);
            assert_eq!(probe.paths().collect::<Vec<_>>(), ["a", "a.b", "a.b[]"], "{text}");
        }
    }
}
