//! How fast robot-sim sends over loopback, beside a program that only writes the same bytes.

#![expect(clippy::disallowed_methods, reason = "it measures sockets with the clock, and a socket has two ends")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use xtask::cargo::Programs;
use xtask::process::Running;

use crate::rows::Row;

/// Lets both send to the same reader in turns, and judges the better run of each.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let stills: Vec<PathBuf> = ::fixtures::stills().map(::fixtures::Fixture::path).collect();
    let frames: Vec<Vec<u8>> =
        stills.iter().map(fs::read).collect::<Result<_, _>>().context("cannot read the still pictures")?;
    let once: usize = frames.iter().map(|frame| frame.len() + HEADER).sum();
    let passes = AMOUNT.div_ceil(once);
    eprintln!(
        "bench: {} JPEG files of {} kB on average, {passes} times over loopback",
        frames.len(),
        once / frames.len() / 1000
    );
    let (mut robot, mut plain) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        plain = plain.max(plain_writer(&frames, passes)?);
        robot = robot.max(robot_sim(programs, &stills, passes, once * passes)?);
    }
    let ratio = robot / plain;
    Ok(vec![
        Row::at_least("robot-sim without pacing", robot, 1.0, "GB/s"),
        Row::noted("a plain writer of the same frames", format!("{plain:.2} GB/s")),
        Row::noted("robot-sim in proportion to it", format!("{ratio:.2}")),
    ])
}

fn robot_sim(programs: &Programs, stills: &[PathBuf], passes: usize, expected: usize) -> Result<f64> {
    let listener = TcpListener::bind(LOOPBACK).context("cannot listen on loopback")?;
    let address = listener.local_addr()?.to_string();
    let mut command = Command::new(programs.path("robot-sim")?);
    command.arg("--images").args(stills).args(["--fps", "0", "--loop", &passes.to_string(), "--to", &address]);
    let mut robot = Running::start(&mut command)?;
    let (bytes, seconds) = drain(&listener)?;
    let status = robot.exit(PATIENCE).with_context(|| robot.transcript())?;
    ensure!(status.success(), "robot-sim ended with {status}\n{}", robot.transcript());
    // The terminator follows the frames.
    ensure!(bytes == expected + HEADER, "{bytes} of {} bytes arrived\n{}", expected + HEADER, robot.transcript());
    Ok(rate(bytes, seconds))
}

fn plain_writer(frames: &[Vec<u8>], passes: usize) -> Result<f64> {
    let listener = TcpListener::bind(LOOPBACK).context("cannot listen on loopback")?;
    let address = listener.local_addr()?;
    // Each frame is one block with room for its length, as robot-sim has it.
    let blocks: Vec<Vec<u8>> = frames.iter().map(|frame| [&[0; HEADER][..], frame].concat()).collect();
    thread::scope(|scope| {
        let writer = scope.spawn(|| -> std::io::Result<()> {
            let mut socket = TcpStream::connect(address)?;
            socket.set_nodelay(true)?;
            (0..passes).try_for_each(|_| blocks.iter().try_for_each(|block| socket.write_all(block)))
        });
        let drained = drain(&listener);
        writer.join().expect("the writer does not panic").context("the plain writer failed")?;
        let (bytes, seconds) = drained?;
        Ok(rate(bytes, seconds))
    })
}

/// Reads one connection to its end: bytes, and seconds from the first of them to the last.
fn drain(listener: &TcpListener) -> Result<(usize, f64)> {
    let (mut socket, _) = listener.accept().context("no sender connected")?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut buffer = vec![0; 1 << 18];
    let mut bytes = socket.read(&mut buffer).context("no byte arrived")?;
    let started = Instant::now();
    loop {
        match socket.read(&mut buffer).context("the stream stopped")? {
            0 => return Ok((bytes, started.elapsed().as_secs_f64())),
            more => bytes += more,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "gigabytes are shown with two decimals")]
fn rate(bytes: usize, seconds: f64) -> f64 {
    bytes as f64 / seconds / 1e9
}

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const HEADER: usize = 4;
const AMOUNT: usize = 3_000_000_000;
const ROUNDS: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(30);
