//! No picture shows a part of another one: frames of one colour each, with every fault on the way, from one robot and from four.

#![expect(clippy::disallowed_methods, reason = "each robot is a thread with a socket")]

use std::collections::HashSet;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use pipeline::{
    Bound, Clock, Config, Event, Filter, Leave, Limits, Once, Orientations, Pipeline, Policy, Sink, SinkError,
    StreamPicture,
};
use protocol::{Frame, FrameLimit};
use robot_sim::Format;
use robot_sim::fault::{Faults, Step};
use vision::jpeg::{PixelLimit, decode};
use vision::picture::Pixels;

/// Each in a run of its own.
const FAULTS: [&str; 16] = [
    "stall@3:10ms",
    "cut@7:50%",
    "hangup@7",
    "truncate@*/3:60%",
    "flip@*/2:1",
    "flip@*/2:20",
    "zeros@*/2:200",
    "noise@*/2:16",
    "missing@*/2:16",
    "garbage@*/4",
    "oversize@5:2000",
    "bytes-after-end@7",
    "dribble:100",
    "jitter:1ms",
    "reconnect@*/5:1ms",
    "half-open@6:1ms",
];

#[test]
fn no_picture_shows_a_part_of_another_one() {
    for robots in [1, 4] {
        for fault in FAULTS {
            for seed in 0..2 {
                run(robots, Faults { seed, list: vec![fault.parse().unwrap()] })
                    .unwrap_or_else(|wrong| panic!("{fault}, seed {seed}: {wrong}"));
            }
        }
        let all = ["truncate@*/3:60%", "flip@*/2:9", "zeros@*/5:90", "garbage@*/7", "reconnect@*/6:1ms", "jitter:1ms"];
        run(robots, Faults { seed: 9, list: all.map(|fault| fault.parse().unwrap()).into() }).unwrap();
    }
}

/// Sends 24 frames from each robot, and looks at every picture.
fn run(robots: usize, faults: Faults) -> Result<(), String> {
    let (sender, events) = mpsc::channel();
    let bound = Bound::bind(Some(([127, 0, 0, 1], 0).into())).map_err(|error| error.to_string())?;
    let addr = bound.addr().ok_or("it listens nowhere")?;
    let (frame, pixels) = (FrameLimit::DEFAULT, PixelLimit::DEFAULT);
    let idle = Some(Duration::from_secs(1));
    let limits = Limits { robots: 64, frame, pixels, idle, allow: Vec::new(), names: Vec::new() };
    let (policy, once, orientations) = (Policy::EveryFrame, Once::Never, Orientations::default());
    let config = Config { limits, dial: Vec::new(), policy, once, detect: Default::default(), orientations };
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(Ends(sender))];
    let pipeline =
        Pipeline::start(bound, config, Vec::new(), sinks, Clock::start()).map_err(|error| error.to_string())?;
    let streams: Vec<Stream> = (0..robots).map(|robot| Stream::new(robot, &faults)).collect();
    let connections = streams.iter().map(|stream| stream.connections.len()).sum();
    for stream in &streams {
        let connections = stream.connections.clone();
        thread::spawn(move || connections.iter().for_each(|bytes| send(addr, bytes)));
    }
    let (mut ended, started) = (0, Instant::now());
    let mut pictures: Vec<Shown> = Vec::new();
    while ended < connections {
        if started.elapsed() > Duration::from_secs(60) {
            return Err(format!("{ended} of {connections} connections have ended"));
        }
        pipeline.wait(Duration::from_millis(5));
        let taken = pipeline.take();
        pictures.extend(taken.iter().map(|picture| Shown::of(picture)));
        pipeline.shown(&taken);
        pipeline.poll();
        ended += events.try_iter().count();
    }
    pipeline.close(Leave::Now).map_err(|error| error.to_string())?;
    let sent: HashSet<&[u8]> = streams.iter().flat_map(|stream| &stream.frames).map(Vec::as_slice).collect();
    for Shown { bytes, pixels } in &pictures {
        // Its bytes are those of one frame, as it was sent; and its pixels those that come of them in fresh memory.
        if !sent.contains(bytes.as_slice()) {
            return Err("a picture is made of bytes that no frame had".to_owned());
        }
        let mut alone = Pixels::default();
        decode(bytes, PixelLimit::DEFAULT, &mut alone).map_err(|error| error.to_string())?;
        if pixels != alone.data() {
            return Err("a picture is another one than its frame makes".to_owned());
        }
    }
    // Each frame that nothing happened to is shown, if the robot came to it.
    let shown: HashSet<&[u8]> = pictures.iter().map(|picture| picture.bytes.as_slice()).collect();
    let good = streams.iter().flat_map(|stream| &stream.good);
    match good.filter(|frame| !shown.contains(frame.as_slice())).count() {
        0 => Ok(()),
        missing => Err(format!("{missing} good frames are not shown")),
    }
}

