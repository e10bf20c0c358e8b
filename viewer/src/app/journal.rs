//! Puts report lines in the order of what happened, though detectors answer late.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use crate::picture::FrameId;
use crate::report::{FrameLine, Line};
use vision::detect::{Detection, Kind};

/// Lines waiting for their turn: a frame's line leaves once every detector that took the frame has answered.
///
/// It holds what was shown since the slowest detector last answered, without pictures: some dozens of lines. A detector
/// that takes longer than the journal's patience, or a flood behind it, lets the frame leave without that count.
#[derive(Debug)]
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
    /// `None` waits for ever.
    patience: Option<Duration>,
}

#[derive(Debug)]
enum Entry {
    Ready(Line),
    Frame { id: FrameId, line: FrameLine, awaited: BTreeSet<Kind>, since: Duration },
}

impl Journal {
    pub(crate) fn new(patience: Option<Duration>) -> Self {
        Self { entries: VecDeque::new(), patience }
    }

    pub(crate) fn push(&mut self, line: Line) {
        self.entries.push_back(Entry::Ready(line));
    }

    /// A frame that was shown, and which kinds are being looked for in it.
    pub(crate) fn push_frame(&mut self, id: FrameId, line: FrameLine, awaited: BTreeSet<Kind>, since: Duration) {
        self.entries.push_back(Entry::Frame { id, line, awaited, since });
    }

    /// The detector of `kind` has looked at frame `id`.
    pub(crate) fn answer(&mut self, id: FrameId, kind: Kind, found: Vec<Detection>) {
        self.settle(id, kind, |line| {
            line.counts.insert(kind, found.len());
            line.detections.extend(found);
        });
    }

    /// The detector of `kind` will not look at frame `id`, or failed on it.
    pub(crate) fn skip(&mut self, id: FrameId, kind: Kind) {
        self.settle(id, kind, |_| ());
    }

    fn settle(&mut self, wanted: FrameId, kind: Kind, change: impl FnOnce(&mut FrameLine)) {
        for entry in &mut self.entries {
            if let Entry::Frame { id, line, awaited, .. } = entry
                && *id == wanted
            {
                if awaited.remove(&kind) {
                    change(line);
                }
                return;
            }
        }
    }

    /// The next line whose turn it is at `now`.
    pub(crate) fn pop(&mut self, now: Duration) -> Option<Line> {
        let is_flooded = self.entries.len() > MOST && self.patience.is_some();
        match self.entries.front()? {
            Entry::Frame { awaited, since, .. } if !awaited.is_empty() && !is_flooded => {
                let waited = now.saturating_sub(*since);
                self.patience.filter(|patience| waited >= *patience)?;
            }
            _ => {}
        }
        self.entries.pop_front().map(Entry::into_line)
    }

    /// Stops waiting for detectors: what is left leaves as it is.
    pub(crate) fn give_up_waiting(&mut self) {
        for entry in &mut self.entries {
            if let Entry::Frame { awaited, .. } = entry {
                awaited.clear();
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Lines; a minute of pictures, and no more than some megabytes.
const MOST: usize = 2000;

impl Entry {
    fn into_line(self) -> Line {
        match self {
            Entry::Ready(line) => line,
            Entry::Frame { line, .. } => Line::Frame(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{CorruptLine, Origin};
    use std::collections::BTreeMap;

    const PATIENCE: Duration = Duration::from_secs(5);
    const AT: Duration = Duration::from_secs(1);

    fn id(seq: u64) -> FrameId {
        FrameId { robot: 1, seq }
    }

    fn frame(seq: u64) -> FrameLine {
        let (counts, detections) = (BTreeMap::new(), Vec::new());
        FrameLine { origin: id(seq).into(), width: 1, height: 1, bytes: Some(1), counts, detections, elapsed_ms: None }
    }

    fn corrupt(seq: u64) -> Line {
        Line::Corrupt(CorruptLine { origin: id(seq).into(), reason: String::new() })
    }

    fn seqs(journal: &mut Journal) -> Vec<u64> {
        let seq = |line| match line {
            Line::Frame(FrameLine { origin: Origin::Robot { seq, .. }, .. })
            | Line::Corrupt(CorruptLine { origin: Origin::Robot { seq, .. }, .. }) => seq,
            other => unreachable!("{other:?}"),
        };
        std::iter::from_fn(|| journal.pop(AT)).map(seq).collect()
    }

    #[test]
    fn a_late_answer_holds_back_what_came_after_it() {
        let mut journal = Journal::new(Some(PATIENCE));
        journal.push_frame(id(0), frame(0), BTreeSet::from([Kind::Qr]), AT);
        journal.push(corrupt(1));
        journal.push_frame(id(2), frame(2), BTreeSet::from([Kind::Qr]), AT);
        journal.skip(id(2), Kind::Qr);
        assert!(seqs(&mut journal).is_empty());
        journal.answer(id(0), Kind::Qr, Vec::new());
        assert_eq!(seqs(&mut journal), [0, 1, 2]);
    }

    #[test]
    fn a_kind_that_was_skipped_has_no_count() {
        let mut journal = Journal::new(Some(PATIENCE));
        for seq in 0..2 {
            journal.push_frame(id(seq), frame(seq), BTreeSet::from([Kind::Qr]), AT);
        }
        journal.answer(id(0), Kind::Qr, Vec::new());
        journal.skip(id(1), Kind::Qr);
        let counts = std::iter::from_fn(|| journal.pop(AT)).map(|line| match line {
            Line::Frame(line) => line.counts,
            other => unreachable!("{other:?}"),
        });
        assert_eq!(counts.collect::<Vec<_>>(), [BTreeMap::from([(Kind::Qr, 0)]), BTreeMap::new()]);
    }

    #[test]
    fn a_detector_that_takes_too_long_holds_nothing_up() {
        let mut journal = Journal::new(Some(PATIENCE));
        journal.push_frame(id(0), frame(0), BTreeSet::from([Kind::Qr]), AT);
        journal.push(corrupt(1));
        assert!(journal.pop(AT + PATIENCE - Duration::from_millis(1)).is_none());
        assert!(matches!(journal.pop(AT + PATIENCE), Some(Line::Frame(_))));
        journal.answer(id(0), Kind::Qr, Vec::new());
        assert_eq!(seqs(&mut journal), [1]);
    }

    #[test]
    fn a_flood_behind_a_slow_detector_is_not_kept() {
        let mut journal = Journal::new(Some(PATIENCE));
        journal.push_frame(id(0), frame(0), BTreeSet::from([Kind::Qr]), AT);
        (1..=MOST as u64).for_each(|seq| journal.push(corrupt(seq)));
        assert_eq!(seqs(&mut journal).len(), MOST + 1);
    }

    #[test]
    fn with_every_frame_wanted_a_line_waits_for_ever() {
        let mut journal = Journal::new(None);
        journal.push_frame(id(0), frame(0), BTreeSet::from([Kind::Qr]), AT);
        assert!(journal.pop(AT + 1000 * PATIENCE).is_none());
    }

    #[test]
    fn giving_up_waiting_lets_everything_leave() {
        let mut journal = Journal::new(Some(PATIENCE));
        journal.push_frame(id(0), frame(0), BTreeSet::from([Kind::Qr]), AT);
        journal.give_up_waiting();
        assert_eq!(seqs(&mut journal), [0]);
        assert!(journal.is_empty());
    }
}
