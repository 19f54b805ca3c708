//! What pictures are drawn with: a canvas, or a file of SVG. Coordinates are pixels.

use std::fmt::{self, Write};

use wasm_bindgen::JsValue;
use web_sys::js_sys::Array;
use web_sys::{CanvasRenderingContext2d, Element, Window};

/// A part of an outline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    Move(f64, f64),
    Line(f64, f64),
    Curve([f64; 6]),
    /// Back to where the outline began.
    Close,
}

/// A colour by what it says; which one it is, the theme decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Paper,
    Quiet,
    Line,
    Edge,
    Text,
    TextQuiet,
    Accent,
    AccentSoft,
    Bad,
    Identity,
    Credential,
    Resource,
    Role,
    Outside,
    Other,
}

impl Ink {
    const ALL: [(Ink, &'static str); 15] = [
        (Ink::Paper, "--surface"),
        (Ink::Quiet, "--surface-quiet"),
        (Ink::Line, "--line"),
        (Ink::Edge, "--line-strong"),
        (Ink::Text, "--text"),
        (Ink::TextQuiet, "--text-quiet"),
        (Ink::Accent, "--accent"),
        (Ink::AccentSoft, "--accent-soft"),
        (Ink::Bad, "--fail"),
        (Ink::Identity, "--series-1"),
        (Ink::Credential, "--series-2"),
        (Ink::Resource, "--series-3"),
        (Ink::Role, "--series-4"),
        (Ink::Outside, "--series-5"),
        (Ink::Other, "--series-6"),
    ];
}

/// The colours of the theme, and the font, as the style sheet has them now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Palette {
    colours: Vec<String>,
    font: String,
}

impl Palette {
    /// Reads the colours where they are in force. A custom property is not computed (`light-dark()` stays as it is), so
    /// each is tried on the element's own colour.
    pub fn read(window: &Window, probe: &web_sys::HtmlElement) -> Palette {
        let mut palette = Palette::default();
        let Some(style) = computed(window, probe) else {
            return palette;
        };
        for (_, name) in Ink::ALL {
            // Fails for no colour at all, which then is black.
            let _ = probe.style().set_property("color", &format!("var({name})"));
            palette
                .colours
                .push(style.get_property_value("color").unwrap_or_default());
        }
        let _ = probe.style().remove_property("color");
        palette.font = style.get_property_value("font-family").unwrap_or_default();
        palette
    }

    pub fn colour(&self, ink: Ink) -> &str {
        let at = Ink::ALL.iter().position(|(known, _)| *known == ink);
        at.and_then(|at| self.colours.get(at)).map_or("black", String::as_str)
    }
}

fn computed(window: &Window, element: &Element) -> Option<web_sys::CssStyleDeclaration> {
    window.get_computed_style(element).ok()?
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    pub ink: Ink,
    pub width: f64,
    pub is_dashed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Letters {
    pub size: f64,
    pub ink: Ink,
    pub is_strong: bool,
    pub anchor: Anchor,
}

/// Which end of a text is at its place. Its middle is on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

pub trait Pen {
    fn path(&mut self, steps: &[Step], fill: Option<Ink>, stroke: Option<Stroke>);
    fn text(&mut self, text: &str, at: (f64, f64), letters: Letters);
    /// How much of what lies below shows through from now on, 1 for nothing.
    fn opacity(&mut self, opacity: f64);
}

/// Draws on a canvas.
pub struct CanvasPen<'a> {
    pub context: &'a CanvasRenderingContext2d,
    pub palette: &'a Palette,
}

impl Pen for CanvasPen<'_> {
    fn path(&mut self, steps: &[Step], fill: Option<Ink>, stroke: Option<Stroke>) {
        let context = self.context;
        context.begin_path();
        for step in steps {
            match *step {
                Step::Move(x, y) => context.move_to(x, y),
                Step::Line(x, y) => context.line_to(x, y),
                Step::Curve([a, b, c, d, x, y]) => context.bezier_curve_to(a, b, c, d, x, y),
                Step::Close => context.close_path(),
            }
        }
        if let Some(ink) = fill {
            context.set_fill_style_str(self.palette.colour(ink));
            context.fill();
        }
        if let Some(stroke) = stroke {
            let dashes = Array::new();
            if stroke.is_dashed {
                dashes.push(&JsValue::from(5.0));
                dashes.push(&JsValue::from(4.0));
            }
            // Fails for no list of numbers.
            let _ = context.set_line_dash(&dashes);
            context.set_stroke_style_str(self.palette.colour(stroke.ink));
            context.set_line_width(stroke.width);
            context.stroke();
        }
    }

    fn text(&mut self, text: &str, (x, y): (f64, f64), letters: Letters) {
        let weight = if letters.is_strong { "600 " } else { "" };
        self.context
            .set_font(&format!("{weight}{}px {}", Tenths(letters.size), self.palette.font));
        self.context.set_text_baseline("middle");
        self.context.set_text_align(match letters.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "center",
            Anchor::End => "end",
        });
        self.context.set_fill_style_str(self.palette.colour(letters.ink));
        // Fails for no number.
        let _ = self.context.fill_text(text, x, y);
    }

    fn opacity(&mut self, opacity: f64) {
        self.context.set_global_alpha(opacity);
    }
}

