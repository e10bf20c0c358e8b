//! Drawn tags at every angle, and what goes wrong.

mod crowd;
mod scene;

use super::*;
use crate::Engines;
use rotation::{Matrix, about, product};
use scene::{CAMERA, Drawn, Random, SIDE_M, SIZE, Scene, View};

fn detector(families: &[TagFamily]) -> TagDetector {
    let scale = Some(TagScale { side_m: SIDE_M, camera: CAMERA });
    TagDetector::new(&TagEngine { families: families.to_vec(), scale })
}

/// Twelve tags, each turned and lying in another way.
fn twelve(family: TagFamily, side_px: f64, tilt: f64) -> Scene {
    let seed = 1000 * side_px as u64 + tilt as u64;
    let (mut scene, mut random) = (Scene::new(seed), Random(seed));
    for n in 0..12_u32 {
        let at = [80.0 + 160.0 * f64::from(n % 4), 80.0 + 160.0 * f64::from(n / 4)].map(|at| at + 8.0 * random.next());
        let direction = [0, 1].map(|_| 360.0 * random.next());
        scene.draw(family, (n * 47 + tilt as u32) % family.size(), View { at, side_px, tilt, direction });
    }
    scene
}

/// The tag that was drawn there and found, if it was.
fn found<'a>(hits: &'a [Detection], drawn: &Drawn) -> Option<&'a Tag> {
    let tags = hits.iter().filter_map(|hit| hit.tag.as_deref());
    tags.into_iter().find(|tag| tag.id == drawn.id && distance(tag.corners[0], drawn.corners[0]) < 8.0)
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[test]
fn every_tag_of_24_pixels_is_found_up_to_60_degrees_with_corners_within_half_a_pixel() {
    let mut detector = detector(&[TagFamily::Tag36h11]);
    let mut worst = 0.0_f64;
    for side_px in [24.0, 32.0, 60.0] {
        for tilt in [0.0, 30.0, 60.0] {
            let mut scene = twelve(TagFamily::Tag36h11, side_px, tilt);
            let picture = Picture::from(scene.picture());
            let still = detector.detect(&picture).unwrap();
            let stream = detector.detect_next(&mut Stream::default(), &picture).unwrap().found;
            for hits in [&still, &stream] {
                assert_eq!(hits.len(), 12, "{side_px} pixels, {tilt}°");
                for drawn in &scene.tags {
                    let tag = found(hits, drawn).unwrap_or_else(|| panic!("{side_px} pixels, {tilt}°: {}", drawn.id));
                    let off = (0..4).map(|n| distance(tag.corners[n], drawn.corners[n])).fold(0.0, f64::max);
                    assert!(off <= 0.5, "{side_px} pixels, {tilt}°: tag {} is {off:.2} pixels off", drawn.id);
                    worst = worst.max(off);
                }
            }
        }
    }
    assert!(worst > 0.05, "the drawing is too good to be true: {worst}");
}

#[test]
fn poses_are_those_that_were_drawn() {
    let mut detector = detector(&[TagFamily::Tag36h11]);
    for tilt in [20.0, 40.0, 60.0] {
        let mut scene = twelve(TagFamily::Tag36h11, 90.0, tilt);
        let hits = detector.detect(&scene.picture().into()).unwrap();
        for drawn in &scene.tags {
            let pose = found(&hits, drawn).unwrap().pose.unwrap();
            let depth = drawn.position[2];
            let off = pose.position.iter().zip(drawn.position).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
            assert!(off / depth < 0.01, "{tilt}°: tag {} is {off:.3} m off at {depth:.2} m", drawn.id);
            let degrees = turned(pose.rotation, &drawn.rotation);
            assert!(degrees < 3.0, "{tilt}°: tag {} is turned by {degrees:.1}°", drawn.id);
            assert!(pose.error_px < 0.3 && pose.ambiguity < 0.6, "{tilt}°: {pose:?}");
        }
    }
}

/// The angle between two rotations, in degrees.
fn turned(quaternion: [f64; 4], rotation: &Matrix) -> f64 {
    let other = rotation::quaternion(rotation);
    let cos = quaternion.iter().zip(other).map(|(a, b)| a * b).sum::<f64>().abs();
    2.0 * cos.min(1.0).acos().to_degrees()
}

#[test]
fn rotations_that_are_the_same_have_no_angle_between_them() {
    let rotation = product(&about([0.0, 0.0, 0.5]), &about([0.3, 0.0, 0.0]));
    assert!(turned(rotation::quaternion(&rotation), &rotation) < 1e-5);
}

