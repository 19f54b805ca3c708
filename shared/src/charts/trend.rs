//! A number over the snapshots: its line, its interval, and hollow points where nothing can be compared.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::columns::{nice_ceiling, text_style};
use super::svg::{Paint, picture, text_width};
use super::{Drawing, Ink, Mark, plain, thousands};
use crate::format::csv::write_row;
use crate::model::instant::Instant;

/// The data of a trend, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    pub points: Vec<TrendPoint>,
    /// What the number would be by another test, at the same instants: a second line, whose points are squares. Empty
    /// where there is no other.
    pub others: Vec<TrendPoint>,
    pub scale: Scale,
}

/// One line of the chart.
#[derive(Clone, Copy)]
enum Line {
    Is,
    WouldBe,
}

impl Line {
    fn ink(self) -> Ink {
        match self {
            Line::Is => Ink::Series1,
            Line::WouldBe => Ink::Series2,
        }
    }

    fn points(self, data: &Trend) -> &[TrendPoint] {
        match self {
            Line::Is => &data.points,
            Line::WouldBe => &data.others,
        }
    }
}

/// The number in one snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendPoint {
    pub at: Instant,
    /// `None` when there is no number: the line has a gap.
    pub value: Option<f64>,
    /// The upper end of what it may be.
    pub upper: Option<f64>,
    pub standing: Standing,
    /// What the point says: `31 Oct 2026: 19.5%`.
    pub label: String,
}

/// Whether a point can be compared with the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Comparable,
    /// Drawn hollow; the line to it claims nothing and is faint.
    Incomparable,
}

/// What the numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// 0 to 1, on an axis of 0 to 100 %.
    Share,
    /// From zero.
    Number,
}

const TEXT: f64 = 12.0;
const RADIUS: i32 = 4;

/// The chart with its axes as SVG.
pub fn svg(data: &Trend, width: u32, height: u32, paint: Paint) -> Drawing {
    picture(
        width,
        height,
        paint,
        |root| draw(data, root).unwrap_or_default(),
        |csv| table(data, csv),
    )
}

fn table(data: &Trend, csv: &mut String) {
    write_row(csv, ["as_of", "value", "upper", "comparable", "would_be"]);
    for (at, point) in data.points.iter().enumerate() {
        let number = |value: Option<f64>| value.map_or_else(String::new, plain);
        let comparable = match point.standing {
            Standing::Comparable => "yes",
            Standing::Incomparable => "no",
        };
        let would_be = data.others.get(at).and_then(|other| other.value);
        let cells = [
            point.at.to_string(),
            number(point.value),
            number(point.upper),
            comparable.to_owned(),
            number(would_be),
        ];
        write_row(csv, &cells);
    }
}

/// The line alone as SVG, to stand beside its number. Its height is what the numbers span, not from zero.
pub fn spark(data: &Trend, width: u32, height: u32) -> Drawing {
    picture(
        width,
        height,
        Paint::Themed,
        |root| draw_spark(data, root).unwrap_or_default(),
        |_| (),
    )
}

type Drawn<E> = Result<Vec<Mark>, DrawingAreaErrorKind<E>>;

