//! JPEG to pixels, strictly: an incomplete JPEG is an error, never a half-grey picture.

mod exif;
mod lossless;
mod markers;
mod second_look;

use std::time::Duration;

use turbojpeg::{Colorspace, Decompressor, Image};

use self::markers::{End, FrameHeader, Markers};
use crate::orientation::Orientation;
use crate::picture::{NATIVE_0RGB, Pixels};

pub use lossless::turned;
pub use second_look::Damage;

/// How many pixels a JPEG may have, which bounds the memory and the time that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelLimit(usize);

impl PixelLimit {
    /// 16 times 1024 × 1024: a still of a camera with 16 megapixels; 64 MB once decoded.
    pub const DEFAULT: Self = Self(16 << 20);

    /// Up to `pixels` in all.
    pub const fn new(pixels: usize) -> Self {
        Self(pixels)
    }

    /// How many there may be.
    pub const fn pixels(self) -> usize {
        self.0
    }
}

impl Default for PixelLimit {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Decodes the JPEG of a file into `pixels`, whose memory is reused; upright, if its EXIF tag says how the camera was held.
///
/// Bytes after the end of the picture are passed over: phones append previews.
///
/// # Errors
/// As [`decode_frame`], but for these bytes.
pub fn decode(jpeg: &[u8], limit: PixelLimit, pixels: &mut Pixels) -> Result<(), JpegError> {
    let markers = markers(jpeg)?;
    decode_as_stored(jpeg, markers, limit, pixels)?;
    exif::orientation(jpeg).apply(pixels, &mut Pixels::default());
    Ok(())
}

/// Decodes a frame of a stream into `pixels`, makes the picture upright by its EXIF tag, if it has one, and then gives it
/// `orientation`.
///
/// The memory of `pixels` and of `spare` is reused; see [`Orientation::apply`].
///
/// # Errors
/// Fails on everything that libjpeg-turbo calls an error *or a warning* (missing data, bytes before a marker), on bytes after the
/// picture, which may be the next one, and on what no encoder writes ([`Damage`]). That covers every truncated JPEG and nearly all
/// with several changed bytes, but not all: a JPEG has no checksum. What `pixels` hold afterwards is unspecified.
pub fn decode_frame(
    jpeg: &[u8],
    limit: PixelLimit,
    orientation: Orientation,
    pixels: &mut Pixels,
    spare: &mut Pixels,
) -> Result<(), JpegError> {
    let markers = markers(jpeg)?;
    if let End::Marked { trailing: trailing @ 1.. } = markers.end {
        return Err(JpegError::Trailing { trailing, at: jpeg.len() - trailing });
    }
    decode_as_stored(jpeg, markers, limit, pixels)?;
    if let Some(damage) = second_look::damage(jpeg) {
        return Err(JpegError::Implausible(damage));
    }
    exif::orientation(jpeg).then(orientation).apply(pixels, spare);
    Ok(())
}

/// How long it takes to decode `jpeg` at most, and to turn it as its EXIF says; [`Duration::MAX`] where that is not to be seen at a glance.
///
/// Only Huffman coding in sequence, which cameras have, is bounded by bytes, samples and scans, to several times what ordinary
/// pictures take. With arithmetic and progressive coding a few bytes can stand for work of many kinds: 15 KB took from 4 ms to 0.12
/// seconds. Measured on one core of a PC (November 2026): 1920 × 1080 with 1.1 MB 16 ms from the last byte to the screen, 4096 × 4096
/// in black 22 ms; 9 megapixels of 60,000 × 150 took 8 ms, and when they were to be turned 32 ms.
pub fn longest_decoding_time(jpeg: &[u8]) -> Duration {
    let Some((SEQUENTIAL | EXTENDED_SEQUENTIAL, samples @ 1..)) =
        Some(jpeg).filter(|jpeg| jpeg.starts_with(&START_OF_IMAGE)).and_then(markers::samples)
    else {
        return Duration::MAX;
    };
    let ns = |count: usize, each: u64| (count as u64).saturating_mul(each);
    let once = ns(jpeg.len(), NS_PER_BYTE).saturating_add(ns(samples, NS_PER_SAMPLE));
    if once >= WORTH_COUNTING_SCANS_NS {
        return Duration::MAX;
    }
    let markers = markers::read(jpeg);
    if markers.end == End::Lost {
        // The decoder finds more scans behind the bytes that are no marker.
        return Duration::MAX;
    }
    let turned = if exif::orientation(jpeg) == Orientation::UPRIGHT { 0 } else { NS_PER_TURNED_SAMPLE };
    let more = ns(samples, NS_PER_SCANNED_SAMPLE * u64::from(markers.scans) + turned);
    Duration::from_nanos(once.saturating_add(more).saturating_add(ns(markers.segments, NS_PER_SEGMENT)))
}

/// What the markers say, unless that rules the picture out.
fn markers(jpeg: &[u8]) -> Result<Markers, JpegError> {
    if !jpeg.starts_with(&START_OF_IMAGE) {
        return Err(JpegError::NotJpeg { first: jpeg.iter().copied().take(4).collect() });
    }
    let markers = markers::read(jpeg);
    if markers.end == End::Missing {
        return Err(JpegError::EndsEarly { len: jpeg.len() });
    }
    if let (None, End::Marked { trailing }) = (markers.frame, markers.end) {
        return Err(JpegError::Empty { len: jpeg.len() - trailing });
    }
    if let Some(reason) = markers.frame.and_then(unsupported) {
        return Err(JpegError::Unsupported(reason));
    }
    Ok(markers)
}

fn decode_as_stored(jpeg: &[u8], markers: Markers, limit: PixelLimit, pixels: &mut Pixels) -> Result<(), JpegError> {
    // A new one each time, in 0.2 µs: it keeps tables and errors, so that after one damaged JPEG good ones fail.
    let mut turbo = Decompressor::new().map_err(JpegError::Library)?;
    let header = turbo.read_header(jpeg).map_err(JpegError::Header)?;
    let (width, height) = (header.width, header.height);
    // Checked before any memory is taken: 20 bytes can announce 65,500 × 65,500 pixels.
    let count = width.saturating_mul(height);
    if count > limit.pixels() {
        return Err(JpegError::TooManyPixels { width, height, limit: limit.pixels() });
    }
    let most_scans = most_scans(count);
    if markers.scans > most_scans {
        return Err(JpegError::TooManyScans { scans: markers.scans, limit: most_scans });
    }
    // It also finds scans behind bytes that are no marker, which it passes over.
    turbo.set_scan_limit(most_scans).map_err(JpegError::Library)?;
    // libjpeg-turbo would report it as damaged, which it is not.
    if matches!(header.colorspace, Colorspace::CMYK | Colorspace::YCCK) {
        return Err(JpegError::Unsupported("the colours CMYK; send YCbCr or grey"));
    }
    let is_lossless = markers.frame.is_some_and(|frame| frame.process == 3);
    if is_lossless && header.colorspace == Colorspace::YCbCr {
        return Err(JpegError::Unsupported("lossless coding of YCbCr; send baseline JPEGs"));
    }
    pixels.resize(width, height);
    let output = Image {
        pixels: bytemuck::cast_slice_mut::<u32, u8>(pixels.data_mut()),
        width,
        pitch: width * 4,
        height,
        format: NATIVE_0RGB,
    };
    turbo.decompress(jpeg, output).map_err(JpegError::Damaged)
}

/// What libjpeg-turbo cannot decode, and would call damaged.
fn unsupported(frame: FrameHeader) -> Option<&'static str> {
    match (frame.process, frame.precision) {
        (_, 8) if matches!(frame.process, 0..=3 | 9 | 10) => None,
        (0..=3 | 9 | 10, 12) => Some("12 bits per sample; send 8"),
        (3, _) => Some("lossless coding with other than 8 bits; send baseline JPEGs"),
        (11, _) => Some("lossless arithmetic coding; send baseline JPEGs"),
        (5..=7 | 13..=15, _) => Some("hierarchical coding; send baseline or progressive JPEGs"),
        // Damaged, most likely.
        _ => None,
    }
}

