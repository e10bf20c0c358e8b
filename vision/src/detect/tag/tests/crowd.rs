//! More tags than anybody hangs up.

use std::hash::{BuildHasherDefault, DefaultHasher};
use std::time::Duration;

use super::*;

/// The same in each run.
type Chance = BuildHasherDefault<DefaultHasher>;

/// The memory of a stream whose pictures do not wait.
fn live() -> Stream {
    let mut stream = Stream::default();
    stream.arriving_every(Duration::from_millis(50));
    stream
}

fn seems_crowded(TagDetector { library, .. }: &mut TagDetector, luma: &Luma) -> bool {
    is_crowded(library, luma, Look { decimate: 2.0, contrast: USUAL_CONTRAST }, &Chance::new())
}

/// White paper, of 1920×1080 where nothing else is said.
struct Paper(Luma);

impl Paper {
    fn new() -> Self {
        let (width, height) = (1920, 1080);
        Self(Luma { width, height, data: vec![255; width * height] })
    }

    /// Tag `id` with its own white border, in modules of so many pixels.
    fn draw(&mut self, id: u32, left: usize, top: usize, module: usize) {
        let TagPattern { modules, dark, .. } = TagFamily::Tag36h11.pattern(id).expect("the family has it");
        for (y, x) in (0..modules * module).flat_map(|y| (0..modules * module).map(move |x| (y, x))) {
            if dark[y / module * modules + x / module] {
                self.0.data[(top + y) * self.0.width + left + x] = 0;
            }
        }
    }

    /// The same tag so many times across and down, from the top left.
    fn fill(&mut self, columns: usize, rows: usize, module: usize) {
        let side = 11 * module;
        (0..columns * rows).for_each(|n| self.draw(0, side * (n % columns), side * (n / columns), module));
    }
}

#[test]
fn where_there_are_thousands_of_tags_the_larger_ones_are_found() {
    let mut paper = Paper::new();
    // 4000 of 16 pixels, and one of 256 in their middle.
    paper.fill(87, 49, 2);
    for row in paper.0.data.chunks_mut(1920).skip(380).take(340) {
        row[780..1120].fill(255);
    }
    paper.draw(7, 790, 390, 32);
    let mut detector = detector(&[TagFamily::Tag36h11]);
    assert!(seems_crowded(&mut detector, &paper.0));
    let found = detector.detect_next(&mut live(), &Picture::from(paper.0)).unwrap().found;
    let ids: Vec<_> = found.iter().filter_map(|hit| hit.tag.as_deref()).map(|tag| tag.id).collect();
    assert_eq!(ids, [7]);
}

#[test]
fn thousands_of_tags_are_noticed_wherever_they_are() {
    let mut detector = detector(&[TagFamily::Tag36h11]);
    let side = 53;
    // Each on a line between two parts, if these began at the corner; then a thin picture.
    let mut between = Paper::new();
    for (column, row) in (1..35).flat_map(|column| (1..20).map(move |row| (column, row))) {
        for near in 0..4 {
            between.draw(0, side * column - 10, side * row - 40 + 22 * (near % 2), 2);
        }
    }
    let mut thin = Paper(Luma { width: 44, height: 30_000, data: vec![255; 44 * 30_000] });
    thin.fill(2, 1363, 2);
    // In a large one, each four times as high as wide.
    let mut stretched = Paper(Luma { width: 2640, height: 2300, data: vec![255; 2640 * 2300] });
    stretched.fill(120, 2, 2);
    let rows: Vec<_> = stretched.0.data.chunks(2640).take(22).map(<[u8]>::to_vec).collect();
    for (y, row) in stretched.0.data.chunks_mut(2640).enumerate() {
        row.copy_from_slice(&rows[y / 4 % 22]);
    }
    let mut few = Paper(Luma { width: 2640, height: 2300, data: vec![255; 2640 * 2300] });
    few.fill(20, 10, 4);
    assert!(!seems_crowded(&mut detector, &few.0));
    for (paper, name) in [(between, "between"), (thin, "thin"), (stretched, "stretched")] {
        assert!(seems_crowded(&mut detector, &paper.0), "{name}");
    }
}

#[test]
fn of_two_hundred_tags_each_is_found() {
    let mut paper = Paper::new();
    paper.fill(20, 10, 4);
    let mut detector = detector(&[TagFamily::Tag36h11]);
    assert!(!seems_crowded(&mut detector, &paper.0));
    assert_eq!(detector.detect_next(&mut live(), &Picture::from(paper.0)).unwrap().found.len(), 200);
}

#[test]
fn where_pictures_wait_all_tags_are_looked_for() {
    let mut paper = Paper::new();
    paper.fill(87, 25, 2);
    let mut detector = detector(&[TagFamily::Tag36h11]);
    assert!(seems_crowded(&mut detector, &paper.0), "in a live stream the larger ones would be looked for");
    let found = detector.detect_next(&mut Stream::default(), &Picture::from(paper.0)).unwrap().found;
    assert!(found.len() > 600, "{}", found.len());
}

#[test]
fn of_many_small_tags_only_so_many_are_looked_at_twice() {
    let mut paper = Paper::new();
    paper.fill(24, 12, 3);
    let mut detector = detector(&[TagFamily::Tag36h11]);
    let look = Look { decimate: 1.0, contrast: USUAL_CONTRAST };
    let first = detector.library.search(Grey::of(&paper.0), look);
    let found = detector.search(&paper.0, look).unwrap();
    let is_the_same = |hit: &&Detection| {
        let corners = hit.tag.as_ref().expect("it is a tag").corners;
        first.iter().any(|first| first.corners == corners)
    };
    assert_eq!((found.len(), found.iter().filter(is_the_same).count()), (288, 288 - MOST_LOOKS));
}

#[test]
fn thousands_of_squares_that_are_no_tags_are_no_crowd() {
    let is_clear = |x: usize, y: usize| (1180..1420).contains(&x) && (980..1220).contains(&y);
    let dark = |x: usize, y: usize| x % 40 < 24 && y % 40 < 24 && !is_clear(x, y);
    let data = (0..2640 * 2300).map(|at| if dark(at % 2640, at / 2640) { 0 } else { 255 }).collect();
    let mut paper = Paper(Luma { width: 2640, height: 2300, data });
    paper.draw(7, 1200, 1000, 20);
    let found = detector(&[TagFamily::Tag36h11]).detect_next(&mut live(), &Picture::from(paper.0)).unwrap().found;
    assert_eq!(found.len(), 1);
}
