//! How many last longer than an age: a curve of steps with its band, and the age that half do not outlast.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::columns::text_style;
use super::svg::{Paint, picture, text_width};
use super::{Drawing, Ink, Mark, plain, thousands};
use crate::format::csv::write_row;

/// The data of a survival curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Survival {
    /// By age, from the day on which the first is under observation.
    pub steps: Vec<Step>,
    pub median_days: Option<u32>,
}

/// What lasts longer than an age, until the next step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub days: u32,
    /// From 0 to 1, with its band.
    pub share: f64,
    pub lower: f64,
    pub upper: f64,
    /// What the step says: `90 d: 62% are still in place`.
    pub label: String,
}

const TEXT: f64 = 12.0;
/// Days between two marks of the axis: weeks, months, quarters, years.
const RHYTHMS: [u32; 7] = [7, 30, 90, 180, 365, 730, 1_825];

/// The chart as SVG.
pub fn svg(data: &Survival, width: u32, height: u32, paint: Paint) -> Drawing {
    picture(
        width,
        height,
        paint,
        |root| draw(data, root).unwrap_or_default(),
        |csv| table(data, csv),
    )
}

fn table(data: &Survival, csv: &mut String) {
    write_row(csv, ["days", "share", "lower", "upper"]);
    for step in &data.steps {
        let shares = [step.share, step.lower, step.upper].map(plain);
        write_row(csv, std::iter::once(step.days.to_string()).chain(shares));
    }
}

/// Draws the chart on any backend and says where its steps are.
///
/// # Errors
/// Those of the backend.
pub fn draw<B: DrawingBackend>(
    data: &Survival,
    root: &DrawingArea<B, Shift>,
) -> Result<Vec<Mark>, DrawingAreaErrorKind<B::ErrorType>> {
    let (width, height) = root.dim_in_pixel();
    let (width, height) = (width as i32, height as i32);
    let (left, right) = (text_width("100%", TEXT) as i32 + 16, width - 8);
    let (top, bottom) = (10, height - 26);
    let end = data.steps.last().map_or(0, |step| step.days).max(1);
    let x = |days: u32| left + (f64::from(days) / f64::from(end) * f64::from(right - left)) as i32;
    let y = |share: f64| bottom - (share * f64::from(bottom - top)) as i32;

    let label = text_style(Ink::Label);
    for quarter in 0..=4 {
        let at = y(f64::from(quarter) / 4.0);
        root.draw(&PathElement::new(vec![(left - 6, at), (width, at)], Ink::Grid.color()))?;
        let style = label.pos(Pos::new(HPos::Right, VPos::Center));
        root.draw_text(&format!("{}%", quarter * 25), &style, (left - 12, at))?;
    }
    let fits = (f64::from(right - left) / (text_width("1,000 d", TEXT) + 16.0)).max(1.0) as u32;
    let rhythm = RHYTHMS.into_iter().find(|days| end / days <= fits).unwrap_or(end);
    for days in (0..=end).step_by(rhythm as usize) {
        let text = format!("{} d", thousands(u64::from(days)));
        let half = text_width(&text, TEXT) / 2.0;
        let at = f64::from(x(days)).min(f64::from(width) - half);
        let style = label.pos(Pos::new(HPos::Center, VPos::Top));
        root.draw_text(&text, &style, (at as i32, bottom + 8))?;
    }

    // Each step holds until the next one.
    let spans = data.steps.iter().enumerate().map(|(at, step)| {
        let next = data.steps.get(at + 1).map_or(end, |next| next.days);
        (x(step.days), x(next), step)
    });
    for (from, to, step) in spans.clone() {
        let band = Ink::Series1.color().mix(0.16).filled();
        root.draw(&Rectangle::new([(from, y(step.upper)), (to, y(step.lower))], band))?;
    }
    let line: Vec<(i32, i32)> = spans
        .clone()
        .flat_map(|(from, to, step)| [(from, y(step.share)), (to, y(step.share))])
        .collect();
    root.draw(&PathElement::new(line, Ink::Series1.color().stroke_width(2)))?;
    if let Some(days) = data.median_days.filter(|days| *days <= end) {
        let ink = Ink::Text.color();
        root.draw(&PathElement::new(
            vec![(left, y(0.5)), (x(days), y(0.5)), (x(days), bottom)],
            ink,
        ))?;
        root.draw(&Circle::new((x(days), y(0.5)), 4, ink.filled()))?;
        let text = format!("half by {days} d");
        let has_room = f64::from(x(days)) + 10.0 + text_width(&text, TEXT) < f64::from(width);
        let (side, at) = if has_room { (HPos::Left, 8) } else { (HPos::Right, -8) };
        let style = text_style(Ink::Text).pos(Pos::new(side, VPos::Bottom));
        root.draw_text(&text, &style, (x(days) + at, y(0.5) - 6))?;
    }
    let marks = spans.enumerate().filter(|(_, (from, to, _))| to > from);
    Ok(marks
        .map(|(category, (from, to, step))| Mark {
            x: from,
            y: top,
            width: to - from,
            height: bottom - top,
            category,
            series: 0,
            label: step.label.clone(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survival() -> Survival {
        let step = |days, share| Step {
            days,
            share,
            lower: share - 0.1_f64.min(share),
            upper: (share + 0.1).min(1.0),
            label: format!("{days} d"),
        };
        Survival {
            steps: vec![step(0, 1.0), step(45, 0.8), step(90, 0.4), step(120, 0.1)],
            median_days: Some(90),
        }
    }

    #[test]
    fn each_step_has_its_mark_until_the_next() {
        let drawing = svg(&survival(), 480, 200, Paint::Themed);
        // The last step is where the curve ends.
        assert_eq!(
            drawing.marks.iter().map(|mark| mark.category).collect::<Vec<_>>(),
            [0, 1, 2]
        );
        assert!(
            drawing
                .marks
                .windows(2)
                .all(|pair| pair[0].x + pair[0].width == pair[1].x)
        );
        insta::assert_snapshot!(drawing.svg);
    }

    #[test]
    fn a_median_that_is_not_known_is_not_drawn() {
        let unknown = Survival {
            median_days: None,
            ..survival()
        };
        assert!(!svg(&unknown, 480, 200, Paint::Themed).svg.contains("half by"));
        let nothing = Survival {
            steps: Vec::new(),
            median_days: None,
        };
        assert!(svg(&nothing, 480, 200, Paint::Themed).marks.is_empty());
    }
}