/// Draws the chart on any backend and says where its points are.
///
/// # Errors
/// Those of the backend.
pub fn draw<B: DrawingBackend>(data: &Trend, root: &DrawingArea<B, Shift>) -> Drawn<B::ErrorType> {
    let (width, height) = root.dim_in_pixel();
    let (width, height) = (width as i32, height as i32);
    let top = match data.scale {
        Scale::Share => 100,
        Scale::Number => nice_ceiling(highest(data).ceil() as u64).max(4),
    };
    let ticks: Vec<u64> = (0..=4).map(|step| top * step / 4).collect();
    let name = |tick: u64| match data.scale {
        Scale::Share => format!("{tick}%"),
        Scale::Number => thousands(tick),
    };
    let widest = ticks
        .iter()
        .map(|tick| text_width(&name(*tick), TEXT))
        .fold(0.0, f64::max);
    let frame = Frame {
        left: widest as i32 + 16,
        right: width - RADIUS - 2,
        top: 10,
        bottom: height - 26,
        lowest: 0.0,
        highest: match data.scale {
            Scale::Share => 1.0,
            Scale::Number => top as f64,
        },
    };
    let label = text_style(Ink::Label);
    for (step, tick) in ticks.iter().enumerate() {
        let y = frame.y(frame.highest * step as f64 / 4.0);
        root.draw(&PathElement::new(
            vec![(frame.left - 6, y), (width, y)],
            Ink::Grid.color(),
        ))?;
        let style = label.pos(Pos::new(HPos::Right, VPos::Center));
        root.draw_text(&name(*tick), &style, (frame.left - 12, y))?;
    }
    // Dates that would touch are left out, but never the newest.
    let n_points = data.points.len();
    let room = f64::from(frame.right - frame.left) / n_points.max(1) as f64;
    let every = ((text_width("30 Sep 26", TEXT) + 12.0) / room).ceil().max(1.0) as usize;
    for (at, point) in data.points.iter().enumerate() {
        if (n_points - 1 - at).is_multiple_of(every) {
            let text = month(point.at);
            let half = text_width(&text, TEXT) / 2.0;
            let x = f64::from(frame.x(data, at)).min(f64::from(width) - half).max(half);
            let style = label.pos(Pos::new(HPos::Center, VPos::Top));
            root.draw_text(&text, &style, (x as i32, frame.bottom + 8))?;
        }
    }
    band(data, root, &frame)?;
    let half = (room / 2.0).clamp(8.0, 24.0) as i32;
    let mut marks = Vec::new();
    // What is lies over what would be.
    for (series, of) in [(1, Line::WouldBe), (0, Line::Is)] {
        line(data, of, root, &frame)?;
        for (at, point) in of.points(data).iter().enumerate() {
            let Some(value) = point.value else { continue };
            let (x, y) = (frame.x(data, at), frame.y(value));
            dot(root, (x, y), of, point.standing)?;
            marks.push(Mark {
                x: x - half,
                y: y - 12,
                width: 2 * half,
                height: 24,
                category: at,
                series,
                label: point.label.clone(),
            });
        }
    }
    Ok(marks)
}

fn draw_spark<B: DrawingBackend>(data: &Trend, root: &DrawingArea<B, Shift>) -> Drawn<B::ErrorType> {
    let (width, height) = root.dim_in_pixel();
    let values = || data.points.iter().filter_map(|point| point.value);
    let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
    // What hardly moves is drawn as what hardly moves.
    let least = match data.scale {
        Scale::Share => 0.1,
        Scale::Number => (high.abs() * 0.1).max(1.0),
    };
    let spare = ((least - (high - low)) / 2.0).max(0.0);
    let frame = Frame {
        left: RADIUS,
        right: width as i32 - RADIUS - 1,
        top: RADIUS + 1,
        bottom: height as i32 - RADIUS - 1,
        lowest: low - spare,
        highest: high + spare,
    };
    line(data, Line::Is, root, &frame)?;
    if let Some((at, point)) = data.points.iter().enumerate().next_back()
        && let Some(value) = point.value
    {
        dot(root, (frame.x(data, at), frame.y(value)), Line::Is, point.standing)?;
    }
    Ok(Vec::new())
}

/// The interval, between points that have a number.
fn band<B: DrawingBackend>(
    data: &Trend,
    root: &DrawingArea<B, Shift>,
    frame: &Frame,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    for (at, pair) in data.points.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        let (Some(from), Some(to)) = (before.value, after.value) else {
            continue;
        };
        let (x, next_x) = (frame.x(data, at), frame.x(data, at + 1));
        let (from_upper, to_upper) = (before.upper.unwrap_or(from), after.upper.unwrap_or(to));
        if from_upper > from || to_upper > to {
            let band = vec![
                (x, frame.y(from)),
                (x, frame.y(from_upper)),
                (next_x, frame.y(to_upper)),
                (next_x, frame.y(to)),
            ];
            root.draw(&Polygon::new(band, Ink::Series1.color().mix(0.18).filled()))?;
        }
    }
    Ok(())
}

/// The line, in pieces between points that have a number.
fn line<B: DrawingBackend>(
    data: &Trend,
    of: Line,
    root: &DrawingArea<B, Shift>,
    frame: &Frame,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    for (at, pair) in of.points(data).windows(2).enumerate() {
        let [before, after] = pair else { continue };
        let (Some(from), Some(to)) = (before.value, after.value) else {
            continue;
        };
        let (x, next_x) = (frame.x(data, at), frame.x(data, at + 1));
        let is_claimed = before.standing == Standing::Comparable && after.standing == Standing::Comparable;
        let color = of.ink().color().mix(if is_claimed { 1.0 } else { 0.4 });
        let path = vec![(x, frame.y(from)), (next_x, frame.y(to))];
        root.draw(&PathElement::new(path, color.stroke_width(2)))?;
    }
    Ok(())
}

