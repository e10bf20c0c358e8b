//! Why a recording cannot be read on.

use std::io;

/// A recording that cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Another kind of file.
    #[error(
        "byte 0: this is no MCAP file, which begins with 89 4D 43 41 50 30 0D 0A, but with {begins}; give an .mcap file"
    )]
    NotMcap {
        /// Its first bytes.
        begins: String,
    },
    /// The file cannot be read.
    #[error("byte {at}: cannot read on; see that the disk or share is still there")]
    Read {
        /// Where.
        at: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A record that promises more than records have.
    #[error(
        "byte {at}: a record of kind {opcode:#04x} announces {len} bytes, limit {limit}; the file is damaged, {RECOVER}"
    )]
    TooLong {
        /// Where it begins.
        at: u64,
        /// Its kind.
        opcode: u8,
        /// The length that it announces.
        len: u64,
        /// The most that it may.
        limit: u64,
    },
    /// A record that is not what its kind says, or a chunk's contents that are none.
    #[error("byte {at}: this {what} is not well formed; the file is damaged, {RECOVER}")]
    Malformed {
        /// Where it begins; for one in a compressed chunk, where that does.
        at: u64,
        /// What it should be.
        what: &'static str,
    },
    /// A chunk whose bytes have changed since it was written.
    #[error(
        "byte {at}: the chunk has the checksum {calculated:08X}, and {saved:08X} was written; the file is damaged, {RECOVER}"
    )]
    Checksum {
        /// Where the chunk begins.
        at: u64,
        /// The checksum in the file.
        saved: u32,
        /// The checksum of what is there.
        calculated: u32,
    },
    /// A message of a channel that no record has described.
    #[error(
        "byte {at}: a message of channel {id}, which no record before it describes; the file is damaged, {RECOVER}"
    )]
    UnknownChannel {
        /// Where the message begins.
        at: u64,
        /// The channel.
        id: u16,
    },
    /// A message that is no compressed picture, on a channel of these.
    #[error(
        "byte {at}: a message on {topic} is not the compressed picture that its schema promises; leave out this topic"
    )]
    Picture {
        /// Where it begins.
        at: u64,
        /// Its topic.
        topic: String,
    },
    /// A chunk in an unknown format.
    #[error(
        "byte {at}: the chunk is compressed as `{name}`, and lz4 and zstd can be read; \
         rewrite the file with `mcap compress --compression zstd`"
    )]
    Compression {
        /// Where the chunk begins.
        at: u64,
        /// What it calls its format.
        name: String,
    },
    /// A compressed chunk that does not decompress.
    #[error("byte {at}: the chunk does not decompress; the file is damaged, {RECOVER}")]
    Decompress {
        /// Where the chunk begins.
        at: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What helps, from Foxglove's tools for MCAP.
const RECOVER: &str = "and `mcap recover` writes what can be read to another";
