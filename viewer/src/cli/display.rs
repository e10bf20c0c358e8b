//! Options about what the window shows.

use std::ffi::OsString;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use crate::filler::FillerChoice;
use crate::run;

/// What to show, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Display")]
pub(super) struct Display {
    /// What to show until a robot connects: `rain`, or a GIF, video, picture, or folder of pictures
    ///
    /// Examples: --filler rain, --filler fixtures/filler.gif
    #[arg(long, value_name = "PATH|rain", default_value = "rain", value_parser = OsStringValueParser::new().try_map(filler))]
    pub(super) filler: FillerChoice,

    /// Open no window; write the report to standard output, unless --report is given
    #[arg(long)]
    headless: bool,
}

impl Display {
    /// Where the scene goes; beside a page a window is welcome, and not needed.
    pub(super) fn place(&self, has_page: bool) -> run::Display {
        match (self.headless, has_page) {
            (true, _) => run::Display::Headless,
            (false, true) => run::Display::WindowIfAny,
            (false, false) => run::Display::Window,
        }
    }
}

/// As the system gives it: a path need not be UTF-8.
fn filler(typed: OsString) -> Result<FillerChoice, String> {
    match typed.to_str() {
        Some("rain") => Ok(FillerChoice::Rain),
        Some("") => Err("empty; give `rain` or a path".to_owned()),
        _ => Ok(FillerChoice::Path(typed.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rain_is_a_filler_and_anything_else_a_path() {
        assert_eq!(filler("rain".into()), Ok(FillerChoice::Rain));
        assert_eq!(filler("rain.gif".into()), Ok(FillerChoice::Path("rain.gif".into())));
        assert!(filler("".into()).is_err());
    }
}
