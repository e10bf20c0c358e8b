//! Options of `viewer tags`, which makes sheets to print.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, ValueEnum};
use vision::TagFamily;

use super::tags::family;
use crate::tag_sheets::{Config, Paper, Sheet};

/// Which tags to print, and how large.
#[derive(Debug, Args)]
pub(super) struct Sheets {
    /// The folder for the sheets, one SVG file per tag; created if missing
    ///
    /// Example: --print sheets/
    #[arg(long, value_name = "DIR")]
    print: PathBuf,

    /// The family of the tags
    ///
    /// Example: --family standard41h12
    #[arg(long, value_name = "NAME", value_parser = family, default_value_t = TagFamily::Tag36h11)]
    family: TagFamily,

    /// Which tags of the family, separated by commas, and ranges of them
    ///
    /// Example: --ids 0-9,42
    #[arg(long, value_name = "IDS", value_delimiter = ',', value_parser = range, default_value = "0-9")]
    ids: Vec<(u32, u32)>,

    /// The side of a tag in millimetres, a thousand times what --tag-size takes [default: 160, or what the paper has room for]
    ///
    /// Example: --size-mm 120
    #[arg(long, value_name = "MM", value_parser = millimetres)]
    size_mm: Option<f64>,

    /// The paper size
    #[arg(long, value_name = "PAPER", value_enum, default_value_t)]
    paper: PaperName,
}

impl Sheets {
    /// An error where the family has not all of the ids, or the paper has no room for them.
    pub(super) fn into_config(self) -> Result<Config, clap::Error> {
        let Self { print: dir, family, ids, size_mm, paper } = self;
        if let Some((_, id)) = ids.iter().find(|(_, last)| *last >= family.size()) {
            let last = family.size() - 1;
            let message = format!("--ids {id}: the family {family} has the ids 0 to {last}; give some of these\n");
            return Err(clap::Error::raw(ErrorKind::ValueValidation, message));
        }
        let paper = Paper::from(paper);
        let size_mm = size_mm.unwrap_or_else(|| USUAL_MM.min(Sheet::most_mm(family, paper)));
        Sheet::new(family, 0, size_mm, paper)
            .map_err(|error| clap::Error::raw(ErrorKind::ValueValidation, format!("{error}\n")))?;
        let ids: BTreeSet<u32> = ids.into_iter().flat_map(|(first, last)| first..=last).collect();
        Ok(Config { dir, family, ids: ids.into_iter().collect(), size_mm, paper })
    }
}

/// [`Paper`] as it is typed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum PaperName {
    /// 210 by 297 mm
    #[default]
    A4,
    /// 297 by 420 mm
    A3,
    /// 8.5 by 11 inches
    Letter,
}

impl From<PaperName> for Paper {
    fn from(name: PaperName) -> Self {
        match name {
            PaperName::A4 => Paper::A4,
            PaperName::A3 => Paper::A3,
            PaperName::Letter => Paper::Letter,
        }
    }
}

fn range(typed: &str) -> Result<(u32, u32), String> {
    let (first, last) = typed.split_once('-').unwrap_or((typed, typed));
    let number = |typed: &str| typed.trim().parse::<u32>().map_err(|_| "give ids and ranges, as in 0-9,42".to_owned());
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(format!("the first of a range has to be the smaller one: {last}-{first}"));
    }
    Ok((first, last))
}

fn millimetres(typed: &str) -> Result<f64, String> {
    let size: f64 = typed.parse().map_err(|_| "give the side in millimetres, as in 160".to_owned())?;
    let is_possible = (1.0..=10_000.0).contains(&size);
    is_possible.then_some(size).ok_or_else(|| "give the side in millimetres, from 1 to 10000".to_owned())
}

/// Fills most of a sheet of A4 with a tag of 36h11.
const USUAL_MM: f64 = 160.0;

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        sheets: Sheets,
    }

    fn config(arguments: &[&str]) -> Result<Config, clap::Error> {
        let typed = [&["viewer", "--print", "sheets"], arguments].concat();
        Typed::try_parse_from(typed).and_then(|typed| typed.sheets.into_config())
    }

    #[test]
    fn ten_tags_of_the_usual_family_are_printed_unless_told() {
        let usual = config(&[]).unwrap();
        assert_eq!((usual.family, usual.ids, usual.size_mm), (TagFamily::Tag36h11, (0..10).collect(), 160.0));
        let asked =
            config(&["--family", "16h5", "--ids", "7-9,3,8", "--size-mm", "80.5", "--paper", "letter"]).unwrap();
        assert_eq!((asked.family, asked.ids), (TagFamily::Tag16h5, vec![3, 7, 8, 9]));
        assert_eq!((asked.size_mm, asked.paper), (80.5, Paper::Letter));
    }

    #[test]
    fn a_tag_of_any_family_fits_the_paper_unless_told() {
        let size_mm = |family| config(&["--family", family]).unwrap().size_mm;
        assert_eq!(["16h5", "standard41h12", "circle49h12"].map(size_mm), [150.0, 111.0, 90.0]);
    }

    #[test]
    fn what_makes_no_sense_says_what_would() {
        for (typed, hint) in [
            (&["--ids", "587"][..], "has the ids 0 to 586"),
            (&["--family", "16h5", "--ids", "0-30"], "has the ids 0 to 29"),
            (&["--ids", "9-0"], "0-9"),
            (&["--ids", "all"], "0-9,42"),
            (&["--size-mm", "0"], "from 1"),
            (&["--size-mm", "300"], "give 160 or less, or a larger --paper"),
            (&["--family", "17h5"], "36h11, 16h5"),
        ] {
            let error = config(typed).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{typed:?}");
            assert!(error.to_string().contains(hint), "{typed:?}: {error}");
        }
    }
}
