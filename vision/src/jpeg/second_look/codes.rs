//! Huffman codes (ITU-T T.81, annex C), with tables that look several bits up at once.

use std::array;

use super::Damage;
use super::bits::Bits;

/// A Huffman table.
pub(super) struct Table {
    /// By the next [`LOOKED_UP`] bits: the length of the code, shifted by 8, and its value; 0 where the code is longer, or none.
    short: Box<[u16; SIZE]>,
    /// By length: the first code that is none of this length any more, and what added to a code gives the place of its value.
    long: [(i32, i32); 17],
    values: Vec<u8>,
}

/// The table of a block's other coefficients, for walking over them.
pub(super) struct Coefficients {
    table: Table,
    /// By the next [`LOOKED_UP`] bits, what one code with its value comes to, and what two come to where the bits hold both.
    one: Box<[Step; SIZE]>,
    two: Box<[Step; SIZE]>,
}

/// Bits, and coefficients; nothing where the code is longer than the bits that are looked up.
#[derive(Clone, Copy, Default)]
struct Step {
    bits: u8,
    coefficients: u8,
}

impl Table {
    /// From the number of codes of each length, and the values; `None` where these are more than there can be.
    pub(super) fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let mut table = Self { short: Box::new([0; SIZE]), long: [(0, 0); 17], values: values.to_vec() };
        let (mut code, mut place) = (0_i32, 0);
        for (length, &count) in (1_u32..).zip(counts) {
            let first = place as i32 - code;
            for _ in 0..count {
                if code >= 1 << length {
                    return None;
                }
                if length <= LOOKED_UP {
                    let entry = (length as u16) << 8 | u16::from(values[place]);
                    let from = (code as usize) << (LOOKED_UP - length);
                    table.short[from..from + (1 << (LOOKED_UP - length))].fill(entry);
                }
                (code, place) = (code + 1, place + 1);
            }
            table.long[length as usize] = (code, first);
            code <<= 1;
        }
        Some(table)
    }

    /// The next code's value; `None` if the next bits are none.
    pub(super) fn next(&self, bits: &mut Bits<'_>) -> Option<u8> {
        bits.refill();
        match self.short[bits.peek(LOOKED_UP)] {
            0 => self.next_long(bits),
            entry => {
                bits.skip(u32::from(entry >> 8));
                Some(entry as u8)
            }
        }
    }

    #[cold]
    fn next_long(&self, bits: &mut Bits<'_>) -> Option<u8> {
        for length in LOOKED_UP + 1..=16 {
            let (end, place) = self.long[length as usize];
            let code = bits.peek(length) as i32;
            if code < end {
                bits.skip(length);
                return self.values.get(usize::try_from(code + place).ok()?).copied();
            }
        }
        None
    }
}

impl Coefficients {
    pub(super) fn new(table: Table) -> Self {
        let one = Box::new(table.short.map(|entry| {
            let (length, value) = ((entry >> 8) as u8, entry as u8);
            if entry == 0 { Step::default() } else { Step { bits: length + (value & 15), coefficients: count(value) } }
        }));
        let two = |bits: usize| {
            let first = one[bits];
            let left = LOOKED_UP.saturating_sub(u32::from(first.bits));
            if first.bits == 0 || first.coefficients >= END || left == 0 {
                return first;
            }
            let rest = bits << first.bits & ((1 << LOOKED_UP) - 1);
            // The code of the second has to lie within the bits; those of its value need not.
            let fits = u32::from(table.short[rest] >> 8) <= left;
            let second = one[rest];
            let sum = Step { bits: first.bits + second.bits, coefficients: first.coefficients + second.coefficients };
            if fits && second.bits > 0 && sum.bits <= 32 { sum } else { first }
        };
        let two = Box::new(array::from_fn(two));
        Self { table, one, two }
    }

    /// Whether a row of zero bits is a row of coefficients, and not of blocks that end at once or of zeros.
    pub(super) fn zeros_are_values(&self) -> bool {
        self.table.values.first().is_some_and(|&value| value & 15 != 0)
    }

    /// Goes over a block's coefficients behind the first (F.2.2.2).
    pub(super) fn skip_block(&self, bits: &mut Bits<'_>) -> Result<(), Damage> {
        let mut place = 1;
        // Two codes at once are at most 32 coefficients, so that the first of the two ends inside the block.
        while place < 48 {
            place += self.step(&self.two, bits)?;
        }
        while place < 64 {
            place += self.step(&self.one, bits)?;
        }
        // The end of a block is as good as at any place within.
        match place {
            64 => Ok(()),
            place if place >= usize::from(END) && place - usize::from(END) < 64 => Ok(()),
            _ => Err(Damage::TooManyCoefficients),
        }
    }

    fn step(&self, steps: &[Step; SIZE], bits: &mut Bits<'_>) -> Result<usize, Damage> {
        bits.refill();
        let step = steps[bits.peek(LOOKED_UP)];
        if step.bits > 0 {
            bits.skip(u32::from(step.bits));
            return Ok(usize::from(step.coefficients));
        }
        let value = self.table.next_long(bits).ok_or(Damage::NoCode)?;
        bits.skip(u32::from(value & 15));
        Ok(usize::from(count(value)))
    }
}

/// How many coefficients a code stands for: zeros and one that is not, sixteen zeros, or the rest of the block.
fn count(value: u8) -> u8 {
    match (value >> 4, value & 15) {
        (15, 0) => 16,
        (_, 0) => END,
        (zeros, _) => zeros + 1,
    }
}

/// Coefficients that are more than a block has: the block ends.
const END: u8 = 128;
/// Bits. Most codes are shorter, and tables of this size are made in some ten microseconds.
const LOOKED_UP: u32 = 11;
const SIZE: usize = 1 << LOOKED_UP;
