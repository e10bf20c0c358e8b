//! A connection that waits for a place.
#![expect(clippy::disallowed_methods, reason = "those who wait are judged every so often")]

use std::sync::Arc;
use std::time::Duration;

use protocol::Frame;
use tokio::io::AsyncRead;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::acceptor::{Acceptor, Connection};
use super::admission::{Newcomer, Verdict, judge};
use super::places::{Place, Ticket};
use super::reader::{Read, Reader, Timed};
use super::trials::Trial;
use crate::event::EndReason;
use crate::mailbox::Closed;
use crate::robots::ALL_HAVE_COME;
use crate::stage::{Job, Origin};

/// Why a connection that waits gets no place.
pub(super) enum NotAdmitted {
    Refused(String),
    /// It has gone, or the program ends.
    Left,
}

impl Connection {
    /// Waits until a robot leaves, or has to make room.
    ///
    /// Nothing is read meanwhile, but for the first frame where a picture would displace a robot.
    pub(super) async fn wait_for_place(
        &mut self,
        ticket: Ticket,
        reader: &mut Reader<impl AsyncRead + Unpin>,
    ) -> Result<(Place, Option<Timed>), NotAdmitted> {
        let robots = &self.acceptor.robots;
        let Ticket { number, mut granted } = ticket;
        let mut newcomer = Newcomer { since: robots.clock.now(), has_picture: false };
        let mut first: Option<Timed> = None;
        let mut trial: Option<Trial> = None;
        let mut tried = JoinSet::new();
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = self.stop.changed() => return Err(NotAdmitted::Left),
                place = &mut granted => return place.map(|place| (place, first)).map_err(|_| NotAdmitted::Left),
                read = reader.next(), if trial.is_some() && first.is_none() => {
                    let frame = match read {
                        Ok(Read::Frame(frame)) => frame,
                        Ok(Read::Lost(lost)) => return Err(NotAdmitted::Refused(lost.to_string())),
                        Err(end) => return Err(match end.reason {
                            EndReason::HangUp | EndReason::EndOfStream | EndReason::Truncated => NotAdmitted::Left,
                            _ => NotAdmitted::Refused(end.detail.unwrap_or_default()),
                        }),
                    };
                    trial.iter().for_each(Trial::set_whole);
                    tried.spawn(Arc::clone(&self.acceptor).try_frame(frame.0.clone()));
                    first = Some(frame);
                }
                Some(outcome) = tried.join_next(), if !tried.is_empty() => {
                    outcome.unwrap_or(Err(NotAdmitted::Left))?;
                    newcomer.has_picture = true;
                    self.places.has_picture(number);
                }
                () = broken_off(trial.as_mut()), if first.is_none() => {
                    let detail = "all places are taken, and others came before its first picture had".to_owned();
                    return Err(NotAdmitted::Refused(detail));
                }
                _ = look.tick() => {
                    if robots.all_have_come() {
                        return Err(NotAdmitted::Refused(ALL_HAVE_COME.to_owned()));
                    }
                    robots.clock.beats();
                    let now = robots.clock.now();
                    // Where nothing can be reported nobody is heard, and no first picture is decoded.
                    let waits_since = if robots.sinks.have_room() { newcomer.since } else { now };
                    newcomer.since = robots.clock.fair_start(waits_since, now);
                    match judge(&robots.occupants(), self.acceptor.limits.robots, newcomer, now) {
                        Verdict::Wait => {}
                        Verdict::BringPicture if trial.is_none() => trial = self.acceptor.trials.enter(number),
                        Verdict::BringPicture => {}
                        Verdict::Displace { robot, end } => {
                            robots.stop(robot, end);
                            // For that place it may wait as long as for any.
                            newcomer.since = robots.clock.now();
                        }
                        Verdict::Refuse { detail } => return Err(NotAdmitted::Refused(detail)),
                    }
                }
            }
        }
    }
}

impl Acceptor {
    /// Finds out whether the first frame of one who waits decodes.
    async fn try_frame(self: Arc<Self>, frame: Frame) -> Result<(), NotAdmitted> {
        let _turn = self.trials.turn().await;
        let (answer, answered) = oneshot::channel();
        self.frames.put(Origin::Newcomer, Job::Try { frame, answer }).map_err(|Closed| NotAdmitted::Left)?;
        let outcome = answered.await.map_err(|_| NotAdmitted::Left)?;
        outcome.map_err(|reason| NotAdmitted::Refused(format!("its first frame is no picture: {reason}")))
    }
}

/// Waits until others need the room of this trial; for ever if there is none.
async fn broken_off(trial: Option<&mut Trial>) {
    match trial {
        Some(trial) => _ = (&mut trial.broken_off).await,
        None => std::future::pending().await,
    }
}

/// How often those who wait are judged anew.
const LOOK_EVERY: Duration = Duration::from_millis(100);
