//! OpenCV's Haar cascades: where their files are, and one search with one of them.

use std::env;
use std::path::{Path, PathBuf};

use opencv::core::{Rect as CvRect, Size, Vector};
use opencv::objdetect::CascadeClassifier;
use opencv::prelude::{CascadeClassifierTrait as _, CascadeClassifierTraitConst as _};

use super::Rect;
use super::boxes::{Hit, surest_first};
use super::engines::SetupError;
use super::matrix::Matrix;
use super::opencl::Device;
use crate::picture::Luma;

/// A trained cascade of OpenCV's collection.
pub(crate) struct Cascade {
    classifier: CascadeClassifier,
}

/// How thoroughly to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Search {
    /// From one size to the next, above 1.
    pub(crate) scale: f64,
    /// How many neighbouring hits make one that counts.
    pub(crate) neighbours: u32,
    /// The smallest width and height, in pixels of the whole picture; the cascade's own where that is larger.
    pub(crate) min_size: u32,
}

impl Cascade {
    /// Loads `haarcascade_{name}.xml`.
    pub(crate) fn load(name: &str) -> Result<Self, SetupError> {
        Self::load_from(name, &folders())
    }

    fn load_from(name: &str, folders: &[PathBuf]) -> Result<Self, SetupError> {
        let file = format!("haarcascade_{name}.xml");
        let path = folders.iter().map(|folder| folder.join(&file)).find(|path| path.is_file());
        let path = path.ok_or_else(|| SetupError::CascadeMissing { file, searched: folders.to_vec() })?;
        // OpenCV answers with an error or with an empty cascade, depending on what is wrong with the file.
        match CascadeClassifier::new(&path) {
            Ok(classifier) if !classifier.empty().unwrap_or(true) => Ok(Self { classifier }),
            _ => Err(SetupError::CascadeUnreadable { path }),
        }
    }

    /// Everything found, the surest first, in pixels of the whole picture; the score is how many neighbouring hits agreed.
    pub(crate) fn find(&mut self, picture: &Shrunk<'_>, search: &Search) -> opencv::Result<Vec<Hit>> {
        let (mut found, mut agreed) = (Vector::<CvRect>::new(), Vector::<i32>::new());
        let min_size = (f64::from(search.min_size) * picture.scale).ceil() as i32;
        let (min, any) = (Size::new(min_size, min_size), Size::default());
        let (scale, neighbours) = (search.scale, i32::try_from(search.neighbours).unwrap_or(i32::MAX));
        let matrix = &picture.matrix;
        self.classifier.detect_multi_scale2(matrix, &mut found, &mut agreed, scale, neighbours, 0, min, any)?;
        let hit = |(rect, agreed): (CvRect, i32)| {
            let whole = |length: i32| (f64::from(length) / picture.scale).round() as i32;
            let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(whole);
            Hit { bounds: Rect { x, y, width, height }, score: agreed as f32 }
        };
        let mut hits: Vec<Hit> = found.iter().zip(agreed.iter()).map(hit).collect();
        surest_first(&mut hits);
        Ok(hits)
    }
}

/// A picture as cascades take it: of at most [`MOST_PIXELS`].
pub(crate) struct Shrunk<'a> {
    matrix: Matrix<'a>,
    /// Its width divided by that of the whole picture.
    scale: f64,
}

impl<'a> Shrunk<'a> {
    pub(crate) fn of(luma: &'a Luma, device: Device) -> opencv::Result<Self> {
        let matrix = Matrix::of(luma, device)?;
        let scale = (MOST_PIXELS / (luma.width as f64 * luma.height as f64)).sqrt();
        if scale >= 1.0 {
            return Ok(Self { matrix, scale: 1.0 });
        }
        let (width, height) = (luma.width as f64, luma.height as f64);
        let whole = Size::new(luma.width as i32, luma.height as i32);
        let size = Size::new((width * scale).round().max(1.0) as i32, (height * scale).round().max(1.0) as i32);
        Ok(Self { matrix: matrix.resized(whole, size)?, scale })
    }

    /// With left and right exchanged.
    pub(crate) fn mirrored(&self) -> opencv::Result<Shrunk<'static>> {
        Ok(Shrunk { matrix: self.matrix.mirrored()?, scale: self.scale })
    }
}

/// A larger picture than Full HD is shrunk: OpenCV keeps a copy at every size it searches, of 16 megapixels up to 3.6 GB.
const MOST_PIXELS: f64 = 1920.0 * 1080.0;

/// Where cascades may be: the folders in OpenCV's own variables first, then those of packages.
fn folders() -> Vec<PathBuf> {
    let named = ["OPENCV_SAMPLES_DATA_PATH_HINT", "OPENCV_SAMPLES_DATA_PATH"].into_iter().filter_map(env::var_os);
    let named = named.flat_map(|paths| env::split_paths(&paths).collect::<Vec<_>>());
    let named = named.flat_map(|folder| [folder.join("haarcascades"), folder]);
    let installed = PREFIXES.iter().flat_map(|prefix| {
        ["opencv4", "opencv5", "opencv"].map(|name| Path::new(prefix).join("share").join(name).join("haarcascades"))
    });
    named.chain(installed).collect()
}

/// Linux distributions, builds from source, Homebrew on Apple silicon and on Intel, MacPorts.
const PREFIXES: [&str; 5] = ["/usr", "/usr/local", "/opt/homebrew", "/usr/local/opt/opencv", "/opt/local"];

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_missing_cascade_is_reported_with_the_package_that_has_it() {
        let folders = [PathBuf::from("/nowhere/a"), PathBuf::from("/nowhere/b")];
        let Err(error) = Cascade::load_from("frontalface_default", &folders) else { unreachable!("nothing is there") };
        let text = error.to_string();
        for part in ["haarcascade_frontalface_default.xml", "/nowhere/a, /nowhere/b", "opencv-data"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_file_that_is_no_cascade_is_reported() {
        let folder = env::temp_dir().join(format!("vision-cascade-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for text in ["", "<opencv_storage><a>1</a></opencv_storage>", "no XML at all"] {
            fs::write(folder.join("haarcascade_x.xml"), text).unwrap();
            let outcome = Cascade::load_from("x", std::slice::from_ref(&folder));
            assert!(matches!(outcome, Err(SetupError::CascadeUnreadable { .. })), "{text:?}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
