//! JPEGs that are shown, and those that are not.

use super::*;
use turbojpeg::PixelFormat;

fn decoded(jpeg: &[u8]) -> Result<Pixels, JpegError> {
    let mut pixels = Pixels::default();
    decode(jpeg, PixelLimit::DEFAULT, &mut pixels).map(|()| pixels)
}

/// A red picture, encoded by the library itself.
fn red(width: usize, height: usize) -> Vec<u8> {
    let pixels = [0xE0, 0x10, 0x10].repeat(width * height);
    let image = Image { pixels: &pixels[..], width, pitch: width * 3, height, format: PixelFormat::RGB };
    turbojpeg::compress(image, 90, turbojpeg::Subsamp::Sub2x2).unwrap().to_vec()
}

#[test]
fn a_whole_jpeg_becomes_0rgb_pixels() {
    let pixels = decoded(&red(40, 30)).unwrap();
    assert_eq!((pixels.width(), pixels.height(), pixels.data().len()), (40, 30, 1200));
    for (shift, want) in [(16, 0xE0), (8, 0x10), (0, 0x10)] {
        let got = (pixels.data()[600] >> shift & 0xFF) as i32;
        assert!((got - want).abs() <= 8, "shift {shift}: {got:#x}, wanted about {want:#x}");
    }
}

#[test]
fn a_jpeg_cut_anywhere_is_rejected() {
    let jpeg = red(64, 48);
    for len in (0..jpeg.len() - 2).step_by(7) {
        assert!(decoded(&jpeg[..len]).is_err(), "{len} of {} bytes were accepted as a whole picture", jpeg.len());
    }
}

#[test]
fn a_damaged_jpeg_leaves_nothing_behind_for_the_next() {
    let good = red(64, 48);
    let clean = decoded(&good).unwrap();
    let mut pixels = Pixels::default();
    // Every byte of the headers in turn, tables of all sorts among them.
    let headers = good.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    for at in 2..headers {
        let mut damaged = good.clone();
        damaged[at] ^= 0x55;
        _ = decode(&damaged, PixelLimit::DEFAULT, &mut pixels);
        decode(&good, PixelLimit::DEFAULT, &mut pixels).unwrap_or_else(|error| panic!("after byte {at}: {error}"));
        assert!(pixels == clean, "byte {at} of the JPEG before still shows");
    }
}

#[test]
fn a_picture_is_turned_as_its_tag_says_and_then_as_is_asked() {
    let mut pixels = Pixels::new(32, 16);
    pixels.data_mut()[..16].fill(0x00FF_FFFF);
    pixels.data_mut()[32..48].fill(0x00FF_FFFF);
    let plain = pixels.to_jpeg(95).unwrap();
    let turned = |jpeg: &[u8], orientation| {
        let mut pixels = Pixels::default();
        decode_frame(jpeg, PixelLimit::DEFAULT, orientation, &mut pixels, &mut Pixels::default()).unwrap();
        pixels
    };
    for value in 1..=8 {
        let tagged = exif::with_tag(&plain, value, b"II");
        let by_tag = Orientation::of_exif(value.into()).unwrap();
        for asked in Orientation::ALL {
            assert!(turned(&tagged, asked) == turned(&plain, by_tag.then(asked)), "{value}, {asked:?}");
        }
        assert!(decoded(&tagged).unwrap() == turned(&plain, by_tag));
    }
}

#[test]
fn anything_but_a_jpeg_is_named_by_its_first_bytes() {
    let error = decoded(b"\x89PNG\r\n").unwrap_err();
    assert!(error.to_string().contains("[89, 50, 4e, 47]"), "{error}");
}

#[test]
fn a_whole_cmyk_jpeg_is_called_unsupported_and_not_damaged() {
    let pixels = [0x40; 16 * 16 * 4];
    let image = Image { pixels: &pixels[..], width: 16, pitch: 16 * 4, height: 16, format: PixelFormat::CMYK };
    for colours in [Colorspace::CMYK, Colorspace::YCCK] {
        let mut turbo = turbojpeg::Compressor::new().unwrap();
        turbo.set_colorspace(colours).unwrap();
        let error = decoded(&turbo.compress_to_vec(image).unwrap()).unwrap_err();
        assert!(matches!(error, JpegError::Unsupported(what) if what.contains("CMYK")), "{colours:?}: {error}");
    }
}

