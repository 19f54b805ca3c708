//! Pages of shapes, drawn at last: only then is it known how many pages there are.

use std::num::NonZeroU16;

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, Node, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagKind, TagTree,
};

use super::face::{Faces, Weight};
use crate::charts::Ink;

/// A4, in points.
pub const PAGE: (f32, f32) = (595.28, 841.89);

/// Something that is drawn, in points from the upper left corner.
pub enum Shape {
    Text {
        x: f32,
        /// Of the baseline.
        y: f32,
        size: f32,
        weight: Weight,
        ink: Ink,
        text: String,
    },
    Rect {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        ink: Ink,
        opacity: f32,
    },
    Polygon {
        points: Vec<(f32, f32)>,
        ink: Ink,
        opacity: f32,
    },
    Line {
        points: Vec<(f32, f32)>,
        width: f32,
        ink: Ink,
        opacity: f32,
    },
    /// Filled, or a line of a width.
    Circle {
        center: (f32, f32),
        radius: f32,
        ink: Ink,
        line: Option<f32>,
    },
}

/// What shapes belong to.
#[derive(Clone, Copy)]
pub enum Meaning {
    /// Text of a node of the tag tree.
    Text(usize),
    /// A picture, which has words of its own.
    Picture(usize),
    /// Nothing that is read: lines, and what repeats on every page.
    Artifact,
    PageNumber,
}

/// Shapes that belong together.
pub struct Mark {
    pub meaning: Meaning,
    pub shapes: Vec<Shape>,
}

/// What a part of the document is, for those who hear it.
pub enum Role {
    Section,
    Heading { level: NonZeroU16, title: String },
    Paragraph,
    List,
    Item,
    ItemBody,
    Figure { words: String },
    Caption,
    Table,
    TableHead,
    TableBody,
    Row,
    ColumnHead,
    RowHead,
    Data,
}

impl Role {
    fn tag(self) -> TagKind {
        match self {
            Role::Section => Tag::Section.into(),
            Role::Heading { level, title } => Tag::Hn(level, Some(title)).into(),
            Role::Paragraph => Tag::P.into(),
            Role::List => Tag::L(ListNumbering::Circle).into(),
            Role::Item => Tag::LI.into(),
            Role::ItemBody => Tag::LBody.into(),
            Role::Figure { words } => Tag::Figure(Some(words)).into(),
            Role::Caption => Tag::Caption.into(),
            Role::Table => Tag::Table.into(),
            Role::TableHead => Tag::THead.into(),
            Role::TableBody => Tag::TBody.into(),
            Role::Row => Tag::TR.into(),
            Role::ColumnHead => Tag::TH(TableHeaderScope::Column).into(),
            Role::RowHead => Tag::TH(TableHeaderScope::Row).into(),
            Role::Data => Tag::TD.into(),
        }
    }
}

/// The parts of the document, each with the one it is in.
#[derive(Default)]
pub struct Parts {
    parts: Vec<(Role, Option<usize>, Vec<Child>)>,
    roots: Vec<usize>,
}

enum Child {
    Part(usize),
    Content(Identifier),
}

impl Parts {
    pub fn add(&mut self, role: Role, within: Option<usize>) -> usize {
        let part = self.parts.len();
        match within {
            Some(parent) => self.parts[parent].2.push(Child::Part(part)),
            None => self.roots.push(part),
        }
        self.parts.push((role, within, Vec::new()));
        part
    }

    /// The tag tree, once all content has its identifier.
    pub fn tree(self) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some("en".to_owned()));
        let mut parts: Vec<Option<(Role, Vec<Child>)>> = self
            .parts
            .into_iter()
            .map(|(role, _, children)| Some((role, children)))
            .collect();
        for root in self.roots {
            if let Some(node) = group(&mut parts, root) {
                tree.push(node);
            }
        }
        tree
    }
}

fn group(parts: &mut Vec<Option<(Role, Vec<Child>)>>, at: usize) -> Option<Node> {
    let (role, children) = parts[at].take()?;
    let mut made = TagGroup::new(role.tag());
    for child in children {
        match child {
            Child::Content(identifier) => made.push(identifier),
            Child::Part(part) => {
                if let Some(node) = group(parts, part) {
                    made.push(node);
                }
            }
        }
    }
    Some(Node::Group(made))
}

