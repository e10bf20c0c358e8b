//! The page in a real browser: what it shows, and what its buttons do.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use qrcode::{Color, QrCode};
use serde_json::Value;
use xtask::process::Running;

use crate::browser::Browser;
use crate::png;
use crate::programs::{exit_code, fixture, robot};
use crate::truth;
use crate::web::Served;

const DESKTOP: (u32, u32) = (1280, 800);
/// With the rows that the window has above the page.
const PHONE: (u32, u32) = (320, 780);

#[test]
fn pictures_move_and_boxes_lie_where_the_truth_says() {
    let served = Served::start("127.0.0.1:0", &["--detect", "qr"]);
    let browser = Browser::open(&served.url, DESKTOP);
    browser.wait(
        "what to run",
        "return document.body.innerText.includes('robot-sim') || document.body.innerText.includes('--listen')",
    );
    browser.shoot("page-waiting");
    let _robot = robot(&served.viewer.addr, ["--images", &fixture("jpeg/two-codes.jpg"), "--loop"]);
    browser.wait("a live picture", "return document.querySelector('.tile[data-state=live]')");
    let drawn = "return Number(document.querySelector('canvas.picture').dataset.drawn)";
    let before = browser.run(drawn).as_u64().unwrap();
    browser.wait("ten more pictures", &format!("{drawn} >= {}", before + 10));
    let boxes = "const canvas = document.querySelector('canvas.picture'); \
                 const marks = JSON.parse(canvas.dataset.marks ?? '[]').filter(mark => mark.seen); \
                 return marks.length == 2 && [canvas.clientWidth, marks.map(mark => mark.box)]";
    let found = browser.wait("two boxes", boxes);
    browser.shoot("page-live");

    let scale = found[0].as_f64().unwrap() / 640.0;
    let mut found: Vec<[f64; 4]> = found[1].as_array().unwrap().iter().map(numbers).collect();
    let mut truth: Vec<[f64; 4]> =
        truth::of_still("two-codes.jpg").iter().map(|corners| around(corners, scale)).collect();
    found.sort_by(|a, b| a[0].total_cmp(&b[0]));
    truth.sort_by(|a, b| a[0].total_cmp(&b[0]));
    for (found, truth) in found.iter().zip(&truth) {
        let farthest = found.iter().zip(truth).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(farthest <= 4.0 * scale, "{found:?} is not at {truth:?}");
    }
}

#[test]
fn a_switch_turns_a_kind_on_and_off_for_everybody() {
    let served = Served::start("127.0.0.1:0", &[]);
    let _robot = robot(&served.viewer.addr, ["--images", &fixture("jpeg/two-codes.jpg"), "--loop"]);
    let [mine, other] = [(); 2].map(|()| Browser::open(&served.url, DESKTOP));
    let pressed = |is: bool| format!("return document.querySelector('button[data-kind=qr][aria-pressed={is}]')");
    mine.wait("a switch that is off", &pressed(false));
    mine.run("document.querySelector('button[data-kind=qr]').click()");
    for browser in [&mine, &other] {
        browser.wait("a switch that is on", &pressed(true));
        browser.wait("the count", "return document.body.innerText.includes('QR codes: 2')");
    }
    served.wait_for_state("the kind", |state| state["on"] == serde_json::json!(["qr"]));
    other.run("document.querySelector('button[data-kind=qr]').click()");
    mine.wait("a switch that is off again", &pressed(false));
}

#[test]
fn silence_an_end_and_a_viewer_that_is_gone_are_said() {
    let mut served = Served::start("127.0.0.1:0", &[]);
    let small = fixture("jpeg/small.jpg");
    let _lively = robot(&served.viewer.addr, ["--images", &small, "--loop"]);
    let browser = Browser::open(&served.url, DESKTOP);
    browser.wait("a live picture", "return document.querySelector('.tile[data-state=live]')");
    let mut silent = robot(&served.viewer.addr, ["--images", &small, "--loop", "--fault", "stall@20:600s"]);
    let tile = |state: &str, text: &str| {
        format!(
            "return document.querySelector('.tile[data-place=\"2\"][data-state={state}]')?.innerText.includes('{text}')"
        )
    };
    browser.wait("how long it is silent", &tile("stale", "no picture for 2 s"));
    browser.shoot("page-stale");
    silent.kill();
    browser.wait("that it is gone", &tile("gone", "closed the connection"));
    browser.shoot("page-gone");
    assert_eq!(browser.run("return document.body.innerText.includes('undefined')"), false);

    let (robots, web) = (served.viewer.addr.clone(), served.addr.clone());
    served.viewer.running.kill();
    browser.wait("that the viewer is gone", "return document.body.dataset.connection == 'lost'");
    browser.wait("it in words", "return document.body.innerText.includes('connection to the viewer lost')");
    browser.shoot("page-lost");
    assert_eq!(browser.run("return document.querySelectorAll('.tile[data-state=live]').length"), 0);
    let again = Served::start_at(&robots, &web, &[]);
    browser.wait("the viewer again", "return document.body.dataset.connection == 'open'");
    browser.wait("a live picture again", "return document.querySelector('.tile[data-state=live]')");
    drop(again);
}

