//! One chart per file: its data, and how it is drawn. The page, the report and the golden call the same `draw`.
//!
//! Charts are drawn by plotters onto [`svg::Svg`], a backend of our own: it measures text by a table instead of a
//! page, so it works in a worker and under a strict Content-Security-Policy, and it writes the name of an ink instead
//! of a colour, so that the page's theme decides.

pub mod columns;
pub mod heat;
pub mod questions;
pub mod survival;
pub mod svg;
pub mod timeline;
pub mod trend;

use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

use crate::format::number as thousands;

/// A finished chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// A whole SVG element; every mark is named by the class of its ink.
    pub svg: String,
    /// Its width and height in pixels.
    pub size: (u32, u32),
    /// What one of its numbers is called, where the axis does not say.
    pub unit: String,
    /// Of a picture for a file: the data as RFC 4180, one plain number in each cell, as a spreadsheet calculates with it.
    pub csv: String,
    /// The parts that stand for rows, for tooltips and links over the picture.
    pub marks: Vec<Mark>,
}

/// A number without units or groups of digits. Written as a whole number of ten-thousandths, as [`svg`] does, because the
/// code that prints any floating-point number is large.
fn plain(value: f64) -> String {
    let parts = (value * 10_000.0).round() as i64;
    let sign = if parts < 0 { "-" } else { "" };
    let (whole, rest) = (parts.unsigned_abs() / 10_000, parts.unsigned_abs() % 10_000);
    match rest {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{rest:04}").trim_end_matches('0').to_owned(),
    }
}

/// A part of a chart that stands for a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// In the chart's own units: pixels from its upper left corner.
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
    /// Which category, and which series of it.
    pub category: usize,
    pub series: usize,
    /// What it says: `prod, aws-payments: 12 of 40 governed`.
    pub label: String,
}

/// What something is drawn with. The theme gives each ink its colour (`.ink-series-1` and so on).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ink {
    Text,
    /// Text that stands back: axis labels.
    Label,
    Grid,
    Series1,
    Series2,
    Series3,
    Series4,
    Series5,
    Series6,
    Good,
    Unknown,
    Bad,
    Warning,
    /// The steps of a sequence, lowest first.
    Step0,
    Step1,
    Step2,
    Step3,
    Step4,
    /// Text on the darker steps.
    OnStep,
    /// What the chart lies on.
    Paper,
}

impl Ink {
    pub const ALL: [Ink; 20] = [
        Ink::Text,
        Ink::Label,
        Ink::Grid,
        Ink::Series1,
        Ink::Series2,
        Ink::Series3,
        Ink::Series4,
        Ink::Series5,
        Ink::Series6,
        Ink::Good,
        Ink::Unknown,
        Ink::Bad,
        Ink::Warning,
        Ink::Step0,
        Ink::Step1,
        Ink::Step2,
        Ink::Step3,
        Ink::Step4,
        Ink::OnStep,
        Ink::Paper,
    ];

    /// The inks of a chart's series, in order.
    pub const SERIES: [Ink; 6] = [
        Ink::Series1,
        Ink::Series2,
        Ink::Series3,
        Ink::Series4,
        Ink::Series5,
        Ink::Series6,
    ];

    /// The CSS class.
    pub fn class(self) -> &'static str {
        match self {
            Ink::Text => "ink-text",
            Ink::Label => "ink-label",
            Ink::Grid => "ink-grid",
            Ink::Series1 => "ink-series-1",
            Ink::Series2 => "ink-series-2",
            Ink::Series3 => "ink-series-3",
            Ink::Series4 => "ink-series-4",
            Ink::Series5 => "ink-series-5",
            Ink::Series6 => "ink-series-6",
            Ink::Good => "ink-good",
            Ink::Unknown => "ink-unknown",
            Ink::Bad => "ink-bad",
            Ink::Warning => "ink-warning",
            Ink::Step0 => "ink-step-0",
            Ink::Step1 => "ink-step-1",
            Ink::Step2 => "ink-step-2",
            Ink::Step3 => "ink-step-3",
            Ink::Step4 => "ink-step-4",
            Ink::OnStep => "ink-on-step",
            Ink::Paper => "ink-paper",
        }
    }

    /// The colour in a picture that stands alone, outside any theme: readable on white, and by colour-blind readers.
    pub fn on_white(self) -> &'static str {
        match self {
            Ink::Text => "#16181d",
            Ink::Label => "#5b616e",
            Ink::Grid => "#e3e5ea",
            Ink::Series1 | Ink::Step3 => "#0072b2",
            Ink::Series2 => "#d55e00",
            Ink::Series3 | Ink::Good => "#00795a",
            Ink::Series4 => "#a8487f",
            Ink::Series5 => "#8a6d00",
            Ink::Series6 => "#5b616e",
            Ink::Unknown => "#b9bec8",
            Ink::Bad => "#b3261e",
            Ink::Warning => "#b25e00",
            Ink::Step0 => "#e8f1f8",
            Ink::Step1 => "#b5d4e9",
            Ink::Step2 => "#6aa9d2",
            Ink::Step4 => "#004a78",
            Ink::OnStep | Ink::Paper => "#ffffff",
        }
    }

    /// The ink as plotters carries it: a colour that is only a number, which [`svg::Svg`] turns back into the ink.
    fn color(self) -> RGBColor {
        RGBColor(0, 0, self as u8)
    }

    pub(crate) fn of_color(rgb: (u8, u8, u8)) -> Ink {
        Ink::ALL.get(rgb.2 as usize).copied().unwrap_or(Ink::Text)
    }
}
