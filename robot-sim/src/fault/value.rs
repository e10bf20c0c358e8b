//! The values that a fault's argument may have, as the user writes them.

use std::fmt;
use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

/// How much of a run of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// This many hundredths, at most 100.
    Percent(u8),
    /// This many bytes.
    Bytes(u32),
}

impl Amount {
    /// Returns how many bytes of `len` this is: at least `least`, and fewer than `len` where that is possible.
    pub(super) fn of(self, len: usize, least: usize) -> usize {
        let bytes = match self {
            Amount::Percent(percent) => (len as u128 * u128::from(percent) / 100) as usize,
            Amount::Bytes(bytes) => bytes as usize,
        };
        bytes.min(len.saturating_sub(1)).max(least)
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

pub(super) fn time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|_| format!("`{text}` is not a time such as 20ms, 2s or 1m"))?;
    let (most, words) = (LONGEST_TIME, humantime::format_duration(LONGEST_TIME));
    if time <= most { Ok(time) } else { Err(format!("`{text}` is longer than {words}, which is the most")) }
}

pub(super) fn amount(text: &str) -> Result<Amount, String> {
    let wrong = || format!("`{text}` is neither a percentage from 0% to 100% nor a number of bytes");
    match text.strip_suffix('%') {
        Some(percent) => match percent.parse() {
            Ok(percent @ 0..=100) => Ok(Amount::Percent(percent)),
            _ => Err(wrong()),
        },
        None => text.parse().map(Amount::Bytes).map_err(|_| wrong()),
    }
}

pub(super) fn count(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|&count| count > 0).ok_or_else(|| format!("`{text}` is not a whole number from 1"))
}

pub(super) fn length(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("`{text}` is not a length from 0 to {}", u32::MAX))
}

pub(super) fn bytes(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| format!("`{text}` is not a whole number of bytes from 1"))
}

pub(super) fn rate(text: &str) -> Result<NonZeroU64, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'k') => (&text[..text.len() - 1], 1_000),
        Some(b'M') => (&text[..text.len() - 1], 1_000_000),
        Some(b'G') => (&text[..text.len() - 1], 1_000_000_000),
        _ => (text, 1),
    };
    let rate = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).and_then(NonZeroU64::new);
    let rate = rate.ok_or_else(|| format!("`{text}` is not a number of bytes a second such as 800, 500k, 1M or 1G"))?;
    let (least, most) = (LOWEST_RATE, HIGHEST_RATE);
    if (least..=most).contains(&rate.get()) {
        Ok(rate)
    } else {
        Err(format!(
            "`{text}` is not from {least} to {} bytes a second",
            print_rate(NonZeroU64::new(most).expect("it is not zero"))
        ))
    }
}

/// Prints a value as Rust does.
pub(super) fn print(value: impl fmt::Display) -> String {
    value.to_string()
}

/// Prints a time without blanks, so that a fault stays one word in a shell.
pub(super) fn print_time(time: Duration) -> String {
    humantime::format_duration(time).to_string().replace(' ', "")
}

/// Prints a rate with the largest unit that needs no fraction.
pub(super) fn print_rate(rate: NonZeroU64) -> String {
    match rate.get() {
        rate if rate.is_multiple_of(1_000_000_000) => format!("{}G", rate / 1_000_000_000),
        rate if rate.is_multiple_of(1_000_000) => format!("{}M", rate / 1_000_000),
        rate if rate.is_multiple_of(1_000) => format!("{}k", rate / 1_000),
        rate => rate.to_string(),
    }
}

/// Nobody waits longer for a test.
const LONGEST_TIME: Duration = Duration::from_secs(24 * 60 * 60);
/// Bytes a second: an ordinary frame takes minutes.
const LOWEST_RATE: u64 = 10;
/// Bytes a second: more than any link that a robot has.
const HIGHEST_RATE: u64 = 10_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_never_the_whole() {
        assert_eq!(Amount::Percent(50).of(101, 1), 50);
        assert_eq!(Amount::Percent(100).of(101, 1), 100);
        assert_eq!(Amount::Bytes(7).of(101, 1), 7);
        assert_eq!(Amount::Bytes(500).of(101, 1), 100);
    }

    #[test]
    fn an_amount_is_never_below_the_least() {
        assert_eq!(Amount::Percent(0).of(101, 1), 1);
        assert_eq!(Amount::Bytes(0).of(101, 0), 0);
        assert_eq!(Amount::Percent(50).of(1, 1), 1);
    }
}
