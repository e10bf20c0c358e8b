//! Tells from a stream's first bytes how it is framed, or what else it is.
//!
//! Four bytes are a length, or they are not: text and JPEG markers make lengths of hundreds of megabytes. Where a limit
//! allows such lengths, and for the few foreign beginnings that are ordinary lengths, the bytes behind them decide: a JPEG
//! follows a length.

use crate::Foreign;

/// What a stream begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    Length,
    Bare,
    Multipart,
    Foreign(Foreign),
}

/// Judges the first bytes of a stream; `None` means that more are needed.
///
/// The verdict on a prefix is the verdict on everything that begins with it, and it comes before a frame of that prefix is
/// whole.
pub(crate) fn sniff(prefix: &[u8], limit: u32) -> Option<Beginning> {
    let (&header, behind) = prefix.split_first_chunk::<4>()?;
    let (len, swapped) = (u32::from_le_bytes(header), u32::from_be_bytes(header));
    if len == 0 {
        return Some(Beginning::Length);
    }
    let is_length = len <= limit;
    if is_length || swapped <= limit {
        let most = if is_length { len } else { swapped };
        match begins(behind, JPEG, most) {
            Match::Whole if is_length => return Some(Beginning::Length),
            Match::Whole => return Some(Beginning::Foreign(Foreign::BigEndian { len, limit, swapped })),
            Match::SoFar => return None,
            Match::No => {}
        }
    }
    let mut undecided = false;
    for (beginning, judge) in BEGINNINGS {
        match judge(prefix) {
            Match::Whole => return Some(beginning.clone()),
            Match::SoFar => undecided = true,
            Match::No => {}
        }
    }
    if is_length && len >= SHORTEST_FOREIGN {
        for (signature, foreign) in BEHIND_A_LENGTH {
            match begins(behind, signature, len) {
                Match::Whole => return Some(Beginning::Foreign(foreign.clone())),
                Match::SoFar => undecided = true,
                Match::No => {}
            }
        }
    }
    if undecided {
        return None;
    }
    let is_text = !is_length && header.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n'));
    Some(if is_text { Beginning::Foreign(Foreign::Text) } else { Beginning::Length })
}

/// How far bytes agree with what is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    Whole,
    SoFar,
    No,
}

/// Compares the beginning of `bytes`, of which there will be at most `most`.
fn begins(bytes: &[u8], signature: &[u8], most: u32) -> Match {
    let signature = &signature[..signature.len().min(most as usize)];
    let compared = bytes.len().min(signature.len());
    match bytes[..compared] == signature[..compared] {
        false => Match::No,
        true if compared == signature.len() => Match::Whole,
        true => Match::SoFar,
    }
}

fn begins_with_one_of(bytes: &[u8], signatures: &[&[u8]]) -> Match {
    let matches = signatures.iter().map(|signature| begins(bytes, signature, u32::MAX));
    matches.min_by_key(|matched| *matched as u8).unwrap_or(Match::No)
}

/// `FF D8 FF` and a marker: as a length, 3 GiB and more.
fn bare(prefix: &[u8]) -> Match {
    if prefix.starts_with(&[0xFF, 0xD8, 0xFF]) && prefix[3] >= 0xC0 { Match::Whole } else { Match::No }
}

/// `--` and the first character of a boundary, perhaps behind empty lines.
fn multipart(prefix: &[u8]) -> Match {
    let lines = prefix.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    match &prefix[lines..] {
        _ if lines > MOST_LINE_ENDS => Match::No,
        [b'-', b'-', first, ..] if first.is_ascii_graphic() => Match::Whole,
        [] | [b'-'] | [b'-', b'-'] => Match::SoFar,
        _ => Match::No,
    }
}

/// A start code and the header of a NAL unit, whose first bit is zero; other MPEG videos have start codes from `B0` on.
fn mpeg(prefix: &[u8]) -> Match {
    match prefix {
        [0, 0, 0, 1] => Match::SoFar,
        [0, 0, 0, 1, kind, ..] if *kind != 0 && *kind < 0x80 => Match::Whole,
        [0, 0, 1, kind, ..] if *kind != 0 => Match::Whole,
        _ => Match::No,
    }
}

/// A handshake record with a client's greeting. 66,326 is its first four bytes' length at the least.
fn tls(prefix: &[u8]) -> Match {
    match prefix {
        [0x16, 3, 0..=4, _] | [0x16, 3, 0..=4, _, _] => Match::SoFar,
        [0x16, 3, 0..=4, _, _, 1, ..] => Match::Whole,
        _ => Match::No,
    }
}

/// `OPTIONS` is what an RTSP client begins with, and rare in HTTP; the end of the line tells.
fn options(prefix: &[u8], word: &[u8]) -> Match {
    if !prefix.starts_with(b"OPTI") {
        return Match::No;
    }
    let line = prefix.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_rtsp = line.windows(4).any(|part| part.eq_ignore_ascii_case(b"rtsp"));
    let is_over = is_rtsp || line.len() < prefix.len() || prefix.len() >= LONGEST;
    match is_over {
        false => Match::SoFar,
        true if is_rtsp == (word == b"rtsp") => Match::Whole,
        true => Match::No,
    }
}

