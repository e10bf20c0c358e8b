//! Senders that were meant for something else, each with what to do about it.

use thiserror::Error;

/// The first bytes are those of another protocol or format. The fault is the user's, who can mend it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Foreign {
    /// H.264, H.265 or another MPEG video, as `rpicam-vid` sends it when it is not told otherwise.
    #[error(
        "byte {at}: this is H.264 or another MPEG video, not JPEGs; \
         add `--codec mjpeg` to rpicam-vid, or `-c:v mjpeg -f mjpeg` to ffmpeg"
    )]
    Mpeg {
        /// Where the video starts: 4 if it is behind a length.
        at: u64,
    },

    /// A container of video.
    #[error("byte 0: this is {format}, not JPEGs; send `-c:v mjpeg -f mjpeg` from ffmpeg, or `jpegenc` from GStreamer")]
    Container {
        /// Its name.
        format: &'static str,
    },

    /// A picture in another format.
    #[error("byte {at}: this is a {format} picture; send JPEGs instead")]
    Picture {
        /// Where the picture starts: 4 if it is behind a length.
        at: u64,
        /// Its name.
        format: &'static str,
    },

    /// A TLS client.
    #[error(
        "byte 0: this is TLS, and this port is not encrypted; use tcp:// without TLS, or give the viewer --tls-cert"
    )]
    Tls,

    /// A browser or another HTTP client.
    #[error(
        "byte 0: this is an HTTP request, and this port takes JPEGs from a robot; \
         send JPEGs over plain TCP, and do not open this port in a browser"
    )]
    HttpRequest,

    /// What an HTTP server answers.
    #[error("byte 0: this is an HTTP server's answer; connect to that server instead of letting it connect here")]
    HttpAnswer,

    /// An RTSP client or server.
    #[error("byte 0: this is RTSP, and this port takes JPEGs over plain TCP; send `-f mjpeg tcp://` from ffmpeg")]
    Rtsp,

    /// Words, as people type them into a terminal's tool, or a log.
    #[error("byte 0: this is text, not JPEGs; send each JPEG behind its length, in 4 bytes, little-endian")]
    Text,

    /// Lengths in the other byte order.
    #[error(
        "byte 0: header announces {len} bytes, limit {limit}, but {swapped} if read big-endian, and a JPEG follows; \
         pack the length little-endian, as \"<L\""
    )]
    BigEndian {
        /// Length that the header announces.
        len: u32,
        /// Length that was allowed.
        limit: u32,
        /// Length that the sender means.
        swapped: u32,
    },
}
