//! Which machine it is, and which OpenCV both sides have: a figure without them says little.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};

/// Such as `AMD EPYC, 2 cores`.
pub(super) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {}", model(&text).unwrap_or("an unknown processor"), in_words(cores))
}

/// The version of OpenCV that `program` is linked with, such as `4.6.0`.
pub(super) fn opencv(program: &std::path::Path) -> Result<String> {
    let output = Command::new("ldd").arg(program).output().context("cannot start ldd")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let path = library(&text).with_context(|| format!("ldd names no OpenCV for {}", program.display()))?;
    let file = fs::canonicalize(path).with_context(|| format!("cannot find {path}"))?;
    let name = file.to_string_lossy().into_owned();
    Ok(name.rsplit_once(".so.").map_or(name.clone(), |(_, version)| version.to_owned()))
}

fn in_words(cores: usize) -> String {
    if cores == 1 { "1 core".to_owned() } else { format!("{cores} cores") }
}

/// The first model in the text of /proc/cpuinfo; on Arm there is none.
fn model(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim()).filter(|model| !model.is_empty())
}

/// The path of OpenCV's core library in ldd's output.
fn library(ldd: &str) -> Option<&str> {
    let line = ldd.lines().find(|line| line.contains("libopencv_core.so"))?;
    line.split_once("=> ")?.1.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_has_a_model_on_most_machines() {
        assert_eq!(model("processor\t: 0\nmodel name\t: AMD EPYC\nmodel name\t: AMD EPYC\n"), Some("AMD EPYC"));
        assert_eq!(model("processor\t: 0\nBogoMIPS\t: 50\n"), None);
        assert!(processor().contains(" core"), "{}", processor());
    }

    #[test]
    fn ldd_says_where_opencv_is() {
        let text = "\tlibc.so.6 => /lib/libc.so.6 (0x1)\n\tlibopencv_core.so.406 => /lib/libopencv_core.so.406 (0x2)\n";
        assert_eq!(library(text), Some("/lib/libopencv_core.so.406"));
        assert_eq!(library("\tstatically linked\n"), None);
    }
}
