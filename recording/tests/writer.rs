//! What a written recording holds, read with the MCAP library; and what becomes of errors.
#![expect(clippy::unwrap_used, reason = "a test ends at the first error")]

use std::cell::Cell;
use std::io::{self, Cursor, Write};
use std::rc::Rc;

use mcap::MessageStream;
use mcap::read::Options;
use recording::{Annotations, Circle, Colour, Label, Outline, OutlineShape, Times, WriteError, Writer};

const TIMES: Times = Times { arrived_ns: 2_000_000_007, taken_ns: Some(1_000_000_005) };
const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xd9];

#[test]
fn each_robot_has_a_channel_for_each_content_with_its_own_numbers() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    for robot in ["robot1", "robot2"] {
        for _ in 0..2 {
            everything(&mut writer, robot).unwrap();
        }
    }
    let seen = messages(&writer.finish().unwrap());
    let told = seen.iter().map(|message| {
        let schema = message.channel.schema.as_ref().unwrap();
        let names = [&message.channel.topic, &message.channel.message_encoding, &schema.name, &schema.encoding];
        format!("{} {}", names.map(String::as_str).join(" "), message.sequence)
    });
    let expected = ["robot1", "robot2"].into_iter().flat_map(|robot| {
        (0..2).flat_map(move |number| {
            [
                format!("/{robot}/camera/image/compressed cdr sensor_msgs/msg/CompressedImage ros2msg {number}"),
                format!("/{robot}/detections protobuf foxglove.ImageAnnotations protobuf {number}"),
                format!("/{robot}/report json robot_vision.Report jsonschema {number}"),
            ]
        })
    });
    assert_eq!(Vec::from_iter(told), Vec::from_iter(expected));
    assert!(seen.iter().all(|message| (message.log_time, message.publish_time) == (2_000_000_007, 1_000_000_005)));
}

#[test]
fn without_a_stamp_the_publish_time_is_when_the_frame_arrived() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer.frame("robot1", Times { arrived_ns: 3_000_000_009, taken_ns: None }, JPEG).unwrap();
    let message = messages(&writer.finish().unwrap()).remove(0);
    assert_eq!((message.log_time, message.publish_time), (3_000_000_009, 3_000_000_009));
    assert_eq!(message.data[4..12], [3, 0, 0, 0, 9, 0, 0, 0]);
}

#[test]
fn a_line_of_the_report_is_written_without_its_line_feed() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer.report("robot1", TIMES, "{\"seq\":1}\n").unwrap();
    assert_eq!(&*messages(&writer.finish().unwrap())[0].data, b"{\"seq\":1}");
}

#[test]
fn after_a_flush_everything_is_in_the_sink() {
    let sink = Shared::default();
    let mut writer = Writer::new(sink.clone()).unwrap();
    for number in 1..=3 {
        writer.frame("robot1", TIMES, JPEG).unwrap();
        writer.flush().unwrap();
        assert_eq!(messages(&sink.bytes()).len(), number);
    }
}

#[test]
fn a_writer_that_is_dropped_writes_nothing_more() {
    let sink = Shared::default();
    let mut writer = Writer::new(sink.clone()).unwrap();
    writer.frame("robot1", TIMES, JPEG).unwrap();
    let before = sink.bytes().len();
    drop(writer);
    assert_eq!(sink.bytes().len(), before);
}

#[test]
fn what_waits_for_its_chunk_is_bounded() {
    let sink = Shared::default();
    let mut writer = Writer::new(sink.clone()).unwrap();
    let frame = vec![0; 1024 * 1024];
    for number in 1..=40 {
        writer.frame("robot1", TIMES, &frame).unwrap();
        let waiting = number * frame.len() - sink.bytes().len().min(number * frame.len());
        assert!(waiting <= 6 * 1024 * 1024, "{waiting} after {number}");
        let about = writer.bytes().abs_diff((number * frame.len()) as u64);
        assert!(about < 10_000, "{about}");
    }
}

#[test]
fn a_full_disk_gives_one_error_with_its_cause_wherever_it_comes() {
    let mut whole = Writer::new(Cursor::new(Vec::new())).unwrap();
    everything(&mut whole, "robot1").unwrap();
    whole.flush().unwrap();
    everything(&mut whole, "robot2").unwrap();
    let len = whole.finish().unwrap().into_inner().len();
    for room in 0..len {
        let drops = Rc::default();
        let errors = fill(FullAfter { room, drops: Rc::clone(&drops) });
        let Some((WriteError::Sink { at, source }, later)) = errors.split_first() else {
            panic!("room for {room}: {errors:?}");
        };
        assert_eq!((*at, source.kind()), (room as u64, io::ErrorKind::StorageFull));
        assert!(later.iter().all(|error| matches!(error, WriteError::Stopped)), "room for {room}: {later:?}");
        assert_eq!(drops.get(), 1, "the sink is let go of once, with room for {room}");
    }
    assert!(fill(FullAfter { room: len, drops: Rc::default() }).is_empty());
}

#[test]
fn a_name_without_end_is_refused_and_the_recording_goes_on() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    let error = writer.frame(&"x".repeat(2000), TIMES, JPEG).unwrap_err();
    assert!(matches!(error, WriteError::TooLong { len: 2000, .. }), "{error}");
    writer.frame("robot1", TIMES, JPEG).unwrap();
    assert_eq!(messages(&writer.finish().unwrap()).len(), 1);
}

fn everything<W: Write>(writer: &mut Writer<W>, robot: &str) -> Result<(), WriteError> {
    let colour = Colour { r: 0.0, g: 1.0, b: 0.5, a: 1.0 };
    let points = vec![[1.0, 2.0], [3.0, 4.5]];
    let annotations = Annotations {
        outlines: vec![Outline { points, shape: OutlineShape::Closed, colour, thickness: 2.0 }],
        circles: vec![Circle { centre: [5.0, 6.0], diameter: 7.0, colour, thickness: 1.0 }],
        labels: vec![Label { at: [8.0, 9.0], text: "QR: grüße".to_owned(), colour, font_size: 12.0 }],
    };
    writer.frame(robot, TIMES, JPEG)?;
    writer.annotations(robot, TIMES, &annotations)?;
    writer.report(robot, TIMES, "{\"event\":\"frame\"}")
}

/// All errors of a recording whose maker does not stop at the first.
fn fill(sink: FullAfter) -> Vec<WriteError> {
    let mut writer = match Writer::new(sink) {
        Ok(writer) => writer,
        Err(error) => return vec![error],
    };
    let first = everything(&mut writer, "robot1");
    let flush = writer.flush();
    let second = everything(&mut writer, "robot2");
    [first, flush, second, writer.finish().map(drop)].into_iter().filter_map(Result::err).collect()
}

fn messages(bytes: &[u8]) -> Vec<mcap::Message<'static>> {
    // Messages borrow what they were read from; a test may leak that.
    let bytes: &'static [u8] = bytes.to_vec().leak();
    let stream = MessageStream::new_with_options(bytes, Options::IgnoreEndMagic.into()).unwrap();
    stream.collect::<Result<_, _>>().unwrap()
}

/// A sink that can be looked into while it is written.
#[derive(Clone, Default)]
struct Shared(Rc<std::cell::RefCell<Vec<u8>>>);

impl Shared {
    fn bytes(&self) -> Vec<u8> {
        self.0.borrow().clone()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A disk with room for so many bytes.
struct FullAfter {
    room: usize,
    drops: Rc<Cell<u32>>,
}

impl Write for FullAfter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.room);
        self.room -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for FullAfter {
    fn drop(&mut self) {
        self.drops.set(self.drops.get() + 1);
    }
}
