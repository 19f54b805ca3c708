//! CSV and its relatives, addressed by column name.

use csv::StringRecord;
use hashbrown::HashMap;
use serde_json::{Map, Value};

use super::{MAX_ROWS, json};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The longest line that is taken for a header: real ones have a few hundred columns. A longer line is text.
const MAX_HEADER_BYTES: usize = 1 << 20;

/// So many quotes that never close are told one by one; what stands behind more is left out.
const MAX_BROKEN_QUOTES: u32 = 100;

/// Where a row begins that never ends.
struct Broken {
    /// In bytes.
    start: usize,
    line: u32,
}

/// A table with a header row.
pub struct Table {
    header: Vec<String>,
    rows: Vec<(u32, StringRecord)>,
}

/// One row, whose cells are found by the name of their column without regard to case.
#[derive(Clone, Copy)]
pub struct TableRow<'t> {
    table: &'t Table,
    record: &'t StringRecord,
    /// The line on which the row starts, from 1.
    pub line: u32,
}

impl Table {
    /// Reads a table. A first line `#TYPE …` or `sep=;` and empty rows are passed over; the delimiter is `,`, `;`, tab
    /// or `|`, whichever the header has most of. A row with too few or too many cells is left out and reported.
    ///
    /// Of a row with a quote that never closes only its first line is left out.
    pub fn read(text: &str, diagnostics: &mut Diagnostics) -> Table {
        let (text, n_skipped_lines) = skip_preamble(text);
        let delimiter = delimiter(text);
        let mut table = Table {
            header: Vec::new(),
            rows: Vec::new(),
        };
        let (mut line, mut from, mut n_broken) = (1 + n_skipped_lines, 0, 0);
        while let Some(broken) = table.read_from(&text[from..], delimiter, line, diagnostics) {
            let rest = &text[from + broken.start..];
            let next = memchr::memchr(b'\n', rest.as_bytes()).map(|end| from + broken.start + end + 1);
            n_broken += 1;
            match next.filter(|_| n_broken < MAX_BROKEN_QUOTES) {
                Some(next) => (from, line) = (next, broken.line + 1),
                None => break,
            }
        }
        table
    }

