//! Draws lines and marks straight into bytes. Without a GPU a canvas takes ten times as long for a large picture: it
//! outlines and fills every line by rules that thin lines do not need.

/// Red, green and blue.
pub type Colour = [u8; 3];

/// Lines, before they have a colour: how much of each pixel is covered. Sizes and places are in pixels of the picture.
pub struct Lines {
    size: (usize, usize),
    /// Of 255. One pixel more on each side, so that what runs along an edge needs no second look.
    covered: Vec<u8>,
}

impl Lines {
    pub fn new((width, height): (usize, usize)) -> Lines {
        Lines {
            size: (width, height),
            covered: vec![0; (width + 2) * (height + 2)],
        }
    }

    /// Draws a line so many pixels wide, at most one. Each step along it covers the two pixels beside it across, each the
    /// more the nearer it is.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32) {
        let stride = self.size.0 + 2;
        let (right, down) = (to.0 - from.0, to.1 - from.1);
        let is_steep = down.abs() > right.abs();
        let (from, to, size, along, across) = match is_steep {
            true => ((from.1, from.0), (to.1, to.0), (self.size.1, self.size.0), stride, 1),
            false => (from, to, self.size, 1, stride),
        };
        let (from, to) = if from.0 <= to.0 { (from, to) } else { (to, from) };
        let slope = (to.1 - from.1) / (to.0 - from.0).max(f32::EPSILON);
        // The part that is in the picture, from middle to middle of pixels.
        let (mut start, mut end) = (from.0.max(0.0), to.0.min(size.0 as f32));
        if slope.abs() > f32::EPSILON {
            let at = |across: f32| from.0 + (across - from.1) / slope;
            let (a, b) = (at(-0.5), at(size.1 as f32 + 0.5));
            (start, end) = (start.max(a.min(b)), end.min(a.max(b)));
        } else if from.1 < -0.5 || from.1 > size.1 as f32 + 0.5 {
            return;
        }
        let (first, last) = ((start - 0.5).ceil(), (end - 0.5).floor());
        if first > last {
            return;
        }
        // Slanted, more of it is above each other.
        let weight = ((width * (1.0 + slope * slope).sqrt()).min(1.0) * 256.0) as u32;
        // Across, in parts of 65,536 from the middle of the pixel before the picture.
        let mut place = ((from.1 + slope * (first + 0.5 - from.0) + 0.5) * 65_536.0) as i32;
        let step = (slope * 65_536.0) as i32;
        let mut at = (first as usize + 1) * along;
        for _ in 0..=(last - first) as usize {
            let far = (place as u32 >> 8) & 255;
            let near = at + (place.max(0) >> 16) as usize * across;
            self.cover(near, (weight * (256 - far)) >> 8);
            self.cover(near + across, (weight * far) >> 8);
            place += step;
            at += along;
        }
    }

    /// Lines above each other cover more of a pixel, and never all that they leave.
    #[inline]
    fn cover(&mut self, at: usize, weight: u32) {
        if let Some(covered) = self.covered.get_mut(at) {
            let before = u32::from(*covered);
            *covered = (before + (((255 - before) * weight) >> 8)) as u8;
        }
    }

    /// The lines in a colour on paper.
    pub fn on_paper(&self, paper: Colour, ink: Colour) -> Picture {
        let (width, height) = self.size;
        let shades: [[u8; 4]; 256] = std::array::from_fn(|part| {
            let [r, g, b] = mixed(paper, ink, part as u32);
            [r, g, b, 255]
        });
        let mut pixels = Vec::with_capacity(width * height);
        for row in self.covered.chunks_exact(width + 2).skip(1).take(height) {
            pixels.extend(row[1..=width].iter().map(|covered| shades[usize::from(*covered)]));
        }
        Picture {
            size: self.size,
            pixels,
        }
    }
}

/// A picture without holes.
pub struct Picture {
    size: (usize, usize),
    /// Red, green, blue and opacity of each, row by row.
    pub pixels: Vec<[u8; 4]>,
}

impl Picture {
    /// Its width and height.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Puts a stamp with its middle at a place, in a colour, so many of 255 of it.
    pub fn stamp(&mut self, stamp: &Stamp, (x, y): (f32, f32), ink: Colour, opacity: u32) {
        let corner = |middle: f32| (middle - stamp.side as f32 / 2.0).round() as i32;
        let (left, top) = (corner(x), corner(y));
        let (width, height) = (self.size.0 as i32, self.size.1 as i32);
        for (row, covered) in (top..).zip(stamp.covered.chunks_exact(stamp.side)) {
            for (column, covered) in (left..).zip(covered) {
                if *covered == 0 || row < 0 || column < 0 || row >= height || column >= width {
                    continue;
                }
                let Some(pixel) = self.pixels.get_mut((row * width + column) as usize) else {
                    continue;
                };
                let [r, g, b] = mixed([pixel[0], pixel[1], pixel[2]], ink, u32::from(*covered) * opacity / 255);
                *pixel = [r, g, b, 255];
            }
        }
    }
}

/// A mark that is drawn many times.
pub struct Stamp {
    side: usize,
    /// How much of each pixel, of 255.
    covered: Vec<u8>,
}

