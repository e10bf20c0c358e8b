//! Pages in browsers: how old pictures are when they are on the screen, and what twenty pages cost.

#![expect(clippy::disallowed_methods, reason = "each page has a thread, and looks again after a moment")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use xtask::cargo::Programs;
use xtask::process::free_address;
use xtask::web::{self, Message, WebSocket, update};

use super::course::{Course, Pace, Plan, Screen};
use super::pictures;
use crate::chromium::Browser;
use crate::rows::Row;

/// One robot with QR codes: headless with a page in Chromium, headless with twenty pages, and a window with and without them.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let pictures = pictures::make(programs, "640x480")?;
    let play = |name: &str, screen, port: &str| -> Result<Course> {
        let viewer = &["--detect", "qr", "--web", port];
        Plan { name, robots: 1, pictures: &pictures, passes: 2, pace: Pace::Stamped(30), screen, viewer }.play(programs)
    };
    let mut rows = Vec::new();

    let addr = free_address()?;
    let browser = Browser::open(&addr)?;
    let figures = Figures::follow(&addr);
    play("a page in Chromium", Screen::None, &addr)?;
    let figures = figures.last()?;
    drop(browser);
    let (p50, p99) = (figures.quantile_ms(0.5)?, figures.quantile_ms(0.99)?);
    rows.push(Row::noted("page: stamp to acknowledgement, p50", format!("{p50:.1} ms")));
    rows.push(Row::at_most("page: stamp to acknowledgement, p99", p99, 40.0, "ms"));

    let alone = play("nobody looks", Screen::None, &free_address()?)?.cores;
    let addr = free_address()?;
    let pages = Pages::open(&addr, PAGES);
    let course = play("twenty pages", Screen::None, &addr)?;
    let seen = pages.close() as f64 / PAGES as f64 / course.seconds;
    rows.push(Row::noted("20 pages: pictures a second, each", format!("{seen:.1}")));
    rows.push(Row::at_most("20 pages: processor time", course.cores - alone, 0.5, "cores"));

    let window = |addr: &str| -> Result<f64> { play("a window", Screen::window()?, addr)?.worst_p99_ms() };
    let (mut without, mut with) = (Vec::new(), Vec::new());
    // By turns, so that what else the machine does weighs on both.
    for _ in 0..RUNS {
        without.push(window(&free_address()?)?);
        let addr = free_address()?;
        let pages = Pages::open(&addr, PAGES);
        with.push(window(&addr)?);
        pages.close();
    }
    let [without, with] = [without, with].map(|mut runs| {
        runs.sort_by(f64::total_cmp);
        runs
    });
    let shown = |runs: &[f64]| format!("{:.2} ms ({:.2} to {:.2})", runs[RUNS / 2], runs[0], runs[RUNS - 1]);
    rows.push(Row::noted("window: last byte to window, p99, without pages", shown(&without)));
    rows.push(Row::noted("window: last byte to window, p99, with 20 pages", shown(&with)));
    rows.push(Row::at_most("window: p99 added by 20 pages", with[RUNS / 2] - without[RUNS / 2], UNCHANGED_MS, "ms"));
    Ok(rows)
}

/// What /metrics says of how old pictures were in pages.
struct Figures {
    asking: JoinHandle<Option<String>>,
}

/// The last of it.
struct Histogram {
    /// Up to how many seconds, and how many.
    buckets: Vec<(f64, f64)>,
}

impl Figures {
    /// Asks until the viewer has gone.
    fn follow(addr: &str) -> Self {
        let addr = addr.to_owned();
        let ask = move || {
            let mut last = None;
            for _ in 0..MOST_TRIES {
                match (web::get(&addr, "/metrics", &[]), &last) {
                    (Ok(answer), _) => last = Some(answer.text()),
                    (Err(_), Some(_)) => break,
                    // It is not there yet.
                    (Err(_), None) => {}
                }
                thread::sleep(LOOK_EVERY);
            }
            last
        };
        Self { asking: thread::spawn(ask) }
    }

    fn last(self) -> Result<Histogram> {
        let text = self.asking.join().ok().flatten().context("the viewer gave no figures")?;
        let bucket = |line: &str| {
            let (bound, count) = line.strip_prefix("robot_vision_page_age_seconds_bucket{le=\"")?.split_once("\"} ")?;
            Some((bound.parse().unwrap_or(f64::INFINITY), count.parse().ok()?))
        };
        Ok(Histogram { buckets: text.lines().filter_map(bucket).collect() })
    }
}

impl Histogram {
    /// The value that this share of the pictures does not exceed, between the bounds of its bucket by its place there.
    fn quantile_ms(&self, share: f64) -> Result<f64> {
        let all = self.buckets.last().map_or(0.0, |(_, count)| *count);
        ensure!(all >= LEAST_PICTURES, "the page drew {all} pictures, which says nothing");
        let wanted = share * all;
        let mut below = (0.0, 0.0);
        for &(bound, count) in &self.buckets {
            if count >= wanted {
                return Ok(1000.0 * (below.0 + (bound - below.0) * (wanted - below.1) / (count - below.1)));
            }
            below = (bound, count);
        }
        Ok(f64::INFINITY)
    }
}

/// Clients that acknowledge every update at once.
struct Pages {
    threads: Vec<JoinHandle<()>>,
    is_over: Arc<AtomicBool>,
    pictures: Arc<AtomicU64>,
}

impl Pages {
    /// Opens `count` pages at `addr`, as soon as there is a viewer.
    fn open(addr: &str, count: usize) -> Self {
        let (is_over, pictures) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let page = |_| {
            let (addr, is_over, pictures) = (addr.to_owned(), Arc::clone(&is_over), Arc::clone(&pictures));
            thread::spawn(move || {
                let mut socket = loop {
                    match WebSocket::open(&addr, "/ws", &[]) {
                        Ok(Ok(socket)) => break socket,
                        _ if is_over.load(Ordering::Relaxed) => return,
                        _ => thread::sleep(LOOK_EVERY),
                    }
                };
                while let Message::Binary(message) = socket.next(Duration::from_secs(5)) {
                    let (json, bytes) = update(&message);
                    pictures.fetch_add(u64::from(bytes > 0), Ordering::Relaxed);
                    socket.say(&json!({ "ack": json["n"] }).to_string());
                }
            })
        };
        Self { threads: (0..count).map(page).collect(), is_over, pictures }
    }

    /// Waits for all to end, as they do when the viewer has gone; how many pictures they have got together.
    fn close(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|page| _ = page.join());
        self.pictures.load(Ordering::Relaxed)
    }
}

const PAGES: usize = 20;
/// With pages, and without; their medians are compared.
const RUNS: usize = 5;
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A minute and a half.
const MOST_TRIES: usize = 900;
/// A third of what is sent.
const LEAST_PICTURES: f64 = 200.0;
/// What runs without pages differ by as well.
const UNCHANGED_MS: f64 = 1.0;
