//! What is read, what it costs in looks, and that each look earns its place.

mod scene;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::look::Scope;
use super::memory::PARTS_PAUSE;
use super::*;
use crate::jpeg::decode;
use crate::picture::Pixels;
use scene::Scene;

/// An engine that says what `answer` says, and notes what it was asked.
struct Scripted<F> {
    name: &'static str,
    answer: F,
    asked: Arc<Mutex<Vec<Effort>>>,
}

impl<F: FnMut(Effort) -> Result<Vec<Sighted>, String> + Send> Engine for Scripted<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn read(&mut self, _view: &View<'_>, effort: Effort) -> Result<Vec<Sighted>, String> {
        self.asked.lock().unwrap().push(effort);
        (self.answer)(effort)
    }
}

type Asked = Arc<Mutex<Vec<Effort>>>;

fn scripted<F>(name: &'static str, answer: F) -> (Box<dyn Engine>, Asked)
where
    F: FnMut(Effort) -> Result<Vec<Sighted>, String> + Send + 'static,
{
    let asked = Asked::default();
    (Box::new(Scripted { name, answer, asked: Arc::clone(&asked) }), asked)
}

/// Something 40 pixels wide, `nth` from the left.
fn sighted(nth: usize, says: Says) -> Sighted {
    let x = 50.0 * nth as f64;
    Sighted { corners: [(x, 0.0), (x + 40.0, 0.0), (x + 40.0, 40.0), (x, 40.0)], says }
}

fn code(nth: usize, text: &str) -> Sighted {
    sighted(nth, Says::Payload(Payload::new(text.as_bytes().to_vec(), None)))
}

fn suspect(nth: usize) -> Sighted {
    sighted(nth, Says::Nothing(Pattern::Square))
}

fn blank() -> Luma {
    Luma { width: 1000, height: 100, data: vec![0; 100_000] }
}

fn readings(found: Result<Vec<Detection>, DetectError>) -> Vec<(&'static str, String)> {
    found.unwrap().into_iter().map(|d| (d.engine, d.payload.unwrap().to_string())).collect()
}

#[test]
fn a_picture_whose_codes_are_all_read_is_looked_at_once() {
    let (engine, asked) = scripted("a", |_| Ok(vec![code(0, "x"), code(1, "y")]));
    let found = QrDetector::with(vec![engine], Plan::Search).detect(&blank());
    assert_eq!(readings(found), [("a", "x".into()), ("a", "y".into())]);
    assert_eq!(*asked.lock().unwrap(), [NATIVE.effort]);
}

#[test]
fn the_search_ends_with_the_look_that_reads_the_last_suspect() {
    // What is 100 pixels from the left of the doubled picture is 50 from the left of the picture.
    let answer = |effort: Effort| match effort.scope {
        Scope::Whole => Ok(vec![code(0, "x"), code(2, "y")]),
        _ => Ok(vec![code(0, "x"), suspect(1)]),
    };
    let (engine, asked) = scripted("a", answer);
    let found = QrDetector::with(vec![engine], Plan::Search).detect(&blank());
    assert_eq!(readings(found), [("a", "x".into()), ("a", "y".into())]);
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[test]
fn a_lone_finder_pattern_keeps_the_search_going_but_is_no_place_to_look_at() {
    let (engine, asked) = scripted("a", |_| Ok(vec![code(0, "x"), sighted(1, Says::Nothing(Pattern::Lone))]));
    QrDetector::with(vec![engine], Plan::Search).detect(&blank()).unwrap();
    assert_eq!(asked.lock().unwrap().len(), 1 + WHOLE.len());
}

#[test]
fn a_picture_full_of_things_that_are_no_codes_costs_a_bounded_number_of_looks() {
    let (engine, asked) = scripted("a", |_| Ok((0..200).map(suspect).collect()));
    let (other, other_asked) = scripted("b", |_| Ok(Vec::new()));
    let luma = Luma { width: 10_000, height: 100, data: vec![0; 1_000_000] };
    let found = QrDetector::with(vec![engine, other], Plan::Search).detect(&luma);
    assert_eq!(readings(found), []);
    assert_eq!(asked.lock().unwrap().len(), 1 + WHOLE.len() + CLOSE.len() * MOST_REGIONS);
    assert_eq!(other_asked.lock().unwrap().len(), 1);
}

#[test]
fn a_frame_of_a_stream_costs_at_most_four_looks_and_a_read_one_mostly_one() {
    for (most, seen) in [(4, suspect as fn(usize) -> Sighted), (2, |nth| code(nth, "x"))] {
        let answer = move |effort: Effort| match effort.scope {
            Scope::Native => Ok((0..9).map(seen).collect()),
            _ => Ok(Vec::new()),
        };
        let (engine, asked) = scripted("a", answer);
        let mut detector = QrDetector::with(vec![engine], Plan::Search);
        let mut stream = Stream::default();
        let mut total = 0;
        for _ in 0..20 {
            detector.detect_next(&mut stream, &blank()).unwrap();
            let looks = std::mem::take(&mut *asked.lock().unwrap()).len();
            assert!(looks <= most, "{looks} looks");
            total += looks;
        }
        assert!(most == 4 || total <= 25, "{total} looks at 20 frames that were read at once");
    }
}

#[test]
fn a_stream_tries_every_look_in_turn() {
    let (engine, asked) = scripted("a", |_| Ok(vec![suspect(3)]));
    let mut detector = QrDetector::with(vec![engine], Plan::Search);
    let mut stream = Stream::default();
    for _ in 0..PARTS_PAUSE * WHOLE.len() {
        detector.detect_next(&mut stream, &blank()).unwrap();
    }
    let names = |efforts: &[Effort]| efforts.iter().map(|effort| format!("{effort:?}")).collect::<BTreeSet<_>>();
    let all: Vec<_> = std::iter::once(&NATIVE).chain(&WHOLE).chain(&CLOSE).map(|look| look.effort).collect();
    assert_eq!(names(&asked.lock().unwrap()), names(&all));
}

#[test]
fn a_code_that_was_lost_is_looked_for_where_it_was_and_not_in_another_stream() {
    let mut frames = 0;
    let answer = move |effort: Effort| {
        frames += usize::from(effort.scope == Scope::Native);
        Ok(if frames <= 1 { vec![code(3, "x")] } else { Vec::new() })
    };
    let close = |asked: &Asked| std::mem::take(&mut *asked.lock().unwrap()).iter().any(|e| e.scope == Scope::Close);
    let (engine, asked) = scripted("a", answer);
    let mut detector = QrDetector::with(vec![engine], Plan::Search);
    let mut follow = |stream: &mut Stream| (0..2).for_each(|_| drop(detector.detect_next(stream, &blank()).unwrap()));
    let (mut stream, mut another) = (Stream::default(), Stream::default());
    follow(&mut stream);
    asked.lock().unwrap().clear();
    follow(&mut stream);
    assert!(close(&asked));
    follow(&mut another);
    assert!(!close(&asked));
}

#[test]
fn a_camera_that_turns_to_a_smaller_size_leaves_no_place_outside_the_picture() {
    let (engine, _) =
        scripted("a", |effort| Ok(if effort.scope == Scope::Native { vec![suspect(15)] } else { vec![] }));
    let mut detector = QrDetector::with(vec![engine], Plan::Search);
    let mut stream = Stream::default();
    for width in [1000, 1000, 200, 1000, 200] {
        let luma = Luma { width, height: 100, data: vec![0; width * 100] };
        assert_eq!(readings(detector.detect_next(&mut stream, &luma)), []);
    }
}

#[test]
fn both_engines_together_count_a_code_once() {
    let (a, _) = scripted("a", |_| Ok(vec![code(0, "x")]));
    let (b, _) = scripted("b", |_| Ok(vec![code(0, "x"), code(1, "z")]));
    let found = QrDetector::with(vec![a, b], Plan::AsItIs).detect(&blank());
    assert_eq!(readings(found), [("a", "x".into()), ("b", "z".into())]);
}

#[test]
fn an_engine_that_panics_or_fails_leaves_the_other_one_reading() {
    for is_panic in [true, false] {
        let fault = move |_| if is_panic { panic!("as asked") } else { Err("no memory".to_owned()) };
        let (a, _) = scripted("a", fault);
        let (b, _) = scripted("b", |_| Ok(vec![code(0, "y")]));
        let found = QrDetector::with(vec![a, b], Plan::Search).detect(&blank());
        assert_eq!(readings(found), [("b", "y".into())]);
    }
}

#[test]
fn a_failure_is_reported_where_nothing_was_found() {
    let (a, _) = scripted("a", |_| Err("no memory".to_owned()));
    let (b, _) = scripted("b", |_| Ok(Vec::new()));
    let error = QrDetector::with(vec![a, b], Plan::AsItIs).detect(&blank()).unwrap_err();
    assert_eq!(error.to_string(), "a: no memory on a 1000×100 picture");
}

#[test]
fn a_look_that_fails_on_a_picture_without_a_code_leaves_it_an_answer() {
    for failing in ["native", "another", "the other engine's"] {
        let answer = move |effort: Effort| {
            let fails = if effort.scope == Scope::Native { failing == "native" } else { failing == "another" };
            if fails { Err("too large".to_owned()) } else { Ok(vec![suspect(1)]) }
        };
        let (a, _) = scripted("a", answer);
        let (b, _) = scripted("b", move |_| {
            assert_ne!(failing, "the other engine's", "as asked");
            Ok(Vec::new())
        });
        let found = QrDetector::with(vec![a, b], Plan::Search).detect(&blank());
        assert_eq!(found.is_err(), failing == "native", "{failing}: {found:?}");
    }
}

#[test]
fn a_picture_of_any_size_is_no_error() {
    let mut detector = QrDetector::new(QrEngines::Auto);
    let mut stream = Stream::default();
    for (width, height) in [(1, 1), (2, 500), (30_000, 3), (3, 60_000), (65_535, 65)] {
        // Stripes: something to look at.
        let luma = Luma { width, height, data: (0..width * height).map(|n| (n / 3 % 2 * 255) as u8).collect() };
        assert_eq!(readings(detector.detect(&luma)), [], "{width}×{height}");
        assert_eq!(readings(detector.detect_next(&mut stream, &luma)), [], "{width}×{height}");
        let mut darkroom = Darkroom::default();
        for look in WHOLE.iter().chain(&CLOSE) {
            let view = darkroom.develop(&luma, whole(&luma), look).unwrap();
            assert!(view.is_none_or(|view| view.width.max(view.height) <= 65_535), "{}", look.name);
        }
    }
}

#[test]
fn corners_far_outside_are_pulled_back() {
    let corners = [(f64::NEG_INFINITY, 0.0), (1e300, 1e300), (50.0, 25.0), (f64::NAN, 0.0)];
    let bounds = quad(corners, &Luma { width: 100, height: 50, data: vec![0; 5000] }).bounds();
    assert_eq!(bounds, Rect { x: -100, y: 0, width: 300, height: 100 });
}

#[test]
fn the_stills_read_as_the_catalogue_says_in_any_order_and_after_a_stream() {
    let mut detector = QrDetector::new(QrEngines::Auto);
    let mut stream = Stream::default();
    let stills = || fixtures::all().iter().filter(|fixture| fixture.kind == fixtures::Kind::Still);
    for fixture in stills().chain(stills().rev()) {
        let mut pixels = Pixels::default();
        decode(&std::fs::read(fixture.path()).unwrap(), &mut pixels).unwrap();
        let luma = pixels.to_luma();
        let found = detector.detect(&luma).unwrap();
        let read: BTreeSet<_> = found.iter().map(|d| d.payload.as_ref().unwrap().bytes()).collect();
        let want: BTreeSet<_> = fixture.codes.iter().map(fixtures::Payload::as_bytes).collect();
        assert_eq!(read, want, "{}", fixture.name);
        detector.detect_next(&mut stream, &luma).unwrap();
    }
}

/// Counts how many of ten slightly turned copies of `scene` are read.
fn count(detector: &mut QrDetector, scene: Scene) -> usize {
    let turned = |n: u8| Scene { turned_degrees: scene.turned_degrees + 0.3 * f64::from(n), ..scene };
    let reads = |n| {
        let found = detector.detect(&turned(n).draw()).unwrap();
        let is_right = |d: &Detection| d.payload.as_ref().unwrap().bytes() == scene.text.as_bytes();
        // The corner without a finder pattern is guessed, by up to a module of a code that fills the picture.
        let is_off = |at: i32, middle: i32| (at - middle).abs() > 8;
        let is_centred = |d: &Detection| !is_off(d.shape.centre().x, 160) && !is_off(d.shape.centre().y, 120);
        assert!(found.iter().all(|d| is_right(d) && is_centred(d)), "{found:?}");
        found.len()
    };
    (0..10).map(reads).sum()
}

#[test]
fn each_look_reads_what_all_others_together_miss() {
    for (name, scene) in scene::HARD {
        let mut all = QrDetector::new(QrEngines::Auto);
        let mut without = QrDetector::new(QrEngines::Auto);
        without.whole.retain(|look| look.name != name);
        without.close.retain(|look| look.name != name);
        without.engines.retain(|(engine, _)| engine.name() != name);
        let looks = |d: &QrDetector| d.whole.len() + d.close.len() + d.engines.len();
        assert_eq!(looks(&all), looks(&without) + 1, "there is no {name:?}");
        let (with, without) = (count(&mut all, scene), count(&mut without, scene));
        assert!(with > without, "{name}: {with} of 10 with it, {without} without");
    }
}

#[test]
fn a_code_too_hard_for_one_frame_is_read_within_a_second_of_a_stream() {
    for (name, scene) in scene::HARD {
        let mut detector = QrDetector::new(QrEngines::Auto);
        let mut stream = Stream::default();
        let mut is_read = |n: u32| {
            let turned_degrees = scene.turned_degrees + 0.3 * f64::from(n % 10);
            !detector.detect_next(&mut stream, &Scene { turned_degrees, ..scene }.draw()).unwrap().is_empty()
        };
        assert!((0..30).any(&mut is_read), "{name}");
    }
}

#[test]
fn a_large_picture_is_enlarged_to_a_bounded_size_or_not_at_all() {
    let luma = Luma { width: 5000, height: 4000, data: vec![0; 20_000_000] };
    let mut darkroom = Darkroom::default();
    let mut pixels = |look: &Look| darkroom.develop(&luma, whole(&luma), look).unwrap().map(|v| v.width * v.height);
    let sizes = WHOLE.each_ref().map(&mut pixels);
    assert!(sizes.iter().flatten().all(|&size| size <= 16_010_000), "{sizes:?}");
    let enlarged = WHOLE.iter().position(|look| look.name == "enlarged").unwrap();
    assert_eq!(sizes[enlarged], None, "20 megapixels are not enlarged without another change");
}

#[test]
fn a_micro_code_is_believed_only_as_the_camera_saw_it() {
    let micro = zxingcpp::create(zxingcpp::BarcodeFormat::MicroQRCode).from_str("12345").unwrap();
    let image = micro.to_image_with(&zxingcpp::write().scale(4).add_quiet_zones(true)).unwrap();
    let luma = Luma { width: image.width() as usize, height: image.height() as usize, data: image.data() };
    let mut zxing = zxing::Zxing::new();
    let mut read = |look: &Look| {
        let seen = zxing.read(&View::of(&luma), look.effort).unwrap();
        seen.into_iter().filter(|sighted| matches!(sighted.says, Says::Payload(_))).count()
    };
    assert_eq!((read(&NATIVE), WHOLE.iter().chain(&CLOSE).map(&mut read).sum::<usize>()), (1, 0));
}
