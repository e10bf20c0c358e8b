//! What is caught, and that nothing good is.

use std::fs;

use fixtures::Fixture;

use super::*;
use crate::jpeg::{JpegError, PixelLimit, decode, decode_frame};
use crate::orientation::Orientation;
use crate::picture::Pixels;

fn stills() -> Vec<Vec<u8>> {
    let stills: Vec<&Fixture> = fixtures::stills().collect();
    stills.iter().map(|still| fs::read(still.path()).unwrap()).collect()
}

/// Numbers that look random, the same each time (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        for shift in [13_i32, -7, 17] {
            self.0 ^= if shift > 0 { self.0 << shift } else { self.0 >> -shift };
        }
        (self.0 >> 11) as usize % most
    }
}

/// Of damaged frames: how many libjpeg-turbo decodes without a warning, and how many of these are still taken for pictures.
fn shown(damage: impl Fn(&mut Vec<u8>, &mut Dice)) -> (usize, usize) {
    let (mut dice, mut decoded, mut shown) = (Dice(7), 0, 0);
    let (mut pixels, mut spare) = (Pixels::default(), Pixels::default());
    for still in stills().iter().cycle().take(540) {
        let mut frame = still.clone();
        damage(&mut frame, &mut dice);
        if frame == *still || decode(&frame, PixelLimit::DEFAULT, &mut pixels).is_err() {
            continue;
        }
        decoded += 1;
        let upright = Orientation::UPRIGHT;
        shown += usize::from(decode_frame(&frame, PixelLimit::DEFAULT, upright, &mut pixels, &mut spare).is_ok());
    }
    (decoded, shown)
}

#[test]
fn of_frames_with_zeros_or_flipped_bits_that_decode_nearly_all_are_caught() {
    let zeros = shown(|frame, dice| {
        let at = dice.below(frame.len() - 200);
        frame[at..at + 200].fill(0);
    });
    let flips = shown(|frame, dice| {
        for _ in 0..20 {
            let at = dice.below(frame.len());
            frame[at] ^= 1 << dice.below(8);
        }
    });
    for ((decoded, shown), what) in [(zeros, "zeros"), (flips, "flips")] {
        assert!(decoded >= 8 && shown * 4 <= decoded, "{what}: {shown} of {decoded} are shown");
    }
}

#[test]
fn no_picture_of_any_quality_or_content_is_called_damaged() {
    let mut dice = Dice(3);
    let (width, height) = (160, 120);
    for round in 0..60 {
        let mut pixels = Pixels::new(width, height);
        let (black, grey, white) = (0, 0x80_8080, 0xFF_FFFF);
        for (at, pixel) in pixels.data_mut().iter_mut().enumerate() {
            let (x, y) = (at % width, at / width);
            *pixel = match round % 6 {
                0 => [black, grey, white][round / 6 % 3],
                1 => dice.below(0x100_0000) as u32,
                // The strongest contrast that there is, of one pixel, of eight, and of a block's half.
                2 => [black, white][(x + y) % 2],
                3 => [black, white][(x / 8 + y / 8) % 2],
                4 => [black, white][x / 4 % 2],
                _ => (x * 0x01_0101 + y) as u32 & 0xFF_FFFF,
            };
        }
        for quality in [1, 10, 30, 50, 75, 90, 95, 100] {
            let jpeg = pixels.to_jpeg(quality).unwrap();
            assert_eq!(damage(&jpeg), None, "picture {round}, quality {quality}");
        }
    }
}

#[test]
fn the_projects_pictures_are_whole() {
    for still in stills() {
        assert_eq!(damage(&still), None);
    }
}

/// A grey picture of one block, as [`row_of_blocks`].
fn block(ac: &[u8], coded: &[u8]) -> Vec<u8> {
    row_of_blocks(1, ac, coded)
}

/// A grey picture of so many blocks, to be parted by restart markers if there are several; tables with the codes that `ac` has,
/// one bit each; then these bits.
fn row_of_blocks(blocks: u8, ac: &[u8], coded: &[u8]) -> Vec<u8> {
    let table = |class: u8, values: &[u8]| {
        let mut counts = [0; 16];
        counts[..values.len()].fill(1);
        [&[0xFF, HUFFMAN, 0, 19 + values.len() as u8, class][..], &counts, values].concat()
    };
    [
        &[0xFF, 0xD8, 0xFF, QUANTISATION, 0, 67, 0][..],
        &[16; 64],
        &[0xFF, BASELINE, 0, 11, 8, 0, 8, 0, 8 * blocks, 1, 1, 0x11, 0],
        &[0xFF, RESTART_INTERVAL, 0, 4, 0, u8::from(blocks > 1)],
        &table(0x00, &[0, 11]),
        &table(0x10, ac),
        &[0xFF, SCAN, 0, 8, 1, 1, 0x00, 0, 63, 0],
        coded,
        &[0xFF, 0xD9],
    ]
    .concat()
}

