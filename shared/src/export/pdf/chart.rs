//! The pages' charts as shapes of a PDF page.

use std::convert::Infallible;

use plotters::drawing::IntoDrawingArea;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};

use super::draw::Shape;
use super::face::{Faces, Weight};
use crate::charts::{Ink, columns, heat, survival, trend};
use crate::export::document::Chart;

/// A chart of so many pixels, drawn at a place and size of a page.
pub fn shapes(chart: &Chart, faces: &Faces, at: (f32, f32), (width, height): (u32, u32), scale: f32) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let canvas = Canvas {
        shapes: &mut shapes,
        faces,
        size: (width, height),
        at,
        scale,
    };
    let root = canvas.into_drawing_area();
    // The backend cannot fail: it writes to memory.
    let _ = match chart {
        Chart::Columns(data) => columns::draw(data, &root),
        Chart::Heat(data) => heat::draw(data, &root),
        Chart::Survival(data) => survival::draw(data, &root),
        Chart::Trend(data) => trend::draw(data, &root),
    };
    drop(root);
    shapes
}

struct Canvas<'a> {
    shapes: &'a mut Vec<Shape>,
    faces: &'a Faces,
    size: (u32, u32),
    at: (f32, f32),
    scale: f32,
}

impl Canvas<'_> {
    fn point(&self, (x, y): BackendCoord) -> (f32, f32) {
        (self.at.0 + x as f32 * self.scale, self.at.1 + y as f32 * self.scale)
    }

    fn points(&self, points: impl IntoIterator<Item = BackendCoord>) -> Vec<(f32, f32)> {
        points.into_iter().map(|point| self.point(point)).collect()
    }
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

fn ink(color: BackendColor) -> Ink {
    Ink::of_color(color.rgb)
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        let (x, y) = self.point(point);
        self.shapes.push(Shape::Rect {
            x,
            y,
            width: self.scale,
            height: self.scale,
            ink: ink(color),
            opacity: color.alpha as f32,
        });
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Drawn {
        let corners = [from, (to.0, from.1), to, (from.0, to.1)];
        match fill {
            true => self.fill_polygon(corners, style),
            false => self.draw_path(corners.into_iter().chain([from]), style),
        }
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let points = self.points(path);
        self.shapes.push(Shape::Line {
            points,
            width: style.stroke_width() as f32 * self.scale,
            ink: ink(style.color()),
            opacity: style.color().alpha as f32,
        });
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        self.shapes.push(Shape::Circle {
            center: self.point(center),
            radius: radius as f32 * self.scale,
            ink: ink(style.color()),
            line: (!fill).then(|| style.stroke_width() as f32 * self.scale),
        });
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Drawn {
        let points = self.points(corners);
        self.shapes.push(Shape::Polygon {
            points,
            ink: ink(style.color()),
            opacity: style.color().alpha as f32,
        });
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let face = &self.faces.regular;
        let text = face.spelled(text);
        let size = style.size() as f32 * self.scale;
        let (x, y) = self.point(at);
        let width = face.width(&text, size);
        let x = match style.anchor().h_pos {
            HPos::Left => x,
            HPos::Center => x - width / 2.0,
            HPos::Right => x - width,
        };
        // Half of the height of capitals puts a text's middle on the line.
        let y = match style.anchor().v_pos {
            VPos::Top => y + size * 0.8,
            VPos::Center => y + size * 0.36,
            VPos::Bottom => y,
        };
        if !text.trim().is_empty() {
            self.shapes.push(Shape::Text {
                x,
                y,
                size,
                weight: Weight::Regular,
                ink: ink(style.color()),
                text,
            });
        }
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let width = self.faces.regular.width(text, style.size() as f32);
        Ok((width.ceil() as u32, style.size().ceil() as u32))
    }

    fn blit_bitmap(&mut self, _: BackendCoord, _: (u32, u32), _: &[u8]) -> Drawn {
        // No chart has a bitmap.
        Ok(())
    }
}
