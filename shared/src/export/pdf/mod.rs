//! A report as PDF: real text in embedded fonts, tagged for those who hear it (PDF/UA-1), with an outline and page
//! numbers. Written in process.

mod chart;
mod draw;
mod face;

use std::num::NonZeroU16;

use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::Point;
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::{Document as Pdf, SerializeSettings};

use self::draw::{Mark, Meaning, PAGE, Parts, Role, Shape};
use self::face::{Faces, Weight};
use super::ExportError;
use super::document::{Align, Block, Cell, Document, Figure, Picture, Share, Table};
use crate::api::report::Report;
use crate::charts::Ink;

/// White around the text, in points.
const SIDE: f32 = 46.0;
const TOP: f32 = 52.0;
const BOTTOM: f32 = 60.0;
const WIDTH: f32 = PAGE.0 - 2.0 * SIDE;
/// Between two pictures, and between two columns of a table.
const GUTTER: f32 = 20.0;
const CELL_GAP: f32 = 9.0;
/// How wide charts are drawn, in pixels: their text is then as large as that of tables.
const CHART_PIXELS: f32 = 800.0;
/// Points of a pixel.
const SCALE: f32 = WIDTH / CHART_PIXELS;
/// Below this a chart cannot be read.
const MIN_CHART_PIXELS: u32 = 70;
/// The most lines of one cell: a page holds twice as many. What is cut ends with an ellipsis.
const MAX_LINES: usize = 30;

/// How a text is set.
#[derive(Clone, Copy)]
struct Style {
    size: f32,
    weight: Weight,
    ink: Ink,
    /// From one baseline to the next.
    leading: f32,
    /// The most lines of a text on the first page, which has all of the summary.
    most: usize,
}

const fn style(size: f32, weight: Weight, ink: Ink, leading: f32, most: usize) -> Style {
    Style {
        size,
        weight,
        ink,
        leading,
        most,
    }
}

const TITLE: Style = style(22.0, Weight::Bold, Ink::Text, 27.0, 2);
const ABOUT: Style = style(9.5, Weight::Regular, Ink::Label, 13.5, 2);
const SECTION: Style = style(15.0, Weight::Bold, Ink::Text, 19.0, 1);
const HEADING: Style = style(10.5, Weight::Bold, Ink::Text, 14.0, 1);
const LEAD: Style = style(13.5, Weight::Regular, Ink::Text, 19.0, 4);
const BODY: Style = style(9.0, Weight::Regular, Ink::Text, 13.0, 2);
const CAPTION: Style = style(9.0, Weight::Bold, Ink::Text, 13.0, 1);
const NUMBER: Style = style(19.0, Weight::Bold, Ink::Text, 23.0, 1);
const HEAD: Style = style(7.4, Weight::Bold, Ink::Label, 9.6, 1);
const CELL: Style = style(8.0, Weight::Regular, Ink::Text, 10.6, 1);
const STRONG: Style = style(8.0, Weight::Bold, Ink::Text, 10.6, 1);
const SMALL: Style = style(7.0, Weight::Regular, Ink::Label, 9.2, 1);

/// The bytes.
///
/// # Errors
/// When the fonts are broken, or the document is not what PDF/UA-1 asks for: faults of Rollcall.
pub fn pdf(report: &Report) -> Result<Vec<u8>, ExportError> {
    let failed = |why: String| ExportError::Unwritable { format: "pdf", why };
    let faces = Faces::new().ok_or_else(|| failed("the built-in fonts cannot be read".to_owned()))?;
    let document = Document::new(report);
    let mut writer = Writer::new(&faces);
    writer.document(&document);
    let footer = format!("{} · {}", document.title, document.about.join(" · "));
    writer.footers(&footer);
    let Writer {
        pages,
        mut parts,
        outline,
        ..
    } = writer;

    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| failed(format!("{error:?}")))?;
    let mut pdf = Pdf::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    for page in &pages {
        draw::page(&mut pdf, &faces, page, &mut parts).ok_or_else(|| failed("a page has no size".to_owned()))?;
    }
    pdf.set_tag_tree(parts.tree());
    let mut bookmarks = Outline::new();
    for (title, page, y) in outline {
        let destination = XyzDestination::new(page, Point::from_xy(0.0, y));
        bookmarks.push_child(OutlineNode::new(title, destination));
    }
    pdf.set_outline(bookmarks);
    let (year, month, day) = report.snapshot.as_of.date();
    let date = DateTime::new(u16::try_from(year).unwrap_or_default())
        .month(month)
        .day(day);
    let metadata = Metadata::new()
        .title(faces.regular.spelled(&document.title))
        .language("en".to_owned())
        .creator(format!("Rollcall {}", report.rollcall))
        .creation_date(date);
    pdf.set_metadata(metadata);
    pdf.finish().map_err(|error| failed(format!("{error:?}")))
}

