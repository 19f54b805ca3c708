//! A plotters backend that writes SVG with inks in place of colours, and measures text without a page.

use std::convert::Infallible;
use std::fmt::{self, Write};

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontTransform,
};

use super::{Drawing, Ink, Mark};

/// An SVG element under construction.
pub struct Svg<'a> {
    out: &'a mut String,
    size: (u32, u32),
    paint: Paint,
}

/// How inks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// As classes, for a page with a theme.
    Themed,
    /// As colours on white, for a file.
    Standalone,
}

/// The family in pictures that stand alone, and the one that the widths below are close to.
const FONT_FAMILY: &str = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif";

impl<'a> Svg<'a> {
    /// Begins a picture of `width` × `height` pixels, which scales with its container.
    pub fn new(out: &'a mut String, width: u32, height: u32, paint: Paint) -> Svg<'a> {
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             class=\"chart-picture\" font-family=\"{FONT_FAMILY}\""
        );
        out.push_str(match paint {
            // The page says in words what it shows.
            Paint::Themed => " aria-hidden=\"true\" focusable=\"false\">",
            Paint::Standalone => ">",
        });
        Svg {
            out,
            size: (width, height),
            paint,
        }
    }

    fn fill(&mut self, color: BackendColor) {
        let ink = Ink::of_color(color.rgb);
        let _ = match self.paint {
            Paint::Themed => write!(self.out, " class=\"fill {}\"", ink.class()),
            Paint::Standalone => write!(self.out, " fill=\"{}\"", ink.on_white()),
        };
        self.opacity(color);
    }

    fn stroke(&mut self, color: BackendColor, width: u32) {
        let ink = Ink::of_color(color.rgb);
        let _ = match self.paint {
            Paint::Themed => write!(self.out, " class=\"stroke {}\"", ink.class()),
            Paint::Standalone => write!(self.out, " fill=\"none\" stroke=\"{}\"", ink.on_white()),
        };
        let _ = write!(self.out, " stroke-width=\"{width}\"");
        self.opacity(color);
    }

    fn opacity(&mut self, color: BackendColor) {
        if color.alpha < 1.0 {
            let _ = write!(self.out, " opacity=\"0.{:02}\"", (color.alpha * 100.0) as u32);
        }
    }

    fn points(&mut self, points: impl IntoIterator<Item = BackendCoord>) {
        self.out.push_str(" points=\"");
        for (index, (x, y)) in points.into_iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            let _ = write!(self.out, "{space}{x},{y}");
        }
        self.out.push('"');
    }
}

