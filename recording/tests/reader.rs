//! Reads recordings of other libraries and of our own, whole, cut off and damaged.
#![expect(clippy::unwrap_used, reason = "a test ends at the first error")]

use std::io;

use proptest::prelude::*;
use recording::{Frame, Item, ReadError, Reader, Times, Topic, Writer, contents};

const START: u64 = 1_700_000_000_000_000_000;

/// Made by Python's libraries for MCAP, ROS 2 and protobuf (`golden/make.py`).
const GOLDEN: [(&str, &[u8]); 6] = [
    ("ros2", include_bytes!("golden/ros2.mcap")),
    ("ros2-big-endian", include_bytes!("golden/ros2-big-endian.mcap")),
    ("ros2-xcdr2", include_bytes!("golden/ros2-xcdr2.mcap")),
    ("ros1", include_bytes!("golden/ros1.mcap")),
    ("foxglove-zstd", include_bytes!("golden/foxglove-zstd.mcap")),
    ("foxglove-lz4", include_bytes!("golden/foxglove-lz4.mcap")),
];

#[test]
fn recordings_of_other_libraries_give_their_jpegs_and_times() {
    for (name, bytes) in GOLDEN {
        let items = read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let frame = |after: u64, last| Frame {
            topic: "/cam".into(),
            arrived_ns: START + after,
            taken_ns: Some(START + after - 1),
            jpeg: vec![0xff, 0xd8, 0xff, last],
        };
        assert_eq!(frames(&items), [frame(0, 0), frame(100_000_000, 1)], "{name}");
        let png = Item::NotJpeg { topic: "/png".into(), format: "png".to_owned() };
        assert!(items.contains(&png), "{name}: {items:?}");
    }
}

#[test]
fn what_was_written_is_read() {
    let (bytes, written) = recorded();
    assert_eq!(frames(&read(&bytes).unwrap()), written);
}

#[test]
fn only_the_topics_that_are_asked_for_are_read() {
    let (bytes, _) = recorded();
    let topic = "/robot2/camera/image/compressed";
    let mut reader = Reader::of_topics(&bytes[..], [topic.to_owned()]);
    let mut items = Vec::new();
    while let Some(item) = reader.next_item().unwrap() {
        items.push(item);
    }
    let frames = frames(&items);
    assert_eq!(frames.len(), 3);
    assert!(frames.iter().all(|frame| &*frame.topic == topic));
}

#[test]
fn contents_count_frames_and_name_what_is_no_jpeg() {
    let found = contents(GOLDEN[0].1).unwrap();
    let cam = Topic {
        schema: "sensor_msgs/msg/CompressedImage".to_owned(),
        has_pictures: true,
        frames: 2,
        times_ns: Some((START, START + 100_000_000)),
        ..Topic::default()
    };
    assert_eq!(found.topics["/cam"], cam);
    assert_eq!(
        Vec::from_iter(found.topics["/png"].not_jpeg.counts()),
        [(1, "which the recording calls png".to_owned())]
    );
    assert_eq!(found.cut_off_at, None);

    let (bytes, _) = recorded();
    let found = contents(&bytes[..bytes.len() - 1]).unwrap();
    let topics = Vec::from_iter(found.topics.iter().map(|(name, topic)| (&**name, topic.has_pictures, topic.frames)));
    let expected = [
        ("/robot1/camera/image/compressed", true, 3),
        ("/robot1/report", false, 0),
        ("/robot2/camera/image/compressed", true, 3),
        ("/robot2/report", false, 0),
    ];
    assert_eq!(topics, expected);
    assert_eq!(found.cut_off_at, Some(bytes.len() as u64 - 1));
}

#[test]
fn a_file_that_is_cut_off_gives_what_is_there_and_says_so() {
    let (bytes, written) = recorded();
    let golden = GOLDEN.map(|(_, bytes)| (bytes.to_vec(), frames(&read(bytes).unwrap())));
    for (bytes, written) in golden.into_iter().chain([(bytes, written)]) {
        let mut most = 0;
        for len in 0..bytes.len() {
            let items = read(&bytes[..len]).unwrap_or_else(|error| panic!("{len}: {error}"));
            assert_eq!(items.last(), Some(&Item::CutOff { at_byte: len as u64 }));
            assert_eq!(items.iter().filter(|item| matches!(item, Item::CutOff { .. })).count(), 1, "cut at {len}");
            let frames = frames(&items);
            assert_eq!(frames, written[..frames.len()], "cut at {len}");
            assert!(frames.len() >= most, "cut at {len}");
            most = frames.len();
        }
        assert_eq!(most, written.len());
    }
}

#[test]
fn what_a_flush_has_written_survives_a_cut_right_behind_it() {
    let mut writer = Writer::new(io::Cursor::new(Vec::new())).unwrap();
    writer.frame("robot1", times(1), &[0xff, 0xd8, 1]).unwrap();
    writer.flush().unwrap();
    let flushed = usize::try_from(writer.bytes()).unwrap();
    writer.frame("robot1", times(2), &[0xff, 0xd8, 2]).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let items = read(&bytes[..flushed]).unwrap();
    assert_eq!(frames(&items).len(), 1);
    assert_eq!(items.last(), Some(&Item::CutOff { at_byte: flushed as u64 }));
}

#[test]
fn a_chunk_that_a_killed_program_left_open_is_read_to_the_end() {
    // Its lengths are all ones until it is closed; the first chunk follows the header.
    let mut bytes = GOLDEN[0].1.to_vec();
    let chunk = chunk_at(&bytes);
    let records = chunk + 9 + 40;
    bytes[chunk + 1..chunk + 9].fill(0xff);
    bytes[chunk + 25..chunk + 37].fill(0xff);
    bytes[records - 8..records].fill(0xff);
    let png = bytes.windows(4).position(|bytes| bytes == b"\x89PNG").unwrap();
    let (cut, _) = bytes.split_at(png + 4);
    assert_eq!(frames(&read(cut).unwrap()).len(), 1);
}

