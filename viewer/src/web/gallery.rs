//! What everybody looks at: made once for all pages, when something has changed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pipeline::{Observer, RecordingControl};
use tokio::sync::watch;

use super::board::{Board, Facts};
use super::latencies::Latencies;
use super::visitor::Wish;
use crate::scene::{Waiting, reading_time};

/// The present board, and what boards are made of.
pub(super) struct Gallery {
    pub(super) observer: Observer,
    recording: RecordingControl,
    shown: Mutex<Shown>,
    board: watch::Sender<Arc<Board>>,
    /// How old pictures were when pages had drawn them.
    pub(super) latencies: Latencies,
}

/// What is remembered from one board to the next.
struct Shown {
    waiting: Waiting,
    message: Option<(String, Duration)>,
}

impl Gallery {
    pub(super) fn new(observer: Observer, recording: RecordingControl, waiting: Waiting) -> Self {
        let shown = Shown { waiting, message: None };
        let (board, _) = watch::channel(Arc::default());
        Self { observer, recording, shown: Mutex::new(shown), board, latencies: Latencies::default() }
    }

    /// From now on pages without a robot say this.
    pub(super) fn set_waiting(&self, waiting: Waiting) {
        self.shown().waiting = waiting;
    }

    /// Shows a message on every page for a while.
    pub(super) fn say(&self, text: String) {
        let until = self.observer.clock().now() + reading_time(&text);
        self.shown().message = Some((text, until));
    }

    /// Hears of every board that is made for pages.
    pub(super) fn boards(&self) -> watch::Receiver<Arc<Board>> {
        self.board.subscribe()
    }

    /// Makes a board for the pages there are.
    pub(super) fn publish(&self) {
        if self.board.receiver_count() > 0 {
            self.board.send_replace(Arc::new(self.look()));
        }
    }

    /// What there is to see now.
    pub(super) fn look(&self) -> Board {
        let (now, views) = (self.observer.clock().now(), self.observer.views());
        let mut shown = self.shown();
        shown.message.take_if(|(_, until)| *until <= now);
        let facts = Facts {
            on: &self.observer.detected_kinds(),
            troubles: self.observer.troubles(),
            recording: self.recording.state(),
            message: shown.message.as_ref().map(|(text, _)| text.clone()),
            waiting: &shown.waiting,
            now,
        };
        Board::new(views, facts)
    }

    /// Does what a page asks for.
    pub(super) fn fulfil(&self, wish: Wish) {
        match wish {
            Wish::Detect { kind, is_on } => {
                self.observer.set_detected(kind, is_on);
                self.say(format!("{}: {}", kind.label(), if is_on { "on" } else { "off" }));
            }
            Wish::Record { is_on: true } => self.recording.start(),
            Wish::Record { is_on: false } => self.recording.stop(),
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
