//! Enlarges and changes a picture, or a part of it, the way a look asks for.

use opencv::core::{self, Mat, MatTraitConstManual as _, Rect as CvRect, Size};
use opencv::imgproc;
use opencv::prelude::CLAHETrait as _;

use super::look::{CLOSE_SIDE, Change, Look, Scope};
use crate::detect::Rect;
use crate::picture::Luma;

/// Keeps its memory from picture to picture, and nothing else.
#[derive(Default)]
pub(super) struct Darkroom {
    prepared: Mat,
    enlarged: Mat,
    blurred: Mat,
    developed: Mat,
}

/// Grey pixels for an engine, and where they came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) data: &'a [u8],
    pub(super) origin: Origin,
}

/// How a view's coordinates are found in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Origin {
    x: f64,
    y: f64,
    scale: (f64, f64),
}

impl Origin {
    /// Pixel centres lie half a pixel in.
    pub(super) fn to_picture(self, (x, y): (f64, f64)) -> (f64, f64) {
        ((x + 0.5) / self.scale.0 - 0.5 + self.x, (y + 0.5) / self.scale.1 - 0.5 + self.y)
    }
}

impl<'a> View<'a> {
    /// The picture as it is.
    pub(super) fn of(luma: &'a Luma) -> Self {
        let origin = Origin { x: 0.0, y: 0.0, scale: (1.0, 1.0) };
        Self { width: luma.width, height: luma.height, data: &luma.data, origin }
    }
}

impl Darkroom {
    /// The part `area` of the picture as `look` wants it; `None` where the look would show nothing new.
    pub(super) fn develop<'a>(
        &'a mut self,
        luma: &'a Luma,
        area: Rect,
        look: &Look,
    ) -> opencv::Result<Option<View<'a>>> {
        if look.effort.scope == Scope::Native {
            return Ok(Some(View::of(luma)));
        }
        let (across, down) = magnification(area, look);
        if look.change == Change::Nothing && look.effort.scope == Scope::Whole && across.max(down) < LEAST_GAIN {
            return Ok(None);
        }
        let enlarged = |side: i32, by: f64| (f64::from(side) * by).round().max(1.0) as i32;
        let size = Size::new(enlarged(area.width, across), enlarged(area.height, down));
        let whole = Mat::new_rows_cols_with_bytes::<u8>(luma.height as i32, luma.width as i32, &luma.data)?;
        let part = Mat::roi(&whole, CvRect::new(area.x, area.y, area.width, area.height))?;
        // What will really be done, after rounding.
        let scale = (f64::from(size.width) / f64::from(area.width), f64::from(size.height) / f64::from(area.height));
        let picture = self.change(&part, size, scale.0.max(scale.1), look)?;
        let origin = Origin { x: f64::from(area.x), y: f64::from(area.y), scale };
        let data = picture.data_bytes()?;
        Ok(Some(View { width: size.width as usize, height: size.height as usize, data, origin }))
    }

    fn change(
        &mut self,
        part: &(impl core::ToInputArray + core::MatTraitConst),
        size: Size,
        scale: f64,
        look: &Look,
    ) -> opencv::Result<&Mat> {
        let filter = match look.effort.scope {
            // Nothing better shows in codes that are read from many pixels, and it costs as much as reading them.
            Scope::Native | Scope::Whole => imgproc::INTER_LINEAR,
            Scope::Close if scale < 1.0 => imgproc::INTER_AREA,
            Scope::Close => imgproc::INTER_CUBIC,
        };
        let resize = |from: &Mat, to: &mut Mat| imgproc::resize(from, to, size, 0.0, 0.0, filter);
        if let Change::LocalContrast { limit, tiles } = look.change {
            // Before enlarging: the same contrast for a quarter of the work.
            imgproc::create_clahe(limit, Size::new(tiles, tiles))?.apply(part, &mut self.prepared)?;
            resize(&self.prepared, &mut self.enlarged)?;
            return Ok(&self.enlarged);
        }
        imgproc::resize(part, &mut self.enlarged, size, 0.0, 0.0, filter)?;
        match look.change {
            Change::Nothing | Change::LocalContrast { .. } => return Ok(&self.enlarged),
            Change::LocalThreshold { window } => {
                let window = ((window / scale).round() as i32).max(3) | 1;
                imgproc::blur_def(part, &mut self.prepared, Size::new(window, window))?;
                resize(&self.prepared, &mut self.blurred)?;
                core::compare(&self.enlarged, &self.blurred, &mut self.developed, core::CMP_GE)?;
            }
            Change::Sharpen { sigma } => {
                imgproc::gaussian_blur_def(&self.enlarged, &mut self.blurred, Size::default(), sigma)?;
                core::add_weighted_def(&self.enlarged, 2.5, &self.blurred, -1.5, 0.0, &mut self.developed)?;
            }
            Change::Erode => imgproc::erode_def(&self.enlarged, &mut self.developed, &Mat::default())?,
        }
        Ok(&self.developed)
    }
}

/// How much larger, across and down; less than the look asks for where the picture is large already.
fn magnification(area: Rect, look: &Look) -> (f64, f64) {
    let (width, height) = (f64::from(area.width), f64::from(area.height));
    let base = match look.effort.scope {
        Scope::Native | Scope::Whole => 1.0,
        Scope::Close => (CLOSE_SIDE / width.max(height)).min(MOST_CLOSE),
    };
    let (across, down) = (base * look.stretch.0, base * look.stretch.1);
    let excess = (width * across * height * down / MOST_PIXELS).max(1.0).sqrt();
    ((across / excess).min(LONGEST / width), (down / excess).min(LONGEST / height))
}

/// An enlarged picture has at most so many pixels, whatever the camera; 1280 × 1280 enlarged 2.5 times has ten million.
const MOST_PIXELS: f64 = 16e6;
/// zxing-cpp takes no longer side.
const LONGEST: f64 = 65_535.0;
/// A part is enlarged at most so much; beyond that there is nothing but interpolation.
const MOST_CLOSE: f64 = 6.0;
/// Enlarging by less than this shows what the picture as it is has shown.
const LEAST_GAIN: f64 = 1.2;
