//! A long-lived thread that works on jobs for another one.
#![expect(clippy::disallowed_methods, reason = "the thread starts here")]

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use crate::panics;

/// Works on one job after another; the thread ends when this is dropped.
pub(super) struct Helper<Job, Answer> {
    jobs: Sender<(Job, Sender<Result<Answer, String>>)>,
}

/// The answer to one job, once it is there.
pub(super) struct Pending<Answer> {
    answer: Receiver<Result<Answer, String>>,
}

impl<Job: Send + 'static, Answer: Send + 'static> Helper<Job, Answer> {
    /// Starts a thread called `name` that answers jobs by `work`.
    ///
    /// On Linux it inherits the priority of the thread that calls this.
    pub(super) fn start(name: &str, mut work: impl FnMut(Job) -> Answer + Send + 'static) -> io::Result<Self> {
        let (jobs, inbox) = mpsc::channel::<(Job, Sender<Result<Answer, String>>)>();
        let run = move || {
            while let Ok((job, reply)) = inbox.recv() {
                // The caller may have panicked meanwhile and no longer wait.
                _ = reply.send(panics::caught(|| work(job)));
            }
        };
        thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self { jobs })
    }

    /// Hands over a job.
    pub(super) fn ask(&self, job: Job) -> Pending<Answer> {
        let (reply, answer) = mpsc::channel();
        // It cannot fail while the thread runs, and the thread runs while `jobs` is there.
        _ = self.jobs.send((job, reply));
        Pending { answer }
    }
}

impl<Answer> Pending<Answer> {
    /// Waits for the answer.
    ///
    /// # Panics
    /// Panics where the work did, so that the caller's own handling of panics applies.
    pub(super) fn wait(self) -> Answer {
        let answer = self.answer.recv().unwrap_or_else(|_| Err("the helper thread has ended".to_owned()));
        answer.unwrap_or_else(|message| panic!("{message}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_answered_in_any_order_of_waiting_and_after_a_panic() {
        let helper = Helper::start("test", |n: i32| if n == 2 { panic!("as asked") } else { 10 * n }).unwrap();
        let [one, two, three] = [1, 2, 3].map(|n| helper.ask(n));
        assert_eq!(three.wait(), 30);
        assert_eq!(panics::caught(|| two.wait()), Err("as asked".to_owned()));
        assert_eq!(one.wait(), 10);
    }

    #[test]
    fn an_answer_that_nobody_waits_for_is_not_taken_for_the_next_one() {
        let helper = Helper::start("test", |n: i32| 10 * n).unwrap();
        drop(helper.ask(1));
        assert_eq!(helper.ask(2).wait(), 20);
    }
}