#[test]
fn a_picture_is_old_while_a_large_update_comes_in_parts() {
    let served = Served::start("127.0.0.1:0", &[]);
    let _robot = robot(&served.viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop"]);
    let browser = Browser::open(&served.url, DESKTOP);
    browser.run(
        "const send = WebSocket.prototype.send; \
         WebSocket.prototype.send = function (message) { window.socket = this; send.call(this, message); }",
    );
    browser.wait("a live picture", "return window.socket && document.querySelector('.tile[data-state=live]')");
    assert_eq!(browser.run("return document.querySelectorAll('.tile[data-old]').length"), 0);
    // Parts come all the time from now on, and never the last one.
    browser.run(
        "import('/update.js').then(({ Incoming }) => { \
             Incoming.prototype.add = () => null; \
             setInterval(() => window.socket.onmessage({ data: new ArrayBuffer(1) }), 100); \
         })",
    );
    browser
        .wait("that it is old", "return document.querySelector('.tile[data-old]')?.innerText.includes('old picture')");
    assert_eq!(browser.run("return document.body.dataset.connection"), "open");
}

#[test]
fn a_robot_that_takes_the_place_of_another_has_nothing_of_that_one() {
    let served = Served::start("127.0.0.1:0", &["--robots", "1"]);
    let jpeg = fs::read(fixture("jpeg/small.jpg")).expect("the fixture is there");
    let send = |mut robot: &TcpStream, frame: &[u8]| {
        let length = u32::try_from(frame.len()).expect("it is small").to_le_bytes();
        robot.write_all(&[&length, frame].concat()).expect("the viewer takes it");
    };
    let browser = Browser::open(&served.url, DESKTOP);
    let damaged = served.viewer.dial();
    send(&damaged, &jpeg);
    browser.wait("a picture", "return document.querySelector('.tile[data-picture]')");
    send(&damaged, b"none");
    browser.wait("that damage rises", "return document.querySelector('.corrupt[data-rising]')");
    send(&damaged, b"");
    let good = served.viewer.dial();
    send(&good, &jpeg);
    let another = "const tile = document.querySelector('.tile'); \
                   return tile?.querySelector('.name').textContent == 'robot 2' && tile.dataset.picture !== undefined && \
                   { rises: document.querySelector('[data-rising]') !== null }";
    assert_eq!(browser.wait("the other robot", another)["rises"], false);
}

#[test]
fn what_a_code_says_is_text_and_never_markup() {
    let payload = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">";
    let jpeg = code(payload);
    let served = Served::start("127.0.0.1:0", &["--detect", "qr"]);
    let _robot = robot(&served.viewer.addr, ["--images", jpeg.to_str().unwrap(), "--loop"]);
    let browser = Browser::open(&served.url, DESKTOP);
    let shown = format!("return document.body.innerText.includes({})", serde_json::json!(payload));
    browser.wait("the payload", &shown);
    browser.shoot("page-markup");
    assert_eq!(browser.run("return document.querySelectorAll('img[src=x], a[href]').length"), 0);
    assert!(!browser.run("return document.title").as_str().unwrap().contains("owned"));
    fs::remove_file(jpeg).unwrap();
}

#[test]
fn a_phone_held_upright_shows_all_of_it() {
    let served = Served::start("127.0.0.1:0", &["--detect", "qr,faces"]);
    let robots: Vec<Running> =
        (0..4).map(|_| robot(&served.viewer.addr, ["--images", &fixture("jpeg/two-codes.jpg"), "--loop"])).collect();
    let browser = Browser::open(&served.url, PHONE);
    browser.wait("four live pictures", "return document.querySelectorAll('.tile[data-state=live]').length == 4");
    browser.shoot("page-phone");
    assert_eq!(browser.run("return innerWidth"), 320);
    assert!(browser.run("return document.documentElement.scrollWidth").as_u64().unwrap() <= 320);
    // Whatever can be seen of buttons is on the screen, and large enough for a thumb.
    let bad = browser.run(
        "return [...document.querySelectorAll('button')].filter(b => b.offsetParent !== null).map(b => [b.getBoundingClientRect(), b]) \
         .filter(([r, b]) => r.left < 0 || r.right > innerWidth || r.bottom > innerHeight || r.height < 40).map(([r, b]) => b.outerHTML)",
    );
    assert_eq!(bad, Value::Array(Vec::new()));
    browser.run("document.querySelector('.tile[data-place=\"3\"] .enlarge').click()");
    browser.wait(
        "one large",
        "return document.body.innerText.includes('robot 3') && !document.body.innerText.includes('robot 2')",
    );
    browser.shoot("page-phone-large");
    drop(robots);
}

#[test]
fn the_button_records_and_says_so() {
    let folder = std::env::temp_dir().join(format!("robot-vision-page-{}", std::process::id()));
    let served = Served::start("127.0.0.1:0", &["--save-dir", folder.to_str().unwrap()]);
    let _robot = robot(&served.viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop"]);
    let browser = Browser::open(&served.url, DESKTOP);
    browser.wait("a live picture", "return document.querySelector('.tile[data-state=live]')");
    browser.run("document.querySelector('#record').click()");
    browser.wait("that it records", "return document.querySelector('#record[aria-pressed=true]')");
    let state =
        served.wait_for_state("two seconds of recording", |state| state["recording"]["seconds"].as_u64() >= Some(2));
    browser.shoot("page-recording");
    browser.run("document.querySelector('#record').click()");
    browser.wait("that it has stopped", "return document.querySelector('#record[aria-pressed=false]')");
    served.wait_for_state("the end of it", |state| state["recording"].is_null());
    let file = PathBuf::from(state["recording"]["path"].as_str().unwrap());
    assert!(file.starts_with(&folder) && fs::metadata(&file).unwrap().len() > 10_000, "{}", file.display());
    fs::remove_dir_all(folder).unwrap();
}

/// A JPEG with a QR code that holds `payload`.
fn code(payload: &str) -> PathBuf {
    let code = QrCode::new(payload).expect("it fits a code");
    let modules = code.to_colors();
    let (side, scale, margin) = (code.width(), 6, 40);
    let size = side * scale + 2 * margin;
    let dark = |x: usize, y: usize| {
        let module = |at: usize| at.checked_sub(margin).map(|at| at / scale).filter(|&at| at < side);
        matches!((module(x), module(y)), (Some(x), Some(y)) if modules[y * side + x] == Color::Dark)
    };
    let rgb: Vec<u8> = (0..size * size).flat_map(|n| [if dark(n % size, n / size) { 0 } else { 255 }; 3]).collect();
    let stem = std::env::temp_dir().join(format!("robot-vision-code-{}", std::process::id()));
    let (png, jpeg) = (stem.with_extension("png"), stem.with_extension("jpg"));
    fs::write(&png, png::encode(size, size, &rgb)).expect("temporary files can be written");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-y", "-i"]).arg(&png).args(["-pix_fmt", "yuvj420p", "-q:v", "2"]).arg(&jpeg);
    assert_eq!(exit_code(&mut Running::start(&mut ffmpeg).expect("FFmpeg starts")), Some(0));
    fs::remove_file(png).expect("it is there");
    jpeg
}

fn numbers(value: &Value) -> [f64; 4] {
    std::array::from_fn(|n| value[n].as_f64().expect("a box has four numbers"))
}

/// Left, top, width and height of what is around these corners, at this scale.
fn around(corners: &[[f64; 2]; 4], scale: f64) -> [f64; 4] {
    let span = |axis: usize| {
        let values = corners.map(|corner| corner[axis] * scale);
        (values.into_iter().fold(f64::MAX, f64::min), values.into_iter().fold(f64::MIN, f64::max))
    };
    let ((left, right), (top, bottom)) = (span(0), span(1));
    [left, top, right - left, bottom - top]
}
