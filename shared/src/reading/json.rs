//! JSON exports as rows, however they are framed.
//!
//! Tools write one object, one array, one object a line, pages one after another (`}{`, `][`), or an array of pages.
//! [`rows`] makes one list of rows of all of them; a truncated file gives the rows before the cut. [`each_row`] hands
//! them over one by one, which reads a large file once instead of twice: it is for exports that come large.

use std::ops::{Deref, Range};

use serde::Deserialize;
use serde_json::Value;

use super::MAX_ROWS;
use super::scan::{Broken, Scan, Start, Why};
use crate::diagnostic::{Diagnostic, Diagnostics, without_quoted};
use crate::model::batch::Batch;
use crate::model::provenance::Place;

/// One element of a list, still as text.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The key of the list it stands in, `""` for a top-level array or a document that is itself the row.
    pub list: &'a str,
    pub index: usize,
    /// Which document of the file, from 0.
    pub document: usize,
    pub text: &'a str,
}

/// A file's rows, and what its pages say around them.
#[derive(Debug, Default)]
pub struct Rows<'a> {
    pub rows: Vec<Row<'a>>,
    /// Members of page objects that are no list: key and value as written.
    pub headers: Vec<(&'a str, &'a str)>,
    /// The page objects, in the order of the file: for formats whose pages say what their rows are.
    pub pages: Vec<Page<'a>>,
    /// Pages that name a next page.
    pub n_continued: u32,
    /// Pages that name none: the last of their chain, or the only one.
    pub n_last: u32,
}

/// One page object: what it lists, whether it names a next page, and which of the file's rows and headers are its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<'a> {
    /// The key of its list; of the last one, where it has several.
    pub list: &'a str,
    pub is_continued: bool,
    pub rows: Range<usize>,
    pub headers: Range<usize>,
}

/// How many malformed stretches between documents are skipped (log lines mixed in) before the file is given up.
const MAX_STRAY_LINES: usize = 10_000;

/// Splits `text` into rows. `lists` are the keys whose value is a list of rows; one object in place of a list is a
/// list of one, because PowerShell writes it so. An object with none of these keys is a row itself.
pub fn rows<'a>(text: &'a str, lists: &[&str], diagnostics: &mut Diagnostics) -> Rows<'a> {
    let mut rows = Vec::new();
    let mut found = each_row(text, lists, diagnostics, |open| rows.extend(open.close()));
    found.rows = rows;
    found
}

/// Calls `each` with every row where [`rows`] would list it. The result has everything but the rows.
///
/// A row's end is found by parsing it, so `each` should parse it.
pub fn each_row<'a>(
    text: &'a str,
    lists: &[&str],
    diagnostics: &mut Diagnostics,
    each: impl FnMut(&mut OpenRow<'a>),
) -> Rows<'a> {
    let mut walk = Walk {
        lists,
        document: 0,
        n_rows: 0,
        found: Rows::default(),
        each,
    };
    let mut scan = Scan::new(text);
    let mut n_stray = 0;
    while scan.skip_space() {
        let start = scan.at();
        if let Err(broken) = walk.document(&mut scan) {
            match broken.why {
                Why::NotJson if n_stray < MAX_STRAY_LINES && scan.skip_to_next_line() => n_stray += 1,
                Why::NotJson | Why::Ends | Why::TooManyRows => {
                    diagnostics.push(broken_text(text, broken));
                    break;
                }
            }
        } else if scan.at() == start {
            break;
        }
        walk.document += 1;
    }
    if n_stray > 0 {
        diagnostics.push(Diagnostic::warning(
            "between documents",
            format!("{n_stray} lines that are no JSON"),
            "JSON only",
            "redirect the tool's log output to another file",
        ));
    }
    walk.found
}

/// A row whose end is not known yet; its `text` goes on to the end of the file.
pub struct OpenRow<'a> {
    row: Row<'a>,
    scan: Scan<'a>,
    /// Where the row ends, or that it does not.
    end: Option<Result<Scan<'a>, Broken>>,
}

