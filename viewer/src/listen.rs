//! The network side: accepts robots, holds them to the limits, reads frames as they come.
#![expect(clippy::disallowed_methods, reason = "sockets, tasks and waiting live here")]

mod admission;
mod reader;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use ipnet::IpNet;
use protocol::FrameLimit;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::Event;
use crate::clock::Clock;
use crate::picture::Received;
use crate::report::EndReason;
use crate::slot::Slot;
use admission::{Occupant, Verdict, judge};
use reader::{Farewell, Reader, Reins};

/// What a robot may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) frame: FrameLimit,
    /// How long a robot may be silent, and how long one frame may take; `None` is for ever.
    pub(crate) idle: Option<Duration>,
    /// Networks that robots may come from; all if there are none.
    pub(crate) allow: Vec<IpNet>,
}

/// Everything the network side hands its findings to.
#[derive(Clone)]
pub(crate) struct Outlets {
    pub(crate) inbox: Arc<Slot<Received>>,
    pub(crate) events: Sender<Event>,
    pub(crate) clock: Clock,
}

/// Accepts robots until `stop` changes; then disconnects the one that is live, and has told so when it returns.
pub(crate) async fn serve(listener: TcpListener, limits: Limits, outlets: Outlets, mut stop: watch::Receiver<bool>) {
    let mut door = Door { limits, outlets, robots: 0, live: None };
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => door.admit(stream, peer, door.outlets.clock.now()).await,
                // Out of file descriptors, or a peer that left while it waited: the next one may fare better.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    if let Some(live) = door.live.take() {
        live.disconnect(Farewell::QUIT).await;
    }
}

/// Lets robots in, one at a time.
struct Door {
    limits: Limits,
    outlets: Outlets,
    /// How many have been at the door; numbers the robots.
    robots: u32,
    live: Option<Live>,
}

impl Door {
    async fn admit(&mut self, stream: TcpStream, peer: SocketAddr, now: Duration) {
        self.robots += 1;
        let robot = self.robots;
        self.live.take_if(|live| live.task.is_finished());
        let detail = match judge(&self.limits.allow, peer.ip(), self.live.as_ref().map(Live::occupant), now) {
            Verdict::Enter => None,
            Verdict::MakeRoom { detail } => Some(detail),
            Verdict::Refuse { detail } => return self.tell(Event::Refused { robot, peer, detail }),
        };
        // The end of one robot is told before the beginning of the next.
        if let Some(live) = self.live.take() {
            live.disconnect(Farewell { reason: EndReason::Timeout, detail }).await;
        }
        self.tell(Event::Connected { robot, peer });
        self.live = Some(Live::start(robot, stream, &self.limits, self.outlets.clone()));
    }

    fn tell(&self, event: Event) {
        // The event's receiver lives as long as the program; when it is gone nobody is left to be told.
        _ = self.outlets.events.send(event);
    }
}

/// The robot that is connected, from the door's side.
struct Live {
    robot: u32,
    task: JoinHandle<()>,
    reins: Reins,
}

impl Live {
    fn start(robot: u32, stream: TcpStream, limits: &Limits, outlets: Outlets) -> Self {
        let (reader, reins) = Reader::new(robot, limits, outlets);
        Self { robot, task: tokio::spawn(reader.run(stream)), reins }
    }

    fn occupant(&self) -> Occupant {
        Occupant { robot: self.robot, activity: *self.reins.activity.borrow() }
    }

    /// Closes the connection; the robot's end has been told when this returns, which is at once: the reader waits for
    /// nothing that this would not interrupt.
    async fn disconnect(self, farewell: Farewell) {
        // Either fails only if the task has ended by itself, which is what is wanted.
        _ = self.reins.leave.send(farewell);
        _ = self.task.await;
    }
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests;
