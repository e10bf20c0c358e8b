//! Reads a fault as the user writes it.

use std::num::{NonZeroU64, NonZeroUsize};
use std::str::FromStr;
use std::time::Duration;

use super::text::{FORMS, Form};
use super::{Amount, Fault, Frames, Kind};

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
        let Some(form) = FORMS.iter().find(|form| form.name == parts.name) else {
            return Err(unknown_kind(spec, parts.name));
        };
        let wrong = |Wrong { at, problem }: Wrong| FaultError {
            spec: spec.to_owned(),
            at: spec[..at.min(spec.len())].chars().count() + 1,
            problem,
            advice: format!("write {}, for example {}", form.shape, form.example),
        };
        let kind = parts.kind(form).map_err(wrong)?;
        let frames = parts.frames(kind).map_err(wrong)?;
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

    fn frames(&self, kind: Kind) -> Result<Frames, Wrong> {
        match self.frames {
            Some((at, text)) => Frames::parse(text).ok_or_else(|| Wrong {
                at,
                problem: format!("`{text}` names no frames (12, 12-20, * or */10, counted from 0)"),
            }),
            None if kind.is_of_the_link() => Ok(Frames::ALL),
            None => Err(Wrong { at: self.name.len(), problem: "it does not say on which frame".to_owned() }),
        }
    }

    fn kind(&self, form: &Form) -> Result<Kind, Wrong> {
        Ok(match form.name {
            "stall" => Kind::Stall(self.required(time)?),
            "cut" => Kind::Cut(self.optional(amount)?.unwrap_or(Amount::Percent(50))),
            "truncate" => Kind::Truncate(self.optional(amount)?.unwrap_or(Amount::Percent(50))),
            "flip" => Kind::Flip(self.optional(count)?.unwrap_or(20)),
            "zeros" => Kind::Zeros(self.optional(count)?.unwrap_or(200)),
            "oversize" => Kind::Oversize(self.optional(length)?.unwrap_or(u32::MAX)),
            "dribble" => Kind::Dribble(self.optional(bytes)?.unwrap_or(NonZeroUsize::MIN)),
            "bandwidth" => Kind::Bandwidth(self.required(rate)?),
            "jitter" => Kind::Jitter(self.required(time)?),
            "reconnect" => Kind::Reconnect(self.optional(time)?.unwrap_or(Duration::from_millis(500))),
            "half-open" => Kind::HalfOpen(self.optional(time)?),
            "hangup" => self.bare(Kind::HangUp)?,
            "garbage" => self.bare(Kind::Garbage)?,
            "end" => self.bare(Kind::End)?,
            "bytes-after-end" => self.bare(Kind::BytesAfterEnd)?,
            "big-endian" => self.bare(Kind::BigEndian)?,
            name => unreachable!("the table has a kind that is not read: {name}"),
        })
    }

    fn optional<T>(&self, read: fn(&str) -> Result<T, String>) -> Result<Option<T>, Wrong> {
        let Some((at, text)) = self.arg else { return Ok(None) };
        read(text).map(Some).map_err(|problem| Wrong { at, problem })
    }

    fn required<T>(&self, read: fn(&str) -> Result<T, String>) -> Result<T, Wrong> {
        self.optional(read)?.ok_or_else(|| Wrong { at: self.end, problem: "something is missing".to_owned() })
    }

    fn bare(&self, kind: Kind) -> Result<Kind, Wrong> {
        match self.arg {
            None => Ok(kind),
            Some((at, text)) => {
                Err(Wrong { at, problem: format!("`{text}` is too much, nothing comes after the frames") })
            }
        }
    }
}

fn unknown_kind(spec: &str, name: &str) -> FaultError {
    let names: Vec<&str> = FORMS.iter().map(|form| form.name).collect();
    FaultError {
        spec: spec.to_owned(),
        at: 1,
        problem: format!("there is no fault `{name}`"),
        advice: format!("write KIND@FRAMES[:ARG] with one of {}", names.join(", ")),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| format!("`{text}` is not a time such as 20ms, 2s or 1m"))
}

fn amount(text: &str) -> Result<Amount, String> {
    let wrong = || format!("`{text}` is neither a percentage from 0% to 100% nor a number of bytes");
    match text.strip_suffix('%') {
        Some(percent) => match percent.parse() {
            Ok(percent @ 0..=100) => Ok(Amount::Percent(percent)),
            _ => Err(wrong()),
        },
        None => text.parse().map(Amount::Bytes).map_err(|_| wrong()),
    }
}

fn count(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|&count| count > 0).ok_or_else(|| format!("`{text}` is not a whole number from 1"))
}

fn length(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("`{text}` is not a length from 0 to {}", u32::MAX))
}

fn bytes(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| format!("`{text}` is not a whole number of bytes from 1"))
}

fn rate(text: &str) -> Result<NonZeroU64, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'k') => (&text[..text.len() - 1], 1_000),
        Some(b'M') => (&text[..text.len() - 1], 1_000_000),
        Some(b'G') => (&text[..text.len() - 1], 1_000_000_000),
        _ => (text, 1),
    };
    let rate = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).and_then(NonZeroU64::new);
    rate.ok_or_else(|| format!("`{text}` is not a number of bytes a second such as 800, 500k, 1M or 1G"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(spec: &str) -> String {
        spec.parse::<Fault>().unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_kind_is_answered_with_all_kinds() {
        let error = error("stal@30:2s");
        assert!(error.starts_with("fault `stal@30:2s`, character 1: there is no fault `stal`"), "{error}");
        for form in &FORMS {
            assert!(error.contains(form.name), "{error}");
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
            "fault `stall@30`, character 9: something is missing; write stall@FRAMES:TIME, for example stall@30:2s"
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
            any::<u32>().prop_map(Kind::Oversize),
            any::<NonZeroUsize>().prop_map(Kind::Dribble),
            any::<NonZeroU64>().prop_map(Kind::Bandwidth),
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