/// Lays blocks out on pages, from the top.
struct Writer<'f> {
    faces: &'f Faces,
    pages: Vec<Vec<Mark>>,
    /// Where the next block begins.
    y: f32,
    parts: Parts,
    /// Whether what is written belongs to the summary, which fits on the first page whatever names it has.
    is_summary: bool,
    /// Titles of sections, each with its page and height.
    outline: Vec<(String, usize, f32)>,
}

/// A cell broken into lines.
struct Lines {
    text: Vec<String>,
    small: Vec<String>,
}

impl Lines {
    fn height(&self) -> f32 {
        self.text.len() as f32 * CELL.leading + self.small.len() as f32 * SMALL.leading
    }
}

/// The first lines; an ellipsis says that there are more.
fn cut(mut lines: Vec<String>, most: usize) -> Vec<String> {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.push_str(" …");
        }
    }
    lines
}

/// How many pictures stand in a row, and how wide they are.
fn side_by_side(pictures: &[Picture]) -> (usize, f32) {
    let per_row = pictures.len().clamp(1, 2);
    (per_row, (WIDTH - GUTTER * (per_row - 1) as f32) / per_row as f32)
}

/// How high the first row of pictures is, with what stands above and below it.
fn row_height(pictures: &[Picture], (per_row, width): (usize, f32)) -> f32 {
    let pixels = (width / SCALE) as u32;
    let heights = pictures
        .iter()
        .take(per_row)
        .map(|picture| picture.chart.height(pixels));
    CAPTION.leading + heights.max().unwrap_or(0) as f32 * SCALE + SMALL.leading + 16.0
}

impl<'f> Writer<'f> {
    fn new(faces: &'f Faces) -> Writer<'f> {
        Writer {
            faces,
            pages: vec![Vec::new()],
            y: TOP,
            parts: Parts::default(),
            is_summary: true,
            outline: Vec::new(),
        }
    }

    fn document(&mut self, document: &Document) {
        let heading = self.heading(1, &document.title, None, TITLE);
        debug_assert_eq!(heading, 0);
        for line in &document.about {
            self.paragraph(line, ABOUT, None);
        }
        self.y += 12.0;
        for (index, section) in document.sections.iter().enumerate() {
            match index {
                0 => {}
                // The summary has its page to itself.
                1 => {
                    self.is_summary = false;
                    self.new_page();
                }
                _ => {
                    self.y += 22.0;
                    // A title stands with the beginning of what it heads.
                    let beginning = match section.blocks.first() {
                        Some(Block::Pictures(pictures)) => row_height(pictures, side_by_side(pictures)) + 30.0,
                        Some(_) | None => 150.0,
                    };
                    self.ensure(beginning);
                }
            }
            let part = self.parts.add(Role::Section, None);
            let at = (section.title.to_owned(), self.pages.len() - 1, self.y);
            self.outline.push(at);
            self.heading(2, section.title, Some(part), SECTION);
            self.y += 6.0;
            for block in &section.blocks {
                self.block(block, part);
            }
        }
    }

    fn block(&mut self, block: &Block, within: usize) {
        match block {
            Block::Lead(text) => {
                self.paragraph(text, LEAD, Some(within));
                self.y += 10.0;
            }
            Block::Text(text) => {
                self.paragraph(text, BODY, Some(within));
                self.y += 6.0;
            }
            Block::Heading(text) => {
                self.y += 10.0;
                self.ensure(60.0);
                self.heading(3, text, Some(within), HEADING);
                self.y += 3.0;
            }
            Block::Figures(figures) => self.figures(figures, within),
            Block::Shares(shares) => self.shares(shares, within),
            Block::Items(items) => self.items(items, within),
            Block::Pictures(pictures) => self.pictures(pictures, within),
            Block::Table(table) => self.table(table, within),
        }
    }

    fn new_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = TOP;
    }

    /// Goes on to the next page where so much does not fit any more.
    fn ensure(&mut self, height: f32) {
        if self.y + height > PAGE.1 - BOTTOM && self.y > TOP {
            self.new_page();
        }
    }