impl<'a> OpenRow<'a> {
    /// Reads the row as `T`: see [`Row::parse`]. A row that the file's end cuts off gives `None` and no diagnostic of
    /// its own.
    pub fn parse<T: Deserialize<'a>>(&mut self, diagnostics: &mut Diagnostics) -> Option<T> {
        let mut stream = serde_json::Deserializer::from_str(self.row.text).into_iter::<T>();
        if let Some(Ok(value)) = stream.next() {
            self.end = Some(Ok(self.scan.moved_by(stream.byte_offset())));
            return Some(value);
        }
        self.close()?.parse(diagnostics)
    }

    /// Takes the row as a page of its own and calls `each` with the rows of its `lists`, as [`each_row`] does; those
    /// before a cut too.
    pub fn each_row(&mut self, lists: &[&str], each: impl FnMut(&mut OpenRow<'a>)) -> Rows<'a> {
        let mut walk = Walk {
            lists,
            document: self.row.document,
            n_rows: 0,
            found: Rows::default(),
            each,
        };
        if self.row.text.starts_with('{') {
            let mut scan = self.scan;
            let walked = walk.object(&mut scan, 0);
            self.end = Some(walked.map(|()| scan));
        }
        walk.found
    }

    /// The row by itself; `None` when the file ends inside it.
    pub fn close(&mut self) -> Option<Row<'a>> {
        let mut scan = self.scan;
        let text = scan.value();
        self.end = Some(text.map(|_| scan));
        Some(Row {
            text: text.ok()?,
            ..self.row
        })
    }
}

impl<'a> Deref for OpenRow<'a> {
    type Target = Row<'a>;

    fn deref(&self) -> &Row<'a> {
        &self.row
    }
}

struct Walk<'l, 'a, F> {
    lists: &'l [&'l str],
    document: usize,
    n_rows: usize,
    found: Rows<'a>,
    each: F,
}

impl<'a, F: FnMut(&mut OpenRow<'a>)> Walk<'_, 'a, F> {
    fn document(&mut self, scan: &mut Scan<'a>) -> Result<(), Broken> {
        match scan.start()? {
            Start::Object => self.object(scan, 0),
            Start::Array => scan.array(|scan, index| match scan.start()? {
                Start::Object => self.object(scan, index),
                // An array of arrays: pages gathered by `jq -s`.
                Start::Array => scan.array(|scan, index| self.row(scan, "", index)),
                Start::Text | Start::Other => self.row(scan, "", index),
            }),
            // A bare word or number is not an export: let the caller look for the next line.
            Start::Text | Start::Other => Err(Broken {
                at: scan.at(),
                why: Why::NotJson,
            }),
        }
    }

    /// A page, when it has one of the lists; else a row.
    fn object(&mut self, scan: &mut Scan<'a>, index: usize) -> Result<(), Broken> {
        let whole = *scan;
        let mut list_of_page = None;
        let mut is_continued = false;
        let (rows_before, headers_before) = (self.n_rows, self.found.headers.len());
        let walked = if self.lists.is_empty() {
            Ok(())
        } else {
            scan.object(|scan, key| {
                let is_list = self.lists.contains(&key);
                match scan.start()? {
                    Start::Array if is_list => {
                        list_of_page = Some(key);
                        scan.array(|scan, index| self.row(scan, key, index))
                    }
                    Start::Object if is_list => {
                        list_of_page = Some(key);
                        self.row(scan, key, 0)
                    }
                    Start::Object | Start::Array | Start::Text | Start::Other => {
                        let value = scan.value()?;
                        if is_list && value == "null" {
                            list_of_page = Some(key);
                        }
                        is_continued |= names_next_page(key, value);
                        self.found.headers.push((key, value));
                        Ok(())
                    }
                }
            })
        };
        if let Some(list) = list_of_page {
            self.found.pages.push(Page {
                list,
                is_continued,
                rows: rows_before..self.n_rows,
                headers: headers_before..self.found.headers.len(),
            });
            match is_continued {
                true => self.found.n_continued += 1,
                false => self.found.n_last += 1,
            }
            return walked;
        }
        self.found.headers.truncate(headers_before);
        *scan = whole;
        self.row(scan, "", index)
    }

    fn row(&mut self, scan: &mut Scan<'a>, list: &'a str, index: usize) -> Result<(), Broken> {
        scan.start()?;
        if self.n_rows == MAX_ROWS {
            let (at, why) = (scan.at(), Why::TooManyRows);
            return Err(Broken { at, why });
        }
        let mut open = OpenRow {
            row: Row {
                list,
                index,
                document: self.document,
                text: scan.rest(),
            },
            scan: *scan,
            end: None,
        };
        (self.each)(&mut open);
        if open.end.is_none() {
            open.close();
        }
        if let Some(end) = open.end {
            *scan = end?;
            self.n_rows += 1;
        }
        Ok(())
    }
}

