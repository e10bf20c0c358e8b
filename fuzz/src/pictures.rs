//! Pictures and recordings: what is in them decides about memory and time, and must not.

use std::io::Cursor;

use protocol::{Frame, Stamp};
use recording::{Item, Reader};
use vision::Orientation;
use vision::jpeg::{self, PixelLimit};
use vision::picture::Pixels;

/// A stamp in a JPEG's comment; one that is written is read again.
pub fn stamp(bytes: &[u8]) {
    let found = Stamp::read(bytes);
    let Ok(frame) = Frame::new(bytes.to_vec()) else { return };
    let stamp = found.unwrap_or(Stamp { seq: bytes.len() as u64, time_ns: 1 });
    if let Ok(stamped) = stamp.write(frame) {
        assert_eq!(Stamp::read(stamped.as_bytes()), Some(stamp));
    }
}

/// A JPEG, from its markers to its pixels.
pub fn jpeg(bytes: &[u8]) {
    let limit = PixelLimit::new(MOST_PIXELS);
    let (mut pixels, mut spare) = (Pixels::default(), Pixels::default());
    let decoded = jpeg::decode_frame(bytes, limit, Orientation::default(), &mut pixels, &mut spare);
    if decoded.is_ok() {
        assert!(pixels.width() * pixels.height() <= MOST_PIXELS, "a picture is above the limit");
        let mut again = Pixels::default();
        jpeg::decode(bytes, limit, &mut again).expect("a frame that is a picture is one as a file, too");
        assert_eq!((pixels.width(), pixels.data()), (again.width(), again.data()));
    }
}

/// A recording in MCAP.
pub fn recording(bytes: &[u8]) {
    let mut reader = Reader::new(Cursor::new(bytes));
    let mut frames = 0;
    while let Ok(Some(item)) = reader.next_item() {
        if let Item::Frame(_) = item {
            frames += 1;
        }
    }
    assert!(frames <= bytes.len() * MOST_COMPRESSED, "there are more pictures than bytes hold");
    // What is in it is listed or is an error; both are fine.
    _ = recording::contents(Cursor::new(bytes));
}

/// Enough for what robots send; more would only take time.
const MOST_PIXELS: usize = 640 * 480;
/// What compression makes of a byte at most, in the formats that are read.
const MOST_COMPRESSED: usize = 1 << 20;
