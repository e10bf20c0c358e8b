//! The viewer's HTTP server as other programs see it: requests and WebSockets byte by byte.

#![expect(clippy::disallowed_methods, reason = "the tests are a client themselves")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use xtask::process::{Output, Running};
use xtask::report::Event;

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
        let mut stream = self.send(path, headers);
        let mut answer = Answer::head(&mut stream);
        match answer.header("content-length").map(|length| length.parse().expect("a length is a number")) {
            Some(length) => {
                answer.body.resize(length, 0);
                stream.read_exact(&mut answer.body).expect("the body is whole");
            }
            None => _ = stream.read_to_end(&mut answer.body),
        }
        answer
    }

    /// Sends a request, and leaves the answer to be read.
    fn send(&self, path: &str, headers: &[(&str, &str)]) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(&self.addr).expect("the page's address takes connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
        let mut request = format!("GET {path} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request += &format!("Host: {}\r\n", self.addr);
        }
        headers.iter().for_each(|(name, value)| request += &format!("{name}: {value}\r\n"));
        request += "\r\n";
        stream.write_all(request.as_bytes()).expect("the server takes a request");
        BufReader::new(stream)
    }

    /// Opens the WebSocket of a page.
    pub(crate) fn web_socket(&self, path: &str, headers: &[(&str, &str)]) -> Result<WebSocket, Answer> {
        let upgrade = [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let mut stream = self.send(path, &[&upgrade, headers].concat());
        let answer = Answer::head(&mut stream);
        if answer.status == 101 { Ok(WebSocket(stream)) } else { Err(answer) }
    }

    /// Waits until /state is as `is` wants it.
    pub(crate) fn wait_for_state(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let state = self.get("/state").json();
            if is(&state) {
                return state;
            }
            assert!(std::time::Instant::now() < deadline, "{what} never came: {state}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn head(stream: &mut BufReader<TcpStream>) -> Self {
        let mut line = || {
            let mut line = String::new();
            stream.read_line(&mut line).expect("the server answers");
            line.trim_end().to_owned()
        };
        let status = line().split(' ').nth(1).and_then(|code| code.parse().ok()).expect("an answer has a status");
        let lines = std::iter::from_fn(|| Some(line()).filter(|line| !line.is_empty()));
        let pair = |line: String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        Self { status, headers: lines.filter_map(pair).collect(), body: Vec::new() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A WebSocket (RFC 6455) that says only what a test says.
pub(crate) struct WebSocket(BufReader<TcpStream>);

/// What the server sent.
#[derive(Debug, PartialEq)]
pub(crate) enum Message {
    Binary(Vec<u8>),
    /// With its code.
    Close(u16),
    Other,
    /// Nothing came in time.
    Nothing,
}

impl WebSocket {
    /// The next message, if one comes within `time`.
    pub(crate) fn next(&mut self, time: Duration) -> Message {
        self.0.get_ref().set_read_timeout(Some(time)).expect("a socket takes a timeout");
        let mut head = [0; 2];
        if self.0.read_exact(&mut head).is_err() {
            return Message::Nothing;
        }
        let mut number = |bytes: usize| {
            let mut number = [0; 8];
            self.0.read_exact(&mut number[8 - bytes..]).expect("a header is whole");
            u64::from_be_bytes(number)
        };
        let length = match head[1] {
            126 => number(2),
            127 => number(8),
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).expect("it fits")];
        self.0.read_exact(&mut payload).expect("a message is whole");
        match head[0] & 0x0F {
            2 => Message::Binary(payload),
            8 => Message::Close(u16::from_be_bytes([payload[0], payload[1]])),
            _ => Message::Other,
        }
    }

    /// Sends a text of up to 125 bytes.
    pub(crate) fn say(&mut self, text: &str) {
        let length = u8::try_from(text.len()).expect("it is short");
        // A client masks what it sends; this mask changes nothing.
        let message = [&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat();
        self.0.get_mut().write_all(&message).expect("the server takes a message");
    }
}

/// The JSON of an update, and how many bytes of pictures follow.
pub(crate) fn update(message: &[u8]) -> (Value, usize) {
    let (length, rest) = message.split_first_chunk::<4>().expect("an update begins with a length");
    let (json, pictures) = rest.split_at(usize::try_from(u32::from_le_bytes(*length)).expect("it fits"));
    (serde_json::from_slice(json).expect("an update is JSON"), pictures.len())
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
    let mut events = served.send("/events", &[]);
    assert_eq!(Answer::head(&mut events).header("content-type"), Some("text/event-stream"));
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
    assert!(age >= 1000 && answer.text().starts_with("no picture for "), "{answer:?}");
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
    let deadline = std::time::Instant::now() + PATIENCE;
    while !is_live(&served.get(path).json()) {
        assert!(std::time::Instant::now() < deadline, "no picture came");
        std::thread::sleep(Duration::from_millis(20));
    }
}
