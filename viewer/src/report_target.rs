//! Where the user wants the report.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use pipeline::report::Report;

use crate::stdout;
use crate::whole_lines::WholeLines;

/// Where the user wants the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReportTarget {
    /// Standard output.
    Stdout,
    /// A file, which is replaced.
    File(PathBuf),
}

/// A report that goes wherever the user wants it.
pub(crate) type AnyReport = Report<Box<dyn Write + Send>>;

impl ReportTarget {
    /// Opens it; a file is emptied.
    pub(crate) fn open(&self) -> Result<AnyReport, ReportFileError> {
        Ok(match self {
            ReportTarget::Stdout => {
                Report::new(Box::new(BufWriter::new(stdout::results())), "report on standard output")
            }
            ReportTarget::File(path) => {
                let name = path.display().to_string();
                match File::create(path) {
                    Ok(file) => Report::new(Box::new(WholeLines::new(file)), format!("report {name}")),
                    Err(source) => return Err(ReportFileError { name, source }),
                }
            }
        })
    }
}

/// The file cannot be created.
#[derive(Debug, thiserror::Error)]
#[error("report {name}: cannot be created; name a file in a folder that exists and is yours to write")]
pub(crate) struct ReportFileError {
    name: String,
    source: io::Error,
}
