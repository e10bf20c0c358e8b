//! Resident memory of another process over time, as Linux tells it.

use std::fs;

use anyhow::{Context as _, Result};

/// Samples in order of time, in bytes.
#[derive(Default)]
pub(super) struct Resident(Vec<u64>);

impl Resident {
    /// Takes one sample of process `id`.
    pub(super) fn sample(&mut self, id: u32) -> Result<()> {
        let path = format!("/proc/{id}/status");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        self.0.push(vm_rss(&text).with_context(|| format!("no VmRSS in {path}"))?);
        Ok(())
    }

    pub(super) fn peak(&self) -> u64 {
        self.0.iter().copied().max().unwrap_or_default()
    }

    /// How much the last third of the time took more than the second, median against median. The first one is left out:
    /// programs fill their buffers then. What is played comes three times, so that like is compared with like.
    pub(super) fn growth(&self) -> i64 {
        let third = self.0.len() / 3;
        let early = median(&self.0[third..2 * third]);
        let late = median(&self.0[self.0.len() - third..]);
        late.cast_signed() - early.cast_signed()
    }
}

fn median(samples: &[u64]) -> u64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Reads the resident set out of proc(5)'s `status`, which counts in units of 1024 bytes.
fn vm_rss(status: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

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
        let flat = Resident(vec![1, 5, 9, 9, 9, 9, 50, 9, 9, 9, 9, 9]);
        assert_eq!((flat.growth(), flat.peak()), (0, 50));
        let leak = Resident((0..12).collect());
        assert_eq!(leak.growth(), 4);
        let repeating = Resident([9, 1, 5, 9].repeat(3));
        assert_eq!(repeating.growth(), 0);
    }
}
