//! Options about robots' connections: where they connect, and which of them may.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;

use clap::Args;
use clap::error::ErrorKind;
use ipnet::IpNet;
use pipeline::{Once, Target, typed};

/// Which robots to watch.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct Connection {
    /// Listen for robots on this address
    ///
    /// The default is reachable from this machine only; 0.0.0.0 stands for all addresses of this machine. Port 0 picks a
    /// free port, which is given on standard error and in the report.
    ///
    /// Examples: --listen 0.0.0.0:8000, --listen 127.0.0.1:0
    ///
    /// [default: 127.0.0.1:8000, or none where --connect or --zenoh is given]
    #[arg(long, value_name = "ADDR", value_parser = typed::address)]
    listen: Option<SocketAddr>,

    /// Connect to a robot or camera that serves MJPEG over HTTP; may be given several times
    ///
    /// ESP32-CAM, mjpg-streamer, ustreamer and phones' IP-camera apps do. The viewer dials until the stream comes, and again
    /// whenever it ends. Put a name of your choice in front, and a user and password in the address, if you need them.
    ///
    /// Examples: --connect http://192.168.1.30:81/stream, --connect door=http://user:secret@camera.local:8080/video
    #[arg(long = "connect", value_name = "[NAME=]URL", value_parser = typed::target)]
    pub(super) targets: Vec<Target>,

    /// Accept robots from this address or network only; may be given several times
    ///
    /// Examples: --allow 192.168.1.0/24, --allow 192.168.1.17
    #[arg(long, value_name = "NETWORK", value_parser = typed::network)]
    pub(super) allow: Vec<IpNet>,

    /// Name the robots from this address or network; may be given several times
    ///
    /// The name is shown in the window and given in the report.
    ///
    /// Examples: --name 192.168.1.17=left, --name 10.1.0.0/16=lab
    #[arg(long = "name", value_name = "NETWORK=NAME", value_parser = typed::named_network)]
    pub(super) names: Vec<(IpNet, Arc<str>)>,

    /// How many robots may be connected at once
    ///
    /// While all places are taken, a newcomer waits for two and a half seconds; it may take the place of a robot that has
    /// sent no picture for two seconds.
    ///
    /// Example: --robots 16
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(super) robots: u16,

    /// Quit when the first N robots have left [default without N: 1]
    ///
    /// The exit code is 0, or 3 if a robot's stream was cut short. A connection that brings no frame, such as a port
    /// scanner's, does not count. Once N robots have sent a frame, nobody else is accepted.
    ///
    /// Examples: --once, --once 4
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1")]
    once: Option<NonZeroUsize>,
}

