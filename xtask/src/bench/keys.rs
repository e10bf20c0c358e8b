//! How soon `q` closes a window that receives no frames.

use anyhow::{Context as _, Result, bail};
use xtask::cargo::{self, Programs};
use xtask::process;

use crate::e2e;
use crate::rows::Row;

/// Runs the end-to-end test of the key a few times and reads the time it prints: the test can type into a window.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    eprintln!("bench: q in a window, {ROUNDS} times");
    let mut slowest = 0;
    for _ in 0..ROUNDS {
        slowest = slowest.max(round(programs)?);
    }
    let what = "window: q to the viewer's end, slowest";
    Ok(vec![Row::judged(what, format!("{slowest} ms"), "<= 100 ms", slowest <= 100)])
}

fn round(programs: &Programs) -> Result<u64> {
    let mut test = cargo::command();
    test.args(["test", "--quiet", "--package", "xtask", "--test", "e2e", "q_closes_a_window", "--", "--nocapture"]);
    e2e::with_programs(&mut test, programs);
    let title = process::title(&test);
    let output = test.stderr(std::process::Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot start {title}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("{title} ended with {}\n{text}", output.status);
    }
    milliseconds(&text).with_context(|| format!("{title} measured nothing\n{text}"))
}

fn milliseconds(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.split_once(PREFIX))?.1;
    line.trim().strip_suffix("ms")?.trim().parse().ok()
}

/// What the test prints before the figure.
const PREFIX: &str = "from q to the end of the viewer:";
const ROUNDS: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_is_found_among_the_tests_own_lines() {
        assert_eq!(milliseconds("running 1 test\nfrom q to the end of the viewer: 42 ms\n.\n"), Some(42));
        assert_eq!(milliseconds("running 0 tests\n"), None);
    }
}