#[test]
fn every_family_is_read_where_it_is_asked_for_and_no_other() {
    for family in TagFamily::ALL {
        let mut scene = Scene::new(5);
        let view = View { at: [320.0, 240.0], side_px: 120.0, tilt: 20.0, direction: [30.0, 10.0] };
        scene.draw(family, family.size() - 1, view);
        let picture = Picture::from(scene.picture());
        let hits = detector(&[TagFamily::Tag36h11, family]).detect(&picture).unwrap();
        let [hit] = &hits[..] else { panic!("{family}: {hits:?}") };
        let tag = hit.tag.as_ref().unwrap();
        assert_eq!((tag.family, tag.id, tag.hamming), (family, family.size() - 1, 0));
        let off = (0..4).map(|n| distance(tag.corners[n], scene.tags[0].corners[n])).fold(0.0, f64::max);
        assert!(off < 0.5, "{family}: {off:.2} pixels off, {:?}", tag.corners);
        let others: Vec<_> = TagFamily::ALL.into_iter().filter(|other| *other != family).take(4).collect();
        assert_eq!(detector(&others).detect(&picture).unwrap(), [], "{family}");
    }
}

#[test]
fn corners_begin_at_the_top_left_of_an_upright_tag() {
    let mut scene = Scene::new(1);
    let view = View { at: CAMERA.centre, side_px: 100.0, tilt: 0.0, direction: [0.0, 0.0] };
    scene.draw(TagFamily::Tag36h11, 7, view);
    let hits = detector(&[TagFamily::Tag36h11]).detect(&scene.picture().into()).unwrap();
    let corners = hits[0].shape.corners().map(|Point { x, y }| (x, y));
    assert_eq!(corners, [(270, 190), (370, 190), (370, 290), (270, 290)]);
    assert_eq!(hits[0].kind, Kind::Tag);
}

#[test]
fn nothing_is_found_in_what_shows_no_tag() {
    let families = TagFamily::ALL;
    let mut all = detector(&families);
    for seed in 0..4 {
        assert_eq!(all.detect(&Scene::new(seed).picture().into()).unwrap(), [], "{seed}");
    }
    for name in ["jpeg/many.jpg", "jpeg/no-code.jpg", "portrait.jpg"] {
        let jpeg = std::fs::read(fixtures::get(name).unwrap().path()).unwrap();
        assert_eq!(all.detect(&Picture::from_jpeg(&jpeg).unwrap()).unwrap(), [], "{name}");
    }
}

#[test]
fn a_picture_of_any_size_is_searched() {
    let mut detector = detector(&[TagFamily::Tag36h11]);
    let mut random = Random(3);
    for (width, height) in [(0, 0), (1, 1), (3, 700), (15, 15), (16, 16), (17, 19), (33, 500), (1000, 16), (40_000, 20)]
    {
        let data = (0..width * height).map(|_| (255.0 * random.next()) as u8).collect();
        let picture = Picture::from(Luma { width, height, data });
        assert_eq!(detector.detect(&picture).unwrap(), [], "{width}×{height}");
        assert_eq!(detector.detect_next(&mut Stream::default(), &picture).unwrap().found, [], "{width}×{height}");
    }
}

#[test]
fn a_tag_at_the_edge_of_the_picture_is_found() {
    let mut scene = Scene::new(2);
    // Its paper is cut off, but for a module.
    scene.draw(TagFamily::Tag36h11, 3, View { at: [15.0, 465.0], side_px: 24.0, tilt: 0.0, direction: [0.0, 0.0] });
    let hits = detector(&[TagFamily::Tag36h11]).detect(&scene.picture().into()).unwrap();
    assert!(found(&hits, &scene.tags[0]).is_some(), "{hits:?}");
}

#[test]
fn a_faint_tag_is_found_in_a_file() {
    let mut scene = twelve(TagFamily::Tag36h11, 60.0, 20.0);
    let mut luma = scene.picture();
    // From 145 grey levels between black and white to 12.
    luma.data.iter_mut().for_each(|value| *value = 60 + *value / 12);
    let picture = Picture::from(luma);
    let mut detector = detector(&[TagFamily::Tag36h11]);
    assert_eq!(detector.detect(&picture).unwrap().len(), 12);
    assert_eq!(detector.detect_next(&mut Stream::default(), &picture).unwrap().found, []);
}

#[test]
fn the_larger_a_picture_of_a_stream_the_coarser_it_is_searched() {
    let sizes = [(320, 240), (640, 480), (1280, 720), (1920, 1080), (3840, 2160), (8000, 6000)];
    let by = sizes.map(|(width, height)| decimation(width * height));
    assert_eq!(by, [1.0, 1.0, 1.5, 2.0, 2.0, 2.0]);
}

#[test]
fn engines_load_a_detector_of_tags() {
    let loaded = Engines::default().load([Kind::Tag]).unwrap();
    assert_eq!(loaded.detectors[0].kind(), Kind::Tag);
    assert_eq!(SIZE, [640, 480]);
}
