//! The one EXIF tag that matters here: how the camera was held.

use std::ops::Range;

use super::markers::{Segment, Segments};
use crate::orientation::Orientation;

/// The orientation that makes the picture upright, by the EXIF tag of `jpeg`; upright where it has none that makes sense.
pub(super) fn orientation(jpeg: &[u8]) -> Orientation {
    let tag = find(jpeg).and_then(|tag| Orientation::of_exif(tag.order.u16(jpeg.get(tag.at)?)?));
    tag.unwrap_or_default()
}

/// Writes into the tag, where there is one, that the picture is upright.
pub(super) fn set_upright(jpeg: &mut [u8]) {
    if let Some(tag) = find(jpeg)
        && let Some(value) = jpeg.get_mut(tag.at)
    {
        value.copy_from_slice(match tag.order {
            Order::Little => &[1, 0],
            Order::Big => &[0, 1],
        });
    }
}

/// Where the value of the tag is.
struct Tag {
    at: Range<usize>,
    order: Order,
}

/// The order of bytes, which each EXIF block chooses for itself.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, bytes: &[u8]) -> Option<u16> {
        let bytes = bytes.first_chunk().copied()?;
        Some(match self {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        })
    }

    fn u32(self, bytes: &[u8]) -> Option<u32> {
        let bytes = bytes.first_chunk().copied()?;
        Some(match self {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        })
    }
}

/// Looks through the segments before the picture itself, as browsers do: nothing has to stand in front, and of the two zeros behind the
/// name they look at the first one only. Nothing is read beyond the end of any segment.
fn find(jpeg: &[u8]) -> Option<Tag> {
    let mut segments = Segments::before_scans(jpeg).filter(|segment| segment.marker == APP1);
    segments.find_map(|Segment { start, content, .. }| {
        let tiff = content.strip_prefix(b"Exif\0")?.get(1..)?;
        Some(in_tiff(tiff, start + content.len() - tiff.len()))
    })?
}

/// The tag in the first directory of a TIFF header (TIFF 6.0, section 2), which begins at byte `start` of the JPEG.
fn in_tiff(tiff: &[u8], start: usize) -> Option<Tag> {
    let order = match tiff.first_chunk()? {
        b"II\x2A\0" => Order::Little,
        b"MM\0\x2A" => Order::Big,
        _ => return None,
    };
    let directory = usize::try_from(order.u32(tiff.get(4..)?)?).ok()?;
    let entries = tiff.get(directory..)?;
    let count = usize::from(order.u16(entries)?);
    let (n, _) = entries.get(2..)?.chunks_exact(ENTRY).take(count).enumerate().find(|(_, entry)| {
        let is_short = order.u16(&entry[2..]) == Some(SHORT) && order.u32(&entry[4..]) == Some(1);
        order.u16(entry) == Some(ORIENTATION) && is_short
    })?;
    let value = start + directory + 2 + n * ENTRY + 8;
    Some(Tag { at: value..value + 2, order })
}

const APP1: u8 = 0xE1;
/// Bytes of an entry of a directory.
const ENTRY: usize = 12;
/// The tag (Exif 2.32, table 4), and the type of its value: 16 bits, once.
const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// A JPEG's start with the tag, in this order of bytes, behind a comment and another tag.
#[cfg(test)]
pub(super) fn with_tag(jpeg: &[u8], value: u8, order: &[u8; 2]) -> Vec<u8> {
    let is_little = order == b"II";
    let two = |value: u8| if is_little { [value, 0] } else { [0, value] };
    let four = |value: u8| if is_little { [value, 0, 0, 0] } else { [0, 0, 0, value] };
    let mut exif = b"Exif\0\0".to_vec();
    exif.extend_from_slice(order);
    exif.extend(two(0x2A));
    exif.extend(four(8));
    exif.extend(two(2));
    for (tag, value) in [([0x01, 0x0F], 7), ([0x01, 0x12], value)] {
        exif.extend(if is_little { [tag[1], tag[0]] } else { tag });
        exif.extend(two(3));
        exif.extend(four(1));
        exif.extend(two(value));
        exif.extend([0, 0]);
    }
    exif.extend(four(0));
    let mut tagged = jpeg[..2].to_vec();
    for (marker, content) in [(0xFE, &b"rv1 seq=0"[..]), (APP1, b"http://ns.adobe.com/xap/1.0/\0"), (APP1, &exif)] {
        let len = u16::try_from(content.len() + 2).unwrap();
        tagged.extend([0xFF, marker]);
        tagged.extend(len.to_be_bytes());
        tagged.extend_from_slice(content);
    }
    tagged.extend_from_slice(&jpeg[2..]);
    tagged
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: [u8; 4] = [0xFF, 0xD8, 0xFF, 0xDA];

    #[test]
    fn the_tag_is_read_in_both_orders_of_bytes() {
        for order in [b"II", b"MM"] {
            for value in 1..=8 {
                let wanted = Orientation::of_exif(value.into()).unwrap();
                assert_eq!(orientation(&with_tag(&BARE, value, order)), wanted, "{value}");
            }
        }
    }

    #[test]
    fn no_tag_and_a_value_that_means_nothing_are_upright() {
        assert_eq!(orientation(&BARE), Orientation::UPRIGHT);
        for value in [0, 9, 255] {
            assert_eq!(orientation(&with_tag(&BARE, value, b"II")), Orientation::UPRIGHT);
        }
    }

    #[test]
    fn the_tag_is_found_where_browsers_find_it() {
        let tagged = with_tag(&BARE, 6, b"II");
        let name = tagged.windows(6).position(|six| six == b"Exif\0\0").unwrap();
        let marker = name - 4;
        let with = |at: usize, more: &[u8]| [&tagged[..at], more, &tagged[at..]].concat();
        let mut odd = tagged.clone();
        odd[name + 5] = 0xFF;
        let tables = [0xFF, 0xDB, 0, 3, 0];
        for jpeg in [with(marker, &tables), with(marker, &[0xFF, 0xFF]), odd] {
            assert_eq!(orientation(&jpeg), Orientation::of_exif(6).unwrap());
            let mut upright = jpeg.clone();
            set_upright(&mut upright);
            assert_eq!(orientation(&upright), Orientation::UPRIGHT);
        }
        // Behind the first scan there is none.
        assert_eq!(orientation(&with(marker, &[0xFF, 0xDA, 0, 3, 0])), Orientation::UPRIGHT);
    }

    #[test]
    fn the_tag_is_made_upright_and_nothing_else_changes() {
        for order in [b"II", b"MM"] {
            let mut tagged = with_tag(&BARE, 6, order);
            set_upright(&mut tagged);
            assert!(tagged == with_tag(&BARE, 1, order));
        }
    }

    #[test]
    fn a_tag_that_is_cut_or_damaged_anywhere_is_no_error() {
        for order in [b"II", b"MM"] {
            let tagged = with_tag(&BARE, 6, order);
            for len in 0..tagged.len() {
                _ = orientation(&tagged[..len]);
                set_upright(&mut tagged[..len].to_vec());
            }
            for at in 0..tagged.len() {
                for flip in [0x01, 0x80, 0xFF] {
                    let mut damaged = tagged.clone();
                    damaged[at] ^= flip;
                    _ = orientation(&damaged);
                    set_upright(&mut damaged);
                }
            }
        }
    }
}
