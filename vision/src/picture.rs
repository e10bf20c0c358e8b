//! Decoded pictures, in colour and in grey.

use std::sync::OnceLock;

use opencv::core::{Mat, Size, Vec4b};
use opencv::imgproc;
use opencv::prelude::MatTraitConst as _;
use turbojpeg::PixelFormat;

use crate::detect::Rect;
use crate::jpeg::{self, JpegError, PixelLimit};
use crate::orientation::Orientation;

/// A decoded picture: its pixels in colour, and in grey for the detectors.
#[derive(Debug)]
pub struct Picture {
    pixels: Pixels,
    luma: OnceLock<Luma>,
}

impl Picture {
    /// Decodes a frame; upright, if its EXIF tag says how the camera was held.
    ///
    /// # Errors
    /// Fails as [`jpeg::decode_frame`] does: on everything but a whole, undamaged JPEG of up to 16 megapixels.
    pub fn from_jpeg(jpeg: &[u8]) -> Result<Self, JpegError> {
        let (limit, orientation) = (PixelLimit::DEFAULT, Orientation::UPRIGHT);
        let picture = Self::from_jpeg_into(jpeg, limit, orientation, Pixels::default(), &mut Pixels::default());
        picture.map_err(|(error, _)| error)
    }

    /// Decodes a frame as [`Picture::from_jpeg`] does, of up to `limit`, and gives the picture `orientation`.
    ///
    /// The picture takes the memory of `pixels`, or of `spare` after a quarter turn, which saves an allocation for each
    /// picture of a stream.
    ///
    /// # Errors
    /// As [`Picture::from_jpeg`]; `pixels` come back with the error.
    pub fn from_jpeg_into(
        jpeg: &[u8],
        limit: PixelLimit,
        orientation: Orientation,
        mut pixels: Pixels,
        spare: &mut Pixels,
    ) -> Result<Self, (JpegError, Pixels)> {
        match jpeg::decode_frame(jpeg, limit, orientation, &mut pixels, spare) {
            Ok(()) => Ok(Self::from(pixels)),
            Err(error) => Err((error, pixels)),
        }
    }

    /// The pixels in colour.
    pub fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// The pixels in grey; converted on the first call, so that a picture that is only shown never pays for it.
    pub fn luma(&self) -> &Luma {
        self.luma.get_or_init(|| self.pixels.to_luma())
    }

    /// A copy in another orientation.
    pub fn turned(&self, orientation: Orientation) -> Self {
        let mut pixels = self.pixels.clone();
        orientation.apply(&mut pixels, &mut Pixels::default());
        Self::from(pixels)
    }

    /// The memory, for the next picture.
    pub fn into_pixels(self) -> Pixels {
        self.pixels
    }
}

impl From<Pixels> for Picture {
    fn from(pixels: Pixels) -> Self {
        Self { pixels, luma: OnceLock::new() }
    }
}

impl From<Luma> for Picture {
    /// A picture without colour.
    fn from(luma: Luma) -> Self {
        let grey = |&value: &u8| u32::from(value) * 0x0001_0101;
        let data = luma.data.iter().map(grey).collect();
        let pixels = Pixels { width: luma.width, height: luma.height, data };
        Self { pixels, luma: OnceLock::from(luma) }
    }
}

/// Pixels in colour: `height` rows of `width` pixels from top to bottom, without padding, each one `u32` of `0x??RRGGBB`.
///
/// Red, green and blue are sRGB from 0 to 255; the highest byte has no meaning. Windows take pixels in this form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pixels {
    width: usize,
    height: usize,
    data: Vec<u32>,
}

