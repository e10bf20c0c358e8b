//! Options about cameras that do not stand upright.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clap::Args;
use clap::error::ErrorKind;
use pipeline::Orientations;
use vision::Orientation;

/// How robots' pictures are turned.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Display")]
pub(super) struct RobotOrientation {
    /// Rotate pictures clockwise by 0, 90, 180 or 270 degrees, of all robots or of one that has a name
    ///
    /// Detections and the report are in the coordinates of the turned picture. --flip acts on the rotated picture.
    ///
    /// Examples: --rotate 180, --rotate left=90
    #[arg(long, value_name = "[NAME=]DEGREES", value_parser = |typed: &str| for_robot(typed, rotation))]
    rotate: Vec<ForRobot>,

    /// Flip pictures left to right (h) or top to bottom (v), of all robots or of one
    ///
    /// AprilTags are not read in flipped pictures: in a mirror they are other patterns.
    ///
    /// Examples: --flip h, --flip left=v
    #[arg(long, value_name = "[NAME=]h|v", value_parser = |typed: &str| for_robot(typed, flip))]
    flip: Vec<ForRobot>,
}

/// How files' pictures are turned.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Display")]
pub(super) struct FileOrientation {
    /// Rotate pictures clockwise by 0, 90, 180 or 270 degrees before they are searched
    ///
    /// Example: --rotate 180
    #[arg(long, value_name = "DEGREES", value_parser = rotation)]
    rotate: Option<Orientation>,

    /// Flip pictures left to right (h) or top to bottom (v), after --rotate
    ///
    /// AprilTags are not read in flipped pictures: in a mirror they are other patterns.
    ///
    /// Example: --flip h
    #[arg(long, value_name = "h|v", value_parser = flip)]
    flip: Option<Orientation>,
}

/// For all robots where there is no name.
type ForRobot = (Option<Arc<str>>, Orientation);

impl RobotOrientation {
    /// `names` are those that robots can have, where that is known.
    pub(super) fn orientations(self, names: Option<&BTreeSet<&str>>) -> Result<Orientations, clap::Error> {
        let (rotate, flip) = (by_name("--rotate", self.rotate, names)?, by_name("--flip", self.flip, names)?);
        // What is said of one robot takes the place of what is said of all.
        let of = |given: &BTreeMap<Option<Arc<str>>, Orientation>, name: &Option<Arc<str>>| {
            given.get(name).or(given.get(&None)).copied().unwrap_or_default()
        };
        let orientation = |name: &Option<Arc<str>>| of(&rotate, name).then(of(&flip, name));
        let named = rotate.keys().chain(flip.keys()).filter_map(|name| Some((name.clone()?, orientation(name))));
        Ok(Orientations::new(orientation(&None), named.collect()))
    }
}

impl FileOrientation {
    pub(super) fn orientation(&self) -> Orientation {
        self.rotate.unwrap_or_default().then(self.flip.unwrap_or_default())
    }
}

fn by_name(
    option: &str,
    given: Vec<ForRobot>,
    known: Option<&BTreeSet<&str>>,
) -> Result<BTreeMap<Option<Arc<str>>, Orientation>, clap::Error> {
    let wrong = |message| Err(clap::Error::raw(ErrorKind::ValueValidation, message));
    let mut by_name = BTreeMap::new();
    for (name, orientation) in given {
        if let Some(name) = name.as_deref().filter(|name| known.is_some_and(|known| !known.contains(name))) {
            return wrong(format!(
                "{option} {name}=...: no robot has the name {name:?}; give its address with --name ADDR={name}\n"
            ));
        }
        let whom = name.as_deref().map_or_else(|| "all robots".to_owned(), |name| format!("{name:?}"));
        if by_name.insert(name, orientation).is_some() {
            return wrong(format!("{option}: given twice for {whom}; --flip h --flip v is --rotate 180\n"));
        }
    }
    Ok(by_name)
}

fn for_robot(typed: &str, parse: fn(&str) -> Result<Orientation, String>) -> Result<ForRobot, String> {
    match typed.rsplit_once('=') {
        Some((name, value)) => Ok((Some(name.trim().into()), parse(value)?)),
        None => Ok((None, parse(typed)?)),
    }
}

fn rotation(typed: &str) -> Result<Orientation, String> {
    match typed {
        "0" => Ok(Orientation::UPRIGHT),
        "90" => Ok(Orientation::R90),
        "180" => Ok(Orientation::R180),
        "270" => Ok(Orientation::R270),
        _ => Err("give 0, 90, 180 or 270, degrees clockwise".to_owned()),
    }
}

fn flip(typed: &str) -> Result<Orientation, String> {
    match typed {
        "h" => Ok(Orientation::FLIP_H),
        "v" => Ok(Orientation::FLIP_V),
        _ => Err("give h, left to right, or v, top to bottom; for both, --rotate 180".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(rotate: &[&str], flips: &[&str]) -> Result<Orientations, String> {
        let parsed = |typed: &[&str], parse: fn(&str) -> Result<Orientation, String>| {
            typed.iter().map(|typed| for_robot(typed, parse)).collect::<Result<Vec<_>, _>>()
        };
        let asked = RobotOrientation { rotate: parsed(rotate, rotation)?, flip: parsed(flips, flip)? };
        asked.orientations(Some(&["left", "right"].into())).map_err(|error| error.to_string())
    }

    #[test]
    fn pictures_are_rotated_and_then_flipped_as_seen() {
        assert_eq!(given(&[], &[]).unwrap().all, Orientation::UPRIGHT);
        assert_eq!(given(&["90"], &["h"]).unwrap().all, Orientation::R90.then(Orientation::FLIP_H));
        let files = FileOrientation { rotate: Some(Orientation::R90), flip: Some(Orientation::FLIP_H) };
        assert_eq!(files.orientation(), Orientation::TRANSPOSED);
    }

    #[test]
    fn what_is_said_of_one_robot_takes_the_place_of_what_is_said_of_all() {
        let given = given(&["180", "left=0"], &["right=v", "h"]).unwrap();
        let [left, right] = ["left", "right"].map(|name| given.named[name]);
        assert_eq!(given.all, Orientation::R180.then(Orientation::FLIP_H));
        assert_eq!((left, right), (Orientation::FLIP_H, Orientation::R180.then(Orientation::FLIP_V)));
    }

    #[test]
    fn what_makes_no_sense_says_what_would() {
        for (rotate, flips, hint) in [
            (&["45"][..], &[][..], "90"),
            (&["left"], &[], "90"),
            (&[], &["hv"], "--rotate 180"),
            (&["third=90"], &[], "--name ADDR=third"),
            (&["90", "180"], &[], "given twice"),
            (&["left=90", "left=90"], &[], "given twice for \"left\""),
        ] {
            let error = given(rotate, flips).unwrap_err();
            assert!(error.contains(hint), "{rotate:?} {flips:?}: {error}");
        }
    }
}
