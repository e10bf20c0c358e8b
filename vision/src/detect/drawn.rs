//! Faces and people drawn with a few ellipses, which every engine takes for real; shared with the tests of the process.

/// A grey picture in rows, and where the things in it are: left, top, width, height.
pub(crate) struct Drawn {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) data: Vec<u8>,
    pub(crate) truth: [[i32; 4]; 2],
}

/// Two faces, one larger than the other.
pub(crate) fn faces() -> Drawn {
    let mut sheet = Sheet::new(240, 180);
    for (x, y, radius) in [(70.0, 90.0, 45.0), (175.0, 80.0, 36.0)] {
        // Skin, eyes, nose, mouth, in radii.
        for (dx, dy, rx, ry, grey) in [
            (0.0, 0.0, 0.8, 1.05, 190.0),
            (-0.36, -0.22, 0.26, 0.12, 60.0),
            (0.36, -0.22, 0.26, 0.12, 60.0),
            (0.0, 0.1, 0.12, 0.32, 215.0),
            (0.0, 0.55, 0.34, 0.1, 90.0),
        ] {
            sheet.ellipse((x + dx * radius, y + dy * radius), (rx * radius, ry * radius), grey);
        }
    }
    sheet.into_drawn([[25, 45, 90, 90], [139, 44, 72, 72]])
}

/// Two people, upright.
pub(crate) fn humans() -> Drawn {
    let mut sheet = Sheet::new(240, 200);
    for (x, top, height) in [(70.0, 30.0, 130.0), (170.0, 50.0, 110.0)] {
        // Head, trunk, legs, in heights.
        for (dx, dy, rx, ry) in
            [(0.0, 0.07, 0.055, 0.075), (0.0, 0.32, 0.12, 0.21), (-0.05, 0.72, 0.05, 0.29), (0.05, 0.72, 0.05, 0.29)]
        {
            sheet.ellipse((x + dx * height, top + dy * height), (rx * height, ry * height), 60.0);
        }
    }
    sheet.into_drawn([[48, 30, 44, 130], [151, 50, 38, 110]])
}

struct Sheet {
    width: usize,
    height: usize,
    data: Vec<f64>,
}

impl Sheet {
    /// Grey, and a little brighter to the right.
    fn new(width: usize, height: usize) -> Self {
        let data = (0..width * height).map(|n| 130.0 + 20.0 * (n % width) as f64 / width as f64).collect();
        Self { width, height, data }
    }

    /// Filled, with a soft edge.
    fn ellipse(&mut self, (cx, cy): (f64, f64), (rx, ry): (f64, f64), grey: f64) {
        for (n, value) in self.data.iter_mut().enumerate() {
            let (x, y) = ((n % self.width) as f64, (n / self.width) as f64);
            let distance = ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2);
            let cover = ((1.15 - distance) / 0.3).clamp(0.0, 1.0);
            *value = *value * (1.0 - cover) + grey * cover;
        }
    }

    fn into_drawn(self, truth: [[i32; 4]; 2]) -> Drawn {
        let data = self.data.into_iter().map(|value| value.round() as u8).collect();
        Drawn { width: self.width, height: self.height, data, truth }
    }
}