#[test]
fn each_damage_has_its_name() {
    // Mean 0 (bit 0), end of the block (0).
    assert_eq!(damage(&block(&[0x00], &[0b0011_1111])), None);
    // The table has one code, 0: a one is none.
    assert_eq!(damage(&block(&[0x00], &[0b0111_1111])), Some(Damage::NoCode));
    // The mean is 1,024 steps of 16 (10, and eleven bits).
    assert_eq!(damage(&block(&[0x00], &[0b1010_0000, 0b0000_0011])), Some(Damage::OutOfRange));
    // Zeros are 16 coefficients each: four of them are 64 behind the first one.
    assert_eq!(damage(&block(&[0xF0], &[0b0000_0111])), Some(Damage::TooManyCoefficients));
    // One coefficient each, of which 63 take two bits each: there are not as many.
    assert_eq!(damage(&block(&[0x01], &[0])), Some(Damage::EndsEarly));
    assert_eq!(damage(&block(&[0x01], &[0; 40])), Some(Damage::Zeros));
    assert_eq!(damage(&block(&[0x00], &[0; 40])), None);
}

#[test]
fn a_table_that_no_scan_has_may_be_anything() {
    let good = block(&[0x00], &[0b0111_1111]);
    let table = good.windows(2).position(|two| two == [0xFF, HUFFMAN]).unwrap();
    // Two codes of one bit are all that there can be.
    let impossible = [&[0xFF, HUFFMAN, 0, 22, 0x10, 3][..], &[0; 15], &[0, 0, 0]].concat();
    let with = [&good[..table], &impossible, &good[table..]].concat();
    assert_eq!(damage(&with), Some(Damage::NoCode));
}

#[test]
fn a_component_that_no_scan_has_is_missed() {
    let grey = block(&[0x00], &[0b0011_1111]);
    let header = grey.windows(2).position(|two| two == [0xFF, BASELINE]).unwrap();
    let colour = [0xFF, BASELINE, 0, 17, 8, 0, 8, 0, 8, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
    let jpeg = [&grey[..header], &colour, &grey[header + 13..]].concat();
    // libjpeg-turbo says nothing.
    assert!(decode(&jpeg, PixelLimit::DEFAULT, &mut Pixels::default()).is_ok());
    assert_eq!(damage(&jpeg), Some(Damage::EndsEarly));
    // The same component three times.
    let scan = jpeg.windows(2).position(|two| two == [0xFF, SCAN]).unwrap();
    let (front, end) = (jpeg.len() - 2, &jpeg[jpeg.len() - 2..]);
    assert_eq!(
        damage(&[&jpeg[..front], &jpeg[scan..front], &jpeg[scan..front], end].concat()),
        Some(Damage::EndsEarly)
    );
}

#[test]
fn restart_markers_have_to_be_in_order_and_may_have_fill_bytes() {
    let with = |markers: [&[u8]; 2]| {
        let coded = [&[0b0011_1111], markers[0], &[0b0011_1111], markers[1], &[0b0011_1111]].concat();
        damage(&row_of_blocks(3, &[0x00], &coded))
    };
    assert_eq!(with([&[0xFF, 0xD0], &[0xFF, 0xD1]]), None);
    assert_eq!(with([&[0xFF, 0xFF, 0xFF, 0xD0], &[0xFF, 0xFF, 0xD1]]), None);
    assert_eq!(with([&[0xFF, 0xD0], &[0xFF, 0xD2]]), Some(Damage::Restart));
    assert_eq!(with([&[0xFF, 0xD0], &[]]), Some(Damage::Restart));
}

#[test]
fn what_is_caught_is_said() {
    let jpeg = block(&[0x00], &[0b1010_0000, 0b0000_0011]);
    let (mut pixels, mut spare) = (Pixels::default(), Pixels::default());
    decode(&jpeg, PixelLimit::DEFAULT, &mut pixels).unwrap();
    let error = decode_frame(&jpeg, PixelLimit::DEFAULT, Orientation::UPRIGHT, &mut pixels, &mut spare).unwrap_err();
    assert!(matches!(error, JpegError::Implausible(Damage::OutOfRange)));
    let want =
        "the JPEG is damaged: it has a block that is darker than black or brighter than white, which no encoder writes";
    assert_eq!(error.to_string(), want);
}
