//! The files that fuzzers and property tests begin with: what real senders sent, and what people type.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// All of them, in the order of their paths; `root` is the workspace's folder.
///
/// # Errors
/// Fails on a folder that cannot be listed.
pub fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be listed", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("{} cannot be listed", folder.display()))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

const FOLDERS: [&str; 6] = [
    "fixtures/wire",
    "fixtures/jpeg",
    "fixtures/scenarios",
    "protocol/tests/golden",
    "recording/tests/golden",
    "fuzz/seeds",
];