/// How often the decoder may go over so many pixels.
fn most_scans(pixels: usize) -> u32 {
    u32::try_from(MOST_PASSED / pixels.max(1)).unwrap_or(u32::MAX).clamp(LEAST_SCANS, MOST_SCANS)
}

/// Why bytes are not a picture: the sender's fault, except for the last.
#[derive(Debug, thiserror::Error)]
pub enum JpegError {
    /// They are something else.
    #[error("byte 0: starts with {first:02x?}, but a JPEG starts with [ff, d8]; check that the robot sends JPEGs")]
    NotJpeg {
        /// The first bytes, at most four.
        first: Vec<u8>,
    },
    /// It has no end.
    #[error("the JPEG ends after {len} bytes, without an end-of-image marker; check that it was sent or copied whole")]
    EndsEarly {
        /// How many bytes there are.
        len: usize,
    },
    /// It is whole, and more follows.
    #[error(
        "byte {at}: {trailing} {} the JPEG's end-of-image marker; check what the robot's lengths count",
        if *trailing == 1 { "byte follows" } else { "bytes follow" }
    )]
    Trailing {
        /// Where they begin.
        at: usize,
        /// How many there are.
        trailing: usize,
    },
    /// It has a beginning and an end, and nothing between them that is a picture.
    #[error(
        "the JPEG of {len} bytes has no picture between its start and its end; check the camera or the program that wrote it"
    )]
    Empty {
        /// How many bytes there are.
        len: usize,
    },
    /// The header makes no sense to libjpeg-turbo.
    #[error("the JPEG's header is unreadable: {0}")]
    Header(#[source] turbojpeg::Error),
    /// The header announces too many pixels.
    #[error(
        "the JPEG's header announces {width}×{height} pixels, limit {limit} in all; send smaller pictures, or raise the limit \
         with --max-pixels"
    )]
    TooManyPixels {
        /// The announced width in pixels.
        width: usize,
        /// The announced height in pixels.
        height: usize,
        /// The most that there may be in all.
        limit: usize,
    },
    /// The decoder would have to go over the picture too often.
    #[error("the JPEG has {scans} scans, limit {limit} for its size; send baseline JPEGs")]
    TooManyScans {
        /// How many it has.
        scans: u32,
        /// The most for its number of pixels.
        limit: u32,
    },
    /// The JPEG may be whole, but in a form that is not decoded; the text says which, and what to send.
    #[error("the JPEG is of a kind that is not supported: {0}")]
    Unsupported(&'static str),
    /// A part is missing or changed.
    #[error("the JPEG is damaged: {0}")]
    Damaged(#[source] turbojpeg::Error),
    /// It decodes, and holds what no encoder writes.
    #[error("the JPEG is damaged: {0}, which no encoder writes")]
    Implausible(#[source] Damage),
    /// Not the sender's fault: libjpeg-turbo itself did not start.
    #[error("libjpeg-turbo cannot be set up: {0}")]
    Library(#[source] turbojpeg::Error),
}

const START_OF_IMAGE: [u8; 2] = [0xFF, 0xD8];

/// The n of SOFn: Huffman coding in sequence, as far as it is decoded.
const SEQUENTIAL: u8 = 0;
const EXTENDED_SEQUENTIAL: u8 = 1;
/// With some to spare; samples are those of the component with the most.
const NS_PER_BYTE: u64 = 20;
const NS_PER_SAMPLE: u64 = 3;
const NS_PER_SCANNED_SAMPLE: u64 = 1;
/// Where EXIF says that the picture is to be turned.
const NS_PER_TURNED_SAMPLE: u64 = 3;
/// libjpeg-turbo keeps profiles of colours (APP2): 475,000 empty ones took 80 ms.
const NS_PER_SEGMENT: u64 = 300;
/// To find the scans, all bytes have to be looked at; beyond this time the answer would not matter to anybody.
const WORTH_COUNTING_SCANS_NS: u64 = 100_000_000;
/// JPEGs from cameras have one scan, progressive ones about ten; thousands are an attack on the decoder's time.
const MOST_SCANS: u32 = 100;
/// So many a progressive JPEG of any size may have.
const LEAST_SCANS: u32 = 16;
/// Pixels times scans: they take half a second. A scan over 16 megapixels takes 11 ms, and 23 ms with arithmetic coding (measured
/// with refinements of what is zero everywhere, which have the least bytes).
const MOST_PASSED: usize = 400_000_000;

#[cfg(test)]
mod tests;
