//! The request to end the run, which every robot waits for.

use tokio::sync::watch;

/// Sees the request to end the run.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

/// Makes the request, from any thread.
#[derive(Debug)]
pub(crate) struct Stopper(watch::Sender<bool>);

impl Stop {
    /// Returns both ends.
    pub(crate) fn new() -> (Stopper, Self) {
        let (sender, receiver) = watch::channel(false);
        (Stopper(sender), Self(receiver))
    }

    /// Whether the run is to end.
    pub(crate) fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the run is to end; for ever if no [`Stopper`] is left.
    pub(crate) async fn requested(&self) {
        if self.0.clone().wait_for(|requested| *requested).await.is_err() {
            std::future::pending().await
        }
    }
}

impl Stopper {
    /// Asks all robots to end; returns whether they had been asked before.
    pub(crate) fn stop(&self) -> bool {
        self.0.send_replace(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_ends_the_wait_and_is_remembered() {
        let (stopper, stop) = Stop::new();
        assert!(!stop.is_requested());
        let (before, ()) = tokio::join!(async { stopper.stop() }, stop.requested());
        assert!(!before && stopper.stop() && stop.is_requested());
        stop.requested().await;
    }
}
