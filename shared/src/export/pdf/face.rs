//! The typeface: how wide a text is, where it breaks, and which glyphs it has.

use std::cell::RefCell;

use hashbrown::HashMap;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::ttf_parser::Tag;
use rustybuzz::{Feature, UnicodeBuffer};

use crate::diagnostic::printable;

/// Inter, reduced: `fonts/OFL.txt` says to what.
const REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.otf");
const SEMI_BOLD: &[u8] = include_bytes!("../fonts/Inter-SemiBold.otf");

/// One weight.
pub struct Face {
    pub font: Font,
    shaper: rustybuzz::Face<'static>,
    units: f32,
    /// Widths of words, in units of the em.
    widths: RefCell<HashMap<String, f32>>,
}

/// Both weights.
pub struct Faces {
    pub regular: Face,
    pub bold: Face,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

impl Faces {
    /// The built-in fonts; `None` when they are broken.
    pub fn new() -> Option<Faces> {
        Some(Faces {
            regular: Face::new(REGULAR)?,
            bold: Face::new(SEMI_BOLD)?,
        })
    }

    pub fn of(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

impl Face {
    fn new(bytes: &'static [u8]) -> Option<Face> {
        let shaper = rustybuzz::Face::from_slice(bytes, 0)?;
        Some(Face {
            font: Font::new(bytes.into(), 0)?,
            units: shaper.units_per_em() as f32,
            shaper,
            widths: RefCell::default(),
        })
    }

    /// Text with what the font has: other characters are spelled by their number, so that two names stay two.
    pub fn spelled(&self, text: &str) -> String {
        let mut spelled = String::with_capacity(text.len());
        for c in printable(text).chars() {
            match self.shaper.glyph_index(c) {
                Some(_) => spelled.push(c),
                None => spelled.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            }
        }
        spelled
    }

    /// The glyphs of one line, with figures of one width.
    pub fn shape(&self, text: &str) -> Vec<KrillaGlyph> {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(rustybuzz::Direction::LeftToRight);
        buffer.guess_segment_properties();
        let features = [Feature::new(Tag::from_bytes(b"tnum"), 1, ..)];
        let shaped = rustybuzz::shape(&self.shaper, &features, buffer);
        let infos = shaped.glyph_infos();
        let starts: Vec<usize> = infos.iter().map(|info| info.cluster as usize).collect();
        let end = |start: usize| {
            starts
                .iter()
                .copied()
                .filter(|at| *at > start)
                .min()
                .unwrap_or(text.len())
        };
        let glyphs = infos.iter().zip(shaped.glyph_positions()).map(|(info, position)| {
            let start = info.cluster as usize;
            let units = |n: i32| n as f32 / self.units;
            KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                units(position.x_advance),
                units(position.x_offset),
                units(position.y_offset),
                units(position.y_advance),
                start..end(start),
                None,
            )
        });
        glyphs.collect()
    }

    /// The width of a text at a size, in points.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        if let Some(width) = self.widths.borrow().get(text) {
            return width * size;
        }
        let width: f32 = self.shape(text).iter().map(|glyph| glyph.x_advance).sum();
        self.widths.borrow_mut().insert(text.to_owned(), width);
        width * size
    }

    /// Breaks a text into lines of at most a width: at spaces, and within what is longer than a line.
    pub fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let space = self.width(" ", size);
        let mut lines: Vec<String> = Vec::new();
        let (mut line, mut line_width) = (String::new(), 0.0);
        for word in self.spelled(text).split_whitespace() {
            for (piece, is_first) in self.pieces(word, size, width) {
                let piece_width = self.width(&piece, size);
                let gap = if is_first && !line.is_empty() { space } else { 0.0 };
                if !line.is_empty() && (!is_first || line_width + gap + piece_width > width) {
                    lines.push(std::mem::take(&mut line));
                    line_width = 0.0;
                } else if gap > 0.0 {
                    line.push(' ');
                    line_width += gap;
                }
                line.push_str(&piece);
                line_width += piece_width;
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }

    /// A word in pieces that fit into a line, broken after what joins the parts of names. Each says whether it begins
    /// the word.
    fn pieces(&self, word: &str, size: f32, width: f32) -> Vec<(String, bool)> {
        if self.width(word, size) <= width {
            return vec![(word.to_owned(), true)];
        }
        let mut pieces = Vec::new();
        let mut rest = word;
        while !rest.is_empty() {
            let mut fits = 0;
            let mut after_joint = 0;
            let mut used = 0.0;
            for (at, c) in rest.char_indices() {
                used += self.width(c.encode_utf8(&mut [0; 4]), size);
                if used > width && fits > 0 {
                    break;
                }
                fits = at + c.len_utf8();
                if matches!(c, '/' | '-' | '_' | ':' | '.' | ',' | '@' | '=' | '+') {
                    after_joint = fits;
                }
            }
            // A joint far to the left would leave most of the line empty.
            let at = if fits < rest.len() && after_joint * 2 > fits {
                after_joint
            } else {
                fits
            };
            pieces.push((rest[..at].to_owned(), pieces.is_empty()));
            rest = &rest[at..];
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_lose_nothing() {
        let face = Face::new(REGULAR).unwrap();
        let text = "arn:aws:iam::111122223333:role/service-role/payments-settlement-worker is not 職 in use";
        let lines = face.lines(text, 9.0, 120.0);
        assert!(lines.len() > 3);
        assert!(lines.iter().all(|line| face.width(line, 9.0) <= 121.0), "{lines:?}");
        let squeezed = |text: &str| text.replace(' ', "");
        assert_eq!(squeezed(&lines.concat()), squeezed(&text.replace('職', "\\u{8077}")));
    }

    #[test]
    fn figures_have_one_width() {
        let face = Face::new(REGULAR).unwrap();
        assert_eq!(face.width("1111", 10.0), face.width("8888", 10.0));
    }
}
