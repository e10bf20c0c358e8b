//! How robots reach this machine, in words that can be typed.

mod watch;

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use pipeline::Certificates;

pub(crate) use watch::{Watch, interfaces};

/// An address of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interface {
    /// What the system calls the network card, or what stands in for one.
    pub(crate) name: String,
    /// The address, with the length of its network's prefix.
    pub(crate) net: IpNet,
}

/// What robots need to know of TLS before they connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encryption {
    #[default]
    None,
    /// Which authority has signed the viewer's certificate.
    OfTheViewer,
    /// That, and a certificate of their own.
    OfBoth,
}

/// Where the viewer listens, and the addresses under which that is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    /// `None` where the viewer only dials cameras.
    listen: Option<SocketAddr>,
    ips: Vec<IpAddr>,
    /// The network of the first of these addresses.
    network: Option<IpNet>,
    encryption: Encryption,
}

impl Reach {
    /// `interfaces` are all that this machine has.
    pub(crate) fn new(listen: SocketAddr, mut interfaces: Vec<Interface>) -> Self {
        let of = |ip: IpAddr, interfaces: &[Interface]| {
            interfaces.iter().map(|interface| interface.net).find(|net| net.addr() == ip).map(|net| net.trunc())
        };
        if !listen.ip().is_unspecified() {
            let (ips, network) = (vec![listen.ip()], of(listen.ip(), &interfaces));
            return Self { listen: Some(listen), ips, network, encryption: Encryption::None };
        }
        // Whoever listens on [::] takes IPv4 as well.
        interfaces
            .retain(|Interface { net, .. }| is_reachable(net.addr()) && (net.addr().is_ipv4() || listen.is_ipv6()));
        // The sort is stable: otherwise they stay in the system's order.
        interfaces.sort_by_key(|interface| (is_virtual(&interface.name), interface.net.addr().is_ipv6()));
        let mut ips: Vec<IpAddr> = Vec::new();
        for ip in interfaces.iter().map(|interface| interface.net.addr()) {
            if !ips.contains(&ip) && ips.iter().filter(|other| other.is_ipv6() == ip.is_ipv6()).count() < MOST {
                ips.push(ip);
            }
        }
        let network = ips.first().and_then(|&ip| of(ip, &interfaces));
        Self { listen: Some(listen), ips, network, encryption: Encryption::None }
    }

    /// The same with TLS.
    pub(crate) fn encrypted(self, encryption: Encryption) -> Self {
        Self { encryption, ..self }
    }

    /// The same with the `interfaces` that this machine has now.
    fn again(&self, interfaces: Vec<Interface>) -> Self {
        match self.listen {
            Some(listen) => Self::new(listen, interfaces).encrypted(self.encryption),
            None => self.clone(),
        }
    }

    /// Nobody can connect: the viewer dials cameras instead.
    pub(crate) fn dialling() -> Self {
        Self { listen: None, ips: Vec::new(), network: None, encryption: Encryption::None }
    }

    /// Whether the viewer dials, and does not listen.
    pub(crate) fn is_dialling(&self) -> bool {
        self.listen.is_none()
    }

    fn port(&self) -> u16 {
        self.listen.map_or(0, |listen| listen.port())
    }

    /// Whether only this machine can connect.
    pub(crate) fn is_local(&self) -> bool {
        self.listen.is_some_and(|listen| listen.ip().is_loopback())
    }

