//! A heat map: a share for each pair of a row and a column.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::columns::text_style;
use super::svg::{Paint, fit, picture, text_width};
use super::{Drawing, Ink, Mark};
use crate::format::csv::{defused, write_row};
use crate::model::ratio::Ratio;

/// The data of a heat map. A pair without a cell has no population.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    pub cells: Vec<Cell>,
}

/// One pair's share.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    pub row: usize,
    pub column: usize,
    pub ratio: Ratio,
}

const TEXT: f64 = 12.0;
/// The height of one row: two lines of text fit, and a finger.
pub const ROW_HEIGHT: u32 = 36;
/// Above the rows, for the names of the columns.
pub const HEADER_HEIGHT: u32 = 28;

/// The height that a map of so many rows needs.
pub fn height(n_rows: usize) -> u32 {
    HEADER_HEIGHT + ROW_HEIGHT * n_rows as u32 + 2
}

/// The chart as SVG.
pub fn svg(data: &HeatMap, width: u32, paint: Paint) -> Drawing {
    picture(
        width,
        height(data.rows.len()),
        paint,
        |root| draw(data, root).unwrap_or_default(),
        |csv| table(data, csv),
    )
}

fn table(data: &HeatMap, csv: &mut String) {
    write_row(csv, ["source", "environment", "pass", "fail", "unknown"]);
    for cell in &data.cells {
        let Ratio { pass, fail, unknown } = cell.ratio;
        let names = [&data.rows[cell.row], &data.columns[cell.column]].map(|name| defused(name));
        let numbers = [pass, fail, unknown].map(|n| n.to_string());
        write_row(csv, names.iter().chain(&numbers));
    }
}

/// Draws the chart on any backend and says where its cells are.
///
/// # Errors
/// Those of the backend.
pub fn draw<B: DrawingBackend>(
    data: &HeatMap,
    root: &DrawingArea<B, Shift>,
) -> Result<Vec<Mark>, DrawingAreaErrorKind<B::ErrorType>> {
    let (width, _) = root.dim_in_pixel();
    let widest = data.rows.iter().map(|name| text_width(name, TEXT)).fold(0.0, f64::max);
    let left = (widest as i32 + 14).min(width as i32 / 3);
    let step = f64::from(width as i32 - left) / data.columns.len().max(1) as f64;
    let label = text_style(Ink::Label);
    for (row, name) in data.rows.iter().enumerate() {
        let middle = (HEADER_HEIGHT + ROW_HEIGHT * row as u32 + ROW_HEIGHT / 2) as i32;
        let style = text_style(Ink::Text).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw_text(&fit(name, TEXT, f64::from(left - 10)), &style, (0, middle))?;
    }
    for (column, name) in data.columns.iter().enumerate() {
        let middle = f64::from(left) + step * (column as f64 + 0.5);
        let style = label.pos(Pos::new(HPos::Center, VPos::Center));
        root.draw_text(
            &fit(name, TEXT, step - 6.0),
            &style,
            (middle as i32, HEADER_HEIGHT as i32 / 2),
        )?;
    }
    let mut marks = Vec::new();
    for cell in &data.cells {
        let Some((lower, upper)) = cell.ratio.interval() else {
            continue;
        };
        let (x, y) = (
            f64::from(left) + step * cell.column as f64,
            (HEADER_HEIGHT + ROW_HEIGHT * cell.row as u32) as i32,
        );
        let (from, to) = (x as i32 + 1, (x + step) as i32 - 1);
        let (top, bottom) = (y + 1, y + ROW_HEIGHT as i32 - 1);
        let (ink, on) = step_of(lower);
        root.draw(&Rectangle::new([(from, top), (to, bottom)], ink.color().filled()))?;
        let percent = format!("{}%", (lower * 100.0) as u32);
        if text_width(&percent, TEXT) + 4.0 <= step {
            let style = text_style(on).pos(Pos::new(HPos::Center, VPos::Center));
            root.draw_text(&percent, &style, ((from + to) / 2, (top + bottom) / 2))?;
        }
        let name = |names: &[String], at: usize| names.get(at).cloned().unwrap_or_default();
        let range = if upper > lower {
            format!(", at best {}%", (upper * 100.0) as u32)
        } else {
            String::new()
        };
        marks.push(Mark {
            x: from,
            y: top,
            width: to - from,
            height: bottom - top,
            category: cell.row,
            series: cell.column,
            label: format!(
                "{}, {}: {percent}{range} ({} of {})",
                name(&data.rows, cell.row),
                name(&data.columns, cell.column),
                cell.ratio.pass,
                cell.ratio.population()
            ),
        });
    }
    Ok(marks)
}

/// The ink of a share, and the ink of text on it.
fn step_of(share: f64) -> (Ink, Ink) {
    match share {
        share if share < 0.2 => (Ink::Step0, Ink::Text),
        share if share < 0.4 => (Ink::Step1, Ink::Text),
        share if share < 0.6 => (Ink::Step2, Ink::Text),
        share if share < 0.8 => (Ink::Step3, Ink::OnStep),
        _ => (Ink::Step4, Ink::OnStep),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_without_a_population_has_no_cell() {
        let data = HeatMap {
            rows: vec!["prod".into(), "none recorded".into()],
            columns: vec!["aws-payments".into()],
            cells: vec![
                Cell {
                    row: 0,
                    column: 0,
                    ratio: Ratio {
                        pass: 12,
                        fail: 20,
                        unknown: 8,
                    },
                },
                Cell {
                    row: 1,
                    column: 0,
                    ratio: Ratio::default(),
                },
            ],
        };
        let drawing = svg(&data, 300, Paint::Themed);
        assert_eq!(drawing.marks.len(), 1);
        assert_eq!(
            drawing.marks[0].label,
            "prod, aws-payments: 30%, at best 50% (12 of 40)"
        );
        insta::assert_snapshot!(drawing.svg);
    }
}
