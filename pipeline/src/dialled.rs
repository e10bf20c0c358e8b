//! The addresses that are dialled for streams, and what is in the way of each.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::stream_url::StreamUrl;

/// Whom to dial, and what to call the robot that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where its stream is.
    pub url: StreamUrl,
    /// If there is none, its IP address may still have a name.
    pub name: Option<Arc<str>>,
}

/// An address from which no stream comes at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    /// Its name, if there is one.
    pub name: Option<Arc<str>>,
    /// The address, without a password.
    pub url: Arc<str>,
    /// What is in the way, if an attempt has failed.
    pub why: Option<Arc<str>>,
}

/// What is known of one target, shared by its connector and the main loop.
#[derive(Debug)]
pub(crate) struct Dialled {
    pub(crate) target: Target,
    state: Mutex<State>,
}

#[derive(Debug, Clone)]
enum State {
    Dialling,
    Failed(Arc<str>),
    Connected,
}

impl Dialled {
    pub(crate) fn new(target: Target) -> Arc<Self> {
        Arc::new(Self { target, state: Mutex::new(State::Dialling) })
    }

    pub(crate) fn connected(&self) {
        *self.lock() = State::Connected;
    }

    /// The stream is over, and none will come until the next attempt succeeds.
    pub(crate) fn disconnected(&self) {
        *self.lock() = State::Dialling;
    }

    /// An attempt has failed; whether that is worth reporting, because the one before had another outcome.
    pub(crate) fn failed(&self, why: &str) -> bool {
        let mut state = self.lock();
        if matches!(&*state, State::Failed(before) if &**before == why) {
            return false;
        }
        *state = State::Failed(why.into());
        true
    }

    /// `None` while a stream comes.
    pub(crate) fn unreached(&self) -> Option<Unreached> {
        let why = match &*self.lock() {
            State::Connected => return None,
            State::Dialling => None,
            State::Failed(why) => Some(Arc::clone(why)),
        };
        Some(Unreached { name: self.target.name.clone(), url: Arc::clone(self.target.url.as_shown()), why })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_worth_reporting_once_until_something_else_happens() {
        let url = "http://pupil:secret@cam:81/stream".parse().unwrap();
        let dialled = Dialled::new(Target { url, name: Some("door".into()) });
        let unreached = dialled.unreached().unwrap();
        assert_eq!((&*unreached.url, unreached.why), ("http://cam:81/stream", None));

        assert!(dialled.failed("refused") && !dialled.failed("refused") && dialled.failed("404"));
        let why = dialled.unreached().unwrap().why;
        assert_eq!(why.as_deref(), Some("404"));

        dialled.connected();
        assert_eq!(dialled.unreached(), None);
        dialled.disconnected();
        assert!(dialled.failed("404"));
    }
}
