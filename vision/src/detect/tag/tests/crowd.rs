//! More tags than anybody hangs up.

use super::*;

/// White paper of 1920×1080.
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
    // 2880 of 16 pixels, and one of 256.
    paper.fill(72, 40, 2);
    paper.draw(7, 1590, 200, 32);
    let mut detector = detector(&[TagFamily::Tag36h11]);
    let look = Look { decimate: 2.0, contrast: USUAL_CONTRAST };
    for _ in 0..20 {
        assert!(is_crowded(&mut detector.library, &paper.0, look), "whichever parts are looked at");
    }
    let found = detector.detect_next(&mut Stream::default(), &Picture::from(paper.0)).unwrap().found;
    let ids: Vec<_> = found.iter().filter_map(|hit| hit.tag.as_deref()).map(|tag| tag.id).collect();
    assert_eq!(ids, [7]);
}

#[test]
fn of_two_hundred_tags_each_is_found() {
    let mut paper = Paper::new();
    paper.fill(20, 10, 4);
    let picture = Picture::from(paper.0);
    let mut detector = detector(&[TagFamily::Tag36h11]);
    for _ in 0..20 {
        let found = detector.detect_next(&mut Stream::default(), &picture).unwrap().found;
        assert_eq!(found.len(), 200, "whichever parts are looked at");
    }
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
