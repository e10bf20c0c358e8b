//! The fuzzers' functions on a fixed number of inputs: real streams and files with some bytes changed, and any bytes.

use std::fs;
use std::path::Path;

use fuzz::TARGETS;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// A change to an input.
#[derive(Debug, Clone)]
enum Edit {
    Byte { at: usize, to: u8 },
    Cut { at: usize, len: usize },
    Repeat { at: usize, len: usize },
}

#[test]
fn no_bytes_break_a_promise() {
    let seeds = seeds();
    assert!(seeds.len() > 30, "the files that are changed are gone: {seeds:?}");
    for (name, target) in TARGETS {
        let edited = (0..seeds.len(), vec(edit(), 0..8), any::<[u8; 2]>());
        let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&edited, |(seed, edits, start)| {
            let mut bytes = [&start[..], &seeds[seed]].concat();
            edits.iter().for_each(|edit| edit.apply(&mut bytes));
            target(&bytes);
            target(bytes.get(2..).unwrap_or_default());
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
        runner
            .run(&vec(any::<u8>(), 0..200), |bytes| {
                target(&bytes);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// robot-sim can be built without OpenCV, and so has a function of its own.
#[test]
fn both_programs_escape_the_same_characters() {
    for c in '\0'..=char::MAX {
        let message = c.to_string();
        assert_eq!(vision::text::printable(&message), robot_sim::printable(&message));
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, to)| Edit::Byte { at, to }),
        (any::<usize>(), 1..64_usize).prop_map(|(at, len)| Edit::Cut { at, len }),
        (any::<usize>(), 1..64_usize).prop_map(|(at, len)| Edit::Repeat { at, len }),
    ]
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let (Self::Byte { at, .. } | Self::Cut { at, .. } | Self::Repeat { at, .. }) = *self;
        let Some(at) = at.checked_rem(bytes.len()) else { return };
        match *self {
            Self::Byte { to, .. } => bytes[at] = to,
            Self::Cut { len, .. } => _ = bytes.drain(at..(at + len).min(bytes.len())),
            Self::Repeat { len, .. } => {
                let part = bytes[at..(at + len).min(bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
}

/// The bytes of small files of every kind.
fn seeds() -> Vec<Vec<u8>> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = xtask::seeds::files(&project).expect("they are in the project");
    files.iter().filter_map(|file| fs::read(file).ok()).filter(|bytes| bytes.len() <= LARGEST).collect()
}

const CASES: u32 = 2000;
const LARGEST: usize = 40_000;
