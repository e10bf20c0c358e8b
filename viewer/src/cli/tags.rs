//! Options about AprilTags: which are read, and what is needed to say where they are.

use std::ops::RangeInclusive;

use clap::Args;
use clap::error::ErrorKind;
use vision::{Camera, TagEngine, TagFamily, TagScale};

/// Which tags to read, and how large they are.
#[derive(Debug, Args)]
#[command(next_help_heading = "Detection")]
pub(super) struct Tags {
    /// Which families of AprilTags to read, separated by commas [default: 36h11]
    ///
    /// Each takes a little time. 16h5 and circle21h7 have so few bits that other patterns are sometimes taken for
    /// their tags.
    ///
    /// Examples: --tag-family 36h11, --tag-family 16h5,standard41h12
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = family, hide_short_help = true)]
    tag_family: Vec<TagFamily>,

    /// The side of a tag in metres; with --camera each tag's position and rotation are reported
    ///
    /// All tags must be of this size. Measure the black square; in the families standard, custom and circle the inner square,
    /// where black meets white. The sheets from `viewer tags` give it.
    ///
    /// Example: --tag-size 0.16
    #[arg(long, value_name = "METRES", value_parser = metres, hide_short_help = true)]
    tag_size: Option<f64>,

    /// The camera's focal lengths and centre in pixels, for --tag-size: FX,FY,CX,CY
    ///
    /// Give them for the pictures as shown, after --rotate. The origin is the top-left corner of the top-left pixel: add 0.5 to
    /// the centre that OpenCV's calibration gives. One camera without lens distortion is assumed for all robots.
    ///
    /// Example: --camera 600,600,320,240
    #[arg(long, value_name = "FX,FY,CX,CY", value_parser = camera, hide_short_help = true)]
    camera: Option<Camera>,
}

impl Tags {
    /// The engine; an error where only one half of what a pose needs was given.
    pub(super) fn engine(self) -> Result<TagEngine, clap::Error> {
        let families = if self.tag_family.is_empty() { TagEngine::default().families } else { self.tag_family };
        let half = |given: &str, missing: &str| {
            let message = format!("{given} alone gives no positions; give {missing} too, or leave {given} out\n");
            Err(clap::Error::raw(ErrorKind::MissingRequiredArgument, message))
        };
        match (self.tag_size, self.camera) {
            (Some(side_m), Some(camera)) => Ok(TagEngine { families, scale: Some(TagScale { side_m, camera }) }),
            (None, None) => Ok(TagEngine { families, scale: None }),
            (Some(_), None) => half("--tag-size", "--camera FX,FY,CX,CY"),
            (None, Some(_)) => half("--camera", "--tag-size METRES"),
        }
    }
}

/// Names a family, as in `36h11`.
pub(super) fn family(typed: &str) -> Result<TagFamily, String> {
    typed.parse().map_err(|error: vision::NoSuchFamily| error.to_string())
}

fn metres(typed: &str) -> Result<f64, String> {
    let metres: f64 = typed.parse().map_err(|_| "give the side in metres, as in 0.16".to_owned())?;
    let is_possible = (0.001..=100.0).contains(&metres);
    is_possible.then_some(metres).ok_or_else(|| "give the side in metres, from 0.001 to 100".to_owned())
}

fn camera(typed: &str) -> Result<Camera, String> {
    let numbers: Vec<f64> = typed.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    let [fx, fy, cx, cy] = numbers[..] else {
        return Err("give four numbers in pixels: the focal lengths across and down, and the centre".to_owned());
    };
    if !(FOCAL_PX.contains(&fx) && FOCAL_PX.contains(&fy)) {
        return Err(format!("the focal lengths are {fx} and {fy} pixels; give 10 to 100000"));
    }
    if !(CENTRE_PX.contains(&cx) && CENTRE_PX.contains(&cy)) {
        return Err(format!("the centre is at {cx}, {cy}; give pixels from -100000 to 100000"));
    }
    Ok(Camera { focal: [fx, fy], centre: [cx, cy] })
}

/// From a picture of a few pixels, seen through a wide lens, to one of the largest through a telescope.
const FOCAL_PX: RangeInclusive<f64> = 10.0..=100_000.0;
/// It may lie outside the picture, of which a part may have been cut off.
const CENTRE_PX: RangeInclusive<f64> = -100_000.0..=100_000.0;

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        tags: Tags,
    }

    fn engine(arguments: &[&str]) -> Result<TagEngine, clap::Error> {
        Typed::try_parse_from([&["viewer"], arguments].concat()).and_then(|typed| typed.tags.engine())
    }

    #[test]
    fn what_is_typed_about_tags_arrives() {
        assert_eq!(engine(&[]).unwrap(), TagEngine::default());
        let typed = ["--tag-family", "16h5,tagStandard41h12", "--tag-size", "0.16", "--camera", "600,610,320,240.5"];
        let camera = Camera { focal: [600.0, 610.0], centre: [320.0, 240.5] };
        let families = vec![TagFamily::Tag16h5, TagFamily::Standard41h12];
        let scale = Some(TagScale { side_m: 0.16, camera });
        assert_eq!(engine(&typed).unwrap(), TagEngine { families, scale });
    }

    #[test]
    fn what_makes_no_sense_says_what_would() {
        for (typed, hint) in [
            (&["--tag-family", "36h12"][..], "36h11, 16h5"),
            (&["--tag-size", "16cm"], "0.16"),
            (&["--tag-size", "0"], "from 0.001"),
            (&["--tag-size", "0.16"], "--camera FX,FY,CX,CY"),
            (&["--camera", "600,600,320,240"], "--tag-size METRES"),
            (&["--camera", "600,600,320"], "four numbers"),
            (&["--camera", "0,600,320,240"], "10 to 100000"),
            (&["--camera", "1e10,600,320,240"], "10 to 100000"),
            (&["--camera", "600,600,nan,240"], "the centre is at NaN"),
        ] {
            let error = engine(typed).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{typed:?}");
            assert!(error.to_string().contains(hint), "{typed:?}: {error}");
        }
    }
}
