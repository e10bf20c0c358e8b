//! Where everything is found: the keys of frames and answers, and those of the tokens by which others know who is there.
//!
//! ```text
//! robot-vision/NAME/camera                             a robot's frames, image/jpeg
//! robot-vision/NAME/objects                            what a worker found in them, application/json
//! robot-vision/NAME/end                                why its stream is over, application/json
//! robot-vision/NAME/stream/ID/PEER                     token: this robot's stream ID comes from PEER
//! robot-vision-worker/ID/CORES/KINDS                   token: this worker searches for KINDS
//! ```

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use vision::Kind;

/// One stream of a robot, which has another number each time it connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub [u8; 16]);

/// That a robot's stream is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamToken {
    /// The robot's name.
    pub name: Arc<str>,
    /// Which of its streams.
    pub stream: StreamId,
    /// Where the robot is.
    pub peer: SocketAddr,
}

/// That a worker is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkerToken {
    /// The worker's number in Zenoh.
    pub id: Arc<str>,
    /// How many cores it has, by which robots are shared.
    pub cores: u16,
    /// What it searches for.
    pub kinds: BTreeSet<Kind>,
}

/// The key of a robot's frames.
pub fn camera(name: &str) -> String {
    format!("{ROOT}/{}/camera", chunk(name))
}

/// The key of what was found in a robot's pictures.
pub fn objects(name: &str) -> String {
    format!("{ROOT}/{}/objects", chunk(name))
}

/// The key at which the ends of a robot's streams are said.
pub fn end(name: &str) -> String {
    format!("{ROOT}/{}/end", chunk(name))
}

/// The keys of the tokens of all robots whose name matches `glob`, in which `*` stands for any text.
pub fn streams(glob: &str) -> String {
    let parts: Vec<Cow<'_, str>> = glob.split('*').map(chunk).collect();
    // Zenoh has a sign of its own for any text within a name.
    let names = if glob == "*" { "*".to_owned() } else { parts.join("$*") };
    format!("{ROOT}/{names}/stream/*/*")
}

/// A number for a worker that no other has.
pub(crate) fn worker_id() -> String {
    zenoh::session::ZenohId::default().to_string()
}

/// The keys of all workers' tokens.
pub fn workers() -> String {
    format!("{WORKERS}/*/*/*")
}

/// A name as a part of a key: what Zenoh reserves is written in percent signs.
fn chunk(name: &str) -> Cow<'_, str> {
    utf8_percent_encode(name, RESERVED).into()
}

fn name_in(chunk: &str) -> Option<String> {
    percent_decode_str(chunk).decode_utf8().ok().map(Cow::into_owned)
}

impl StreamToken {
    /// As a key.
    pub fn to_key(&self) -> String {
        let Self { name, stream, peer } = self;
        format!("{ROOT}/{}/stream/{stream}/{}", chunk(name), chunk(&peer.to_string()))
    }

    /// `None` where the key is another one's.
    pub fn from_key(key: &str) -> Option<Self> {
        let parts: Vec<&str> = key.split('/').collect();
        let [ROOT, name, "stream", stream, peer] = parts[..] else { return None };
        let name = name_in(name).filter(|name| !name.is_empty())?;
        Some(Self { name: name.into(), stream: stream.parse().ok()?, peer: name_in(peer)?.parse().ok()? })
    }
}

impl WorkerToken {
    /// As a key.
    pub fn to_key(&self) -> String {
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.name()).collect();
        format!("{WORKERS}/{}/{}/{}", chunk(&self.id), self.cores, kinds.join("+"))
    }

    /// `None` where the key is another one's.
    pub fn from_key(key: &str) -> Option<Self> {
        let parts: Vec<&str> = key.split('/').collect();
        let [WORKERS, id, cores, kinds] = parts[..] else { return None };
        let kinds = kinds.split('+').map(kind).collect::<Option<_>>()?;
        let cores = cores.parse().ok().filter(|&cores| cores > 0)?;
        Some(Self { id: name_in(id)?.into(), cores, kinds })
    }
}

