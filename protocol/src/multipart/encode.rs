//! Parts to bytes.

use alloc::format;
use alloc::vec::Vec;

use crate::{Boundary, Frame};

/// Whether a part's headers say how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentLength {
    /// They do, as most servers' do.
    Announced,
    /// They do not: the receiver has to find the end.
    Omitted,
}

/// What goes before `frame`: the boundary's line, headers and an empty line. [`PART_END`] goes behind the frame.
#[must_use]
pub fn part_header(boundary: &Boundary, frame: &Frame, length: ContentLength) -> Vec<u8> {
    let boundary = boundary.as_str();
    let length = match length {
        ContentLength::Announced => format!("Content-Length: {}\r\n", frame.len_u32()),
        ContentLength::Omitted => Default::default(),
    };
    format!("--{boundary}\r\nContent-Type: image/jpeg\r\n{length}\r\n").into_bytes()
}

/// The line that ends a stream of parts.
#[must_use]
pub fn close_parts(boundary: &Boundary) -> Vec<u8> {
    format!("--{}--\r\n", boundary.as_str()).into_bytes()
}

/// What goes behind a part's frame.
pub const PART_END: [u8; 2] = *b"\r\n";
