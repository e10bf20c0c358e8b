//! Pictures as the bytes of files.

use std::borrow::Cow;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use pipeline::StreamPicture;
use vision::{Orientation, Pixels};

/// A robot's picture: the very bytes it sent, unless the user has turned it; then turned without loss where that is possible,
/// and encoded anew where it is not.
pub(super) fn jpeg(picture: &StreamPicture) -> Result<Cow<'_, [u8]>, String> {
    let (bytes, orientation) = (picture.frame.as_bytes(), picture.orientation());
    if orientation == Orientation::UPRIGHT {
        return Ok(bytes.into());
    }
    let turned = vision::jpeg::turned(bytes, orientation).or_else(|_| picture.pixels().to_jpeg(QUALITY));
    turned.map(Cow::Owned).map_err(|error| error.to_string())
}

/// What the window shows, without loss: letters stay sharp.
pub(super) fn png(pixels: &Pixels) -> Result<Vec<u8>, String> {
    let rgb: Vec<u8> = pixels.data().iter().flat_map(|pixel| pixel.to_be_bytes().into_iter().skip(1)).collect();
    let (width, height) = (pixels.width() as u32, pixels.height() as u32);
    let mut png = Vec::new();
    let encoded = PngEncoder::new(&mut png).write_image(&rgb, width, height, ExtendedColorType::Rgb8);
    encoded.map(|()| png).map_err(|error| error.to_string())
}

/// JPEG quality, 1 to 100: of nine pictures in ten a camera's own is lower.
const QUALITY: i32 = 95;
