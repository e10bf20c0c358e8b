//! Decompresses a chunk that was read whole.

use std::io::{self, Cursor, Read};

use lz4_flex::frame::FrameDecoder as Lz4;
use ruzstd::decoding::StreamingDecoder;

/// The contents of a compressed chunk, as they are read.
pub(super) enum Decompressed {
    Lz4(Box<Lz4<Cursor<Vec<u8>>>>),
    Zstd(Zstd),
}

/// One frame of zstd after the other.
pub(super) enum Zstd {
    Between(Cursor<Vec<u8>>),
    Within(Box<StreamingDecoder<Cursor<Vec<u8>>, ruzstd::decoding::FrameDecoder>>),
    Failed,
}

impl Decompressed {
    /// Begins to decompress; gives the bytes back if it does not know what they are called.
    pub(super) fn new(compression: &str, bytes: Vec<u8>) -> Option<Self> {
        let bytes = Cursor::new(bytes);
        match compression {
            "lz4" => Some(Decompressed::Lz4(Box::new(Lz4::new(bytes)))),
            "zstd" => Some(Decompressed::Zstd(Zstd::Between(bytes))),
            _ => None,
        }
    }
}

impl Read for Decompressed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Decompressed::Lz4(decoder) => decoder.read(into),
            Decompressed::Zstd(decoder) => decoder.read(into),
        }
    }
}

impl Read for Zstd {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self {
                Zstd::Between(bytes) if bytes.position() >= bytes.get_ref().len() as u64 => return Ok(0),
                Zstd::Between(_) => {
                    let Zstd::Between(bytes) = std::mem::replace(self, Zstd::Failed) else { continue };
                    *self = Zstd::Within(Box::new(StreamingDecoder::new(bytes).map_err(io::Error::other)?));
                }
                Zstd::Within(decoder) => match decoder.read(into)? {
                    0 if !into.is_empty() => {
                        let Zstd::Within(decoder) = std::mem::replace(self, Zstd::Failed) else { continue };
                        *self = Zstd::Between(decoder.into_inner());
                    }
                    read => return Ok(read),
                },
                Zstd::Failed => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }
}
