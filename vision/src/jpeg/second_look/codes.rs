//! Huffman codes (ITU-T T.81, annex C), with tables that look several bits up at once.

use std::array;

use super::Damage;
use super::bits::{Bits, difference};

/// A Huffman table.
struct Table {
    /// By the next [`LOOKED_UP`] bits; nothing where the code is longer, or none.
    short: Box<[Code; SIZE]>,
    /// By length: the first code that is none of this length any more, and what added to a code gives the place of its value.
    long: [(i32, i32); 17],
    values: Vec<u8>,
}

/// A code: how many bits it has, and what it stands for.
#[derive(Clone, Copy, Default)]
struct Code {
    bits: u8,
    value: u8,
}

impl Table {
    /// From the number of codes of each length, and the values; `None` where these are more than there can be.
    fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let mut table = Self { short: Box::new([Code::default(); SIZE]), long: [(0, 0); 17], values: values.to_vec() };
        let (mut code, mut place) = (0_i32, 0);
        for (bits, &count) in (1_u8..).zip(counts) {
            let length = u32::from(bits);
            let first = place as i32 - code;
            for _ in 0..count {
                if code >= 1 << length {
                    return None;
                }
                if let Some(left) = LOOKED_UP.checked_sub(length) {
                    let from = (code as usize) << left;
                    table.short[from..from + (1 << left)].fill(Code { bits, value: values[place] });
                }
                (code, place) = (code + 1, place + 1);
            }
            table.long[usize::from(bits)] = (code, first);
            code <<= 1;
        }
        Some(table)
    }

    /// The code with which the next 16 bits begin; `None` if they are none.
    #[cold]
    fn code(&self, next: usize) -> Option<Code> {
        let short = self.short[next >> (16 - LOOKED_UP)];
        if short.bits > 0 {
            return Some(short);
        }
        (LOOKED_UP as u8 + 1..=16).find_map(|bits| {
            let (end, place) = self.long[usize::from(bits)];
            let code = (next >> (16 - bits)) as i32;
            let value = self.values.get(usize::try_from(code + place).ok()?);
            (code < end).then_some(Code { bits, value: *value? })
        })
    }
}

/// The table of a block's first coefficient, which is coded as the difference from the last block's.
pub(super) struct Differences {
    table: Table,
    /// By the next [`LOOKED_UP`] bits, what a code with its value comes to, where the bits hold both.
    whole: Box<[Difference; SIZE]>,
}

#[derive(Clone, Copy, Default)]
struct Difference {
    bits: u8,
    value: i16,
}

impl Differences {
    /// As [`Coefficients::new`].
    pub(super) fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let table = Table::new(counts, values)?;
        let whole = |next: usize| {
            let Code { bits, value: size } = table.short[next];
            match LOOKED_UP.checked_sub(u32::from(bits) + u32::from(size)) {
                Some(left) if bits > 0 => {
                    Difference { bits: bits + size, value: difference(next >> left, u32::from(size)) as i16 }
                }
                _ => Difference::default(),
            }
        };
        let whole = Box::new(array::from_fn(whole));
        Some(Self { table, whole })
    }

    /// The next difference; `None` if the next bits are none.
    #[inline(always)]
    pub(super) fn next(&self, bits: &mut Bits<'_>) -> Option<i32> {
        bits.refill();
        let whole = self.whole[bits.peek(LOOKED_UP)];
        if whole.bits > 0 {
            bits.skip(u32::from(whole.bits));
            return Some(i32::from(whole.value));
        }
        let code = self.table.code(bits.peek(16)).filter(|code| code.value < 16)?;
        let (length, size) = (u32::from(code.bits), u32::from(code.value));
        bits.skip(length);
        let value = if size > 0 { difference(bits.peek(size), size) } else { 0 };
        bits.skip(size);
        Some(value)
    }
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

impl Step {
    /// Over a code and its value.
    fn over(Code { bits, value }: Code) -> Self {
        if bits == 0 { Self::default() } else { Self { bits: bits + (value & 15), coefficients: count(value) } }
    }
}

impl Coefficients {
    /// From the number of codes of each length, and the values; `None` where these are more than there can be.
    pub(super) fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let table = Table::new(counts, values)?;
        let one = Box::new(table.short.map(Step::over));
        let two = |next: usize| {
            let first = one[next];
            let left = LOOKED_UP.saturating_sub(u32::from(first.bits));
            if first.bits == 0 || first.coefficients >= END || left == 0 {
                return first;
            }
            let rest = next << first.bits & ((1 << LOOKED_UP) - 1);
            // The code of the second has to lie within the bits; those of its value need not.
            let fits = u32::from(table.short[rest].bits) <= left;
            let second = one[rest];
            let sum = Step { bits: first.bits + second.bits, coefficients: first.coefficients + second.coefficients };
            if fits && second.bits > 0 && sum.bits <= 32 { sum } else { first }
        };
        let two = Box::new(array::from_fn(two));
        Some(Self { table, one, two })
    }

    /// Whether a row of zero bits is a row of coefficients, and not of blocks that end at once or of zeros.
    pub(super) fn zeros_are_values(&self) -> bool {
        self.table.values.first().is_some_and(|&value| value & 15 != 0)
    }

    /// Goes over a block's coefficients behind the first (F.2.2.2).
    #[inline(always)]
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

    #[inline(always)]
    fn step(&self, steps: &[Step; SIZE], bits: &mut Bits<'_>) -> Result<usize, Damage> {
        bits.refill();
        let mut step = steps[bits.peek(LOOKED_UP)];
        if step.bits == 0 {
            step = Step::over(self.table.code(bits.peek(16)).ok_or(Damage::NoCode)?);
        }
        bits.skip(u32::from(step.bits));
        Ok(usize::from(step.coefficients))
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
const LOOKED_UP: u32 = 10;
const SIZE: usize = 1 << LOOKED_UP;
