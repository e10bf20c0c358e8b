//! Copies of the pictures with the detections drawn on them; never replaces an input file.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Place;
use super::inputs::Inputs;
use crate::overlay::Overlay;
use vision::detect::Detection;
use vision::picture::Pixels;

/// A folder of annotated pictures.
pub(super) struct Annotations {
    dir: PathBuf,
    inputs: Inputs,
    overlay: Overlay,
    names: Names,
}

impl Annotations {
    /// Makes the folder, unless a picture in it would be one of `inputs`.
    pub(super) fn create(dir: &Path, inputs: Inputs) -> anyhow::Result<Self> {
        // A file that an annotated picture could replace would also be replaced by its own.
        for file in inputs.files() {
            let output = dir.join(jpg(stem(file, 0)));
            anyhow::ensure!(
                !inputs.contain(&output),
                "--annotate {}: {} is one of the files to read and would be replaced; name another folder",
                dir.display(),
                output.display()
            );
        }
        fs::create_dir_all(dir).with_context(|| {
            format!("--annotate {}: cannot be created; name a folder that is yours to write", dir.display())
        })?;
        Ok(Self { dir: dir.to_owned(), inputs, overlay: Overlay::new(), names: Names::default() })
    }

    /// Never replaces the file at `path` either.
    pub(super) fn spare(&mut self, path: &Path) {
        self.inputs.protect(path);
    }

    /// Names the picture after where it is from.
    pub(super) fn write(
        &mut self,
        Place { path, topic, seq }: Place<'_>,
        pixels: &Pixels,
        found: &[Detection],
    ) -> anyhow::Result<()> {
        let topic = topic.map_or_else(String::new, |topic| format!("-{}", in_a_file_name(topic)));
        let place = seq.map_or_else(|| topic.clone(), |seq| format!("{topic}-{seq:06}"));
        let mut wanted = stem(path, place.len());
        wanted.push(place);
        let path = self.names.next(&wanted, |name| !self.inputs.contain(&self.dir.join(name)));
        let path = self.dir.join(path);
        let jpeg = self.overlay.annotate(pixels, found)?.pixels().to_jpeg(QUALITY)?;
        replace(&path, &jpeg).with_context(|| {
            format!("{}: cannot be written; is the disk full, or the folder not yours?", path.display())
        })
    }
}

/// File names, each given once.
#[derive(Default)]
struct Names {
    taken: BTreeSet<OsString>,
    /// How far each name has been counted up: pictures of one name come from several folders.
    counted: BTreeMap<OsString, usize>,
}

impl Names {
    /// `wanted.jpg`, or the first of `wanted-2.jpg`, `wanted-3.jpg` ... that is free.
    fn next(&mut self, wanted: &OsString, may_be: impl Fn(&OsString) -> bool) -> OsString {
        let counted = self.counted.entry(wanted.clone()).or_default();
        loop {
            *counted += 1;
            let mut name = wanted.clone();
            if *counted > 1 {
                name.push(format!("-{counted}"));
            }
            let name = jpg(name);
            if may_be(&name) && self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

/// A topic without its slashes, and whatever else a file's name could not have.
fn in_a_file_name(topic: &str) -> String {
    let allowed = |letter: char| if letter.is_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    topic.trim_matches('/').chars().take(LONGEST_TOPIC).map(allowed).collect()
}

/// A file's name without its ending, so far as there is room for it before so many bytes.
fn stem(file: &Path, behind: usize) -> OsString {
    let stem = file.file_stem().unwrap_or_default();
    let room = LONGEST_STEM - behind;
    if stem.len() <= room {
        return stem.to_owned();
    }
    let stem = stem.to_string_lossy();
    let letters = stem.char_indices().map(|(at, letter)| at + letter.len_utf8());
    stem[..letters.take_while(|&end| end <= room).last().unwrap_or(0)].into()
}

fn jpg(mut stem: OsString) -> OsString {
    stem.push(".jpg");
    stem
}

/// Puts a whole file there, or nothing: one of that name may be a link, and what it leads to is not ours.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let write = || {
        File::options().write(true).create_new(true).open(&part)?.write_all(bytes)?;
        fs::rename(&part, path)
    };
    write().inspect_err(|_| _ = fs::remove_file(&part))
}

/// File systems take names of 255 bytes, and a letter has up to four.
const LONGEST_TOPIC: usize = 40;
/// What follows is a number, `.jpg`, and while it is written the number of the process and `.part`.
const LONGEST_STEM: usize = 215;
/// JPEG quality, 1 to 100: text stays sharp.
const QUALITY: i32 = 90;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_once_also_where_a_counted_one_was_wanted_before() {
        let mut names = Names::default();
        let got = ["a-2", "a", "a", "a", "a-2"].map(|wanted| names.next(&wanted.into(), |_| true));
        assert_eq!(got, ["a-2.jpg", "a.jpg", "a-3.jpg", "a-4.jpg", "a-2-2.jpg"]);
        assert_eq!(names.next(&"b".into(), |name| name != "b.jpg"), "b-2.jpg");
    }

    #[test]
    fn a_long_name_is_cut_between_letters_so_that_all_that_follows_has_room() {
        for letter in ["a", "ä", "字", "🤖"] {
            let file = PathBuf::from(letter.repeat(250 / letter.len()) + ".jpg");
            let cut = stem(&file, 100).into_string().unwrap();
            assert_eq!(cut, letter.repeat(115 / letter.len()));
            assert!(cut.len() + 100 + "-4294967296.jpg.4294967296.part".len() <= 255);
        }
        assert_eq!(stem(Path::new("folder/a.jpg"), 100), "a");
    }
}
