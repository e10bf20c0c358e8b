//! Drawn codes as a camera would see them: squeezed, far away, out of focus, in bad light.

use opencv::core::{Mat, Point2f, Scalar, Size, Vector};
use opencv::imgproc;
use opencv::prelude::*;

use crate::picture::Luma;

/// One code in the middle of a 320 × 240 picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    pub(super) text: &'static str,
    /// Pixels a module takes, across and down, before the code is turned.
    pub(super) module: (f64, f64),
    pub(super) turned_degrees: f64,
    /// Of a Gaussian, in pixels.
    pub(super) blur: f64,
    /// Brightness of ink and paper.
    pub(super) tones: (f64, f64),
    /// The share of the light that is left at the right edge.
    pub(super) light_right: f64,
    /// Brightness added by a lamp's reflection in the middle of the code, and its radius in pixels.
    pub(super) glare: (f64, f64),
    /// The camera's noise, most deviation.
    pub(super) noise: f64,
    pub(super) inverted: bool,
}

const WIDTH: usize = 320;
const HEIGHT: usize = 240;
/// Samples for a pixel, across and down.
const SAMPLES: i32 = 4;

impl Scene {
    pub(super) fn draw(&self) -> Luma {
        let mut luma = Luma { width: WIDTH, height: HEIGHT, data: vec![0; WIDTH * HEIGHT] };
        let exposed = self.expose().unwrap();
        let mut seed = 1_u32;
        for (at, (value, pixel)) in exposed.iter().zip(&mut luma.data).enumerate() {
            let (x, y) = ((at % WIDTH) as f64, (at / WIDTH) as f64);
            let light = 1.0 - (1.0 - self.light_right) * x / WIDTH as f64;
            let ((added, radius), dx, dy) = (self.glare, x - WIDTH as f64 / 2.0, y - HEIGHT as f64 / 2.0);
            let glare = added * (-(dx * dx + dy * dy) / (2.0 * radius * radius)).exp();
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = self.noise * (f64::from(seed >> 8) / f64::from(1_u32 << 23) - 1.0);
            *pixel = (value * light + glare + noise).round().clamp(0.0, 255.0) as u8;
        }
        luma
    }

    /// The tones that reach the sensor, before light and noise.
    fn expose(&self) -> opencv::Result<Vec<f64>> {
        let code = code(self.text, self.inverted);
        let modules = f64::from(code.cols());
        let scale = f64::from(SAMPLES);
        let (sin, cos) = self.turned_degrees.to_radians().sin_cos();
        let corner = |u: f64, v: f64| {
            let (x, y) = ((u - 0.5) * modules * self.module.0, (v - 0.5) * modules * self.module.1);
            let (x, y) = (x * cos - y * sin + WIDTH as f64 / 2.0, x * sin + y * cos + HEIGHT as f64 / 2.0);
            Point2f::new((x * scale) as f32, (y * scale) as f32)
        };
        let end = code.cols() as f32;
        let from = Vector::from_slice(&[Point2f::new(0.0, 0.0), Point2f::new(end, 0.0), Point2f::new(0.0, end)]);
        let to = Vector::from_slice(&[corner(0.0, 0.0), corner(1.0, 0.0), corner(0.0, 1.0)]);
        let place = imgproc::get_affine_transform(&from, &to)?;
        let size = Size::new(WIDTH as i32, HEIGHT as i32);
        let (mut fine, mut coarse, mut blurred) = (Mat::default(), Mat::default(), Mat::default());
        let (nearest, constant) = (imgproc::INTER_NEAREST, opencv::core::BORDER_CONSTANT);
        let paper = Scalar::all(if self.inverted { 0.0 } else { 255.0 });
        imgproc::warp_affine(&code, &mut fine, &place, size * SAMPLES, nearest, constant, paper)?;
        imgproc::resize(&fine, &mut coarse, size, 0.0, 0.0, imgproc::INTER_AREA)?;
        imgproc::gaussian_blur_def(&coarse, &mut blurred, Size::default(), self.blur.max(0.01))?;
        let (ink, paper) = self.tones;
        Ok(blurred.data_bytes()?.iter().map(|&value| ink + (paper - ink) * f64::from(value) / 255.0).collect())
    }
}