    fn mark(&mut self, meaning: Meaning, shapes: Vec<Shape>) {
        if let Some(page) = self.pages.last_mut()
            && !shapes.is_empty()
        {
            page.push(Mark { meaning, shapes });
        }
    }

    fn rule(&mut self, x: f32, width: f32, y: f32, ink: Ink, thickness: f32) {
        let line = Shape::Line {
            points: vec![(x, y), (x + width, y)],
            width: thickness,
            ink,
            opacity: 1.0,
        };
        self.mark(Meaning::Artifact, vec![line]);
    }

    /// One line of text, whose top is at `y`.
    fn line(&mut self, meaning: Meaning, text: String, style: Style, x: f32, y: f32) {
        let shape = Shape::Text {
            x,
            y: y + style.leading * 0.5 + style.size * 0.36,
            size: style.size,
            weight: style.weight,
            ink: style.ink,
            text,
        };
        self.mark(meaning, vec![shape]);
    }

    fn broken(&self, text: &str, style: Style, width: f32) -> Vec<String> {
        self.faces.of(style.weight).lines(text, style.size, width)
    }

    fn heading(&mut self, level: u16, text: &str, within: Option<usize>, style: Style) -> usize {
        let title = self.faces.of(style.weight).spelled(text);
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        let part = self.parts.add(Role::Heading { level, title }, within);
        self.flow(text, style, part);
        part
    }

    fn paragraph(&mut self, text: &str, style: Style, within: Option<usize>) {
        let part = self.parts.add(Role::Paragraph, within);
        self.flow(text, style, part);
    }

    /// Lines over the whole width, over pages where they must.
    fn flow(&mut self, text: &str, style: Style, part: usize) {
        let most = if self.is_summary { style.most } else { usize::MAX };
        for line in cut(self.broken(text, style, WIDTH), most) {
            self.ensure(style.leading);
            self.line(Meaning::Text(part), line, style, SIDE, self.y);
            self.y += style.leading;
        }
    }

    fn figures(&mut self, figures: &[Figure], within: usize) {
        let width = (WIDTH - 2.0 * GUTTER) / 3.0;
        for row in figures.chunks(3) {
            let height = NUMBER.leading + 2.0 * SMALL.leading + 14.0;
            self.ensure(height);
            for (at, figure) in row.iter().enumerate() {
                let x = SIDE + at as f32 * (width + GUTTER);
                self.rule(x, width, self.y, Ink::Label, 0.8);
                let part = self.parts.add(Role::Paragraph, Some(within));
                let mut y = self.y + 4.0;
                let texts = [(&figure.label, SMALL), (&figure.value, NUMBER), (&figure.note, SMALL)];
                for (text, style) in texts {
                    if let Some(line) = self.broken(text, style, width).into_iter().next() {
                        self.line(Meaning::Text(part), line, style, x, y);
                    }
                    y += style.leading;
                }
            }
            self.y += height;
        }
    }

    fn shares(&mut self, shares: &[Share], within: usize) {
        const ROW: f32 = 17.0;
        let (label, value, counts) = (120.0, 70.0, 110.0);
        let bar = WIDTH - label - value - counts - 3.0 * CELL_GAP;
        let table = self.parts.add(Role::Table, Some(within));
        let body = self.parts.add(Role::TableBody, Some(table));
        for share in shares {
            self.ensure(ROW);
            let row = self.parts.add(Role::Row, Some(body));
            let head = self.parts.add(Role::RowHead, Some(row));
            let y = self.y + (ROW - CELL.leading) / 2.0;
            let first = |lines: Vec<String>| lines.into_iter().next().unwrap_or_default();
            let name = first(self.broken(&share.label, CELL, label));
            self.line(Meaning::Text(head), name, CELL, SIDE, y);
            let population = share.ratio.population().max(1) as f32;
            let part = |n: u64, ink: Ink, from: f32| Shape::Rect {
                x: SIDE + label + CELL_GAP + from,
                y: self.y + 4.0,
                width: n as f32 / population * bar,
                height: ROW - 8.0,
                ink,
                opacity: 1.0,
            };
            let end = |n: u64| n as f32 / population * bar;
            let (pass, unknown) = (share.ratio.pass, share.ratio.unknown);
            let shapes = vec![
                part(pass, Ink::Good, 0.0),
                part(unknown, Ink::Unknown, end(pass)),
                part(share.ratio.fail, Ink::Grid, end(pass + unknown)),
            ];
            self.mark(Meaning::Artifact, shapes);
            let right = SIDE + WIDTH - counts - CELL_GAP;
            for (text, style, end) in [(&share.value, STRONG, right), (&share.counts, SMALL, SIDE + WIDTH)] {
                let cell = self.parts.add(Role::Data, Some(row));
                let text = first(self.broken(text, style, counts));
                let width = self.faces.of(style.weight).width(&text, style.size);
                self.line(Meaning::Text(cell), text, style, end - width, y);
            }
            self.y += ROW;
        }
        let key = "Bars: what holds, what is unknown, and what fails, from the left.";
        self.paragraph(key, SMALL, Some(within));
        self.y += 4.0;
    }

