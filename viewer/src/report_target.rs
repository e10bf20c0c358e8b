//! Where the user wants the report.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

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
                match emptied(path) {
                    Ok(file) => Report::new(Box::new(WholeLines::new(file)), format!("report {name}")),
                    Err(source) => return Err(ReportFileError { name, source }),
                }
            }
        })
    }
}

/// The file, without what was in it. What is written goes to its end: if somebody empties it, nothing but that is missing.
fn emptied(path: &Path) -> io::Result<File> {
    let file = File::options().append(true).create(true).open(path)?;
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    Ok(file)
}

/// The file cannot be created.
#[derive(Debug, thiserror::Error)]
#[error("report {name}: cannot be created; name a file in a folder that exists and is yours to write")]
pub(crate) struct ReportFileError {
    name: String,
    source: io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_somebody_empties_has_what_comes_after_that_and_nothing_else() {
        let path = std::env::temp_dir().join(format!("report-emptied-{}", std::process::id()));
        std::fs::write(&path, "an older report\n").unwrap();
        let mut report = WholeLines::new(emptied(&path).unwrap());
        for line in ["a\n", "b\n"] {
            report.write_all(line.as_bytes()).unwrap();
            report.flush().unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), line);
            // As `logrotate` does with `copytruncate`.
            File::create(&path).unwrap();
        }
        std::fs::remove_file(path).unwrap();
    }
}
