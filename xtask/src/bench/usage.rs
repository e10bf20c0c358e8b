//! Memory and processor time of another process, from Linux's /proc.

use std::fs;

use anyhow::{Context as _, Result};

/// Samples of resident memory in order of time, in bytes.
#[derive(Debug, Default)]
pub(super) struct Resident(Vec<u64>);

impl Resident {
    /// Takes one sample of process `id`; one that has ended, and was not waited for yet, has no memory to sample.
    pub(super) fn sample(&mut self, id: u32) -> Result<()> {
        self.0.extend(vm_rss(&read(id, "status")?));
        Ok(())
    }

    /// The largest sample, in megabytes.
    pub(super) fn peak_mb(&self) -> Result<f64> {
        let peak =
            self.0.iter().copied().max().context("its memory could not be sampled: no VmRSS in /proc/ID/status")?;
        Ok(megabytes(peak.cast_signed()))
    }

    /// How much more the last third of the time took than the second, median against median, in megabytes. The first third
    /// is left out: programs fill their buffers then. Pictures are played three times, so that like is compared with like.
    pub(super) fn growth_mb(&self) -> f64 {
        let third = self.0.len() / 3;
        let early = median(&self.0[third..2 * third]);
        let late = median(&self.0[self.0.len() - third..]);
        megabytes(late.cast_signed() - early.cast_signed())
    }
}

#[cfg(test)]
impl Resident {
    /// These samples, in megabytes.
    pub(super) fn of_mb(samples: &[u64]) -> Self {
        Self(samples.iter().map(|value| value * 1_000_000).collect())
    }
}

/// Processor time that process `id` has used so far, on all cores together, in seconds.
pub(super) fn cpu_seconds(id: u32) -> Result<f64> {
    let text = read(id, "stat")?;
    #[expect(clippy::cast_precision_loss, reason = "2^52 ticks are more than a million years")]
    let ticks = ticks(&text, UTIME).with_context(|| format!("no utime and stime in /proc/{id}/stat: {text:?}"))? as f64;
    Ok(ticks / TICKS_A_SECOND)
}

/// Processor time of all processes that this one has started and that have ended, in seconds.
pub(crate) fn childrens_seconds() -> Result<f64> {
    let id = std::process::id();
    let text = read(id, "stat")?;
    let ticks = ticks(&text, CUTIME).with_context(|| format!("no cutime and cstime in /proc/{id}/stat: {text:?}"))?;
    #[expect(clippy::cast_precision_loss, reason = "2^52 ticks are more than a million years")]
    let seconds = ticks as f64 / TICKS_A_SECOND;
    Ok(seconds)
}

fn read(id: u32, file: &str) -> Result<String> {
    let path = format!("/proc/{id}/{file}");
    fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
}

fn median(samples: &[u64]) -> u64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "megabytes are shown with two decimals")]
fn megabytes(bytes: i64) -> f64 {
    bytes as f64 / 1e6
}

/// Reads the resident set out of proc(5)'s `status`, which counts in units of 1024 bytes.
fn vm_rss(status: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// The sum of a field of proc(5)'s `stat` and the next one, fields counted from 1. The second one is the program's name in
/// parentheses, which may hold spaces and parentheses of its own.
fn ticks(stat: &str, field: usize) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(field - 3);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

/// The fields of utime and cutime, which stime and cstime follow.
const UTIME: usize = 14;
const CUTIME: usize = 16;
/// `sysconf(_SC_CLK_TCK)`: the same on every architecture that Linux presents to programs.
const TICKS_A_SECOND: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resident_set_is_read_in_bytes() {
        assert_eq!(vm_rss("Name:\tviewer\nVmHWM:\t  9 kB\nVmRSS:\t   84 kB\n"), Some(84 * 1024));
        assert_eq!(vm_rss("Name:\tviewer\n"), None);
    }

    #[test]
    fn growth_leaves_out_the_start_and_single_peaks() {
        let samples = Resident::of_mb;
        let flat = samples(&[1, 5, 9, 9, 9, 9, 50, 9, 9, 9, 9, 9]);
        assert_eq!((flat.growth_mb(), flat.peak_mb().unwrap()), (0.0, 50.0));
        let leak = samples(&(0..12).collect::<Vec<_>>());
        assert_eq!(leak.growth_mb(), 4.0);
        let repeating = samples(&[9, 1, 5, 9].repeat(3));
        assert_eq!(repeating.growth_mb(), 0.0);
        assert!(samples(&[]).peak_mb().is_err(), "no sample is no small one");
    }

    #[test]
    fn processor_time_is_that_of_the_program_and_of_the_kernel_for_it() {
        let stat = "71 (a (b) c) S 1 71 71 0 -1 4194304 120 0 3 0 250 50 7 8 20 0 4 0 100 0 0";
        assert_eq!(ticks(stat, UTIME), Some(300));
        assert_eq!(ticks(stat, CUTIME), Some(15));
        assert_eq!(ticks("71 (a) S 1", UTIME), None);
    }

    #[test]
    fn this_process_has_used_processor_time() {
        assert!(cpu_seconds(std::process::id()).unwrap() >= 0.0);
        assert!(cpu_seconds(0).is_err(), "there is no process 0");
    }

    #[test]
    fn what_a_child_computes_is_counted_once_it_has_ended() {
        let before = childrens_seconds().unwrap();
        let script = "n=0; while [ $n -lt 200000 ]; do n=$((n+1)); done";
        assert!(std::process::Command::new("sh").args(["-c", script]).status().unwrap().success());
        assert!(childrens_seconds().unwrap() - before >= 0.02);
    }
}
