//! Streams that are encrypted: who is let in under which name, and what is said to whom if not.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixtures::certs::{Authority, Pem, Subject, Validity};
use serde_json::Value;
use xtask::cargo;
use xtask::process::{Output, Running};

use crate::programs::{PATIENCE, Viewer, exit_code, fixture, robot, viewer};

/// A folder with the certificates of a viewer, which a fleet's router may have as well, of the robots `left` and `right` and parts of
/// a fleet, and what is wrong with others.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        let folder = Self(cargo::output_folder("e2e").join("tls").join(test));
        fs::create_dir_all(&folder.0).expect("the build folder is writable");
        let hosts = ["127.0.0.1", "127.0.0.94", "localhost"].map(str::to_owned);
        let elsewhere = ["pc.local".to_owned()];
        let (ca, other) = (Authority::new("ca").expect(RANDOM), Authority::new("other").expect(RANDOM));
        let sign = |authority: &Authority, name, subject, validity| {
            folder.put(name, &authority.sign(subject, validity).expect(RANDOM));
        };
        sign(&ca, "viewer", Subject::Viewer(&hosts), Validity::Current);
        for robot in ["left", "right", "gateway", "worker", "watcher"] {
            sign(&ca, robot, Subject::Robot(robot), Validity::Current);
        }
        sign(&ca, "expired", Subject::Robot("left"), Validity::Expired);
        sign(&ca, "expired-viewer", Subject::Viewer(&hosts), Validity::Expired);
        sign(&ca, "elsewhere", Subject::Viewer(&elsewhere), Validity::Current);
        sign(&other, "stranger", Subject::Robot("left"), Validity::Current);
        sign(&other, "other-viewer", Subject::Viewer(&hosts), Validity::Current);
        folder.put("ca", &ca.pem);
        folder.put("other", &other.pem);
        folder
    }

    fn put(&self, name: &str, pem: &Pem) {
        fs::write(self.path(name), &pem.cert).expect(WRITABLE);
        fs::write(self.path(&format!("{name}-key")), &pem.key).expect(WRITABLE);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.pem"))
    }

    /// The words of a command line, where `{name}` is the path of that file.
    pub(crate) fn words(&self, line: &str) -> Vec<String> {
        let word = |word: &str| match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
            Some(name) => self.path(name).to_str().expect("the checkout's path is UTF-8").to_owned(),
            None => word.to_owned(),
        };
        line.split_whitespace().map(word).collect()
    }

    /// A viewer with these options.
    fn viewer(&self, line: &str) -> Viewer {
        let words = self.words(line);
        Viewer::start(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// robot-sim with these options.
    fn robot(&self, viewer: &Viewer, line: &str) -> Running {
        let still = fixture("jpeg/small.jpg");
        robot(&viewer.addr, [self.words("--images"), vec![still], self.words(line)].concat())
    }

    /// `robot/stream.py` with these options.
    fn stream_py(&self, viewer: &Viewer, line: &str) -> Running {
        let mut command = python();
        command.arg(cargo::root().join("robot/stream.py")).args(["--to", &viewer.addr, "--test-pattern"]);
        Running::start(command.args(self.words(line))).expect("python3 starts; `cargo xtask setup` installs it")
    }
}

fn python() -> Command {
    Command::new(std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()))
}

const VIEWER: &str = "--tls-cert {viewer} --tls-key {viewer-key}";
const MUTUAL: &str = "--tls-cert {viewer} --tls-key {viewer-key} --tls-client-ca {ca}";
const LEFT: &str = "--tls-ca {ca} --tls-cert {left} --tls-key {left-key}";
const RIGHT: &str = "--tls-ca {ca} --tls-cert {right} --tls-key {right-key}";

/// The next line about the connection of a robot, or its refusal.
fn line(viewer: &mut Viewer, part: &'static str) -> Value {
    let line =
        viewer.running.wait_for(Output::Stdout, PATIENCE, part, |line| line.contains(part).then(|| line.to_owned()));
    serde_json::from_str(&line.expect("the viewer reports it")).expect("it is JSON")
}

#[test]
fn known_robots_stream_under_the_names_in_their_certificates() {
    let folder = Folder::new("known");
    let mut viewer = folder.viewer(&format!("{MUTUAL} --once 2 --name 127.0.0.0/8=nobody"));
    let mut left = folder.robot(&viewer, &format!("{LEFT} --loop 20 --fps 0"));
    assert_eq!(line(&mut viewer, "\"connected\"")["name"], "left");
    let ended = line(&mut viewer, "\"ended\"");
    assert_eq!((&ended["name"], &ended["received"], &ended["shown"]), (&"left".into(), &20.into(), &20.into()));
    assert_eq!(exit_code(&mut left), Some(0));
    let mut right = folder.stream_py(&viewer, &format!("{RIGHT} --stamp"));
    assert_eq!(line(&mut viewer, "\"connected\"")["name"], "right");
    line(&mut viewer, "\"seq\":30,");
    right.signal("TERM").unwrap();
    assert_eq!(exit_code(&mut right), Some(0));
    assert_eq!(line(&mut viewer, "\"ended\"")["reason"], "end-of-stream");
    assert_eq!(viewer.running.exit(PATIENCE).unwrap().code(), Some(0));
}

