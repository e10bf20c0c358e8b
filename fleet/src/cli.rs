//! What the user types.

mod zenoh;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use pipeline::{Limits, Target, typed};
use protocol::FrameLimit;
use vision::Kind;
use vision::jpeg::PixelLimit;

pub use self::zenoh::ZenohArgs;
use crate::address::Address;
use crate::{gateway, link, router, source, worker};

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "fleet", version, about = ABOUT, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Receive robots' streams and publish their frames
    #[command(after_help = GATEWAY_EXAMPLES, mut_arg("zenoh", |zenoh| zenoh.required(true)))]
    Gateway(Box<Gateway>),
    /// Search the pictures of a share of the robots and publish what is found
    #[command(after_help = WORKER_EXAMPLES, mut_arg("zenoh", |zenoh| zenoh.required(true)))]
    Worker(Worker),
    /// Route between gateways, workers and viewers, as zenohd does
    #[command(after_help = ROUTER_EXAMPLES)]
    Router(Router),
}

#[derive(Debug, Args)]
struct Gateway {
    #[command(flatten)]
    zenoh: ZenohArgs,
    /// Listen for robots on this address
    ///
    /// The default is reachable from this machine only; 0.0.0.0 stands for all addresses of this machine.
    ///
    /// Examples: --listen 0.0.0.0:8000, --listen 127.0.0.1:0
    ///
    /// [default: 127.0.0.1:8000, or none where --connect is given]
    #[arg(long, value_name = "ADDR", value_parser = typed::address)]
    listen: Option<SocketAddr>,

    /// Connect to a robot or camera that serves MJPEG over HTTP; may be given several times
    ///
    /// Examples: --connect http://192.168.1.30:81/stream, --connect door=http://user:secret@camera.local:8080/video
    #[arg(long = "connect", value_name = "[NAME=]URL", value_parser = typed::target)]
    targets: Vec<Target>,

    /// Accept robots from this address or network only; may be given several times
    ///
    /// Examples: --allow 192.168.1.0/24, --allow 192.168.1.17
    #[arg(long, value_name = "NETWORK", value_parser = typed::network)]
    allow: Vec<IpNet>,

    /// Name the robots from this address or network; may be given several times
    ///
    /// Robots without a name are called by their address. Of several with one name, and of several behind one address, the
    /// others have the address or a number as well.
    ///
    /// Examples: --name 192.168.1.17=left, --name 10.1.0.0/16=lab
    #[arg(long = "name", value_name = "NETWORK=NAME", value_parser = typed::named_network)]
    names: Vec<(IpNet, Arc<str>)>,

    /// How many robots may be connected at once
    ///
    /// Example: --robots 100
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    robots: u16,

    /// The longest frame accepted, in bytes
    ///
    /// Example: --max-frame 4000000
    #[arg(long, value_name = "BYTES", default_value_t = FrameLimit::DEFAULT.bytes(), value_parser = clap::value_parser!(u32).range(1..))]
    max_frame: u32,

    /// Disconnect robots that are silent for this many seconds; 0 never does
    ///
    /// Example: --idle-timeout 30
    #[arg(long, value_name = "SECS", default_value_t = 10)]
    idle_timeout: u32,

    /// Publish the frames for ROS 2 as well, in this domain (0 to 232)
    ///
    /// They are CompressedImage messages at /robot_vision/NAME/camera/compressed, for nodes that run with rmw_zenoh and join the
    /// same router. What ROS 2 does not allow in names becomes an underscore.
    ///
    /// Example: --ros-domain 0
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=232))]
    ros_domain: Option<u8>,

    #[command(flatten)]
    encryption: Encryption,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Encryption")]
struct Encryption {
    /// Encrypt robots' streams (TLS), with this certificate
    ///
    /// Example: --tls-cert certs/viewer.pem --tls-key certs/viewer-key.pem
    #[arg(long = "tls-cert", value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// The private key of --tls-cert, as a PEM file
    ///
    /// Example: --tls-key certs/viewer-key.pem
    #[arg(long = "tls-key", value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// Accept only those with a certificate that this authority has signed
    ///
    /// Example: --tls-client-ca certs/ca.pem
    #[arg(long = "tls-client-ca", value_name = "FILE", requires = "cert")]
    client_ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Worker {
    #[command(flatten)]
    zenoh: ZenohArgs,
    /// What to search for: qr, tags, faces, humans
    ///
    /// All workers of a fleet should search for the same: each robot is searched by one of them.
    ///
    /// Examples: --detect qr, --detect qr,faces,humans
    #[arg(long, value_name = "KINDS", value_delimiter = ',', required = true, value_parser = kind)]
    detect: Vec<Kind>,

    /// Search these robots only, where * stands for any text; may be given several times
    ///
    /// All workers of a fleet should be given the same: each robot is searched by one of them, or by none.
    ///
    /// Examples: --zenoh-robots left, --zenoh-robots 'lab-*'
    #[arg(long = "zenoh-robots", value_name = "GLOB")]
    globs: Vec<String>,

    /// How many robots to search at once
    ///
    /// Those beyond are searched by nobody, and viewers search them themselves.
    ///
    /// Example: --robots 100
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    robots: u16,

    /// By how many cores its share of the robots is measured [default: as many as there are]
    ///
    /// Example: --cores 2
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    cores: Option<u16>,
}

#[derive(Debug, Args)]
struct Router {
    /// Listen on this address: tcp/HOST:PORT, or tls/HOST:PORT
    ///
    /// The default is reachable from this machine only.
    ///
    /// Examples: --listen tcp/0.0.0.0:7447, --listen tls/0.0.0.0:7447
    #[arg(long, value_name = "ADDR", default_value = "tcp/127.0.0.1:7447")]
    listen: Address,

