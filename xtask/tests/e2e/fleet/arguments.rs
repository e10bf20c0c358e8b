//! What a fleet's programs refuse, and what they say and do where no router is.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use xtask::cargo;
use xtask::process::{Output, Running};

use super::parts::{Fleet, now};
use crate::programs::{PATIENCE, exit_code, fleet, viewer};
use crate::restarts::free_address;
use crate::web::Served;

#[test]
fn wrong_arguments_exit_with_2_and_say_what_is_wanted() {
    for (typed, wanted) in [
        ("fleet gateway", "--zenoh <ADDR>"),
        ("fleet worker --zenoh 127.0.0.1:7447 --detect qr", "such as tcp/192.168.1.2:7447"),
        ("fleet worker --zenoh tcp/127.0.0.1:7447 --detect cats", "qr, tags, faces, humans"),
        ("fleet router --listen tls/127.0.0.1:7447", "--tls-cert and --tls-key"),
        ("viewer --zenoh tcp/127.0.0.1:7447 --zenoh-robots=", "--zenoh-robots is empty"),
    ] {
        let (mut command, words) = match typed.split_once(' ').expect("it has arguments") {
            ("viewer", words) => (viewer(), words),
            (_, words) => (fleet(), words),
        };
        refused(command.args(words.split(' ')), 2, wanted);
    }
}

#[test]
fn without_a_router_each_part_says_so_within_seconds_and_ends_at_once_when_told() {
    let (router, robots) = (format!("tcp/{}", free_address(86)), free_address(86));
    for (mut command, more) in [
        (fleet(), &["gateway", "--listen", &robots][..]),
        (fleet(), &["worker", "--detect", "qr"]),
        (viewer(), &["--headless", "--report", "-"]),
    ] {
        let started = now();
        let mut part = Running::start(command.args(more).args(["--zenoh", &router])).expect("it starts");
        let (refused, hint) = (format!("{router}: Connection refused"), "is a router there (`fleet router`, zenohd)?");
        let says = |line: &str| (line.starts_with(&refused) && line.contains(hint)).then_some(());
        part.wait_for(Output::Stderr, PATIENCE, "that no router is there", says).unwrap();
        let said = started.elapsed();
        let told = now();
        part.interrupt().expect("it runs");
        assert_eq!(exit_code(&mut part), Some(0), "{more:?}");
        let ended = told.elapsed();
        println!("{more:?}: no router said after {said:.2?}, ended {ended:.2?} after SIGINT");
        assert!(said < Duration::from_secs(5) && ended < Duration::from_secs(1), "{more:?}: {said:?}, {ended:?}");
    }
}

#[test]
fn an_address_that_is_taken_ends_a_router_and_a_gateway_with_a_message() {
    let running = Fleet::start(87);
    let said = refused(fleet().args(["router", "--listen", &running.zenoh]), 1, "error: --listen: cannot listen on ");
    assert!(said.contains("in use") && !said.contains(".rs:"), "{said}");
    let gateway = &mut fleet();
    refused(gateway.args(["gateway", "--listen", &running.robots, "--zenoh", &running.zenoh]), 1, "error: --listen: ");
    running.end();
}

#[test]
fn settings_of_a_router_that_cannot_be_read_end_it_with_a_message() {
    let folder = cargo::output_folder("e2e").join("router-settings");
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("target can be written");
    for (name, text, wanted) in [
        ("missing.json5", None, "No such file"),
        ("empty.json5", Some(""), "Empty config file"),
        ("cut.json5", Some("{ access_control: {"), "expected"),
        ("none.json5", Some("{ no_such_setting: 1 }"), "no_such_setting"),
    ] {
        let path = folder.join(name);
        if let Some(text) = text {
            fs::write(&path, text).expect("there is room");
        }
        let path = path.to_str().expect("the checkout's path is UTF-8");
        let said = refused(fleet().args(["router", "--config", path]), 1, &format!("error: --config {path}: "));
        assert!(said.contains(wanted) && !said.contains(".rs:"), "{said}");
    }
}

#[test]
fn where_no_router_is_the_page_says_so() {
    let router = format!("tcp/{}", free_address(86));
    let served = Served::start("127.0.0.1:0", &["--zenoh", &router]);
    let is_told = |state: &Value| {
        let unreached = &state["waiting"]["unreached"][0];
        unreached["url"] == router.as_str() && unreached["why"].as_str().is_some_and(|why| why.contains("refused"))
    };
    served.wait_for_state("that no router is there", is_told);
}

/// Starts a program that ends by itself with this exit code and these words on its standard error, and returns all it said there.
fn refused(command: &mut Command, code: i32, wanted: &str) -> String {
    let mut program = Running::start(command).expect("it starts");
    assert_eq!(exit_code(&mut program), Some(code));
    let said = program.lines(Output::Stderr).join("\n");
    assert!(said.contains(wanted), "{said}");
    said
}
