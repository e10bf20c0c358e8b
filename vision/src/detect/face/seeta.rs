//! Faces by SeetaFace, through the crate rustface, which is pure Rust: stills on two cores, streams share by share.

mod helper;
mod shares;

use std::sync::Arc;

use opencv::core::Size;
use opencv::imgproc;
use opencv::prelude::MatTraitConstManual as _;
use rustface::{FaceInfo, ImageData, Model};

use crate::detect::boxes::{BoxEngine, Hit, surest_first};
use crate::detect::merge::overlap;
use crate::detect::{Rect, Searched};
use crate::picture::{Luma, Picture};
use helper::Helper;
use shares::shares;

/// SeetaFace's detector for frontal faces.
pub(super) struct Seeta {
    model: Arc<Model>,
    min_size: f64,
    second_core: SecondCore,
}

/// The thread that searches for the small faces.
enum SecondCore {
    /// To be started with the first picture, so that it inherits the priority of the detector's thread.
    NotStarted,
    Helper(Helper<Job, opencv::Result<Vec<Hit>>>),
    /// The detector's own thread: no other can be started.
    None,
}

/// A search for the small faces of a picture.
struct Job {
    luma: Luma,
    scale: f64,
}

impl Seeta {
    pub(super) fn new(min_size: u32) -> Self {
        let model = rustface::read_model(MODEL).expect("the model is part of the program, and whole");
        let min_size = f64::from(min_size).max(SMALLEST);
        Self { model: Arc::new(model), min_size, second_core: SecondCore::NotStarted }
    }

    /// The scale at which the smallest wanted face has the size of the engine's window, below which it finds none.
    fn scale(&self, width: usize, height: usize) -> f64 {
        let most = (MOST_PIXELS / (width as f64 * height as f64)).sqrt();
        (WINDOW / self.min_size).min(most)
    }
}

impl BoxEngine for Seeta {
    fn name(&self) -> &'static str {
        "seeta"
    }

    /// A quarter of the time goes into the larger faces, which another core can take meanwhile; cut further down, so that
    /// both take half, the search finds fewer.
    fn find(&mut self, picture: &Picture) -> opencv::Result<Vec<Hit>> {
        let luma = picture.luma();
        let scale = self.scale(luma.width, luma.height);
        if let SecondCore::NotStarted = self.second_core {
            self.second_core = SecondCore::start(Arc::clone(&self.model));
        }
        let (small, large) = match &self.second_core {
            SecondCore::Helper(helper) => {
                let small = helper.ask(Job { luma: luma.clone(), scale });
                let large = search_large(&self.model, luma, scale);
                (small.wait(), large)
            }
            SecondCore::NotStarted | SecondCore::None => {
                (search_small(&self.model, luma, scale), search_large(&self.model, luma, scale))
            }
        };
        let mut hits = small?;
        hits.append(&mut large?);
        Ok(agreed(hits))
    }

    fn shares(&self, width: usize, height: usize) -> usize {
        shares(width, height, self.scale(width, height)).len()
    }

    fn find_share(&mut self, picture: &Picture, share: usize) -> opencv::Result<(Vec<Hit>, Searched)> {
        let luma = picture.luma();
        let share = shares(luma.width, luma.height, self.scale(luma.width, luma.height)).swap_remove(share);
        let hits = search(&self.model, luma, share.area, share.scale, share.largest)?;
        Ok((agreed(hits), Searched::Parts { picture: Rect::of(luma), parts: vec![share.part] }))
    }
}

impl SecondCore {
    fn start(model: Arc<Model>) -> Self {
        let work = move |job: Job| search_small(&model, &job.luma, job.scale);
        Helper::start("detect-face-2", work).map_or(SecondCore::None, SecondCore::Helper)
    }
}

/// The smallest three sizes.
fn search_small(model: &Model, luma: &Luma, scale: f64) -> opencv::Result<Vec<Hit>> {
    search(model, luma, Rect::of(luma), scale, Some(SMALL))
}

/// All larger sizes.
fn search_large(model: &Model, luma: &Luma, scale: f64) -> opencv::Result<Vec<Hit>> {
    search(model, luma, Rect::of(luma), scale * LARGE, None)
}

/// Every hit in an area scaled like this, however unsure, on faces of up to `largest` pixels of that.
fn search(model: &Model, luma: &Luma, area: Rect, scale: f64, largest: Option<u32>) -> opencv::Result<Vec<Hit>> {
    let scaled = |side: i32| (f64::from(side) * scale).round() as usize;
    let (width, height) = (scaled(area.width), scaled(area.height));
    if (width.min(height) as f64) < WINDOW {
        // The engine subtracts its window from the size of the picture without a check.
        return Ok(Vec::new());
    }
    // Linear, as the engine does it, for sharp features; averaging where that would leave out whole rows.
    let method = if 2 * width < area.width as usize { imgproc::INTER_AREA } else { imgproc::INTER_LINEAR };
    let resized = luma.resized(area, Size::new(width as i32, height as i32), method)?;
    // Made for each picture: it takes 0.2 ms, and the crate's detector cannot change threads.
    let mut detector = rustface::create_detector_with_model(model.clone());
    detector.set_score_thresh(ANY_SCORE);
    detector.set_pyramid_scale_factor(PYRAMID);
    if let Some(largest) = largest {
        detector.set_max_face_size(largest);
    }
    let faces = detector.detect(&ImageData::new(resized.data_bytes()?, width as u32, height as u32));
    Ok(faces.iter().map(|face| hit(face, area, scale)).collect())
}