/// Draws one page.
pub fn page(document: &mut Document, faces: &Faces, marks: &[Mark], parts: &mut Parts) -> Option<()> {
    let mut page = document.start_page_with(PageSettings::from_wh(PAGE.0, PAGE.1)?);
    let mut surface = page.surface();
    for mark in marks {
        let artifact = |kind| ContentTag::Artifact(Artifact::with_kind(kind));
        let (tag, part) = match mark.meaning {
            Meaning::Text(part) => (ContentTag::Span(SpanTag::empty()), Some(part)),
            Meaning::Picture(part) => (ContentTag::Other, Some(part)),
            Meaning::Artifact => (artifact(ArtifactType::Layout), None),
            Meaning::PageNumber => (artifact(ArtifactType::Footer), None),
        };
        let identifier = surface.start_tagged(tag);
        for shape in &mark.shapes {
            draw(&mut surface, faces, shape);
        }
        surface.end_tagged();
        if let Some(part) = part {
            parts.parts[part].2.push(Child::Content(identifier));
        }
    }
    surface.finish();
    page.finish();
    Some(())
}

fn draw(surface: &mut Surface<'_>, faces: &Faces, shape: &Shape) {
    match shape {
        Shape::Text {
            x,
            y,
            size,
            weight,
            ink,
            text,
        } => {
            let face = faces.of(*weight);
            fill(surface, *ink, 1.0);
            let glyphs = face.shape(text);
            surface.draw_glyphs(Point::from_xy(*x, *y), &glyphs, face.font.clone(), text, *size, false);
        }
        Shape::Rect {
            x,
            y,
            width,
            height,
            ink,
            opacity,
        } => {
            let mut path = PathBuilder::new();
            // A rectangle of nothing is not drawn.
            let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) else {
                return;
            };
            path.push_rect(rect);
            fill(surface, *ink, *opacity);
            finish(surface, path);
        }
        Shape::Polygon { points, ink, opacity } => {
            let mut path = through(points);
            path.close();
            fill(surface, *ink, *opacity);
            finish(surface, path);
        }
        Shape::Line {
            points,
            width,
            ink,
            opacity,
        } => {
            stroke(surface, *ink, *width, *opacity);
            finish(surface, through(points));
        }
        Shape::Circle {
            center: (x, y),
            radius,
            ink,
            line,
        } => {
            match line {
                None => fill(surface, *ink, 1.0),
                Some(width) => stroke(surface, *ink, *width, 1.0),
            }
            // A quarter of a circle is this much of its radius away from a curve's ends.
            let bend = radius * 0.552_285;
            let (x, y, r) = (*x, *y, *radius);
            let mut path = PathBuilder::new();
            path.move_to(x + r, y);
            path.cubic_to(x + r, y + bend, x + bend, y + r, x, y + r);
            path.cubic_to(x - bend, y + r, x - r, y + bend, x - r, y);
            path.cubic_to(x - r, y - bend, x - bend, y - r, x, y - r);
            path.cubic_to(x + bend, y - r, x + r, y - bend, x + r, y);
            path.close();
            finish(surface, path);
        }
    }
}

fn through(points: &[(f32, f32)]) -> PathBuilder {
    let mut path = PathBuilder::new();
    for (index, (x, y)) in points.iter().enumerate() {
        match index {
            0 => path.move_to(*x, *y),
            _ => path.line_to(*x, *y),
        }
    }
    path
}

fn finish(surface: &mut Surface<'_>, path: PathBuilder) {
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn fill(surface: &mut Surface<'_>, ink: Ink, opacity: f32) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill {
        paint: color(ink).into(),
        opacity: NormalizedF32::new(opacity).unwrap_or(NormalizedF32::ONE),
        rule: FillRule::default(),
    }));
}

fn stroke(surface: &mut Surface<'_>, ink: Ink, width: f32, opacity: f32) {
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke {
        paint: color(ink).into(),
        width,
        opacity: NormalizedF32::new(opacity).unwrap_or(NormalizedF32::ONE),
        ..Stroke::default()
    }));
}

fn color(ink: Ink) -> rgb::Color {
    let hex = ink.on_white().trim_start_matches('#');
    let number = u32::from_str_radix(hex, 16).unwrap_or_default();
    let [_, red, green, blue] = number.to_be_bytes();
    rgb::Color::new(red, green, blue)
}
