//! The `robot-sim` program: arguments in, reports on stdout, an exit code out.

use std::io::{self, Write};
use std::process::{self, ExitCode};

use anyhow::Context;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use robot_sim::{Args, Config, Ended, printable};

fn main() -> ExitCode {
    #[cfg(feature = "video")]
    keep_ffmpeg_off_the_terminal();
    let args = Args::try_parse().unwrap_or_else(|error| exit(&error));
    // The same form as clap's own errors, and the same exit code, 2.
    let unfit = |error| Args::command().error(ErrorKind::ValueValidation, format!("{:#}", anyhow::Error::from(error)));
    let config = args.into_config().unwrap_or_else(|error| exit(&unfit(error)));
    match run(config) {
        Ok(Ended::CutShort) => ExitCode::from(3),
        Ok(Ended::Complete | Ended::ByFault | Ended::Interrupted) => ExitCode::SUCCESS,
        Err(error) => {
            // An error that cannot be shown cannot be reported either.
            let _ = writeln!(io::stderr(), "error: {}", printable(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

/// Ends the program with what the arguments lack; one of them may be the name of a stranger's file.
fn exit(error: &clap::Error) -> ! {
    let message = error.to_string();
    if printable(&message) == message {
        // In colour.
        error.exit();
    }
    let _ = writeln!(io::stderr(), "{}", printable(message.trim_end()));
    process::exit(error.exit_code());
}

fn run(config: Config) -> anyhow::Result<Ended> {
    let outcome = config.run()?;
    let printed = print(&outcome.lines());
    // What happened to a robot matters more than whether its report could be written.
    let ended = outcome.into_ended()?;
    printed?;
    Ok(ended)
}

/// FFmpeg, which decodes videos for OpenCV, writes to standard error what it thinks of a file, beside our own message.
///
/// The variable is OpenCV's, and whoever sets it reads it all the same.
#[cfg(feature = "video")]
#[expect(unsafe_code, reason = "OpenCV reads this setting from the environment only")]
fn keep_ffmpeg_off_the_terminal() {
    const LEVEL: &str = "OPENCV_FFMPEG_LOGLEVEL";
    const QUIET: &str = "-8";
    if std::env::var_os(LEVEL).is_none() {
        // SAFETY: there is one thread yet.
        unsafe { std::env::set_var(LEVEL, QUIET) };
    }
}

/// Writes the report; a reader that has closed the pipe is no error.
fn print(lines: &[String]) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = lines.iter().try_for_each(|line| writeln!(stdout, "{line}")).and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context(
            "cannot write the report to the standard output; send it to a file or device that takes it, with room left",
        ),
    }
}