/// One pixel a module, with its quiet zone.
fn code(text: &str, inverted: bool) -> Mat {
    let code = zxingcpp::create(zxingcpp::BarcodeFormat::QRCode).from_str(text).unwrap();
    let image = code.to_image_with(&zxingcpp::write().scale(1).add_quiet_zones(true)).unwrap();
    let pixels = image.data().into_iter().map(|value| if inverted { 255 - value } else { value });
    let pixels: Vec<u8> = pixels.collect();
    Mat::from_slice(&pixels).unwrap().reshape(1, image.height()).unwrap().try_clone().unwrap()
}

/// For each variant, and for rqrr, a scene that is read with it and not without it; found among random ones.
pub(super) const HARD: [(&str, Scene); 9] = [
    (
        "local threshold",
        Scene {
            text: SHORT,
            module: (2.45, 2.53),
            turned_degrees: 15.15,
            tones: (74.0, 118.0),
            light_right: 0.23,
            glare: (168.0, 13.5),
            ..PLAIN
        },
    ),
    (
        "enlarged",
        Scene {
            text: SHORT,
            module: (1.15, 2.81),
            turned_degrees: 13.84,
            tones: (32.0, 119.0),
            glare: (71.2, 29.7),
            noise: 3.0,
            ..PLAIN
        },
    ),
    (
        "local contrast",
        Scene {
            module: (6.93, 2.96),
            turned_degrees: 3.56,
            tones: (31.7, 57.3),
            light_right: 0.14,
            noise: 3.3,
            ..PLAIN
        },
    ),
    (
        "stretched across",
        Scene {
            text: SHORT,
            module: (3.46, 11.01),
            turned_degrees: 10.45,
            blur: 0.95,
            tones: (27.6, 254.0),
            light_right: 0.69,
            noise: 8.75,
            ..PLAIN
        },
    ),
    (
        "stretched down",
        Scene { module: (3.08, 1.2), turned_degrees: 11.37, blur: 0.51, tones: (72.06, 95.16), noise: 1.12, ..PLAIN },
    ),
    (
        "blurred",
        Scene {
            module: (5.33, 5.19),
            turned_degrees: 14.88,
            blur: 1.69,
            tones: (97.04, 173.93),
            glare: (78.11, 40.66),
            noise: 27.69,
            ..PLAIN
        },
    ),
    (
        "close",
        Scene {
            module: (2.9, 2.9),
            turned_degrees: 6.64,
            blur: 1.39,
            tones: (111.5, 189.5),
            glare: (16.7, 39.1),
            noise: 9.29,
            ..PLAIN
        },
    ),
    (
        "close, sharpened",
        Scene {
            module: (4.06, 2.02),
            turned_degrees: 18.74,
            blur: 1.16,
            tones: (88.7, 156.85),
            glare: (127.0, 35.5),
            noise: 2.05,
            ..PLAIN
        },
    ),
    (
        "rqrr",
        Scene {
            text: SHORT,
            module: (3.46, 11.52),
            turned_degrees: 6.0,
            blur: 0.39,
            tones: (103.9, 216.32),
            light_right: 0.41,
            noise: 3.39,
            ..PLAIN
        },
    ),
];

const SHORT: &str = "CART-12";

const PLAIN: Scene = Scene {
    text: "https://example.org/robots/7/dock",
    module: (3.0, 3.0),
    turned_degrees: 0.0,
    blur: 0.35,
    tones: (40.0, 210.0),
    light_right: 1.0,
    glare: (0.0, 1.0),
    noise: 0.5,
    inverted: false,
};
