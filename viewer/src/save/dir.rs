//! Where pictures are saved.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::{env, io, process};

/// A folder, by its whole path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SaveDir(PathBuf);

impl SaveDir {
    /// The folder that the user named, which is made if it is missing; or the present one.
    ///
    /// # Errors
    /// Fails where the user named a folder in which nothing can be written.
    pub(crate) fn open(asked: Option<&Path>) -> Result<Self, SaveDirError> {
        let Some(dir) = asked else {
            // One that was removed meanwhile has no path; saving there will say so.
            return Ok(Self(env::current_dir().unwrap_or_else(|_| ".".into())));
        };
        let failed = |source| SaveDirError { dir: dir.display().to_string(), source };
        fs::create_dir_all(dir).map_err(failed)?;
        // Permissions do not say it: a disk can be mounted for reading only.
        let probe = dir.join(format!(".viewer-can-write-{}", process::id()));
        File::create(&probe).and_then(|_| fs::remove_file(&probe)).map_err(failed)?;
        Ok(Self(std::path::absolute(dir).map_err(failed)?))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

/// Nothing can be saved in the folder that the user named.
#[derive(Debug, thiserror::Error)]
#[error("--save-dir {dir}: cannot be created or written to; name a folder that is yours to write")]
pub(crate) struct SaveDirError {
    dir: String,
    source: io::Error,
}