/// A picture as it was given to the screen.
struct Shown {
    bytes: Vec<u8>,
    pixels: Vec<u32>,
}

impl Shown {
    fn of(picture: &StreamPicture) -> Self {
        Self { bytes: picture.frame.as_bytes().to_vec(), pixels: picture.pixels().data().to_vec() }
    }
}

/// What a robot sends.
struct Stream {
    /// The bytes of each connection.
    connections: Vec<Vec<u8>>,
    /// The frames in them, damaged or not.
    frames: Vec<Vec<u8>>,
    /// Those that are as they were, and behind no wrong length.
    good: Vec<Vec<u8>>,
}

impl Stream {
    fn new(robot: usize, faults: &Faults) -> Self {
        let mut stream = Self { connections: vec![Vec::new()], frames: Vec::new(), good: Vec::new() };
        let mut is_lost = false;
        for number in 0..24 {
            let jpeg = coloured(robot, number).to_jpeg(90).expect("it is encoded");
            let whole = Frame::new(jpeg).expect("it is not empty");
            for step in faults.plan(number as u64, &whole, Format::Length).steps {
                let connection = stream.connections.last_mut().expect("there is one");
                match step {
                    Step::Frame { before, frame, behind, .. } => {
                        let bytes = frame.as_bytes().to_vec();
                        is_lost |= before != (bytes.len() as u32).to_le_bytes();
                        connection.extend([&before, bytes.as_slice(), behind].concat());
                        if *frame == whole && !is_lost {
                            stream.good.push(bytes.clone());
                        }
                        stream.frames.push(bytes);
                    }
                    Step::Bytes { bytes, .. } => connection.extend(bytes),
                    Step::Wait(_) => {}
                    Step::Redial(_) => {
                        is_lost = false;
                        stream.connections.push(Vec::new());
                    }
                    Step::StaySilent | Step::Close => return stream,
                }
            }
        }
        stream.connections.last_mut().expect("there is one").extend([0; 4]);
        stream
    }
}

/// 96×64 pixels of one colour, which no other frame has.
fn coloured(robot: usize, number: usize) -> Pixels {
    let mut pixels = Pixels::new(96, 64);
    let colour = (((robot * 24 + number) * 2_654_435) & 0xFF_FFFF) as u32;
    pixels.data_mut().fill(colour);
    pixels
}

fn send(addr: SocketAddr, bytes: &[u8]) {
    let Ok(mut socket) = TcpStream::connect(addr) else { return };
    // The viewer may close before it has read everything.
    _ = socket.write_all(bytes);
}

/// Passes the ends of connections on.
struct Ends(Sender<()>);

impl Sink for Ends {
    fn name(&self) -> &'static str {
        "ends"
    }

    fn filter(&self) -> Filter {
        Box::new(|event| matches!(event, Event::Ended(_)))
    }

    fn is_result(&self) -> bool {
        true
    }

    fn write(&mut self, _: &Event) -> Result<(), SinkError> {
        self.0.send(()).map_err(|_| SinkError::ReaderGone { name: "ends".to_owned() })
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}
