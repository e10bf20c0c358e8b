//! The viewer's HTTP server as other programs see it.

#![expect(clippy::disallowed_methods, reason = "waiting for a state needs the clock")]

mod limits;

use std::io::BufRead as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xtask::process::{Output, Running};
use xtask::report::Event;
use xtask::web::{self, Answer, Message, WebSocket, update};

use crate::programs::{PATIENCE, Viewer, exit_code, fixture, robot, viewer};

/// A viewer with a page, and where that is.
pub(crate) struct Served {
    pub(crate) viewer: Viewer,
    /// `127.0.0.1:PORT`.
    pub(crate) addr: String,
    /// What the terminal said to open.
    pub(crate) url: String,
}

impl Served {
    /// A viewer without a window whose page is on `web`.
    pub(crate) fn start(web: &str, more: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", web, more)
    }

    /// As [`start`](Self::start), for robots at `listen`.
    pub(crate) fn start_at(listen: &str, web: &str, more: &[&str]) -> Self {
        let mut command = viewer();
        command.args(["--headless", "--listen", listen, "--report", "-", "--web", web]).args(more);
        let mut running = Running::start(&mut command).expect("the viewer starts");
        let url = running.wait_for(Output::Stderr, PATIENCE, "the page's address", |line| {
            line.strip_prefix("the page is at ").map(str::to_owned)
        });
        let url = url.expect("the viewer says where its page is");
        let listening = running.wait_for(Output::Stdout, PATIENCE, "where it listens", Event::listening);
        let port = url.trim_start_matches("http://").split('/').next().expect("a URL has a host");
        let port = port.rsplit(':').next().expect("it has a port");
        let addr = format!("127.0.0.1:{port}");
        let viewer = Viewer { running, addr: listening.expect("the viewer listens") };
        Self { viewer, addr, url }
    }

    /// The secret in the URL.
    pub(crate) fn token(&self) -> &str {
        self.url.split_once("?token=").expect("the URL has a token").1
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request(path, &[])
    }

    /// Asks for `path` with these headers, of which `Host` replaces the usual one.
    pub(crate) fn request(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        web::get(&self.addr, path, headers).expect("the server answers")
    }

    /// Opens the WebSocket of a page.
    pub(crate) fn web_socket(&self, path: &str, headers: &[(&str, &str)]) -> Result<WebSocket, Answer> {
        WebSocket::open(&self.addr, path, headers).expect("the server answers")
    }

