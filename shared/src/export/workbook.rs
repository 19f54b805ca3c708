//! XLSX: sheets of typed cells, with a frozen head and filters.

use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::ExportError;
use crate::diagnostic::printable;
use crate::model::instant::Instant;

/// One sheet. Every row has a cell for each column.
pub struct Sheet {
    /// At most 31 characters, none of `[]:*?/\`.
    pub name: &'static str,
    pub columns: Vec<(String, f64)>,
    pub rows: Vec<Vec<Cell>>,
    /// What is left out and where it is; stands below the rows, and is none of them.
    pub note: Option<String>,
}

/// A cell by its type: text stays text, whatever it begins with.
pub enum Cell {
    /// Not known, or not applicable.
    Empty,
    Text(String),
    Number(f64),
    /// From 0 to 1, shown as a percentage.
    Share(f64),
    /// Shown in UTC.
    At(Instant),
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    pub fn maybe(text: Option<&String>) -> Cell {
        text.map_or(Cell::Empty, |text| Cell::Text(text.clone()))
    }

    pub fn count(n: u64) -> Cell {
        Cell::Number(n as f64)
    }

    pub fn known(n: Option<u64>) -> Cell {
        n.map_or(Cell::Empty, Cell::count)
    }
}

/// The most characters of one cell, by the format.
const MAX_CHARS: usize = 32_767;
/// The most rows of one sheet, by the format, without the head.
pub const MAX_ROWS: usize = 1_048_575;

/// The file. `created_at` is what it says of itself: the snapshot's instant, so that the same estate gives the same
/// bytes.
///
/// # Errors
/// When a sheet has more than [`MAX_ROWS`] rows, or the writer fails.
pub fn write(title: &str, created_at: Instant, sheets: &[Sheet]) -> Result<Vec<u8>, ExportError> {
    let failed = |error: XlsxError| ExportError::Unwritable {
        format: "xlsx",
        why: error.to_string(),
    };
    let mut workbook = Workbook::new();
    let created_at = ExcelDateTime::from_timestamp(created_at.0).map_err(failed)?;
    let properties = DocProperties::new()
        .set_title(printable(title))
        .set_author("Rollcall")
        .set_creation_datetime(&created_at);
    workbook.set_properties(&properties);
    for sheet in sheets {
        if sheet.rows.len() > MAX_ROWS {
            return Err(ExportError::TooManyRows {
                n_rows: sheet.rows.len(),
                max: MAX_ROWS,
            });
        }
        fill(workbook.add_worksheet(), sheet).map_err(failed)?;
    }
    workbook.save_to_buffer().map_err(failed)
}

fn fill(worksheet: &mut Worksheet, sheet: &Sheet) -> Result<(), XlsxError> {
    let head = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_background_color(Color::RGB(0x00E8_F1F8));
    let share = Format::new().set_num_format("0.0%").set_align(FormatAlign::Top);
    let at = Format::new()
        .set_num_format("yyyy-mm-dd hh:mm")
        .set_align(FormatAlign::Top);
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let number = Format::new().set_align(FormatAlign::Top);
    worksheet.set_name(sheet.name)?;
    for (at, (title, width)) in (0u16..).zip(&sheet.columns) {
        worksheet.write_string_with_format(0, at, title, &head)?;
        worksheet.set_column_width(at, *width)?;
    }
    for (row, cells) in (1u32..).zip(&sheet.rows) {
        for (column, cell) in (0u16..).zip(cells) {
            match cell {
                Cell::Empty => {}
                Cell::Text(value) => {
                    worksheet.write_string_with_format(row, column, fitting(value), &text)?;
                }
                Cell::Number(value) => {
                    worksheet.write_number_with_format(row, column, *value, &number)?;
                }
                Cell::Share(value) => {
                    worksheet.write_number_with_format(row, column, *value, &share)?;
                }
                Cell::At(instant) => match ExcelDateTime::from_timestamp(instant.0) {
                    Ok(value) => {
                        worksheet.write_datetime_with_format(row, column, &value, &at)?;
                    }
                    // A day that no spreadsheet has, such as one of the year 9999 and later.
                    Err(_) => {
                        worksheet.write_string_with_format(row, column, instant.to_string(), &text)?;
                    }
                },
            }
        }
    }
    if let Some(note) = &sheet.note {
        worksheet.write_string(sheet.rows.len() as u32 + 2, 0, fitting(note))?;
    }
    worksheet.set_freeze_panes(1, 0)?;
    let last_column = sheet.columns.len().saturating_sub(1) as u16;
    worksheet.autofilter(0, 0, sheet.rows.len() as u32, last_column)?;
    Ok(())
}

/// Text that a cell takes: cut visibly where it is longer, counted as the format counts, in units of UTF-16.
fn fitting(text: &str) -> String {
    let shown = printable(text);
    if shown.encode_utf16().count() <= MAX_CHARS {
        return shown.into_owned();
    }
    let mut n_units = 1;
    let mut cut: String = shown
        .chars()
        .take_while(|c| {
            n_units += c.len_utf16();
            n_units <= MAX_CHARS
        })
        .collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_to_what_a_cell_takes() {
        assert_eq!(fitting("=1+1"), "=1+1");
        let cut = fitting(&"𝄞".repeat(MAX_CHARS));
        assert!(cut.ends_with('…') && cut.encode_utf16().count() <= MAX_CHARS);
    }
}
