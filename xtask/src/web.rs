//! The viewer's HTTP server from outside: requests, and WebSockets that say only what they are told to.

#![expect(clippy::disallowed_methods, reason = "it is a client, with a socket")]

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// An answer of the server.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// What follows the headers; empty if it was left to be read.
    pub body: Vec<u8>,
}

/// A WebSocket (RFC 6455).
pub struct WebSocket(BufReader<TcpStream>);

/// What the server sent on a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// An update.
    Binary(Vec<u8>),
    /// The end, with its code.
    Close(u16),
    /// Something else.
    Other,
    /// Nothing came in time, or the connection is over.
    Nothing,
}

/// Asks the server at `addr` for `path` with these headers, of which `Host` replaces the usual one, and reads all of the answer.
///
/// # Errors
/// Fails where the server is not there, or its answer is not whole.
pub fn get(addr: &str, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    let (mut answer, mut stream) = open(addr, path, headers)?;
    match answer.header("content-length").map(str::parse) {
        Some(length) => {
            answer.body.resize(length.context("a length is a number")?, 0);
            stream.read_exact(&mut answer.body).context("the body is not whole")?;
        }
        None => _ = stream.read_to_end(&mut answer.body).context("the body is not whole")?,
    }
    Ok(answer)
}

/// As [`get`], but leaves what follows the headers to be read.
///
/// # Errors
/// Fails where the server is not there, or gives no answer.
pub fn open(addr: &str, path: &str, headers: &[(&str, &str)]) -> Result<(Answer, BufReader<TcpStream>)> {
    let mut stream = TcpStream::connect(addr).with_context(|| format!("nobody listens at {addr}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = format!("GET {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        request += &format!("Host: {addr}\r\n");
    }
    headers.iter().for_each(|(name, value)| request += &format!("{name}: {value}\r\n"));
    request += "\r\n";
    stream.write_all(request.as_bytes())?;
    let mut stream = BufReader::new(stream);
    let answer = Answer::head(&mut stream).with_context(|| format!("{path} of {addr}"))?;
    Ok((answer, stream))
}

impl Answer {
    fn head(stream: &mut BufReader<TcpStream>) -> Result<Self> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            ensure!(stream.read_line(&mut line)? > 0, "the connection was closed inside the headers");
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let status = lines.first().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let pair = |line: &String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let headers = lines.iter().skip(1).filter_map(pair).collect();
        Ok(Self { status: status.context("an answer begins with its status")?, headers, body: Vec::new() })
    }

    /// The value of the header called `name`, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl WebSocket {
    /// Opens the WebSocket at `path`; what the server answers instead if it does not want to.
    ///
    /// # Errors
    /// Fails where the server is not there.
    pub fn open(addr: &str, path: &str, headers: &[(&str, &str)]) -> Result<Result<Self, Answer>> {
        let upgrade = [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let (answer, stream) = open(addr, path, &[&upgrade, headers].concat())?;
        Ok(if answer.status == 101 { Ok(Self(stream)) } else { Err(answer) })
    }

    /// The next message, if one comes within `time`.
    pub fn next(&mut self, time: Duration) -> Message {
        _ = self.0.get_ref().set_read_timeout(Some(time));
        self.read().unwrap_or(Message::Nothing)
    }

    fn read(&mut self) -> io::Result<Message> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head)?;
        let mut number = |bytes: usize| {
            let mut number = [0; 8];
            self.0.read_exact(&mut number[8 - bytes..]).map(|()| u64::from_be_bytes(number))
        };
        let length = match head[1] {
            126 => number(2)?,
            127 => number(8)?,
            short => u64::from(short),
        };
        let mut payload = Vec::new();
        (&mut self.0).take(length).read_to_end(&mut payload)?;
        Ok(match (head[0] & 0x0F, &payload[..]) {
            (2, _) => Message::Binary(payload),
            (8, [high, low, ..]) => Message::Close(u16::from_be_bytes([*high, *low])),
            _ => Message::Other,
        })
    }

    /// Sends pings of 125 bytes, a thousand at once and `most` altogether, until the server takes none within `time`; how many it took.
    pub fn ping(&mut self, most: usize, time: Duration) -> usize {
        let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0], &[b'.'; 125][..]].concat();
        let many = ping.repeat(1000);
        _ = self.0.get_ref().set_write_timeout(Some(time));
        (0..most / 1000).take_while(|_| self.0.get_mut().write_all(&many).is_ok()).count() * 1000
    }

    /// Sends a text of up to 125 bytes.
    ///
    /// # Panics
    /// If it is longer.
    pub fn say(&mut self, text: &str) {
        self.send(0x81, text.as_bytes());
    }

    /// Says that this end closes the connection, with code 1000.
    pub fn close(&mut self) {
        self.send(0x88, &1000_u16.to_be_bytes());
    }

    fn send(&mut self, kind: u8, payload: &[u8]) {
        let length = u8::try_from(payload.len()).ok().filter(|&length| length < 126).expect("it is short");
        // A client masks what it sends; this mask changes nothing.
        let message = [&[kind, 0x80 | length, 0, 0, 0, 0], payload].concat();
        // Whether the server is still there is seen when the next message is read.
        _ = self.0.get_mut().write_all(&message);
    }
}

/// The JSON of an update, and how many bytes of pictures follow it.
///
/// # Panics
/// If it is no update.
pub fn update(message: &[u8]) -> (Value, usize) {
    let (length, rest) = message.split_first_chunk::<4>().expect("an update begins with a length");
    let length = usize::try_from(u32::from_le_bytes(*length)).expect("it fits");
    let (json, pictures) = rest.split_at(length);
    (serde_json::from_slice(json).expect("an update has JSON"), pictures.len())
}

/// For a server that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
