//! Reads a fault as the user writes it.

use std::str::FromStr;

use super::table::{Argument, ROWS, Row, Scope};
use super::{Fault, Frames, Kind};

/// A fault that is not well written: what, where, and how it should be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("fault `{spec}`, character {at}: {problem}; {advice}")]
pub struct FaultError {
    spec: String,
    at: usize,
    problem: String,
    advice: String,
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(spec: &str) -> Result<Self, FaultError> {
        let parts = Parts::split(spec);
        let Some(row) = Row::named(parts.name) else {
            return Err(unknown_kind(spec, parts.name));
        };
        let wrong = |Wrong { at, problem }: Wrong| FaultError {
            spec: spec.to_owned(),
            at: spec[..at.min(spec.len())].chars().count() + 1,
            problem,
            advice: format!("write {}, for example {}", row.syntax(), row.example),
        };
        let kind = parts.kind(&row.argument).map_err(wrong)?;
        let frames = parts.frames(row.scope).map_err(wrong)?;
        Ok(Fault { kind, frames })
    }
}

impl TryFrom<String> for Fault {
    type Error = FaultError;

    fn try_from(spec: String) -> Result<Self, FaultError> {
        spec.parse()
    }
}

/// A spec taken apart; each part with the byte it starts at.
struct Parts<'a> {
    name: &'a str,
    frames: Option<(usize, &'a str)>,
    arg: Option<(usize, &'a str)>,
    end: usize,
}

/// What is wrong, and at which byte of the spec.
struct Wrong {
    at: usize,
    problem: String,
}

impl<'a> Parts<'a> {
    fn split(spec: &'a str) -> Self {
        let (head, arg) = match spec.split_once(':') {
            Some((head, arg)) => (head, Some((head.len() + 1, arg))),
            None => (spec, None),
        };
        let (name, frames) = match head.split_once('@') {
            Some((name, frames)) => (name, Some((name.len() + 1, frames))),
            None => (head, None),
        };
        Self { name, frames, arg, end: spec.len() }
    }

    fn frames(&self, scope: Scope) -> Result<Frames, Wrong> {
        match self.frames {
            Some((at, text)) => Frames::parse(text).ok_or_else(|| Wrong {
                at,
                problem: format!("`{text}` names no frames (12, 12-20, * or */10, counted from 0)"),
            }),
            None if scope == Scope::Link => Ok(Frames::ALL),
            None => Err(Wrong { at: self.name.len(), problem: "the frames are missing".to_owned() }),
        }
    }

    fn kind(&self, argument: &Argument) -> Result<Kind, Wrong> {
        match (argument, self.arg) {
            (Argument::None(kind), None) | (Argument::Optional(_, kind, _), None) => Ok(*kind),
            (Argument::None(_), Some((at, text))) => {
                Err(Wrong { at, problem: format!("`{text}` is one too many: this fault has no argument") })
            }
            (Argument::Required(..), None) => {
                Err(Wrong { at: self.end, problem: "the argument is missing".to_owned() })
            }
            (Argument::Default(_, default, value), None) => {
                Ok((value.parse)(default).expect("a test reads every default"))
            }
            (
                Argument::Required(_, value) | Argument::Default(_, _, value) | Argument::Optional(_, _, value),
                Some((at, text)),
            ) => (value.parse)(text).map_err(|problem| Wrong { at, problem }),
        }
    }
}

fn unknown_kind(spec: &str, name: &str) -> FaultError {
    let names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
    FaultError {
        spec: spec.to_owned(),
        at: 1,
        problem: format!("there is no fault `{name}`"),
        advice: format!("write KIND@FRAMES[:ARG] with one of {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU64, NonZeroUsize};
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::Amount;
    use super::*;

    fn error(spec: &str) -> String {
        spec.parse::<Fault>().unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_kind_is_answered_with_all_kinds() {
        let error = error("stal@30:2s");
        assert!(error.starts_with("fault `stal@30:2s`, character 1: there is no fault `stal`"), "{error}");
        for row in &ROWS {
            assert!(error.contains(row.name), "{error}");
        }
    }

    #[test]
    fn an_error_names_the_place_and_the_form() {
        assert_eq!(
            error("flip@x:20"),
            "fault `flip@x:20`, character 6: `x` names no frames (12, 12-20, * or */10, counted from 0); \
             write flip@FRAMES[:BITS], for example flip@12:20"
        );
        assert_eq!(
            error("stall@30:soon"),
            "fault `stall@30:soon`, character 10: `soon` is not a time such as 20ms, 2s or 1m; \
             write stall@FRAMES:TIME, for example stall@30:2s"
        );
        assert_eq!(
            error("stall@30"),
            "fault `stall@30`, character 9: the argument is missing; write stall@FRAMES:TIME, for example stall@30:2s"
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for bad in [
            "",
            "@",
            ":",
            "flip",
            "flip@",
            "flip@1:0",
            "flip@1:-3",
            "cut@3:101%",
            "cut@3:%",
            "oversize@1:4294967296",
            "dribble:0",
            "bandwidth",
            "bandwidth:0",
            "bandwidth:1X",
            "bandwidth:99999999999G",
            "bandwidth:9",
            "bandwidth:11G",
            "stall@1:25h",
            "jitter:584years",
            "jitter",
            "hangup@3:1",
            "end@1:",
            "garbage",
            "stall@1:2",
            "zeros@1:é",
        ] {
            assert!(bad.parse::<Fault>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_argument_left_out_has_its_documented_value() {
        for (short, long) in [
            ("cut@3", "cut@3:50%"),
            ("truncate@3", "truncate@3:50%"),
            ("flip@3", "flip@3:20"),
            ("zeros@3", "zeros@3:200"),
            ("noise@3", "noise@3:16"),
            ("missing@3", "missing@3:16"),
            ("oversize@3", "oversize@3:4294967295"),
            ("dribble", "dribble@*:1"),
            ("reconnect@3", "reconnect@3:500ms"),
        ] {
            assert_eq!(short.parse::<Fault>(), long.parse::<Fault>(), "{short}");
        }
    }

    fn kinds() -> impl Strategy<Value = Kind> {
        let time = || (0u64..10_000_000).prop_map(Duration::from_micros);
        let amount = || prop_oneof![(0u8..=100).prop_map(Amount::Percent), any::<u32>().prop_map(Amount::Bytes)];
        prop_oneof![
            time().prop_map(Kind::Stall),
            amount().prop_map(Kind::Cut),
            amount().prop_map(Kind::Truncate),
            (1u32..).prop_map(Kind::Flip),
            (1u32..).prop_map(Kind::Zeros),
            (1u32..).prop_map(Kind::Noise),
            (1u32..).prop_map(Kind::Missing),
            any::<u32>().prop_map(Kind::Oversize),
            any::<NonZeroUsize>().prop_map(Kind::Dribble),
            (10..=10_000_000_000_u64).prop_map(|rate| Kind::Bandwidth(NonZeroU64::new(rate).expect("it is not zero"))),
            time().prop_map(Kind::Jitter),
            time().prop_map(Kind::Reconnect),
            prop::option::of(time()).prop_map(Kind::HalfOpen),
            prop::sample::select(vec![Kind::HangUp, Kind::Garbage, Kind::End, Kind::BytesAfterEnd, Kind::BigEndian]),
        ]
    }

    fn frames() -> impl Strategy<Value = Frames> {
        prop_oneof![
            (any::<u64>(), any::<u64>()).prop_map(|(a, b)| Frames::Range { first: a.min(b), last: a.max(b) }),
            any::<NonZeroU64>().prop_map(Frames::Every),
            Just(Frames::ALL),
        ]
    }

    proptest! {
        #[test]
        fn a_fault_reads_back_as_it_prints(kind in kinds(), frames in frames()) {
            let fault = Fault { kind, frames };
            prop_assert_eq!(fault.to_string().parse::<Fault>(), Ok(fault));
        }

        #[test]
        fn any_text_is_a_fault_or_an_error_that_quotes_it(spec in "\\PC{0,20}|[a-z-]{3,8}@[0-9*/-]{1,4}:[0-9a-zA-Z%]{0,5}") {
            if let Err(error) = spec.parse::<Fault>() {
                let text = error.to_string();
                prop_assert!(text.contains(&format!("`{spec}`")), "{}", text);
            }
        }
    }
}
