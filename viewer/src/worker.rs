//! Threads: the decoder, and one for every detector, each between two slots.
#![expect(clippy::disallowed_methods, reason = "threads start here")]

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;

use crate::app::{Answer, Event};
use crate::picture::{FrameId, Picture, Pixels, Received};
use crate::slot::{Closed, Policy, Slot};
use vision::{DetectError, Detector, Kind, panics};

/// Turns frames into pictures until `inbox` is closed.
pub(crate) fn spawn_decoder(
    inbox: Arc<Slot<Received>>,
    pictures: Arc<Slot<Arc<Picture>>>,
    events: Sender<Event>,
) -> io::Result<()> {
    let work = move || {
        let mut pool = PixelPool::default();
        while let Some(received) = inbox.take() {
            let id = received.id;
            let picture = match Picture::decode(received, pool.take()) {
                Ok(picture) => Arc::new(picture),
                Err((error, pixels)) => {
                    pool.spare = pixels;
                    _ = events.send(Event::Corrupt { id, reason: error.to_string() });
                    continue;
                }
            };
            pool.lend(&picture);
            match pictures.put(picture) {
                Ok(None) => {}
                Ok(Some(displaced)) => _ = events.send(Event::Dropped { id: displaced.id }),
                Err(Closed) => return,
            }
            if events.send(Event::PictureReady).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("decode".into()).spawn(work).map(drop)
}

/// Pictures that may still be in use; the memory of those that are not serves the next frame.
#[derive(Default)]
struct PixelPool {
    lent: Vec<Arc<Picture>>,
    /// Of a frame that was no picture.
    spare: Pixels,
}

impl PixelPool {
    fn take(&mut self) -> Pixels {
        let free = self.lent.iter().position(|picture| Arc::strong_count(picture) == 1);
        let picture = free.map(|at| self.lent.swap_remove(at)).and_then(Arc::into_inner);
        // What else is free was needed for a moment only, or for larger pictures than come now.
        self.lent.retain(|picture| Arc::strong_count(picture) > 1);
        picture.map(|picture| picture.vision.into_pixels()).unwrap_or_else(|| std::mem::take(&mut self.spare))
    }

    fn lend(&mut self, picture: &Arc<Picture>) {
        if self.lent.len() < POOLED {
            self.lent.push(Arc::clone(picture));
        }
    }
}

/// One being decoded, one waiting, one shown, and one at each detector.
const POOLED: usize = 4 + Kind::ALL.len();

/// The detectors' threads, each with its slot.
pub(crate) struct Workers {
    slots: BTreeMap<Kind, Arc<Slot<Arc<Picture>>>>,
    events: Sender<Event>,
}

impl Workers {
    pub(crate) fn spawn(detectors: Vec<Box<dyn Detector>>, policy: Policy, events: &Sender<Event>) -> io::Result<Self> {
        let mut workers = Self { slots: BTreeMap::new(), events: events.clone() };
        for detector in detectors {
            let (kind, slot) = (detector.kind(), Arc::new(Slot::new(policy)));
            let work = work(detector, Arc::clone(&slot), events.clone());
            thread::Builder::new().name(format!("detect-{kind}")).spawn(work)?;
            workers.slots.insert(kind, slot);
        }
        Ok(workers)
    }

    /// Gives `picture` to the detectors of `kinds`; what is displaced is reported as skipped.
    pub(crate) fn look(&self, picture: &Arc<Picture>, kinds: impl IntoIterator<Item = Kind>) {
        for kind in kinds {
            let given = self.slots.get(&kind).ok_or(Closed).and_then(|slot| slot.put(Arc::clone(picture)));
            let skipped: Option<FrameId> = match given {
                Ok(displaced) => displaced.map(|picture| picture.id),
                Err(Closed) => Some(picture.id),
            };
            if let Some(id) = skipped {
                _ = self.events.send(Event::Skipped { id, kind });
            }
        }
    }
}

/// Lets the display have the processor when both want it: on two cores a slow detector costs frames otherwise.
///
/// Linux gives each thread a priority of its own; elsewhere this would slow the whole program.
#[cfg(target_os = "linux")]
fn yield_to_the_display() {
    // Lowering one's own priority is always allowed; were it not, all would still work.
    _ = rustix::process::setpriority_process(None, DETECTOR_NICENESS);
}

#[cfg(not(target_os = "linux"))]
fn yield_to_the_display() {}

/// Half-way to the lowest priority there is.
#[cfg(target_os = "linux")]
const DETECTOR_NICENESS: i32 = 10;

fn work(mut detector: Box<dyn Detector>, slot: Arc<Slot<Arc<Picture>>>, events: Sender<Event>) -> impl FnOnce() {
    move || {
        yield_to_the_display();
        let kind = detector.kind();
        let mut count = 0;
        let mut stream = (0, detector.stream());
        while let Some(picture) = slot.take() {
            let id = picture.id;
            if stream.0 != id.robot {
                stream = (id.robot, detector.stream());
            }
            let luma = picture.vision.luma();
            let outcome = panics::caught(|| detector.detect_next(&mut stream.1, luma)).unwrap_or_else(|message| {
                count += 1;
                let (engine, width, height) = (kind.name(), luma.width, luma.height);
                Err(DetectError::Panicked { engine, width, height, count, message })
            });
            if events.send(Event::Detected(Answer { id, kind, outcome })).is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;
    use vision::{Detection, Luma};

    /// Panics on every picture, or finds nothing.
    enum Scripted {
        Panicking(Kind),
        Sound(Kind),
    }

    impl Detector for Scripted {
        fn kind(&self) -> Kind {
            let (Scripted::Panicking(kind) | Scripted::Sound(kind)) = self;
            *kind
        }

        fn detect(&mut self, _: &Luma) -> Result<Vec<Detection>, DetectError> {
            match self {
                Scripted::Panicking(_) => panic!("as asked"),
                Scripted::Sound(_) => Ok(Vec::new()),
            }
        }
    }

    fn picture(seq: u64) -> Arc<Picture> {
        let (id, jpeg) = (FrameId { robot: 1, seq }, protocol::Frame::new(*b"jpeg").unwrap());
        Arc::new(Picture::new(Received { id, jpeg, at: Duration::ZERO }, Pixels::new(8, 8).into()))
    }

    #[test]
    fn a_detector_that_panics_answers_with_an_error_each_time_and_the_others_go_on() {
        let (events, inbox) = mpsc::channel();
        let detectors: Vec<Box<dyn Detector>> =
            vec![Box::new(Scripted::Panicking(Kind::Face)), Box::new(Scripted::Sound(Kind::Human))];
        let workers = Workers::spawn(detectors, Policy::EveryOne, &events).unwrap();
        let (mut panics, mut sound) = (Vec::new(), 0);
        for seq in 0..3 {
            workers.look(&picture(seq), [Kind::Face, Kind::Human]);
            for _ in 0..2 {
                let event = inbox.recv_timeout(Duration::from_secs(30)).unwrap();
                let Event::Detected(Answer { id, outcome, .. }) = event else { unreachable!("{event:?}") };
                assert_eq!(id.seq, seq);
                match outcome {
                    Ok(found) => sound += usize::from(found.is_empty()),
                    Err(DetectError::Panicked { engine, count, .. }) => panics.push((engine, count)),
                    Err(other) => unreachable!("{other}"),
                }
            }
        }
        assert_eq!((panics, sound), (vec![("face", 1), ("face", 2), ("face", 3)], 3));
    }
}