impl Stamp {
    /// Of a radius in pixels; the outline has a radius of one, and none is a disc.
    pub fn new(outline: Option<&[(f64, f64)]>, radius: f64) -> Stamp {
        /// Points that are tried across each pixel.
        const TRIED: usize = 4;
        // No outline goes farther than this.
        let side = (2.0 * radius * 1.2).ceil() as usize + 1;
        let middle = side as f64 / 2.0;
        let mut covered = Vec::with_capacity(side * side);
        for pixel in 0..side * side {
            let corner = ((pixel % side) as f64, (pixel / side) as f64);
            let is_in = |tried: &usize| {
                let place =
                    |corner: f64, tried: usize| (corner + (tried as f64 + 0.5) / TRIED as f64 - middle) / radius;
                is_inside(
                    outline,
                    (place(corner.0, tried % TRIED), place(corner.1, tried / TRIED)),
                )
            };
            let n = (0..TRIED * TRIED).filter(is_in).count();
            covered.push((n * 255 / (TRIED * TRIED)) as u8);
        }
        Stamp { side, covered }
    }
}

fn is_inside(outline: Option<&[(f64, f64)]>, (x, y): (f64, f64)) -> bool {
    let Some(corners) = outline else {
        return x.hypot(y) <= 1.0;
    };
    let ends = corners.iter().cycle().skip(1);
    let is_crossed = |((from, to), (next, next_to)): &(&(f64, f64), &(f64, f64))| {
        (*to > y) != (*next_to > y) && x < (next - from) * (y - to) / (next_to - to) + from
    };
    corners.iter().zip(ends).filter(is_crossed).count() % 2 == 1
}

/// So many of 255 of the second colour.
fn mixed(under: Colour, over: Colour, part: u32) -> Colour {
    let mix = |under: u8, over: u8| ((u32::from(under) * (255 - part) + u32::from(over) * part + 127) / 255) as u8;
    [mix(under[0], over[0]), mix(under[1], over[1]), mix(under[2], over[2])]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAPER: Colour = [255, 255, 255];
    const INK: Colour = [0, 0, 0];

    /// How dark each pixel is.
    fn dark(picture: &Picture) -> Vec<u32> {
        picture.pixels.iter().map(|pixel| 255 - u32::from(pixel[0])).collect()
    }

    /// Numbers that look like chance, always the same.
    fn numbers() -> impl Iterator<Item = f32> {
        let next = |seed: &u32| Some(seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        std::iter::successors(Some(7_u32), next).map(|seed| (seed >> 8) as f32 / (1 << 24) as f32)
    }

    #[test]
    fn a_line_covers_its_length_times_its_width() {
        let mut numbers = numbers();
        let mut place = || {
            (
                10.0 + 80.0 * numbers.next().unwrap(),
                10.0 + 80.0 * numbers.next().unwrap(),
            )
        };
        for _ in 0..200 {
            let (from, to) = (place(), place());
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            let mut lines = Lines::new((100, 100));
            lines.line(from, to, 0.5);
            let dark: u32 = dark(&lines.on_paper(PAPER, INK)).iter().sum();
            // It begins and ends at a pixel, and rounding takes a little everywhere.
            let (n_pixels, expected) = (dark as f32 / 255.0, length * 0.5);
            assert!(
                (n_pixels - expected).abs() < 1.0 + 0.03 * expected,
                "{from:?} {to:?} {n_pixels} {expected}"
            );
        }
    }

    #[test]
    fn what_is_cut_off_is_all_that_is_missing() {
        let mut numbers = numbers();
        let mut place = || (300.0 * numbers.next().unwrap(), 300.0 * numbers.next().unwrap());
        for _ in 0..100 {
            let (from, to) = (place(), place());
            let (mut whole, mut part) = (Lines::new((300, 300)), Lines::new((90, 70)));
            whole.line(from, to, 0.6);
            let moved = |(x, y): (f32, f32)| (x - 110.0, y - 120.0);
            part.line(moved(from), moved(to), 0.6);
            let whole = dark(&whole.on_paper(PAPER, INK));
            for (at, dark) in dark(&part.on_paper(PAPER, INK)).into_iter().enumerate() {
                let expected = whole[(at / 90 + 120) * 300 + at % 90 + 110];
                assert!(
                    dark.abs_diff(expected) <= 2,
                    "{from:?} {to:?} pixel {at}: {dark} {expected}"
                );
            }
        }
    }

    #[test]
    fn far_away_and_without_length_nothing_happens() {
        let mut lines = Lines::new((10, 10));
        for (from, to) in [
            ((-1e9, -1e9), (-1e9, 1e9)),
            ((1e9, 5.0), (2e9, 5.0)),
            ((3.0, 3.0), (3.0, 3.0)),
            ((f32::NAN, 0.0), (5.0, 5.0)),
        ] {
            lines.line(from, to, 1.0);
        }
        let n_dark = dark(&lines.on_paper(PAPER, INK))
            .into_iter()
            .filter(|dark| *dark > 0)
            .count();
        assert!(n_dark <= 2, "{n_dark}");
    }

    #[test]
    fn a_stamp_is_as_large_as_its_outline() {
        let square = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
        for (outline, area) in [(None, std::f64::consts::PI), (Some(square.as_slice()), 4.0)] {
            let mut picture = Lines::new((40, 40)).on_paper(PAPER, INK);
            picture.stamp(&Stamp::new(outline, 6.0), (20.0, 20.0), INK, 255);
            // Half of it is outside.
            picture.stamp(&Stamp::new(outline, 6.0), (20.0, 0.0), INK, 255);
            let dark: u32 = dark(&picture).iter().sum();
            let (n_pixels, expected) = (f64::from(dark) / 255.0, area * 36.0 * 1.5);
            assert!((n_pixels / expected - 1.0).abs() < 0.06, "{n_pixels} {expected}");
        }
    }
}