impl Connection {
    /// Where robots connect; nowhere, if all there are to be are dialled.
    ///
    /// Where robots of a fleet are watched, others have to be asked for.
    pub(super) fn listen(&self, has_fleet: bool) -> Option<SocketAddr> {
        let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 8000));
        self.listen.or_else(|| (self.targets.is_empty() && !has_fleet).then_some(default))
    }

    /// The names that are given to robots.
    pub(super) fn robots_names(&self) -> BTreeSet<&str> {
        let dialled = self.targets.iter().filter_map(|target| target.name.as_deref());
        self.names.iter().map(|(_, name)| &**name).chain(dialled).collect()
    }

    /// An error where there are more addresses to dial than places.
    pub(super) fn check(&self) -> Result<(), clap::Error> {
        let (dialled, places) = (self.targets.len(), usize::from(self.robots));
        if dialled <= places {
            return Ok(());
        }
        let message =
            format!("--connect is given {dialled} times, and --robots allows {places}; add --robots {dialled}\n");
        Err(clap::Error::raw(ErrorKind::ValueValidation, message))
    }

    pub(super) fn once(&self) -> Once {
        self.once.map_or(Once::Never, Once::First)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        connection: Connection,
    }

    fn parse(arguments: &[&str]) -> Result<Connection, clap::Error> {
        Typed::try_parse_from([&["viewer"], arguments].concat()).map(|typed| typed.connection)
    }

    #[test]
    fn localhost_is_an_address() {
        let listen = |typed| parse(&["--listen", typed]).unwrap().listen(false).unwrap().to_string();
        assert_eq!(parse(&[]).unwrap().listen(false).unwrap().to_string(), "127.0.0.1:8000");
        assert_eq!(listen("localhost:9000"), "127.0.0.1:9000");
        assert_eq!(listen("[::1]:0"), "[::1]:0");
    }

    #[test]
    fn a_viewer_that_dials_listens_only_where_it_is_asked_to() {
        let dials = ["--connect", "http://10.0.0.7:81/stream"];
        assert_eq!(parse(&dials).unwrap().listen(false), None);
        let both = parse(&[&dials[..], &["--listen", "127.0.0.1:9000"]].concat()).unwrap();
        assert_eq!(both.listen(false).unwrap().port(), 9000);
    }

    #[test]
    fn a_stream_may_have_a_name() {
        let targets =
            parse(&["--connect", "front door=http://cam/?a=b", "--connect", "http://cam/?c=d"]).unwrap().targets;
        let targets: Vec<_> = targets.iter().map(|target| (target.name.as_deref(), target.url.to_string())).collect();
        assert_eq!(targets, [(Some("front door"), "http://cam/?a=b".to_owned()), (None, "http://cam/?c=d".to_owned())]);
    }

    #[test]
    fn an_address_without_a_prefix_is_one_robot() {
        let typed = ["192.168.1.17", "10.1.0.0/16", "fe80::1", "::ffff:127.0.0.1", "::ffff:10.1.0.0/112", "::/0"];
        let args: Vec<&str> = typed.iter().flat_map(|typed| ["--allow", typed]).collect();
        let allow: Vec<String> = parse(&args).unwrap().allow.iter().map(IpNet::to_string).collect();
        assert_eq!(allow, ["192.168.1.17/32", "10.1.0.0/16", "fe80::1/128", "127.0.0.1/32", "10.1.0.0/16", "::/0"]);
    }

    #[test]
    fn a_mapped_network_with_the_prefix_of_ipv4_is_refused_with_what_to_give() {
        for (typed, proposed) in
            [("::ffff:10.1.2.3/24", "give 10.1.2.3/24"), ("::ffff:10.1.0.0/64", "give 10.1.0.0/N, ")]
        {
            let error = parse(&["--allow", typed]).unwrap_err().to_string();
            assert!(error.contains(proposed), "{error}");
        }
    }

    #[test]
    fn a_network_without_a_prefix_is_refused_with_the_prefix_to_give() {
        for (typed, proposed) in [
            ("192.168.1.0", "192.168.1.0/24"),
            ("172.16.0.0", "172.16.0.0/16"),
            ("10.0.0.0", "10.0.0.0/8"),
            ("0.0.0.0", "0.0.0.0/0"),
            ("fd00:1:2:3::", "fd00:1:2:3::/64"),
            ("::", "::/0"),
        ] {
            let error = parse(&["--allow", typed]).unwrap_err().to_string();
            assert!(error.contains(&format!("its size as well: {proposed}\n")), "{error}");
            parse(&["--allow", proposed]).unwrap();
            let error = parse(&["--name", &format!("{typed}=lab")]).unwrap_err().to_string();
            assert!(error.contains(proposed), "{error}");
        }
    }

    #[test]
    fn a_name_stands_for_an_address_or_a_network() {
        let names = parse(&["--name", "192.168.1.17= left ", "--name", "10.1.0.0/16=the lab"]).unwrap().names;
        let names: Vec<_> = names.iter().map(|(network, name)| (network.to_string(), &**name)).collect();
        assert_eq!(names, [("192.168.1.17/32".to_owned(), "left"), ("10.1.0.0/16".to_owned(), "the lab")]);
    }

    #[test]
    fn bad_values_are_refused_with_an_example() {
        for (bad, example) in [
            (["--listen", "8000"], "127.0.0.1:8000"),
            (["--listen", "raspberrypi.local:8000"], "127.0.0.1:8000"),
            (["--robots", "0"], "1..=1000"),
            (["--once", "0"], "--once"),
            (["--name", "left"], "192.168.1.17=left"),
            (["--name", "10.0.0.1="], "192.168.1.17=left"),
            (["--name", "robot=left"], "192.168.1.17"),
            (["--allow", "192.168.1"], "192.168.1.0/24"),
            (["--connect", "192.168.1.30:81/stream"], "http://192.168.1.30:81/stream"),
            (["--connect", "=http://cam/"], "such as left"),
            (["--connect", "rtsp://cam/1"], "only http://"),
        ] {
            let error = parse(&bad).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{bad:?}");
            assert!(error.to_string().contains(example), "{error}");
        }
    }
}