/// Sends a picture, and closes as RFC 8446 says; fails unless the viewer does so too.
const WAITS_FOR_CLOSE_NOTIFY: &str = r#"
import pathlib, socket, ssl, struct, sys
picture, viewer, ca = sys.argv[1:]
host, port = viewer.rsplit(":", 1)
jpeg = pathlib.Path(picture).read_bytes()
context = ssl.create_default_context(cafile=ca)
with context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host) as robot:
    robot.sendall(struct.pack("<L", len(jpeg)) + jpeg)
    robot.unwrap()
"#;

#[test]
fn who_closes_between_two_frames_says_so_in_tls_too_or_may_have_been_cut_off() {
    let folder = Folder::new("closes");
    let mut viewer = folder.viewer(&format!("{VIEWER} --once 4"));
    let mut patient = python();
    patient.args(["-c", WAITS_FOR_CLOSE_NOTIFY, &fixture("jpeg/small.jpg"), &viewer.addr]).args(folder.words("{ca}"));
    let mut patient = Running::start(&mut patient).unwrap();
    assert_eq!(line(&mut viewer, "\"ended\"")["reason"], "hang-up");
    assert_eq!(exit_code(&mut patient), Some(0));
    let mut rust = folder.robot(&viewer, "--tls-ca {ca} --loop 3 --no-end");
    assert_eq!(line(&mut viewer, "\"ended\"")["reason"], "hang-up");
    assert_eq!(exit_code(&mut rust), Some(0));
    let mut python = folder.stream_py(&viewer, "--tls-ca {ca} --no-end");
    line(&mut viewer, "\"seq\":3,");
    python.signal("TERM").unwrap();
    assert_eq!(line(&mut viewer, "\"ended\"")["reason"], "hang-up");
    assert_eq!(exit_code(&mut python), Some(0));
    // One a second, so that it dies between two.
    let mut killed = folder.robot(&viewer, "--tls-ca {ca} --loop --fps 1");
    line(&mut viewer, "\"seq\":1,");
    killed.kill();
    let ended = line(&mut viewer, "\"ended\"");
    let detail = ended["detail"].as_str().unwrap();
    assert!(ended["reason"] == "truncated" && detail.contains("the connection broke between two frames"), "{ended}");
    assert_eq!(viewer.exit_code(), Some(3));
}

#[test]
fn a_frame_that_no_buffer_holds_comes_through_as_it_is() {
    let folder = Folder::new("large");
    let still = fs::read(fixtures::get("jpeg/small.jpg").unwrap().path()).unwrap();
    // Comments of 60 KB each behind the first marker.
    let comment = [&[0xFF, 0xFE, 0xEA, 0x62][..], &[b'.'; 60_000]].concat();
    fs::create_dir_all(folder.0.join("large")).unwrap();
    fs::write(folder.0.join("large/1.jpg"), [&still[..2], &comment.repeat(60), &still[2..]].concat()).unwrap();
    let images = folder.0.join("large").to_str().unwrap().to_owned();
    let mut viewer = folder.viewer(&format!("{VIEWER} --once 2 --robots 2"));
    let mut rust =
        robot(&viewer.addr, [folder.words("--tls-ca {ca} --loop 10 --fps 0 --images"), vec![images.clone()]].concat());
    let ended = line(&mut viewer, "\"ended\"");
    assert_eq!((&ended["received"], &ended["shown"], exit_code(&mut rust)), (&10.into(), &10.into(), Some(0)));
    let mut command = python();
    command.arg(cargo::root().join("robot/stream.py")).args([
        "--to",
        &viewer.addr,
        "--images",
        &images,
        "--fps",
        "240",
    ]);
    let python = Running::start(command.args(folder.words("--tls-ca {ca}"))).unwrap();
    line(&mut viewer, "\"seq\":9,");
    python.signal("TERM").unwrap();
    let ended = line(&mut viewer, "\"ended\"");
    assert_eq!((&ended["reason"], &ended["corrupt"]), (&"end-of-stream".into(), &0.into()));
}

/// What is wrong on the two command lines, and what the viewer and the robot say of it.
struct Wrong {
    viewer: &'static str,
    robot: &'static str,
    at_the_viewer: &'static str,
    at_robot_sim: &'static str,
    at_stream_py: &'static str,
}

