//! How much others may ask of the page's server, and for how long they may be silent.

use std::io::{BufRead as _, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use xtask::web::{self, Message};

use super::{Served, is_live};
use crate::programs::{PATIENCE, fixture, robot};

#[test]
fn half_sent_requests_keep_nobody_waiting() {
    let served = Served::start("0.0.0.0:0", &[]);
    let state = format!("/state?token={}", served.token());
    let (_, known) = web::open(&served.addr, &format!("/events?token={}", served.token()), &[]).expect("it is let in");
    let stalled: Vec<TcpStream> = (0..2 * MOST_CONNECTIONS).map(|_| half_sent(&served)).collect();
    let started = Instant::now();
    for _ in 0..20 {
        assert_eq!(served.get(&state).status, 200);
    }
    assert!(started.elapsed() < HEADERS_WITHIN / 2, "{:?}", started.elapsed());
    drop(stalled);
    // Who has the token is not thrown out.
    let _robot = robot(&served.viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop"]);
    let line = known.lines().map_while(Result::ok).find(|line| line.starts_with("data: "));
    assert!(line.is_some_and(|line| line.contains("connected")));
}

#[test]
fn places_are_few_and_given_back_by_who_says_nothing() {
    let served = Served::start("127.0.0.1:0", &[]);
    let _robot = robot(&served.viewer.addr, ["--images", &fixture("jpeg/two-codes.jpg"), "--loop"]);
    served.wait_for_state("a picture", is_live);
    let stream = || web::open(&served.addr, "/robots/1/stream.mjpg", &[]).expect("the server answers");

    let opened = Instant::now();
    let mut half_sent = half_sent(&served);
    let mut page = served.web_socket("/ws", &[]).expect("a page is let in");
    let unread: Vec<_> = (1..MOST_WATCHING).map(|_| stream()).collect();
    let started = Instant::now();
    assert!(unread.iter().all(|(answer, _)| answer.status == 200));

    assert_eq!(stream().0.status, 503);
    let mut refused = served.web_socket("/ws", &[]).expect("a page is told why it is not let in");
    assert_eq!(refused.next(PATIENCE), Message::Close(4429));

    assert!(matches!(page.next(PATIENCE), Message::Binary(_)));
    _ = half_sent.read_to_end(&mut Vec::new());
    between(HEADERS_WITHIN, opened, started);
    assert_eq!(page.next(2 * SILENT), Message::Close(4408));
    between(SILENT, opened, started);
    // That place is taken again, and another is free when the kernel gives up on a stream.
    let (page, _rest) = stream();
    assert_eq!(page.status, 200);
    while stream().0.status != 200 {
        assert!(started.elapsed() < 2 * SILENT, "no stream that is not read was closed");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn who_asks_and_never_reads_the_answers_is_heard_no_more() {
    let served = Served::start("127.0.0.1:0", &[]);
    let mut page = served.web_socket("/ws", &[]).expect("a page is let in");
    // 64 MB, and much more than the system keeps for a connection.
    let (most, taken) = (500_000, page.ping(500_000, Duration::from_secs(2)));
    assert!(taken < most / 2, "{taken} of {most} pings");
    // Another page is served meanwhile.
    let mut other = served.web_socket("/ws", &[]).expect("a page is let in");
    assert!(matches!(other.next(PATIENCE), Message::Binary(_)));
}

/// A request that does not end.
fn half_sent(served: &Served) -> TcpStream {
    let mut stream = TcpStream::connect(&served.addr).expect("somebody listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time that is not zero");
    stream.write_all(b"GET / HTTP/1.1\r\nX: ").expect("it is taken");
    stream
}

/// Checks that `time` has passed since the first moment, and not much more since the second.
fn between(time: Duration, first: Instant, second: Instant) {
    let (most, least) = (first.elapsed(), second.elapsed());
    assert!(most >= time && least < time * 3 / 2, "{least:?} to {most:?} instead of {time:?}");
}

/// As docs/page.md says.
const MOST_CONNECTIONS: usize = 256;
const MOST_WATCHING: usize = 64;
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
const SILENT: Duration = Duration::from_secs(30);
