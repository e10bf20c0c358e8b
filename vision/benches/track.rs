//! How long following 300 codes takes for each picture: `cargo bench -p vision`.

use divan::Bencher;
use vision::{Detection, Kind, Payload, Point, Tracker};

fn main() {
    divan::main();
}

/// The payloads of the codes, and where they are.
#[derive(Debug, Clone, Copy)]
enum Crowd {
    /// Each keeps a payload of its own.
    Unique,
    /// Each has a new payload in every picture.
    Changing,
    /// All have one payload.
    Alike,
    /// All have one payload, in groups of 15 that are far apart.
    Groups,
}

#[divan::bench(args = [Crowd::Unique, Crowd::Changing, Crowd::Alike, Crowd::Groups])]
fn update(bencher: Bencher, crowd: Crowd) {
    let mut at = 0;
    let mut tracker = Tracker::default();
    // As many pictures as fill the memory of the tracker.
    while at < 60 {
        tracker.answer(Kind::Qr, at, codes(crowd, at).into());
        at += 1;
    }
    let input = || {
        at += 1;
        (at, codes(crowd, at))
    };
    bencher.with_inputs(input).bench_local_values(|(at, found)| tracker.answer(Kind::Qr, at, found.into()));
}

/// 300 codes in rows of 20 that move a pixel a picture, back and forth.
fn codes(crowd: Crowd, at: u64) -> Vec<Detection> {
    let shift = (at % 40).min(40 - at % 40) as i32;
    let code = |n: i32| {
        let apart = if matches!(crowd, Crowd::Groups) { (n % 20 / 5 * 200, n / 60 * 200) } else { (0, 0) };
        let (x, y) = (n % 20 * 32 + shift + apart.0, n / 20 * 32 + apart.1);
        let corners = [(0, 0), (24, 0), (24, 24), (0, 24)].map(|(dx, dy)| Point { x: x + dx, y: y + dy });
        let payload = match crowd {
            Crowd::Unique => format!("code {n}"),
            Crowd::Changing => format!("code {n} of picture {at}"),
            Crowd::Alike | Crowd::Groups => "code".to_owned(),
        };
        Detection::code(corners, Payload::new(payload.into_bytes(), None), "bench")
    };
    (0..300).map(code).collect()
}
