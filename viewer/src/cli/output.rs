//! Options about what is written, for the live picture and for files.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use crate::report_target::ReportTarget;
use crate::run::Display;

/// What to write about robots.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Output {
    /// Write one JSON object per event to FILE, or to standard output for `-`
    ///
    /// Examples: --report report.jsonl, --report -
    #[arg(long, value_name = "FILE|-", value_parser = OsStringValueParser::new().try_map(report_target))]
    report: Option<ReportTarget>,

    /// Save pictures in this folder, which is created if it is missing [default: the current folder]
    ///
    /// Keys s and o in the window save. No file that is there is replaced.
    ///
    /// Example: --save-dir pictures/
    #[arg(long, value_name = "DIR")]
    pub(super) save_dir: Option<PathBuf>,
}

impl Output {
    /// Where the report goes; without a window there always is one.
    pub(super) fn report(self, display: Display) -> Option<ReportTarget> {
        self.report.or((display == Display::Headless).then_some(ReportTarget::Stdout))
    }
}

/// What to write about files.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct FileOutput {
    /// Save each picture, with the detections drawn on it, in this folder
    ///
    /// Example: --annotate annotated/
    #[arg(long, value_name = "DIR")]
    pub(super) annotate: Option<PathBuf>,

    /// Write the JSON lines to FILE, or to standard output for `-`
    ///
    /// Example: --report report.jsonl
    #[arg(long, value_name = "FILE|-", default_value = "-", value_parser = OsStringValueParser::new().try_map(report_target))]
    pub(super) report: ReportTarget,
}

/// As the system gives it: a path need not be UTF-8.
fn report_target(typed: OsString) -> Result<ReportTarget, String> {
    match typed.to_str() {
        // These lead to what is standard error by then: standard output is kept for the report.
        Some("-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1") => Ok(ReportTarget::Stdout),
        Some("") => Err("empty; give a file, or `-` for standard output".to_owned()),
        _ => Ok(ReportTarget::File(typed.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_goes_to_standard_output_or_a_file() {
        for stdout in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            assert_eq!(report_target(stdout.into()), Ok(ReportTarget::Stdout));
        }
        assert_eq!(report_target("out.jsonl".into()), Ok(ReportTarget::File("out.jsonl".into())));
        assert!(report_target("".into()).is_err());
    }

    #[test]
    fn a_headless_viewer_reports_to_standard_output() {
        let report = |report, display| Output { report, save_dir: None }.report(display);
        let file = ReportTarget::File("out.jsonl".into());
        assert_eq!(report(None, Display::Headless), Some(ReportTarget::Stdout));
        assert_eq!(report(Some(file.clone()), Display::Headless), Some(file));
        assert_eq!(report(None, Display::Window), None);
    }
}
