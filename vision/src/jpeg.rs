//! JPEG to pixels, strictly: an incomplete JPEG is an error, never a half-grey picture.

mod exif;
mod lossless;

use turbojpeg::{Colorspace, Decompressor, Image};

use crate::orientation::Orientation;
use crate::picture::{NATIVE_0RGB, Pixels};

pub use lossless::turned;

/// Decodes `jpeg` into `pixels`, whose memory is reused; upright, if its EXIF tag says how the camera was held.
///
/// # Errors
/// As [`decode_turned`].
pub fn decode(jpeg: &[u8], pixels: &mut Pixels) -> Result<(), JpegError> {
    decode_turned(jpeg, Orientation::UPRIGHT, pixels, &mut Pixels::default())
}

/// Decodes `jpeg` into `pixels`, makes the picture upright by its EXIF tag, if it has one, and then gives it `orientation`.
///
/// The memory of `pixels` and of `spare` is reused; see [`Orientation::apply`].
///
/// # Errors
/// Fails on everything that libjpeg-turbo calls an error *or a warning* (missing data, a bad Huffman code, bytes before a
/// marker). That covers every truncated JPEG and most flipped bits, but not all: a JPEG has no checksum. What `pixels`
/// hold afterwards is unspecified.
pub fn decode_turned(
    jpeg: &[u8],
    orientation: Orientation,
    pixels: &mut Pixels,
    spare: &mut Pixels,
) -> Result<(), JpegError> {
    decode_as_stored(jpeg, pixels)?;
    exif::orientation(jpeg).then(orientation).apply(pixels, spare);
    Ok(())
}

fn decode_as_stored(jpeg: &[u8], pixels: &mut Pixels) -> Result<(), JpegError> {
    if !jpeg.starts_with(&START_OF_IMAGE) {
        return Err(JpegError::NotJpeg { first: jpeg.iter().copied().take(4).collect() });
    }
    // A new one each time, in 0.2 µs: it keeps tables and errors, so that after one damaged JPEG good ones fail.
    let mut turbo = Decompressor::new().map_err(JpegError::Library)?;
    turbo.set_scan_limit(SCAN_LIMIT).map_err(JpegError::Library)?;
    let header = turbo.read_header(jpeg).map_err(JpegError::Header)?;
    let (width, height) = (header.width, header.height);
    // Checked before any memory is taken: 20 bytes can announce 65,500 × 65,500 pixels.
    if width.saturating_mul(height) > MAX_PIXELS {
        return Err(JpegError::TooManyPixels { width, height });
    }
    // libjpeg-turbo would report it as damaged, which it is not.
    if matches!(header.colorspace, Colorspace::CMYK | Colorspace::YCCK) {
        return Err(JpegError::Cmyk);
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

/// Why bytes are not a picture: the sender's fault, except for the last.
#[derive(Debug, thiserror::Error)]
pub enum JpegError {
    /// They are something else.
    #[error("byte 0: starts with {first:02x?}, but a JPEG starts with [ff, d8]; check that the robot sends JPEGs")]
    NotJpeg {
        /// The first bytes, at most four.
        first: Vec<u8>,
    },
    /// The header makes no sense to libjpeg-turbo.
    #[error("the JPEG's header is unreadable: {0}")]
    Header(#[source] turbojpeg::Error),
    /// The header announces more than 50 million pixels.
    #[error(
        "the JPEG's header announces {width}×{height} pixels, limit {MAX_PIXELS} pixels in all; send smaller pictures"
    )]
    TooManyPixels {
        /// The announced width in pixels.
        width: usize,
        /// The announced height in pixels.
        height: usize,
    },
    /// The JPEG is whole, but in the colours of printing.
    #[error("the JPEG's colours are unsupported: CMYK; send YCbCr or grey")]
    Cmyk,
    /// A part is missing or changed.
    #[error("the JPEG is damaged: {0}")]
    Damaged(#[source] turbojpeg::Error),
    /// Not the sender's fault: libjpeg-turbo itself did not start.
    #[error("libjpeg-turbo cannot be set up: {0}")]
    Library(#[source] turbojpeg::Error),
}

const START_OF_IMAGE: [u8; 2] = [0xFF, 0xD8];

/// Four times a still of the largest camera for the Raspberry Pi (12 megapixels); 200 MB once decoded.
const MAX_PIXELS: usize = 50_000_000;

/// JPEGs from cameras have one scan, progressive ones about ten; thousands are an attack on the decoder's time.
const SCAN_LIMIT: u32 = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use turbojpeg::PixelFormat;

    fn decoded(jpeg: &[u8]) -> Result<Pixels, JpegError> {
        let mut pixels = Pixels::default();
        decode(jpeg, &mut pixels).map(|()| pixels)
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
            _ = decode(&damaged, &mut pixels);
            decode(&good, &mut pixels).unwrap_or_else(|error| panic!("after byte {at}: {error}"));
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
            decode_turned(jpeg, orientation, &mut pixels, &mut Pixels::default()).unwrap();
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
            assert!(matches!(error, JpegError::Cmyk), "{colours:?}: {error}");
        }
    }

    #[test]
    fn a_header_that_announces_too_many_pixels_is_rejected_before_memory_is_taken() {
        let mut jpeg = red(16, 16);
        let sof = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        jpeg[sof + 5..sof + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
        assert!(matches!(decoded(&jpeg), Err(JpegError::TooManyPixels { width: 65500, height: 65500 })));
    }
}