impl<'a> Rows<'a> {
    /// The text of the last header with this key, without quotes when it is a plain string.
    pub fn header(&self, key: &str) -> Option<&'a str> {
        last_header(&self.headers, key)
    }

    /// The text of a page's own header with this key, as [`Rows::header`] gives it.
    pub fn page_header(&self, page: &Page<'_>, key: &str) -> Option<&'a str> {
        last_header(&self.headers[page.headers.clone()], key)
    }

    /// Tells the batch how its pages chain: see [`Batch::note_pages`].
    pub fn note_pages(&self, batch: &mut Batch, chain: &str) {
        batch.note_pages(chain, self.n_continued, self.n_last);
    }

    /// Tells the batch how the pages of one list chain, where a file holds other lists or single answers as well.
    pub fn note_pages_of(&self, list: &str, chain: &str, batch: &mut Batch) {
        let pages = self.pages.iter().filter(|page| page.list == list);
        let (continued, last): (Vec<_>, Vec<_>) = pages.partition(|page| page.is_continued);
        if !continued.is_empty() || !last.is_empty() {
            batch.note_pages(chain, continued.len() as u32, last.len() as u32);
        }
    }
}

fn last_header<'a>(headers: &[(&'a str, &'a str)], key: &str) -> Option<&'a str> {
    let value = headers.iter().rev().find(|(k, _)| *k == key)?.1;
    Some(
        value
            .strip_prefix('"')
            .and_then(|v| v.strip_suffix('"'))
            .unwrap_or(value),
    )
}

/// The members by which vendors say that more follows.
fn names_next_page(key: &str, value: &str) -> bool {
    match key {
        "IsTruncated" => value == "true",
        "@odata.nextLink" | "odata.nextLink" | "nextLink" | "NextToken" | "nextToken" | "nextMarker"
        | "nextPageToken" | "next_page" | "next_page_token" | "skip_token" | "$skipToken" => {
            !matches!(value, "null" | "\"\"" | "false")
        }
        _ => false,
    }
}

/// A text that is JSON and tells nothing: its values are empty lists and objects, null, false, 0, and what pages say of
/// themselves.
#[derive(Debug, PartialEq, Eq)]
pub struct Empty {
    /// It says that more follows all the same.
    pub is_continued: bool,
}

impl Empty {
    /// `None` for a text that tells something, or is no JSON.
    pub fn of(text: &str) -> Option<Empty> {
        /// Enough for a thousand empty pages.
        const MAX_BYTES: usize = 256 << 10;
        if text.len() > MAX_BYTES || text.trim().is_empty() {
            return None;
        }
        let mut empty = Empty { is_continued: false };
        for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
            if empty.tells("", &document.ok()?) {
                return None;
            }
        }
        Some(empty)
    }

    fn tells(&mut self, key: &str, value: &Value) -> bool {
        if names_next_page(key, &value.to_string()) {
            self.is_continued = true;
            return false;
        }
        match value {
            Value::Null | Value::Bool(false) => false,
            Value::Bool(true) => !matches!(key, "done" | "ok" | "success"),
            Value::Number(number) => {
                let is_of_page = matches!(key, "page" | "per_page" | "page_size" | "pageSize" | "limit" | "pages");
                !is_of_page && number.as_f64() != Some(0.0)
            }
            Value::String(text) => !text.is_empty() && !matches!(key, "@odata.context" | "Marker"),
            Value::Array(values) => values.iter().any(|value| self.tells(key, value)),
            Value::Object(members) => members.iter().any(|(key, value)| self.tells(key, value)),
        }
    }
}

impl<'a> Row<'a> {
    /// Reads the row as `T`. A row that is no `T` gives `None` and a diagnostic that names the member at fault.
    pub fn parse<T: Deserialize<'a>>(&self, diagnostics: &mut Diagnostics) -> Option<T> {
        match serde_json::from_str(self.text) {
            Ok(row) => Some(row),
            Err(_) => {
                let mut deserializer = serde_json::Deserializer::from_str(self.text);
                if let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
                    let path = error.path().to_string();
                    let place = if path == "." {
                        self.name()
                    } else {
                        format!("{}.{path}", self.name())
                    };
                    diagnostics.push(explain(place, &error.into_inner().to_string()));
                }
                None
            }
        }
    }

    /// Whether the row is `{}`, as some APIs write a page without rows.
    pub fn is_empty_object(&self) -> bool {
        self.text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'))
            .is_some_and(|members| members.trim().is_empty())
    }

    /// The place of the row as evidence.
    pub fn place(&self, batch: &mut Batch) -> Place {
        match self.document {
            0 => batch.item(self.list, self.index),
            document => {
                let list = format!("document {} {}", document + 1, self.list);
                batch.item(list.trim_end(), self.index)
            }
        }
    }

    /// The place of the row in words: `RoleDetailList[17]`.
    pub fn name(&self) -> String {
        match self.document {
            0 => format!("{}[{}]", self.list, self.index),
            document => format!("document {} {}[{}]", document + 1, self.list, self.index),
        }
    }
}

