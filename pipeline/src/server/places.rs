//! The places for robots: so many at once, and a line of those who wait for one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// A fixed number of places.
#[derive(Debug)]
pub(super) struct Places {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    waiting: VecDeque<Waiting>,
    numbered: u64,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    has_picture: bool,
    granted: oneshot::Sender<Place>,
}

/// The right to stream, until it is dropped; then it goes to one who waits.
#[derive(Debug)]
pub(super) struct Place(Arc<Places>);

/// What one who asks for a place gets.
#[derive(Debug)]
pub(super) enum Answer {
    Place(Place),
    Wait(Ticket),
}

/// A position in the line.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) number: u64,
    /// Gives the place when there is one.
    pub(super) granted: oneshot::Receiver<Place>,
}

/// The line is too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Crowded;

impl Places {
    pub(super) fn new(count: usize) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { free: count, waiting: VecDeque::new(), numbered: 0 }) })
    }

    /// A place if one is free, or a position in the line.
    pub(super) fn ask(self: &Arc<Self>) -> Result<Answer, Crowded> {
        if let Some(place) = self.free() {
            return Ok(Answer::Place(place));
        }
        let mut state = self.lock();
        state.waiting.retain(|waiting| !waiting.granted.is_closed());
        if state.waiting.len() >= MOST_WAITING {
            return Err(Crowded);
        }
        let (granted, place) = oneshot::channel();
        state.numbered += 1;
        let number = state.numbered;
        state.waiting.push_back(Waiting { number, has_picture: false, granted });
        Ok(Answer::Wait(Ticket { number, granted: place }))
    }

    /// A place if one is free; nobody waits in line then.
    pub(super) fn free(self: &Arc<Self>) -> Option<Place> {
        let mut state = self.lock();
        state.free = state.free.checked_sub(1)?;
        Some(Place(Arc::clone(self)))
    }

    /// The one with this number has brought a picture, and comes before those that have not.
    pub(super) fn has_picture(&self, number: u64) {
        if let Some(waiting) = self.lock().waiting.iter_mut().find(|waiting| waiting.number == number) {
            waiting.has_picture = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        loop {
            let next = state.waiting.iter().position(|waiting| waiting.has_picture).unwrap_or(0);
            let Some(waiting) = state.waiting.remove(next) else { break };
            if waiting.granted.is_closed() {
                continue;
            }
            // Should it go away just now, its place is dropped in turn, for which the lock must be free.
            drop(state);
            _ = waiting.granted.send(Place(Arc::clone(&self.0)));
            return;
        }
        state.free += 1;
    }
}

/// Connections that wait at once, each with a socket: more than a robot makes that dials anew as fast as it can.
const MOST_WAITING: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    impl Answer {
        fn place(self) -> Place {
            let Answer::Place(place) = self else { panic!("no place is free") };
            place
        }

        fn ticket(self) -> Ticket {
            let Answer::Wait(ticket) = self else { panic!("a place is free") };
            ticket
        }
    }

    #[test]
    fn a_place_that_is_left_goes_to_who_has_waited_longest_but_pictures_come_first() {
        let places = Places::new(1);
        let place = places.ask().unwrap().place();
        let mut tickets = [(); 3].map(|()| places.ask().unwrap().ticket());
        places.has_picture(tickets[2].number);
        drop(place);
        let second = tickets[2].granted.try_recv().unwrap();
        assert!(tickets[0].granted.try_recv().is_err());
        drop(second);
        drop(tickets[0].granted.try_recv().unwrap());
        drop(tickets[1].granted.try_recv().unwrap());
        places.ask().unwrap().place();
    }

    #[test]
    fn one_who_has_gone_away_holds_nobody_up() {
        let places = Places::new(1);
        let place = places.ask().unwrap().place();
        let (gone, mut there) = (places.ask().unwrap().ticket(), places.ask().unwrap().ticket());
        drop(gone);
        drop(place);
        let place = there.granted.try_recv().unwrap();
        // Its place comes while it goes away.
        let leaving = places.ask().unwrap().ticket();
        drop(place);
        drop(leaving);
        places.ask().unwrap().place();
    }

    #[test]
    fn the_line_has_an_end() {
        let places = Places::new(0);
        let _tickets: Vec<Ticket> = (0..MOST_WAITING).map(|_| places.ask().unwrap().ticket()).collect();
        assert_eq!(places.ask().unwrap_err(), Crowded);
    }
}
