//! Every kind of fault, in one table: how it is written, what it does, and how it is read and printed.
//!
//! A new fault is a variant of [`Kind`], a row here, and what [`Faults::plan`](super::Faults::plan) does for it.

use super::Kind::{self, *};
use super::value;

/// One row of the table.
pub(super) struct Row {
    /// The name before the `@`.
    pub(super) name: &'static str,
    pub(super) scope: Scope,
    pub(super) argument: Argument,
    /// One that is well written.
    pub(super) example: &'static str,
    /// What the fault does, without the default.
    help: &'static str,
}

/// Which frames a fault is about when none are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// None: they have to be named.
    Frame,
    /// All: the fault is one of the link.
    Link,
}

/// What may follow the frames, with the word for it in the syntax.
pub(super) enum Argument {
    /// Nothing.
    None(Kind),
    /// A value.
    Required(&'static str, Value),
    /// A value, or this default.
    Default(&'static str, &'static str, Value),
    /// A value, or another meaning without one.
    Optional(&'static str, Kind, Value),
}

/// How an argument is read and printed.
pub(super) struct Value {
    pub(super) parse: fn(&str) -> Result<Kind, String>,
    /// `None` if the kind is another row's.
    print: fn(Kind) -> Option<String>,
}

/// Makes the [`Value`] of a kind from a function that reads it and one that prints it.
macro_rules! value {
    ($kind:ident, $parse:path, $print:path) => {
        Value {
            parse: |text| $parse(text).map($kind),
            print: |kind| match kind {
                $kind(value) => Some($print(value)),
                _ => None,
            },
        }
    };
}

/// Every kind of fault.
pub(super) const ROWS: [Row; 18] = [
    Row {
        name: "stall",
        scope: Scope::Frame,
        argument: Argument::Required("TIME", value!(Stall, value::time, value::print_time)),
        example: "stall@30:2s",
        help: "send nothing for this long before the frame",
    },
    Row {
        name: "cut",
        scope: Scope::Frame,
        argument: Argument::Default("AMOUNT", "50%", value!(Cut, value::amount, value::print)),
        example: "cut@30:50%",
        help: "close for good inside the frame",
    },
    Row {
        name: "hangup",
        scope: Scope::Frame,
        argument: Argument::None(HangUp),
        example: "hangup@30",
        help: "close for good before the frame, without terminator",
    },
    Row {
        name: "truncate",
        scope: Scope::Frame,
        argument: Argument::Default("AMOUNT", "50%", value!(Truncate, value::amount, value::print)),
        example: "truncate@12:50%",
        help: "shorten the JPEG to this much",
    },
    Row {
        name: "flip",
        scope: Scope::Frame,
        argument: Argument::Default("BITS", "20", value!(Flip, value::count, value::print)),
        example: "flip@12:20",
        help: "flip this many bits of the JPEG",
    },
    Row {
        name: "zeros",
        scope: Scope::Frame,
        argument: Argument::Default("BYTES", "200", value!(Zeros, value::count, value::print)),
        example: "zeros@12:200",
        help: "zero this many bytes in a row",
    },
    Row {
        name: "noise",
        scope: Scope::Frame,
        argument: Argument::Default("BYTES", "16", value!(Noise, value::count, value::print)),
        example: "noise@12:16",
        help: "make this many bytes in a row random",
    },
    Row {
        name: "missing",
        scope: Scope::Frame,
        argument: Argument::Default("BYTES", "16", value!(Missing, value::count, value::print)),
        example: "missing@12:16",
        help: "leave out this many bytes of the JPEG",
    },
    Row {
        name: "garbage",
        scope: Scope::Frame,
        argument: Argument::None(Garbage),
        example: "garbage@12",
        help: "send random bytes of the same length instead",
    },
    Row {
        name: "oversize",
        scope: Scope::Frame,
        argument: Argument::Default("LENGTH", "4294967295", value!(Oversize, value::length, value::print)),
        example: "oversize@12:4294967295",
        help: "announce this length",
    },
    Row {
        name: "end",
        scope: Scope::Frame,
        argument: Argument::None(End),
        example: "end@40",
        help: "send the terminator instead of the frame, and close",
    },
    Row {
        name: "bytes-after-end",
        scope: Scope::Frame,
        argument: Argument::None(BytesAfterEnd),
        example: "bytes-after-end@40",
        help: "send the terminator, then the frame, and close",
    },
    Row {
        name: "big-endian",
        scope: Scope::Frame,
        argument: Argument::None(BigEndian),
        example: "big-endian@5",
        help: "write the length in the wrong byte order",
    },
    Row {
        name: "dribble",
        scope: Scope::Link,
        argument: Argument::Default("BYTES", "1", value!(Dribble, value::bytes, value::print)),
        example: "dribble:1",
        help: "write this many bytes at a time",
    },
    Row {
        name: "bandwidth",
        scope: Scope::Link,
        argument: Argument::Required("RATE", value!(Bandwidth, value::rate, value::print_rate)),
        example: "bandwidth:1M",
        help: "send this many bytes a second",
    },
    Row {
        name: "jitter",
        scope: Scope::Link,
        argument: Argument::Required("TIME", value!(Jitter, value::time, value::print_time)),
        example: "jitter:20ms",
        help: "send the frame late by a random time up to this",
    },
    Row {
        name: "reconnect",
        scope: Scope::Frame,
        argument: Argument::Default("TIME", "500ms", value!(Reconnect, value::time, value::print_time)),
        example: "reconnect@30:500ms",
        help: "close, and connect again after this",
    },
    Row {
        name: "half-open",
        scope: Scope::Frame,
        argument: Argument::Optional(
            "TIME",
            HalfOpen(None),
            Value {
                parse: |text| value::time(text).map(|time| HalfOpen(Some(time))),
                print: |kind| match kind {
                    HalfOpen(Some(time)) => Some(value::print_time(time)),
                    _ => None,
                },
            },
        ),
        example: "half-open@30",
        help: "stay connected but silent, for this long or for good",
    },
];

impl Row {
    /// Finds the row by its name.
    pub(super) fn named(name: &str) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.name == name)
    }