impl DrawingBackend for Svg<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        if !self.out.ends_with("</svg>") {
            self.out.push_str("</svg>");
        }
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Result<(), DrawingErrorKind<Infallible>> {
        let _ = write!(self.out, "<rect x=\"{x}\" y=\"{y}\" width=\"1\" height=\"1\"");
        self.fill(color);
        self.out.push_str("/>");
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        if style.color().alpha > 0.0 {
            let _ = write!(
                self.out,
                "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"",
                from.0, from.1, to.0, to.1
            );
            self.stroke(style.color(), style.stroke_width());
            self.out.push_str("/>");
        }
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        if style.color().alpha > 0.0 {
            let (width, height) = (bottom_right.0 - upper_left.0, bottom_right.1 - upper_left.1);
            let _ = write!(
                self.out,
                "<rect x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\"",
                upper_left.0, upper_left.1
            );
            if fill {
                self.fill(style.color())
            } else {
                self.stroke(style.color(), style.stroke_width())
            }
            self.out.push_str("/>");
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        if style.color().alpha > 0.0 {
            self.out.push_str("<polyline");
            self.points(path);
            self.stroke(style.color(), style.stroke_width());
            self.out.push_str("/>");
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        if style.color().alpha > 0.0 {
            let _ = write!(
                self.out,
                "<circle cx=\"{}\" cy=\"{}\" r=\"{radius}\"",
                center.0, center.1
            );
            if fill {
                self.fill(style.color())
            } else {
                self.stroke(style.color(), style.stroke_width())
            }
            self.out.push_str("/>");
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vertices: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        if style.color().alpha > 0.0 {
            self.out.push_str("<polygon");
            self.points(vertices);
            self.fill(style.color());
            self.out.push_str("/>");
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        if style.color().alpha <= 0.0 || text.is_empty() {
            return Ok(());
        }
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        // Half of the height of capitals puts a text's middle on the line.
        let down = match style.anchor().v_pos {
            VPos::Top => style.size() * 0.8,
            VPos::Center => style.size() * 0.35,
            VPos::Bottom => 0.0,
        };
        let _ = write!(
            self.out,
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\" font-size=\"{}\"",
            Tenths(f64::from(y) + down),
            Tenths(style.size())
        );
        if let Some(degrees) = turned(style.transform()) {
            let _ = write!(self.out, " transform=\"rotate({degrees} {x} {y})\"");
        }
        self.fill(style.color());
        self.out.push('>');
        escape(text, self.out);
        self.out.push_str("</text>");
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let (width, height) = (text_width(text, style.size()) as u32, style.size().ceil() as u32);
        Ok(if turned(style.transform()).is_some() {
            (height, width)
        } else {
            (width, height)
        })
    }

    fn blit_bitmap(&mut self, _: BackendCoord, _: (u32, u32), _: &[u8]) -> Result<(), DrawingErrorKind<Infallible>> {
        // No chart has a bitmap: a picture of text stays text.
        Ok(())
    }
}

/// A chart as SVG: what `draw` puts on the area, with the marks that it returns.
pub(super) fn picture(
    width: u32,
    height: u32,
    paint: Paint,
    draw: impl FnOnce(&DrawingArea<Svg<'_>, Shift>) -> Vec<Mark>,
    table: impl FnOnce(&mut String),
) -> Drawing {
    let mut svg = String::new();
    let marks = {
        let root = Svg::new(&mut svg, width, height, paint).into_drawing_area();
        let marks = draw(&root);
        // The backend cannot fail: it writes to memory.
        let _ = root.present();
        marks
    };
    let mut csv = String::new();
    if paint == Paint::Standalone {
        table(&mut csv);
    }
    Drawing {
        svg,
        size: (width, height),
        unit: String::new(),
        csv,
        marks,
    }
}

/// A picture for a file, which stands on its own: on white, below its question, what it says of itself, and the names of its
/// series.
pub fn captioned(drawing: &Drawing, title: &str, line: &str, legend: &[(String, Ink)]) -> String {
    const SIZE: u32 = 14;
    const ROW: u32 = 22;
    let (width, height) = drawing.size;
    let above = ROW * if legend.is_empty() { 2 } else { 3 } + 12;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {0}\" width=\"{width}\" height=\"{0}\" \
         role=\"img\" font-family=\"{FONT_FAMILY}\" font-size=\"{SIZE}\"><title>",
        height + above
    );
    escape(title, &mut out);
    let _ = write!(
        out,
        "</title><rect width=\"{width}\" height=\"{}\" fill=\"#ffffff\"/>",
        height + above
    );
    let mut text = |x: u32, y: u32, ink: Ink, text: &str| {
        let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" fill=\"{}\">", ink.on_white());
        escape(text, &mut out);
        out.push_str("</text>");
    };
    text(0, ROW, Ink::Text, title);
    text(0, 2 * ROW, Ink::Label, line);
    let mut x = 0;
    for (name, ink) in legend {
        text(x, 3 * ROW, *ink, "■");
        text(x + ROW, 3 * ROW, Ink::Label, name);
        x += 2 * ROW + text_width(name, f64::from(SIZE)) as u32;
    }
    let _ = write!(out, "<g transform=\"translate(0 {above})\">{}</g></svg>", drawing.svg);
    out
}

/// A coordinate with at most one decimal. Whole numbers are printed, because the code that prints any floating-point
/// number would be a thirtieth of the program in the browser.
struct Tenths(f64);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        let sign = if tenths < 0 { "-" } else { "" };
        match tenths.unsigned_abs() % 10 {
            0 => write!(f, "{sign}{}", tenths.unsigned_abs() / 10),
            tenth => write!(f, "{sign}{}.{tenth}", tenths.unsigned_abs() / 10),
        }
    }
}

fn turned(transform: FontTransform) -> Option<i32> {
    match transform {
        FontTransform::None => None,
        FontTransform::Rotate90 => Some(90),
        FontTransform::Rotate180 => Some(180),
        FontTransform::Rotate270 => Some(270),
    }
}

/// The width of a text in pixels: advance widths of the common UI fonts, in thousandths of the size, rounded up.
pub fn text_width(text: &str, size: f64) -> f64 {
    let thousandths: u32 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' => 280,
            'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' | ' ' | 'I' => 360,
            'm' | 'w' | 'M' | 'W' | '@' | '%' => 880,
            'A'..='Z' | '≤' | '≥' | '–' => 670,
            '0'..='9' => 570,
            c if c.is_ascii() => 560,
            _ => 700,
        })
        .sum();
    f64::from(thousandths) * size / 1_000.0
}

/// A text cut to a width, with an ellipsis where something is missing.
pub fn fit(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    for c in text.chars() {
        if text_width(&cut, size) + text_width("…m", size) > width {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_and_never_markup() {
        let mut out = String::new();
        escape("<script>\"&\u{7}", &mut out);
        assert_eq!(out, "&lt;script&gt;&quot;&amp; ");
    }

    #[test]
    fn a_file_says_what_it_is() {
        let drawing = picture(100, 50, Paint::Standalone, |_| Vec::new(), |csv| csv.push_str("a\r\n"));
        let svg = captioned(
            &drawing,
            "What <ends>?",
            "31 Oct 2026",
            &[("Keys".to_owned(), Ink::Series1)],
        );
        for part in [
            "height=\"128\"",
            "<title>What &lt;ends&gt;?</title>",
            ">31 Oct 2026<",
            ">Keys<",
            "<g transform",
        ] {
            assert!(svg.contains(part), "{part} is not in {svg}");
        }
        assert!(!svg.contains("aria-hidden"));
        assert_eq!(drawing.csv, "a\r\n");
        assert!(
            picture(1, 1, Paint::Themed, |_| Vec::new(), |csv| csv.push('x'))
                .csv
                .is_empty()
        );
    }

    #[test]
    fn long_names_are_cut_visibly() {
        assert_eq!(fit("short", 12.0, 100.0), "short");
        let cut = fit("a-very-long-service-account-name", 12.0, 80.0);
        assert!(cut.ends_with('…') && text_width(&cut, 12.0) <= 80.0, "{cut}");
    }
}
