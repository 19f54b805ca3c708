//! The first look at a file: what format is it, and what stands where?

use std::collections::BTreeMap;

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
            [] => Format::Empty,
            _ if text.contains("-----BEGIN ") => match trimmed.as_bytes()[0] {
                b'{' | b'[' if Scan::new(trimmed).value().is_ok() => Format::Json,
                _ if has_pem_line(text) => Format::Pem,
                // What YAML, a line of JSON, a cell or an element quotes does not begin a line.
                b'<' => Format::Xml,
                _ if looks_like_yaml(trimmed) => Format::Yaml,
                _ if first_line_of_json(trimmed) => Format::Json,
                _ if table::header_of(text).is_some() => Format::Table,
                _ => Format::Pem,
            },
            [b'{' | b'[', ..] => Format::Json,
            [b'<', ..] => Format::Xml,
            _ if is_binary(bytes) => Format::Binary,
            _ if looks_like_yaml(trimmed) => Format::Yaml,
            _ if first_line_of_json(trimmed) => Format::Json,
            _ if table::header_of(text).is_some() => Format::Table,
            _ => Format::Text,
        }
    }
}

/// How much of a JSON file the first look reads. Sorted keys put `kind` behind `items`, but rows tell enough.
const QUICK_LOOK_BYTES: usize = 256 << 10;
/// How deep the first look goes, and how many elements of each list it visits.
const LOOK_DEPTH: usize = 5;
const LOOK_ELEMENTS: usize = 4;
/// Longer values than this are remembered as present, not by their text.
const MAX_REMEMBERED: usize = 300;

impl<'a> Probe<'a> {
    /// Looks at the beginning of a file.
    pub fn quick(format: Format, bytes: &'a [u8], text: &'a str) -> Self {
        let mut end = text.len().min(QUICK_LOOK_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self::look(format, bytes, text, &text[..end])
    }

    /// Looks at the whole file: for one whose beginning says too little.
    pub fn thorough(format: Format, bytes: &'a [u8], text: &'a str) -> Self {
        Self::look(format, bytes, text, text)
    }

    fn look(format: Format, bytes: &'a [u8], text: &'a str, looked_at: &str) -> Self {
        let mut shape = BTreeMap::new();
        let mut columns = Vec::new();
        match format {
            Format::Json | Format::Yaml => {
                let mut scan = Scan::new(looked_at);
                for _ in 0..LOOK_ELEMENTS {
                    if !scan.skip_space()
                        || (look(&mut scan, "", LOOK_DEPTH, &mut shape).is_err() && !scan.skip_to_next_line())
                    {
                        break;
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
            shape,
            columns,
        }
    }

    /// Whether JSON has something at a path such as `items[].kind`, in a document or in those of a top-level array,
    /// whose own path is `[]`.
    pub fn has(&self, path: &str) -> bool {
        self.shape.contains_key(path) || self.shape.contains_key(&format!("[].{path}"))
    }

    /// The first value seen at a path, without quotes; `None` for objects, arrays and long texts.
    pub fn value(&self, path: &str) -> Option<&str> {
        let in_array = || self.shape.get(&format!("[].{path}"));
        self.shape
            .get(path)
            .or_else(in_array)
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

fn look(scan: &mut Scan<'_>, path: &str, depth: usize, shape: &mut BTreeMap<String, String>) -> Result<(), Broken> {
    let start = scan.start()?;
    if !path.is_empty() {
        shape.entry(path.to_owned()).or_default();
    }
    if depth == 0 {
        return scan.value().map(drop);
    }
    match start {
        Start::Object => scan.object(|scan, key| {
            let inner = if path.is_empty() {
                key.to_owned()
            } else {
                format!("{path}.{key}")
            };
            look(scan, &inner, depth - 1, shape)
        }),
        Start::Array => {
            let inner = format!("{path}[]");
            scan.array(|scan, index| match index {
                0..LOOK_ELEMENTS => look(scan, &inner, depth - 1, shape),
                _ => scan.value().map(drop),
            })
        }
        Start::Text | Start::Other => {
            let value = scan.value()?.trim_matches('"');
            let remembered = shape.entry(path.to_owned()).or_default();
            if remembered.is_empty() && value.len() <= MAX_REMEMBERED {
                remembered.push_str(value);
            }
            Ok(())
        }
    }
}

/// A file whose beginning is a log line, and that goes on with JSON.
fn first_line_of_json(text: &str) -> bool {
    text.lines()
        .take(5)
        .any(|line| line.starts_with("{\"") && line.ends_with('}'))
}

/// A mapping key, a list or a document start on the first line that is no comment.
fn looks_like_yaml(text: &str) -> bool {
    let Some(line) = text
        .lines()
        .find(|line| !line.trim().is_empty() && !line.starts_with('#'))
    else {
        return false;
    };
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
    line.trim_end() == "---"
        || line.starts_with("%YAML")
        || line.split_once(':').is_some_and(|(key, rest)| {
            is_key(key.trim_start_matches("- ")) && (rest.is_empty() || rest.starts_with(' ') || rest.starts_with('\r'))
        })
}

/// A PEM block that begins where its line does.
fn has_pem_line(text: &str) -> bool {
    text.starts_with("-----BEGIN ") || text.contains("\n-----BEGIN ")
}

fn is_binary(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    let is_utf16 = matches!(
        head,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [1..=255, 0, 1..=255, 0, ..] | [0, 1..=255, 0, 1..=255, ..]
    );
    !is_utf16 && memchr::memchr(0, head).is_some()
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
            ("level=info\n{\"a\":1}\n", Format::Json),
            ("apiVersion: v1\nkind: List\n", Format::Yaml),
            ("---\n- a\n", Format::Yaml),
            ("user,arn\nx,y\n", Format::Table),
            ("<?xml version='1.1'?><a/>", Format::Xml),
            ("subject\n-----BEGIN CERTIFICATE-----\n", Format::Pem),
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
        let text = "[{\"kind\":\"A\",\"m\":{\"n\":1}},{\"kind\":\"B\",\"x\":[]}] {\"y\":2}";
        let probe = Probe::quick(Format::Json, text.as_bytes(), text);
        assert_eq!(probe.value("[].kind"), Some("A"));
        assert_eq!(probe.value("[].m.n"), Some("1"));
        assert!(probe.has("[].x") && probe.has("y") && !probe.has("[].y"));
        assert!(probe.has("kind") && probe.value("m.n") == Some("1"));
    }
}