const WRONG: [Wrong; 8] = [
    Wrong {
        viewer: VIEWER,
        robot: "--tls-ca {other}",
        at_the_viewer: "it does not know who signed the viewer's certificate; give it the authority's certificate as --tls-ca",
        at_robot_sim: "the viewer's certificate was not signed by the authority in --tls-ca",
        at_stream_py: "--tls-ca says who has to have signed it",
    },
    Wrong {
        viewer: "--tls-cert {expired-viewer} --tls-key {expired-viewer-key}",
        robot: "--tls-ca {ca}",
        at_the_viewer: "to it the viewer's certificate has expired; make a new one, or set the robot's clock",
        at_robot_sim: "the viewer's certificate expired 1 day ago; make a new one, or set the clock",
        at_stream_py: "the viewer's certificate is not accepted: certificate has expired",
    },
    Wrong {
        viewer: "--tls-cert {elsewhere} --tls-key {elsewhere-key}",
        robot: "--tls-ca {ca}",
        at_the_viewer: "it does not accept the viewer's certificate; does that name the address that the robot dials",
        at_robot_sim: "the viewer's certificate is for pc.local, and not for 127.0.0.1; make one for that",
        at_stream_py: "IP address mismatch, certificate is not valid for '127.0.0.1'",
    },
    Wrong {
        viewer: MUTUAL,
        robot: "--tls-ca {ca}",
        at_the_viewer: "it shows no certificate, and --tls-client-ca lets only robots with one in",
        at_robot_sim: "it lets only robots with a certificate in; give --tls-cert and --tls-key",
        at_stream_py: "it lets only robots with a certificate in; give --tls-cert and --tls-key",
    },
    Wrong {
        viewer: MUTUAL,
        robot: "--tls-ca {ca} --tls-cert {stranger} --tls-key {stranger-key}",
        at_the_viewer: "its certificate (--tls-cert) was not signed by the authority in --tls-client-ca",
        at_robot_sim: "it does not know who signed the certificate in --tls-cert",
        at_stream_py: "it does not accept the certificate in --tls-cert: tlsv1 alert unknown ca",
    },
    Wrong {
        viewer: MUTUAL,
        robot: "--tls-ca {ca} --tls-cert {expired} --tls-key {expired-key}",
        at_the_viewer: "its certificate (--tls-cert) expired 1 day ago; make a new one, or set the clock",
        at_robot_sim: "to it the certificate in --tls-cert has expired",
        at_stream_py: "it does not accept the certificate in --tls-cert: sslv3 alert certificate expired",
    },
    Wrong {
        viewer: VIEWER,
        robot: "",
        at_the_viewer: "what it sends is not TLS, and this port is encrypted; give the robot --tls-ca",
        at_robot_sim: "it wants TLS; give --tls-ca",
        at_stream_py: "the viewer refuses this robot: it wants TLS; give --tls-ca",
    },
    Wrong {
        viewer: "",
        robot: "--tls-ca {ca}",
        at_the_viewer: "this is TLS, and this port is not encrypted; use tcp:// without TLS, or give the viewer --tls-cert",
        at_robot_sim: "it closed during the TLS handshake; was it started with --tls-cert",
        at_stream_py: "it closed during the TLS handshake; was it started with --tls-cert",
    },
];

#[test]
fn each_end_says_what_is_wrong_and_no_frame_comes_through() {
    let folder = Folder::new("wrong");
    for Wrong { viewer, robot, at_the_viewer, at_robot_sim, at_stream_py } in WRONG {
        let mut viewer = folder.viewer(viewer);
        let refused = |viewer: &mut Viewer| {
            let ended = line(viewer, "\"ended\"");
            let detail = ended["detail"].as_str().unwrap_or_default();
            assert!(detail.contains(at_the_viewer) && ended["received"] == 0, "{ended}");
        };
        let mut rust = folder.robot(&viewer, &format!("--loop --connect-timeout 1 {robot}"));
        assert!(matches!(exit_code(&mut rust), Some(1 | 3)), "{robot}");
        let said = rust.lines(Output::Stderr).join("\n");
        assert!(said.contains(at_robot_sim), "{robot}: {said}");
        refused(&mut viewer);
        let mut python = folder.stream_py(&viewer, robot);
        let says = |line: &str| line.contains(at_stream_py).then_some(());
        python.wait_for(Output::Stderr, PATIENCE, at_stream_py, says).unwrap();
        refused(&mut viewer);
        viewer.interrupt();
    }
}

