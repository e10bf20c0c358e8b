//! One robot beside a thousand peers that are silent, slow, send junk, or leave and come again: does it lose frames, and do its
//! pictures get older?

#![expect(clippy::disallowed_methods, reason = "the peers have sockets, and all of it is over time")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use xtask::cargo::Programs;
use xtask::process::{Output, Running};
use xtask::random::random;
use xtask::report::{Ended, Event};
use xtask::usage::peak_mb;

use super::pictures;
use crate::rows::Row;

/// The same stream without peers and with them, and another robot's that comes when they are there.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let pictures = pictures::make(programs, "640x480")?;
    let quiet = play(programs, &pictures, 0)?;
    let crowded = play(programs, &pictures, PEERS)?;
    let sent = (pictures.len() * PASSES) as u64;
    let all = crowded.robot.received == sent && crowded.robot.shown == sent;
    let mut rows = vec![
        Row::noted("crowd: connections of peers", crowded.connections.to_string()),
        Row::judged("crowd: frames shown", format!("{} of {sent}", crowded.robot.shown), "every one", all),
    ];
    let (before, after) = (quiet.age_p99_ms()?, crowded.age_p99_ms()?);
    rows.push(Row::noted("crowd: age of pictures without peers, p99", format!("{before:.2} ms")));
    rows.push(Row::noted("crowd: age of pictures beside 1000 peers, p99", format!("{after:.2} ms")));
    rows.push(Row::at_most("crowd: age, p99, beside peers to without", after / before, 2.0, "times"));
    let (before, after) = (quiet.peak_mb, crowded.peak_mb);
    rows.push(Row::at_most("crowd: resident memory, peak, added by peers", after - before, 20.0, "MB"));
    for (among, outcome) in [("without peers", &quiet), ("among 1000 peers", &crowded)] {
        let figure = format!("{:.2} s", outcome.newcomer.as_secs_f64());
        rows.push(Row::noted(format!("crowd: a robot's start to its picture, {among}"), figure));
    }
    Ok(rows)
}

/// What came of the robot.
struct Outcome {
    robot: Ended,
    peak_mb: f64,
    connections: u64,
    /// From the start of another robot to its first picture.
    newcomer: Duration,
}

impl Outcome {
    fn age_p99_ms(&self) -> Result<f64> {
        self.robot.age_ms.map(|(_, p99)| p99).context("the viewer reported no age: the stamps were not understood")
    }
}

fn play(programs: &Programs, pictures: &[PathBuf], peers: usize) -> Result<Outcome> {
    eprintln!("bench: crowd: one robot at 30 a second beside {peers} peers");
    let mut command = Command::new(programs.path("viewer")?);
    command.args(["--listen", "127.0.0.1:0", "--report", "-", "--headless", "--detect", "qr"]);
    let mut viewer = Running::start(&mut command)?;
    let address = viewer.wait_for(Output::Stdout, PATIENCE, "the address it listens on", Event::listening);
    let address = address.with_context(|| viewer.transcript())?;
    let sim = |passes: usize| {
        let mut command = Command::new(programs.path("robot-sim")?);
        command.arg("--images").args(pictures).args(["--loop", &passes.to_string(), "--fps", "30", "--stamp"]);
        Running::start(command.args(["--connect-timeout", "10", "--to", &address]))
    };
    let mut robot = sim(PASSES)?;
    let number = picture(&mut viewer, 0).with_context(|| viewer.transcript())?;
    let crowd = Crowd::gather(address.parse().context("the viewer reported an address that cannot be parsed")?, peers)?;
    let ended = watch(&mut viewer, number).with_context(|| viewer.transcript())?;
    let status = robot.exit(PATIENCE).with_context(|| robot.transcript())?;
    ensure!(status.success(), "robot-sim ended with {status}\n{}", robot.transcript());
    let started = Instant::now();
    let _robot = sim(1)?;
    picture(&mut viewer, number).with_context(|| viewer.transcript())?;
    let newcomer = started.elapsed();
    let connections = crowd.leave();
    let peak_mb = peak_mb(viewer.id())?;
    viewer.interrupt()?;
    let status = viewer.exit(PATIENCE).with_context(|| viewer.transcript())?;
    ensure!(status.success(), "the viewer ended with {status}\n{}", viewer.transcript());
    Ok(Outcome { robot: ended, peak_mb, connections, newcomer })
}

