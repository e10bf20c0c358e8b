//! Each orientation against its definition, pixel by pixel, and the eight as a group.

use super::*;

/// A picture in which every pixel is different.
fn numbered(width: usize, height: usize) -> Pixels {
    let mut pixels = Pixels::new(width, height);
    (0..).zip(pixels.data_mut()).for_each(|(n, pixel)| *pixel = n);
    pixels
}

fn applied(orientation: Orientation, mut pixels: Pixels) -> Pixels {
    orientation.apply(&mut pixels, &mut Pixels::new(3, 1));
    pixels
}

/// The rows of a picture of letters.
fn letters(orientation: Orientation) -> Vec<String> {
    let mut pixels = Pixels::new(3, 2);
    pixels.data_mut().copy_from_slice(&b"abcdef".map(u32::from));
    let pixels = applied(orientation, pixels);
    let letter = |pixel: &u32| char::from_u32(*pixel).unwrap();
    pixels.data().chunks(pixels.width()).map(|row| row.iter().map(letter).collect()).collect()
}

#[test]
fn each_of_the_eight_is_what_its_name_says() {
    assert_eq!(letters(Orientation::UPRIGHT), ["abc", "def"]);
    assert_eq!(letters(Orientation::R90), ["da", "eb", "fc"]);
    assert_eq!(letters(Orientation::R180), ["fed", "cba"]);
    assert_eq!(letters(Orientation::R270), ["cf", "be", "ad"]);
    assert_eq!(letters(Orientation::FLIP_H), ["cba", "fed"]);
    assert_eq!(letters(Orientation::FLIP_V), ["def", "abc"]);
    assert_eq!(letters(Orientation::TRANSPOSED), ["ad", "be", "cf"]);
    assert_eq!(letters(Orientation::TRANSVERSED), ["fc", "eb", "da"]);
}

#[test]
fn one_after_the_other_is_the_same_as_both_at_once() {
    for first in Orientation::ALL {
        for next in Orientation::ALL {
            let both = applied(first.then(next), numbered(5, 3));
            assert!(applied(next, applied(first, numbered(5, 3))) == both, "{first:?}, then {next:?}");
        }
    }
}

#[test]
fn the_inverse_undoes_it_at_any_size() {
    // Sizes around the block's, and others.
    for (width, height) in [(1, 1), (1, 40), (40, 1), (15, 16), (16, 17), (33, 31), (64, 48)] {
        for orientation in Orientation::ALL {
            let turned = applied(orientation, numbered(width, height));
            let sides = if orientation.swaps_sides() { (height, width) } else { (width, height) };
            assert_eq!((turned.width(), turned.height()), sides, "{orientation:?}");
            let back = applied(orientation.inverse(), turned);
            assert!(back == numbered(width, height), "{orientation:?} at {width}×{height}");
            assert_eq!(orientation.then(orientation.inverse()), Orientation::UPRIGHT);
        }
    }
}

#[test]
fn a_quarter_turn_takes_every_pixel_to_its_place_across_blocks() {
    let (width, height) = (50, 37);
    let (before, after) = (numbered(width, height), applied(Orientation::R90, numbered(width, height)));
    for y in 0..height {
        for x in 0..width {
            assert_eq!(after.data()[x * height + (height - 1 - y)], before.data()[y * width + x], "{x} {y}");
        }
    }
}

#[test]
fn what_is_said_of_an_orientation_puts_it_together_again() {
    for orientation in Orientation::ALL {
        let said = orientation.to_string();
        let rotated = [("90°", Orientation::R90), ("180°", Orientation::R180), ("270°", Orientation::R270)];
        let rotated = rotated.into_iter().find(|(angle, _)| said.contains(&format!(" {angle}"))).map(|(_, by)| by);
        let flipped = [("left to right", Orientation::FLIP_H), ("top to bottom", Orientation::FLIP_V)];
        let flipped = flipped.into_iter().find(|(how, _)| said.contains(how)).map(|(_, how)| how);
        assert_eq!(rotated.unwrap_or_default().then(flipped.unwrap_or_default()), orientation, "{said}");
    }
}

#[test]
fn a_picture_without_pixels_has_no_orientation() {
    for orientation in Orientation::ALL {
        assert_eq!(applied(orientation, Pixels::default()), Pixels::default());
    }
}

#[test]
fn the_memory_of_a_quarter_turn_is_used_again() {
    let (mut pixels, mut spare) = (numbered(64, 48), Pixels::default());
    Orientation::R90.apply(&mut pixels, &mut spare);
    let memory = spare.data().as_ptr();
    Orientation::R90.apply(&mut pixels, &mut spare);
    assert_eq!(pixels.data().as_ptr(), memory);
}

#[test]
fn a_point_goes_where_its_pixel_goes() {
    let (width, height) = (5, 3);
    for orientation in Orientation::ALL {
        let turned = applied(orientation, numbered(width, height));
        for (n, (x, y)) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).enumerate() {
            // The middle of the pixel.
            let [x, y] = orientation.point([x as f64 + 0.5, y as f64 + 0.5], width, height);
            let found = turned.data()[y as usize * turned.width() + x as usize];
            assert_eq!(found as usize, n, "{orientation:?}");
        }
    }
}

#[test]
fn each_orientation_is_a_rotation_and_then_perhaps_a_flip() {
    for orientation in Orientation::ALL {
        let (degrees, is_flipped) = orientation.as_rotation_and_flip();
        let quarters = [Orientation::UPRIGHT, Orientation::R90, Orientation::R180, Orientation::R270];
        let rotated = quarters[usize::from(degrees / 90)];
        let both = if is_flipped { rotated.then(Orientation::FLIP_H) } else { rotated };
        assert_eq!(both, orientation);
    }
}
