//! How each fault is written: the one table behind parsing, printing, error texts and the help.

use std::fmt;
use std::time::Duration;

use super::{Amount, Fault, Faults, Frames, Kind};

/// One row of the table.
pub(super) struct Form {
    /// The name before the `@`.
    pub(super) name: &'static str,
    /// The shape, with optional parts in brackets.
    pub(super) shape: &'static str,
    /// One that is well written.
    pub(super) example: &'static str,
    /// What it does, with the value of an argument that is left out.
    about: &'static str,
}

/// Every kind of fault.
pub(super) const FORMS: [Form; 16] = [
    form("stall", "stall@FRAMES:TIME", "stall@30:2s", "send nothing for so long before the frame"),
    form("cut", "cut@FRAMES[:AMOUNT]", "cut@30", "hang up inside the frame (after 50%), for good"),
    form("hangup", "hangup@FRAMES", "hangup@30", "hang up before the frame, without terminator, for good"),
    form(
        "truncate",
        "truncate@FRAMES[:AMOUNT]",
        "truncate@12:50%",
        "keep so much of the JPEG (50%), in a header that fits",
    ),
    form("flip", "flip@FRAMES[:BITS]", "flip@12:20", "turn over so many bits of the JPEG (20)"),
    form("zeros", "zeros@FRAMES[:BYTES]", "zeros@12:200", "make a run of so many bytes of the JPEG zero (200)"),
    form("garbage", "garbage@FRAMES", "garbage@12", "send random bytes of the same length instead"),
    form(
        "oversize",
        "oversize@FRAMES[:LENGTH]",
        "oversize@12:4294967295",
        "announce this length (4294967295) in the header",
    ),
    form("end", "end@FRAMES", "end@40", "send the zero length instead of the frame, and leave"),
    form(
        "bytes-after-end",
        "bytes-after-end@FRAMES",
        "bytes-after-end@40",
        "send the zero length, then the frame, and leave",
    ),
    form("big-endian", "big-endian@FRAMES", "big-endian@5", "write the length in the wrong byte order"),
    form("dribble", "dribble[@FRAMES][:BYTES]", "dribble:1", "write so few bytes at a time (1)"),
    form("bandwidth", "bandwidth[@FRAMES]:RATE", "bandwidth:1M", "send at so many bytes a second (k, M, G: thousands)"),
    form("jitter", "jitter[@FRAMES]:TIME", "jitter:20ms", "come late by anything up to this"),
    form(
        "reconnect",
        "reconnect@FRAMES[:TIME]",
        "reconnect@30:500ms",
        "hang up before the frame, dial again after this (500ms)",
    ),
    form(
        "half-open",
        "half-open@FRAMES[:TIME]",
        "half-open@30",
        "go silent but keep the socket, for good or for so long",
    ),
];

const fn form(name: &'static str, shape: &'static str, example: &'static str, about: &'static str) -> Form {
    Form { name, shape, example, about }
}

/// Returns the table as text, for the help of the command line.
pub fn help() -> String {
    let mut text = String::from(
        "Damage the stream on purpose; may be given several times\n\n\
         Written KIND@FRAMES[:ARG], for example --fault stall@30:2s --fault flip@12:20\n\n",
    );
    for form in &FORMS {
        text.push_str(&format!("  {:<26}{}\n", form.shape, form.about));
    }
    text.push_str(
        "\nFRAMES counts from 0 over the whole run: 12, 12-20, * (all) or */10 (every tenth).\n\
         TIME is 20ms, 2s or 1m; AMOUNT is 50% or a number of bytes; RATE is 500k or 1M.",
    );
    text
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if !(self.kind.is_of_the_link() && self.frames == Frames::ALL) {
            write!(f, "@{}", self.frames)?;
        }
        match self.kind {
            Kind::Stall(time) | Kind::Jitter(time) | Kind::Reconnect(time) | Kind::HalfOpen(Some(time)) => {
                write!(f, ":{}", spell(time))
            }
            Kind::Cut(amount) | Kind::Truncate(amount) => write!(f, ":{amount}"),
            Kind::Flip(count) | Kind::Zeros(count) | Kind::Oversize(count) => write!(f, ":{count}"),
            Kind::Dribble(bytes) => write!(f, ":{bytes}"),
            Kind::Bandwidth(rate) => write!(f, ":{}", shorten(rate.get())),
            Kind::HangUp | Kind::Garbage | Kind::End | Kind::BytesAfterEnd | Kind::BigEndian | Kind::HalfOpen(None) => {
                Ok(())
            }
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list: Vec<String> = self.list.iter().map(Fault::to_string).collect();
        write!(f, "{} (seed {})", list.join(" "), self.seed)
    }
}

impl Kind {
    /// Returns the name that the fault is written with.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Stall(_) => "stall",
            Kind::Cut(_) => "cut",
            Kind::HangUp => "hangup",
            Kind::Truncate(_) => "truncate",
            Kind::Flip(_) => "flip",
            Kind::Zeros(_) => "zeros",
            Kind::Garbage => "garbage",
            Kind::Oversize(_) => "oversize",
            Kind::End => "end",
            Kind::BytesAfterEnd => "bytes-after-end",
            Kind::BigEndian => "big-endian",
            Kind::Dribble(_) => "dribble",
            Kind::Bandwidth(_) => "bandwidth",
            Kind::Jitter(_) => "jitter",
            Kind::Reconnect(_) => "reconnect",
            Kind::HalfOpen(_) => "half-open",
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Percent(percent) => write!(f, "{percent}%"),
            Amount::Bytes(bytes) => write!(f, "{bytes}"),
        }
    }
}

/// Writes a time without blanks, so that a fault stays one word in a shell.
fn spell(time: Duration) -> String {
    humantime::format_duration(time).to_string().replace(' ', "")
}

fn shorten(rate: u64) -> String {
    match rate {
        _ if rate.is_multiple_of(1_000_000_000) => format!("{}G", rate / 1_000_000_000),
        _ if rate.is_multiple_of(1_000_000) => format!("{}M", rate / 1_000_000),
        _ if rate.is_multiple_of(1_000) => format!("{}k", rate / 1_000),
        _ => rate.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_well_written_and_prints_as_it_was_written() {
        for form in &FORMS {
            let fault: Fault = form.example.parse().unwrap();
            assert_eq!(fault.kind.name(), form.name);
            let printed = fault.to_string();
            assert!(printed.starts_with(form.example), "{} became {printed}", form.example);
            assert_eq!(printed.parse::<Fault>().unwrap(), fault);
        }
    }

    #[test]
    fn the_help_shows_every_kind_and_fits_a_terminal() {
        let help = help();
        for form in &FORMS {
            assert!(help.contains(form.shape), "{}", form.shape);
        }
        assert!(help.lines().all(|line| line.len() <= 88), "{help}");
    }
}
