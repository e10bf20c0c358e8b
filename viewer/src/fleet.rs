//! Robots of a fleet, where this program was built with them.

use pipeline::{Bound, Clock, Unreached};

#[cfg(feature = "fleet")]
pub(crate) use fleet::{link::OpenError, source::Config};

/// Which fleet: none, where this program was built without.
#[cfg(not(feature = "fleet"))]
#[derive(Debug)]
pub(crate) enum Config {}

/// Why a fleet cannot be joined: never, where there is none.
#[cfg(not(feature = "fleet"))]
type OpenError = std::convert::Infallible;

/// The fleet whose robots are watched.
pub(crate) struct Fleet {
    #[cfg(feature = "fleet")]
    source: fleet::source::Source,
    #[cfg(feature = "fleet")]
    messages: fleet::messages::LinkMessages,
    #[cfg(feature = "fleet")]
    waited: bool,
}

#[cfg(feature = "fleet")]
impl Fleet {
    /// Lets the fleet's robots into the pipeline that `bound` will be.
    pub(crate) fn join(config: Option<Config>, bound: Bound, clock: Clock) -> Result<(Option<Self>, Bound), OpenError> {
        let Some(config) = config else { return Ok((None, bound)) };
        let (entrance, arrivals) = pipeline::Entrance::open();
        let source = fleet::source::Source::start(config, entrance, clock)?;
        let fleet = Self { source, messages: Default::default(), waited: false };
        Ok((Some(fleet), bound.with_arrivals(arrivals)))
    }

    /// What there is to say.
    pub(crate) fn news(&mut self) -> Vec<String> {
        let waiting = self.source.waiting();
        let before = std::mem::replace(&mut self.waited, waiting > 0);
        let places = (waiting > 0 && !before)
            .then(|| format!("{waiting} of the fleet's robots have no place here; raise --robots to see them"));
        self.messages.news(self.source.link()).into_iter().chain(places).collect()
    }

    /// The router, while it cannot be reached.
    pub(crate) fn unreached(&self) -> Option<Unreached> {
        let link = self.source.link();
        link.fault().map(|why| Unreached { name: None, url: link.address().to_string().into(), why: Some(why) })
    }

    pub(crate) fn leave(&self) {
        self.source.close();
    }
}

#[cfg(not(feature = "fleet"))]
#[expect(clippy::unused_self, reason = "there is none of this type")]
impl Fleet {
    pub(crate) fn join(config: Option<Config>, bound: Bound, _: Clock) -> Result<(Option<Self>, Bound), OpenError> {
        match config {
            None => Ok((None, bound)),
        }
    }

    pub(crate) fn news(&mut self) -> Vec<String> {
        Vec::new()
    }

    pub(crate) fn unreached(&self) -> Option<Unreached> {
        None
    }

    pub(crate) fn leave(&self) {}
}