#[test]
fn a_header_that_announces_too_many_pixels_is_rejected_before_memory_is_taken() {
    let mut jpeg = red(16, 16);
    let sof = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[sof + 5..sof + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
    assert!(matches!(decoded(&jpeg), Err(JpegError::TooManyPixels { width: 65500, height: 65500, .. })));
}

/// Encoded by the library itself, as `set` wants it.
fn noise(set: impl FnOnce(&mut turbojpeg::Compressor)) -> Vec<u8> {
    let pixels: Vec<u8> = (0_u32..64 * 48 * 3).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut turbo = turbojpeg::Compressor::new().unwrap();
    set(&mut turbo);
    let image = Image { pixels: &pixels[..], width: 64, pitch: 64 * 3, height: 48, format: PixelFormat::RGB };
    turbo.compress_to_vec(image).unwrap()
}

#[test]
fn progressive_and_arithmetic_coding_show_the_same_picture() {
    let baseline = decoded(&noise(|_| ())).unwrap();
    assert!(decoded(&noise(|turbo| turbo.set_progressive(true).unwrap())).unwrap() == baseline);
    assert!(decoded(&noise(|turbo| turbo.set_arithmetic(true).unwrap())).unwrap() == baseline);
    let grey = decoded(&noise(|turbo| turbo.set_subsamp(turbojpeg::Subsamp::Gray).unwrap())).unwrap();
    assert!(grey.data().iter().all(|pixel| pixel & 0xFF == pixel >> 8 & 0xFF && pixel & 0xFF == pixel >> 16 & 0xFF));
}

#[test]
fn what_cannot_be_decoded_is_called_by_its_name() {
    let coded = |process: u8, precision: u8| {
        let mut jpeg = red(16, 16);
        let sof = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        (jpeg[sof + 1], jpeg[sof + 4]) = (0xC0 + process, precision);
        decoded(&jpeg).unwrap_err().to_string()
    };
    assert!(coded(1, 12).ends_with("12 bits per sample; send 8"), "{}", coded(1, 12));
    assert!(coded(3, 8).contains("lossless"), "{}", coded(3, 8));
    assert!(coded(11, 8).contains("lossless arithmetic coding"), "{}", coded(11, 8));
    assert!(coded(5, 8).contains("hierarchical"), "{}", coded(5, 8));
}

#[test]
fn a_jpeg_without_its_end_says_how_long_it_is() {
    let error = decoded(&[0xFF, 0xD8]).unwrap_err().to_string();
    assert!(error.starts_with("the JPEG ends after 2 bytes"), "{error}");
}

#[test]
fn bytes_after_a_frame_make_it_corrupt_and_after_a_file_do_not() {
    let jpeg = [red(16, 16), red(16, 16)].concat();
    assert!(decoded(&jpeg).is_ok());
    let end = jpeg.len() / 2;
    let error = crate::picture::Picture::from_jpeg(&jpeg).unwrap_err();
    assert!(matches!(error, JpegError::Trailing { at, trailing } if (at, trailing) == (end, end)), "{error}");
}

/// A grey progressive JPEG in which each coefficient has a scan of its own, of which each says that all is zero.
fn many_scans(side: u16, scans: u8) -> Vec<u8> {
    let segment =
        |marker: u8, body: &[u8]| [&[0xFF, marker][..], &(body.len() as u16 + 2).to_be_bytes(), body].concat();
    // One code, of one bit, that stands for `symbol`.
    let table = |class: u8, symbol: u8| segment(0xC4, &[&[class, 1][..], &[0; 15], &[symbol]].concat());
    let blocks = (usize::from(side) / 8).pow(2);
    let [high, low] = side.to_be_bytes();
    let mut jpeg = vec![0xFF, 0xD8];
    jpeg.extend(segment(0xDB, &[0].into_iter().chain([1; 64]).collect::<Vec<_>>()));
    jpeg.extend(segment(0xC2, &[8, high, low, high, low, 1, 1, 0x11, 0]));
    jpeg.extend([table(0x00, 0), table(0x10, 0xE0)].concat());
    jpeg.extend(segment(0xDA, &[1, 1, 0, 0, 0, 0]));
    jpeg.extend(vec![0; blocks.div_ceil(8)]);
    for coefficient in 1..scans {
        jpeg.extend(segment(0xDA, &[1, 1, 0, coefficient, coefficient, 0]));
        // Runs of 16,384 to 32,767 blocks without anything: the code's bit, and 14 for what is over 16,384.
        let runs = blocks.div_ceil(32_767);
        let bits = (0..runs).flat_map(|run| {
            let length = (run + 1) * blocks / runs - run * blocks / runs;
            (0..15).rev().map(move |bit| (length - 16_384) >> bit & 1 == 1)
        });
        let bits: Vec<bool> = bits.collect();
        for byte in bits.chunks(8) {
            let byte = (0..8).fold(0, |all, bit| all << 1 | u8::from(*byte.get(bit).unwrap_or(&true)));
            jpeg.push(byte);
            jpeg.extend((byte == 0xFF).then_some(0));
        }
    }
    jpeg.extend([0xFF, 0xD9]);
    jpeg
}

#[test]
fn a_jpeg_of_many_scans_is_rejected_before_the_decoder_goes_over_them() {
    assert!(decoded(&many_scans(1024, 64)).is_ok());
    let error = decoded(&many_scans(4096, 64)).unwrap_err();
    assert!(matches!(error, JpegError::TooManyScans { scans: 64, limit: 23 }), "{error}");
    // A byte behind a comment hides those that follow, and the decoder passes over it.
    let mut hidden = many_scans(4096, 64);
    let mut scans = hidden.windows(2).enumerate().filter(|(_, pair)| *pair == [0xFF, 0xDA]);
    let (second, _) = scans.nth(1).unwrap();
    hidden.splice(second..second, [0xFF, 0xFE, 0, 2, 0]);
    let error = decoded(&hidden).unwrap_err().to_string();
    assert!(error.contains("more than 23 scans"), "{error}");
}

#[test]
fn how_long_decoding_takes_at_most_is_known_from_coding_bytes_samples_and_scans() {
    let [quick, slow] = [true, false];
    let is_quick = |jpeg: &[u8]| longest_decoding_time(jpeg) < Duration::from_millis(40);
    let usual = |width, height| Pixels::new(width, height).to_jpeg(80).unwrap();
    let place_of = |jpeg: &[u8], marker: u8| jpeg.windows(2).position(|pair| pair == [0xFF, marker]).unwrap();
    assert_eq!([is_quick(&usual(1920, 1080)), is_quick(&usual(4096, 4096))], [quick, slow]);
    assert_eq!(longest_decoding_time(&many_scans(1024, 2)), Duration::MAX, "progressive");
    // Of a column of single pixels eight have a block of 64 samples.
    let mut thin = usual(640, 480);
    let header = place_of(&thin, 0xC0);
    thin[header + 5..header + 9].copy_from_slice(&[0xFF, 0xD8, 0, 1]);
    assert!(longest_decoding_time(&thin) > Duration::from_millis(2));
    // It is turned as EXIF says.
    let turned = longest_decoding_time(&exif::with_tag(&usual(1920, 1080), 6, b"II"));
    assert!(turned > longest_decoding_time(&usual(1920, 1080)) + Duration::from_millis(6));
    // Much before its end marker; the same in as many segments as that makes; as many scans.
    let with = |jpeg: &[u8], at: usize, more: &[u8]| [&jpeg[..at], more, &jpeg[at..]].concat();
    let small = usual(640, 480);
    let (scan, end) = (place_of(&small, 0xDA), small.len() - 2);
    assert!(!is_quick(&with(&small, end, &[0x11; 2_000_000])));
    assert!(!is_quick(&with(&small, scan, &[0xFF, 0xE2, 0, 2].repeat(150_000))));
    let large = usual(1920, 1080);
    let (scan, end) = (place_of(&large, 0xDA), large.len() - 2);
    let scans = large[scan..end].repeat(20);
    assert!(!is_quick(&with(&large, end, &scans)));
    // What hides them from a look at the markers.
    for jpeg in [&with(&large, end, &[&[0xFF, 0xFE, 0, 2, 0], &scans[..]].concat())[..], b"none", &[]] {
        assert_eq!(longest_decoding_time(jpeg), Duration::MAX);
    }
    // Fill bytes and a zero are data, however long the segment is that they seem to begin.
    let [high, low] = u16::MAX.to_be_bytes();
    let hidden = [&[0xFF, 0xFF, 0, high, low][..], &large[scan..end].repeat(20)].concat();
    assert!(!is_quick(&with(&large, end, &hidden)));
}