#[test]
fn a_channel_keeps_its_topic() {
    let channel = |topic: &str| {
        let text = |text: &str| [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
        let body = [vec![7, 0, 0, 0], text(topic), text("cdr"), vec![0; 4]].concat();
        [&[0x04], &(body.len() as u64).to_le_bytes()[..], &body].concat()
    };
    let file = |topics: [&str; 2]| [b"\x89MCAP0\r\n".to_vec(), topics.map(channel).concat()].concat();
    read(&file(["/a", "/a"])).unwrap();
    let at = file(["/a", "/b"]).len() - channel("/b").len();
    let renamed = read(&file(["/a", "/b"])).unwrap_err();
    assert!(matches!(renamed, ReadError::Malformed { at: found, .. } if found == at as u64), "{renamed}");
}

#[test]
fn errors_say_where_and_what_to_do() {
    let zip = read(b"PK\x03\x04 and so on").unwrap_err().to_string();
    assert!(zip.starts_with("byte 0: ") && zip.contains("50 4B 03 04"), "{zip}");

    let bytes = GOLDEN[0].1;
    let chunk = chunk_at(bytes);
    let damaged = |at: usize, with: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes[at..at + with.len()].copy_from_slice(with);
        read(&bytes).unwrap_err()
    };
    let flipped = bytes.windows(4).position(|bytes| bytes == [0xff, 0xd8, 0xff, 1]).unwrap() + 3;
    let checksum = damaged(flipped, &[2]);
    assert!(matches!(checksum, ReadError::Checksum { at, .. } if at == chunk as u64), "{checksum}");

    // The first record in the chunk, a schema, announces more than the chunk has, or than is allowed.
    let record = chunk + 9 + 40;
    let beyond = damaged(record + 1, &100_000_u64.to_le_bytes());
    assert!(matches!(beyond, ReadError::Malformed { at, .. } if at == record as u64), "{beyond}");
    let hostile = damaged(record + 1, &u64::MAX.to_le_bytes());
    assert!(matches!(hostile, ReadError::TooLong { at, len: u64::MAX, .. } if at == record as u64), "{hostile}");
    assert!(matches!(damaged(chunk, &[0]), ReadError::Malformed { at, .. } if at == chunk as u64));
    let end = bytes.len() - 8;
    assert!(matches!(damaged(end, &[0]), ReadError::Malformed { at, .. } if at == end as u64));

    let mut other = GOLDEN[4].1.to_vec();
    let name = other.windows(4).position(|bytes| bytes == b"zstd").unwrap();
    other[name..name + 4].copy_from_slice(b"brot");
    let unknown = read(&other).unwrap_err().to_string();
    assert!(unknown.contains("`brot`") && unknown.contains("mcap compress"), "{unknown}");
}

#[test]
fn a_disk_that_fails_is_an_error_with_its_cause() {
    struct Failing(&'static [u8]);
    impl io::Read for Failing {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            match io::Read::read(&mut self.0, into)? {
                0 => Err(io::ErrorKind::NotConnected.into()),
                read => Ok(read),
            }
        }
    }
    let error = contents(Failing(&GOLDEN[0].1[..700])).unwrap_err();
    assert!(
        matches!(&error, ReadError::Read { source, .. } if source.kind() == io::ErrorKind::NotConnected),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
        let _ = read(&[mcap::MAGIC, &bytes].concat());
    }

    #[test]
    fn any_damage_is_read_without_a_panic(
        file in 0..GOLDEN.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = GOLDEN[file].1.to_vec();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read(&bytes);
    }
}

/// Two robots with three frames each and a report, in two chunks.
fn recorded() -> (Vec<u8>, Vec<Frame>) {
    let mut writer = Writer::new(Vec::new()).unwrap();
    let mut frames = Vec::new();
    for number in 0..3 {
        for robot in ["robot1", "robot2"] {
            let (times, jpeg) = (times(u64::from(number)), vec![0xff, 0xd8, number, 0xff, 0xd9]);
            writer.frame(robot, times, &jpeg).unwrap();
            writer.report(robot, times, "{}").unwrap();
            let topic = format!("/{robot}/camera/image/compressed").into();
            frames.push(Frame { topic, arrived_ns: times.arrived_ns, taken_ns: times.taken_ns, jpeg });
        }
        if number == 1 {
            writer.flush().unwrap();
        }
    }
    (writer.finish().unwrap(), frames)
}

fn times(number: u64) -> Times {
    let arrived_ns = START + number * 1000;
    Times { arrived_ns, taken_ns: Some(arrived_ns - 7) }
}

fn read(bytes: &[u8]) -> Result<Vec<Item>, ReadError> {
    let mut reader = Reader::new(bytes);
    let mut items = Vec::new();
    while let Some(item) = reader.next_item()? {
        items.push(item);
    }
    Ok(items)
}

fn frames(items: &[Item]) -> Vec<Frame> {
    let frame = |item: &Item| match item {
        Item::Frame(frame) => Some(frame.clone()),
        _ => None,
    };
    items.iter().filter_map(frame).collect()
}

/// Where the first chunk begins: behind the magic and the header.
fn chunk_at(bytes: &[u8]) -> usize {
    let header = u64::from_le_bytes(bytes[9..17].try_into().unwrap());
    8 + 9 + usize::try_from(header).unwrap()
}
