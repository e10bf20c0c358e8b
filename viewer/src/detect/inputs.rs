//! Which files `viewer detect` reads: those named, and the pictures, videos and recordings in the folders named.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Files to read, in order; none of them may be written, nor may others that are protected.
#[derive(Debug)]
pub(super) struct Inputs {
    files: Vec<PathBuf>,
    /// The same with every link followed.
    real: BTreeSet<PathBuf>,
}

impl Inputs {
    /// What `paths` name, and a complaint about each folder that cannot be read or has nothing in it to read.
    pub(super) fn find(paths: &[PathBuf]) -> (Self, Vec<String>) {
        let (mut files, mut complaints) = (Vec::new(), Vec::new());
        for path in paths {
            if !path.is_dir() {
                files.push(path.clone());
                continue;
            }
            let entries = fs::read_dir(path).map(|entries| entries.map(|entry| Ok(entry?.path())));
            match inside(entries) {
                Ok(mut found) => files.append(&mut found),
                Err(reason) => complaints.push(format!("{}: {reason}", path.display())),
            }
        }
        // Devices and pipes lose nothing when they are written to.
        let real = files.iter().filter_map(|file| fs::canonicalize(file).ok()).filter(|file| file.is_file()).collect();
        (Self { files, real }, complaints)
    }

    pub(super) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Another file that may not be written.
    pub(super) fn protect(&mut self, path: &Path) {
        self.real.extend(fs::canonicalize(path).ok().filter(|file| file.is_file()));
    }

    /// Whether putting another file in place of `path` would replace one of the files.
    pub(super) fn contain(&self, path: &Path) -> bool {
        fs::canonicalize(path).is_ok_and(|real| self.real.contains(&real))
    }

    /// Whether writing to `path` would change one of the files, which may have another name there.
    pub(super) fn would_change(&self, path: &Path) -> bool {
        #[cfg(unix)]
        let is_another_name = {
            use std::os::unix::fs::MetadataExt as _;
            let number = |file: &Path| fs::metadata(file).ok().map(|file| (file.dev(), file.ino()));
            number(path).is_some_and(|written| self.real.iter().any(|file| number(file) == Some(written)))
        };
        #[cfg(not(unix))]
        let is_another_name = false;
        is_another_name || self.contain(path)
    }
}

/// The pictures, videos and recordings among a folder's entries, in the order of their names.
fn inside(entries: io::Result<impl Iterator<Item = io::Result<PathBuf>>>) -> Result<Vec<PathBuf>, String> {
    let listed = entries.and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut files = listed.map_err(|error| format!("the folder cannot be read: {error}; check its permissions"))?;
    files.retain(|file| file.extension().is_some_and(|ending| ENDINGS.iter().any(|e| ending.eq_ignore_ascii_case(e))));
    files.sort();
    if files.is_empty() {
        let endings = ENDINGS.join(", ");
        return Err(format!("no file in it ends in one of {endings}; name files, or another folder"));
    }
    Ok(files)
}

/// What a folder is searched for; a file named on the command line may end as it likes.
const ENDINGS: [&str; 8] = ["jpg", "jpeg", "png", "mp4", "avi", "mkv", "mov", "mcap"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_read_is_not_called_empty() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let closed = inside(Err::<std::vec::IntoIter<_>, _>(denied())).unwrap_err();
        let halfway = inside(Ok([Ok("a.jpg".into()), Err(denied())].into_iter())).unwrap_err();
        for said in [closed, halfway] {
            assert!(said.contains("cannot be read") && said.contains("denied"), "{said}");
        }
        let empty = inside(Ok([Ok("notes.txt".into())].into_iter())).unwrap_err();
        assert!(empty.contains("no file in it"), "{empty}");
    }
}
