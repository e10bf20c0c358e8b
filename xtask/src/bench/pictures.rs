//! The frames of videos as JPEG files, made once, so that sending them costs next to nothing while others are measured.

#![expect(clippy::disallowed_methods, reason = "robot-sim encodes the frames and sends them here")]

use std::ffi::OsStr;
use std::fs;
use std::io::{BufReader, ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use xtask::cargo::{self, Programs};
use xtask::process::Running;
use xtask::score::Kind;

/// The frames of fixtures/qr.mp4 at `size` such as `320x240`, in target/bench.
pub(super) fn make(programs: &Programs, size: &str) -> Result<Vec<PathBuf>> {
    of_video(programs, "qr.mp4", size)
}

/// The frames of all videos that have something to find in them, one video after the other.
pub(super) fn mixed(programs: &Programs, size: &str) -> Result<Vec<PathBuf>> {
    let videos = Kind::ALL.map(xtask::truth::video);
    let names = videos.iter().filter_map(|path| path.file_name()?.to_str());
    let pictures: Vec<Vec<PathBuf>> = names.map(|name| of_video(programs, name, size)).collect::<Result<_>>()?;
    Ok(pictures.concat())
}

/// The frames of this fixture at `size`, in a folder of their own in target/bench.
pub(crate) fn of_video(programs: &Programs, name: &str, size: &str) -> Result<Vec<PathBuf>> {
    let video = ::fixtures::dir().join(name);
    encode(programs, &format!("{size}-{name}"), &["--video".as_ref(), video.as_os_str()], size)
}

/// These pictures at `size`, stretched where they have another shape, in the folder `name` in target/bench.
pub(super) fn scaled(programs: &Programs, name: &str, pictures: &[&Path], size: &str) -> Result<Vec<PathBuf>> {
    let mut source: Vec<&OsStr> = vec!["--images".as_ref()];
    source.extend(pictures.iter().map(|picture| picture.as_os_str()));
    encode(programs, name, &source, size)
}

/// What robot-sim sends of `source` at `size`, in files.
fn encode(programs: &Programs, name: &str, source: &[&OsStr], size: &str) -> Result<Vec<PathBuf>> {
    let folder = cargo::output_folder("bench").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;

    let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen on loopback")?;
    let address = listener.local_addr()?.to_string();
    let mut command = Command::new(programs.path("robot-sim")?);
    command.args(source).args(["--size", size, "--fps", "0", "--connect-timeout", "10", "--to", &address]);
    let mut robot = Running::start(&mut command)?;
    let socket = accept(&listener, &mut robot).with_context(|| robot.transcript())?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut stream = BufReader::new(socket);
    let mut paths = Vec::new();
    while let Some(jpeg) = frame(&mut stream).with_context(|| robot.transcript())? {
        let path = folder.join(format!("{:04}.jpg", paths.len()));
        fs::write(&path, jpeg).with_context(|| format!("cannot write {}", path.display()))?;
        paths.push(path);
    }
    let status = robot.exit(PATIENCE).with_context(|| robot.transcript())?;
    ensure!(status.success() && !paths.is_empty(), "robot-sim ended with {status}\n{}", robot.transcript());
    Ok(paths)
}

/// The connection of `robot`, as long as it may still come.
fn accept(listener: &TcpListener, robot: &mut Running) -> Result<TcpStream> {
    listener.set_nonblocking(true)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        // Asked before the listener, so that a robot that connects and ends in between is not missed.
        let may_come = robot.is_running() && Instant::now() < deadline;
        match listener.accept() {
            Ok((socket, _)) => {
                socket.set_nonblocking(false)?;
                return Ok(socket);
            }
            Err(error) if error.kind() != ErrorKind::WouldBlock => {
                return Err(error).context("cannot accept robot-sim");
            }
            Err(_) if !may_come => bail!("robot-sim did not connect"),
            Err(_) => thread::sleep(POLL),
        }
    }
}

/// The next frame of a stream; `None` at its end marker.
fn frame(stream: &mut impl Read) -> Result<Option<Vec<u8>>> {
    let mut header = [0; 4];
    stream.read_exact(&mut header).context("the stream stopped before a header")?;
    let length = u32::from_le_bytes(header);
    let mut jpeg = Vec::new();
    stream.take(length.into()).read_to_end(&mut jpeg).context("the stream stopped in a frame")?;
    ensure!(jpeg.len() == length as usize, "a frame of {length} bytes ended after {}", jpeg.len());
    Ok((length > 0).then_some(jpeg))
}

const PATIENCE: Duration = Duration::from_secs(30);
/// Short beside the start of a program.
const POLL: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_out_of_a_stream_up_to_its_end() {
        let mut stream = &[2, 0, 0, 0, 7, 8, 1, 0, 0, 0, 9, 0, 0, 0, 0][..];
        assert_eq!(frame(&mut stream).unwrap(), Some(vec![7, 8]));
        assert_eq!(frame(&mut stream).unwrap(), Some(vec![9]));
        assert_eq!(frame(&mut stream).unwrap(), None);
    }

    #[test]
    fn a_stream_that_is_cut_is_an_error() {
        assert!(frame(&mut &[2, 0, 0][..]).is_err());
        let error = frame(&mut &[2, 0, 0, 0, 7][..]).unwrap_err().to_string();
        assert_eq!(error, "a frame of 2 bytes ended after 1");
    }
}
