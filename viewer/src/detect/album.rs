//! Files for the tests of `viewer detect`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::{Config, run};
use crate::report_target::ReportTarget;
use crate::settings::Settings;
use crate::terminal::Verbosity;
use vision::Orientation;

/// A folder of its own for one test, with pictures in it.
pub(super) struct Album(pub(super) PathBuf);

impl Album {
    pub(super) fn new(test: &str, pictures: &[&str]) -> Self {
        let dir = std::env::temp_dir().join(format!("detect-{test}-{}", std::process::id()));
        for picture in pictures {
            let file = dir.join(picture);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            image::RgbImage::from_pixel(32, 32, image::Rgb([200, 30, 30])).save(file).unwrap();
        }
        Self(dir)
    }

    /// Reads `paths` and annotates into `out`, all of them inside the album; looks for nothing.
    pub(super) fn detect(&self, paths: &[&str], out: &str, report: &str) -> Result<(), String> {
        let config = Config {
            paths: paths.iter().map(|path| self.0.join(path)).collect(),
            detect: BTreeSet::new(),
            settings: Settings::default(),
            verbosity: Verbosity::Normal,
            limit: vision::jpeg::PixelLimit::DEFAULT,
            orientation: Orientation::R90,
            annotate: Some(self.0.join(out)),
            report: ReportTarget::File(self.0.join(report)),
        };
        run(&config).map_err(|error| format!("{error:#}"))
    }

    pub(super) fn bytes(&self, file: &str) -> Vec<u8> {
        fs::read(self.0.join(file)).unwrap()
    }
}

impl Drop for Album {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}
