//! What is read, how many attempts it takes, and that each variant reads something that no other does.

mod large;
mod scene;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::engine::{Content, Symbol};
use super::findings::Finders;
use super::memory::REGIONS_PAUSE;
use super::preprocess::{Input, Preprocessor};
use super::reader::pull_back;
use super::variant::{Mode, REGION, Scope, Variant, WHOLE};
use super::*;
use crate::detect::{Payload, Rect, Shape};
use crate::jpeg::{PixelLimit, decode};
use crate::picture::Pixels;
use scene::Scene;

/// An engine that answers as `answer` does, and records the modes it was called in.
struct Scripted<F> {
    name: &'static str,
    answer: F,
    asked: Asked,
}

impl<F: FnMut(Mode) -> Result<Vec<Symbol>, String> + Send> Engine for Scripted<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn read(&mut self, _input: &Input<'_>, mode: Mode) -> Result<Vec<Symbol>, String> {
        self.asked.lock().unwrap().push(mode);
        (self.answer)(mode)
    }
}

type Asked = Arc<Mutex<Vec<Mode>>>;

fn scripted<F>(name: &'static str, answer: F) -> (Box<dyn Engine>, Asked)
where
    F: FnMut(Mode) -> Result<Vec<Symbol>, String> + Send + 'static,
{
    let asked = Asked::default();
    (Box::new(Scripted { name, answer, asked: Arc::clone(&asked) }), asked)
}

/// Something 40 pixels wide, `nth` from the left.
fn symbol(nth: usize, content: Content) -> Symbol {
    let x = 50.0 * nth as f64;
    Symbol { corners: [(x, 0.0), (x + 40.0, 0.0), (x + 40.0, 40.0), (x, 40.0)], content }
}

fn code(nth: usize, text: &str) -> Symbol {
    symbol(nth, Content::Read(Payload::new(text.as_bytes().to_vec(), None)))
}

fn candidate(nth: usize) -> Symbol {
    symbol(nth, Content::Unread(Finders::Three))
}

fn search() -> Plan {
    Plan::Search(Search::default())
}

fn blank() -> Luma {
    Luma { width: 1000, height: 100, data: vec![0; 100_000] }
}

/// The answer: for each code its engine and its payload.
fn readings(found: Result<Vec<Detection>, DetectError>) -> Vec<(&'static str, String)> {
    found.unwrap().into_iter().map(|d| (d.engine, d.payload.unwrap().to_string())).collect()
}

#[test]
fn a_picture_whose_codes_are_all_read_is_read_once() {
    let (engine, asked) = scripted("a", |_| Ok(vec![code(0, "x"), code(1, "y")]));
    let found = QrDetector::with(engine, None, search()).detect(&blank().into());
    assert_eq!(readings(found), [("a", "x".into()), ("a", "y".into())]);
    assert_eq!(*asked.lock().unwrap(), [Mode::NATIVE]);
}

#[test]
fn the_search_ends_with_the_variant_that_reads_the_last_candidate() {
    // 100 pixels from the left in the doubled picture are 50 in the picture.
    let answer = |mode: Mode| match mode.scope {
        Scope::Whole => Ok(vec![code(0, "x"), code(2, "y")]),
        _ => Ok(vec![code(0, "x"), candidate(1)]),
    };
    let (engine, asked) = scripted("a", answer);
    let found = QrDetector::with(engine, None, search()).detect(&blank().into());
    assert_eq!(readings(found), [("a", "x".into()), ("a", "y".into())]);
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[test]
fn a_lone_finder_pattern_keeps_the_search_going_but_is_no_region_to_search() {
    let (engine, asked) = scripted("a", |_| Ok(vec![code(0, "x"), symbol(1, Content::Unread(Finders::One))]));
    QrDetector::with(engine, None, search()).detect(&blank().into()).unwrap();
    assert_eq!(asked.lock().unwrap().len(), 1 + WHOLE.len());
}

#[test]
fn a_picture_full_of_things_that_are_no_codes_costs_a_bounded_number_of_attempts() {
    let (engine, asked) = scripted("a", |_| Ok((0..200).map(candidate).collect()));
    let (other, other_asked) = scripted("b", |_| Ok(Vec::new()));
    let luma = Luma { width: 10_000, height: 100, data: vec![0; 1_000_000] };
    let found = QrDetector::with(engine, Some(other), search()).detect(&luma.clone().into());
    assert_eq!(readings(found), []);
    assert_eq!(asked.lock().unwrap().len(), 1 + WHOLE.len() + REGION.len() * MOST_REGIONS);
    assert_eq!(other_asked.lock().unwrap().len(), 1);
}

#[test]
fn a_picture_of_a_stream_costs_at_most_four_attempts_and_a_complete_one_mostly_one() {
    for (most, seen) in [(4, candidate as fn(usize) -> Symbol), (2, |nth| code(nth, "x"))] {
        let answer = move |mode: Mode| match mode.scope {
            Scope::Native => Ok((0..9).map(seen).collect()),
            _ => Ok(Vec::new()),
        };
        let (engine, asked) = scripted("a", answer);
        let mut detector = QrDetector::with(engine, None, search());
        let mut stream = Stream::default();
        let mut total = 0;
        for _ in 0..20 {
            detector.detect_next(&mut stream, &blank().into()).unwrap();
            let attempts = std::mem::take(&mut *asked.lock().unwrap()).len();
            assert!(attempts <= most, "{attempts} attempts");
            total += attempts;
        }
        assert!(most == 4 || total <= 25, "{total} attempts at 20 pictures that are complete after the first");
    }
}

#[test]
fn a_stream_tries_every_variant_in_turn() {
    let (engine, asked) = scripted("a", |_| Ok(vec![candidate(3)]));
    let mut detector = QrDetector::with(engine, None, search());
    let mut stream = Stream::default();
    for _ in 0..REGIONS_PAUSE * WHOLE.len() {
        detector.detect_next(&mut stream, &blank().into()).unwrap();
    }
    let names = |modes: &[Mode]| modes.iter().map(|mode| format!("{mode:?}")).collect::<BTreeSet<_>>();
    let variants = WHOLE.iter().chain(&REGION).map(|variant| variant.mode);
    let all: Vec<_> = std::iter::once(Mode::NATIVE).chain(variants).collect();
    assert_eq!(names(&asked.lock().unwrap()), names(&all));
}

#[test]
fn a_code_that_was_lost_is_searched_for_where_it_was_and_not_in_another_stream() {
    let mut frames = 0;
    let answer = move |mode: Mode| {
        frames += usize::from(mode.scope == Scope::Native);
        Ok(if frames <= 1 { vec![code(3, "x")] } else { Vec::new() })
    };
    let close =
        |asked: &Asked| std::mem::take(&mut *asked.lock().unwrap()).iter().any(|mode| mode.scope == Scope::Region);
    let (engine, asked) = scripted("a", answer);
    let mut detector = QrDetector::with(engine, None, search());
    let mut follow =
        |stream: &mut Stream| (0..2).for_each(|_| drop(detector.detect_next(stream, &blank().into()).unwrap()));
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
    let (engine, _) = scripted("a", |mode| Ok(if mode.scope == Scope::Native { vec![candidate(15)] } else { vec![] }));
    let mut detector = QrDetector::with(engine, None, search());
    let mut stream = Stream::default();
    for width in [1000, 1000, 200, 1000, 200] {
        let luma = Luma { width, height: 100, data: vec![0; width * 100] };
        assert_eq!(readings(detector.detect_next(&mut stream, &luma.clone().into()).map(|answer| answer.found)), []);
    }
}

#[test]
fn both_engines_together_report_a_code_once() {
    let (a, _) = scripted("a", |_| Ok(vec![code(0, "x")]));
    let (b, _) = scripted("b", |_| Ok(vec![code(0, "x"), code(1, "z")]));
    let found = QrDetector::with(a, Some(b), Plan::Native).detect(&blank().into());
    assert_eq!(readings(found), [("a", "x".into()), ("b", "z".into())]);
}

#[test]
fn an_engine_that_fails_leaves_the_other_one_reading() {
    let (a, _) = scripted("a", |_| Err("no memory".to_owned()));
    let (b, _) = scripted("b", |_| Ok(vec![code(0, "y")]));
    assert_eq!(readings(QrDetector::with(a, Some(b), search()).detect(&blank().into())), [("b", "y".into())]);
}

#[test]
fn an_engine_that_panics_leaves_the_codes_of_the_other_one() {
    for plan in [Plan::Native, search()] {
        let (sound, _) = scripted("sound", |_| Ok(vec![code(0, "x")]));
        let mut detector = QrDetector::with(sound, Some(panicking()), plan);
        assert_eq!(readings(detector.detect(&blank().into())), [("sound", "x".into())]);
    }
}

/// An engine that panics, guarded as rqrr is.
fn panicking() -> Box<dyn Engine> {
    let answer = |_| -> Result<Vec<Symbol>, String> { panic!("geometry") };
    Box::new(CatchPanics(Scripted { name: "panicking", answer, asked: Asked::default() }))
}

#[test]
fn a_panic_of_the_only_engine_is_an_error_that_names_it() {
    let error = QrDetector::with(panicking(), None, Plan::Native).detect(&blank().into()).unwrap_err();
    assert_eq!(error.to_string(), "panicking: panicked: geometry on a 1000×100 picture");
}

#[test]
fn a_failure_is_reported_where_nothing_was_found() {
    let (a, _) = scripted("a", |_| Err("no memory".to_owned()));
    let (b, _) = scripted("b", |_| Ok(Vec::new()));
    let error = QrDetector::with(a, Some(b), Plan::Native).detect(&blank().into()).unwrap_err();
    assert_eq!(error.to_string(), "a: no memory on a 1000×100 picture");
}

#[test]
fn a_variant_that_fails_on_a_picture_without_a_code_leaves_it_an_answer() {
    for failing in ["native", "another", "the other engine's"] {
        let answer = move |mode: Mode| {
            let fails = if mode.scope == Scope::Native { failing == "native" } else { failing == "another" };
            if fails { Err("too large".to_owned()) } else { Ok(vec![candidate(1)]) }
        };
        let (a, _) = scripted("a", answer);
        let fails = failing == "the other engine's";
        let (b, _) = scripted("b", move |_| if fails { Err("no memory".to_owned()) } else { Ok(Vec::new()) });
        let found = QrDetector::with(a, Some(b), search()).detect(&blank().into());
        assert_eq!(found.is_err(), failing == "native", "{failing}: {found:?}");
    }
}

#[test]
fn a_picture_of_any_size_is_no_error() {
    let mut detector = QrDetector::new(QrEngine::Auto);
    let mut stream = Stream::default();
    for (width, height) in [(1, 1), (2, 500), (30_000, 3), (3, 60_000), (65_535, 65)] {
        // Stripes: something for the engines to work on.
        let luma = Luma { width, height, data: (0..width * height).map(|n| (n / 3 % 2 * 255) as u8).collect() };
        assert_eq!(readings(detector.detect(&luma.clone().into())), [], "{width}×{height}");
        assert_eq!(
            readings(detector.detect_next(&mut stream, &luma.clone().into()).map(|answer| answer.found)),
            [],
            "{width}×{height}"
        );
        let mut preprocessor = Preprocessor::default();
        for variant in WHOLE.iter().chain(&REGION) {
            let input = preprocessor.prepare(&luma, Rect::of(&luma), variant, AtOnce::Still).unwrap();
            assert!(input.is_none_or(|input| input.width.max(input.height) <= 65_535), "{}", variant.name);
        }
    }
}

#[test]
fn corners_far_outside_are_pulled_back() {
    let corners = [(f64::NEG_INFINITY, 0.0), (1e300, 1e300), (50.0, 25.0), (f64::NAN, 0.0)];
    let corners = pull_back(corners, &Luma { width: 100, height: 50, data: vec![0; 5000] });
    let bounds = Shape::Quad(corners).bounds();
    assert_eq!(bounds, Rect { x: -100, y: 0, width: 300, height: 100 });
}

#[test]
fn the_stills_read_as_the_catalogue_says_in_any_order_and_after_a_stream() {
    let mut detector = QrDetector::new(QrEngine::Auto);
    let mut stream = Stream::default();
    let stills = || fixtures::all().iter().filter(|fixture| fixture.kind == fixtures::Kind::Still);
    for fixture in stills().chain(stills().rev()) {
        let mut pixels = Pixels::default();
        decode(&std::fs::read(fixture.path()).unwrap(), PixelLimit::DEFAULT, &mut pixels).unwrap();
        let luma = pixels.to_luma();
        let found = detector.detect(&luma.clone().into()).unwrap();
        let read: BTreeSet<_> = found.iter().map(|d| d.payload.as_ref().unwrap().bytes()).collect();
        let want: BTreeSet<_> = fixture.codes.iter().map(fixtures::Payload::as_bytes).collect();
        assert_eq!(read, want, "{}", fixture.name);
        detector.detect_next(&mut stream, &luma.clone().into()).unwrap();
    }
}

/// Counts how many of ten slightly turned copies of `scene` are read.
fn count(detector: &mut QrDetector, scene: Scene) -> usize {
    let turned = |n: u8| Scene { turned_degrees: scene.turned_degrees + 0.3 * f64::from(n), ..scene };
    let reads = |n| {
        let found = detector.detect(&turned(n).draw().into()).unwrap();
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
fn each_variant_reads_what_all_others_together_miss() {
    for (name, scene) in scene::HARD {
        let mut all = QrDetector::new(QrEngine::Auto);
        let mut without = QrDetector::new(QrEngine::Auto);
        let Plan::Search(search) = &mut without.plan else { unreachable!("it is the default") };
        let variants = |search: &Search| search.whole.len() + search.regions.len();
        let before = variants(search);
        search.whole.retain(|variant| variant.name != name);
        search.regions.retain(|variant| variant.name != name);
        let is_engine = without.reader.second.take_if(|engine| engine.name() == name).is_some();
        assert_eq!(usize::from(is_engine) + before - variants(search), 1, "there is no {name:?}");
        let (with, without) = (count(&mut all, scene), count(&mut without, scene));
        assert!(with > without, "{name}: {with} of 10 with it, {without} without");
    }
}

#[test]
fn a_code_too_hard_for_one_picture_is_read_within_a_second_of_a_stream() {
    for (name, scene) in scene::HARD {
        let mut detector = QrDetector::new(QrEngine::Auto);
        let mut stream = Stream::default();
        let mut is_read = |n: u32| {
            let turned_degrees = scene.turned_degrees + 0.3 * f64::from(n % 10);
            !detector
                .detect_next(&mut stream, &Scene { turned_degrees, ..scene }.draw().into())
                .unwrap()
                .found
                .is_empty()
        };
        assert!((0..30).any(&mut is_read), "{name}");
    }
}

#[test]
fn a_micro_code_counts_only_in_the_picture_as_it_is() {
    let micro = zxingcpp::create(zxingcpp::BarcodeFormat::MicroQRCode).from_str("12345").unwrap();
    let image = micro.to_image_with(&zxingcpp::write().scale(4).add_quiet_zones(true)).unwrap();
    let luma = Luma { width: image.width() as usize, height: image.height() as usize, data: image.data() };
    let mut zxing = zxing::Zxing::new();
    let mut read = |mode: Mode| {
        let symbols = zxing.read(&Input::native(&luma), mode).unwrap();
        symbols.into_iter().filter(|symbol| matches!(symbol.content, Content::Read(_))).count()
    };
    let variants = WHOLE.iter().chain(&REGION).map(|variant| variant.mode);
    assert_eq!((read(Mode::NATIVE), variants.map(&mut read).sum::<usize>()), (1, 0));
}