    /// Reads rows until the end, or until one that never ends.
    fn read_from(
        &mut self,
        text: &str,
        delimiter: u8,
        first_line: u32,
        diagnostics: &mut Diagnostics,
    ) -> Option<Broken> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            // The bars of a terminal's table have blanks around them.
            .trim(if delimiter == b'|' {
                csv::Trim::All
            } else {
                csv::Trim::None
            })
            .from_reader(text.as_bytes());
        let (mut line, mut counted_to) = (first_line, 0);
        let mut record = StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    diagnostics.push(Diagnostic::error(
                        "table",
                        error.to_string(),
                        "a row of a table",
                        "this row was left out; mend it in the export",
                    ));
                    continue;
                }
            }
            // The reader's own line count is one short behind CRLF, so lines are counted here.
            let mut start = record
                .position()
                .map_or(counted_to, |position| position.byte() as usize)
                .min(text.len());
            while text.as_bytes().get(start).is_some_and(|b| matches!(b, b'\r' | b'\n')) {
                start += 1;
            }
            line += memchr::memchr_iter(b'\n', &text.as_bytes()[counted_to..start.max(counted_to)]).count() as u32;
            counted_to = start;
            // A quote that stays open takes everything behind it into its cell.
            let is_last = reader.position().byte() as usize >= text.len();
            if is_last && ends_in_quotes(&text.as_bytes()[start..], delimiter) {
                // The names of columns need no quotes.
                let what_to_do = match self.header.is_empty() {
                    true => {
                        self.header = unquoted(text[start..].lines().next().unwrap_or(""), delimiter);
                        "this line was read without its quotes, and what follows with them; mend it in the export"
                    }
                    false => "this line was left out, and what follows was read; mend it in the export",
                };
                diagnostics.push(Diagnostic::error(
                    format!("line {line}"),
                    "a quote that never closes",
                    "a closing quote",
                    what_to_do,
                ));
                return Some(Broken { start, line });
            }
            if record.iter().all(|cell| cell.trim().is_empty()) || is_ruled(&record, delimiter) {
                // An empty line of a spreadsheet, or what a terminal draws below a table.
            } else if self.header.is_empty() {
                self.header = record.iter().map(normalise).collect();
            } else if record.as_slice().contains('\0') {
                diagnostics.push(Diagnostic::error(
                    format!("line {line}"),
                    "bytes of zero, as a crash leaves them",
                    "text",
                    "this row was left out; export it again",
                ));
            } else if self.rows.len() == MAX_ROWS {
                diagnostics.push(Diagnostic::error(
                    format!("line {line}"),
                    format!("more than {MAX_ROWS} rows"),
                    format!("at most {MAX_ROWS} in one file"),
                    "export it in parts; the rows before this one were read",
                ));
                return None;
            } else if record.len() < self.header.len()
                || (record.iter().skip(self.header.len())).any(|cell| !cell.trim().is_empty())
            {
                // What stands in a cell too many has moved all behind it into wrong columns.
                diagnostics.push(Diagnostic::error(
                    format!("line {line}"),
                    format!("{} cells", record.len()),
                    format!("{} cells, as in the header", self.header.len()),
                    "this row was left out; the file may be cut short here, or a cell lacks its quotes",
                ));
            } else {
                self.rows.push((line, record.clone()));
            }
        }
    }

    /// Reads the rows of a JSON file as a table: each member is a column, and of a member that is an object each of its
    /// own, named `outer.inner`; those of one object in the order of their names. `list` is the member that holds the rows, if they stand in one.
    pub fn of_json(text: &str, list: Option<&str>, diagnostics: &mut Diagnostics) -> Table {
        let mut header: Vec<String> = Vec::new();
        let mut columns: HashMap<String, usize> = HashMap::new();
        let mut cells_of: Vec<(u32, Vec<(usize, String)>)> = Vec::new();
        let (mut line, mut counted_to) = (1, 0);
        for row in json::rows(text, list.as_slice(), diagnostics).rows {
            let start = row.text.as_ptr().addr() - text.as_ptr().addr();
            line += memchr::memchr_iter(b'\n', &text.as_bytes()[counted_to..start]).count() as u32;
            counted_to = start;
            let Some(members) = row.parse::<Map<String, Value>>(diagnostics) else {
                continue;
            };
            let mut cells = Vec::new();
            flatten("", members, &mut |name, cell| {
                let at = *columns.entry(name.to_lowercase()).or_insert_with_key(|name| {
                    header.push(name.clone());
                    header.len() - 1
                });
                cells.push((at, cell));
            });
            cells_of.push((line, cells));
        }
        let rows = cells_of.into_iter().map(|(line, cells)| {
            let mut record = vec![String::new(); header.len()];
            for (at, cell) in cells {
                record[at] = cell;
            }
            (line, StringRecord::from(record))
        });
        Table {
            rows: rows.collect(),
            header,
        }
    }

    /// Gives the column of this name, without regard to case, another one. False when there is none.
    pub fn rename(&mut self, column: &str, name: &str) -> bool {
        let column = column.to_lowercase();
        let found = self.header.iter_mut().find(|header| **header == column);
        found.is_some_and(|header| {
            name.clone_into(header);
            true
        })
    }

    /// The column names, in lower case, in the order of the file.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    pub fn rows(&self) -> impl Iterator<Item = TableRow<'_>> {
        self.rows.iter().map(|(line, record)| TableRow {
            table: self,
            record,
            line: *line,
        })
    }

    /// The index of the first column with one of these names.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        names
            .iter()
            .find_map(|name| self.header.iter().position(|column| column == name))
    }

    /// All cells of a column.
    pub fn cells(&self, column: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(move |(_, record)| record.get(column))
    }
}

impl<'t> TableRow<'t> {
    /// The cell of the column of this name (in lower case); `""` when there is no such column.
    pub fn get(&self, column: &str) -> &'t str {
        self.table
            .header
            .iter()
            .position(|name| name == column)
            .and_then(|at| self.record.get(at))
            .unwrap_or("")
    }

    /// The cell of the column at this index.
    pub fn at(&self, column: usize) -> &'t str {
        self.record.get(column).unwrap_or("")
    }
}

/// Calls `each` with every member of an object that is no object itself, under its name with those around it.
fn flatten(outer: &str, members: Map<String, Value>, each: &mut impl FnMut(&str, String)) {
    for (member, value) in members {
        let name = match outer {
            "" => member,
            outer => format!("{outer}.{member}"),
        };
        match value {
            Value::Object(members) => flatten(&name, members, each),
            value => each(&name, cell_of(value)),
        }
    }
}

