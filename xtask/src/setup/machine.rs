//! The facts about this machine that set-up needs.

use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::packages::{Package, Purpose, Sign, wanted};

/// The facts that a plan is made from.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) system: System,
    /// The packages that are not there, whoever might have installed them.
    pub(crate) missing: Vec<&'static Package>,
    pub(crate) user: User,
    pub(crate) lists: Lists,
}

/// Which package manager the system goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum System {
    /// apt-get and dpkg are there.
    Debian,
    Fedora,
    Arch,
    MacOs,
    /// Anything else, by the name it gives itself.
    Other(String),
}

/// With which rights packages can be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User {
    Root,
    /// Through sudo, which may ask for a password.
    Sudo,
    /// Through sudo, where nobody could type a password.
    SudoUnattended,
    Plain,
}

/// The state of apt's package lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lists {
    Fresh,
    /// None, or old enough that their packages may be gone from the mirrors.
    Stale,
}

impl Machine {
    /// Looks at this machine; changes nothing.
    pub(crate) fn look() -> Self {
        let system = system();
        let missing = missing(&system);
        Self { missing, user: user(), lists: lists(Path::new("/var/lib/apt/lists")), system }
    }
}

fn system() -> System {
    if on_path("apt-get") && on_path("dpkg-query") {
        return System::Debian;
    }
    if cfg!(target_os = "macos") {
        return System::MacOs;
    }
    family(&fs::read_to_string("/etc/os-release").unwrap_or_default())
}

/// Reads the family from the text of os-release(5).
fn family(os_release: &str) -> System {
    let field = |key: &str| {
        let value = os_release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        value.unwrap_or_default().trim_matches('"').to_owned()
    };
    let (id, like) = (field("ID"), field("ID_LIKE"));
    let is = |name: &str| id == name || like.split_whitespace().any(|other| other == name);
    if is("fedora") || is("rhel") {
        System::Fedora
    } else if is("arch") {
        System::Arch
    } else {
        System::Other(if id.is_empty() { std::env::consts::OS.to_owned() } else { id })
    }
}

fn missing(system: &System) -> Vec<&'static Package> {
    let installed = if *system == System::Debian { dpkg_installed() } else { Vec::new() };
    let there = |package: &Package| {
        installed.iter().any(|name| name == package.apt) || package.signs.iter().any(|sign| shows(sign, system))
    };
    wanted(Purpose::Test).filter(|package| !there(package)).collect()
}

fn shows(sign: &Sign, system: &System) -> bool {
    match sign {
        Sign::Program(name) => on_path(name),
        Sign::Letters(language) => {
            let fonts = Command::new("fc-list").args([&format!(":lang={language}"), "fontformat"]).output();
            fonts.is_ok_and(|fonts| has_outlines(&String::from_utf8_lossy(&fonts.stdout)))
        }
        Sign::PkgConfig(module) => succeeds(Command::new("pkg-config").args(["--exists", module])),
        Sign::PythonModule(name) => succeeds(Command::new("python3").args(["-c", &format!("import {name}")])),
        Sign::Path(path) => Path::new(path).exists(),
        Sign::Library(_) if *system == System::Debian => false,
        Sign::Library(stem) => library_directories().iter().any(|directory| holds(directory, stem)),
    }
}

/// Reads `fc-list`'s lines of formats; text is not drawn with the others, such as Type 1 and bitmaps.
fn has_outlines(listing: &str) -> bool {
    listing.lines().any(|line| line.ends_with("=TrueType") || line.ends_with("=CFF"))
}

/// Names of the wanted packages that dpkg calls installed.
fn dpkg_installed() -> Vec<String> {
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat=${Package}\t${Status}\n"]).args(wanted(Purpose::Test).map(|wanted| wanted.apt));
    // It fails as soon as one of them is unknown, and lists the others all the same.
    let output = query.stderr(Stdio::null()).output();
    installed(&output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default())
}

/// Reads `dpkg-query`'s lines; a package that was removed but left its configuration is not installed.
fn installed(listing: &str) -> Vec<String> {
    let names = listing.lines().filter_map(|line| line.strip_suffix("\tinstall ok installed"));
    names.map(str::to_owned).collect()
}

fn user() -> User {
    let id = Command::new("id").arg("-u").output();
    if id.is_ok_and(|output| output.stdout.trim_ascii() == b"0") {
        User::Root
    } else if !on_path("sudo") {
        User::Plain
    } else if std::io::stdin().is_terminal() {
        User::Sudo
    } else {
        User::SudoUnattended
    }
}

fn lists(directory: &Path) -> Lists {
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    let youngest = files
        .filter(|file| file.file_name().to_string_lossy().contains("_Packages"))
        .filter_map(|file| file.metadata().ok()?.modified().ok()?.elapsed().ok())
        .min();
    if youngest.is_some_and(|age| age < STALE_AFTER) { Lists::Fresh } else { Lists::Stale }
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

fn library_directories() -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = LIBRARIES.iter().map(PathBuf::from).collect();
    directories.extend(std::env::var_os("LIBCLANG_PATH").map(PathBuf::from));
    directories
}

fn holds(directory: &Path, stem: &str) -> bool {
    let mut files = fs::read_dir(directory).into_iter().flatten().flatten();
    files.any(|file| file.file_name().to_string_lossy().starts_with(stem))
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

const STALE_AFTER: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const LIBRARIES: &[&str] = &[
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/lib/llvm/lib",
    "/opt/homebrew/opt/llvm/lib",
    "/usr/local/opt/llvm/lib",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wholly_installed_packages_count() {
        let listing = "cmake\tinstall ok installed\nnasm\tdeinstall ok config-files\ng++\tinstall ok unpacked\n\
                       xvfb\tunknown ok not-installed\nmake\tinstall ok installed\n";
        assert_eq!(installed(listing), ["cmake", "make"]);
        assert_eq!(installed(""), Vec::<String>::new());
    }

    #[test]
    fn fonts_that_cannot_be_drawn_with_do_not_count() {
        assert!(has_outlines(":fontformat=Type 1\n:fontformat=TrueType\n"));
        assert!(has_outlines(":fontformat=CFF\n"));
        assert!(!has_outlines(":fontformat=Type 1\n:fontformat=PCF\n"));
        assert!(!has_outlines(""));
    }

    #[test]
    fn families_are_known_by_themselves_and_by_their_relatives() {
        assert_eq!(family("NAME=Fedora\nID=fedora\n"), System::Fedora);
        assert_eq!(family("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), System::Fedora);
        assert_eq!(family("ID=manjaro\nID_LIKE=arch\n"), System::Arch);
        assert_eq!(family("ID=alpine\n"), System::Other("alpine".into()));
        assert_eq!(family("VARIANT_ID=fedora\nID=void\n"), System::Other("void".into()));
    }

    #[test]
    fn a_directory_without_package_lists_is_stale() {
        assert_eq!(lists(Path::new("no/such/directory")), Lists::Stale);
        assert_eq!(lists(Path::new(env!("CARGO_MANIFEST_DIR"))), Lists::Stale);
    }
}
