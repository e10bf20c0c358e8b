//! The bits of entropy-coded data (ITU-T T.81, F.2.2.5).

use memchr::memchr;

/// Reads bits; behind the end there are zeros.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// The next byte to be read into the buffer; behind the end it goes on.
    at: usize,
    /// The next bits, from the highest down. `count` of them are valid; those below are the first of the byte at `at`, or zeros.
    buffer: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    /// Those of `data`, in which no zero follows an FF any more.
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, buffer: 0, count: 0 }
    }

    /// Makes sure that there are 56 bits to look at.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let word = match self.data.get(self.at..).and_then(|rest| rest.first_chunk()) {
            Some(eight) => u64::from_be_bytes(*eight),
            None => last_word(self.data, self.at),
        };
        self.buffer |= word >> self.count;
        self.at += (63 - self.count as usize) / 8;
        self.count |= 56;
    }

    /// The next `count` bits, from 1 up, which stay.
    #[inline(always)]
    pub(super) fn peek(&self, count: u32) -> usize {
        (self.buffer >> (64 - count)) as usize
    }

    /// Goes on by `count` of the bits that are there.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.buffer <<= count;
        self.count -= count;
    }

    /// Whether more bits have been read than there are.
    pub(super) fn is_over(&self) -> bool {
        8 * self.at - self.count as usize > 8 * self.data.len()
    }
}

/// The bytes from `at` on, less than eight, and zeros.
#[cold]
fn last_word(data: &[u8], at: usize) -> u64 {
    let rest = data.get(at..).unwrap_or_default();
    let mut eight = [0; 8];
    eight[..rest.len()].copy_from_slice(rest);
    u64::from_be_bytes(eight)
}

/// Decodes a difference from the lowest `size` bits of `bits` (F.2.2.1); `size` is at most 15.
pub(super) fn difference(bits: usize, size: u32) -> i32 {
    let bits = bits as i32 & ((1 << size) - 1);
    if size > 0 && bits >> (size - 1) == 0 { bits - (1 << size) + 1 } else { bits }
}

/// Moves what stands before the next restart marker from `coded` to `data`, without the zeros behind each FF; gives the marker.
pub(super) fn unstuff(coded: &mut &[u8], data: &mut Vec<u8>) -> Option<u8> {
    data.clear();
    while let Some(at) = memchr(0xFF, coded) {
        match coded.get(at + 1).copied() {
            Some(0) => {
                data.extend_from_slice(&coded[..=at]);
                *coded = &coded[at + 2..];
            }
            // A fill byte.
            Some(0xFF) => {
                data.extend_from_slice(&coded[..at]);
                *coded = &coded[at + 1..];
            }
            marker => {
                data.extend_from_slice(&coded[..at]);
                *coded = coded.get(at + 2..).unwrap_or_default();
                return marker;
            }
        }
    }
    data.extend_from_slice(coded);
    *coded = &[];
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_read_to_the_end_and_it_is_noticed() {
        let data: Vec<u8> = (1..=20).collect();
        let mut bits = Bits::new(&data);
        for byte in &data {
            bits.refill();
            assert_eq!((bits.peek(8), bits.is_over()), (usize::from(*byte), false));
            bits.skip(8);
        }
        bits.refill();
        assert!(bits.peek(16) == 0 && !bits.is_over());
        bits.skip(1);
        assert!(bits.is_over());
    }

    #[test]
    fn stuffed_zeros_go_and_restart_markers_part_the_data() {
        let mut coded = &[0xAB, 0xFF, 0, 0xCD, 0xFF, 0xFF, 0xD2, 1, 0, 0xFF, 0, 0xFF, 0xD3, 4][..];
        let mut data = Vec::new();
        let parts = [(Some(0xD2), &[0xAB, 0xFF, 0xCD][..]), (Some(0xD3), &[1, 0, 0xFF]), (None, &[4]), (None, &[])];
        for (marker, part) in parts {
            assert_eq!((unstuff(&mut coded, &mut data), &data[..]), (marker, part));
        }
    }

    #[test]
    fn differences_are_as_in_the_standard() {
        // Figure F.12: 0 and 1 of one bit are −1 and 1, 00 to 11 of two bits −3, −2, 2 and 3.
        assert_eq!(
            [(0, 1), (1, 1), (0, 2), (1, 2), (2, 2), (3, 2)].map(|(bits, size)| difference(bits, size)),
            [-1, 1, -3, -2, 2, 3]
        );
        assert_eq!((difference(0b1000, 0), difference(0b1101, 2)), (0, -2));
    }
}