/// A value as a cell: a list as its elements, of which objects say nothing.
fn cell_of(value: Value) -> String {
    match value {
        Value::Null | Value::Object(_) => String::new(),
        Value::String(text) => text,
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(values) => {
            let cells: Vec<String> = values
                .into_iter()
                .map(cell_of)
                .filter(|cell| !cell.is_empty())
                .collect();
            cells.join(", ")
        }
    }
}

/// A column name as it is compared with others: two names that fold to the same text read alike. Case, spaces,
/// punctuation, what stands in brackets and the spelling of umlauts make no difference: `Last_Used (UTC)` is
/// `last used`.
pub fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name
        .split(['(', '['])
        .next()
        .unwrap_or("")
        .chars()
        .flat_map(char::to_lowercase)
    {
        match c {
            'ä' => folded.push_str("ae"),
            'ö' => folded.push_str("oe"),
            'ü' => folded.push_str("ue"),
            'ß' => folded.push_str("ss"),
            c if c.is_alphanumeric() => folded.push(c),
            _ => {}
        }
    }
    folded
}

/// The column names of a text if it is a table: a first line with at least two cells.
pub fn header_of(text: &str) -> Option<Vec<String>> {
    let (text, _) = skip_preamble(text);
    let line = first_line(text);
    if line.is_empty() || line.len() > MAX_HEADER_BYTES {
        return None;
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .has_headers(false)
        .from_reader(line.as_bytes());
    let record = reader.records().next()?.ok()?;
    (record.len() >= 2).then(|| record.iter().map(normalise).collect())
}

/// Whether a row still is in a quoted cell at its end.
fn ends_in_quotes(row: &[u8], delimiter: u8) -> bool {
    let (mut is_quoted, mut begins_cell) = (false, true);
    let mut bytes = row.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (is_quoted, byte) {
            (true, b'"') if bytes.peek() == Some(&b'"') => drop(bytes.next()),
            (true, b'"') => is_quoted = false,
            (true, _) => {}
            (false, b'"') if begins_cell => is_quoted = true,
            (false, _) => {}
        }
        begins_cell = !is_quoted && (byte == delimiter || matches!(byte, b'\n' | b'\r'));
    }
    is_quoted
}

/// The names of columns in a line whose quotes cannot be trusted.
fn unquoted(line: &str, delimiter: u8) -> Vec<String> {
    let names = line.split(char::from(delimiter));
    names.map(|name| normalise(name.trim().trim_matches('"'))).collect()
}

/// Whether a row is no data but what `psql` draws: the rule below the head, and how many rows there are.
fn is_ruled(record: &StringRecord, delimiter: u8) -> bool {
    let mut cells = record.iter();
    let (Some(only), None, b'|') = (cells.next(), cells.next(), delimiter) else {
        return false;
    };
    let is_rule = only.bytes().all(|byte| matches!(byte, b'-' | b'+'));
    is_rule || only.starts_with('(') && (only.ends_with(" rows)") || only.ends_with(" row)"))
}

fn normalise(cell: &str) -> String {
    cell.trim().trim_start_matches('\u{FEFF}').to_lowercase()
}

/// The table behind a first line that tells a tool something: PowerShell's `#TYPE`, a spreadsheet's `sep=;`.
fn skip_preamble(text: &str) -> (&str, u32) {
    let (first, table) = text.split_once('\n').unwrap_or((text, ""));
    let names_delimiter = first
        .trim_end()
        .strip_prefix("sep=")
        .is_some_and(|rest| rest.len() == 1);
    match names_delimiter || first.starts_with("#TYPE") {
        true => (table, 1),
        false => (text, 0),
    }
}

/// The first line that is not blank; `""` when there is none.
fn first_line(text: &str) -> &str {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or("")
}

