//! JPEG to pixels, strictly: an incomplete JPEG is an error, never a half-grey picture.

mod exif;
mod lossless;
mod markers;

use turbojpeg::{Colorspace, Decompressor, Image};

use self::markers::{End, FrameHeader, Markers};
use crate::orientation::Orientation;
use crate::picture::{NATIVE_0RGB, Pixels};

pub use lossless::turned;

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
/// Fails on everything that libjpeg-turbo calls an error *or a warning* (missing data, a bad Huffman code, bytes before a
/// marker), and on bytes after the picture, which may be the next one. That covers every truncated JPEG and most flipped bits,
/// but not all: a JPEG has no checksum. What `pixels` hold afterwards is unspecified.
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
    exif::orientation(jpeg).then(orientation).apply(pixels, spare);
    Ok(())
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
        (3, _) | (11, _) => Some("lossless coding with other than 8 bits; send baseline JPEGs"),
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
    #[error(
        "the JPEG ends after {len} bytes, without an end-of-image marker; check that the robot sends whole pictures"
    )]
    EndsEarly {
        /// How many bytes there are.
        len: usize,
    },
    /// It is whole, and more follows.
    #[error("byte {at}: {trailing} bytes follow the JPEG's end-of-image marker; check what the robot's lengths count")]
    Trailing {
        /// Where they begin.
        at: usize,
        /// How many there are.
        trailing: usize,
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
    /// Not the sender's fault: libjpeg-turbo itself did not start.
    #[error("libjpeg-turbo cannot be set up: {0}")]
    Library(#[source] turbojpeg::Error),
}

const START_OF_IMAGE: [u8; 2] = [0xFF, 0xD8];

/// JPEGs from cameras have one scan, progressive ones about ten; thousands are an attack on the decoder's time.
const MOST_SCANS: u32 = 100;
/// So many a progressive JPEG of any size may have.
const LEAST_SCANS: u32 = 16;
/// Pixels times scans: they take half a second. A scan over 16 megapixels takes 11 ms, and 23 ms with arithmetic coding (measured
/// with refinements of what is zero everywhere, which have the least bytes).
const MOST_PASSED: usize = 400_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use turbojpeg::PixelFormat;

    fn decoded(jpeg: &[u8]) -> Result<Pixels, JpegError> {
        let mut pixels = Pixels::default();
        decode(jpeg, PixelLimit::DEFAULT, &mut pixels).map(|()| pixels)
    }

    /// A red picture, encoded by the library itself.
    fn red(width: usize, height: usize) -> Vec<u8> {
        let pixels = [0xE0, 0x10, 0x10].repeat(width * height);
        let image = Image { pixels: &pixels[..], width, pitch: width * 3, height, format: PixelFormat::RGB };
        turbojpeg::compress(image, 90, turbojpeg::Subsamp::Sub2x2).unwrap().to_vec()
    }

    #[test]
    fn a_whole_jpeg_becomes_0rgb_pixels() {
        let pixels = decoded(&red(40, 30)).unwrap();
        assert_eq!((pixels.width(), pixels.height(), pixels.data().len()), (40, 30, 1200));
        for (shift, want) in [(16, 0xE0), (8, 0x10), (0, 0x10)] {
            let got = (pixels.data()[600] >> shift & 0xFF) as i32;
            assert!((got - want).abs() <= 8, "shift {shift}: {got:#x}, wanted about {want:#x}");
        }
    }

    #[test]
    fn a_jpeg_cut_anywhere_is_rejected() {
        let jpeg = red(64, 48);
        for len in (0..jpeg.len() - 2).step_by(7) {
            assert!(decoded(&jpeg[..len]).is_err(), "{len} of {} bytes were accepted as a whole picture", jpeg.len());
        }
    }

    #[test]
    fn a_damaged_jpeg_leaves_nothing_behind_for_the_next() {
        let good = red(64, 48);
        let clean = decoded(&good).unwrap();
        let mut pixels = Pixels::default();
        // Every byte of the headers in turn, tables of all sorts among them.
        let headers = good.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        for at in 2..headers {
            let mut damaged = good.clone();
            damaged[at] ^= 0x55;
            _ = decode(&damaged, PixelLimit::DEFAULT, &mut pixels);
            decode(&good, PixelLimit::DEFAULT, &mut pixels).unwrap_or_else(|error| panic!("after byte {at}: {error}"));
            assert!(pixels == clean, "byte {at} of the JPEG before still shows");
        }
    }

    #[test]
    fn a_picture_is_turned_as_its_tag_says_and_then_as_is_asked() {
        let mut pixels = Pixels::new(32, 16);
        pixels.data_mut()[..16].fill(0x00FF_FFFF);
        pixels.data_mut()[32..48].fill(0x00FF_FFFF);
        let plain = pixels.to_jpeg(95).unwrap();
        let turned = |jpeg: &[u8], orientation| {
            let mut pixels = Pixels::default();
            decode_frame(jpeg, PixelLimit::DEFAULT, orientation, &mut pixels, &mut Pixels::default()).unwrap();
            pixels
        };
        for value in 1..=8 {
            let tagged = exif::with_tag(&plain, value, b"II");
            let by_tag = Orientation::of_exif(value.into()).unwrap();
            for asked in Orientation::ALL {
                assert!(turned(&tagged, asked) == turned(&plain, by_tag.then(asked)), "{value}, {asked:?}");
            }
            assert!(decoded(&tagged).unwrap() == turned(&plain, by_tag));
        }
    }

    #[test]
    fn anything_but_a_jpeg_is_named_by_its_first_bytes() {
        let error = decoded(b"\x89PNG\r\n").unwrap_err();
        assert!(error.to_string().contains("[89, 50, 4e, 47]"), "{error}");
    }

    #[test]
    fn a_whole_cmyk_jpeg_is_called_unsupported_and_not_damaged() {
        let pixels = [0x40; 16 * 16 * 4];
        let image = Image { pixels: &pixels[..], width: 16, pitch: 16 * 4, height: 16, format: PixelFormat::CMYK };
        for colours in [Colorspace::CMYK, Colorspace::YCCK] {
            let mut turbo = turbojpeg::Compressor::new().unwrap();
            turbo.set_colorspace(colours).unwrap();
            let error = decoded(&turbo.compress_to_vec(image).unwrap()).unwrap_err();
            assert!(matches!(error, JpegError::Unsupported(what) if what.contains("CMYK")), "{colours:?}: {error}");
        }
    }

    #[test]
    fn a_header_that_announces_too_many_pixels_is_rejected_before_memory_is_taken() {
        let mut jpeg = red(16, 16);
        let sof = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        jpeg[sof + 5..sof + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
        assert!(matches!(decoded(&jpeg), Err(JpegError::TooManyPixels { width: 65500, height: 65500, .. })));
    }

    /// Encoded by the library itself, as `set` wants it.
    fn noise(set: impl FnOnce(&mut turbojpeg::Compressor)) -> Vec<u8> {
        let pixels: Vec<u8> = (0_u32..64 * 48 * 3).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut turbo = turbojpeg::Compressor::new().unwrap();
        set(&mut turbo);
        let image = Image { pixels: &pixels[..], width: 64, pitch: 64 * 3, height: 48, format: PixelFormat::RGB };
        turbo.compress_to_vec(image).unwrap()
    }

    #[test]
    fn progressive_and_arithmetic_coding_show_the_same_picture() {
        let baseline = decoded(&noise(|_| ())).unwrap();
        assert!(decoded(&noise(|turbo| turbo.set_progressive(true).unwrap())).unwrap() == baseline);
        assert!(decoded(&noise(|turbo| turbo.set_arithmetic(true).unwrap())).unwrap() == baseline);
        let grey = decoded(&noise(|turbo| turbo.set_subsamp(turbojpeg::Subsamp::Gray).unwrap())).unwrap();
        assert!(
            grey.data().iter().all(|pixel| pixel & 0xFF == pixel >> 8 & 0xFF && pixel & 0xFF == pixel >> 16 & 0xFF)
        );
    }

    #[test]
    fn what_cannot_be_decoded_is_called_by_its_name() {
        let coded = |process: u8, precision: u8| {
            let mut jpeg = red(16, 16);
            let sof = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
            (jpeg[sof + 1], jpeg[sof + 4]) = (0xC0 + process, precision);
            decoded(&jpeg).unwrap_err().to_string()
        };
        assert!(coded(1, 12).ends_with("12 bits per sample; send 8"), "{}", coded(1, 12));
        assert!(coded(5, 8).contains("hierarchical"), "{}", coded(5, 8));
    }

    #[test]
    fn a_jpeg_without_its_end_says_how_long_it_is() {
        let error = decoded(&[0xFF, 0xD8]).unwrap_err().to_string();
        assert!(error.starts_with("the JPEG ends after 2 bytes"), "{error}");
    }

    #[test]
    fn bytes_after_a_frame_make_it_corrupt_and_after_a_file_do_not() {
        let jpeg = [red(16, 16), red(16, 16)].concat();
        assert!(decoded(&jpeg).is_ok());
        let end = jpeg.len() / 2;
        let error = crate::picture::Picture::from_jpeg(&jpeg).unwrap_err();
        assert!(matches!(error, JpegError::Trailing { at, trailing } if (at, trailing) == (end, end)), "{error}");
    }

    /// A grey progressive JPEG in which each coefficient has a scan of its own, of which each says that all is zero.
    fn many_scans(side: u16, scans: u8) -> Vec<u8> {
        let segment =
            |marker: u8, body: &[u8]| [&[0xFF, marker][..], &(body.len() as u16 + 2).to_be_bytes(), body].concat();
        // One code, of one bit, that stands for `symbol`.
        let table = |class: u8, symbol: u8| segment(0xC4, &[&[class, 1][..], &[0; 15], &[symbol]].concat());
        let blocks = (usize::from(side) / 8).pow(2);
        let [high, low] = side.to_be_bytes();
        let mut jpeg = vec![0xFF, 0xD8];
        jpeg.extend(segment(0xDB, &[0].into_iter().chain([1; 64]).collect::<Vec<_>>()));
        jpeg.extend(segment(0xC2, &[8, high, low, high, low, 1, 1, 0x11, 0]));
        jpeg.extend([table(0x00, 0), table(0x10, 0xE0)].concat());
        jpeg.extend(segment(0xDA, &[1, 1, 0, 0, 0, 0]));
        jpeg.extend(vec![0; blocks.div_ceil(8)]);
        for coefficient in 1..scans {
            jpeg.extend(segment(0xDA, &[1, 1, 0, coefficient, coefficient, 0]));
            // Runs of 16,384 to 32,767 blocks without anything: the code's bit, and 14 for what is over 16,384.
            let runs = blocks.div_ceil(32_767);
            let bits = (0..runs).flat_map(|run| {
                let length = (run + 1) * blocks / runs - run * blocks / runs;
                (0..15).rev().map(move |bit| (length - 16_384) >> bit & 1 == 1)
            });
            let bits: Vec<bool> = bits.collect();
            for byte in bits.chunks(8) {
                let byte = (0..8).fold(0, |all, bit| all << 1 | u8::from(*byte.get(bit).unwrap_or(&true)));
                jpeg.push(byte);
                jpeg.extend((byte == 0xFF).then_some(0));
            }
        }
        jpeg.extend([0xFF, 0xD9]);
        jpeg
    }

    #[test]
    fn a_jpeg_of_many_scans_is_rejected_before_the_decoder_goes_over_them() {
        assert!(decoded(&many_scans(1024, 64)).is_ok());
        let error = decoded(&many_scans(4096, 64)).unwrap_err();
        assert!(matches!(error, JpegError::TooManyScans { scans: 64, limit: 23 }), "{error}");
        // A byte behind a comment hides those that follow, and the decoder passes over it.
        let mut hidden = many_scans(4096, 64);
        let mut scans = hidden.windows(2).enumerate().filter(|(_, pair)| *pair == [0xFF, 0xDA]);
        let (second, _) = scans.nth(1).unwrap();
        hidden.splice(second..second, [0xFF, 0xFE, 0, 2, 0]);
        let error = decoded(&hidden).unwrap_err().to_string();
        assert!(error.contains("more than 23 scans"), "{error}");
    }
}
