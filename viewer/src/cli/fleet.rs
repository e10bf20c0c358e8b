//! Options about robots of a fleet; where this program was built without, they say how to have them.

use clap::Args;
use clap::error::ErrorKind;
use protocol::FrameLimit;

use crate::fleet::Config;

/// Which robots of which fleet to watch.
#[derive(Debug, Args)]
pub(super) struct Fleet {
    #[cfg(feature = "fleet")]
    #[command(flatten)]
    zenoh: fleet::cli::ZenohArgs,

    /// Watch these robots of the fleet only, where * stands for any text; may be given several times
    ///
    /// Examples: --zenoh-robots left, --zenoh-robots 'lab-*'
    #[cfg(feature = "fleet")]
    #[arg(long = "zenoh-robots", value_name = "GLOB", requires = "zenoh", help_heading = "Fleet")]
    globs: Vec<String>,

    /// These are understood to say how to have them.
    #[cfg(not(feature = "fleet"))]
    #[arg(long, hide = true, aliases = ["zenoh-robots", "zenoh-ca", "zenoh-cert", "zenoh-key"], num_args = 1, action = clap::ArgAction::Append)]
    zenoh: Vec<String>,
}

impl Fleet {
    /// What to bring in, if there is a fleet.
    #[cfg(feature = "fleet")]
    pub(super) fn config(self, limit: FrameLimit) -> Result<Option<Config>, clap::Error> {
        if self.globs.iter().any(String::is_empty) {
            let message = "--zenoh-robots is empty; give a name, or * for all\n";
            return Err(clap::Error::raw(ErrorKind::ValueValidation, message));
        }
        let router = self.zenoh.router()?;
        Ok(router.map(|router| Config { router, robots: self.globs, limit }))
    }

    #[cfg(not(feature = "fleet"))]
    pub(super) fn config(self, _: FrameLimit) -> Result<Option<Config>, clap::Error> {
        if self.zenoh.is_empty() {
            return Ok(None);
        }
        let message =
            "this viewer was built without fleets; build it with: cargo build --release -p viewer --features fleet\n";
        Err(clap::Error::raw(ErrorKind::UnknownArgument, message))
    }
}

#[cfg(all(test, feature = "fleet"))]
mod tests {
    use clap::Parser as _;

    use crate::cli::{Cli, Job};

    #[test]
    fn robots_of_a_fleet_are_turned_by_the_names_that_they_have_there() {
        let typed = ["viewer", "--zenoh", "tcp/10.0.0.1:7447", "--rotate", "left=180"];
        let Ok(Job::Watch(config)) = Cli::try_parse_from(typed).and_then(Cli::into_job) else { unreachable!() };
        assert_eq!(config.orientations.named["left"], vision::Orientation::R180);
    }
}
