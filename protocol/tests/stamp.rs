//! Stamps written by the other implementation, CPython: see `golden/make.py`; and properties of any bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use protocol::{Frame, Stamp};

#[test]
fn stamps_are_read_as_python_wrote_them() {
    for (stamp, stamped) in GOLDENS {
        assert_eq!(Stamp::read(stamped), Some(*stamp));
    }
}

#[test]
fn stamps_are_written_as_python_writes_them() {
    for (stamp, stamped) in GOLDENS {
        let rest = &stamped[stamped.len() - 40..];
        let frame = Frame::new([b"\xFF\xD8", rest].concat()).unwrap();
        assert_eq!(stamp.write(frame).unwrap().as_bytes(), *stamped);
    }
}

proptest! {
    #[test]
    fn a_stamp_comes_back_and_changes_nothing_else(seq: u64, time_ns: u64, rest in vec(any::<u8>(), 0..80)) {
        let stamp = Stamp { seq, time_ns };
        let plain = [b"\xFF\xD8", rest.as_slice()].concat();
        let once = stamp.write(Frame::new(plain.clone()).unwrap()).unwrap();
        prop_assert_eq!(Stamp::read(once.as_bytes()), Some(stamp));
        prop_assert!(once.as_bytes().ends_with(&rest) && once.as_bytes().len() <= plain.len() + 57);
        prop_assert_eq!(stamp.write(once.clone()).unwrap(), once);
    }

    #[test]
    fn what_is_read_is_written_alike(bytes in stamp_like()) {
        if let Some(stamp) = Stamp::read(&bytes) {
            prop_assert_eq!(stamp.write(Frame::new(bytes.clone()).unwrap()).unwrap().into_bytes(), bytes);
        }
    }
}

/// Bytes that are a stamp, or nearly.
fn stamp_like() -> impl Strategy<Value = Vec<u8>> {
    let text = "rv1 seq=[0-9]{1,3} t=[0-9]{1,3}[ 0]{0,1}";
    (text, any::<bool>(), vec(any::<u8>(), 0..4)).prop_map(|(text, is_fitting, rest)| {
        let len = text.len() as u16 + if is_fitting { 2 } else { 3 };
        [b"\xFF\xD8\xFF\xFE", len.to_be_bytes().as_slice(), text.as_bytes(), &rest].concat()
    })
}

macro_rules! golden {
    ($seq:literal, $time_ns:literal) => {
        (
            Stamp { seq: $seq, time_ns: $time_ns },
            include_bytes!(concat!("golden/", stringify!($seq), "-", stringify!($time_ns), ".stamped")),
        )
    };
}

const GOLDENS: &[(Stamp, &[u8])] =
    &[golden!(0, 0), golden!(17, 1795000000123456789), golden!(18446744073709551615, 18446744073709551615)];
