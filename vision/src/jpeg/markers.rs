//! What the markers of a JPEG say, read without decoding anything (ITU-T T.81, annex B).

/// What the markers say, up to the first that makes no sense.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Markers {
    /// The header of the frame, which every JPEG has.
    pub(super) frame: Option<FrameHeader>,
    /// How often the decoder goes over the picture.
    pub(super) scans: u32,
    /// The segments, scans among them.
    pub(super) segments: usize,
    pub(super) end: End,
}

/// How a picture is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// The number n of the marker SOFn.
    pub(super) process: u8,
    /// Of each sample, in bits.
    pub(super) precision: u8,
}

/// How a walk over the markers ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum End {
    /// At the end marker, and so many bytes follow it.
    Marked { trailing: usize },
    /// The bytes were over before the end marker.
    #[default]
    Missing,
    /// Where a marker must be there was none.
    Lost,
}

/// A marker and what belongs to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) marker: u8,
    /// Where in the JPEG its content begins.
    pub(super) start: usize,
    /// What its length covers, without the length; less where the JPEG is cut.
    pub(super) content: &'a [u8],
    /// The entropy-coded data behind a scan's header, with the restart markers in it.
    pub(super) coded: &'a [u8],
}

/// Walks over the segments of a JPEG.
pub(super) struct Segments<'a> {
    jpeg: &'a [u8],
    at: usize,
    /// Whether it ends before the first scan, without a look at the data in that.
    ends_before_scans: bool,
    /// How the walk ended, once it has.
    end: End,
}

impl<'a> Segments<'a> {
    /// Those of `jpeg`, which begins with the marker of a JPEG.
    pub(super) fn of(jpeg: &'a [u8]) -> Self {
        Self { jpeg, at: 2, ends_before_scans: false, end: End::Missing }
    }

    /// Those of `jpeg` before its first scan.
    pub(super) fn before_scans(jpeg: &'a [u8]) -> Self {
        Self { ends_before_scans: true, ..Self::of(jpeg) }
    }

    fn from(&self, at: usize) -> &'a [u8] {
        self.jpeg.get(at..).unwrap_or_default()
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        loop {
            if *self.from(self.at).first()? != 0xFF {
                self.end = End::Lost;
                return None;
            }
            // Fill bytes may stand before any marker.
            self.at += self.from(self.at).iter().position(|&byte| byte != 0xFF)? + 1;
            let marker = self.jpeg[self.at - 1];
            match marker {
                DATA => {
                    self.end = End::Lost;
                    return None;
                }
                END => {
                    self.end = End::Marked { trailing: self.jpeg.len() - self.at };
                    return None;
                }
                SCAN if self.ends_before_scans => return None,
                // They stand alone.
                RESTART_0..=RESTART_7 | TEMPORARY => continue,
                _ => {}
            }
            let length = usize::from(u16::from_be_bytes(*self.from(self.at).first_chunk()?));
            if length < 2 {
                self.end = End::Lost;
                return None;
            }
            let start = self.at + 2;
            let content = self.from(start);
            let content = &content[..content.len().min(length - 2)];
            self.at += length;
            let coded = if marker == SCAN { self.from(self.at) } else { &[] };
            let coded = &coded[..coded_len(coded)];
            self.at += coded.len();
            return Some(Segment { marker, start, content, coded });
        }
    }
}

/// The process n of SOFn, and how many samples each component has at most, with those that fill up the last blocks of a row and of
/// a column, as the header of the frame says; `None` where there is none near the beginning, or it makes no sense.
pub(super) fn samples(jpeg: &[u8]) -> Option<(u8, usize)> {
    let mut before_scans = Segments::before_scans(jpeg).take(MOST_BEFORE_SIZE);
    let Segment { marker, content, .. } = before_scans.find(|segment| is_frame_header(segment.marker))?;
    let (&[_, h1, h0, w1, w0, components], content) = content.split_first_chunk::<6>()?;
    let components = content.get(..3 * usize::from(components))?;
    let most = |factor: fn(u8) -> u8| components.chunks_exact(3).map(|component| factor(component[1])).max();
    // Blocks of 8 × 8 samples come in groups of as many as the component with the most has.
    let filled_up = |high, low, factor: u8| {
        usize::from(u16::from_be_bytes([high, low])).next_multiple_of(8 * usize::from(factor.max(1)))
    };
    let (across, down) = (most(|factors| factors >> 4)?, most(|factors| factors & 15)?);
    Some((marker - FRAME_0, filled_up(w1, w0, across) * filled_up(h1, h0, down)))
}

/// Walks over the markers of `jpeg`, which begins with that of a JPEG.
pub(super) fn read(jpeg: &[u8]) -> Markers {
    let mut markers = Markers::default();
    let mut segments = Segments::of(jpeg);
    for Segment { marker, content, .. } in segments.by_ref() {
        if is_frame_header(marker)
            && let Some(&precision) = content.first()
        {
            markers.frame.get_or_insert(FrameHeader { process: marker - FRAME_0, precision });
        }
        markers.scans += u32::from(marker == SCAN);
        markers.segments += 1;
    }
    markers.end = segments.end;
    markers
}