#[test]
fn silent_handshakes_displace_nobody_and_leave_the_door_open() {
    let folder = Folder::new("silent");
    let mut viewer = folder.viewer(&format!("{MUTUAL} --robots 1 --once 2"));
    let mut live = folder.robot(&viewer, &format!("{LEFT} --loop --fps 30"));
    viewer.connected();
    let dial = |greeting: &'static [u8]| {
        let mut stream = viewer.dial();
        stream.write_all(greeting).unwrap();
        stream
    };
    // The first bytes of a client's greeting that never comes, and some that are none.
    let _silent: Vec<TcpStream> =
        (0..300).map(|n| dial([&b"\x16\x03\x01\x02\x00\x01"[..], b"", b"GET / HTTP/1.0\r\n\r\n"][n % 3])).collect();
    for _ in 0..10 {
        line(&mut viewer, "\"frame\"");
    }
    live.signal("TERM").unwrap();
    assert_eq!(exit_code(&mut live), Some(0));
    let mut next = folder.robot(&viewer, &format!("{RIGHT} --loop 3"));
    assert_eq!(exit_code(&mut next), Some(0));
    let ended = loop {
        let ended = line(&mut viewer, "\"ended\"");
        if ended["name"] == "right" {
            break ended;
        }
    };
    assert_eq!((&ended["received"], &ended["reason"]), (&3.into(), &"end-of-stream".into()));
}

#[test]
fn certificates_are_read_again_and_robots_that_are_there_stay() {
    let folder = Folder::new("again");
    let mut viewer = folder.viewer(MUTUAL);
    let mut left = folder.robot(&viewer, &format!("{LEFT} --loop"));
    viewer.connected();
    viewer.frame();
    let says = |viewer: &mut Viewer, part: &'static str| {
        viewer.running.wait_for(Output::Stderr, PATIENCE, part, |line| line.contains(part).then_some(())).unwrap();
    };
    let files = ["viewer", "viewer-key", "ca"];
    let replace = |new: [&Path; 3]| {
        files.iter().zip(new).for_each(|(file, new)| _ = fs::copy(new, folder.path(file)).unwrap());
    };
    let (cert, key) = (fs::read(folder.path("viewer")).unwrap(), folder.path("viewer-key"));
    fs::write(&key, &cert).unwrap();
    says(&mut viewer, "viewer-key.pem holds no private key");
    // What the files said before still counts.
    let mut right = folder.robot(&viewer, "--tls-ca {ca} --tls-cert {right} --tls-key {right-key} --loop 2");
    assert_eq!(exit_code(&mut right), Some(0));
    let strangers = ["other-viewer", "other-viewer-key", "other"].map(|name| folder.path(name));
    replace([&strangers[0], &strangers[1], &strangers[2]]);
    says(&mut viewer, "robots that connect from now on see what they say now");
    let stranger = "--tls-ca {other} --tls-cert {stranger} --tls-key {stranger-key} --loop 2";
    assert_eq!(exit_code(&mut folder.robot(&viewer, stranger)), Some(0));
    // The first one has been there all the time, though its authority is not trusted any more.
    left.signal("TERM").unwrap();
    assert_eq!(exit_code(&mut left), Some(0));
    let said = left.lines(Output::Stdout).join("\n");
    assert!(said.contains(" 0 reconnects"), "{said}");
    viewer.interrupt();
}

#[test]
fn files_that_cannot_be_used_end_the_programs_with_their_names() {
    let folder = Folder::new("files");
    fs::write(folder.path("text"), "hello\n").unwrap();
    let cases = [
        ("--tls-cert {missing} --tls-key {viewer-key}", "missing.pem cannot be read: No such file"),
        ("--tls-cert {text} --tls-key {viewer-key}", "text.pem holds no certificate; give a PEM file"),
        ("--tls-cert {viewer} --tls-key {left-key}", "cannot be used together"),
        ("--tls-cert {viewer} --tls-key {viewer-key} --tls-client-ca {left-key}", "left-key.pem holds no certificate"),
    ];
    for (line, says) in cases {
        let mut command = viewer();
        command.args(["--headless", "--listen", "127.0.0.1:0"]).args(folder.words(line));
        let mut running = Running::start(&mut command).unwrap();
        assert_eq!(exit_code(&mut running), Some(1));
        let said = running.lines(Output::Stderr).join("\n");
        assert!(said.starts_with("error: ") && said.contains(says), "{line}: {said}");
    }
    let still = fixture("jpeg/small.jpg");
    for (line, says) in
        [("--tls-ca {missing}", "missing.pem cannot be read"), ("--tls-ca {text}", "holds no certificate")]
    {
        let words = [folder.words("--images"), vec![still.clone()], folder.words(line)].concat();
        let mut robot = robot("127.0.0.1:9", words);
        assert_eq!(exit_code(&mut robot), Some(1));
        let said = robot.lines(Output::Stderr).join("\n");
        assert!(said.contains(says), "{line}: {said}");
    }
}

/// Why a certificate can be made.
const RANDOM: &str = "the system has random numbers";
/// Why files can be put there.
const WRITABLE: &str = "the folder is writable";
