//! A page of the viewer in Chromium, without a screen.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use xtask::cargo;
use xtask::process::Running;

/// Chromium, with one page open.
pub(crate) struct Browser {
    chromium: Running,
    profile: PathBuf,
}

impl Browser {
    /// Opens the page at `addr`, as soon as there is one.
    pub(crate) fn open(addr: &str) -> Result<Self> {
        let profile = cargo::output_folder("browser").join(format!("chromium-{}", std::process::id()));
        fs::create_dir_all(&profile)?;
        // The page that is there at first goes on to the viewer's once that is up.
        let waiting = profile.join("waiting.html");
        let script = format!(
            "<script>const go = () => fetch('http://{addr}/page.css', {{mode: 'no-cors'}})\
             .then(() => location = 'http://{addr}/', () => setTimeout(go, 100)); go()</script>"
        );
        fs::write(&waiting, script)?;
        let mut command = Command::new("chromium");
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1280,800"]);
        command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
        command.args(["--remote-debugging-port=0", "--mute-audio"]);
        command.arg(format!("--user-data-dir={}", profile.display())).arg(format!("file://{}", waiting.display()));
        let chromium = Running::start(&mut command).context("Chromium is needed; `cargo xtask setup` installs it")?;
        Ok(Self { chromium, profile })
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.chromium.kill();
        _ = fs::remove_dir_all(&self.profile);
    }
}