impl Pixels {
    /// A black picture of `width` by `height` pixels.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, data: vec![0; width * height] }
    }

    /// Changes the size and keeps the memory, unless it is more than four times too large.
    ///
    /// What the pixels hold afterwards is unspecified.
    pub fn resize(&mut self, width: usize, height: usize) {
        if self.data.capacity() / 4 > width * height {
            self.data = Vec::new();
        }
        (self.width, self.height) = (width, height);
        self.data.resize(width * height, 0);
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The pixels; that of column `x` in row `y` is at `y * width + x`.
    pub fn data(&self) -> &[u32] {
        &self.data
    }

    /// As [`Pixels::data`], to change them.
    pub fn data_mut(&mut self) -> &mut [u32] {
        &mut self.data
    }

    /// The same memory as a matrix of OpenCV: 8 bits, four channels, blue first on a little-endian machine.
    ///
    /// # Errors
    /// Fails where OpenCV does, which it does not for pictures within the limits of [`jpeg`].
    pub fn mat(&self) -> opencv::Result<opencv::boxed_ref::BoxedRef<'_, Mat>> {
        Mat::new_rows_cols_with_bytes::<Vec4b>(self.height as i32, self.width as i32, bytemuck::cast_slice(&self.data))
    }

    /// As [`Pixels::mat`], to draw on.
    ///
    /// # Errors
    /// As [`Pixels::mat`].
    pub fn mat_mut(&mut self) -> opencv::Result<opencv::boxed_ref::BoxedRefMut<'_, Mat>> {
        Mat::new_rows_cols_with_bytes_mut::<Vec4b>(
            self.height as i32,
            self.width as i32,
            bytemuck::cast_slice_mut(&mut self.data),
        )
    }

    /// Takes over the size and the pixels of an image; transparent pixels become black.
    pub fn copy_from_rgba(&mut self, image: &image::RgbaImage) {
        self.resize(image.width() as usize, image.height() as usize);
        for (target, source) in self.data.iter_mut().zip(image.pixels()) {
            let [red, green, blue, alpha] = source.0.map(u32::from);
            *target = ((red * alpha / 255) << 16) | ((green * alpha / 255) << 8) | (blue * alpha / 255);
        }
    }

    /// The picture as a baseline JPEG; `quality` from 1 to 100.
    ///
    /// # Errors
    /// Fails where libjpeg-turbo does: on a picture without pixels, and on one with a side above 65,500.
    pub fn to_jpeg(&self, quality: i32) -> turbojpeg::Result<Vec<u8>> {
        let image = turbojpeg::Image {
            pixels: bytemuck::cast_slice::<u32, u8>(&self.data),
            width: self.width,
            pitch: self.width * 4,
            height: self.height,
            format: NATIVE_0RGB,
        };
        Ok(turbojpeg::compress(image, quality, turbojpeg::Subsamp::None)?.to_vec())
    }

    /// The picture in grey, by ITU-R BT.601 (Y = 0.299 R + 0.587 G + 0.114 B), as JPEG itself defines it.
    pub fn to_luma(&self) -> Luma {
        let mut luma = Luma { width: self.width, height: self.height, data: vec![0; self.width * self.height] };
        let grey = |luma: &mut Luma| -> opencv::Result<()> {
            let (rows, cols) = (luma.height as i32, luma.width as i32);
            let mut out = Mat::new_rows_cols_with_bytes_mut::<u8>(rows, cols, &mut luma.data)?;
            imgproc::cvt_color_def(&self.mat()?, &mut out, imgproc::COLOR_BGRA2GRAY)
        };
        grey(&mut luma).expect("both matrices have the picture's size and a type that the conversion takes");
        luma
    }
}

/// The byte order in memory that reads as `0x??RRGGBB`.
pub(crate) const NATIVE_0RGB: PixelFormat =
    if cfg!(target_endian = "little") { PixelFormat::BGRX } else { PixelFormat::XRGB };

/// Pixels in grey: `height` rows of `width` pixels from top to bottom, without padding, one byte each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Luma {
    /// Pixels in a row.
    pub width: usize,
    /// The number of rows.
    pub height: usize,
    /// Brightness from 0, black, to 255, white: `width * height` values; that of column `x` in row `y` is at `y * width + x`.
    pub data: Vec<u8>,
}

impl Luma {
    /// The same memory as a matrix of OpenCV: 8 bits, one channel.
    ///
    /// # Errors
    /// Fails where OpenCV does, and where `data` holds less than it should.
    pub(crate) fn mat(&self) -> opencv::Result<opencv::boxed_ref::BoxedRef<'_, Mat>> {
        Mat::new_rows_cols_with_bytes::<u8>(self.height as i32, self.width as i32, &self.data)
    }

    /// A copy of `part`, scaled to `size`; `interpolation` is one of OpenCV's.
    ///
    /// # Errors
    /// Fails where OpenCV does: on a part that reaches outside, and on a size without pixels.
    pub(crate) fn resized(&self, part: Rect, size: Size, interpolation: i32) -> opencv::Result<Mat> {
        let whole = self.mat()?;
        let part = whole.roi(opencv::core::Rect::new(part.x, part.y, part.width, part.height))?;
        let mut out = Mat::default();
        imgproc::resize(&part, &mut out, size, 0.0, 0.0, interpolation)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_picture_leaves_no_memory_behind() {
        let mut pixels = Pixels::new(7000, 7000);
        pixels.resize(640, 480);
        assert!(pixels.data.capacity() < 2 * 640 * 480, "{}", pixels.data.capacity());
    }

    #[test]
    fn luma_weighs_the_colours_as_bt_601_does() {
        let mut pixels = Pixels::new(4, 1);
        pixels.data_mut().copy_from_slice(&[0x00FF_0000, 0x0000_FF00, 0x0000_00FF, 0x00FF_FFFF]);
        assert_eq!(pixels.to_luma().data, [76, 150, 29, 255]);
    }
}
