//! Room for one socket a robot among the files that a process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More robots than the operating system gives sockets to.
#[derive(Debug, thiserror::Error)]
#[error(
    "{robots} robots need {needed} open files, and this process may have {allowed}; \
     simulate fewer robots, or raise the limit, which `ulimit -Hn` shows"
)]
pub(crate) struct TooManyRobots {
    robots: u32,
    needed: u64,
    allowed: u64,
}

/// Raises the soft limit on open files as far as `robots` need, which the hard limit may not allow.
pub(crate) fn reserve(robots: u32) -> Result<(), TooManyRobots> {
    let needed = u64::from(robots) + OTHERS;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // `None` stands for no limit.
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let raised = maximum.is_none_or(|maximum| maximum >= needed)
        && setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum }).is_ok();
    if raised { Ok(()) } else { Err(TooManyRobots { robots, needed, allowed: maximum.or(current).unwrap_or(needed) }) }
}

/// Standard streams, the runtime's and the video's files, with room to spare.
const OTHERS: u64 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_already_needs_nothing() {
        assert!(reserve(1).is_ok());
    }

    #[test]
    fn the_error_says_what_was_seen_what_is_needed_and_what_to_do() {
        let error = TooManyRobots { robots: 1000, needed: 1064, allowed: 512 }.to_string();
        for part in ["1000 robots", "1064", "512", "fewer robots", "ulimit -Hn"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