    /// What a robot may be given, best first.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.ips.iter().map(|&ip| SocketAddr::new(ip, self.port())).collect()
    }

    /// What to run on the robot; `None` while it has no way to this machine.
    pub(crate) fn command(&self) -> Option<String> {
        let address = self.addresses().into_iter().next().filter(|_| !self.is_local())?;
        Some(format!("python3 stream.py --to {address}{}", self.encryption.options("")))
    }

    /// What to run on this machine instead.
    pub(crate) fn simulator(&self) -> String {
        let (address, options) = (self.addresses()[0], self.encryption.options("certs/"));
        format!("cargo run --release --bin robot-sim -- --video fixtures/qr.mp4 --to {address}{options}")
    }

    /// How to start the viewer for robots on the network.
    pub(crate) fn for_the_network(&self) -> String {
        format!("cargo run --release -- --listen 0.0.0.0:{}", self.port())
    }

    /// A warning where anybody who reaches this machine can stream to it, unless `allow` or certificates keep strangers out.
    pub(crate) fn warning(&self, allow: &[IpNet]) -> Option<String> {
        let is_open = self.listen.is_some() && !self.is_local() && allow.is_empty();
        if !is_open || self.encryption == Encryption::OfBoth {
            return None;
        }
        let network = self.network.map_or_else(|| "192.168.1.0/24".to_owned(), |network| network.to_string());
        Some(format!(
            "warning: whoever reaches this machine may stream to the viewer; --allow {network} accepts only your own network"
        ))
    }

    /// For the status line.
    pub(crate) fn status(&self) -> String {
        self.listen.map_or_else(|| "connecting".to_owned(), |listen| format!("listening on {listen}"))
    }

    /// A line for the terminal.
    pub(crate) fn hint(&self) -> String {
        if self.is_local() {
            return format!(
                "only this machine can connect; --listen 0.0.0.0:{} lets robots on the network in",
                self.port()
            );
        }
        let Some(command) = self.command() else {
            return "this machine has no network address yet; connect it to the robot's network".to_owned();
        };
        let others: Vec<String> = self.addresses().iter().skip(1).map(SocketAddr::to_string).collect();
        let others = if others.is_empty() { String::new() } else { format!(" (or {})", others.join(", ")) };
        format!("on the robot, run: {command}{others}")
    }
}

impl Encryption {
    pub(crate) fn of(certificates: Option<&Certificates>) -> Self {
        match certificates {
            None => Self::None,
            Some(certificates) if certificates.ask_robots() => Self::OfBoth,
            Some(_) => Self::OfTheViewer,
        }
    }

    /// What robots are started with, for files in `folder`, named as `cargo xtask certs` does.
    fn options(self, folder: &str) -> String {
        match self {
            Self::None => String::new(),
            Self::OfTheViewer => format!(" --tls-ca {folder}ca.pem"),
            Self::OfBoth => {
                format!(" --tls-ca {folder}ca.pem --tls-cert {folder}NAME.pem --tls-key {folder}NAME-key.pem")
            }
        }
    }
}

/// Whether another machine may connect to it by its text alone: a link-local IPv6 address means a different machine on each
/// network card.
fn is_reachable(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_unspecified(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unspecified() && ip.segments()[0] & 0xffc0 != 0xfe80,
    }
}

/// Whether it leads to containers or virtual machines rather than to a network, as far as its name says.
fn is_virtual(name: &str) -> bool {
    VIRTUAL.iter().any(|start| name.starts_with(start))
}

/// How names begin that Docker, Podman, libvirt, LXC, VirtualBox, VMware and Kubernetes give.
const VIRTUAL: [&str; 12] =
    ["docker", "br-", "veth", "podman", "cni", "virbr", "vnet", "lxc", "lxd", "vboxnet", "vmnet", "flannel"];
