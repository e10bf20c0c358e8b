//! Decides, from the facts alone, what set-up does.

use std::fmt::Write as _;

use super::machine::{Lists, Machine, System, User};
use super::packages::{Package, Purpose};

/// What set-up does.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Everything is there.
    Nothing,
    /// Install what is missing.
    Install(Install),
    /// Show this and stop.
    Advise(String),
}

/// An installation through apt-get.
#[derive(Debug)]
pub(crate) struct Install {
    packages: Vec<&'static Package>,
    user: User,
    /// Whether the package lists have to be fetched before anything can be installed.
    pub(crate) update_first: bool,
}

/// Makes the plan for `purpose` on `machine`.
pub(crate) fn plan(machine: &Machine, purpose: Purpose) -> Plan {
    let packages: Vec<_> = machine.missing.iter().copied().filter(|package| package.needed_for <= purpose).collect();
    let (manager, name): (&str, fn(&Package) -> &'static str) = match machine.system {
        System::Debian => {
            let install = Install { packages, user: machine.user, update_first: machine.lists == Lists::Stale };
            return match (install.packages.is_empty(), machine.user) {
                (true, _) => Plan::Nothing,
                (false, User::Plain) => Plan::Advise(install.for_somebody_else()),
                (false, _) => Plan::Install(install),
            };
        }
        System::Fedora => ("sudo dnf install", |package| package.dnf),
        System::Arch => ("sudo pacman -S", |package| package.pacman),
        System::MacOs => ("brew install", |package| package.brew),
        System::Other(_) => ("", |package| package.apt),
    };
    let packages: Vec<_> = packages.into_iter().filter(|package| !name(package).is_empty()).collect();
    if packages.is_empty() {
        return Plan::Nothing;
    }
    let names = names(&packages, name);
    let how = match &machine.system {
        System::Other(system) => {
            format!("install what corresponds on {system} to these packages of Debian:\n  {}", names.join(" "))
        }
        _ => format!("type:\n  {manager} {}", names.join(" ")),
    };
    Plan::Advise(format!(
        "these packages are missing, and only Debian's are installed from here:\n{}{how}\n\
         then run this again (or set ROBOT_VISION_SKIP_SETUP=1 if they are there and were not recognised)",
        reasons(&packages, name)
    ))
}

impl Install {
    /// A line for each package: its name and why it is needed.
    pub(crate) fn reasons(&self) -> String {
        reasons(&self.packages, |package| package.apt).trim_end().to_owned()
    }

    /// The command that fetches the package lists.
    pub(crate) fn update(&self) -> Vec<String> {
        self.apt_get(&["update"], &[])
    }

    /// The command that installs what is missing, and asks nothing.
    pub(crate) fn install(&self) -> Vec<String> {
        let names = self.names();
        self.apt_get(&["install", "--yes", "--no-install-recommends"], &names)
    }

    /// The command that lists what the install would download.
    pub(crate) fn listing(&self) -> Vec<String> {
        let words = ["apt-get", "install", "--print-uris", "--yes", "--no-install-recommends"];
        words.into_iter().chain(self.names()).map(str::to_owned).collect()
    }

    /// What a person would type for the same effect.
    pub(crate) fn command_line(&self) -> String {
        let names = self.names();
        let right = if self.user == User::Root { "" } else { "sudo " };
        format!("{right}apt-get install --no-install-recommends {}", names.join(" "))
    }

    /// What to do after a failure.
    pub(crate) fn advice(&self) -> String {
        let right = if self.user == User::Root { "" } else { "sudo " };
        let hint = match self.user {
            User::SudoUnattended => "; if sudo wanted a password, run this on a terminal",
            _ => "; apt-get's messages above give the reason",
        };
        format!("setting up failed{hint}. To try by hand:\n  {right}apt-get update\n  {}\n", self.command_line())
    }

    fn for_somebody_else(&self) -> String {
        format!(
            "these packages are missing, and neither root nor sudo is available to install them:\n{}\n\
             as root, type:\n  apt-get update\n  apt-get install --no-install-recommends {}\nthen run this again",
            self.reasons(),
            self.names().join(" ")
        )
    }

