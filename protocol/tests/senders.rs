//! Streams written by other programs, FFmpeg and GStreamer: see `golden/senders/make.sh`.

use std::collections::BTreeSet;
use std::path::Path;

use protocol::{DecodeError, Event, Foreign, FrameLimit, Framing, StreamDecoder};

#[test]
fn every_senders_pictures_come_out_whole_however_the_stream_is_cut() {
    for (file, framing) in PICTURES {
        let stream = read(file);
        for size in [1, 2, 3, 7, 100, 1448, stream.len()] {
            let (pictures, decoder) = decode(stream.chunks(size)).unwrap();
            assert_eq!(decoder.framing(), Some(framing), "{file}");
            assert_eq!(decoder.finish(), Ok(()), "{file}");
            assert!(pictures == expected(&stream, framing), "{file} in pieces of {size}: {} pictures", pictures.len());
        }
    }
}

#[test]
fn every_foreign_sender_is_named() {
    for (file, foreign) in FOREIGN {
        let error = decode(read(file).chunks(1)).unwrap_err();
        assert_eq!(error, DecodeError::Foreign(foreign), "{file}");
    }
}

#[test]
fn every_stream_in_the_directory_is_tested() {
    let files = directory().read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> = files.filter(|file| file.ends_with(".bin")).collect();
    let listed = PICTURES.iter().map(|(file, _)| *file).chain(FOREIGN.iter().map(|(file, _)| *file));
    assert_eq!(found, listed.map(|file| format!("{file}.bin")).collect());
}

fn decode<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Result<(Vec<Vec<u8>>, StreamDecoder), DecodeError> {
    let mut decoder = StreamDecoder::new(FrameLimit::DEFAULT);
    let mut pictures = Vec::new();
    for mut chunk in chunks {
        while let Some(event) = decoder.decode(&mut chunk)? {
            match event {
                Event::Frame(frame) => pictures.push(frame.into_bytes()),
                other => panic!("{other:?}"),
            }
        }
    }
    Ok((pictures, decoder))
}

/// Three pictures: those that begin with `FF D8` and end with `FF D9`, which these senders write nowhere else.
fn expected(stream: &[u8], framing: Framing) -> Vec<Vec<u8>> {
    let at =
        |bytes: &[u8]| stream.windows(2).enumerate().filter(|(_, w)| *w == bytes).map(|(at, _)| at).collect::<Vec<_>>();
    let (starts, ends) = (at(&[0xFF, 0xD8]), at(&[0xFF, 0xD9]));
    assert_eq!((starts.len(), ends.len()), (3, 3));
    let pictures: Vec<Vec<u8>> =
        starts.iter().zip(&ends).map(|(start, end)| stream[*start..end + 2].to_vec()).collect();
    assert!(framing != Framing::Bare || pictures.concat() == stream, "nothing is between bare pictures");
    pictures
}

fn read(file: &str) -> Vec<u8> {
    std::fs::read(directory().join(file).with_extension("bin")).expect("make.sh wrote it")
}

fn directory() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/senders")
}

const PICTURES: [(&str, Framing); 5] = [
    ("ffmpeg-mjpeg", Framing::Bare),
    ("ffmpeg-mpjpeg", Framing::Multipart),
    ("gstreamer-jpegenc", Framing::Bare),
    ("gstreamer-multipartmux", Framing::Multipart),
    ("gstreamer-boundary", Framing::Multipart),
];

const FOREIGN: [(&str, Foreign); 5] = [
    ("ffmpeg-h264", Foreign::Mpeg { at: 0 }),
    ("ffmpeg-mpeg4", Foreign::Mpeg { at: 0 }),
    ("ffmpeg-mpegts", Foreign::Container { format: "MPEG-TS" }),
    ("ffmpeg-matroska", Foreign::Container { format: "Matroska or WebM" }),
    ("ffmpeg-png", Foreign::Picture { at: 0, format: "PNG" }),
];
