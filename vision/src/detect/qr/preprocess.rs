//! Makes the variants of a picture, or of a region of it.

use opencv::core::{self, Mat, MatTraitConstManual as _, MatTraitManual as _, Rect as CvRect, Size};
use opencv::imgproc;
use opencv::prelude::CLAHETrait as _;

use super::plan::AtOnce;
use super::variant::{Filter, REGION_SIDE, Scope, Variant};
use crate::detect::Rect;
use crate::picture::Luma;

/// Makes variants; holds nothing but buffers, which it reuses.
#[derive(Default)]
pub(super) struct Preprocessor {
    filtered: Mat,
    enlarged: Mat,
    blurred: Mat,
    output: Mat,
}

/// Grey pixels for an engine, and where they are in the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    /// `width * height` brightness values in rows.
    pub(super) data: &'a [u8],
    pub(super) place: Place,
}

/// Maps coordinates of an input to coordinates of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    x: f64,
    y: f64,
    scale: (f64, f64),
}

impl Place {
    /// Pixel centres are at half pixels.
    pub(super) fn to_picture(self, (x, y): (f64, f64)) -> (f64, f64) {
        ((x + 0.5) / self.scale.0 - 0.5 + self.x, (y + 0.5) / self.scale.1 - 0.5 + self.y)
    }
}

impl<'a> Input<'a> {
    /// The picture as it is.
    pub(super) fn native(luma: &'a Luma) -> Self {
        let place = Place { x: 0.0, y: 0.0, scale: (1.0, 1.0) };
        Self { width: luma.width, height: luma.height, data: &luma.data, place }
    }

    /// A drawing of `side` × `side` pixels, which is nowhere in the picture.
    pub(super) fn drawn(side: usize, data: &'a [u8]) -> Self {
        Self { width: side, height: side, data, place: Place { x: 0.0, y: 0.0, scale: (1.0, 1.0) } }
    }
}

impl Preprocessor {
    /// The variant of `region`; `None` where it would show nothing new, because the picture is too large to be enlarged.
    pub(super) fn prepare<'a>(
        &'a mut self,
        luma: &'a Luma,
        region: Rect,
        variant: &Variant,
        at_once: AtOnce,
    ) -> opencv::Result<Option<Input<'a>>> {
        let (across, down) = magnification(region, variant, at_once);
        let is_whole = variant.mode.scope == Scope::Whole;
        if variant.filter == Filter::None && is_whole && across.max(down) < LEAST_GAIN {
            return Ok(None);
        }
        let scaled = |side: i32, by: f64| {
            let scaled = f64::from(side) * by;
            // A copy that is made smaller to meet a limit is not rounded up.
            (if by < 1.0 { scaled.floor() } else { scaled.round() }).max(1.0) as i32
        };
        let size = Size::new(scaled(region.width, across), scaled(region.height, down));
        let whole = luma.mat()?;
        let part = Mat::roi(&whole, CvRect::new(region.x, region.y, region.width, region.height))?;
        // Sides are rounded to whole pixels, which changes the scale a little.
        let scale =
            (f64::from(size.width) / f64::from(region.width), f64::from(size.height) / f64::from(region.height));
        let output = self.apply(&part, size, scale.0.max(scale.1), variant)?;
        let place = Place { x: f64::from(region.x), y: f64::from(region.y), scale };
        let data = output.data_bytes()?;
        Ok(Some(Input { width: size.width as usize, height: size.height as usize, data, place }))
    }

    fn apply(
        &mut self,
        part: &(impl core::ToInputArray + core::MatTraitConst),
        size: Size,
        scale: f64,
        variant: &Variant,
    ) -> opencv::Result<&Mat> {
        let interpolation = match variant.mode.scope {
            _ if scale < 1.0 => imgproc::INTER_AREA,
            // Codes of many pixels read no better with a slower one, which costs as much as reading them.
            Scope::Native | Scope::Whole | Scope::Drawing => imgproc::INTER_LINEAR,
            Scope::Region => imgproc::INTER_CUBIC,
        };
        let resize = |from: &Mat, to: &mut Mat| imgproc::resize(from, to, size, 0.0, 0.0, interpolation);
        if let Filter::LocalContrast { limit, tiles } = variant.filter {
            // Before enlarging: the same contrast for a quarter of the work.
            imgproc::create_clahe(limit, Size::new(tiles, tiles))?.apply(part, &mut self.filtered)?;
            resize(&self.filtered, &mut self.enlarged)?;
            return Ok(&self.enlarged);
        }
        if let Filter::Blur { sigma } = variant.filter {
            imgproc::gaussian_blur_def(part, &mut self.filtered, Size::default(), sigma)?;
            resize(&self.filtered, &mut self.enlarged)?;
            return Ok(&self.enlarged);
        }
        imgproc::resize(part, &mut self.enlarged, size, 0.0, 0.0, interpolation)?;
        match variant.filter {
            Filter::None | Filter::LocalContrast { .. } | Filter::Blur { .. } => return Ok(&self.enlarged),
            Filter::LocalThreshold { window } => {
                let window = ((window / scale).round() as i32).max(3) | 1;
                imgproc::blur_def(part, &mut self.filtered, Size::new(window, window))?;
                resize(&self.filtered, &mut self.blurred)?;
                // In place: another picture of this size would be one of the largest things in memory.
                for (pixel, &mean) in self.enlarged.data_bytes_mut()?.iter_mut().zip(self.blurred.data_bytes()?) {
                    *pixel = if *pixel >= mean { u8::MAX } else { 0 };
                }
                return Ok(&self.enlarged);
            }
            Filter::Sharpen { sigma } => {
                imgproc::gaussian_blur_def(&self.enlarged, &mut self.blurred, Size::default(), sigma)?;
                core::add_weighted_def(&self.enlarged, 2.5, &self.blurred, -1.5, 0.0, &mut self.output)?;
            }
        }
        Ok(&self.output)
    }
}

/// The magnification across and down; less than the variant asks for where the picture is large already.
fn magnification(region: Rect, variant: &Variant, at_once: AtOnce) -> (f64, f64) {
    let (width, height) = (f64::from(region.width), f64::from(region.height));
    let base = match variant.mode.scope {
        Scope::Native | Scope::Whole | Scope::Drawing => 1.0,
        Scope::Region => (REGION_SIDE / width.max(height)).min(MOST_MAGNIFICATION),
    };
    let (across, down) = (base * variant.stretch.0, base * variant.stretch.1);
    let excess = (width * across * height * down / at_once.most_pixels(width * height)).max(1.0).sqrt();
    ((across / excess).min(LONGEST / width), (down / excess).min(LONGEST / height))
}

/// The longest side that zxing-cpp takes.
const LONGEST: f64 = 65_535.0;
/// The most that a region is enlarged; beyond that there is nothing but interpolation.
const MOST_MAGNIFICATION: f64 = 6.0;
/// Enlarging by less than this shows nothing that the picture as it is does not show.
const LEAST_GAIN: f64 = 1.2;
