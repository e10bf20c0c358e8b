//! The commands and the JSON in the READMEs: what a reader types works as it is written there.
//!
//! Every fenced `sh` block is run, line by line, in a folder that has `fixtures` and `robot`, with two substitutions. The programs
//! that were built for these tests stand for `cargo run --release …` and `cargo xtask certs`, which would build everything once
//! more; and a free port stands for 8000, which is also where a viewer listens by default, and any for that of `--web`, because tests run side by side.
//!
//! The viewers and robots of a block run together and have to end with 0; what runs for ever is ended as by Ctrl-C. A block
//! that cannot be run says why, in a comment that readers do not see, on the line above it: `<!-- not run by a test: … -->`.

#![expect(clippy::disallowed_methods, reason = "a free port is found by binding one")]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::cargo;
use xtask::display::Virtual;
use xtask::process::{Output, Running};

use crate::programs::{PATIENCE, make_certs, robot_sim, viewer};

/// A fenced block of a page.
#[derive(Debug)]
pub(crate) struct Block {
    /// The page and the line of the fence.
    pub(crate) place: String,
    pub(crate) language: String,
    pub(crate) text: String,
    is_run: bool,
}

/// A command of a block.
#[derive(Debug, PartialEq)]
enum Step {
    /// A viewer that waits for robots.
    Viewer {
        line: String,
        has_window: bool,
        ends: bool,
    },
    Robot {
        line: String,
        ends: bool,
    },
    /// A program that reads or writes files and ends.
    Files {
        line: String,
    },
}

#[test]
fn every_command_of_the_readmes_works_or_is_marked() {
    for page in pages() {
        for block in blocks(&page).iter().filter(|block| block.language == "sh" && block.is_run) {
            println!("{}", block.place);
            play(block);
        }
    }
}

#[test]
fn a_command_that_is_neither_run_nor_marked_is_an_error() {
    let step = |line| step(line, 9000);
    assert!(step("cargo xtask demo").is_err());
    assert!(step("scp stream.py pi@raspberrypi.local:").is_err());
    let robot = step("cargo run --release --bin robot-sim -- --images a --loop --to 127.0.0.1:8000").unwrap();
    let Step::Robot { line, ends: false } = robot else { panic!("{robot:?}") };
    assert!(line.ends_with("--images a --loop --to 127.0.0.1:9000"), "{line}");
    assert!(matches!(step("cargo run --release -- --once 2"), Ok(Step::Viewer { has_window: true, ends: true, .. })));
    assert!(matches!(step("cargo run --release -- detect a.jpg"), Ok(Step::Files { .. })));
}

#[test]
fn blocks_are_run_unless_they_are_marked() {
    let text = "```sh\none \\\n  two   # three\n\n# four\n```\n\n<!-- not run by a test: why -->\n```sh\nfive\n```\n";
    let blocks = parse("page", text);
    assert_eq!(blocks.iter().map(|block| block.is_run).collect::<Vec<_>>(), [true, false]);
    assert_eq!(commands(&blocks[0].text), ["one two"]);
}

/// README.md, that of each folder beside it, and the page about encryption.
pub(crate) fn pages() -> Vec<PathBuf> {
    let root = cargo::root();
    let folders = fs::read_dir(&root).expect("the checkout can be listed").map(|entry| entry.expect("it can").path());
    let mut pages: Vec<PathBuf> =
        folders.map(|folder| folder.join("README.md")).filter(|page| page.is_file()).collect();
    pages.extend(["README.md", "docs/encryption.md"].map(|page| root.join(page)));
    pages.sort();
    pages
}

/// The fenced blocks of a page.
pub(crate) fn blocks(page: &Path) -> Vec<Block> {
    let text = fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    parse(&page.strip_prefix(cargo::root()).unwrap_or(page).display().to_string(), &text)
}

fn parse(page: &str, text: &str) -> Vec<Block> {
    let (mut blocks, mut open): (Vec<Block>, Option<Block>) = (Vec::new(), None);
    let mut above = "";
    for (number, line) in (1..).zip(text.lines()) {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(language)) => {
                let is_run = !above.trim_start().starts_with("<!-- not run by a test: ");
                let place = format!("{page}:{number}");
                open = Some(Block { place, language: language.to_owned(), text: String::new(), is_run });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text.extend([line, "\n"]),
            (None, None) => {}
        }
        above = line;
    }
    assert!(open.is_none(), "a block does not end: {open:?}");
    blocks
}