    /// Waits until /state is as `is` wants it.
    pub(crate) fn wait_for_state(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let state = self.get("/state").json();
            if is(&state) {
                return state;
            }
            assert!(Instant::now() < deadline, "{what} never came: {state}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn is_live(state: &Value) -> bool {
    state["robots"][0]["state"] == "live"
}

#[test]
fn other_programs_get_the_picture_the_stream_the_state_the_report_and_figures() {
    let served = Served::start("127.0.0.1:0", &["--detect", "qr", "--name", "127.0.0.1=lab"]);
    let still = fixture("jpeg/two-codes.jpg");
    let mut robot = robot(&served.viewer.addr, ["--images", &still, "--loop", "--stamp"]);
    let state = served.wait_for_state("two codes", |state| state["robots"][0]["counts"][0][1] == 2);
    assert_eq!((&state["on"][0], &state["robots"][0]["name"]), (&"qr".into(), &"robot 1 (lab)".into()));

    for path in ["/robots/1/snapshot.jpg", "/robots/lab/snapshot.jpg", "/?action=snapshot"] {
        let answer = served.get(path);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")), "{path}");
        assert!(answer.header("x-age-ms").is_some_and(|age| age.parse::<u32>().is_ok()), "{answer:?}");
        // The robot's own bytes: beside the stamp, which is a comment in front, those of the file.
        let file = std::fs::read(&still).unwrap();
        assert!(answer.body.ends_with(&file[2..]), "{path}");
    }
    for path in ["/robots/lab/stream.mjpg", "/?action=stream"] {
        let url = format!("http://{}{path}", served.addr);
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-i", &url, "-frames:v", "25", "-f", "null", "-"]);
        assert_eq!(exit_code(&mut Running::start(&mut ffmpeg).unwrap()), Some(0), "{path}");
    }
    let (head, events) = web::open(&served.addr, "/events", &[]).unwrap();
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    let line = events.lines().map(Result::unwrap).find(|line| line.starts_with("data: ")).unwrap();
    assert!(matches!(Event::parse(&line["data: ".len()..]), Ok(Event::Frame(_))), "{line}");
    let figures = served.get("/metrics").text();
    for line in [
        "robot_vision_robot_live{place=\"1\",name=\"lab\"} 1",
        "robot_vision_objects{kind=\"qr\",place=\"1\",name=\"lab\"} 2",
    ] {
        assert!(figures.lines().any(|written| written == line), "{line}: {figures}");
    }
    robot.interrupt().unwrap();
    assert_eq!(exit_code(&mut robot), Some(0));
}

#[test]
fn an_old_picture_is_refused_with_its_age_and_that_of_a_robot_that_has_left_as_well() {
    let served = Served::start("127.0.0.1:0", &[]);
    assert_eq!(served.get("/robots/1/snapshot.jpg").status, 404);
    let still = fixture("jpeg/small.jpg");
    let mut robot = robot(&served.viewer.addr, ["--images", &still, "--loop", "--fault", "stall@20:600s"]);
    served.wait_for_state("a silent robot", |state| state["robots"][0]["state"] == "stale");
    let answer = served.get("/robots/1/snapshot.jpg");
    assert_eq!(answer.status, 503);
    let age: u64 = answer.header("x-age-ms").expect("it says how old the picture is").parse().unwrap();
    assert!(age >= 1000 && answer.text().starts_with("no new picture for "), "{answer:?}");
    assert_eq!(served.get("/?action=stream").status, 503);
    robot.kill();
    served.wait_for_state("nobody", |state| state["robots"].as_array().is_some_and(Vec::is_empty));
    assert_eq!(served.get("/robots/1/snapshot.jpg").status, 404);
}

#[test]
fn a_stranger_gets_nothing() {
    let served = Served::start("0.0.0.0:0", &[]);
    let _robot = robot(&served.viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop"]);
    let with = |path: &str| format!("{path}{}token={}", if path.contains('?') { '&' } else { '?' }, served.token());
    served_live(&served, &with("/state"));
    for path in
        ["/", "/state", "/events", "/metrics", "/robots/1/snapshot.jpg", "/robots/1/stream.mjpg", "/?action=snapshot"]
    {
        let wrong =
            format!("{path}{}token=0123456789abcdef0123456789abcdef", if path.contains('?') { '&' } else { '?' });
        assert_eq!((served.get(path).status, served.get(&wrong).status), (401, 401), "{path}");
        let rebound = served.request(&with(path), &[("Host", "evil.example:8080")]);
        assert_eq!((rebound.status, rebound.text().contains("--web-host")), (421, true), "{path}");
        let twice = served.request(&with(path), &[("Host", &served.addr), ("Host", "evil.example:8080")]);
        let elsewhere = served.get(&format!("http://evil.example{}", with(path)));
        assert_eq!((twice.status, elsewhere.status), (421, 421), "{path}");
    }
    for path in ["/", "/state", "/metrics", "/robots/1/snapshot.jpg", "/?action=snapshot"] {
        let answer = served.get(&with(path));
        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{path}: {policy}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
    let refused =
        |path: &str, origin: &str| served.web_socket(path, &[("Origin", origin)]).map(|_| ()).unwrap_err().status;
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        assert_eq!(refused(&with("/ws"), origin), 403, "{origin}");
    }
    let own = format!("http://{}", served.addr);
    let mut without = served.web_socket("/ws", &[("Origin", &own)]).unwrap();
    assert_eq!(without.next(PATIENCE), Message::Close(4401));
    let mut page = served.web_socket(&with("/ws"), &[("Origin", &own)]).unwrap();
    assert!(matches!(page.next(PATIENCE), Message::Binary(_)));
    page.close();
    assert_eq!(page.next(PATIENCE), Message::Close(1000));
}

#[test]
fn a_page_that_never_acknowledges_gets_one_update_and_another_gets_all() {
    let served = Served::start("127.0.0.1:0", &[]);
    let _robot = robot(&served.viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop"]);
    served.wait_for_state("a picture", is_live);
    let [mut silent, mut quick] = [(); 2].map(|()| served.web_socket("/ws", &[]).unwrap());
    let Message::Binary(first) = silent.next(PATIENCE) else { panic!("no update came") };
    let mut pictures = 0;
    for _ in 0..60 {
        let Message::Binary(message) = quick.next(PATIENCE) else { panic!("no update came") };
        let (json, bytes) = update(&message);
        pictures += u32::from(bytes > 0);
        quick.say(&json!({ "ack": json["n"] }).to_string());
    }
    assert!(pictures >= 40, "{pictures} of 60 updates had a picture");
    // All that time nothing more was sent to the other, and nothing piled up for it.
    assert_eq!(silent.next(Duration::from_millis(300)), Message::Nothing);
    silent.say(&json!({ "ack": update(&first).0["n"] }).to_string());
    let Message::Binary(next) = silent.next(PATIENCE) else { panic!("no update came") };
    let seq = |message: &[u8]| update(message).0["robots"][0]["seq"].as_u64().unwrap_or_default();
    assert!(seq(&next) > seq(&first) + 30, "from {} to {}", seq(&first), seq(&next));
}

#[test]
fn a_page_that_floods_makes_no_other_late() {
    let served = Served::start("127.0.0.1:0", &[]);
    let _robot = robot(&served.viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop"]);
    served.wait_for_state("a picture", is_live);
    let sixty_updates = || {
        let mut page = served.web_socket("/ws", &[]).expect("a page is let in");
        let started = Instant::now();
        for _ in 0..60 {
            let Message::Binary(message) = page.next(PATIENCE) else { panic!("no update came") };
            page.say(&json!({ "ack": update(&message).0["n"] }).to_string());
        }
        started.elapsed()
    };
    let alone = sixty_updates();
    let mut flooding = served.web_socket("/ws", &[]).expect("a page is let in");
    let is_over = AtomicBool::new(false);
    let beside = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                flooding.say(r#"{"detect":"qr","on":false}"#);
            }
        });
        let beside = sixty_updates();
        is_over.store(true, Ordering::Relaxed);
        beside
    });
    assert!(beside < 3 * alone, "{beside:?} instead of {alone:?}");
}

#[test]
fn a_hidden_page_gets_no_picture() {
    let served = Served::start("127.0.0.1:0", &[]);
    let _robot = robot(&served.viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop"]);
    served.wait_for_state("a picture", is_live);
    let mut page = served.web_socket("/ws", &[]).unwrap();
    page.say(r#"{"visible":false}"#);
    let next = |page: &mut WebSocket| {
        let Message::Binary(message) = page.next(PATIENCE) else { panic!("no update came") };
        let (json, bytes) = update(&message);
        page.say(&json!({ "ack": json["n"] }).to_string());
        bytes
    };
    // The first may have been on its way.
    next(&mut page);
    assert_eq!([(); 3].map(|()| next(&mut page)), [0; 3]);
    page.say(r#"{"visible":true}"#);
    assert!((0..3).any(|_| next(&mut page) > 0));
}

fn served_live(served: &Served, path: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !is_live(&served.get(path).json()) {
        assert!(Instant::now() < deadline, "no picture came");
        thread::sleep(Duration::from_millis(20));
    }
}