/// The surest of the hits on each face, with the sum of their scores, where that is enough: what the engine itself does
/// within one search.
fn agreed(mut hits: Vec<Hit>) -> Vec<Hit> {
    surest_first(&mut hits);
    let mut faces: Vec<Hit> = Vec::new();
    for hit in hits {
        match faces.iter_mut().find(|face| overlap(&face.bounds, &hit.bounds) > SAME) {
            Some(face) => face.score += hit.score,
            None => faces.push(hit),
        }
    }
    faces.retain(|face| face.score >= THRESHOLD);
    surest_first(&mut faces);
    faces
}

fn hit(face: &FaceInfo, area: Rect, scale: f64) -> Hit {
    let place = face.bbox();
    let back = |value: f64| (value / scale).round() as i32;
    let bounds = Rect {
        x: area.x + back(place.x().into()),
        y: area.y + back(place.y().into()),
        width: back(place.width().into()),
        height: back(place.height().into()),
    };
    Hit { bounds, score: face.score() as f32 }
}

/// From the crate rustface; its licence is beside it.
const MODEL: &[u8] = include_bytes!("../../../model/seeta_fd_frontal_v1.0.bin");
/// The engine's window, in pixels: what it finds without scaling is no smaller.
const WINDOW: f64 = 40.0;
/// Below this an enlarged face has no features left.
const SMALLEST: f64 = 16.0;
/// The most pixels of a scaled picture: time and memory grow with them. In a picture that needs more, which 4K video does
/// not, the smallest faces are not found.
const MOST_PIXELS: f64 = 16e6;
/// A face scores 2 to 100; the authors' examples run from 0.95 to 4.5.
const THRESHOLD: f32 = 2.0;
/// The engine takes no threshold of 0.
const ANY_SCORE: f64 = 0.01;
/// From one size to the next.
const PYRAMID: f32 = 0.8;
/// Where the search for larger faces begins: three sizes on.
const LARGE: f64 = 0.512;
/// The largest of the small faces, in pixels: between the third size and the fourth.
const SMALL: u32 = 72;
/// Of two hits on one face, as a share of both together; the engine's own.
const SAME: f64 = 0.3;

#[cfg(test)]
mod tests {
    use super::*;
    use fixtures::drawn::{self, Drawn};

    fn hit(x: i32, score: f32) -> Hit {
        Hit { bounds: Rect { x, y: 0, width: 40, height: 40 }, score }
    }

    #[test]
    fn the_scores_of_both_searches_for_a_face_add_up() {
        // 30 of 50 columns in common, then 10 of 70.
        assert_eq!(agreed(vec![hit(0, 1.5), hit(10, 0.75)]), [hit(0, 2.25)]);
        assert_eq!(agreed(vec![hit(0, 1.5), hit(30, 0.75)]), []);
        assert_eq!(agreed(vec![hit(0, 2.0), hit(10, 0.5), hit(100, 4.0)]), [hit(100, 4.0), hit(0, 2.5)]);
    }

    #[test]
    fn one_core_finds_what_two_find() {
        let Drawn { width, height, data, .. } = drawn::faces();
        let luma = Luma { width, height, data };
        let mut two = Seeta::new(20);
        let mut one = Seeta::new(20);
        one.second_core = SecondCore::None;
        let found = two.find(&luma.clone().into()).unwrap();
        assert!(matches!(two.second_core, SecondCore::Helper(_)) && !found.is_empty(), "{found:?}");
        assert_eq!(one.find(&luma.clone().into()).unwrap(), found);
        assert_eq!(two.find(&luma.clone().into()).unwrap(), found);
    }

    #[test]
    fn a_picture_is_enlarged_no_further_than_its_size_allows() {
        let scaled = |width: usize, height: usize, min_size| {
            let scale = Seeta::new(min_size).scale(width, height);
            (width as f64 * scale, height as f64 * scale)
        };
        assert_eq!(scaled(3840, 2160, 32), (4800.0, 2700.0));
        for (width, height, min_size) in [(3840, 2160, 16), (8000, 6000, 32), (8000, 6000, 2000)] {
            let (across, down) = scaled(width, height, min_size);
            assert!(across * down <= MOST_PIXELS * 1.001, "{width}×{height} become {across}×{down}");
        }
    }

    #[test]
    fn in_a_large_picture_faces_are_where_they_are() {
        // Enlarged 8 times; the scale for a smallest face of 16 pixels would exceed the limit.
        let Drawn { width, height, data, truth } = drawn::faces();
        let luma = Luma { width, height, data };
        let size = Size::new(8 * width as i32, 8 * height as i32);
        let enlarged = luma.resized(Rect::of(&luma), size, imgproc::INTER_LINEAR).unwrap();
        let large = Luma { width: 8 * width, height: 8 * height, data: enlarged.data_bytes().unwrap().to_vec() };
        let hits = Seeta::new(16).find(&large.into()).unwrap();
        // Only one of the two drawn faces: the score of the other depends on single pixels.
        let [x, y, width, height] = truth[0];
        let place = Rect { x: 8 * x, y: 8 * y, width: 8 * width, height: 8 * height };
        assert!(hits.iter().any(|hit| overlap(&hit.bounds, &place) > 0.5), "{place:?} in {hits:?}");
    }
}
