//! Draws tags in space as a camera sees them, with a ground that is not plain, blur and noise.

use super::super::rotation::{Matrix, Vector, about, cross, product, sum, times, unit};
use crate::detect::tag::{Camera, TagFamily, TagPattern};
use crate::picture::Luma;

/// A picture of 640 × 480 pixels, and the tags in it.
pub(super) struct Scene {
    grey: Vec<f64>,
    pub(super) tags: Vec<Drawn>,
    random: Random,
}

/// What was drawn.
pub(super) struct Drawn {
    pub(super) id: u32,
    pub(super) corners: [[f64; 2]; 4],
    pub(super) position: Vector,
    pub(super) rotation: Matrix,
}

/// How a tag is seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// Of its middle, in pixels.
    pub(super) at: [f64; 2],
    /// Pixels that its side would have if it faced the camera.
    pub(super) side_px: f64,
    /// How far it is turned away from the line of sight, in degrees.
    pub(super) tilt: f64,
    /// About which direction, and how it lies on its ground, in degrees.
    pub(super) direction: [f64; 2],
}

pub(super) const SIZE: [usize; 2] = [640, 480];
pub(super) const CAMERA: Camera = Camera { focal: [600.0, 600.0], centre: [320.0, 240.0] };
pub(super) const SIDE_M: f64 = 0.16;

impl Scene {
    /// Smooth lights and shades, and no tag.
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let waves: Vec<[f64; 4]> = (0..24)
            .map(|_| [random.next() * 0.4, random.next() * 0.4, random.next() * 6.0, 3.0 + 5.0 * random.next()])
            .collect();
        let light = |n: usize| {
            let (x, y) = ((n % SIZE[0]) as f64, (n / SIZE[0]) as f64);
            120.0 + waves.iter().map(|[a, b, phase, strong]| strong * (a * x + b * y + phase).sin()).sum::<f64>()
        };
        Self { grey: (0..SIZE[0] * SIZE[1]).map(light).collect(), tags: Vec::new(), random }
    }

    /// A tag of a grey black on a grey white.
    pub(super) fn draw(&mut self, family: TagFamily, id: u32, view: View) {
        let TagPattern { modules, border, dark } = family.pattern(id).expect("the family has it");
        let Camera { focal, centre } = CAMERA;
        let depth = focal[0] * SIDE_M / view.side_px;
        let position = [0, 1].map(|n| (view.at[n] - centre[n]) / focal[n] * depth);
        let position = [position[0], position[1], depth];
        let rotation = rotation(position, view);
        let seen = |x: f64, y: f64| {
            let [u, v, depth] = sum(times(&rotation, [x * SIDE_M, y * SIDE_M, 0.0]), position);
            [focal[0] * u / depth + centre[0], focal[1] * v / depth + centre[1]]
        };
        // In sides from the middle; a module of paper around it.
        let (all, paper) = (modules as f64 / border as f64, (modules + 2) as f64 / border as f64);
        let ray = |x: f64, y: f64| on_tag(&rotation, position, x, y);
        let reach = paper * view.side_px + 2.0;
        let range = |at: f64, most: usize| (at - reach).max(0.0) as usize..((at + reach) as usize).min(most);
        for (x, y) in range(view.at[1], SIZE[1]).flat_map(|y| range(view.at[0], SIZE[0]).map(move |x| (x, y))) {
            let mut drawn = 0.0;
            let before = self.grey[y * SIZE[0] + x];
            for (dx, dy) in (0..STEPS * STEPS).map(|n| (n % STEPS, n / STEPS)) {
                let within = |n: usize, step: usize| n as f64 + (step as f64 + 0.5) / STEPS as f64;
                let [u, v] = ray(within(x, dx), within(y, dy));
                let module = |along: f64| ((along + all / 2.0) * border as f64).floor();
                let (column, row) = (module(u), module(v));
                let is_inside = |n: f64| (0.0..modules as f64).contains(&n);
                drawn += match is_inside(column) && is_inside(row) {
                    true if dark[row as usize * modules + column as usize] => 45.0,
                    true => 190.0,
                    false if u.abs().max(v.abs()) < paper / 2.0 => 190.0,
                    false => before,
                };
            }
            self.grey[y * SIZE[0] + x] = drawn / (STEPS * STEPS) as f64;
        }
        let corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(x, y)| seen(x, y));
        self.tags.push(Drawn { id, corners, position, rotation });
    }

    /// Blurred a little, as by a lens, and with a sensor's noise.
    pub(super) fn picture(&mut self) -> Luma {
        let [width, height] = SIZE;
        let at = |grey: &[f64], x: usize, y: usize| grey[y.min(height - 1) * width + x.min(width - 1)];
        let blur = |grey: &[f64], dx: usize, dy: usize| -> Vec<f64> {
            let places = (0..width * height).map(|n| (n % width, n / width));
            let mean = |(x, y): (usize, usize)| {
                0.2 * at(grey, x.saturating_sub(dx), y.saturating_sub(dy))
                    + 0.6 * at(grey, x, y)
                    + 0.2 * at(grey, x + dx, y + dy)
            };
            places.map(mean).collect()
        };
        let grey = blur(&blur(&self.grey, 1, 0), 0, 1);
        let random = &mut self.random;
        let mut noise = || (0..6).map(|_| random.next() - 0.5).sum::<f64>() * 4.0;
        let data = grey.into_iter().map(|value| (value + noise()).round().clamp(0.0, 255.0) as u8).collect();
        Luma { width, height, data }
    }
}

/// Tilted from the line of sight to `position`.
fn rotation(position: Vector, View { tilt, direction, .. }: View) -> Matrix {
    let sight = unit(position).expect("it is somewhere");
    let to_sight = cross([0.0, 0.0, 1.0], sight);
    let angle = sight[2].acos();
    let look = about(unit(to_sight).map_or([0.0; 3], |axis| axis.map(|value| value * angle)));
    let (sin, cos) = direction[0].to_radians().sin_cos();
    let tilted = about([cos * tilt.to_radians(), sin * tilt.to_radians(), 0.0]);
    product(&look, &product(&tilted, &about([0.0, 0.0, direction[1].to_radians()])))
}

/// Where the line of sight through a pixel meets the tag's plane, in sides from its middle.
fn on_tag(rotation: &Matrix, position: Vector, x: f64, y: f64) -> [f64; 2] {
    let ray = [(x - CAMERA.centre[0]) / CAMERA.focal[0], (y - CAMERA.centre[1]) / CAMERA.focal[1], 1.0];
    let axis = |n: usize| [rotation[0][n], rotation[1][n], rotation[2][n]];
    let along = |n: usize, v: Vector| axis(n).iter().zip(v).map(|(a, b)| a * b).sum::<f64>();
    let far = along(2, position) / along(2, ray);
    [0, 1].map(|n| (far * along(n, ray) - along(n, position)) / SIDE_M)
}

/// Steele and Vigna's mixer (SplitMix64, 2014): the same on every machine.
pub(super) struct Random(pub(super) u64);

impl Random {
    /// From 0 up to 1.
    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Samples a pixel, across and down.
const STEPS: usize = 5;