    fn items(&mut self, items: &[String], within: usize) {
        const INDENT: f32 = 11.0;
        let list = self.parts.add(Role::List, Some(within));
        for item in items {
            let part = self.parts.add(Role::Item, Some(list));
            let body = self.parts.add(Role::ItemBody, Some(part));
            let most = if self.is_summary { 1 } else { usize::MAX };
            let lines = cut(self.broken(item, BODY, WIDTH - INDENT), most);
            for (index, line) in lines.into_iter().enumerate() {
                self.ensure(BODY.leading);
                if index == 0 {
                    let dot = Shape::Circle {
                        center: (SIDE + 3.0, self.y + BODY.leading / 2.0),
                        radius: 1.3,
                        ink: Ink::Label,
                        line: None,
                    };
                    self.mark(Meaning::Artifact, vec![dot]);
                }
                self.line(Meaning::Text(body), line, BODY, SIDE + INDENT, self.y);
                self.y += BODY.leading;
            }
        }
        self.y += 6.0;
    }

    fn pictures(&mut self, pictures: &[Picture], within: usize) {
        let (per_row, width) = side_by_side(pictures);
        let pixels = (width / SCALE) as u32;
        for row in pictures.chunks(per_row) {
            let mut height = row_height(row, (per_row, width));
            let mut less = 0;
            if self.is_summary {
                // The pictures come last there and take what is left.
                let missing = (self.y + height - (PAGE.1 - BOTTOM)).max(0.0);
                less = (missing / SCALE).ceil() as u32;
                height -= missing;
            }
            self.ensure(height);
            for (at, picture) in row.iter().enumerate() {
                let x = SIDE + at as f32 * (width + GUTTER);
                let title = self.parts.add(Role::Paragraph, Some(within));
                if let Some(line) = self.broken(&picture.title, CAPTION, width).into_iter().next() {
                    self.line(Meaning::Text(title), line, CAPTION, x, self.y);
                }
                let words = self.faces.regular.spelled(&picture.summary);
                let part = self.parts.add(Role::Figure { words }, Some(within));
                let chart_height = picture.chart.height(pixels).saturating_sub(less).max(MIN_CHART_PIXELS);
                let top = self.y + CAPTION.leading + 4.0;
                let shapes = chart::shapes(&picture.chart, self.faces, (x, top), (pixels, chart_height), SCALE);
                self.mark(Meaning::Picture(part), shapes);
                self.legend(picture, x, top + chart_height as f32 * SCALE + 3.0, within);
            }
            self.y += height;
        }
    }

    fn legend(&mut self, picture: &Picture, x: f32, y: f32, within: usize) {
        let mut x = x;
        for (name, ink) in &picture.legend {
            let key = Shape::Rect {
                x,
                y: y + 1.6,
                width: 6.0,
                height: 6.0,
                ink: *ink,
                opacity: 1.0,
            };
            self.mark(Meaning::Artifact, vec![key]);
            let part = self.parts.add(Role::Paragraph, Some(within));
            let text = self.faces.regular.spelled(name);
            let width = self.faces.regular.width(&text, SMALL.size);
            self.line(Meaning::Text(part), text, SMALL, x + 9.0, y);
            x += width + 22.0;
        }
    }

