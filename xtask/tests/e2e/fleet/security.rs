//! Who is let in by a router that encrypts, what is said to those that are not, and who may publish what.

use std::collections::BTreeSet;

use xtask::cargo;
use xtask::process::{Output, Running};

use super::parts::{Watcher, end, is_frame};
use crate::programs::{PATIENCE, fleet, robot, viewer};
use crate::restarts::free_address;
use crate::tls::Folder;

/// A router at an address of its own, with these options, in which `{name}` is a file of `folder`.
fn router(folder: &Folder, listen: &str, options: &str) -> Running {
    let mut command = fleet();
    let mut router =
        Running::start(command.args(["router", "--listen", listen]).args(folder.words(options))).expect("fleet starts");
    let routes = |line: &str| (line == format!("routing on {listen}")).then_some(());
    router.wait_for(Output::Stderr, PATIENCE, "that it routes", routes).expect("the router runs");
    router
}

const ROUTER: &str = "--tls-cert {viewer} --tls-key {viewer-key}";
const MUTUAL: &str = "--tls-cert {viewer} --tls-key {viewer-key} --tls-client-ca {ca}";

#[test]
fn whatever_is_in_the_way_of_an_encrypted_router_is_said_in_a_sentence() {
    let folder = Folder::new("router");
    let place = || free_address(HOST);
    let [plain, encrypted, mutual, elsewhere, expired] = [(); 5].map(|()| place());
    let routers = [
        router(&folder, &format!("tcp/{plain}"), ""),
        router(&folder, &format!("tls/{encrypted}"), ROUTER),
        router(&folder, &format!("tls/{mutual}"), MUTUAL),
        router(&folder, &format!("tls/{elsewhere}"), "--tls-cert {elsewhere} --tls-key {elsewhere-key}"),
        router(&folder, &format!("tls/{expired}"), "--tls-cert {expired-viewer} --tls-key {expired-viewer-key}"),
    ];
    let cases = [
        (format!("tcp/{encrypted}"), "", "it is encrypted; give --zenoh tls/HOST:PORT, and --zenoh-ca"),
        (format!("tls/{plain}"), "--zenoh-ca {ca}", "was it started with --tls-cert?"),
        (
            format!("tls/{encrypted}"),
            "--zenoh-ca {other}",
            "the router's certificate was not signed by the authority in --zenoh-ca",
        ),
        (
            format!("tls/{elsewhere}"),
            "--zenoh-ca {ca}",
            "the router's certificate is for pc.local, and not for 127.0.0.94; make one for that",
        ),
        (format!("tls/{expired}"), "--zenoh-ca {ca}", "the router's certificate expired 1 day ago"),
        (
            format!("tls/{mutual}"),
            "--zenoh-ca {ca}",
            "it lets only clients with a certificate in; give --zenoh-cert and --zenoh-key",
        ),
        (
            format!("tls/{mutual}"),
            "--zenoh-ca {ca} --zenoh-cert {stranger} --zenoh-key {stranger-key}",
            "it does not know who signed the certificate in --zenoh-cert; its --tls-client-ca says whom it trusts",
        ),
    ];
    let mut parts = Vec::new();
    for (number, (address, options, wanted)) in cases.into_iter().enumerate() {
        let (mut command, more) = match number % 3 {
            0 => (fleet(), vec!["gateway", "--listen", "127.0.0.94:0"]),
            1 => (fleet(), vec!["worker", "--detect", "qr"]),
            _ => (viewer(), vec!["--headless", "--report", "-"]),
        };
        let command = command.args(more).args(["--zenoh", &address]).args(folder.words(options));
        let mut part = Running::start(command).expect("it starts");
        let wanted = |line: &str| (line.starts_with(&address) && line.contains(wanted)).then_some(());
        part.wait_for(Output::Stderr, PATIENCE, "what is in the way", wanted).expect("it is said");
        parts.push(part);
    }
    end(parts.into_iter().chain(routers));
}

#[test]
fn with_the_documents_access_control_each_part_does_its_own_and_no_more() {
    let folder = Folder::new("access");
    let address = format!("tls/{}", free_address(HOST));
    let rules = cargo::root().join("docs/router.json5");
    let rules = rules.to_str().expect("the checkout's path is UTF-8");
    let router = router(&folder, &address, &format!("{MUTUAL} --config {rules}"));
    let joins = |certificate: &str| {
        let options = format!(
            "--zenoh {address} --zenoh-ca {{ca}} --zenoh-cert {{{certificate}}} --zenoh-key {{{certificate}-key}}"
        );
        folder.words(&options)
    };
    let part = |mut command: std::process::Command, certificate: &str, more: &[&str]| {
        let mut part = Running::start(command.args(more).args(joins(certificate))).expect("it starts");
        let is_connected = |line: &str| line.starts_with("connected to tls/").then_some(());
        part.wait_for(Output::Stderr, PATIENCE, "the router", is_connected).expect("it connects");
        part
    };
    let [dialled, forged] = [(); 2].map(|()| free_address(HOST));
    let gateway = part(fleet(), "gateway", &["gateway", "--listen", &dialled, "--name", "127.0.0.0/8=good"]);
    let forger = part(fleet(), "watcher", &["gateway", "--listen", &forged, "--name", "127.0.0.0/8=forged"]);
    let worker = part(fleet(), "worker", &["worker", "--detect", "qr"]);
    // It would take the robot and answer nothing, if anybody heard of it.
    let idler = part(fleet(), "watcher", &["worker", "--detect", "qr", "--cores", "1000"]);
    let watcher = part(viewer(), "watcher", &["--headless", "--report", "-", "--detect", "qr"]);
    let mut watcher = Watcher { running: watcher, report: Vec::new() };
    let video = crate::programs::fixture("qr.mp4");
    let robots = [&forged, &dialled].map(|at| robot(at, ["--video", &video, "--loop"]));
    let mut names = BTreeSet::new();
    let mut answers = 0;
    while answers < 100 {
        let line = watcher.line();
        answers += usize::from(is_frame(line) && line["counts"]["qr"].is_u64());
        names.insert(line["name"].as_str().map(str::to_owned));
    }
    assert_eq!(names, [Some("good".to_owned())].into());
    end(robots.into_iter().chain([watcher.running, idler, worker, forger, gateway, router]));
}

/// Of the router's certificates.
const HOST: u8 = 94;