/// A number to one decimal. The standard library's own way of printing one is larger than this whole file.
struct Tenths(f64);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        let sign = if tenths < 0 { "-" } else { "" };
        let tenths = tenths.unsigned_abs();
        write!(f, "{sign}{}.{}", tenths / 10, tenths % 10)
    }
}

/// Writes SVG.
pub struct SvgPen<'a> {
    palette: &'a Palette,
    svg: String,
    opacity: f64,
}

impl<'a> SvgPen<'a> {
    pub fn new(palette: &'a Palette, (width, height): (f64, f64)) -> SvgPen<'a> {
        let font = escaped(&palette.font);
        let (width, height) = (width as u32, height as u32);
        let paper = palette.colour(Ink::Paper);
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"{font}\">\
             <rect width=\"100%\" height=\"100%\" fill=\"{paper}\"/>"
        );
        SvgPen {
            palette,
            svg,
            opacity: 1.0,
        }
    }

    pub fn finish(self) -> String {
        self.svg + "</svg>"
    }

    /// Writing to memory does not fail.
    fn write(&mut self, text: fmt::Arguments<'_>) {
        let _ = self.svg.write_fmt(text);
    }

    fn numbers(&mut self, letter: &str, numbers: &[f64]) {
        self.svg += letter;
        for number in numbers {
            self.write(format_args!("{} ", Tenths(*number)));
        }
    }

    fn write_opacity(&mut self) {
        if self.opacity < 1.0 {
            let hundredths = (self.opacity * 100.0) as u32;
            self.write(format_args!(" opacity=\".{hundredths:02}\""));
        }
    }
}

impl Pen for SvgPen<'_> {
    fn path(&mut self, steps: &[Step], fill: Option<Ink>, stroke: Option<Stroke>) {
        self.svg += "<path d=\"";
        for step in steps {
            match *step {
                Step::Move(x, y) => self.numbers("M", &[x, y]),
                Step::Line(x, y) => self.numbers("L", &[x, y]),
                Step::Curve(numbers) => self.numbers("C", &numbers),
                Step::Close => self.svg += "Z",
            }
        }
        let palette = self.palette;
        let fill = fill.map_or("none", |ink| palette.colour(ink));
        self.write(format_args!("\" fill=\"{fill}\""));
        if let Some(Stroke { ink, width, is_dashed }) = stroke {
            let (colour, width) = (palette.colour(ink), Tenths(width));
            self.write(format_args!(" stroke=\"{colour}\" stroke-width=\"{width}\""));
            if is_dashed {
                self.svg += " stroke-dasharray=\"5 4\"";
            }
        }
        self.write_opacity();
        self.svg += "/>";
    }

    fn text(&mut self, text: &str, (x, y): (f64, f64), letters: Letters) {
        let palette = self.palette;
        let (size, colour) = (Tenths(letters.size), palette.colour(letters.ink));
        let (x, y) = (Tenths(x), Tenths(y));
        let anchor = match letters.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if letters.is_strong { 600 } else { 400 };
        self.write(format_args!(
            "<text x=\"{x}\" y=\"{y}\" dy=\"0.35em\" font-size=\"{size}\" font-weight=\"{weight}\" \
             text-anchor=\"{anchor}\" fill=\"{colour}\""
        ));
        self.write_opacity();
        self.svg += ">";
        self.svg += &escaped(text);
        self.svg += "</text>";
    }

    fn opacity(&mut self, opacity: f64) {
        self.opacity = opacity;
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            // XML has no other control characters.
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_text() {
        let palette = Palette::default();
        let mut pen = SvgPen::new(&palette, (10.0, 10.0));
        let letters = Letters {
            size: 12.0,
            ink: Ink::Text,
            is_strong: false,
            anchor: Anchor::Start,
        };
        pen.text("</text><script>\u{1}\"&", (1.0, 2.0), letters);
        let svg = pen.finish();
        assert!(
            svg.ends_with(">&lt;/text&gt;&lt;script&gt; &quot;&amp;</text></svg>"),
            "{svg}"
        );
    }
}
