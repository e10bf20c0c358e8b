//! A real browser without a screen: Chromium, through ChromeDriver.

#![expect(clippy::disallowed_methods, reason = "waiting for a page needs the clock")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::{self, Runtime};
use xtask::cargo;
use xtask::process::{Output, Running};

use crate::programs::PATIENCE;

/// One window of a browser, which is closed when this is dropped.
pub(crate) struct Browser {
    runtime: Runtime,
    client: Client,
    profile: PathBuf,
    _driver: Running,
}

impl Browser {
    /// Opens `url` in a window of this size, in pixels.
    pub(crate) fn open(url: &str, (width, height): (u32, u32)) -> Self {
        let mut driver = Running::start(Command::new("chromedriver").arg("--port=0")).expect("chromedriver starts");
        let port = |line: &str| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse::<u16>().ok();
        let port = driver.wait_for(Output::Stdout, PATIENCE, "its port", port).expect("chromedriver gives its port");
        let profile = std::env::temp_dir().join(format!("robot-vision-browser-{port}"));
        let mut arguments: Vec<String> = CHROMIUM.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        arguments.push(format!("--window-size={width},{height}"));
        let wanted = json!({ "goog:chromeOptions": { "args": arguments } });
        let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("there is a thread");
        let client = runtime.block_on(async {
            let Value::Object(wanted) = wanted else { unreachable!("it is an object") };
            let mut builder = ClientBuilder::new(HttpConnector::new());
            let client = builder.capabilities(wanted).connect(&format!("http://127.0.0.1:{port}")).await;
            client.expect("Chromium starts")
        });
        let browser = Self { runtime, client, profile, _driver: driver };
        browser.resize((width, height));
        browser.go(url);
        browser
    }

    pub(crate) fn go(&self, url: &str) {
        self.runtime.block_on(self.client.goto(url)).expect("the address is opened");
    }

    pub(crate) fn resize(&self, (width, height): (u32, u32)) {
        self.runtime.block_on(self.client.set_window_size(width, height)).expect("the window takes a size");
    }

    /// What `script`, the body of a JavaScript function, returns in the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        let value = self.runtime.block_on(self.client.execute(script, Vec::new()));
        value.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until `script` returns something else than `null`, `false`, 0 or nothing, which is then returned.
    pub(crate) fn wait(&self, what: &str, script: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let value = self.run(script);
            if !matches!(&value, Value::Null | Value::Bool(false)) && value != 0 && value != "" {
                return value;
            }
            if Instant::now() >= deadline {
                let shot = self.shoot(&format!("no-{}", what.replace(' ', "-")));
                panic!("the page never showed {what}; {} is what it shows", shot.display());
            }
            thread::sleep(POLL);
        }
    }

    /// Leaves what the window shows in target/e2e/`name`.png.
    pub(crate) fn shoot(&self, name: &str) -> PathBuf {
        let png = self.runtime.block_on(self.client.screenshot()).expect("Chromium takes a screenshot");
        let file = cargo::output_folder("e2e").join(format!("{name}.png"));
        fs::create_dir_all(file.parent().expect("it is in a directory")).expect("target can be written");
        fs::write(&file, png).expect("target can be written");
        file
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // What is left of it is temporary, and a test that has failed already says why.
        _ = self.runtime.block_on(self.client.clone().close());
        _ = fs::remove_dir_all(&self.profile);
    }
}

/// Root may not use Chromium's sandbox; the rest keeps it from looking for anything but the page.
const CHROMIUM: [&str; 7] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];
const POLL: Duration = Duration::from_millis(50);