fn delimiter(text: &str) -> u8 {
    let header = first_line(text).as_bytes();
    let count = |delimiter: u8| memchr::memchr_iter(delimiter, header).count();
    *[b',', b';', b'\t', b'|']
        .iter()
        .rev()
        .max_by_key(|delimiter| count(**delimiter))
        .unwrap_or(&b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_that_never_closes_costs_its_line() {
        let text = "name,note\na,\"two\nlines\"\nb,\"open\nc,y\nd,z\n";
        let mut diagnostics = Diagnostics::default();
        let table = Table::read(text, &mut diagnostics);
        let names: Vec<&str> = table.rows().map(|row| row.get("name")).collect();
        assert_eq!(names, ["a", "c", "d"]);
        assert_eq!(told(diagnostics), ["line 4: a quote that never closes"]);
    }

    /// Each diagnostic's place and what was found there.
    fn told(diagnostics: Diagnostics) -> Vec<String> {
        let told = diagnostics.into_vec();
        told.iter()
            .map(|told| format!("{}: {}", told.place, told.found))
            .collect()
    }

    #[test]
    fn a_header_whose_quote_never_closes_still_names_the_columns() {
        let mut diagnostics = Diagnostics::default();
        let table = Table::read("name,\"owner,team\na,b,c\n", &mut diagnostics);
        assert_eq!(table.header(), ["name", "owner", "team"]);
        let owners: Vec<&str> = table.rows().map(|row| row.get("owner")).collect();
        assert_eq!(owners, ["b"]);
        assert_eq!(told(diagnostics), ["line 1: a quote that never closes"]);
    }

    #[test]
    fn what_a_crash_leaves_costs_its_row() {
        let mut diagnostics = Diagnostics::default();
        let table = Table::read("   \nname,owner\na,b\n\0\0\0c,d\ne,f\n", &mut diagnostics);
        let names: Vec<&str> = table.rows().map(|row| row.get("name")).collect();
        assert_eq!(names, ["a", "e"]);
        assert_eq!(told(diagnostics), ["line 4: bytes of zero, as a crash leaves them"]);
    }

    #[test]
    fn what_psql_draws_is_no_row() {
        let text = " rolname  | rolsuper \n----------+----------\n postgres | t\n app      | f\n(2 rows)\n";
        let mut diagnostics = Diagnostics::default();
        let table = Table::read(text, &mut diagnostics);
        let names: Vec<&str> = table.rows().map(|row| row.get("rolname")).collect();
        assert_eq!(names, ["postgres", "app"]);
        assert!(diagnostics.into_vec().is_empty());
    }

    #[test]
    fn cells_are_found_by_name() {
        let mut diagnostics = Diagnostics::default();
        let table = Table::read(
            "#TYPE X\r\nUser;Note\r\n\"a\";\"x;\ny\"\r\nb\r\nc;d;;\r\n;\r\ne;f;g\r\n",
            &mut diagnostics,
        );
        let rows: Vec<_> = table
            .rows()
            .map(|row| (row.line, row.get("user"), row.get("note")))
            .collect();
        assert_eq!(rows, [(3, "a", "x;\ny"), (6, "c", "d")]);
        let places: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.place.as_str()).collect();
        assert_eq!(places, ["line 5", "line 8"]);
    }

    #[test]
    fn json_rows_are_a_table() {
        let mut diagnostics = Diagnostics::default();
        let text = r#"{"result": [
            {"Name": "a", "owner": {"mail": "x@y", "since": 2024}, "tags": ["p", "q"]},
            {"Name": null, "live": true},
            7
        ]}"#;
        let mut table = Table::of_json(text, Some("result"), &mut diagnostics);
        assert_eq!(table.header(), ["name", "owner.mail", "owner.since", "tags", "live"]);
        let rows: Vec<_> = table
            .rows()
            .map(|row| (row.line, (0..5).map(|at| row.at(at)).collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            rows,
            [
                (2, vec!["a", "x@y", "2024", "p, q", ""]),
                (3, vec!["", "", "", "", "true"]),
            ]
        );
        let places: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.place.as_str()).collect();
        assert_eq!(places, ["result[2]"]);
        assert!(table.rename("Owner.mail", "owner") && !table.rename("nobody", "owner"));
        assert_eq!(table.header()[1], "owner");
    }

    #[test]
    fn column_names_are_compared_as_a_reader_would() {
        for column in ["Last Used", "last_used", "LastUsed", "last-used (UTC)", "LAST.USED"] {
            assert_eq!(folded(column), folded("last used"), "{column}");
        }
        assert_eq!(folded("Gueltig bis"), folded("gültig bis"));
        assert_ne!(folded("last used by"), folded("last used"));
    }

    #[test]
    fn a_line_of_megabytes_is_no_header() {
        assert_eq!(header_of(&"name,owner,".repeat(MAX_HEADER_BYTES / 10)), None);
    }

    #[test]
    fn a_header_needs_two_cells() {
        assert_eq!(header_of("a,b\n1,2"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(header_of("sep=;\na;b\n1;2"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(header_of("just a line"), None);
    }
}