    fn table(&mut self, table: &Table, within: usize) {
        let weights: f32 = table.columns.iter().map(|column| column.weight).sum();
        let room = WIDTH - CELL_GAP * table.columns.len().saturating_sub(1) as f32;
        let widths: Vec<f32> = table
            .columns
            .iter()
            .map(|column| column.weight / weights * room)
            .collect();
        let part = self.parts.add(Role::Table, Some(within));
        self.y += 8.0;
        self.ensure(90.0);
        let caption = self.parts.add(Role::Caption, Some(part));
        self.flow(&table.caption, CAPTION, caption);
        self.y += 3.0;
        let head = self.parts.add(Role::TableHead, Some(part));
        let row = self.parts.add(Role::Row, Some(head));
        self.table_head(table, &widths, Some(row));
        let body = self.parts.add(Role::TableBody, Some(part));
        if table.rows.is_empty() {
            let row = self.parts.add(Role::Row, Some(body));
            let cell = self.parts.add(Role::Data, Some(row));
            self.line(Meaning::Text(cell), "None".to_owned(), CELL, SIDE, self.y + 3.0);
            self.y += CELL.leading + 6.0;
        }
        for cells in &table.rows {
            let lines: Vec<Lines> = cells
                .iter()
                .zip(&widths)
                .map(|(cell, width)| self.cell(cell, *width))
                .collect();
            let height = lines.iter().map(Lines::height).fold(0.0, f32::max) + 7.0;
            if self.y + height > PAGE.1 - BOTTOM {
                self.new_page();
                self.table_head(table, &widths, None);
            }
            let row = self.parts.add(Role::Row, Some(body));
            let mut x = SIDE;
            for (at, (lines, width)) in lines.into_iter().zip(&widths).enumerate() {
                let role = if at == 0 { Role::RowHead } else { Role::Data };
                let cell = self.parts.add(role, Some(row));
                let mut y = self.y + 3.0;
                for (texts, style) in [(lines.text, CELL), (lines.small, SMALL)] {
                    for text in texts {
                        let indent = match table.columns[at].align {
                            Align::Left => 0.0,
                            Align::Right => width - self.faces.of(style.weight).width(&text, style.size),
                        };
                        self.line(Meaning::Text(cell), text, style, x + indent, y);
                        y += style.leading;
                    }
                }
                x += width + CELL_GAP;
            }
            self.y += height;
            self.rule(SIDE, WIDTH, self.y, Ink::Grid, 0.5);
        }
        if let Some(note) = &table.note {
            self.y += 4.0;
            self.paragraph(note, SMALL, Some(within));
        }
        self.y += 8.0;
    }

    fn cell(&self, cell: &Cell, width: f32) -> Lines {
        Lines {
            text: cut(self.broken(&cell.text, CELL, width), MAX_LINES),
            small: cut(self.broken(&cell.small, SMALL, width), MAX_LINES),
        }
    }

    /// The heads of columns; on the pages after the first they are only there for the eye.
    fn table_head(&mut self, table: &Table, widths: &[f32], row: Option<usize>) {
        let titles: Vec<Vec<String>> = (table.columns.iter().zip(widths))
            .map(|(column, width)| self.broken(&column.title, HEAD, *width))
            .collect();
        let n_lines = titles.iter().map(Vec::len).max().unwrap_or(1);
        let mut x = SIDE;
        for (at, (lines, width)) in titles.into_iter().zip(widths).enumerate() {
            let meaning = match row {
                Some(row) => Meaning::Text(self.parts.add(Role::ColumnHead, Some(row))),
                None => Meaning::Artifact,
            };
            let mut y = self.y + (n_lines - lines.len()) as f32 * HEAD.leading;
            for text in lines {
                let indent = match table.columns[at].align {
                    Align::Left => 0.0,
                    Align::Right => width - self.faces.bold.width(&text, HEAD.size),
                };
                self.line(meaning, text, HEAD, x + indent, y);
                y += HEAD.leading;
            }
            x += width + CELL_GAP;
        }
        self.y += n_lines as f32 * HEAD.leading + 3.0;
        self.rule(SIDE, WIDTH, self.y, Ink::Label, 0.8);
    }

    /// What every page ends with, once it is known how many there are.
    fn footers(&mut self, text: &str) {
        let n_pages = self.pages.len();
        let y = PAGE.1 - BOTTOM + 22.0;
        let text = self
            .broken(text, SMALL, WIDTH - 80.0)
            .into_iter()
            .next()
            .unwrap_or_default();
        for (index, page) in self.pages.iter_mut().enumerate() {
            let number = format!("Page {} of {n_pages}", index + 1);
            let width = self.faces.regular.width(&number, SMALL.size);
            let shape = |x: f32, text: String| Shape::Text {
                x,
                y,
                size: SMALL.size,
                weight: Weight::Regular,
                ink: Ink::Label,
                text,
            };
            page.push(Mark {
                meaning: Meaning::PageNumber,
                shapes: vec![shape(SIDE, text.clone()), shape(SIDE + WIDTH - width, number)],
            });
        }
    }
}