/// `serde_json`'s sentence, taken apart. Quoted text is dropped: it may be a secret.
fn explain(place: String, message: &str) -> Diagnostic {
    let message = message.split(" at line ").next().unwrap_or(message);
    let (found, expected) = match message.split_once(", expected ") {
        Some((found, expected)) => (
            found.trim_start_matches("invalid type: "),
            format!("expected {expected}"),
        ),
        None => (message, "a row as the vendor documents it".to_owned()),
    };
    let expected = match expected.strip_prefix("expected struct ") {
        Some(_) => "an object".to_owned(),
        None => expected,
    };
    // The name of a missing member is the vendor's.
    let found = match found.starts_with("missing field") {
        true => found.to_owned(),
        false => without_quoted(found),
    };
    let help = "this row was left out; export it again, or report the form if the vendor changed it";
    Diagnostic::error(place, found, expected.trim_start_matches("expected ").to_owned(), help)
}

fn broken_text(text: &str, broken: Broken) -> Diagnostic {
    let line = 1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..broken.at.min(text.len())]).count();
    let place = format!("line {line}, byte {}", broken.at);
    match broken.why {
        Why::Ends => Diagnostic::error(
            place,
            "the file ends inside a value",
            "the rest of the JSON",
            "the copy was cut short: export the file again; what stood before the cut was read",
        ),
        Why::NotJson => Diagnostic::error(
            place,
            "text that is no JSON",
            "a JSON value",
            "export the file again; what stood before was read",
        ),
        Why::TooManyRows => Diagnostic::error(
            place,
            format!("more than {MAX_ROWS} rows"),
            format!("at most {MAX_ROWS} in one file"),
            "export it in pages or parts; what stood before was read",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, lists: &[&str]) -> (Vec<String>, u32, u32, usize) {
        let mut diagnostics = Diagnostics::default();
        let found = rows(text, lists, &mut diagnostics);
        let shown = found.rows.iter().map(|r| format!("{}={}", r.name(), r.text)).collect();
        (shown, found.n_continued, found.n_last, diagnostics.len())
    }

    #[test]
    fn every_framing_gives_rows() {
        let one = vec!["[0]={\"a\":1}".to_owned()];
        assert_eq!(check("{\"a\":1}", &[]), (one.clone(), 0, 0, 0));
        assert_eq!(check(" [ {\"a\":1} ] ", &[]), (one.clone(), 0, 0, 0));
        assert_eq!(check("[[{\"a\":1}]]", &[]), (one, 0, 0, 0));
        assert_eq!(check("[1][2]", &[]).0, ["[0]=1", "document 2 [0]=2"]);
        assert_eq!(
            check("{\"a\":1}\n{\"a\":2}\n", &[]).0,
            ["[0]={\"a\":1}", "document 2 [0]={\"a\":2}"]
        );
        assert_eq!(
            check("{\"v\":[1,2],\"k\":{}}", &["v"]),
            (vec!["v[0]=1".into(), "v[1]=2".into()], 0, 1, 0)
        );
        assert_eq!(check("{\"v\":{\"x\":\"]\"}}", &["v"]).0, ["v[0]={\"x\":\"]\"}"]);
        assert_eq!(check("[{\"v\":[1]},{\"v\":[2]}]", &["v"]).0, ["v[0]=1", "v[0]=2"]);
    }

    #[test]
    fn rows_beyond_the_limit_are_reported() {
        let mut diagnostics = Diagnostics::default();
        let text = format!("[{}1]", "1,".repeat(MAX_ROWS));
        each_row(&text, &[], &mut diagnostics, |_| {});
        assert_eq!(diagnostics[0].found, "more than 5000000 rows");
    }

    #[test]
    fn an_object_without_members_is_empty() {
        for (text, is_empty) in [("{}", true), ("{ \n }", true), ("{\"a\":1}", false), ("[]", false)] {
            let row = Row {
                list: "",
                index: 0,
                document: 0,
                text,
            };
            assert_eq!(row.is_empty_object(), is_empty, "{text}");
        }
    }

    #[test]
    fn a_page_keeps_its_own_header() {
        let found = rows(
            "{\"v\":[1,2],\"kind\":\"A\"}{\"x\":0}{\"kind\":\"B\",\"v\":[3]}",
            &["v"],
            &mut Diagnostics::default(),
        );
        let pages: Vec<_> = found
            .pages
            .iter()
            .map(|page| (page.rows.clone(), found.page_header(page, "kind")))
            .collect();
        assert_eq!(pages, [(0..2, Some("A")), (3..4, Some("B"))]);
    }

    #[test]
    fn a_next_link_is_a_continued_page() {
        assert_eq!(check("{\"value\":[1],\"@odata.nextLink\":\"x\"}", &["value"]).1, 1);
        assert_eq!(check("{\"value\":[1],\"@odata.nextLink\":null}", &["value"]).2, 1);
        assert_eq!(
            check("{\"L\":[],\"IsTruncated\":true,\"Marker\":\"x\"}{\"L\":[]}", &["L"]),
            (vec![], 1, 1, 0)
        );
    }

    #[test]
    fn a_cut_file_keeps_what_stood_before() {
        let (rows, _, n_last, n_diagnostics) = check("{\"v\":[{\"a\":1},{\"a\":", &["v"]);
        assert_eq!((rows.len(), n_last, n_diagnostics), (1, 1, 1));
    }

    #[test]
    fn stray_log_lines_are_passed_over() {
        let (rows, .., n_diagnostics) = check("time=1 level=info\n{\"a\":1}\nlevel=warn\n{\"a\":2}", &[]);
        assert_eq!((rows.len(), n_diagnostics), (2, 1));
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let deep = "[".repeat(200_000);
        assert_eq!(check(&deep, &[]).3, 1);
        let closed = format!("[{}{}]", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(check(&closed, &[]).3, 0);
    }

    /// Rows that are parsed where they stand are the rows that are split off first.
    #[test]
    fn rows_one_by_one_are_the_same_rows() {
        use serde_json::value::RawValue;
        for text in [
            "{\"v\":[1,\"]\", {\"a\":[]} ],\"k\":{}}",
            "[{\"v\":[1]},{\"v\":{\"x\":1}},{\"w\":2}]",
            "{\"v\":[{\"a\":1},{\"a\":nope},{\"a\":3}]}",
            "{\"v\":[{\"a\":1},{\"a\":",
            "{\"a\":1}\n{\"a\":2}\nlevel=warn\n{\"a\":3}",
            "[[1,2],[3]]",
        ] {
            let (mut split_problems, mut problems) = (Diagnostics::default(), Diagnostics::default());
            let split: Vec<_> = rows(text, &["v"], &mut split_problems).rows;
            let split = split.iter().filter_map(|row| {
                let value: Option<&RawValue> = row.parse(&mut split_problems);
                Some((row.name(), value?.get()))
            });
            let split: Vec<_> = split.collect();
            let mut one_by_one = Vec::new();
            let mut row_problems = Diagnostics::default();
            each_row(text, &["v"], &mut problems, |row| {
                let value: Option<&RawValue> = row.parse(&mut row_problems);
                one_by_one.extend(value.map(|value| (row.name(), value.get())));
            });
            problems.append(row_problems);
            assert_eq!(one_by_one, split, "{text}");
            assert_eq!(problems[..], split_problems[..], "{text}");
        }
    }

    #[test]
    fn a_bad_member_is_named_and_its_text_is_not_shown() {
        #[derive(Deserialize)]
        #[allow(dead_code)] // only its refusal matters
        struct T {
            secret: u32,
        }
        let mut diagnostics = Diagnostics::default();
        let row = Row {
            list: "v",
            index: 3,
            document: 0,
            text: "{\"secret\":\"hunter2\"}",
        };
        assert!(row.parse::<T>(&mut diagnostics).is_none());
        assert_eq!(diagnostics[0].place, "v[3].secret");
        assert_eq!(diagnostics[0].found, "string \"…\"");
        assert_eq!(diagnostics[0].expected, "u32");
    }
}
