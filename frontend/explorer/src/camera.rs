//! Which part of the picture is in sight.

/// The point in the middle of the canvas, and how many pixels a unit of the scene takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    pub x: f64,
    pub y: f64,
    pub scale: f64,
}

const MIN_SCALE: f64 = 0.004;
const MAX_SCALE: f64 = 3.0;
/// Free space above and below everything, in pixels.
const MARGIN: f64 = 24.0;

impl Camera {
    /// Everything, but no larger than it is, with so much free space on each side.
    pub fn fitting([left, top, right, bottom]: [f64; 4], (width, height): (f64, f64), beside: f64) -> Camera {
        let across = (width - 2.0 * beside).max(1.0) / (right - left).max(1.0);
        let down = (height - 2.0 * MARGIN).max(1.0) / (bottom - top).max(1.0);
        Camera {
            x: (left + right) / 2.0,
            y: (top + bottom) / 2.0,
            scale: across.min(down).clamp(MIN_SCALE, 1.0),
        }
    }

    /// As wide as everything is, at a height, but not beyond the ends.
    pub fn reading([left, top, right, bottom]: [f64; 4], size: (f64, f64), beside: f64, y: f64) -> Camera {
        let wide = Camera::fitting([left, y, right, y], size, beside);
        let half = (size.1 / 2.0 - MARGIN) / wide.scale;
        Camera {
            y: y.min(bottom - half).max(top + half),
            ..wide
        }
    }

    pub fn to_screen(self, (x, y): (f64, f64), (width, height): (f64, f64)) -> (f64, f64) {
        (
            (x - self.x) * self.scale + width / 2.0,
            (y - self.y) * self.scale + height / 2.0,
        )
    }

    pub fn to_scene(self, (x, y): (f64, f64), (width, height): (f64, f64)) -> (f64, f64) {
        (
            (x - width / 2.0) / self.scale + self.x,
            (y - height / 2.0) / self.scale + self.y,
        )
    }

    /// Nearer by a factor, while the point of the scene at a place on screen stays there.
    pub fn zoomed(self, factor: f64, at: (f64, f64), size: (f64, f64)) -> Camera {
        let (x, y) = self.to_scene(at, size);
        let scale = (self.scale * factor).clamp(MIN_SCALE, MAX_SCALE);
        let moved = Camera { scale, ..self };
        let (now_x, now_y) = moved.to_scene(at, size);
        Camera {
            x: self.x + x - now_x,
            y: self.y + y - now_y,
            scale,
        }
    }

    /// The picture moved by so many pixels.
    pub fn moved(self, right: f64, down: f64) -> Camera {
        Camera {
            x: self.x - right / self.scale,
            y: self.y - down / self.scale,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (f64, f64) = (800.0, 600.0);

    #[test]
    fn everything_fits_and_nothing_is_blown_up() {
        let camera = Camera::fitting([-1_000.0, -10.0, 3_000.0, 10.0], SIZE, MARGIN);
        for corner in [(-1_000.0, -10.0), (3_000.0, 10.0)] {
            let (x, y) = camera.to_screen(corner, SIZE);
            assert!((MARGIN - 0.1..=SIZE.0 - MARGIN + 0.1).contains(&x) && (0.0..SIZE.1).contains(&y));
        }
        assert_eq!(Camera::fitting([0.0, 0.0, 10.0, 10.0], SIZE, 100.0).scale, 1.0);
    }

    #[test]
    fn a_long_column_is_read_at_a_height_and_not_beyond_its_ends() {
        let column = [0.0, 0.0, 300.0, 4_000.0];
        let at = |y: f64| Camera::reading(column, SIZE, 16.0, y);
        assert_eq!((at(2_000.0).y, at(2_000.0).scale), (2_000.0, 1.0));
        let top = at(20.0).to_screen((0.0, 0.0), SIZE).1;
        let bottom = at(3_990.0).to_screen((0.0, 4_000.0), SIZE).1;
        assert_eq!((top, bottom), (MARGIN, SIZE.1 - MARGIN));
    }

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let camera = Camera::fitting([0.0, 0.0, 2_000.0, 900.0], SIZE, MARGIN);
        let pointer = (120.0, 480.0);
        let before = camera.to_scene(pointer, SIZE);
        let after = camera.zoomed(1.7, pointer, SIZE).to_scene(pointer, SIZE);
        assert!((before.0 - after.0).abs() < 1e-6 && (before.1 - after.1).abs() < 1e-6);
    }
}