fn http_request(prefix: &[u8]) -> Match {
    let methods: &[&[u8]] = &[b"GET ", b"POST", b"HEAD", b"PUT ", b"DELE", b"PATC", b"CONN", b"TRAC", b"PRI "];
    match begins_with_one_of(prefix, methods) {
        Match::No => options(prefix, b"http"),
        matched => matched,
    }
}

fn rtsp(prefix: &[u8]) -> Match {
    let words: &[&[u8]] = &[b"RTSP", b"DESC", b"ANNO", b"SETU", b"PLAY", b"RECO", b"TEAR"];
    match begins_with_one_of(prefix, words) {
        Match::No => options(prefix, b"rtsp"),
        matched => matched,
    }
}

/// The two kinds of `RIFF` file that cameras and programs write.
fn riff(prefix: &[u8], kind: &[u8]) -> Match {
    match begins(prefix, b"RIFF", u32::MAX) {
        Match::Whole if prefix.len() <= 8 => Match::SoFar,
        Match::Whole => begins(&prefix[8..], kind, u32::MAX),
        other => other,
    }
}

/// One packet with the start of a table of programs or services.
fn transport_stream(prefix: &[u8]) -> Match {
    match prefix {
        [0x47, 0x40..=0x5F, _, 0x10] | [0x47, 0x40..=0x5F, _, 0x10, 0] => Match::SoFar,
        [0x47, 0x40..=0x5F, _, 0x10, 0, 0x00 | 0x42, ..] => Match::Whole,
        _ => Match::No,
    }
}

/// A box with a big-endian length of at least eight bytes: as a length of ours, 128 MiB and more.
fn mp4(prefix: &[u8]) -> Match {
    if prefix[0] == 0 && prefix[3] >= 8 { begins(&prefix[4..], b"ftyp", u32::MAX) } else { Match::No }
}

type Judge = fn(&[u8]) -> Match;

/// What a stream may begin with, and how it is known. A judge is given at least four bytes.
const BEGINNINGS: &[(Beginning, Judge)] = &[
    (Beginning::Bare, bare),
    (Beginning::Multipart, multipart),
    (Beginning::Foreign(Foreign::Mpeg { at: 0 }), mpeg),
    (Beginning::Foreign(Foreign::Tls), tls),
    (Beginning::Foreign(Foreign::HttpRequest), http_request),
    (Beginning::Foreign(Foreign::HttpAnswer), |prefix| begins(prefix, b"HTTP", u32::MAX)),
    (Beginning::Foreign(Foreign::Rtsp), rtsp),
    (Beginning::Foreign(Foreign::Picture { at: 0, format: "PNG" }), |prefix| begins(prefix, PNG, u32::MAX)),
    (Beginning::Foreign(Foreign::Picture { at: 0, format: "GIF" }), |prefix| begins(prefix, GIF, u32::MAX)),
    (Beginning::Foreign(Foreign::Picture { at: 0, format: "WebP" }), |prefix| riff(prefix, b"WEBP")),
    (Beginning::Foreign(Foreign::Container { format: "AVI" }), |prefix| riff(prefix, b"AVI ")),
    (Beginning::Foreign(Foreign::Container { format: "MP4" }), mp4),
    (Beginning::Foreign(Foreign::Container { format: "MPEG-TS" }), transport_stream),
    (Beginning::Foreign(Foreign::Container { format: "Matroska or WebM" }), |prefix| begins(prefix, EBML, u32::MAX)),
    (Beginning::Foreign(Foreign::Container { format: "FLV" }), |prefix| begins(prefix, b"FLV\x01", u32::MAX)),
];

/// What may be in place of a JPEG behind a length.
const BEHIND_A_LENGTH: &[(&[u8], Foreign)] = &[
    (PNG, Foreign::Picture { at: 4, format: "PNG" }),
    (GIF, Foreign::Picture { at: 4, format: "GIF" }),
    (b"RIFF", Foreign::Picture { at: 4, format: "WebP" }),
    (&[0, 0, 0, 1, 0x27], Foreign::Mpeg { at: 4 }),
    (&[0, 0, 0, 1, 0x67], Foreign::Mpeg { at: 4 }),
];

const JPEG: &[u8] = &[0xFF, 0xD8];
const PNG: &[u8] = b"\x89PNG";
const GIF: &[u8] = b"GIF8";
const EBML: &[u8] = &[0x1A, 0x45, 0xDF, 0xA3];
/// No picture is shorter in the formats behind a length; shorter frames are never waited for.
const SHORTEST_FOREIGN: u32 = 16;
/// Two line ends before the first boundary.
const MOST_LINE_ENDS: usize = 4;
/// The longest prefix that may be needed.
pub(crate) const LONGEST: usize = 24;

#[cfg(test)]
mod tests;
