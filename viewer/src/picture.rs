//! Pixels in the form the window shows and the detectors read.

use std::sync::OnceLock;
use std::time::Duration;

use opencv::core::{Mat, Vec4b};
use opencv::imgproc;
use protocol::Frame;
use turbojpeg::PixelFormat;

/// Which frame: `robot` counts all who came to the door from 1, also those refused; `seq` that robot's frames from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FrameId {
    pub(crate) robot: u32,
    pub(crate) seq: u64,
}

/// A frame as it came off the wire.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) id: FrameId,
    pub(crate) jpeg: Frame,
    /// When its last byte had been read, since the program started.
    pub(crate) at: Duration,
}

/// A frame that decoded without a fault: its pixels beside the JPEG they came from.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) id: FrameId,
    pub(crate) jpeg: Frame,
    /// When the frame's last byte had been read, since the program started.
    pub(crate) received_at: Duration,
    pub(crate) pixels: Pixels,
    luma: OnceLock<Luma>,
}

impl Picture {
    pub(crate) fn new(received: Received, pixels: Pixels) -> Self {
        let Received { id, jpeg, at } = received;
        Self { id, jpeg, received_at: at, pixels, luma: OnceLock::new() }
    }

    /// The grey picture, made by the first detector that asks, so that the display never pays for it.
    pub(crate) fn luma(&self) -> &Luma {
        self.luma.get_or_init(|| self.pixels.to_luma())
    }

    /// Gives the pixel memory back for the next frame.
    pub(crate) fn into_pixels(self) -> Pixels {
        self.pixels
    }
}

/// `width × height` pixels in rows, each `0x??RRGGBB`: what the window takes, which ignores the highest byte.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pixels {
    width: usize,
    height: usize,
    data: Vec<u32>,
}

impl Pixels {
    /// Black pixels.
    #[cfg(test)]
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, data: vec![0; width * height] }
    }

    /// Changes the size and keeps the memory, unless it is far too much; what the pixels hold afterwards is unspecified.
    pub(crate) fn resize(&mut self, width: usize, height: usize) {
        if self.data.capacity() / 4 > width * height {
            self.data = Vec::new();
        }
        (self.width, self.height) = (width, height);
        self.data.resize(width * height, 0);
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    pub(crate) fn data(&self) -> &[u32] {
        &self.data
    }

    pub(crate) fn data_mut(&mut self) -> &mut [u32] {
        &mut self.data
    }

    /// The same memory as OpenCV's 8-bit matrix of four channels, blue first on a little-endian machine.
    pub(crate) fn mat(&self) -> opencv::Result<opencv::boxed_ref::BoxedRef<'_, Mat>> {
        Mat::new_rows_cols_with_bytes::<Vec4b>(self.height as i32, self.width as i32, bytemuck::cast_slice(&self.data))
    }

    /// As [`Pixels::mat`], to draw on.
    pub(crate) fn mat_mut(&mut self) -> opencv::Result<opencv::boxed_ref::BoxedRefMut<'_, Mat>> {
        Mat::new_rows_cols_with_bytes_mut::<Vec4b>(
            self.height as i32,
            self.width as i32,
            bytemuck::cast_slice_mut(&mut self.data),
        )
    }

    /// Takes over an image's size and pixels; what is transparent becomes black.
    pub(crate) fn copy_from_rgba(&mut self, image: &image::RgbaImage) {
        self.resize(image.width() as usize, image.height() as usize);
        for (target, source) in self.data.iter_mut().zip(image.pixels()) {
            let [red, green, blue, alpha] = source.0.map(u32::from);
            *target = ((red * alpha / 255) << 16) | ((green * alpha / 255) << 8) | (blue * alpha / 255);
        }
    }

    /// A baseline JPEG; `quality` from 1 to 100.
    pub(crate) fn to_jpeg(&self, quality: i32) -> turbojpeg::Result<Vec<u8>> {
        let image = turbojpeg::Image {
            pixels: bytemuck::cast_slice::<u32, u8>(&self.data),
            width: self.width,
            pitch: self.width * 4,
            height: self.height,
            format: NATIVE_0RGB,
        };
        Ok(turbojpeg::compress(image, quality, turbojpeg::Subsamp::None)?.to_vec())
    }

    /// Grey by ITU-R BT.601 (Y = 0.299 R + 0.587 G + 0.114 B), as JPEG itself defines it.
    pub(crate) fn to_luma(&self) -> Luma {
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

/// `width × height` brightness values in rows, 0 black to 255 white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Luma {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) data: Vec<u8>,
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
