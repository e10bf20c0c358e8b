//! Turns a JPEG without decoding it, so that nothing of its quality is lost.

use turbojpeg::{Transform, TransformOp, Transformer};

use super::exif;
use crate::orientation::Orientation;

/// `jpeg` as a picture that looks as [`decode_frame`](super::decode_frame) makes it look, without loss.
///
/// The EXIF tag is applied and says so afterwards; comments and everything else that is not pixels stay as they are.
///
/// # Errors
/// Fails where it cannot be exact: JPEGs are made of blocks, and a block that is cut by the picture's right or lower edge
/// cannot move to the other side. 640 × 480 can always be turned, 1920 × 1080 depends on how its colours are stored.
pub fn turned(jpeg: &[u8], orientation: Orientation) -> turbojpeg::Result<Vec<u8>> {
    let mut transform = Transform::op(operation(exif::orientation(jpeg).then(orientation)));
    transform.perfect = true;
    let mut turned = Transformer::new()?.transform_to_vec(&transform, jpeg)?;
    exif::set_upright(&mut turned);
    Ok(turned)
}

fn operation(orientation: Orientation) -> TransformOp {
    match orientation {
        Orientation::R90 => TransformOp::Rot90,
        Orientation::R180 => TransformOp::Rot180,
        Orientation::R270 => TransformOp::Rot270,
        Orientation::FLIP_H => TransformOp::Hflip,
        Orientation::FLIP_V => TransformOp::Vflip,
        Orientation::TRANSPOSED => TransformOp::Transpose,
        Orientation::TRANSVERSED => TransformOp::Transverse,
        _ => TransformOp::None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PixelLimit, decode_frame};
    use super::*;
    use crate::picture::Pixels;

    /// A picture whose four quarters have colours of their own.
    fn quarters(width: usize, height: usize) -> Vec<u8> {
        let mut pixels = Pixels::new(width, height);
        for (n, pixel) in pixels.data_mut().iter_mut().enumerate() {
            let (right, low) = (n % width >= width / 2, n / width >= height / 2);
            *pixel = [[0x00C0_2020, 0x0020_C020], [0x0020_20C0, 0x00C0_C0C0]][usize::from(low)][usize::from(right)];
        }
        pixels.to_jpeg(95).unwrap()
    }

    fn decoded(jpeg: &[u8], orientation: Orientation) -> Pixels {
        let mut pixels = Pixels::default();
        decode_frame(jpeg, PixelLimit::DEFAULT, orientation, &mut pixels, &mut Pixels::default()).unwrap();
        pixels
    }

    #[test]
    fn a_turned_jpeg_decodes_to_the_turned_picture() {
        let plain = quarters(64, 48);
        for (jpeg, orientation) in (1..=8)
            .map(|value| exif::with_tag(&plain, value, b"MM"))
            .chain([plain.clone()])
            .flat_map(|jpeg| Orientation::ALL.map(|orientation| (jpeg.clone(), orientation)))
        {
            let file = turned(&jpeg, orientation).unwrap();
            let (is, wanted) = (decoded(&file, Orientation::UPRIGHT), decoded(&jpeg, orientation));
            assert_eq!((is.width(), is.height()), (wanted.width(), wanted.height()), "{orientation:?}");
            for (is, wanted) in is.data().iter().zip(wanted.data()) {
                for shift in [0, 8, 16] {
                    // The inverse cosine transform rounds rows and columns in another order.
                    let channel = |pixel: &u32| pixel >> shift & 0xFF;
                    assert!(channel(is).abs_diff(channel(wanted)) <= 3, "{orientation:?}: {is:#x}, {wanted:#x}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_turned_exactly_is_an_error() {
        let odd = quarters(63, 47);
        assert!(turned(&odd, Orientation::R180).is_err());
        assert!(turned(&odd, Orientation::TRANSPOSED).is_ok());
    }
}
