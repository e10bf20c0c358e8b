//! Faces by SeetaFace, through the crate rustface, which is pure Rust.

use opencv::core::{Mat, Size};
use opencv::imgproc;
use rustface::{FaceInfo, ImageData, Model};

use crate::detect::Rect;
use crate::detect::boxes::{BoxEngine, Hit, surest_first};
use crate::opencv_says::reason;
use crate::picture::Luma;

/// SeetaFace's detector for frontal faces.
pub(super) struct Seeta {
    model: Model,
    min_size: f64,
}

impl Seeta {
    pub(super) fn new(min_size: Option<u32>) -> Self {
        let model = rustface::read_model(MODEL).expect("the model is part of the program, and whole");
        Self { model, min_size: min_size.map_or(USUAL, f64::from).max(SMALLEST) }
    }
}

impl BoxEngine for Seeta {
    fn name(&self) -> &'static str {
        "seeta"
    }

    fn find(&mut self, luma: &Luma) -> Result<Vec<Hit>, String> {
        // The engine looks for faces of its window's size and larger, so the picture is scaled to what is wanted.
        let most = (MOST_PIXELS / (luma.width as f64 * luma.height as f64)).sqrt();
        let scale = (WINDOW / self.min_size).min(most);
        let scaled = |side: usize| (side as f64 * scale).round() as usize;
        let (width, height) = (scaled(luma.width), scaled(luma.height));
        if (width.min(height) as f64) < WINDOW {
            // It subtracts its window from the picture's size without a look.
            return Ok(Vec::new());
        }
        let faces = if (width, height) == (luma.width, luma.height) {
            self.faces(&luma.data, width, height)
        } else {
            let resized = resized(luma, width, height).map_err(|error| reason(&error))?;
            self.faces(&resized, width, height)
        };
        let mut hits: Vec<Hit> = faces.iter().map(|face| hit(face, scale)).collect();
        surest_first(&mut hits);
        Ok(hits)
    }
}

impl Seeta {
    fn faces(&self, pixels: &[u8], width: usize, height: usize) -> Vec<FaceInfo> {
        // Made for each picture: it costs little beside the search, and the crate's detector cannot change threads.
        let mut detector = rustface::create_detector_with_model(self.model.clone());
        detector.set_score_thresh(THRESHOLD);
        detector.set_pyramid_scale_factor(PYRAMID);
        detector.detect(&ImageData::new(pixels, width as u32, height as u32))
    }
}

fn resized(luma: &Luma, width: usize, height: usize) -> opencv::Result<Vec<u8>> {
    let source = Mat::new_rows_cols_with_bytes::<u8>(luma.height as i32, luma.width as i32, &luma.data)?;
    let mut pixels = vec![0; width * height];
    let mut target = Mat::new_rows_cols_with_bytes_mut::<u8>(height as i32, width as i32, &mut pixels)?;
    let method = if width < luma.width { imgproc::INTER_AREA } else { imgproc::INTER_LINEAR };
    imgproc::resize(&source, &mut target, Size::new(width as i32, height as i32), 0.0, 0.0, method)?;
    drop(target);
    Ok(pixels)
}

fn hit(face: &FaceInfo, scale: f64) -> Hit {
    let place = face.bbox();
    let back = |value: f64| (value / scale).round() as i32;
    let bounds = Rect {
        x: back(place.x().into()),
        y: back(place.y().into()),
        width: back(place.width().into()),
        height: back(place.height().into()),
    };
    Hit { bounds, score: face.score() as f32 }
}

/// From the crate rustface; its licence stands beside it.
const MODEL: &[u8] = include_bytes!("../../../model/seeta_fd_frontal_v1.0.bin");
/// The engine's window, in pixels: what it finds without scaling is no smaller.
const WINDOW: f64 = 40.0;
/// The smallest face, in pixels, unless the user says otherwise: smaller ones cost more time than they are found for. In
/// four photos with 18 faces, each also mirrored, larger, smaller, darker and compressed, 32 finds 105 to 107 of 108,
/// 40 finds 94, and the original's cascades find 97.
const USUAL: f64 = 32.0;
/// Below this an enlarged face has no features left.
const SMALLEST: f64 = 16.0;
/// Scaled pictures have at most so many pixels, for which the engine takes 0.3 GB; in a picture that needs more, 4K video
/// does not, the smallest faces are not looked for.
const MOST_PIXELS: f64 = 16e6;
/// A face scores 2 to 100; the authors' examples run from 0.95 to 4.5.
const THRESHOLD: f64 = 2.0;
/// From one size to the next.
const PYRAMID: f32 = 0.8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::drawn::{self, Drawn};
    use crate::detect::merge::overlap;

    #[test]
    fn a_large_picture_is_searched_for_larger_faces() {
        // 8 times across and down: enlarged as asked for it would have a billion pixels.
        let Drawn { width, height, data, truth } = drawn::faces();
        let luma = Luma { width, height, data };
        let large = Luma { width: 8 * width, height: 8 * height, data: resized(&luma, 8 * width, 8 * height).unwrap() };
        let hits = Seeta::new(Some(16)).find(&large).unwrap();
        // Of the two drawn faces the one that is drawn more like one; the other's score hangs on single pixels.
        let [x, y, width, height] = truth[0];
        let place = Rect { x: 8 * x, y: 8 * y, width: 8 * width, height: 8 * height };
        assert!(hits.iter().any(|hit| overlap(&hit.bounds, &place) > 0.5), "{place:?} in {hits:?}");
    }
}