    fn names(&self) -> Vec<&'static str> {
        names(&self.packages, |package| package.apt)
    }

    fn apt_get(&self, action: &[&str], names: &[&str]) -> Vec<String> {
        let right: &[&str] = match self.user {
            User::Sudo => &["sudo"],
            User::SudoUnattended => &["sudo", "--non-interactive"],
            User::Root | User::Plain => &[],
        };
        // sudo clears the environment, so apt-get's variables are set after it. Another apt-get may be at work,
        // as on a freshly started machine: wait for its lock.
        let apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"];
        right.iter().chain(&apt_get).chain(action).chain(names).map(|&word| word.to_owned()).collect()
    }
}

/// Two of Debian's packages may be one elsewhere; those are next to each other.
fn names(packages: &[&'static Package], name: fn(&Package) -> &'static str) -> Vec<&'static str> {
    let mut names: Vec<_> = packages.iter().map(|package| name(package)).collect();
    names.dedup();
    names
}

/// How many packages an install downloads, and how many bytes, from the lines of its [listing](Install::listing).
pub(crate) fn download(listing: &str) -> (usize, u64) {
    let sizes = listing.lines().filter(|line| line.starts_with('\''));
    let sizes = sizes.filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok());
    sizes.fold((0, 0), |(count, bytes), size| (count + 1, bytes + size))
}

