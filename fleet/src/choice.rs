//! Which robots of the fleet a program takes: all, or its share among workers. Pure.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::key::WorkerToken;
use crate::share::worker_of;

/// Which robots are taken, and which workers are there.
#[derive(Debug)]
pub(crate) struct Choice {
    /// The worker that this program is; all robots are taken where it is none.
    me: Option<WorkerToken>,
    workers: BTreeSet<WorkerToken>,
    /// When a worker has come or gone.
    changed_at: Duration,
    /// Robots that this worker has.
    mine: BTreeSet<Arc<str>>,
    /// Whether robots are this worker's share, of those that were asked for since a worker has come or gone.
    is_own: HashMap<Arc<str>, bool>,
}

impl Choice {
    pub(crate) fn all() -> Self {
        let (workers, mine, is_own) = Default::default();
        Self { me: None, workers, changed_at: Duration::ZERO, mine, is_own }
    }

    pub(crate) fn share_of(me: WorkerToken) -> Self {
        Self { me: Some(me), ..Self::all() }
    }

    /// The router was reached: whoever else is there becomes known from now on.
    pub(crate) fn joined(&mut self, now: Duration) {
        self.changed_at = now;
    }

    /// A worker has come or gone.
    pub(crate) fn worker(&mut self, worker: WorkerToken, is_there: bool, now: Duration) {
        let changed = if is_there { self.workers.insert(worker) } else { self.workers.remove(&worker) };
        if changed {
            self.changed_at = now;
            self.is_own.clear();
        }
    }

    /// `robot` has left.
    pub(crate) fn forget(&mut self, robot: &Arc<str>) {
        self.mine.remove(robot);
        self.is_own.remove(robot);
    }

    /// Whether a worker with this number is there.
    pub(crate) fn knows(&self, worker: &str) -> bool {
        self.workers.iter().any(|known| *known.id == *worker)
    }

    /// Whether this program takes `robot` at `now`.
    ///
    /// A worker leaves a robot as soon as it knows that another one has it, and takes one only after others have had the time to
    /// leave it, so that no frame is answered twice.
    pub(crate) fn takes(&mut self, robot: &Arc<str>, now: Duration) -> bool {
        let Some(me) = &self.me else { return true };
        let is_own = *self.is_own.entry(Arc::clone(robot)).or_insert_with(|| {
            // Its own token comes back from the router as well, and may be late.
            let others = self.workers.iter().filter(|worker| worker.id != me.id);
            worker_of(robot, others.chain([me])).is_some_and(|worker| worker.id == me.id)
        });
        if !is_own {
            self.mine.remove(robot);
            return false;
        }
        let may_take = now.saturating_sub(self.changed_at) >= HANDOVER;
        if may_take {
            self.mine.insert(Arc::clone(robot));
        }
        may_take || self.mine.contains(robot)
    }
}

/// Longer than news of a worker take through routers.
const HANDOVER: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests {
    use vision::Kind;

    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn worker(id: &str) -> WorkerToken {
        WorkerToken { id: id.into(), cores: 2, kinds: [Kind::Qr].into() }
    }

    fn taken(choice: &mut Choice, now: Duration) -> Vec<Arc<str>> {
        let robots = (0..20).map(|n| Arc::from(format!("robot-{n}")));
        robots.filter(|robot| choice.takes(robot, now)).collect()
    }

    #[test]
    fn a_viewer_takes_all() {
        assert_eq!(taken(&mut Choice::all(), NOW).len(), 20);
    }

    #[test]
    fn each_robot_has_one_worker() {
        let [mut a, mut b] = ["a", "b"].map(|id| Choice::share_of(worker(id)));
        for choice in [&mut a, &mut b] {
            ["a", "b"].iter().for_each(|id| choice.worker(worker(id), true, NOW));
        }
        let later = NOW + HANDOVER;
        let (of_a, of_b) = (taken(&mut a, later), taken(&mut b, later));
        assert!(!of_a.is_empty() && !of_b.is_empty());
        assert!(of_a.iter().all(|robot| !of_b.contains(robot)) && of_a.len() + of_b.len() == 20);
    }

    #[test]
    fn a_worker_takes_a_robot_only_after_the_other_one_has_had_the_time_to_leave_it() {
        let mut a = Choice::share_of(worker("a"));
        a.worker(worker("a"), true, NOW);
        a.worker(worker("b"), true, NOW);
        let own = taken(&mut a, NOW + HANDOVER);
        let gone = NOW + 10 * HANDOVER;
        a.worker(worker("b"), false, gone);
        assert_eq!(taken(&mut a, gone + HANDOVER - Duration::from_millis(1)), own);
        assert_eq!(taken(&mut a, gone + HANDOVER).len(), 20);
        // And leaves those at once that another one has.
        a.worker(worker("b"), true, gone + 2 * HANDOVER);
        assert_eq!(taken(&mut a, gone + 2 * HANDOVER), own);
    }

    #[test]
    fn news_that_are_none_change_nothing() {
        let mut a = Choice::share_of(worker("a"));
        a.worker(worker("a"), true, NOW);
        assert_eq!(taken(&mut a, NOW + HANDOVER).len(), 20);
        a.worker(worker("a"), true, NOW + HANDOVER);
        a.worker(worker("c"), false, NOW + HANDOVER);
        let mut fresh: Vec<Arc<str>> = vec!["one more".into()];
        fresh.retain(|robot| a.takes(robot, NOW + HANDOVER));
        assert_eq!(fresh.len(), 1);
        assert!(a.knows("a") && !a.knows("c"));
    }
}
