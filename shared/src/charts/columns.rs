//! Stacked columns: how many, for each of a few categories, of which kind.

use plotters::coord::Shift;
use plotters::coord::ranged1d::{Ranged, ReversibleRanged};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::svg::{Paint, fit, picture, text_width};
use super::{Drawing, Ink, Mark, thousands};
use crate::format::csv::{defused, write_row};

/// The data of a column chart. `values[series][category]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    pub categories: Vec<String>,
    pub series: Vec<(String, Ink)>,
    pub values: Vec<Vec<u64>>,
    /// What one is called, for labels: `credentials`.
    pub unit: String,
    /// What is not drawn and stands in the table, a number for each series.
    pub beside: Vec<(String, Vec<u64>)>,
}

const TEXT: f64 = 12.0;

/// The chart as SVG.
pub fn svg(data: &Columns, width: u32, height: u32, paint: Paint) -> Drawing {
    Drawing {
        unit: data.unit.clone(),
        ..picture(
            width,
            height,
            paint,
            |root| draw(data, root).unwrap_or_default(),
            |csv| table(data, csv),
        )
    }
}

fn table(data: &Columns, csv: &mut String) {
    let names = data.series.iter().map(|(name, _)| defused(name));
    write_row(csv, std::iter::once(data.unit.clone()).chain(names));
    let drawn = data.categories.iter().enumerate().map(|(at, category)| {
        let numbers: Vec<u64> = data.values.iter().filter_map(|row| row.get(at).copied()).collect();
        (category, numbers)
    });
    let beside = data.beside.iter().map(|(name, numbers)| (name, numbers.clone()));
    for (name, numbers) in drawn.chain(beside) {
        let numbers = numbers.iter().map(u64::to_string);
        write_row(csv, std::iter::once(defused(name)).chain(numbers));
    }
}

/// Draws the chart on any backend and says where its parts are.
///
/// # Errors
/// Those of the backend.
pub fn draw<B: DrawingBackend>(
    data: &Columns,
    root: &DrawingArea<B, Shift>,
) -> Result<Vec<Mark>, DrawingAreaErrorKind<B::ErrorType>> {
    let (width, height) = root.dim_in_pixel();
    let (width, height) = (width as i32, height as i32);
    let n_categories = data.categories.len().max(1) as i32;
    let totals: Vec<u64> = (0..data.categories.len())
        .map(|at| data.values.iter().filter_map(|row| row.get(at)).sum())
        .collect();
    let top = nice_ceiling(totals.iter().copied().max().unwrap_or(0));
    let ticks: Vec<u64> = (0..=4).map(|step| top * step / 4).collect();
    let left = ticks
        .iter()
        .map(|tick| text_width(&thousands(*tick), TEXT))
        .fold(0.0, f64::max) as i32
        + 12;
    let (plot_top, plot_bottom) = (22, height - 26);
    let y = plotters::coord::types::RangedCoordu64::from(0..top.max(1));
    let y_of = |value: u64| y.map(&value, (plot_bottom, plot_top));
    debug_assert_eq!(y.unmap(plot_bottom, (plot_bottom, plot_top)), Some(0));

    let label = text_style(Ink::Label);
    for tick in &ticks {
        let at = y_of(*tick);
        root.draw(&PathElement::new(vec![(left, at), (width, at)], Ink::Grid.color()))?;
        root.draw_text(
            &thousands(*tick),
            &label.pos(Pos::new(HPos::Right, VPos::Center)),
            (left - 8, at),
        )?;
    }
    let step = f64::from(width - left) / f64::from(n_categories);
    let bar = (step * 0.64).min(72.0);
    let mut marks = Vec::new();
    // Labels that would touch are left out, evenly, but never the first.
    let widest = data
        .categories
        .iter()
        .map(|name| text_width(name, TEXT))
        .fold(0.0, f64::max)
        + 8.0;
    let every = if step >= 44.0 {
        1
    } else {
        (widest / step).ceil().max(1.0) as usize
    };
    for (category, name) in data.categories.iter().enumerate() {
        let middle = f64::from(left) + step * (category as f64 + 0.5);
        let (from, to) = ((middle - bar / 2.0) as i32, (middle + bar / 2.0).ceil() as i32);
        let mut below = 0;
        for (series, (series_name, ink)) in data.series.iter().enumerate() {
            let value = data
                .values
                .get(series)
                .and_then(|row| row.get(category))
                .copied()
                .unwrap_or(0);
            if value == 0 {
                continue;
            }
            // A hair between stacked parts, so that they are told apart without colour.
            let (upper, lower) = (y_of(below + value), y_of(below) - i32::from(below > 0));
            let upper = upper.min(lower - 1);
            root.draw(&Rectangle::new([(from, upper), (to, lower)], ink.color().filled()))?;
            marks.push(Mark {
                x: from,
                y: upper,
                width: to - from,
                height: lower - upper,
                category,
                series,
                label: match data.series.len() {
                    1 => format!("{name}: {} {}", thousands(value), data.unit),
                    _ => format!("{name}, {series_name}: {} {}", thousands(value), data.unit),
                },
            });
            below += value;
        }
        let total = totals[category];
        if total > 0 && step >= text_width(&thousands(total), TEXT) + 4.0 {
            let style = text_style(Ink::Text).pos(Pos::new(HPos::Center, VPos::Bottom));
            root.draw_text(&thousands(total), &style, (middle as i32, y_of(total) - 5))?;
        }
        if category % every == 0 {
            let name = if every == 1 {
                fit(name, TEXT, step - 4.0)
            } else {
                name.clone()
            };
            // A wide label at an edge moves in.
            let half = text_width(&name, TEXT) / 2.0;
            let at = middle.min(f64::from(width) - half).max(half);
            root.draw_text(
                &name,
                &label.pos(Pos::new(HPos::Center, VPos::Top)),
                (at as i32, plot_bottom + 8),
            )?;
        }
    }
    Ok(marks)
}

pub(super) fn text_style(ink: Ink) -> TextStyle<'static> {
    TextStyle {
        color: ink.color().to_backend_color(),
        // A family by its name would be looked up in lower case, which takes 12 kB of tables.
        ..TextStyle::from(FontDesc::new(FontFamily::SansSerif, TEXT, FontStyle::Normal))
    }
}

/// The next round number that four even steps divide.
pub(super) fn nice_ceiling(max: u64) -> u64 {
    let mut unit = 1u64;
    loop {
        for factor in [4, 6, 8, 10, 12, 16, 20, 24, 32] {
            let ceiling = factor * unit;
            if ceiling >= max && ceiling.is_multiple_of(4) {
                return ceiling;
            }
        }
        unit *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_axes_are_round() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!([0, 5, 37, 42, 204, 281].map(nice_ceiling), [4, 8, 40, 60, 240, 320]);
    }

    #[test]
    fn a_chart_has_a_mark_for_each_part() {
        let data = Columns {
            categories: vec!["<30 d".into(), "older".into()],
            series: vec![("keys".into(), Ink::Series1), ("secrets".into(), Ink::Series2)],
            values: vec![vec![3, 40], vec![0, 2]],
            unit: "credentials".into(),
            beside: Vec::new(),
        };
        let drawing = svg(&data, 400, 200, Paint::Themed);
        assert_eq!(drawing.marks.len(), 3);
        assert!(drawing.marks.iter().all(|mark| mark.height > 0 && mark.y >= 0));
        insta::assert_snapshot!(drawing.svg);
    }
}