    /// Finds the row of a kind, and prints the argument if the kind has one.
    pub(super) fn of(kind: Kind) -> (&'static Row, Option<String>) {
        let printed = |row: &'static Row| row.argument.print(kind).map(|text| (row, text));
        ROWS.iter().find_map(printed).expect("every kind has a row")
    }

    /// The syntax, with optional parts in brackets.
    pub(super) fn syntax(&self) -> String {
        let frames = match self.scope {
            Scope::Frame => "@FRAMES",
            Scope::Link => "[@FRAMES]",
        };
        let argument = match self.argument {
            Argument::None(_) => String::new(),
            Argument::Required(word, _) => format!(":{word}"),
            Argument::Default(word, ..) | Argument::Optional(word, ..) => format!("[:{word}]"),
        };
        format!("{}{frames}{argument}", self.name)
    }

    /// What the fault does, with the default.
    pub(super) fn help(&self) -> String {
        match self.argument {
            Argument::Default(_, default, _) => format!("{} (default {default})", self.help),
            _ => self.help.to_owned(),
        }
    }
}

impl Argument {
    /// `None` if the kind is another row's, `Some(None)` if it is printed without an argument.
    fn print(&self, kind: Kind) -> Option<Option<String>> {
        match self {
            Argument::None(without) => (*without == kind).then_some(None),
            Argument::Optional(_, without, _) if *without == kind => Some(None),
            Argument::Required(_, value) | Argument::Default(_, _, value) | Argument::Optional(_, _, value) => {
                (value.print)(kind).map(Some)
            }
        }
    }
}

/// Returns the table as text of at most 80 columns, for the help of the command line.
pub fn help() -> String {
    let mut text = String::new();
    for row in &ROWS {
        text.push_str(&format!("  {:<26}{}\n", row.syntax(), row.help()));
    }
    text.push_str(
        "\nFRAMES counts from 0 over the whole run: 12, 12-20, * (all), */10 (every tenth).\n\
         TIME is 20ms, 2s or 1m; AMOUNT is 50% or a number of bytes; RATE is 500k or 1M.",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    #[test]
    fn every_example_is_well_written_and_prints_as_it_was_written() {
        for row in &ROWS {
            let fault: Fault = row.example.parse().unwrap();
            assert_eq!(Row::of(fault.kind).0.name, row.name);
            assert_eq!(fault.to_string(), row.example);
        }
    }

    #[test]
    fn every_default_is_well_written() {
        for row in &ROWS {
            if let Argument::Default(_, default, value) = &row.argument {
                let kind = (value.parse)(default).unwrap();
                assert_eq!((value.print)(kind).as_deref(), Some(*default));
            }
        }
    }

    #[test]
    fn the_syntax_has_its_optional_parts_in_brackets() {
        let syntax = |name| Row::named(name).unwrap().syntax();
        assert_eq!(syntax("stall"), "stall@FRAMES:TIME");
        assert_eq!(syntax("cut"), "cut@FRAMES[:AMOUNT]");
        assert_eq!(syntax("hangup"), "hangup@FRAMES");
        assert_eq!(syntax("dribble"), "dribble[@FRAMES][:BYTES]");
        assert_eq!(syntax("half-open"), "half-open@FRAMES[:TIME]");
    }

    #[test]
    fn the_help_shows_every_kind_and_fits_a_terminal() {
        let help = help();
        for row in &ROWS {
            assert!(help.contains(&row.syntax()), "{}", row.name);
        }
        assert!(help.lines().all(|line| line.len() <= 80), "{help}");
    }
}
