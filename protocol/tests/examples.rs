//! Runs the examples against each other, in Rust and in Python, as their users do.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::{env, fs, process};

use protocol::Stamp;

#[test]
fn every_receiver_saves_what_every_sender_sends() {
    let folder = Folder::new();
    let pictures: Vec<Vec<u8>> = (1..=3_u8).map(|n| [b"\xFF\xD8".as_slice(), &[n; 100_000]].concat()).collect();
    fs::create_dir_all(folder.0.join("sent")).unwrap();
    for (n, picture) in pictures.iter().enumerate() {
        fs::write(folder.0.join(format!("sent/{n}.jpg")), picture).unwrap();
    }
    for sender in ["send", "send.py"] {
        for receiver in ["receive", "receive.py"] {
            let received = folder.0.join(format!("{sender}-{receiver}"));
            transfer(sender, receiver, &folder.0.join("sent"), &received);
            for (n, picture) in (0..).zip(&pictures) {
                let saved = fs::read(received.join(format!("{n:06}.jpg"))).unwrap();
                let stamp = Stamp::read(&saved).unwrap_or_else(|| panic!("{sender} sends no stamp"));
                assert_eq!(stamp.seq, n, "{sender} {receiver}");
                assert!(saved.ends_with(&picture[2..]), "{sender} {receiver}");
            }
            assert_eq!(fs::read_dir(&received).unwrap().count(), pictures.len());
        }
    }
}

fn transfer(sender: &str, receiver: &str, from: &Path, to: &Path) {
    let mut receiver = Receiver::start(example(receiver).arg("127.0.0.1:0").arg(to));
    let line = receiver.line();
    let addr = line.trim_end().strip_prefix("waiting for a robot at ").unwrap_or_else(|| panic!("{line}"));
    let sent = example(sender).arg(addr).arg(from).output().expect("the sender starts");
    assert!(sent.status.success() && sent.stdout == b"sent 3 pictures\n", "{sent:?}");
    let mut rest = String::new();
    receiver.stdout.read_to_string(&mut rest).expect("it prints text");
    assert!(
        receiver.child.wait().expect("it runs").success() && rest.starts_with("saved 3 pictures of 127.0.0.1"),
        "{rest}"
    );
}

/// An example by its name: cargo builds those in Rust together with the tests.
fn example(name: &str) -> Command {
    if name.ends_with(".py") {
        let mut command = Command::new("python3");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name));
        return command;
    }
    let test = env::current_exe().expect("the system knows");
    let folder = test.parent().expect("a program is in a folder").with_file_name("examples");
    let program = folder.join(name).with_extension(env::consts::EXE_EXTENSION);
    assert!(program.exists(), "{} is not there; run `cargo build -p protocol --examples`", program.display());
    Command::new(program)
}

/// A receiver, which ends with the test.
struct Receiver {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Receiver {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the receiver starts");
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("it prints text");
        line
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // Fails when it has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder of this test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(env::temp_dir().join(format!("protocol-examples-{}", process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