/// The commands of a block, each on one line, without comments.
fn commands(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let without_comment = |line: &str| {
        let end = if line.starts_with('#') { 0 } else { line.find(" #").unwrap_or(line.len()) };
        line[..end].split_whitespace().collect::<Vec<_>>().join(" ")
    };
    joined.lines().map(without_comment).filter(|line| !line.is_empty()).collect()
}

/// What a command is, with what stands for it.
fn step(command: &str, port: u16) -> Result<Step, String> {
    let page = |typed: &str| typed.replace(":8080", ":0").replace("--web --", "--web 127.0.0.1:0 --");
    let moved = |typed: &str| page(typed).replace(":8000", &format!(":{port}"));
    let here =
        |program: Command, arguments: &str| format!("exec '{}' {}", program.get_program().display(), moved(arguments));
    let has = |option: &str| command.split(' ').any(|word| word == option);
    if let Some(arguments) = command.strip_prefix("cargo run --release --bin robot-sim -- ") {
        let ends = !command.contains("--loop -") && !command.ends_with("--loop");
        return Ok(Step::Robot { line: here(robot_sim(), arguments), ends });
    }
    if let Some(arguments) = command.strip_prefix("cargo xtask certs ") {
        return Ok(Step::Files { line: here(make_certs(), arguments) });
    }
    if command.starts_with("python3 robot/stream.py ") {
        return Ok(Step::Robot { line: format!("exec {}", moved(command)), ends: false });
    }
    let Some(arguments) = command.strip_prefix("cargo run --release -- ") else {
        return Err(format!("`{command}` is neither run by this test nor marked as not run; see its first lines"));
    };
    if arguments.starts_with("detect ") {
        return Ok(Step::Files { line: here(viewer(), arguments) });
    }
    let listen = if has("--listen") { "" } else { " --listen 127.0.0.1:8000" };
    let line = here(viewer(), &format!("{arguments}{listen}"));
    Ok(Step::Viewer { line, has_window: !has("--headless"), ends: has("--once") })
}

/// Runs a block from its first command to its last, and everything to its end.
fn play(block: &Block) {
    let folder = Folder::new(&block.place);
    let port =
        TcpListener::bind("0.0.0.0:0").and_then(|listener| listener.local_addr()).expect("a port is free").port();
    let steps = commands(&block.text).iter().map(|command| step(command, port)).collect::<Result<Vec<_>, _>>();
    let steps = steps.unwrap_or_else(|error| panic!("{}: {error}", block.place));
    let needs_screen = steps.iter().any(|step| matches!(step, Step::Viewer { has_window: true, .. }));
    let screen = needs_screen.then(|| Virtual::start().expect("Xvfb starts"));
    let start = |line: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(&folder.0);
        if let Some(screen) = &screen {
            shell.env("DISPLAY", screen.name());
        }
        Running::start(&mut shell).expect("sh starts")
    };
    let wait = |running: &mut Running, texts: &[&str]| {
        let has_one = |line: &str| texts.iter().any(|text| line.contains(text)).then_some(());
        let seen = running.wait_for(Output::Stderr, PATIENCE, texts[0], has_one);
        seen.unwrap_or_else(|error| panic!("{}: {error}", block.place));
    };
    let (mut viewers, mut robots) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Viewer { line, ends, .. } => {
                let mut viewer = start(&line);
                wait(&mut viewer, &["listening on"]);
                viewers.push((viewer, ends));
            }
            Step::Robot { line, ends } => robots.push((start(&line), ends)),
            Step::Files { line } => assert_ends(block, &mut start(&line)),
        }
    }
    for (robot, ends) in &mut robots {
        if !*ends {
            wait(robot, &["connected to", "sending pictures to"]);
            robot.interrupt().expect("the robot runs");
        }
        assert_ends(block, robot);
    }
    for (viewer, ends) in &mut viewers {
        if !*ends {
            viewer.interrupt().expect("the viewer runs");
        }
        assert_ends(block, viewer);
    }
}

fn assert_ends(block: &Block, running: &mut Running) {
    let code = running.exit(PATIENCE).unwrap_or_else(|error| panic!("{}: {error}", block.place)).code();
    assert_eq!(code, Some(0), "{}", block.place);
}

/// A folder to type commands in, with what they use of a fresh clone; removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(place: &str) -> Self {
        let name = format!("readme-{}-{}", std::process::id(), place.replace(['/', ':'], "-"));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder can be made");
        for name in ["fixtures", "robot"] {
            std::os::unix::fs::symlink(cargo::root().join(name), folder.join(name)).expect("a link can be made");
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It is among temporary files, where one more does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}
