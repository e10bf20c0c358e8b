//! Distinguishes a JPEG from other files by its first and last bytes, without decoding it.

/// What the ends of a file show.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// It begins as a JPEG and has an end-of-image marker near its end.
    Whole,
    /// It begins as a JPEG, and its end is missing.
    CutShort,
    /// There is nothing in it.
    Empty,
    /// It is a picture of another kind; this is which.
    Picture(&'static str),
    /// It is a video.
    Video,
    /// It is a recording of robots.
    Recording,
    /// It is none of these.
    Unknown,
}

/// Looks at the first bytes of a file and at its last [`TAIL_LEN`] bytes; both may be the whole file.
pub(super) fn look(head: &[u8], tail: &[u8]) -> Looks {
    if head.starts_with(&[0xff, 0xd8, 0xff]) {
        let ended = tail.windows(2).any(|marker| marker == [0xff, 0xd9]);
        return if ended { Looks::Whole } else { Looks::CutShort };
    }
    if head.is_empty() {
        return Looks::Empty;
    }
    if head.starts_with(b"\x89MCAP") {
        return Looks::Recording;
    }
    let shows = |at: usize, signature: &[u8]| head.get(at..).is_some_and(|head| head.starts_with(signature));
    if let Some((.., name)) = PICTURES.iter().find(|(at, signature, _)| shows(*at, signature)) {
        return Looks::Picture(name);
    }
    if VIDEOS.iter().any(|(at, signature)| shows(*at, signature)) { Looks::Video } else { Looks::Unknown }
}

/// How far from the end the end-of-image marker is looked for: phones append previews and metadata to their JPEGs.
pub(super) const TAIL_LEN: u64 = 64 * 1024;

/// How many first bytes are enough.
pub(super) const HEAD_LEN: u64 = 16;

const PICTURES: [(usize, &[u8], &str); 6] = [
    (0, b"\x89PNG", "a PNG"),
    (0, b"GIF8", "a GIF"),
    (8, b"WEBP", "a WebP"),
    (0, b"BM", "a BMP"),
    (4, b"ftypheic", "a HEIC photo"),
    (4, b"ftypavif", "an AVIF picture"),
];

/// MP4 and its relatives, of which some pictures are; Matroska and WebM.
const VIDEOS: [(usize, &[u8]); 2] = [(4, b"ftyp"), (0, b"\x1aE\xdf\xa3")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jpeg_is_whole_with_its_end_marker_and_cut_short_without() {
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 0xff, 0xd9];
        assert_eq!(look(&jpeg, &jpeg), Looks::Whole);
        assert_eq!(look(&jpeg, &jpeg[..8]), Looks::CutShort);
        assert_eq!(look(&jpeg, b"\xff\xd9 and a preview"), Looks::Whole);
    }

    #[test]
    fn other_files_are_called_by_their_name() {
        assert_eq!(look(b"\x89PNG\r\n", b""), Looks::Picture("a PNG"));
        assert_eq!(look(b"\0\0\0\x20ftypheic", b""), Looks::Picture("a HEIC photo"));
        assert_eq!(look(b"\0\0\0\x20ftypisom", b""), Looks::Video);
        assert_eq!(look(b"RIFF\0\0\0\0WEBPVP8 ", b""), Looks::Picture("a WebP"));
        assert_eq!(look(b"\x89MCAP0\r\n", b""), Looks::Recording);
        assert_eq!(look(b"", b""), Looks::Empty);
        assert_eq!(look(b"hello", b"hello"), Looks::Unknown);
    }
}
