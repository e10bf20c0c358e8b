//! A recording is searched as robots' streams are: each topic has its own, with its memory and its tracker.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use recording::{Frame, Item, NotJpeg, ReadError, Reader};

use super::{Failure, Place, Search, VideoState};
use crate::terminal::print;
use vision::jpeg::decode_frame;
use vision::{Picture, Pixels};

impl Search {
    /// Searches all frames of an MCAP file.
    pub(super) fn recording(&mut self, path: &Path, file: File) -> Result<(), Failure> {
        let mut reader = Reader::new(file);
        let mut topics: BTreeMap<Arc<str>, VideoState> = BTreeMap::new();
        let mut not_jpeg: BTreeMap<Arc<str>, NotJpeg> = BTreeMap::new();
        let mut pixels = Pixels::default();
        let ended = loop {
            match reader.next_item() {
                Ok(Some(Item::Frame(frame))) => {
                    let state = topics.entry(Arc::clone(&frame.topic)).or_insert_with(|| self.stream());
                    pixels = self.frame(path, state, &frame, pixels)?;
                }
                Ok(Some(Item::NotJpeg { topic, format })) => not_jpeg.entry(topic).or_default().count(format),
                Ok(Some(Item::CutOff { at_byte })) => {
                    print(&format!("{}: is cut off at byte {at_byte}; what is there was searched", path.display()));
                }
                Ok(Some(Item::Channel { .. })) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        for (topic, not_jpeg) in &not_jpeg {
            for (count, format) in not_jpeg.counts() {
                let pictures = if count == 1 { "picture" } else { "pictures" };
                // A stranger chose this name.
                let topic = topic.escape_debug();
                print(&format!("{}: {count} {pictures} on {topic} not searched, {format}", path.display()));
            }
        }
        ended.map_err(|error: ReadError| Failure::Unreadable(format!("{:#}", anyhow::Error::from(error))))?;
        if topics.is_empty() {
            let reason = "is a recording without a JPEG; `ros2 bag record` writes them from a topic of \
                          sensor_msgs/msg/CompressedImage";
            return Err(Failure::Unreadable(reason.to_owned()));
        }
        Ok(())
    }

    /// Searches one frame, and gives the memory for pixels back; one that is no picture has a line too.
    fn frame(
        &mut self,
        path: &Path,
        state: &mut VideoState,
        frame: &Frame,
        mut pixels: Pixels,
    ) -> Result<Pixels, Failure> {
        let topic = Some(&*frame.topic);
        let spare = &mut Pixels::default();
        if let Err(error) = decode_frame(&frame.jpeg, self.limit, self.orientation, &mut pixels, spare) {
            let place = Place { path, topic, seq: Some(state.seq) };
            self.corrupt(place, &error.to_string()).map_err(Failure::Report)?;
        } else {
            let picture = Picture::from(pixels);
            self.picture(path, topic, Some(state), Some(frame.jpeg.len()), &picture)?;
            pixels = picture.into_pixels();
        }
        state.seq += 1;
        Ok(pixels)
    }
}

/// Whether a file that begins so is a recording.
pub(super) fn is_recording(head: &[u8]) -> bool {
    head.starts_with(&recording::MAGIC)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::album::Album;

    #[test]
    fn topics_of_a_recording_are_streams_and_what_is_no_picture_has_a_line() {
        let album = Album::new("recording", &["a.jpg"]);
        let jpeg = album.bytes("a.jpg");
        let mut writer = recording::Writer::new(Vec::new()).unwrap();
        for (robot, jpeg) in [("r1", &jpeg[..]), ("r2", &jpeg), ("r1", &jpeg[..jpeg.len() / 2]), ("r1", &jpeg)] {
            writer.frame(robot, recording::Times { arrived_ns: 1, taken_ns: None }, jpeg).unwrap();
        }
        let bytes = writer.finish().unwrap();
        // Without its end it is no failure.
        fs::write(album.0.join("run.mcap"), &bytes[..bytes.len() - 20]).unwrap();
        album.detect(&["run.mcap"], "out", "report.jsonl").unwrap();
        let written = String::from_utf8(album.bytes("report.jsonl")).unwrap();
        let lines = written.lines().map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(line["source"].as_str().unwrap().ends_with("run.mcap"), "{line}");
            format!("{} {} {}", line["event"].as_str().unwrap(), line["topic"].as_str().unwrap(), line["seq"])
        });
        let topic = |robot| format!("/{robot}/camera/image/compressed");
        let (r1, r2) = (topic("r1"), topic("r2"));
        let expected =
            [format!("frame {r1} 0"), format!("frame {r2} 0"), format!("corrupt {r1} 1"), format!("frame {r1} 2")];
        assert_eq!(Vec::from_iter(lines), expected);
        let names = ["r1-camera-image-compressed-000000", "r2-camera-image-compressed-000000"];
        for name in names {
            assert!(album.0.join(format!("out/run-{name}.jpg")).exists(), "{name}");
        }
        assert_eq!(fs::read_dir(album.0.join("out")).unwrap().count(), 3);
    }

    #[test]
    fn a_damaged_recording_is_a_failure_with_a_line() {
        let album = Album::new("damaged-recording", &[]);
        fs::create_dir_all(&album.0).unwrap();
        fs::write(album.0.join("bad.mcap"), b"\x89MCAP0\r\n\0\0\0\0\0\0\0\0\0").unwrap();
        album.detect(&["bad.mcap"], "out", "report.jsonl").unwrap_err();
        let written = String::from_utf8(album.bytes("report.jsonl")).unwrap();
        assert!(written.contains(r#""event":"corrupt""#) && written.contains("byte 8"), "{written}");
    }
}
