//! What files are, and whether they are whole.

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::Path;

use image::{ImageFormat, ImageReader, RgbaImage};
use vision::jpeg::PixelLimit;

/// Reads a PNG of no more pixels than `limit`, or says why not.
pub(super) fn png(file: &[u8], limit: PixelLimit) -> Result<RgbaImage, String> {
    let reader = || ImageReader::with_format(Cursor::new(file), ImageFormat::Png);
    let (width, height) = reader().into_dimensions().map_err(|error| error.to_string())?;
    let limit = limit.pixels();
    if u64::from(width) * u64::from(height) > limit as u64 {
        return Err(format!("{width}×{height} pixels, limit {limit} in all; make it smaller, or raise --max-pixels"));
    }
    Ok(reader().decode().map_err(|error| error.to_string())?.into_rgba8())
}

/// Whether a file begins as text does: UTF-8 without control characters but those of layout.
pub(super) fn is_text(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_LOOKED_AT).read_to_end(&mut head));
    let head = match std::str::from_utf8(&head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_some() => return false,
        // The last letter was cut.
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    let is_plain = |letter: char| !letter.is_control() || letter.is_whitespace();
    read.is_ok() && head.len() + 4 > (MOST_LOOKED_AT as usize).min(read.unwrap_or(0)) && head.chars().all(is_plain)
}

/// Whether so few frames of a video could be read that it is not whole.
///
/// Some containers count frames that no player shows, and of others the number is worked out from the time; hence the margin.
pub(super) fn is_cut(read: u64, announced: u64) -> bool {
    read + 2 + announced / 50 < announced
}

const MOST_LOOKED_AT: u64 = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_video_is_cut_where_more_than_a_few_frames_are_missing() {
        assert!(is_cut(24, 60) && is_cut(57, 100) && is_cut(95, 100));
        assert!(!is_cut(100, 100) && !is_cut(98, 100) && !is_cut(300, 0) && !is_cut(1, 3));
    }

    #[test]
    fn text_is_told_from_bytes() {
        let file = std::env::temp_dir().join(format!("detect-text-{}", std::process::id()));
        let is = |bytes: &[u8]| {
            std::fs::write(&file, bytes).unwrap();
            is_text(&file)
        };
        assert!(is(b"hello\n") && is("ä".repeat(400).as_bytes()) && is(&[b'a'; 511]));
        assert!(
            !is(b"\x00\x01\x02")
                && !is(b"\xff\xd8")
                && !is(b"abc\xff\xfe\0")
                && !is(b"RIFF\x10\xff\xfe\xfdAVI ")
                && !is(&[0xff; 600])
        );
        std::fs::remove_file(file).unwrap();
    }
}
