//! Tables as RFC 4180: the one writer of every list, report and chart.

use crate::diagnostic::printable;

/// What a spreadsheet takes for the beginning of a formula, by OWASP ("CSV Injection"), with the wide forms of East Asian
/// keyboards.
const BEGINS_A_FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Writes one line. Cells stand as they are, in quotes where they must: text of an export goes through [`defused`].
pub fn write_row<Cell: AsRef<str>>(out: &mut String, cells: impl IntoIterator<Item = Cell>) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        let cell = cell.as_ref();
        match cell.contains(['"', ',', '\n', '\r']) {
            true => {
                out.push('"');
                out.push_str(&cell.replace('"', "\"\""));
                out.push('"');
            }
            false => out.push_str(cell),
        }
    }
    out.push_str("\r\n");
}

/// Text that a spreadsheet does not take for a formula, and a terminal not for a command: `'` stands before it, or control
/// characters, a tab among them, are spaces.
///
/// Where a list is separated by `;`, as in much of Europe, a spreadsheet begins a cell after each `;` of a file, whatever
/// quotes stand around a comma: so what would be a formula there has its `'` too.
pub fn defused(text: &str) -> String {
    let mut defused = String::with_capacity(text.len() + 1);
    if text.starts_with(BEGINS_A_FORMULA) {
        defused.push('\'');
    }
    for (at, part) in printable(text).split(';').enumerate() {
        if at > 0 {
            defused.push(';');
            if is_formula_part(part) {
                defused.push('\'');
            }
        }
        defused.push_str(part);
    }
    defused
}

/// Text as it was before [`defused`], but for its control characters.
pub fn as_it_was(text: &str) -> String {
    let parts = text.split(';').enumerate().map(|(at, part)| {
        let rest = part.strip_prefix('\'').filter(|rest| match at {
            0 => rest.starts_with(BEGINS_A_FORMULA),
            _ => is_formula_part(rest),
        });
        rest.unwrap_or(part)
    });
    parts.collect::<Vec<_>>().join(";")
}

/// What would be a formula after a `;`, behind blanks and the quotes of our own separator.
fn is_formula_part(part: &str) -> bool {
    part.trim_start_matches([' ', '"', '\'']).starts_with(BEGINS_A_FORMULA)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_cell_becomes_a_formula() {
        assert_eq!(defused("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(defused("@x"), "'@x");
        assert_eq!(defused("＝1"), "'＝1");
        assert_eq!(defused("\t=1"), "' =1");
        assert_eq!(defused("plain = x"), "plain = x");
        assert_eq!(defused("a\u{1b}[31m\u{9b}b\r\nc"), "a [31m b  c");
    }

    #[test]
    fn no_cell_becomes_a_formula_where_a_semicolon_separates() {
        assert_eq!(defused("x;=1+1;y"), "x;'=1+1;y");
        assert_eq!(defused("x; \"@a\";-2"), "x;' \"@a\";'-2");
        assert_eq!(defused("a;b; c"), "a;b; c");
        // A tab, which separates elsewhere, is no tab any more.
        assert_eq!(defused("x\t=1"), "x =1");
    }

    proptest! {
        #[test]
        fn what_is_defused_can_be_read_again(text in "[=+ab;\"' -]{0,12}") {
            prop_assume!(!text.starts_with('\''));
            prop_assert_eq!(as_it_was(&defused(&text)), text);
        }
    }

    #[test]
    fn a_line_is_rfc_4180() {
        let mut line = String::new();
        write_row(&mut line, ["a", "b, \"c\"", "", "ü\nv"]);
        assert_eq!(line, "a,\"b, \"\"c\"\"\",,\"ü\nv\"\r\n");
    }
}
