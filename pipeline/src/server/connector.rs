//! Dials the robots that wait to be asked for their streams, for as long as the program runs.
#![expect(clippy::disallowed_methods, reason = "pauses between two attempts are waited for here")]

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::acceptor::{Acceptor, Connection, until_there_is_room};
use super::http::{self, HttpStream};
use super::places::Places;
use super::reader::Reader;
use crate::dialled::Dialled;
use crate::event::Event;

/// Keeps the stream of one address coming.
pub(super) struct Connector {
    pub(super) acceptor: Arc<Acceptor>,
    pub(super) places: Arc<Places>,
    pub(super) dialled: Arc<Dialled>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Connector {
    /// Dials, hands the stream on until it is over, and dials again; until the program ends or no robot is wanted any more.
    pub(super) async fn run(mut self) {
        let acceptor = Arc::clone(&self.acceptor);
        let mut pause = FIRST_PAUSE;
        while !acceptor.robots.all_have_come() {
            let opened = tokio::select! {
                biased;
                _ = self.stop.changed() => return,
                opened = async {
                    until_there_is_room(&acceptor.robots).await;
                    http::open(&self.dialled.target.url, acceptor.robots.clock).await
                } => opened,
            };
            match opened {
                Ok(stream) => {
                    // A server that hangs up at once is not asked ever faster for that.
                    if self.receive(stream).await > LONGEST_PAUSE {
                        pause = FIRST_PAUSE;
                    }
                }
                Err(error) => self.report(&error.to_string()),
            }
            tokio::select! {
                biased;
                _ = self.stop.changed() => return,
                () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }

    /// Hands frames on until the stream is over and its last frame is done; for how long it came.
    async fn receive(&self, HttpStream { peer, content_type, body }: HttpStream) -> Duration {
        let Acceptor { limits, robots, .. } = &*self.acceptor;
        let target = &self.dialled.target;
        let mut reader = Reader::of_http(body, content_type.as_deref(), limits.frame, limits.idle, robots.clock);
        let mut connection = Connection {
            acceptor: Arc::clone(&self.acceptor),
            places: Arc::clone(&self.places),
            peer,
            name: target.name.clone().or_else(|| self.acceptor.name_of(peer)),
            url: Some(Arc::clone(target.url.as_shown())),
            stop: self.stop.clone(),
        };
        let since = robots.clock.now();
        self.dialled.connected();
        let leaving = connection.receive(&mut reader).await;
        drop(reader);
        self.dialled.disconnected();
        let came_for = robots.clock.now().saturating_sub(since);
        if let Some(leaving) = leaving {
            leaving.leave().await;
        }
        came_for
    }

    fn report(&self, why: &str) {
        if self.dialled.failed(why) {
            let url = Arc::clone(self.dialled.target.url.as_shown());
            self.acceptor.robots.sinks.send(Event::Unreachable { url, detail: why.to_owned() });
            self.acceptor.robots.wake.wake();
        }
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// A camera that is switched on is seen within this time.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
