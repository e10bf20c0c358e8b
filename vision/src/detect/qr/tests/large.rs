//! Large pictures: how much of them an engine gets at once, and what is read in them.

use std::time::Duration;

use super::*;

#[test]
fn a_large_picture_is_enlarged_to_a_bounded_size_or_not_at_all() {
    let luma = Luma { width: 5000, height: 4000, data: vec![0; 20_000_000] };
    let mut preprocessor = Preprocessor::default();
    let mut pixels = |variant: &Variant| {
        let input = preprocessor.prepare(&luma, Rect::of(&luma), variant, AtOnce::Still).unwrap();
        input.map(|input| input.width * input.height)
    };
    let sizes = WHOLE.each_ref().map(&mut pixels);
    assert!(sizes.iter().flatten().all(|&size| size <= 16_010_000), "{sizes:?}");
    let enlarged = WHOLE.iter().position(|variant| variant.name == "enlarged").unwrap();
    assert_eq!(sizes[enlarged], None, "20 megapixels are not enlarged without a filter");
}

#[test]
fn of_a_large_picture_in_a_stream_no_attempt_reads_more_than_of_a_small_one() {
    struct Measuring(Arc<Mutex<usize>>);
    impl Engine for Measuring {
        fn name(&self) -> &'static str {
            "measuring"
        }

        fn read(&mut self, input: &Input<'_>, _mode: Mode) -> Result<Vec<Symbol>, String> {
            let mut largest = self.0.lock().unwrap();
            *largest = input.data.len().max(*largest);
            Ok(vec![candidate(1)])
        }
    }
    let sizes = [(3280, 2464), (4056, 3040), (4608, 2592)];
    for ((width, height), plan) in sizes.into_iter().flat_map(|size| [(size, search()), (size, Plan::Native)]) {
        let largest = Arc::new(Mutex::new(0));
        let luma = Luma { width, height, data: vec![0; width * height] };
        let mut detector = QrDetector::with(Box::new(Measuring(Arc::clone(&largest))), None, plan);
        let mut stream = Stream::default();
        for _ in 0..12 {
            detector.detect_next(&mut stream, &luma.clone().into()).unwrap();
        }
        assert!((2_060_000..=1920 * 1080).contains(&*largest.lock().unwrap()), "{width}×{height}: {largest:?}");
    }
}

#[test]
fn a_small_code_in_a_large_picture_is_read_after_as_many_pictures_as_it_has_parts_and_then_in_each() {
    let code = zxingcpp::create(zxingcpp::BarcodeFormat::QRCode).from_str("far away").unwrap();
    let code = code.to_image_with(&zxingcpp::write().scale(2)).unwrap();
    let mut luma = Luma { width: 3280, height: 2464, data: vec![255; 3280 * 2464] };
    let rows = luma.data.chunks_mut(luma.width).skip(2000);
    for (row, module_row) in rows.zip(code.data().chunks(code.width() as usize)) {
        row[2700..][..module_row.len()].copy_from_slice(module_row);
    }
    let mut detector = QrDetector::new(QrEngine::Auto);
    let mut stream = Stream::default();
    let read = [(); 30].map(|()| detector.detect_next(&mut stream, &luma.clone().into()).unwrap().found.len());
    let parts = AtOnce::Stream.parts(&luma).len();
    assert!(read[parts..].iter().all(|&codes| codes == 1), "{parts} parts: {read:?}");
}

/// Counts attempts, and sees a candidate in each.
struct Counting(Arc<Mutex<usize>>);

impl Engine for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }

    fn read(&mut self, _: &Input<'_>, _: Mode) -> Result<Vec<Symbol>, String> {
        *self.0.lock().unwrap() += 1;
        Ok(vec![candidate(1)])
    }
}

#[test]
fn a_picture_that_is_late_gets_no_further_attempt() {
    let attempts = |(width, height): (usize, usize), plan: Plan, is_late: bool| {
        let count = Arc::new(Mutex::new(0));
        let engine = || Box::new(Counting(Arc::clone(&count)));
        let mut detector = QrDetector::with(engine(), Some(engine()), plan);
        let luma = Luma { width, height, data: vec![0; width * height] };
        detector.read(Some(&mut Memory::default()), &luma, &|| is_late).unwrap();
        *count.lock().unwrap()
    };
    for (size, plan) in [(640, 480), (3280, 2464)].into_iter().flat_map(|size| [(size, search()), (size, Plan::Native)])
    {
        assert!(attempts(size, plan.clone(), false) > 1, "{size:?} {plan:?}");
        assert_eq!(attempts(size, plan.clone(), true), 1, "{size:?} {plan:?}");
    }
}

#[test]
fn after_a_picture_that_took_long_less_is_read_at_once_until_that_is_quick_for_a_while() {
    let luma = |width: usize, height: usize| Luma { width, height, data: vec![0; width * height] };
    let mut memory = Memory::default();
    memory.took(Duration::from_secs(2));
    memory.forget_places();
    assert!(memory.next_part(&luma(1280, 720)).is_some() && memory.next_part(&luma(640, 480)).is_none());
    let parts = AtOnce::SlowStream.parts(&luma(1920, 1080));
    assert!(parts.iter().all(|part| part.width * part.height <= 960 * 540), "{parts:?}");
    let quick = |memory: &mut Memory| (0..299).for_each(|_| memory.took(Duration::from_millis(30)));
    quick(&mut memory);
    // A quarter of the picture takes a sixteenth of the time.
    memory.took(Duration::from_millis(100));
    quick(&mut memory);
    assert_eq!(memory.at_once(), AtOnce::SlowStream);
    memory.took(Duration::from_millis(30));
    assert!(memory.next_part(&luma(1280, 720)).is_none());
}
