//! One stream of the fleet, and how far it has come into the pipeline.

use std::sync::Arc;
use std::time::Duration;

use pipeline::{Answers, Clock, End, EndReason, Entrance, Feed, Guest, RobotId};
use protocol::{Frame, FrameLimit};
use zenoh::pubsub::Subscriber;
use zenoh::sample::Sample;

use crate::attachment::Attachment;
use crate::end;
use crate::key::{self, StreamToken};
use crate::objects::Objects;

/// A stream that is there.
#[derive(Debug)]
pub(super) struct Stream {
    token: StreamToken,
    /// Where its frames are put, while the pipeline has it or it waits for a place.
    feed: Option<Feed>,
    came_at: Duration,
    /// What it is given, once it has a place.
    admitted: Option<Admitted>,
    /// When the pipeline may have it again.
    not_before: Duration,
    /// Since when it is not there any more, and whether the pipeline was told.
    gone_since: Option<Duration>,
    is_told: bool,
}

#[derive(Debug)]
struct Admitted {
    answers: Answers,
    _subscribers: Vec<Subscriber<()>>,
    /// The worker that searches it, and when it has answered last.
    worker: Option<(Arc<str>, Duration)>,
}

impl Stream {
    pub(super) fn new(token: StreamToken, now: Duration) -> Self {
        Self { token, feed: None, came_at: now, admitted: None, not_before: now, gone_since: None, is_told: false }
    }

    /// The robot's name.
    pub(super) fn name(&self) -> &Arc<str> {
        &self.token.name
    }

    /// Whether it can come into the pipeline.
    pub(super) fn may_come(&self, now: Duration) -> bool {
        self.feed.is_none() && self.gone_since.is_none() && now >= self.not_before
    }

    /// Comes into the pipeline, as soon as there is a place.
    pub(super) fn come(&mut self, entrance: &Entrance, clock: Clock, admitted: Box<dyn FnOnce(Answers) + Send>) {
        let StreamToken { name, peer, .. } = &self.token;
        let guest = Guest { name: Arc::clone(name), peer: *peer, url: key::camera(name).into(), admitted };
        self.feed = Some(entrance.bring(guest, clock));
        self.came_at = clock.now();
    }

    /// Whether it waits for a place.
    pub(super) fn waits(&self) -> bool {
        self.feed.is_some() && self.admitted.is_none()
    }

    /// Whether it does so for longer than that takes where there is one.
    pub(super) fn has_waited(&self, now: Duration) -> bool {
        self.waits() && now.saturating_sub(self.came_at) >= A_WHILE
    }

    /// What takes its frames from Zenoh.
    pub(super) fn putter(&self, limit: FrameLimit) -> Option<impl Fn(Sample) + Send + Sync + 'static> {
        let (feed, id) = (self.feed.clone()?, self.token.stream);
        Some(move |sample: Sample| {
            let attachment = sample.attachment().and_then(|bytes| Attachment::from_bytes(&bytes.to_bytes()));
            let Some(Attachment { number, .. }) = attachment.filter(|attachment| attachment.stream == id) else {
                return;
            };
            if sample.payload().len() > limit.bytes() as usize {
                return;
            }
            if let Ok(frame) = Frame::new(sample.payload().to_bytes().into_owned()) {
                // Fails once the pipeline wants no more, which is seen elsewhere.
                _ = feed.put(number, frame);
            }
        })
    }

    pub(super) fn admitted(&mut self, answers: Answers, subscribers: Vec<Subscriber<()>>) {
        self.admitted = Some(Admitted { answers, _subscribers: subscribers, worker: None });
    }

    /// A worker has answered.
    pub(super) fn found(&mut self, objects: &Objects, now: Duration) {
        if let Some(Admitted { answers, worker, .. }) = &mut self.admitted {
            *worker = Some((Arc::clone(&objects.worker), now));
            answers.give(&objects.kinds, objects.found.clone());
        }
    }

    /// Its gateway says that it is over.
    pub(super) fn ended(&mut self, end: &end::End) {
        let why = End { reason: end.reason, detail: end.detail.clone() };
        self.feed.iter().for_each(|feed| feed.end(why.clone(), Some(end.frames)));
        self.not_before = Duration::MAX;
    }

    /// This token is gone: what its gateway says of that may still be on its way. Others may have a token with the same number.
    pub(super) fn token_gone(&mut self, token: &StreamToken, now: Duration) {
        if self.token == *token {
            self.gone_since.get_or_insert(now);
        }
    }

    /// This token is there, perhaps again, because the router is.
    pub(super) fn is_there_again(&mut self, token: &StreamToken) {
        if self.token == *token && self.gone_since.take().is_some() && std::mem::take(&mut self.is_told) {
            // It comes again as if it were new.
            self.admitted.take().into_iter().for_each(|admitted| admitted.answers.stop());
            (self.feed, self.not_before) = (None, Duration::ZERO);
        }
    }

    /// Another worker has it; gives the number that it had here, whose last pictures are still being searched.
    pub(super) fn leave(&mut self) -> Option<RobotId> {
        let end = End { reason: EndReason::Quit, detail: Some("another worker searches it from now on".to_owned()) };
        self.feed.take().into_iter().for_each(|feed| feed.end(end.clone(), None));
        self.admitted.take().map(|admitted| admitted.answers.robot())
    }

    /// Looks whether the pipeline still has it, and the worker still searches it. After the end of a stream its last pictures may
    /// still be answered.
    pub(super) fn look(&mut self, is_there: impl Fn(&str) -> bool, now: Duration) {
        if self.feed.as_ref().is_some_and(Feed::is_closed) {
            self.feed = None;
            if self.gone_since.is_none() && self.not_before != Duration::MAX {
                self.admitted = None;
            }
            if self.gone_since.is_none() {
                self.not_before = self.not_before.max(now + PAUSE);
            }
        }
        if let Some(Admitted { answers, worker, .. }) = &mut self.admitted
            && let Some((id, answered_at)) = worker
            && (!is_there(id) || now.saturating_sub(*answered_at) >= WORKER_SILENT)
        {
            answers.stop();
            *worker = None;
        }
    }

    /// Whether it is gone, and nothing is heard of it any more.
    pub(super) fn is_over(&mut self, now: Duration) -> bool {
        let Some(gone_for) = self.gone_since.map(|gone| now.saturating_sub(gone)) else { return false };
        if gone_for >= LAST_WORDS {
            let detail =
                Some("nothing more is heard of it: its gateway or the router is gone, or a link is slow".to_owned());
            let end = End { reason: EndReason::HangUp, detail };
            self.feed.iter().for_each(|feed| feed.end(end.clone(), None));
            self.is_told = true;
        }
        let is_over = gone_for >= LAST_ANSWERS;
        if is_over {
            // Of its last pictures some are left out by the worker, and no later answer says so.
            self.admitted.iter().for_each(|admitted| admitted.answers.stop());
        }
        is_over
    }
}

/// How soon a robot comes again for which the pipeline had no more use.
const PAUSE: Duration = Duration::from_secs(4);
/// How long a place takes where one is free, and more.
const A_WHILE: Duration = Duration::from_secs(1);
/// How long its gateway may take to say why a stream is over; tokens overtake messages.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// How long workers may take to answer its last pictures, and to say nothing of those that they left out.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// A worker that has not answered for so long is no reason to search nothing here. The slowest search takes half a second.
const WORKER_SILENT: Duration = Duration::from_secs(5);
