//! Spans on a time line: from when to when each credential is good, and where now is.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::columns::text_style;
use super::svg::{Paint, fit, picture, text_width};
use super::{Drawing, Ink, Mark};
use crate::format::csv::{defused, write_row};
use crate::model::instant::Instant;

/// The data of a time line, one row for each span.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    pub now: Instant,
    pub spans: Vec<Span>,
}

/// From when to when something is good.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub name: String,
    /// `None`: the beginning is not known, and the span is drawn from the left edge, faint.
    pub from: Option<Instant>,
    /// `None`: it has no known end, and the span runs to the right edge, faint.
    pub to: Option<Instant>,
    pub used: Option<Instant>,
    pub ink: Ink,
}

const TEXT: f64 = 12.0;
const ROW_HEIGHT: u32 = 28;
const AXIS_HEIGHT: u32 = 28;
/// Days of empty time at both ends, so that nothing touches the edge.
const MARGIN_DAYS: i64 = 20;
/// A span that ends in a hundred years leaves the others their room: so many days from now are drawn at least, and as
/// many as lie before now.
const LEAST_DAYS_AHEAD: i64 = 730;

/// The chart as SVG; its height follows from the number of spans.
pub fn svg(data: &Timeline, width: u32, paint: Paint) -> Drawing {
    let height = AXIS_HEIGHT + ROW_HEIGHT * data.spans.len() as u32;
    picture(
        width,
        height,
        paint,
        |root| draw(data, root).unwrap_or_default(),
        |csv| table(data, csv),
    )
}

fn table(data: &Timeline, csv: &mut String) {
    write_row(csv, ["name", "from", "to", "used"]);
    for span in &data.spans {
        let instants = [span.from, span.to, span.used].map(|at| at.map_or_else(String::new, |at| at.to_string()));
        write_row(csv, std::iter::once(defused(&span.name)).chain(instants));
    }
}

/// Draws the chart on any backend and says where its spans are.
///
/// # Errors
/// Those of the backend.
pub fn draw<B: DrawingBackend>(
    data: &Timeline,
    root: &DrawingArea<B, Shift>,
) -> Result<Vec<Mark>, DrawingAreaErrorKind<B::ErrorType>> {
    let (width, height) = root.dim_in_pixel();
    let (width, bottom) = (width as i32, height as i32 - AXIS_HEIGHT as i32);
    let widest = data
        .spans
        .iter()
        .map(|span| text_width(&span.name, TEXT))
        .fold(0.0, f64::max);
    let left = (widest as i32 + 12).min(width / 3);
    let known = || {
        data.spans
            .iter()
            .flat_map(|span| [span.from, span.to, span.used])
            .flatten()
            .chain([data.now])
    };
    let first = known().min().unwrap_or(data.now).plus_days(-MARGIN_DAYS);
    let farthest = data.now.plus_days(first.days_until(data.now).max(LEAST_DAYS_AHEAD));
    let last = known().max().unwrap_or(data.now).min(farthest).plus_days(MARGIN_DAYS);
    let n_seconds = (last.0 - first.0).max(1) as f64;
    let x_of = |at: Instant| left + ((at.0.min(last.0) - first.0) as f64 / n_seconds * f64::from(width - left)) as i32;

    let label = text_style(Ink::Label);
    let (first_year, last_year) = (first.date().0 + 1, last.date().0);
    // A label for each year while they fit, then for every second, fifth, tenth.
    let room = f64::from(width - left) / (last_year - first_year + 1).max(1) as f64;
    let every = [1, 2, 5, 10, 50]
        .into_iter()
        .find(|every| room * *every as f64 >= 44.0)
        .unwrap_or(100);
    for year in (first_year..=last_year).filter(|year| year % every == 0) {
        let x = x_of(Instant::from_date(year, 1, 1));
        root.draw(&PathElement::new(vec![(x, 0), (x, bottom)], Ink::Grid.color()))?;
        root.draw_text(
            &year.to_string(),
            &label.pos(Pos::new(HPos::Center, VPos::Top)),
            (x, bottom + 8),
        )?;
    }
    let mut marks = Vec::new();
    for (row, span) in data.spans.iter().enumerate() {
        let y = (ROW_HEIGHT * row as u32 + ROW_HEIGHT / 2) as i32;
        let name = text_style(Ink::Text).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw_text(&fit(&span.name, TEXT, f64::from(left - 8)), &name, (0, y))?;
        let (from, to) = (span.from.map_or(left, x_of), span.to.map_or(width, x_of));
        let is_open = span.from.is_none() || span.to.is_none();
        let color = span.ink.color().mix(if is_open { 0.55 } else { 1.0 });
        root.draw(&Rectangle::new(
            [(from, y - 6), (to.max(from + 3), y + 6)],
            color.filled(),
        ))?;
        if span.to.is_some_and(|to| to > last) {
            let arrow = [(width - 11, y - 4), (width - 6, y), (width - 11, y + 4)];
            root.draw(&PathElement::new(arrow, Ink::Paper.color().stroke_width(2)))?;
        }
        if let Some(used) = span.used {
            root.draw(&Circle::new((x_of(used), y), 4, Ink::Text.color().filled()))?;
        }
        let day = |at: Option<Instant>, none: &str| at.map_or(none.to_owned(), Instant::to_date_text);
        marks.push(Mark {
            x: from,
            y: y - 12,
            width: (to - from).max(3),
            height: 24,
            category: row,
            series: 0,
            label: format!(
                "{}: from {} to {}, last used {}",
                span.name,
                day(span.from, "an unknown day"),
                day(span.to, "no known end"),
                day(span.used, "not known")
            ),
        });
    }
    let now = x_of(data.now);
    root.draw(&PathElement::new(vec![(now, 0), (now, bottom)], Ink::Bad.color()))?;
    Ok(marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_now_are_on_one_scale() {
        let day = |year| Some(Instant::from_date(year, 6, 1));
        let data = Timeline {
            now: Instant::from_date(2026, 10, 31),
            spans: vec![
                Span {
                    name: "key-1".into(),
                    from: day(2021),
                    to: None,
                    used: day(2026),
                    ink: Ink::Bad,
                },
                Span {
                    name: "cert".into(),
                    from: day(2026),
                    to: day(2027),
                    used: None,
                    ink: Ink::Good,
                },
            ],
        };
        let drawing = svg(&data, 500, Paint::Themed);
        assert!(drawing.marks[1].x > drawing.marks[0].x);
        insta::assert_snapshot!(drawing.svg);
    }
    #[test]
    fn what_ends_in_a_hundred_years_leaves_the_others_their_room() {
        let span = |from, to| Span {
            name: "secret".into(),
            from: Some(Instant::from_date(from, 1, 1)),
            to: Some(Instant::from_date(to, 1, 1)),
            used: None,
            ink: Ink::Good,
        };
        let data = Timeline {
            now: Instant::from_date(2026, 10, 31),
            spans: vec![span(2024, 2124), span(2024, 2027)],
        };
        let drawing = svg(&data, 500, Paint::Themed);
        let [long, short] = drawing.marks.as_slice() else {
            panic!("{:?}", drawing.marks)
        };
        assert_eq!(long.x + long.width, 500);
        assert!(short.width > 150, "{short:?}");
        assert!(long.label.contains("2124"));
    }
}
