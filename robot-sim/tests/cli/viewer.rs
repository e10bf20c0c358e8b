//! The receiving side, as small as it can be, and with a deadline on everything.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// A listener on a free port.
pub(crate) struct Viewer {
    listener: TcpListener,
    pub(crate) addr: SocketAddr,
}

impl Viewer {
    pub(crate) fn new() -> Self {
        Viewer::at("127.0.0.1:0".parse().unwrap())
    }

    /// Listens on the port of a viewer that is gone.
    pub(crate) fn at(addr: SocketAddr) -> Self {
        let listener = TcpListener::bind(addr).unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr = listener.local_addr().unwrap();
        Self { listener, addr }
    }

    /// Waits for a robot.
    pub(crate) fn accept(&self) -> TcpStream {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false).unwrap();
                    stream.set_read_timeout(Some(DEADLINE)).unwrap();
                    return stream;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < deadline => {
                    thread::sleep(Duration::from_millis(2));
                }
                Err(error) => panic!("no robot came: {error}"),
            }
        }
    }

    /// Waits for a robot and returns everything it sends.
    pub(crate) fn receive(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.accept().read_to_end(&mut bytes).unwrap();
        bytes
    }
}

/// Reads one frame; `None` for the terminator.
pub(crate) fn read_frame(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut header = [0; 4];
    stream.read_exact(&mut header).unwrap();
    let mut frame = vec![0; u32::from_le_bytes(header) as usize];
    stream.read_exact(&mut frame).unwrap();
    (!frame.is_empty()).then_some(frame)
}

/// The bytes of these frames on the wire, written without the help of the crate under test.
pub(crate) fn wire(frames: &[&[u8]]) -> Vec<u8> {
    let one = |frame: &&[u8]| [&(frame.len() as u32).to_le_bytes(), *frame].concat();
    frames.iter().flat_map(one).collect()
}

/// What ends a stream.
pub(crate) const END: [u8; 4] = [0; 4];

const DEADLINE: Duration = Duration::from_secs(20);