    /// More settings of Zenoh's in this file: access control, other routers
    ///
    /// Where the router listens, its certificates, and its queues are as the options say and a fleet needs them, whatever the file
    /// says.
    ///
    /// Example: --config router.json5
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    encryption: Encryption,
}

/// What the program is asked to do.
#[derive(Debug)]
pub enum Job {
    /// Receive and publish.
    Gateway(gateway::Config),
    /// Search and publish.
    Worker(worker::Config),
    /// Route.
    Router(router::Config),
}

impl Cli {
    /// What the arguments ask for.
    ///
    /// # Errors
    /// Fails where two of them do not go together.
    pub fn into_job(self) -> Result<Job, clap::Error> {
        Ok(match self.command {
            Command::Gateway(gateway) => Job::Gateway(gateway.into_config()?),
            Command::Worker(worker) => Job::Worker(worker.into_config()?),
            Command::Router(router) => Job::Router(router.into_config()?),
        })
    }
}

impl Gateway {
    fn into_config(self) -> Result<gateway::Config, clap::Error> {
        let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 8000));
        let listen = self.listen.or_else(|| self.targets.is_empty().then_some(default));
        let certificates = self.encryption.files();
        if certificates.is_some() && listen.is_none() {
            return Err(conflict(
                "--tls-cert is for robots that connect, and with --connect alone none can; add --listen ADDR",
            ));
        }
        let limits = Limits {
            robots: self.robots.into(),
            frame: FrameLimit::new(self.max_frame).expect("the range begins with 1"),
            pixels: PixelLimit::DEFAULT,
            idle: (self.idle_timeout > 0).then(|| Duration::from_secs(self.idle_timeout.into())),
            allow: self.allow,
            names: self.names,
        };
        let router = required(self.zenoh)?;
        Ok(gateway::Config { listen, certificates, dial: self.targets, limits, router, ros_domain: self.ros_domain })
    }
}

impl Worker {
    fn into_config(self) -> Result<worker::Config, clap::Error> {
        let (frame, pixels) = (FrameLimit::DEFAULT, PixelLimit::DEFAULT);
        let source = source::Config { router: required(self.zenoh)?, robots: self.globs, limit: frame };
        let (allow, names) = (Vec::new(), Vec::new());
        let limits = Limits { robots: self.robots.into(), frame, pixels, idle: None, allow, names };
        Ok(worker::Config { source, detect: self.detect.into_iter().collect(), limits, cores: self.cores })
    }
}

impl Router {
    fn into_config(self) -> Result<router::Config, clap::Error> {
        let tls = self.encryption.files();
        match (self.listen.is_encrypted(), &tls) {
            (true, None) => Err(conflict("--listen tls/… needs --tls-cert and --tls-key")),
            (false, Some(_)) => Err(conflict("--tls-cert is for --listen tls/…")),
            _ => Ok(router::Config { listen: self.listen, tls, file: self.config }),
        }
    }
}

impl Encryption {
    fn files(self) -> Option<tls::ServerFiles> {
        let Self { cert: Some(cert), key: Some(key), client_ca } = self else { return None };
        Some(tls::ServerFiles { cert, key, client_ca })
    }
}

fn required(zenoh: ZenohArgs) -> Result<link::Router, clap::Error> {
    Ok(zenoh.router()?.expect("both commands ask for --zenoh"))
}

fn conflict(message: &str) -> clap::Error {
    clap::Error::raw(ErrorKind::ArgumentConflict, format!("{message}\n"))
}

fn kind(typed: &str) -> Result<Kind, String> {
    Ok(match typed {
        "qr" => Kind::Qr,
        "tags" => Kind::Tag,
        "faces" => Kind::Face,
        "humans" => Kind::Human,
        _ => return Err("give some of qr, tags, faces, humans".to_owned()),
    })
}

const ABOUT: &str = "Robots of many places, and machines that search their pictures, joined by Zenoh";

