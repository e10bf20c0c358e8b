//! Seeded damage to the bytes of one JPEG.

use std::collections::HashSet;
use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Randomness that depends on nothing but a seed, a frame's number and a fault's place in the list.
///
/// Numbers are drawn here and not by a distribution of the `rand` crate, whose results may change between its releases:
/// a seed in a bug report has to do the same damage next year.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, frame: u64, fault: usize) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&frame.to_le_bytes());
        key[16..24].copy_from_slice(&(fault as u64).to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Draws a number below `bound`, which is not zero; uneven by less than `bound / 2^64`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }
}

/// Flips `bits` different bits, or all of them if there are fewer.
pub(super) fn flip(bytes: &mut [u8], bits: u32, dice: &mut Dice) {
    let all = bytes.len() as u64 * 8;
    let bits = u64::from(bits).min(all);
    // Floyd's way of drawing without putting back: one draw a bit, however many are taken.
    let mut drawn = HashSet::new();
    for bound in all - bits..all {
        let bit = dice.below(bound + 1);
        let bit = if drawn.insert(bit) { bit } else { bound };
        drawn.insert(bit);
        bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
    }
}

/// Sets a run of `count` bytes to zero, as if a packet had been lost; all bytes if there are fewer.
pub(super) fn zero(bytes: &mut [u8], count: u32, dice: &mut Dice) {
    let run = run(bytes.len(), count as usize, dice);
    bytes[run].fill(0);
}

/// Replaces a run of `count` bytes by random ones; all bytes if there are fewer.
pub(super) fn noise(bytes: &mut [u8], count: u32, dice: &mut Dice) {
    let run = run(bytes.len(), count as usize, dice);
    dice.0.fill_bytes(&mut bytes[run]);
}

/// Takes out a run of `count` bytes; all but one if there are fewer.
pub(super) fn remove(bytes: &mut Vec<u8>, count: u32, dice: &mut Dice) {
    let run = run(bytes.len(), (count as usize).min(bytes.len().saturating_sub(1)), dice);
    bytes.drain(run);
}

/// A place for `count` bytes in a row, or as many as there are, among `len`.
fn run(len: usize, count: usize, dice: &mut Dice) -> Range<usize> {
    let count = count.min(len);
    let start = dice.below((len - count) as u64 + 1) as usize;
    start..start + count
}

/// Replaces everything by random bytes that no reader can take for a JPEG.
pub(super) fn scramble(bytes: &mut [u8], dice: &mut Dice) {
    dice.0.fill_bytes(bytes);
    if let Some(first) = bytes.first_mut() {
        // A JPEG begins with FF D8.
        *first &= 0x7f;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn differing_bits(a: &[u8], b: &[u8]) -> u32 {
        a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    #[test]
    fn a_seed_does_the_same_damage_in_every_release() {
        let mut bytes = [0; 16];
        flip(&mut bytes, 5, &mut Dice::new(7, 12, 0));
        assert_eq!(bytes, [2, 0, 128, 0, 0, 8, 0, 0, 0, 0, 32, 0, 0, 64, 0, 0]);
    }

    #[test]
    fn seed_frame_and_place_each_change_the_damage() {
        let first = Dice::new(1, 2, 3).below(u64::MAX);
        for other in [Dice::new(2, 2, 3), Dice::new(1, 3, 3), Dice::new(1, 2, 4)] {
            let mut other = other;
            assert_ne!(first, other.below(u64::MAX));
        }
    }

    #[test]
    fn scrambled_bytes_never_begin_as_a_jpeg() {
        for frame in 0..1000 {
            let mut bytes = [0xff, 0xd8, 0xff];
            scramble(&mut bytes, &mut Dice::new(0, frame, 0));
            assert_ne!(bytes[0], 0xff);
        }
    }

    proptest! {
        #[test]
        fn exactly_as_many_bits_are_flipped_as_asked(bytes in prop::collection::vec(any::<u8>(), 1..200), bits in 1u32..3000) {
            let mut damaged = bytes.clone();
            flip(&mut damaged, bits, &mut Dice::new(9, 9, 9));
            prop_assert_eq!(differing_bits(&bytes, &damaged), bits.min(bytes.len() as u32 * 8));
        }

        #[test]
        fn zeros_are_one_run_of_the_length_asked(len in 1usize..300, count in 1u32..400, seed: u64) {
            let mut bytes = vec![0xaa; len];
            zero(&mut bytes, count, &mut Dice::new(seed, 0, 0));
            let first = bytes.iter().position(|&byte| byte == 0).unwrap();
            let run = bytes[first..].iter().take_while(|&&byte| byte == 0).count();
            prop_assert_eq!(run, len.min(count as usize));
            prop_assert_eq!(bytes.iter().filter(|&&byte| byte == 0).count(), run);
        }
    }
}
