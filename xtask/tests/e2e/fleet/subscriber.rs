//! Zenoh's own library for Python as a member of the fleet: what it hears of pictures, answers and workers.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use xtask::cargo;
use xtask::process::{Line, Output, Running};
use xtask::python::Environment;

use super::parts::{Fleet, now, parse};
use crate::programs::{PATIENCE, exit_code};

/// tests/subscriber/subscribe.py, and what it has printed.
pub(super) struct Subscriber {
    running: Running,
    pub(super) heard: Heard,
}

/// What a subscriber has heard, in this order.
#[derive(Default)]
pub(super) struct Heard {
    /// It subscribes, and hears of everything from now on.
    is_ready: bool,
    pub(super) pictures: Vec<Value>,
    pub(super) objects: Vec<Value>,
    /// Messages of ROS 2, and the tokens of its nodes and publishers that have come and gone.
    pub(super) compressed_images: Vec<Value>,
    pub(super) ros_tokens: Vec<Value>,
    /// Those that are there, by their numbers in Zenoh, with their cores.
    pub(super) workers: BTreeMap<String, u16>,
}

impl Subscriber {
    pub(super) fn start(fleet: &Fleet) -> Self {
        Self::of_domain(fleet, None)
    }

    /// One that also listens as ROS 2 does in a domain.
    pub(super) fn of_domain(fleet: &Fleet, domain: Option<&str>) -> Self {
        let python = ENVIRONMENT.ready().unwrap_or_else(|error| panic!("{error:#}"));
        let mut command = Command::new(python.path());
        command.arg(cargo::root().join("xtask/tests/subscriber/subscribe.py")).arg(&fleet.zenoh).args(domain);
        let running = Running::start(&mut command).expect("Python starts");
        let mut subscriber = Self { running, heard: Heard::default() };
        // It may hear of workers before it says so.
        subscriber.until("that it subscribes", |heard| heard.is_ready);
        subscriber
    }

    /// Listens until `is` holds for what was heard.
    pub(super) fn until(&mut self, what: &str, is: impl Fn(&Heard) -> bool) {
        let started = now();
        while !is(&self.heard) {
            assert!(started.elapsed() < PATIENCE, "{what} never came");
            match self.running.next_line(Output::Stdout, PATIENCE) {
                Line::Text(line) => self.heard.take(parse(&line)),
                end => panic!("{what} never came: {end:?}"),
            }
        }
    }

    /// Listens until there are so many workers.
    pub(super) fn until_workers(&mut self, count: usize) {
        self.until("the workers", |heard| heard.workers.len() == count);
    }

    /// Ends it, and gives all that it has heard.
    pub(super) fn end(mut self) -> Heard {
        self.running.interrupt().expect("it runs");
        assert_eq!(exit_code(&mut self.running), Some(0));
        while let Line::Text(line) = self.running.next_line(Output::Stdout, PATIENCE) {
            self.heard.take(parse(&line));
        }
        self.heard
    }
}

impl Heard {
    fn take(&mut self, line: Value) {
        match line["what"].as_str() {
            Some("ready") => self.is_ready = true,
            Some("picture") => self.pictures.push(line),
            Some("objects") => self.objects.push(line),
            Some("compressed_image") => self.compressed_images.push(line),
            Some("token") if line["key"].as_str().is_some_and(|key| key.starts_with("@ros2_lv/")) => {
                self.ros_tokens.push(line);
            }
            Some("token") => {
                let key = line["key"].as_str().expect("each line has a key");
                let [_, id, cores, _] = key.split('/').collect::<Vec<_>>()[..] else { panic!("{key}") };
                if line["is_there"] == true {
                    self.workers.insert(id.to_owned(), cores.parse().expect("cores are a number"));
                } else {
                    self.workers.remove(id);
                }
            }
            _ => panic!("{line}"),
        }
    }

    /// The pictures of one robot.
    pub(super) fn pictures_of(&self, name: &str) -> impl Iterator<Item = &Value> {
        let key = format!("robot-vision/{name}/camera");
        self.pictures.iter().filter(move |picture| picture["key"] == key)
    }

    /// The answers about one robot.
    pub(super) fn objects_of(&self, name: &str) -> impl Iterator<Item = &Value> {
        let key = format!("robot-vision/{name}/objects");
        self.objects.iter().filter(move |objects| objects["key"] == key)
    }
}

const ENVIRONMENT: Environment = Environment {
    folder: "subscriber",
    requirements: "xtask/tests/subscriber/requirements.txt",
    modules: "zenoh",
    purpose: "listening to a fleet",
    download: "Zenoh's library for Python, about 10 MB",
};
