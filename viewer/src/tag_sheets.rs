//! `viewer tags`: sheets with AprilTags, to print.

mod sheet;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use vision::TagFamily;

use crate::terminal::print;
pub(crate) use sheet::{Paper, Sheet};

/// What `viewer tags` needs to know.
#[derive(Debug)]
pub(crate) struct Config {
    /// The folder for the sheets.
    pub(crate) dir: PathBuf,
    pub(crate) family: TagFamily,
    /// Of this family.
    pub(crate) ids: Vec<u32>,
    /// The side of a tag, as `--tag-size` takes it.
    pub(crate) size_mm: f64,
    pub(crate) paper: Paper,
}

/// Writes a sheet for each tag.
pub(crate) fn run(config: &Config) -> anyhow::Result<()> {
    let Config { dir, family, ids, size_mm, paper } = config;
    let folder = || format!("--print {}: cannot be created; name a folder where you may write", dir.display());
    fs::create_dir_all(dir).with_context(folder)?;
    for &id in ids {
        let sheet = Sheet::new(*family, id, *size_mm, *paper)?;
        let file = dir.join(sheet.file_name());
        let svg = sheet.svg();
        let is_other = fs::read(&file).is_ok_and(|there| there != svg.as_bytes());
        ensure!(!is_other, "{} is there already and differs; remove it, or name another folder", file.display());
        fs::write(&file, svg).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    let many = if ids.len() == 1 { "a sheet".to_owned() } else { format!("{} sheets", ids.len()) };
    print(&format!(
        "wrote {many} to {}; print at 100 %, and the line below the tag is {size_mm} mm long",
        dir.display()
    ));
    Ok(())
}
