//! Pixels to JPEG, at the size and quality that were asked for.

use opencv::core::{self, CV_8UC3, Mat, ToInputArray, Vec3b};
use opencv::imgproc;
use opencv::prelude::*;
use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, Subsamp};

use super::Encoding;

/// Encodes pictures one after the other as the robot's camera does: baseline, 4:2:0.
pub(super) struct JpegEncoder {
    encoding: Encoding,
    compressor: Compressor,
    resized: Mat,
}

/// A picture that cannot be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The decoder gave pixels of another kind.
    #[error("its pixels have OpenCV's type {0}, not three channels of eight bits")]
    Pixels(i32),
    /// The picture is too large for OpenCV.
    #[error("its {0}x{1} pixels are more than can be decoded")]
    Huge(usize, usize),
    /// OpenCV cannot resize it.
    #[error(transparent)]
    OpenCv(#[from] opencv::Error),
    /// The JPEG codec cannot decode or encode it.
    #[error(transparent)]
    TurboJpeg(#[from] turbojpeg::Error),
}

impl JpegEncoder {
    pub(super) fn new(encoding: Encoding) -> Result<Self, EncodeError> {
        let mut compressor = Compressor::new()?;
        compressor.set_quality(i32::from(encoding.quality.unwrap_or(CAMERA_QUALITY)))?;
        compressor.set_subsamp(Subsamp::Sub2x2)?;
        Ok(Self { encoding, compressor, resized: Mat::default() })
    }

    /// Encodes a BGR picture.
    pub(super) fn encode(&mut self, picture: &(impl MatTraitConst + ToInputArray)) -> Result<Vec<u8>, EncodeError> {
        if picture.typ() != CV_8UC3 {
            return Err(EncodeError::Pixels(picture.typ()));
        }
        let given = picture.size()?;
        let wanted = match self.encoding.size {
            Some(size) => core::Size::new(i32::from(size.width), i32::from(size.height)),
            None => given,
        };
        if wanted == given && picture.is_continuous() {
            return compress(&mut self.compressor, picture);
        }
        // Averaging over areas keeps small QR codes readable when a picture shrinks; it does not work for growing.
        let shrinks = wanted.width <= given.width && wanted.height <= given.height;
        let method = if shrinks { imgproc::INTER_AREA } else { imgproc::INTER_LINEAR };
        imgproc::resize(picture, &mut self.resized, wanted, 0.0, 0.0, method)?;
        compress(&mut self.compressor, &self.resized)
    }

    /// Decodes a JPEG and encodes it again.
    pub(super) fn encode_jpeg(&mut self, jpeg: &[u8]) -> Result<Vec<u8>, EncodeError> {
        let mut decompressor = Decompressor::new()?;
        let header = decompressor.read_header(jpeg)?;
        let (width, height) = (header.width, header.height);
        let (Ok(rows), Ok(cols)) = (i32::try_from(height), i32::try_from(width)) else {
            return Err(EncodeError::Huge(width, height));
        };
        let mut pixels = vec![0; width * height * 3];
        let image = Image { pixels: pixels.as_mut_slice(), width, pitch: width * 3, height, format: PixelFormat::BGR };
        decompressor.decompress(jpeg, image)?;
        self.encode(&Mat::new_rows_cols_with_bytes::<Vec3b>(rows, cols, &pixels)?)
    }
}

/// Compresses BGR pixels that lie without gaps.
fn compress(compressor: &mut Compressor, picture: &impl MatTraitConst) -> Result<Vec<u8>, EncodeError> {
    let (width, height) = (picture.cols() as usize, picture.rows() as usize);
    let image = Image { pixels: picture.data_bytes()?, width, pitch: width * 3, height, format: PixelFormat::BGR };
    Ok(compressor.compress_to_vec(image)?)
}

/// The quality that picamera encodes with by default.
const CAMERA_QUALITY: u8 = 85;

#[cfg(test)]
mod tests {
    use opencv::core::Scalar;
    use turbojpeg::read_header;

    use super::*;

    fn picture() -> Mat {
        Mat::new_rows_cols_with_default(48, 64, CV_8UC3, Scalar::new(200.0, 100.0, 50.0, 0.0)).unwrap()
    }

    fn encoding(size: Option<&str>, quality: Option<u8>) -> Encoding {
        Encoding { size: size.map(|size| size.parse().unwrap()), quality }
    }

    #[test]
    fn a_picture_keeps_its_size_and_is_encoded_as_the_camera_does() {
        let jpeg = JpegEncoder::new(Encoding::default()).unwrap().encode(&picture()).unwrap();
        let header = read_header(&jpeg).unwrap();
        assert_eq!((header.width, header.height, header.subsamp), (64, 48, Subsamp::Sub2x2));
    }

    #[test]
    fn the_size_asked_for_is_sent_larger_or_smaller() {
        for (size, width, height) in [("32x20", 32, 20), ("100x100", 100, 100), ("20x90", 20, 90)] {
            let jpeg = JpegEncoder::new(encoding(Some(size), None)).unwrap().encode(&picture()).unwrap();
            let header = read_header(&jpeg).unwrap();
            assert_eq!((header.width, header.height), (width, height));
        }
    }

    #[test]
    fn a_jpeg_is_encoded_again_with_its_colours() {
        let first = JpegEncoder::new(Encoding::default()).unwrap().encode(&picture()).unwrap();
        let again = JpegEncoder::new(encoding(Some("16x16"), Some(95))).unwrap().encode_jpeg(&first).unwrap();
        let image = turbojpeg::decompress(&again, PixelFormat::BGR).unwrap();
        assert_eq!((image.width, image.height), (16, 16));
        assert!(image.pixels[0].abs_diff(200) < 4 && image.pixels[1].abs_diff(100) < 4, "{:?}", &image.pixels[..3]);
    }

    #[test]
    fn a_damaged_jpeg_is_not_encoded_again() {
        let mut jpeg = JpegEncoder::new(Encoding::default()).unwrap().encode(&picture()).unwrap();
        jpeg.truncate(jpeg.len() - 20);
        assert!(JpegEncoder::new(encoding(None, Some(50))).unwrap().encode_jpeg(&jpeg).is_err());
    }

    #[test]
    fn grey_pixels_are_refused() {
        let grey = Mat::new_rows_cols_with_default(4, 4, core::CV_8UC1, Scalar::all(9.0)).unwrap();
        let error = JpegEncoder::new(Encoding::default()).unwrap().encode(&grey).unwrap_err();
        assert!(matches!(error, EncodeError::Pixels(core::CV_8UC1)));
    }
}
