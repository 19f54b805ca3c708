//! A report as one HTML file: no script, nothing that is fetched, light and dark by the reader's choice, and print.

use std::fmt::Write;

use super::document::{Align, Block, Chart, Column, Document, Picture, Share, Table};
use crate::api::report::Report;
use crate::charts::svg::Paint;
use crate::charts::{Ink, columns, heat, survival, trend};
use crate::diagnostic::printable;

/// The colours of the pages, and how a report looks.
const STYLE: [&str; 2] = [include_str!("../../../style/tokens.css"), include_str!("report.css")];

/// How wide charts are drawn, in pixels: alone, and two side by side.
const WIDE: u32 = 880;
const NARROW: u32 = 480;

/// The file.
pub fn html(report: &Report) -> String {
    let document = Document::new(report);
    let mut page = Page(String::with_capacity(1 << 17));
    page.raw(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
    );
    page.text(&document.title);
    page.raw("</title>\n<style>\n");
    for style in STYLE {
        page.raw(style);
    }
    page.raw("</style>\n</head>\n<body>\n<header>\n");
    page.element("h1", &document.title);
    for line in &document.about {
        page.element("p", line);
    }
    page.raw("</header>\n<nav aria-label=\"Contents\">\n<ol>\n");
    for section in &document.sections {
        let _ = write!(page.0, "<li><a href=\"#{}\">", section.id);
        page.text(section.title);
        page.raw("</a></li>\n");
    }
    page.raw("</ol>\n</nav>\n<main>\n");
    for section in &document.sections {
        let _ = write!(
            page.0,
            "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">",
            section.id
        );
        page.text(section.title);
        page.raw("</h2>\n");
        for block in &section.blocks {
            page.block(block);
        }
        page.raw("</section>\n");
    }
    page.raw("</main>\n</body>\n</html>\n");
    page.0
}

struct Page(String);

impl Page {
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Text of an export or ours: never markup, and no character that orders a terminal or turns text round.
    fn text(&mut self, text: &str) {
        for c in printable(text).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
    }

    fn element(&mut self, name: &str, text: &str) {
        let _ = write!(self.0, "<{name}>");
        self.text(text);
        let _ = writeln!(self.0, "</{name}>");
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Lead(text) => {
                self.raw("<p class=\"lead\">");
                self.text(text);
                self.raw("</p>\n");
            }
            Block::Text(text) => self.element("p", text),
            Block::Heading(text) => self.element("h3", text),
            Block::Figures(figures) => {
                self.raw("<dl class=\"figures\">\n");
                for figure in figures {
                    self.raw("<div>");
                    self.element("dt", &figure.label);
                    self.raw("<dd class=\"value\">");
                    self.text(&figure.value);
                    self.raw("</dd>");
                    self.element("dd", &figure.note);
                    self.raw("</div>\n");
                }
                self.raw("</dl>\n");
            }
            Block::Shares(shares) => {
                self.raw("<table class=\"shares\">\n<tbody>\n");
                shares.iter().for_each(|share| self.share(share));
                self.raw("</tbody>\n</table>\n");
            }
            Block::Items(items) => {
                self.raw("<ul>\n");
                items.iter().for_each(|item| self.element("li", item));
                self.raw("</ul>\n");
            }
            Block::Pictures(pictures) => {
                let width = if pictures.len() == 1 { WIDE } else { NARROW };
                self.raw(if pictures.len() == 1 {
                    "<div>\n"
                } else {
                    "<div class=\"pictures\">\n"
                });
                pictures.iter().for_each(|picture| self.picture(picture, width));
                self.raw("</div>\n");
            }
            Block::Table(table) => self.table(table),
        }
    }

    fn share(&mut self, share: &Share) {
        self.raw("<tr><th scope=\"row\">");
        self.text(&share.label);
        self.raw("</th><td>");
        let population = share.ratio.population().max(1);
        let width = |n: u64| n * 300 / population;
        let (pass, unknown) = (width(share.ratio.pass), width(share.ratio.unknown));
        let _ = write!(
            self.0,
            "<svg viewBox=\"0 0 300 12\" class=\"bar\" aria-hidden=\"true\">\
             <rect width=\"300\" height=\"12\" class=\"fails\"/>\
             <rect width=\"{}\" height=\"12\" class=\"unknown\"/>\
             <rect width=\"{pass}\" height=\"12\" class=\"holds\"/></svg>",
            pass + unknown
        );
        self.raw("</td><td class=\"right strong\">");
        self.text(&share.value);
        self.raw("</td><td class=\"right\">");
        self.text(&share.counts);
        self.raw("</td></tr>\n");
    }

    fn picture(&mut self, picture: &Picture, width: u32) {
        self.raw("<figure>\n");
        self.element("figcaption", &picture.title);
        self.raw("<div role=\"img\" aria-label=\"");
        self.text(&picture.summary);
        self.raw("\">");
        let height = picture.chart.height(width);
        let drawing = match &picture.chart {
            Chart::Columns(data) => columns::svg(data, width, height, Paint::Themed),
            Chart::Heat(data) => heat::svg(data, width, Paint::Themed),
            Chart::Survival(data) => survival::svg(data, width, height, Paint::Themed),
            Chart::Trend(data) => trend::svg(data, width, height, Paint::Themed),
        };
        self.raw(&drawing.svg);
        self.raw("</div>\n");
        if !picture.legend.is_empty() {
            self.raw("<ul class=\"legend\">");
            for (name, ink) in &picture.legend {
                self.legend(name, *ink);
            }
            self.raw("</ul>\n");
        }
        self.raw("</figure>\n");
    }

    fn legend(&mut self, name: &str, ink: Ink) {
        let _ = write!(
            self.0,
            "<li><svg viewBox=\"0 0 10 10\" class=\"key\" aria-hidden=\"true\"><rect width=\"10\" height=\"10\" class=\"fill {}\"/></svg> ",
            ink.class()
        );
        self.text(name);
        self.raw("</li>");
    }

    fn table(&mut self, table: &Table) {
        self.raw("<div class=\"scroll\">\n<table>\n<caption>");
        self.text(&table.caption);
        self.raw("</caption>\n<colgroup>");
        let weights: f32 = table.columns.iter().map(|column| column.weight).sum();
        for column in &table.columns {
            let percent = (column.weight * 100.0 / weights) as u32;
            let _ = write!(self.0, "<col style=\"width:{percent}%\">");
        }
        self.raw("</colgroup>\n<thead>\n<tr>");
        for column in &table.columns {
            let _ = write!(self.0, "<th scope=\"col\"{}>", class(column));
            self.text(&column.title);
            self.raw("</th>");
        }
        self.raw("</tr>\n</thead>\n<tbody>\n");
        for row in &table.rows {
            self.raw("<tr>");
            for (column, cell) in table.columns.iter().zip(row) {
                let _ = write!(self.0, "<td{}>", class(column));
                self.text(&cell.text);
                if !cell.small.is_empty() {
                    self.raw("<small>");
                    self.text(&cell.small);
                    self.raw("</small>");
                }
                self.raw("</td>");
            }
            self.raw("</tr>\n");
        }
        if table.rows.is_empty() {
            let _ = writeln!(self.0, "<tr><td colspan=\"{}\">None</td></tr>", table.columns.len());
        }
        self.raw("</tbody>\n</table>\n</div>\n");
        if let Some(note) = &table.note {
            self.raw("<p class=\"note\">");
            self.text(note);
            self.raw("</p>\n");
        }
    }
}

fn class(column: &Column) -> &'static str {
    match column.align {
        Align::Left => "",
        Align::Right => " class=\"right\"",
    }
}
