//! Options about recordings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use pipeline::{Durability, RecordTarget};

use crate::run;

/// What to record.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recording")]
pub(super) struct Recording {
    /// Record everything that robots send, in a new file in this folder or in this MCAP file
    ///
    /// Key v in the window and the page's button start and stop recordings as well. A recording holds each robot's JPEGs as
    /// they came, what was found in them, and the report; robot-sim plays it, and Foxglove, Rerun and ROS 2 read it. No file
    /// that is there is replaced.
    ///
    /// Folders that are missing are created.
    ///
    /// Examples: --record recordings/, --record drive.mcap
    #[arg(long, value_name = "DIR|FILE.mcap", value_parser = OsStringValueParser::new().try_map(target))]
    record: Option<RecordTarget>,

    /// Stop recording after this many bytes; K, M, G and T stand for 1024 bytes and so on
    ///
    /// Example: --record-limit 10G
    #[arg(long = "record-limit", value_name = "BYTES", value_parser = bytes)]
    limit: Option<u64>,

    /// Begin a new file after this time
    ///
    /// Examples: --record-split 10m, --record-split 1h
    #[arg(long = "record-split", value_name = "TIME", value_parser = time)]
    split: Option<Duration>,

    /// Wait for the disk again and again, so that a power cut costs about the last second
    ///
    /// Without it only a power cut or a crash of the system costs more than that.
    #[arg(long = "record-sync")]
    sync: bool,
}

impl Recording {
    /// Recordings go to where pictures are saved unless there is another place.
    pub(super) fn config(self, save_dir: Option<&Path>) -> run::Recording {
        let starts_at_once = self.record.is_some();
        let here = || RecordTarget::Dir(save_dir.map_or_else(|| PathBuf::from("."), Path::to_owned));
        run::Recording {
            target: self.record.unwrap_or_else(here),
            starts_at_once,
            limit: self.limit,
            split: self.split,
            durability: if self.sync { Durability::PowerCut } else { Durability::Killed },
        }
    }
}

/// As the system gives it: a path need not be UTF-8.
fn target(typed: OsString) -> Result<RecordTarget, String> {
    let is_folder = typed.as_encoded_bytes().ends_with(b"/");
    let path = PathBuf::from(typed);
    match path.extension() {
        _ if path.as_os_str().is_empty() => Err("empty; give a folder, or a file that ends in .mcap".to_owned()),
        _ if is_folder || path.is_dir() => Ok(RecordTarget::Dir(path)),
        Some(ending) if ending.eq_ignore_ascii_case("mcap") => Ok(RecordTarget::File(path)),
        Some(ending) if OTHERS.iter().any(|other| ending.eq_ignore_ascii_case(other)) => {
            Err("recordings are MCAP files; give a name that ends in .mcap, or a folder".to_owned())
        }
        _ if path.is_file() => Err("a file that does not end in .mcap; give a folder, or a file that does".to_owned()),
        _ => Ok(RecordTarget::Dir(path)),
    }
}

fn bytes(typed: &str) -> Result<u64, String> {
    let digits = typed.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let power = match typed[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => Some(0),
        "K" | "KIB" => Some(1),
        "M" | "MIB" => Some(2),
        "G" | "GIB" => Some(3),
        "T" | "TIB" => Some(4),
        _ => None,
    };
    let bytes = power.and_then(|power| digits.parse::<u64>().ok()?.checked_mul(1024_u64.pow(power)));
    bytes
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| "give a whole number of bytes, for example 10G or 500M (K, M, G, T)".to_owned())
}

fn time(typed: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(typed).ok().filter(|time| *time >= SHORTEST);
    time.ok_or_else(|| "give a time of one second or more, for example 10m or 1h".to_owned())
}

/// Endings of files that somebody may want instead.
const OTHERS: [&str; 7] = ["mp4", "avi", "mkv", "bag", "db3", "jsonl", "jpg"];
/// A file of less than a chunk or two is of no use.
const SHORTEST: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_goes_into_a_folder_or_an_mcap_file() {
        for (typed, want) in [
            ("drive.mcap", RecordTarget::File("drive.mcap".into())),
            ("runs/drive.MCAP", RecordTarget::File("runs/drive.MCAP".into())),
            ("recordings/", RecordTarget::Dir("recordings/".into())),
            ("new.mcap/", RecordTarget::Dir("new.mcap/".into())),
            ("/tmp", RecordTarget::Dir("/tmp".into())),
        ] {
            assert_eq!(target(typed.into()), Ok(want));
        }
        assert!(target("".into()).is_err() && target("drive.mp4".into()).is_err());
    }

    #[test]
    fn sizes_are_in_powers_of_1024_and_nonsense_is_refused() {
        assert_eq!([bytes("10G"), bytes("1k"), bytes("7")], [Ok(10 << 30), Ok(1024), Ok(7)]);
        for bad in ["", "0", "G", "-1", "1.5G", "10X", "99999999999T"] {
            assert!(bytes(bad).unwrap_err().contains("10G"), "{bad}");
        }
    }

    #[test]
    fn a_file_is_at_least_a_second_long() {
        assert_eq!([time("10m"), time("1s")], [Ok(Duration::from_secs(600)), Ok(Duration::from_secs(1))]);
        for bad in ["", "10", "0s", "999ms", "soon"] {
            assert!(time(bad).unwrap_err().contains("10m"), "{bad}");
        }
    }
}
