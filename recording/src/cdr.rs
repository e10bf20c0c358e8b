//! `sensor_msgs/msg/CompressedImage` in CDR, the encoding of ROS 2's messages.
//!
//! Libraries for CDR write a sequence of bytes one by one, which for pictures is too slow, and leave out the encapsulation header
//! that ROS 2 puts first.

use crate::image::{Image, stamp};
use crate::time::seconds_and_nanos;

/// Writes a picture as `sensor_msgs/msg/CompressedImage` into `out`, whose capacity is used again.
///
/// Fields are aligned to their size, counted from the end of the encapsulation header. Lengths of strings include a zero.
///
/// # Panics
/// Panics where a text or the picture has 4 GiB or more.
pub fn encode(stamp_ns: u64, frame_id: &str, format: &str, data: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.reserve(data.len() + frame_id.len() + format.len() + 64);
    out.extend_from_slice(&PLAIN_CDR_LITTLE_ENDIAN);
    let (seconds, nanos) = seconds_and_nanos(stamp_ns);
    out.extend_from_slice(&seconds.to_le_bytes());
    out.extend_from_slice(&nanos.to_le_bytes());
    string(frame_id, out);
    string(format, out);
    length(data.len(), out);
    out.extend_from_slice(data);
}

/// Reads a picture; `None` if the bytes are not one.
///
/// The encapsulation header tells the order of bytes. What ROS 2 publishes has neither parameter lists nor members of eight
/// bytes, so that all plain encodings are read alike.
pub(crate) fn decode(message: &[u8]) -> Option<Image<'_>> {
    let (&[0, representation, _, _], body) = message.split_first_chunk::<4>()? else { return None };
    let order = match representation {
        // Plain CDR, the same with parameter lists, and plain XCDR2.
        0 | 2 | 6 => Order::Big,
        1 | 3 | 7 => Order::Little,
        _ => return None,
    };
    let mut body = Body { bytes: body, at: 0, order };
    let (seconds, nanos) = (body.u32()?, body.u32()?);
    body.string()?;
    let format = body.string()?;
    let len = body.u32()?;
    Some(Image { taken_ns: stamp(seconds, nanos), format, data: body.take(len)? })
}

#[derive(Clone, Copy)]
enum Order {
    Big,
    Little,
}

/// What is behind the encapsulation header.
struct Body<'message> {
    bytes: &'message [u8],
    at: usize,
    order: Order,
}

impl<'message> Body<'message> {
    fn take(&mut self, len: u32) -> Option<&'message [u8]> {
        let end = self.at.checked_add(usize::try_from(len).ok()?)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.at = self.at.next_multiple_of(4);
        let bytes = self.take(4)?.try_into().ok()?;
        Some(match self.order {
            Order::Big => u32::from_be_bytes(bytes),
            Order::Little => u32::from_le_bytes(bytes),
        })
    }

    /// A string, without the zero that ends it.
    fn string(&mut self) -> Option<&'message [u8]> {
        let len = self.u32()?;
        let bytes = self.take(len)?;
        Some(bytes.strip_suffix(&[0]).unwrap_or(bytes))
    }
}

fn string(text: &str, out: &mut Vec<u8>) {
    length(text.len() + 1, out);
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

fn length(len: usize, out: &mut Vec<u8>) {
    // The header has four bytes too, so counting from its end or from the front is the same.
    out.resize(out.len().next_multiple_of(4), 0);
    let len = u32::try_from(len).expect("callers have checked the lengths");
    out.extend_from_slice(&len.to_le_bytes());
}

/// The encapsulation header: an identifier, big-endian, and two bytes of options.
const PLAIN_CDR_LITTLE_ENDIAN: [u8; 4] = [0, 1, 0, 0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_the_bytes_that_cpython_packs() {
        // struct.pack("<4B iI I7sx I5s3x I3s", 0, 1, 0, 0, 1700000000, 5, 7, b"robot1", 5, b"jpeg", 3, b"\xff\xd8\xff")
        let packed = concat!(
            "00010000",
            "00f15365",
            "05000000",
            "07000000",
            "726f626f743100",
            "00",
            "05000000",
            "6a70656700",
            "000000",
            "03000000",
            "ffd8ff"
        );
        let mut encoded = Vec::new();
        encode(1_700_000_000_000_000_005, "robot1", "jpeg", &[0xff, 0xd8, 0xff], &mut encoded);
        let hex: String = encoded.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, packed);
    }
}