fn dot<B: DrawingBackend>(
    root: &DrawingArea<B, Shift>,
    (x, y): (i32, i32),
    of: Line,
    standing: Standing,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let ink = of.ink().color();
    let shape = |style: ShapeStyle| match of {
        Line::Is => root.draw(&Circle::new((x, y), RADIUS, style)),
        Line::WouldBe => root.draw(&Rectangle::new([(x - 3, y - 3), (x + 3, y + 3)], style)),
    };
    match standing {
        Standing::Comparable => shape(ink.filled()),
        Standing::Incomparable => {
            shape(Ink::Paper.color().filled())?;
            shape(ink.stroke_width(2))
        }
    }
}

/// Where numbers and snapshots lie.
struct Frame {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    lowest: f64,
    highest: f64,
}

impl Frame {
    /// By time, so that an uneven rhythm of snapshots is seen.
    fn x(&self, data: &Trend, at: usize) -> i32 {
        let seconds = |point: Option<&TrendPoint>| point.map_or(0, |point| point.at.0);
        let (first, last) = (seconds(data.points.first()), seconds(data.points.last()));
        if first == last {
            return (self.left + self.right) / 2;
        }
        let part = (seconds(data.points.get(at)) - first) as f64 / (last - first) as f64;
        self.left + (part * f64::from(self.right - self.left)) as i32
    }

    fn y(&self, value: f64) -> i32 {
        let part = (value - self.lowest) / (self.highest - self.lowest).max(f64::EPSILON);
        self.bottom - (part * f64::from(self.bottom - self.top)) as i32
    }
}

fn highest(data: &Trend) -> f64 {
    let ends = data.points.iter().chain(&data.others);
    let ends = ends.filter_map(|point| point.upper.or(point.value));
    ends.fold(0.0, f64::max)
}

/// `31 Oct 26`
fn month(at: Instant) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (year, month, day) = at.date();
    let name = MONTHS.get(usize::from(month).wrapping_sub(1)).copied().unwrap_or("");
    format!("{day} {name} {:02}", year.rem_euclid(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trend() -> Trend {
        let point = |month, value, upper, standing| TrendPoint {
            at: Instant::from_date(2026, month, 1),
            value,
            upper,
            standing,
            label: format!("month {month}"),
        };
        Trend {
            points: vec![
                point(1, Some(0.2), Some(0.3), Standing::Incomparable),
                point(2, None, None, Standing::Incomparable),
                point(3, Some(0.4), Some(0.4), Standing::Comparable),
                point(4, Some(0.6), Some(0.7), Standing::Comparable),
            ],
            others: Vec::new(),
            scale: Scale::Share,
        }
    }

    #[test]
    fn what_would_be_is_a_second_line_of_squares() {
        let mut both = trend();
        both.others = both.points.clone();
        both.others[3].value = Some(0.9);
        let drawing = svg(&both, 480, 200, Paint::Themed);
        assert_eq!(drawing.marks.iter().filter(|mark| mark.series == 1).count(), 3);
        insta::assert_snapshot!(drawing.svg);
    }

    #[test]
    fn a_trend_has_a_mark_for_each_number_and_a_gap_where_there_is_none() {
        let drawing = svg(&trend(), 480, 200, Paint::Themed);
        assert_eq!(
            drawing.marks.iter().map(|mark| mark.category).collect::<Vec<_>>(),
            [0, 2, 3]
        );
        // One piece of line, between the last two.
        assert_eq!(drawing.svg.matches("stroke-width=\"2\"").count(), 2);
        insta::assert_snapshot!(drawing.svg);
    }

    #[test]
    fn a_spark_is_a_line_and_its_end() {
        let drawing = spark(&trend(), 96, 28);
        assert!(drawing.marks.is_empty());
        insta::assert_snapshot!(drawing.svg);
    }

    #[test]
    fn one_snapshot_is_a_dot_in_the_middle() {
        let mut one = trend();
        one.points.truncate(1);
        let drawing = svg(&one, 480, 200, Paint::Themed);
        assert_eq!(drawing.marks.len(), 1);
        assert!((200..320).contains(&(drawing.marks[0].x + drawing.marks[0].width / 2)));
        assert!(
            spark(
                &Trend {
                    points: Vec::new(),
                    ..one
                },
                96,
                28
            )
            .marks
            .is_empty()
        );
    }
}
