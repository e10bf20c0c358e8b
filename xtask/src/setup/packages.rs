//! The system packages that are needed, why, under which names, and how to recognise that they are installed.

/// What a machine is set up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// To build and run the programs.
    Demo,
    /// For every check and test as well.
    Test,
}

/// One thing that is needed.
#[derive(Debug)]
pub(crate) struct Package {
    /// What it is for, shown before it is installed.
    pub(crate) why: &'static str,
    /// The first purpose that needs it; later ones do as well.
    pub(crate) needed_for: Purpose,
    /// Signs that it is there, whoever installed it: one is enough.
    pub(crate) signs: &'static [Sign],
    /// Debian, Ubuntu and their relatives.
    pub(crate) apt: &'static str,
    /// Fedora and its relatives.
    pub(crate) dnf: &'static str,
    /// Arch and its relatives.
    pub(crate) pacman: &'static str,
    /// Homebrew; empty where macOS needs nothing.
    pub(crate) brew: &'static str,
}

/// A sign that something is installed without asking a package manager.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// A program on the path.
    Program(&'static str),
    /// A module that pkg-config knows.
    PkgConfig(&'static str),
    /// A module that the Python on the path can import.
    PythonModule(&'static str),
    /// An outline font with the letters of this language, as fontconfig knows it.
    Letters(&'static str),
    /// A shared library whose file name begins like this. Not taken on Debian, where the library may be there without the
    /// headers that belong to it, and where dpkg knows better.
    Library(&'static str),
    /// A file or folder.
    Path(&'static str),
}

/// Everything that is needed for `purpose`.
pub(crate) fn wanted(purpose: Purpose) -> impl Iterator<Item = &'static Package> {
    PACKAGES.iter().filter(move |package| package.needed_for <= purpose)
}

use Purpose::{Demo, Test};
use Sign::{Library, Path, PkgConfig, Program};

const PACKAGES: &[Package] = &[
    Package {
        why: "OpenCV: finds faces and humans, scales and draws",
        needed_for: Demo,
        signs: &[PkgConfig("opencv4"), PkgConfig("opencv5")],
        apt: "libopencv-objdetect-dev",
        dnf: "opencv-devel",
        pacman: "opencv",
        brew: "opencv",
    },
    Package {
        why: "OpenCV: runs the networks that find humans",
        needed_for: Demo,
        signs: &[PkgConfig("opencv4"), PkgConfig("opencv5")],
        apt: "libopencv-dnn-dev",
        dnf: "opencv-devel",
        pacman: "opencv",
        brew: "opencv",
    },
    Package {
        why: "OpenCV: reads videos",
        needed_for: Demo,
        signs: &[PkgConfig("opencv4"), PkgConfig("opencv5")],
        apt: "libopencv-videoio-dev",
        dnf: "opencv-devel",
        pacman: "opencv",
        brew: "opencv",
    },
    Package {
        why: "OpenCV's cascades: the engines that the original used",
        needed_for: Demo,
        signs: &[
            Path("/usr/share/opencv4/haarcascades"),
            Path("/usr/share/opencv/haarcascades"),
            Path("/usr/local/share/opencv4/haarcascades"),
            Path("/opt/homebrew/share/opencv4/haarcascades"),
        ],
        apt: "opencv-data",
        dnf: "opencv-data",
        pacman: "opencv",
        brew: "opencv",
    },
    Package {
        why: "Clang: reads OpenCV's headers to make the Rust bindings",
        needed_for: Demo,
        signs: &[Program("clang")],
        apt: "clang",
        dnf: "clang",
        pacman: "clang",
        brew: "llvm",
    },
    // Not Clang: Debian 12's does not compile what the QR reader takes from C++20.
    Package {
        why: "C++ compiler: builds the QR reader and the JPEG library",
        needed_for: Demo,
        signs: &[Program("g++")],
        apt: "g++",
        dnf: "gcc-c++",
        pacman: "gcc",
        brew: "",
    },
    Package {
        why: "CMake: builds the QR reader and the JPEG library",
        needed_for: Demo,
        signs: &[Program("cmake")],
        apt: "cmake",
        dnf: "cmake",
        pacman: "cmake",
        brew: "cmake",
    },
    Package {
        why: "make: runs what CMake generates",
        needed_for: Demo,
        signs: &[Program("make")],
        apt: "make",
        dnf: "make",
        pacman: "make",
        brew: "",
    },
    Package {
        why: "NASM: assembles the JPEG library's fast paths",
        needed_for: Demo,
        signs: &[Program("nasm")],
        apt: "nasm",
        dnf: "nasm",
        pacman: "nasm",
        brew: "nasm",
    },
    Package {
        why: "pkg-config: finds OpenCV",
        needed_for: Demo,
        signs: &[Program("pkg-config")],
        apt: "pkg-config",
        dnf: "pkgconf-pkg-config",
        pacman: "pkgconf",
        brew: "pkgconf",
    },
    Package {
        why: "X11: opens the window",
        needed_for: Demo,
        signs: &[Library("libX11.so.6")],
        apt: "libx11-6",
        dnf: "libX11",
        pacman: "libx11",
        brew: "",
    },
    Package {
        why: "X11 cursors: the window's library loads them at its start",
        needed_for: Demo,
        signs: &[Library("libXcursor.so.1")],
        apt: "libxcursor1",
        dnf: "libXcursor",
        pacman: "libxcursor",
        brew: "",
    },
    Package {
        why: "tc: networks that are slow, lossy or gone, for the tests",
        needed_for: Test,
        signs: &[Program("tc"), Path("/usr/sbin/tc")],
        apt: "iproute2",
        dnf: "iproute-tc",
        pacman: "iproute2",
        brew: "",
    },
    Package {
        why: "Xvfb: a display in memory, on which the tests open the window",
        needed_for: Test,
        signs: &[Program("Xvfb")],
        apt: "xvfb",
        dnf: "xorg-x11-server-Xvfb",
        pacman: "xorg-server-xvfb",
        brew: "",
    },
    Package {
        why: "PoCL: OpenCL on the processor, to test without a GPU what runs on one",
        needed_for: Test,
        signs: &[Path("/etc/OpenCL/vendors/pocl.icd"), Path("/System/Library/Frameworks/OpenCL.framework")],
        apt: "pocl-opencl-icd",
        dnf: "pocl",
        pacman: "pocl",
        brew: "",
    },
    Package {
        why: "Python: plays an independent robot and an independent PC in the tests",
        needed_for: Test,
        signs: &[Program("python3")],
        apt: "python3",
        dnf: "python3",
        pacman: "python",
        brew: "python3",
    },
    // Debian's Python has the module venv without it, but not the ensurepip that fills an environment with pip.
    Package {
        why: "Python's environments: the tests read recordings with packages from PyPI",
        needed_for: Test,
        signs: &[Sign::PythonModule("ensurepip")],
        apt: "python3-venv",
        dnf: "python3",
        pacman: "python",
        brew: "python3",
    },
    Package {
        why: "Chromium: shows the page in the tests; on macOS Chrome does",
        needed_for: Test,
        signs: &[
            Program("chromium"),
            Program("chromium-browser"),
            Program("google-chrome"),
            Path("/Applications/Google Chrome.app"),
        ],
        apt: "chromium",
        dnf: "chromium",
        pacman: "chromium",
        brew: "chromedriver",
    },
    Package {
        why: "ChromeDriver: lets the tests look at the page and press its buttons",
        needed_for: Test,
        signs: &[Program("chromedriver")],
        apt: "chromium-driver",
        dnf: "chromedriver",
        pacman: "chromium",
        brew: "chromedriver",
    },
    Package {
        why: "DejaVu: Latin letters, for the tests that draw text",
        needed_for: Test,
        signs: &[Sign::Letters("en")],
        apt: "fonts-dejavu-core",
        dnf: "dejavu-sans-fonts",
        pacman: "ttf-dejavu",
        brew: "",
    },
    Package {
        why: "Droid Sans Fallback: Japanese letters, to look at what the tests draw",
        needed_for: Test,
        signs: &[Sign::Letters("ja")],
        apt: "fonts-droid-fallback",
        dnf: "google-droid-sans-fonts",
        pacman: "ttf-droid",
        brew: "",
    },
    Package {
        why: "FFmpeg: sends bare JPEGs and a multipart stream in the tests",
        needed_for: Test,
        signs: &[Program("ffmpeg")],
        apt: "ffmpeg",
        dnf: "ffmpeg-free",
        pacman: "ffmpeg",
        brew: "ffmpeg",
    },
    Package {
        why: "GStreamer: does the same",
        needed_for: Test,
        signs: &[Program("gst-launch-1.0")],
        apt: "gstreamer1.0-tools",
        dnf: "gstreamer1",
        pacman: "gstreamer",
        brew: "gstreamer",
    },
    Package {
        why: "GStreamer's basic plugins: its TCP client",
        needed_for: Test,
        signs: &[
            Path("/usr/lib64/gstreamer-1.0/libgsttcp.so"),
            Path("/usr/lib/gstreamer-1.0/libgsttcp.so"),
            Path("/opt/homebrew/lib/gstreamer-1.0/libgsttcp.dylib"),
        ],
        apt: "gstreamer1.0-plugins-base",
        dnf: "gstreamer1-plugins-base",
        pacman: "gst-plugins-base",
        brew: "gstreamer",
    },
    Package {
        why: "GStreamer's good plugins: its JPEG encoder and multipart streams",
        needed_for: Test,
        signs: &[
            Path("/usr/lib64/gstreamer-1.0/libgstjpeg.so"),
            Path("/usr/lib/gstreamer-1.0/libgstjpeg.so"),
            Path("/opt/homebrew/lib/gstreamer-1.0/libgstjpeg.dylib"),
        ],
        apt: "gstreamer1.0-plugins-good",
        dnf: "gstreamer1-plugins-good",
        pacman: "gst-plugins-good",
        brew: "gstreamer",
    },
];
