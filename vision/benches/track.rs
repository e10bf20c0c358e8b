//! What following 300 codes costs for each picture: `cargo bench -p vision`.

use divan::Bencher;
use vision::{Detection, Kind, Payload, Point, Tracker};

fn main() {
    divan::main();
}

/// What the codes say.
#[derive(Debug, Clone, Copy)]
enum Text {
    /// Each the same in every picture, and different from the others.
    Unique,
    /// Something new in every picture.
    Changing,
    /// All the same.
    Alike,
}

#[divan::bench(args = [Text::Unique, Text::Changing, Text::Alike])]
fn update(bencher: Bencher, text: Text) {
    let mut at = 0;
    let mut tracker = Tracker::default();
    // As many pictures as fill the memory of the tracker.
    while at < 60 {
        tracker.update(Kind::Qr, at, &mut codes(text, at));
        at += 1;
    }
    let input = || {
        at += 1;
        (at, codes(text, at))
    };
    bencher.with_inputs(input).bench_local_values(|(at, mut found)| {
        tracker.update(Kind::Qr, at, &mut found);
        found
    });
}

/// 300 codes in rows of 20 that move a pixel a picture, back and forth.
fn codes(text: Text, at: u64) -> Vec<Detection> {
    let shift = (at % 40).min(40 - at % 40) as i32;
    let code = |n: i32| {
        let (x, y) = (n % 20 * 32 + shift, n / 20 * 32);
        let corners = [(0, 0), (24, 0), (24, 24), (0, 24)].map(|(dx, dy)| Point { x: x + dx, y: y + dy });
        let payload = match text {
            Text::Unique => format!("code {n}"),
            Text::Changing => format!("code {n} of picture {at}"),
            Text::Alike => "code".to_owned(),
        };
        Detection::code(corners, Payload::new(payload.into_bytes(), None), "bench")
    };
    (0..300).map(code).collect()
}