/// How many bytes of entropy-coded data there are before the next marker that is none of its own.
fn coded_len(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let Some(found) = memchr::memchr(0xFF, &bytes[at..]) else { return bytes.len() };
        at += found;
        // More than one are fill bytes, which may stand before any marker; to the decoder a zero behind them makes them a byte of data.
        let row = bytes[at..].iter().take_while(|&&byte| byte == 0xFF).count();
        match bytes.get(at + row) {
            Some(0x00 | RESTART_0..=RESTART_7) => at += row + 1,
            Some(_) => return at,
            None => return bytes.len(),
        }
    }
}

fn is_frame_header(marker: u8) -> bool {
    const TABLES: [u8; 3] = [0xC4, 0xC8, 0xCC];
    (FRAME_0..=FRAME_15).contains(&marker) && !TABLES.contains(&marker)
}

/// Tables, and what cameras say of themselves.
const MOST_BEFORE_SIZE: usize = 256;
const FRAME_0: u8 = 0xC0;
const FRAME_15: u8 = 0xCF;
const RESTART_0: u8 = 0xD0;
const RESTART_7: u8 = 0xD7;
const DATA: u8 = 0x00;
const TEMPORARY: u8 = 0x01;
const SCAN: u8 = 0xDA;
const END: u8 = 0xD9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_are_those_of_the_first_frame_header_and_not_of_what_is_behind_a_scan() {
        let header = |process: u8, height: u16, width: u16| {
            let start = [0xFF, FRAME_0 + process, 0, 11, 8];
            [&start[..], &height.to_be_bytes(), &width.to_be_bytes(), &[1, 1, 0x11, 0]].concat()
        };
        let jpeg = |parts: &[&[u8]]| [&[0xFF, 0xD8][..], &parts.concat()].concat();
        let (small, large, scan) = (header(0, 480, 640), header(2, 4096, 4096), [0xFF, SCAN, 0, 2]);
        assert_eq!(samples(&jpeg(&[&large, &small, &scan])), Some((2, 4096 * 4096)));
        assert_eq!(
            samples(&jpeg(&[&[0xFF, 0xFE, 0, 4, 0xFF, 0xC0], &small])),
            Some((0, 640 * 480)),
            "a comment is none"
        );
        // Blocks of 8 × 8 are filled up, and groups of them: 4 × 2 for the first of these two components.
        assert_eq!(samples(&jpeg(&[&header(0, 65_500, 1)])), Some((0, 65_504 * 8)));
        let groups = [0xFF, FRAME_0, 0, 14, 8, 0, 17, 0, 1, 2, 1, 0x42, 0, 2, 0x11, 0];
        assert_eq!(samples(&jpeg(&[&groups])), Some((0, 32 * 32)));
        let far = [0xFF, 0xFE, 0, 2].repeat(MOST_BEFORE_SIZE);
        for none in [&jpeg(&[&scan, &small])[..], &jpeg(&[&[0], &small]), &jpeg(&[&small[..7]]), &jpeg(&[&far, &small])]
        {
            assert_eq!(samples(none), None, "{none:?}");
        }
    }

    /// One component, one scan with a stuffed byte, a restart and fill bytes in it.
    const JPEG: &[u8] = &[
        0xFF, 0xD8, 0xFF, 0xFE, 0, 4, 0xFF, 0xD9, 0xFF, 0xFF, 0xC0, 0, 3, 8, 0xFF, 0xDA, 0, 2, 1, 0xFF, 0, 2, 0xFF,
        0xFF, 0xD0, 3, 0xFF, 0xD9,
    ];

    #[test]
    fn markers_are_counted_to_the_end_and_not_beyond() {
        let frame = Some(FrameHeader { process: 0, precision: 8 });
        assert_eq!(read(JPEG), Markers { frame, scans: 1, segments: 3, end: End::Marked { trailing: 0 } });
        let more = [JPEG, &[0xFF, 0xDA, 9]].concat();
        assert_eq!(read(&more), Markers { frame, scans: 1, segments: 3, end: End::Marked { trailing: 3 } });
    }

    #[test]
    fn a_jpeg_that_is_cut_anywhere_has_no_end() {
        for len in 2..JPEG.len() {
            assert_eq!(read(&JPEG[..len]).end, End::Missing, "{len}");
        }
    }

    #[test]
    fn what_is_no_marker_loses_the_way() {
        assert_eq!(read(&[0xFF, 0xD8, 0xFF, 0xE0, 0, 2, 7]).end, End::Lost);
        assert_eq!(read(&[0xFF, 0xD8, 0xFF, 0xE0, 0, 1, 7]).end, End::Lost);
    }
}