fn reasons(packages: &[&'static Package], name: fn(&Package) -> &'static str) -> String {
    let mut text = String::new();
    for package in packages {
        let _ = writeln!(text, "  {:<22} {}", name(package), package.why);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::packages::wanted;
    use super::*;

    fn everything() -> Vec<&'static str> {
        wanted(Purpose::Test).map(|package| package.apt).collect()
    }

    fn machine(system: System, user: User, lacks: &[&str]) -> Machine {
        let missing = wanted(Purpose::Test).filter(|package| lacks.contains(&package.apt)).collect();
        Machine { system, missing, user, lists: Lists::Fresh }
    }

    fn advice(plan: Plan) -> String {
        let Plan::Advise(text) = plan else { panic!("no advice: {plan:?}") };
        text
    }

    fn installed(plan: Plan) -> Install {
        let Plan::Install(install) = plan else { panic!("not installed: {plan:?}") };
        install
    }

    #[test]
    fn nothing_is_done_where_everything_is_there() {
        for system in [System::Debian, System::Fedora, System::Arch, System::MacOs, System::Other("void".into())] {
            assert!(matches!(plan(&machine(system, User::Plain, &[]), Purpose::Test), Plan::Nothing));
        }
    }

    #[test]
    fn root_installs_only_what_is_missing() {
        let install = installed(plan(&machine(System::Debian, User::Root, &["nasm", "cmake"]), Purpose::Demo));
        let words = install.install();
        assert_eq!(words[..3], ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        assert_eq!(words[words.len() - 4..], ["--yes", "--no-install-recommends", "cmake", "nasm"]);
        assert!(!install.update_first);
    }

    #[test]
    fn others_install_through_sudo_which_asks_only_on_a_terminal() {
        let asked = installed(plan(&machine(System::Debian, User::Sudo, &["nasm"]), Purpose::Demo));
        assert_eq!(asked.install()[..2], ["sudo", "env"]);
        let alone = installed(plan(&machine(System::Debian, User::SudoUnattended, &["nasm"]), Purpose::Demo));
        assert_eq!(alone.install()[..3], ["sudo", "--non-interactive", "env"]);
        assert!(alone.advice().contains("sudo apt-get install --no-install-recommends nasm"));
    }

    #[test]
    fn stale_lists_are_fetched_first() {
        let stale = Machine { lists: Lists::Stale, ..machine(System::Debian, User::Root, &["nasm"]) };
        assert!(installed(plan(&stale, Purpose::Demo)).update_first);
    }

    #[test]
    fn without_any_right_the_command_is_shown() {
        let text = advice(plan(&machine(System::Debian, User::Plain, &["libopencv-objdetect-dev"]), Purpose::Demo));
        assert!(text.contains("apt-get install --no-install-recommends libopencv-objdetect-dev"), "{text}");
        assert!(!text.contains("sudo apt-get"), "{text}");
    }

    #[test]
    fn the_demo_does_without_what_only_tests_need() {
        let lacking = machine(System::Debian, User::Root, &["xvfb", "pocl-opencl-icd", "python3"]);
        assert!(matches!(plan(&lacking, Purpose::Demo), Plan::Nothing));
        assert!(installed(plan(&lacking, Purpose::Test)).command_line().ends_with("xvfb pocl-opencl-icd python3"));
    }

    #[test]
    fn other_systems_get_the_names_of_their_packages() {
        let lacks = ["libopencv-objdetect-dev", "libx11-6"];
        let fedora = advice(plan(&machine(System::Fedora, User::Root, &lacks), Purpose::Test));
        assert!(fedora.contains("sudo dnf install opencv-devel libX11\n"), "{fedora}");
        let arch = advice(plan(&machine(System::Arch, User::Root, &lacks), Purpose::Test));
        assert!(arch.contains("sudo pacman -S opencv libx11\n"), "{arch}");
        let mac = advice(plan(&machine(System::MacOs, User::Root, &lacks), Purpose::Test));
        assert!(mac.contains("brew install opencv\n"), "{mac}");
        let other = advice(plan(&machine(System::Other("void".into()), User::Root, &lacks), Purpose::Test));
        assert!(other.contains("on void") && other.contains("libopencv-objdetect-dev libx11-6"), "{other}");
    }

    #[test]
    fn every_missing_package_comes_with_its_reason() {
        let install = installed(plan(&machine(System::Debian, User::Root, &everything()), Purpose::Test));
        assert_eq!(install.reasons().lines().count(), everything().len());
        assert!(install.reasons().contains("clang                  Clang: reads OpenCV's headers"));
    }

    #[test]
    fn packages_that_are_one_elsewhere_are_named_once() {
        let lacks = ["libopencv-objdetect-dev", "libopencv-videoio-dev", "g++"];
        let fedora = advice(plan(&machine(System::Fedora, User::Root, &lacks), Purpose::Demo));
        assert!(fedora.contains("dnf install opencv-devel gcc-c++\n"), "{fedora}");
    }

    #[test]
    fn a_download_is_what_its_lines_add_up_to() {
        let listing = "Reading package lists...\n\
            'http://deb.debian.org/a/nasm_2.16_amd64.deb' nasm_2.16_amd64.deb 1000000 MD5Sum:0\n\
            'http://deb.debian.org/b/make_4.3_amd64.deb' make_4.3_amd64.deb 500000 \n";
        assert_eq!(download(listing), (2, 1_500_000));
        assert_eq!(download("E: Unable to locate package\n"), (0, 0));
    }

    #[test]
    fn fonts_are_installed_for_the_tests_but_where_the_system_has_them() {
        let fonts = ["fonts-dejavu-core", "fonts-droid-fallback"];
        let lacking = |system| machine(system, User::Root, &fonts);
        assert!(matches!(plan(&lacking(System::Debian), Purpose::Demo), Plan::Nothing));
        assert!(installed(plan(&lacking(System::Debian), Purpose::Test)).command_line().ends_with(&fonts.join(" ")));
        let fedora = advice(plan(&lacking(System::Fedora), Purpose::Test));
        assert!(fedora.contains("dnf install dejavu-sans-fonts google-droid-sans-fonts\n"), "{fedora}");
        assert!(matches!(plan(&lacking(System::MacOs), Purpose::Test), Plan::Nothing));
    }
    #[test]
    fn the_browser_and_its_driver_are_one_package_on_some_systems() {
        let lacking = |system| machine(system, User::Root, &["python3-venv", "chromium", "chromium-driver"]);
        let debian = installed(plan(&lacking(System::Debian), Purpose::Test));
        assert!(debian.command_line().ends_with("python3-venv chromium chromium-driver"), "{}", debian.command_line());
        let fedora = advice(plan(&lacking(System::Fedora), Purpose::Test));
        assert!(fedora.contains("dnf install python3 chromium chromedriver\n"), "{fedora}");
        let arch = advice(plan(&lacking(System::Arch), Purpose::Test));
        assert!(arch.contains("pacman -S python chromium\n"), "{arch}");
        let mac = advice(plan(&lacking(System::MacOs), Purpose::Test));
        assert!(mac.contains("brew install python3 chromedriver\n"), "{mac}");
    }
}