/// The kind with this name.
pub(crate) fn kind(name: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.name() == name)
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for StreamId {
    type Err = NoStreamId;

    fn from_str(hex: &str) -> Result<Self, NoStreamId> {
        if hex.len() != 32 || !hex.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(NoStreamId);
        }
        u128::from_str_radix(hex, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| NoStreamId)
    }
}

/// A stream's number has 32 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no number of a stream: expected are 32 digits from 0 to f")]
pub struct NoStreamId;

const ROOT: &str = "robot-vision";
const WORKERS: &str = "robot-vision-worker";
/// What a key may not have within a part, or means something else at its beginning.
const RESERVED: &AsciiSet = &CONTROLS.add(b'/').add(b'*').add(b'$').add(b'?').add(b'#').add(b'%').add(b'@').add(b'+');

#[cfg(test)]
mod tests {
    use zenoh::key_expr::KeyExpr;

    use super::*;

    const STREAM: StreamId = StreamId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xFF]);

    #[test]
    fn any_name_makes_a_key_and_is_read_back() {
        for name in ["left", "the lab", "a/b", "*", "**", "$*", "@x", "50 %", "?#", "ü", "10.0.0.7", "fd00::1"] {
            let token = StreamToken { name: name.into(), stream: STREAM, peer: "[fd00::1]:5000".parse().unwrap() };
            let key = KeyExpr::try_from(token.to_key()).unwrap();
            assert_eq!(StreamToken::from_key(&key), Some(token));
            assert!(KeyExpr::try_from(streams("*")).unwrap().intersects(&key), "{key}");
            KeyExpr::try_from(camera(name)).unwrap();
        }
    }

    #[test]
    fn a_glob_finds_the_names_that_match() {
        let key = |name: &str| {
            let token = StreamToken { name: name.into(), stream: STREAM, peer: "10.0.0.7:1".parse().unwrap() };
            KeyExpr::try_from(token.to_key()).unwrap()
        };
        for (glob, yes, no) in [
            ("left", "left", "left-2"),
            ("lab-*", "lab-7", "left"),
            ("*-1", "lab-1", "lab-12"),
            ("a/*", "a/b", "ab"),
            ("*", "@anything", "-"),
        ] {
            let streams = KeyExpr::try_from(streams(glob)).unwrap();
            assert!(streams.intersects(&key(yes)), "{glob} {yes}");
            assert!(no == "-" || !streams.intersects(&key(no)), "{glob} {no}");
        }
    }

    #[test]
    fn a_worker_is_known_by_its_token() {
        let worker = WorkerToken { id: "a1b2".into(), cores: 4, kinds: [Kind::Qr, Kind::Human].into() };
        let key = worker.to_key();
        assert_eq!(key, "robot-vision-worker/a1b2/4/qr+human");
        assert!(KeyExpr::try_from(workers()).unwrap().intersects(&KeyExpr::try_from(&*key).unwrap()));
        assert_eq!(WorkerToken::from_key(&key), Some(worker));
    }

    #[test]
    fn keys_of_others_are_nobodys_tokens() {
        for key in [
            "robot-vision/left/camera",
            "robot-vision/left/stream/12/10.0.0.7:1",
            "robot-vision/left/stream/000102030405060708090a0b0c0d0eff/nowhere",
            "robot-vision//stream/000102030405060708090a0b0c0d0eff/10.0.0.7:1",
            "robot-vision/left/stream/+00102030405060708090a0b0c0d0eff/10.0.0.7:1",
        ] {
            assert_eq!(StreamToken::from_key(key), None, "{key}");
        }
        for key in ["robot-vision-worker/a/0/qr", "robot-vision-worker/a/1/cats", "robot-vision-worker/a/1"] {
            assert_eq!(WorkerToken::from_key(key), None, "{key}");
        }
    }
}
