//! Which worker searches which robot, as every worker computes it for itself: nobody is asked, and nothing is kept.
//!
//! Each robot belongs to the worker with the highest score for it (rendezvous hashing; Thaler and Ravishankar 1998), weighted by
//! cores as -w / ln h (Schindler and Teubner's logarithmic method). When a worker comes or goes, only the robots that it gets or
//! leaves change hands.

use sha2::{Digest as _, Sha256};

use crate::key::WorkerToken;

/// The worker that searches `robot`, of those that are there.
pub fn worker_of<'a>(robot: &str, workers: impl IntoIterator<Item = &'a WorkerToken>) -> Option<&'a WorkerToken> {
    let score = |worker: &&WorkerToken| -f64::from(worker.cores) / uniform(&worker.id, robot).ln();
    workers.into_iter().max_by(|a, b| score(a).total_cmp(&score(b)).then_with(|| b.id.cmp(&a.id)))
}

/// A number between 0 and 1, neither of them included, that is the same on every machine.
fn uniform(worker: &str, robot: &str) -> f64 {
    let mut hash = Sha256::new();
    // The length keeps "ab" and "c" apart from "a" and "bc".
    hash.update((worker.len() as u64).to_le_bytes());
    hash.update(worker);
    hash.update(robot);
    let digest = hash.finalize();
    let bits = digest.iter().take(8).fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte)) >> 12;
    (bits as f64 + 0.5) / (1_u64 << 52) as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use vision::Kind;

    use super::*;

    fn workers(cores: &[u16]) -> Vec<WorkerToken> {
        let worker =
            |(n, &cores): (usize, &u16)| WorkerToken { id: format!("w{n}").into(), cores, kinds: [Kind::Qr].into() };
        cores.iter().enumerate().map(worker).collect()
    }

    fn shares(workers: &[WorkerToken]) -> BTreeMap<String, String> {
        let of = |n: u32| {
            let robot = format!("robot-{n}");
            let worker = worker_of(&robot, workers).unwrap().id.to_string();
            (robot, worker)
        };
        (0..6000).map(of).collect()
    }

    #[test]
    fn robots_are_shared_by_cores() {
        let shares = shares(&workers(&[1, 2, 3]));
        for (n, part) in [1000, 2000, 3000].into_iter().enumerate() {
            let count = shares.values().filter(|id| **id == format!("w{n}")).count();
            // Three standard deviations.
            assert!(count.abs_diff(part) < 120, "worker {n}: {count}");
        }
    }

    #[test]
    fn only_robots_of_the_one_that_comes_or_goes_change_hands() {
        let three = workers(&[2, 2, 2]);
        let (before, after) = (shares(&three), shares(&three[..2]));
        assert!(before.iter().all(|(robot, worker)| worker == "w2" || after[robot] == *worker));
    }

    #[test]
    fn the_order_of_workers_does_not_matter_and_nobody_is_no_worker() {
        let mut three = workers(&[1, 1, 1]);
        let shares_before = shares(&three);
        three.reverse();
        assert_eq!(shares(&three), shares_before);
        assert_eq!(worker_of("robot", []), None);
    }
}