/// Addresses of each family: more are no help.
const MOST: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(listen: &str, interfaces: &[(&str, &str)]) -> Reach {
        let interface = |(name, net): &(&str, &str)| Interface { name: (*name).into(), net: net.parse().unwrap() };
        Reach::new(listen.parse().unwrap(), interfaces.iter().map(interface).collect())
    }

    const LAPTOP: [(&str, &str); 7] = [
        ("lo", "127.0.0.1/8"),
        ("lo", "::1/128"),
        ("docker0", "172.17.0.1/16"),
        ("wlan0", "fe80::1/64"),
        ("wlan0", "fd00::20/64"),
        ("br-3f2a", "172.18.0.1/16"),
        ("wlan0", "192.168.1.20/24"),
    ];

    fn addresses(reach: &Reach) -> Vec<String> {
        reach.addresses().iter().map(SocketAddr::to_string).collect()
    }

    #[test]
    fn the_network_comes_before_containers_and_nothing_is_named_that_cannot_be_dialled() {
        let reach = reach("0.0.0.0:8000", &LAPTOP);
        assert_eq!(addresses(&reach), ["192.168.1.20:8000", "172.17.0.1:8000", "172.18.0.1:8000"]);
        assert_eq!(reach.command().unwrap(), "python3 stream.py --to 192.168.1.20:8000");
        let want = "on the robot, run: python3 stream.py --to 192.168.1.20:8000 (or 172.17.0.1:8000, 172.18.0.1:8000)";
        assert_eq!(reach.hint(), want);
    }

    #[test]
    fn whoever_listens_on_ipv6_is_reached_by_both_and_brackets_are_there() {
        let reach = reach("[::]:5005", &LAPTOP);
        let want = ["192.168.1.20:5005", "[fd00::20]:5005", "172.17.0.1:5005", "172.18.0.1:5005"];
        assert_eq!(addresses(&reach), want);
    }

    #[test]
    fn an_address_that_was_chosen_is_the_only_one() {
        let reach = reach("10.0.0.5:8000", &LAPTOP);
        assert_eq!(addresses(&reach), ["10.0.0.5:8000"]);
        assert_eq!(reach.hint(), "on the robot, run: python3 stream.py --to 10.0.0.5:8000");
    }

    #[test]
    fn on_the_loopback_it_is_said_that_nobody_else_can_connect() {
        for listen in ["127.0.0.1:8000", "[::1]:8000"] {
            let reach = reach(listen, &LAPTOP);
            assert!(reach.is_local() && reach.command().is_none());
            assert!(reach.hint().contains("--listen 0.0.0.0:8000"), "{}", reach.hint());
            assert!(reach.simulator().ends_with(&format!("--to {listen}")), "{}", reach.simulator());
        }
    }

    #[test]
    fn robots_that_have_to_use_tls_are_told_with_what() {
        let command = |encryption| reach("0.0.0.0:8000", &LAPTOP).encrypted(encryption).command().unwrap();
        assert_eq!(command(Encryption::OfTheViewer), "python3 stream.py --to 192.168.1.20:8000 --tls-ca ca.pem");
        let both = command(Encryption::OfBoth);
        assert!(both.ends_with(" --tls-ca ca.pem --tls-cert NAME.pem --tls-key NAME-key.pem"), "{both}");
        let simulator = reach("127.0.0.1:8000", &LAPTOP).encrypted(Encryption::OfTheViewer).simulator();
        assert!(simulator.ends_with(" --to 127.0.0.1:8000 --tls-ca certs/ca.pem"), "{simulator}");
    }

    #[test]
    fn who_listens_for_everybody_is_warned_with_the_network_to_name() {
        let warning = |listen| reach(listen, &LAPTOP).warning(&[]);
        assert!(warning("0.0.0.0:8000").unwrap().contains("--allow 192.168.1.0/24 accepts"));
        assert!(warning("172.17.0.1:8000").unwrap().contains("--allow 172.17.0.0/16 accepts"));
        assert_eq!(warning("127.0.0.1:8000"), None);
        assert_eq!(Reach::dialling().warning(&[]), None);
        let wide = reach("0.0.0.0:8000", &LAPTOP);
        assert_eq!(wide.warning(&["10.0.0.0/8".parse().unwrap()]), None);
        assert!(wide.clone().encrypted(Encryption::OfTheViewer).warning(&[]).is_some());
        assert_eq!(wide.encrypted(Encryption::OfBoth).warning(&[]), None);
    }

    #[test]
    fn without_a_network_that_is_said() {
        let reach = reach("0.0.0.0:8000", &LAPTOP[..2]);
        assert!(reach.addresses().is_empty() && reach.command().is_none());
        assert!(reach.hint().contains("no network address"), "{}", reach.hint());
    }

    #[test]
    fn many_addresses_are_cut_to_a_few_of_each_family() {
        let many: Vec<String> = (1..40).flat_map(|n| [format!("10.0.0.{n}/24"), format!("fd00::{n}/64")]).collect();
        let reach = reach("[::]:8000", &many.iter().map(|ip| ("eth0", ip.as_str())).collect::<Vec<_>>());
        assert_eq!(reach.addresses().len(), 2 * MOST);
        assert!(reach.addresses()[..MOST].iter().all(SocketAddr::is_ipv4));
    }
}