const EXAMPLES: &str = "\
Examples, a terminal each:
  fleet router
  fleet gateway --listen 0.0.0.0:8000 --zenoh tcp/127.0.0.1:7447
  fleet worker --zenoh tcp/127.0.0.1:7447 --detect qr,faces
  viewer --zenoh tcp/127.0.0.1:7447

Exit codes: 0 done, 1 failed, 2 bad arguments.";

const GATEWAY_EXAMPLES: &str = "\
Examples:
  fleet gateway --zenoh tcp/192.168.1.2:7447 --listen 0.0.0.0:8000
  fleet gateway --zenoh tcp/192.168.1.2:7447 --connect door=http://192.168.1.30:81/stream
  fleet gateway --zenoh tcp/127.0.0.1:7447 --ros-domain 0";

const WORKER_EXAMPLES: &str = "\
Examples:
  fleet worker --zenoh tcp/192.168.1.2:7447 --detect qr,faces,humans
  fleet worker --zenoh tcp/192.168.1.2:7447 --detect qr --zenoh-robots 'lab-*'";

const ROUTER_EXAMPLES: &str = "\
Examples:
  fleet router --listen tcp/0.0.0.0:7447
  fleet router --listen tls/0.0.0.0:7447 --tls-cert router.pem --tls-key router-key.pem --tls-client-ca ca.pem";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn job(typed: &str) -> Result<Job, clap::Error> {
        Cli::try_parse_from(["fleet"].into_iter().chain(typed.split(' '))).and_then(Cli::into_job)
    }

    #[test]
    fn the_command_line_is_consistent_and_fits_terminals_of_80_columns() {
        Cli::command().debug_assert();
        for mut command in
            ["gateway", "worker", "router"].map(|name| Cli::command().find_subcommand(name).cloned().unwrap())
        {
            command = command.term_width(80);
            for arg in command.get_arguments().filter(|arg| arg.get_action().takes_values()) {
                let (Some(long), help) = (arg.get_long(), arg.get_long_help().unwrap_or_default().to_string()) else {
                    continue;
                };
                assert!(help.contains(&format!(": --{long} ")), "{long}: {help}");
            }
            let examples = command.get_after_help().unwrap().to_string();
            let help = command.render_long_help().to_string();
            let is_long = |line: &&str| line.chars().count() > 80 && !examples.contains(line.trim());
            assert_eq!(help.lines().find(is_long), None, "{help}");
        }
    }

    #[test]
    fn a_gateway_listens_on_this_machine_unless_told() {
        let Job::Gateway(config) = job("gateway --zenoh tcp/1.2.3.4:7447").unwrap() else { unreachable!() };
        assert_eq!((config.listen, config.limits.robots), (Some("127.0.0.1:8000".parse().unwrap()), 64));
        let dials = "gateway --zenoh tcp/1.2.3.4:7447 --connect http://10.0.0.7/";
        let Job::Gateway(config) = job(dials).unwrap() else { unreachable!() };
        assert_eq!((config.listen, config.ros_domain), (None, None));
    }

    #[test]
    fn a_gateway_publishes_for_ros_in_the_domain_it_is_given() {
        for domain in [0, 232] {
            let typed = format!("gateway --zenoh tcp/1.2.3.4:7447 --ros-domain {domain}");
            let Job::Gateway(config) = job(&typed).unwrap() else { unreachable!() };
            assert_eq!(config.ros_domain, Some(domain));
        }
    }

    #[test]
    fn a_worker_searches_for_what_it_is_told() {
        let Job::Worker(config) = job("worker --zenoh tls/r:1 --zenoh-ca ca.pem --detect qr,tags --cores 3").unwrap()
        else {
            unreachable!()
        };
        assert_eq!((config.detect, config.cores), ([Kind::Qr, Kind::Tag].into(), Some(3)));
        assert!(config.source.router.tls.is_some());
    }

    #[test]
    fn bad_arguments_exit_with_2_and_say_what_is_wanted() {
        for (typed, wanted) in [
            ("gateway", "--zenoh <ADDR>"),
            ("worker --detect qr", "--zenoh <ADDR>"),
            ("gateway --zenoh 1.2.3.4:7447", "such as tcp/192.168.1.2:7447"),
            ("gateway --zenoh tls/r:1", "--zenoh-ca"),
            ("gateway --zenoh tcp/r:1 --zenoh-ca ca.pem", "tls/"),
            ("gateway --zenoh tcp/r:1 --ros-domain 233", "0..=232"),
            ("gateway --zenoh tcp/r:1 --connect http://h/ --tls-cert c --tls-key k", "add --listen"),
            ("worker --zenoh tcp/r:1", "--detect"),
            ("worker --zenoh tcp/r:1 --detect cats", "qr, tags, faces, humans"),
            ("router --listen tls/r:1", "--tls-cert and --tls-key"),
            ("router --tls-cert c --tls-key k", "--listen tls/"),
        ] {
            let error = job(typed).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{typed}");
            assert!(error.to_string().contains(wanted), "{typed}: {error}");
        }
    }
}
