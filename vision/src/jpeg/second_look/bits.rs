//! The bits of entropy-coded data (ITU-T T.81, F.2.2.5): behind each byte FF there is a zero, or it is a marker.

/// Reads bits; behind the end there are zeros.
pub(super) struct Bits<'a> {
    coded: &'a [u8],
    at: usize,
    /// The next bits are the lowest `count` ones.
    buffer: u64,
    count: u32,
    /// How many of these are behind the end.
    made_up: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(coded: &'a [u8]) -> Self {
        Self { coded, at: 0, buffer: 0, count: 0, made_up: 0 }
    }

    /// Makes sure that there are 32 bits to look at.
    pub(super) fn refill(&mut self) {
        if self.count >= 32 {
            return;
        }
        if let Some(four) = self.coded.get(self.at..).and_then(|rest| rest.first_chunk::<4>()) {
            let word = u32::from_be_bytes(*four);
            if !has_ff(word) {
                self.buffer = self.buffer << 32 | u64::from(word);
                (self.count, self.at) = (self.count + 32, self.at + 4);
                return;
            }
        }
        while self.count < 32 {
            let byte = match (self.coded.get(self.at), self.coded.get(self.at + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.at += 2;
                    0xFF
                }
                (Some(0xFF) | None, _) => {
                    self.made_up += 8;
                    0
                }
                (Some(&byte), _) => {
                    self.at += 1;
                    byte
                }
            };
            self.buffer = self.buffer << 8 | u64::from(byte);
            self.count += 8;
        }
    }

    /// The next `count` bits, which stay; there are as many after [`refill`](Self::refill).
    pub(super) fn peek(&self, count: u32) -> usize {
        (self.buffer >> (self.count - count)) as usize & ((1 << count) - 1)
    }

    /// Goes on by `count` of the bits that are there.
    pub(super) fn skip(&mut self, count: u32) {
        self.count -= count;
    }

    /// The difference that is coded in the next `size` bits, at most 15 (F.2.2.1).
    pub(super) fn value(&mut self, size: u8) -> i32 {
        if size == 0 {
            return 0;
        }
        self.refill();
        let size = u32::from(size);
        let bits = self.peek(size) as i32;
        self.skip(size);
        if bits >> (size - 1) == 0 { bits - (1 << size) + 1 } else { bits }
    }

    /// Whether more bits have been read than there are.
    pub(super) fn is_over(&self) -> bool {
        self.count < self.made_up
    }

    /// Goes on behind the next restart marker, which has to be that with this number.
    pub(super) fn restart(&mut self, number: u8) -> bool {
        let marker = loop {
            match self.coded.get(self.at..self.at + 2) {
                Some([0xFF, 0] | [0..=0xFE, _]) => self.at += 1,
                // A fill byte.
                Some([0xFF, 0xFF]) => self.at += 1,
                Some([_, marker]) => break *marker,
                _ => return false,
            }
        };
        self.at += 2;
        (self.buffer, self.count, self.made_up) = (0, 0, 0);
        marker == 0xD0 + number
    }
}

/// Whether one of the four bytes is FF, by the usual trick for a zero byte in the complement.
fn has_ff(word: u32) -> bool {
    (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ff_is_found_in_any_of_four_bytes_and_nowhere_else() {
        for place in [0, 8, 16, 24] {
            assert!(
                has_ff(0xFF << place) && has_ff(0x0102_0304 | 0xFF << place) && has_ff(0xFEFE_FEFE | 0xFF << place)
            );
        }
        assert!(![0, 0xFEFE_FEFE, 0x7F80_017F, 0xFE00_FE00].into_iter().any(has_ff));
    }

    #[test]
    fn stuffed_zeros_are_passed_over_and_the_end_is_noticed() {
        let mut bits = Bits::new(&[0xAB, 0xFF, 0x00, 0xCD]);
        bits.refill();
        assert_eq!((bits.peek(8), bits.peek(24)), (0xAB, 0xAB_FFCD));
        bits.skip(24);
        assert!(!bits.is_over());
        bits.refill();
        bits.skip(1);
        assert!(bits.is_over());
    }

    #[test]
    fn differences_are_as_in_the_standard() {
        // Figure F.12: 0 and 1 of one bit are −1 and 1, 00 to 11 of two bits −3, −2, 2 and 3.
        let mut bits = Bits::new(&[0b0100_0110, 0b1100_0000]);
        assert_eq!([1, 1, 2, 2, 2, 2].map(|size| bits.value(size)), [-1, 1, -3, -2, 2, 3]);
        assert_eq!(bits.value(0), 0);
    }

    #[test]
    fn a_restart_marker_has_to_be_the_next() {
        let coded = [1, 2, 0xFF, 0, 3, 0xFF, 0xFF, 0xD2, 4];
        assert!(Bits::new(&coded).restart(2) && !Bits::new(&coded).restart(3) && !Bits::new(&coded[..5]).restart(0));
    }
}
