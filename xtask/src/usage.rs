//! Memory, processor time, threads and open files of another process, from Linux's /proc.

use std::fs;

use anyhow::{Context as _, Result};

/// What a process uses now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// Resident memory in megabytes.
    pub memory_mb: f64,
    /// Its threads.
    pub threads: u32,
    /// Its open files, sockets and pipes.
    pub descriptors: u32,
}

impl Usage {
    /// What process `id` has now; `None` if it has ended and was not waited for yet.
    ///
    /// # Errors
    /// Fails where there is no such process.
    pub fn of(id: u32) -> Result<Option<Self>> {
        let status = read(id, "status")?;
        let Some((memory, threads)) = field(&status, "VmRSS:").zip(field(&status, "Threads:")) else { return Ok(None) };
        let path = format!("/proc/{id}/fd");
        // Its files are closed before it has gone.
        let Ok(files) = fs::read_dir(path) else { return Ok(None) };
        let descriptors = u32::try_from(files.count()).expect("a process has fewer than 2^32 files");
        let threads = u32::try_from(threads).expect("a process has fewer than 2^32 threads");
        Ok(Some(Self { memory_mb: megabytes(memory), threads, descriptors }))
    }
}

/// The most resident memory that process `id` has had at any moment, in megabytes.
///
/// # Errors
/// Fails where there is no such process, or it has ended and was not waited for yet.
pub fn peak_mb(id: u32) -> Result<f64> {
    let status = read(id, "status")?;
    field(&status, "VmHWM:").map(megabytes).with_context(|| format!("no VmHWM in /proc/{id}/status: it has ended"))
}

/// Samples of one quantity, in order of time.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds the next one.
    pub fn push(&mut self, sample: f64) {
        self.0.push(sample);
    }

    /// The largest one, if there is one.
    pub fn peak(&self) -> Option<f64> {
        self.0.iter().copied().max_by(f64::total_cmp)
    }

    /// The middle one, if there is one.
    pub fn median(&self) -> Option<f64> {
        median(&self.0)
    }

    /// How much more the last third of them is than the second, median against median; `None` of fewer than three. The first
    /// third is left out: programs fill their buffers then.
    pub fn growth(&self) -> Option<f64> {
        let third = self.0.len() / 3;
        Some(median(&self.0[self.0.len() - third..])? - median(&self.0[third..2 * third])?)
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(samples: I) -> Self {
        Self(samples.into_iter().collect())
    }
}

/// Processor time that process `id` has used so far, on all cores together, in seconds.
///
/// # Errors
/// Fails where there is no such process.
pub fn cpu_seconds(id: u32) -> Result<f64> {
    let text = read(id, "stat")?;
    #[expect(clippy::cast_precision_loss, reason = "2^52 ticks are more than a million years")]
    let ticks = ticks(&text, UTIME).with_context(|| format!("no utime and stime in /proc/{id}/stat: {text:?}"))? as f64;
    Ok(ticks / TICKS_A_SECOND)
}

/// Processor time of all processes that this one has started and that have ended, in seconds.
///
/// # Errors
/// Fails where /proc is not Linux's.
pub fn childrens_seconds() -> Result<f64> {
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

fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// From units of 1024 bytes.
#[expect(clippy::cast_precision_loss, reason = "megabytes are shown with two decimals")]
fn megabytes(kibibytes: u64) -> f64 {
    (kibibytes * 1024) as f64 / 1e6
}

/// A number of proc(5)'s `status`; memory is in units of 1024 bytes there.
fn field(status: &str, name: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    value.split_whitespace().next()?.parse().ok()
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
    fn numbers_are_read_by_their_names() {
        let status = "Name:\tviewer\nVmHWM:\t  9 kB\nVmRSS:\t   84 kB\nThreads:\t7\n";
        assert_eq!((field(status, "VmRSS:"), field(status, "Threads:")), (Some(84), Some(7)));
        assert_eq!(field("Name:\tviewer\n", "VmRSS:"), None);
    }

    #[test]
    fn this_process_has_memory_threads_and_files() {
        let usage = Usage::of(std::process::id()).unwrap().unwrap();
        assert!(usage.memory_mb > 0.5 && usage.threads > 0 && usage.descriptors > 2, "{usage:?}");
        let files: Vec<fs::File> = (0..20).map(|_| fs::File::open("/dev/null").unwrap()).collect();
        let more = Usage::of(std::process::id()).unwrap().unwrap();
        // Tests beside this one open and close some as well.
        assert!(more.descriptors >= 20, "{more:?} with {} files", files.len());
        assert!(peak_mb(std::process::id()).unwrap() >= usage.memory_mb / 2.0);
        assert!(Usage::of(0).is_err(), "there is no process 0");
    }

    #[test]
    fn growth_leaves_out_the_start_and_single_peaks() {
        let samples = |samples: &[u32]| samples.iter().copied().map(f64::from).collect::<Samples>();
        let flat = samples(&[1, 5, 9, 9, 9, 9, 50, 9, 9, 9, 9, 9]);
        assert_eq!((flat.growth(), flat.peak(), flat.median()), (Some(0.0), Some(50.0), Some(9.0)));
        let leak = samples(&(0..12).collect::<Vec<_>>());
        assert_eq!(leak.growth(), Some(4.0));
        let repeating = samples(&[9, 1, 5, 9].repeat(3));
        assert_eq!(repeating.growth(), Some(0.0));
        assert_eq!((samples(&[]).peak(), samples(&[7, 7]).growth()), (None, None), "no sample is no small one");
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