/// Waits for a picture of a robot other than `known`, and returns whose it is.
fn picture(viewer: &mut Running, known: u64) -> Result<u64> {
    let number = |line: &str| match Event::parse(line) {
        Ok(Event::Frame(frame)) if frame.robot != known => Some(frame.robot),
        _ => None,
    };
    viewer.wait_for(Output::Stdout, PATIENCE, "a picture", number)
}

/// Waits for the end of robot `number`.
fn watch(viewer: &mut Running, number: u64) -> Result<Ended> {
    let end = |line: &str| match Event::parse(line) {
        Ok(Event::Ended(ended)) if ended.robot == number => Some(ended),
        _ => None,
    };
    viewer.wait_for(Output::Stdout, STREAM + PATIENCE, "the end of the stream", end)
}

/// Peers on a thread of their own, until they leave.
struct Crowd {
    is_over: Arc<AtomicBool>,
    connections: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Crowd {
    /// Returns once each has connected.
    fn gather(address: SocketAddr, count: usize) -> Result<Self> {
        let mut peers: Vec<Peer> = (0..count).map(|number| Peer::new(number as u64)).collect();
        let (is_over, connections) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        for peer in &mut peers {
            peer.dial(address).with_context(|| format!("peer {} of {count} cannot connect", peer.number + 1))?;
            connections.fetch_add(1, Ordering::Relaxed);
        }
        let (over, dialled) = (Arc::clone(&is_over), Arc::clone(&connections));
        let thread = thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let now = Instant::now();
                for peer in peers.iter_mut().take_while(|_| !over.load(Ordering::Relaxed)) {
                    dialled.fetch_add(peer.step(address, now).into(), Ordering::Relaxed);
                }
                thread::sleep(TURN.saturating_sub(now.elapsed()));
            }
        });
        Ok(Self { is_over, connections, thread })
    }

    /// How often all of them have connected.
    fn leave(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        // A panic there has already been printed.
        _ = self.thread.join();
        self.connections.load(Ordering::Relaxed)
    }
}

/// One of them: silent, slow, with bytes that mean nothing, or a probe that leaves after three turns; its number decides.
struct Peer {
    number: u64,
    sent: u64,
    socket: Option<TcpStream>,
    dials_at: Instant,
}

impl Peer {
    fn new(number: u64) -> Self {
        Self { number, sent: 0, socket: None, dials_at: Instant::now() }
    }

    fn dial(&mut self, address: SocketAddr) -> std::io::Result<()> {
        let socket = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        socket.set_nonblocking(true)?;
        (self.socket, self.sent) = (Some(socket), 0);
        Ok(())
    }

    /// Sends what it sends in a turn, or dials again if it was closed a while ago; whether it did that.
    fn step(&mut self, address: SocketAddr, now: Instant) -> bool {
        if self.socket.is_none() {
            return now >= self.dials_at && self.dial(address).is_ok();
        }
        let bytes = self.bytes();
        let Some(socket) = &mut self.socket else { return false };
        let is_blocked = |error: &std::io::Error| error.kind() == ErrorKind::WouldBlock;
        let sent = bytes.is_empty() || socket.write(&bytes).map_or_else(|error| is_blocked(&error), |_| true);
        let is_open = socket.read(&mut [0; 512]).map_or_else(|error| is_blocked(&error), |read| read > 0);
        self.sent += 1;
        let has_looked = self.number % 4 == 3 && self.sent > 2;
        if !sent || !is_open || has_looked {
            (self.socket, self.dials_at) = (None, now + AWAY);
        }
        false
    }

    fn bytes(&self) -> Vec<u8> {
        let probes: [&[u8]; 4] = [
            b"GET / HTTP/1.1\r\nHost: robot\r\n\r\n",
            b"SSH-2.0-probe\r\n",
            &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3],
            b"\r\n",
        ];
        match (self.number % 4, self.sent) {
            (0, _) => Vec::new(),
            // A length of 20,000, and then a byte of it at a time.
            (1, 0) => 20_000_u32.to_le_bytes().to_vec(),
            (1, _) => vec![0xFF],
            (2, sent) => (0..128).flat_map(|at| random(self.number << 32 | sent << 8 | at).to_le_bytes()).collect(),
            (_, 0) => probes[(self.number / 4 % 4) as usize].to_vec(),
            _ => Vec::new(),
        }
    }
}

const PEERS: usize = 1000;
/// Half a minute.
const PASSES: usize = 3;
const STREAM: Duration = Duration::from_secs(30);
/// How often a peer sends something.
const TURN: Duration = Duration::from_millis(100);
/// How long one that was closed stays away.
const AWAY: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);
