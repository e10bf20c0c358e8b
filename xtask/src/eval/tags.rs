//! How exact tags are in the project's video, and what is wanted.

use xtask::report::Detection;
use xtask::score::Hit;
use xtask::truth::{Sight, TagPlace};

use super::goals::{Goal, verdict};
use super::results::{Figures, Judgement};
use super::table::Table;
use super::video::Watched;

/// The camera of the drawn scenes and the side of most tags, for poses.
pub(crate) const ARGUMENTS: &[&str] = &["--tag-size", "0.16", "--camera", "528.7,528.7,320,240"];

/// Errors of the tags that were to be found, each sorted.
#[derive(Debug, Default)]
struct Errors {
    /// Of each corner, in pixels.
    corners_px: Vec<f64>,
    /// Of each position, in percent of the distance.
    position_percent: Vec<f64>,
    /// Of each rotation that is not ambiguous, in degrees.
    rotation_deg: Vec<f64>,
}

/// Each figure with its goal and whether it was reached.
pub(crate) fn table(watched: &Watched, judgement: &Judgement) -> Option<Table> {
    let figures: Figures = judgement.figures()?;
    let frames = judgement.pictures.as_ref().ok()?;
    let mut errors = Errors::default();
    for (there, frame) in watched.truth.frames.iter().zip(frames) {
        let found = frame.reading.detections.iter().zip(&frame.judged.hits);
        for (found, _) in found.filter(|(_, hit)| **hit == Hit::Right) {
            if let Some(sight) = there.iter().find(|sight| sight.payload == found.payload) {
                errors.add(sight, found);
            }
        }
    }
    errors.sort();
    let tally = figures.tally;
    let mut ms: Vec<f64> = frames.iter().map(|frame| frame.reading.elapsed_ms).collect();
    ms.sort_by(f64::total_cmp);
    let row = |name: &str, value: f64, digits: usize, goal: Option<f64>| {
        let verdict = goal.map_or("", |goal| verdict(value <= goal));
        let goal = goal.map_or_else(String::new, |goal| format!("{goal}"));
        vec![name.to_owned(), format!("{value:.digits$}"), goal, verdict.to_owned()]
    };
    let corner = |share| part(&errors.corners_px, share);
    Some(Table(vec![
        ["tags", "measured", "at most", "verdict"].map(str::to_owned).to_vec(),
        row("not found", tally.missed as f64, 0, Some(0.0)),
        row("false", tally.false_hits as f64, 0, Some(0.0)),
        row("corner px, median", corner(0.5), 2, Some(0.5)),
        row("corner px, p90", corner(0.9), 2, Some(0.5)),
        row("corner px, largest", corner(1.0), 2, Some(0.5)),
        row("position %, median", part(&errors.position_percent, 0.5), 2, None),
        row("position %, p90", part(&errors.position_percent, 0.9), 2, None),
        row("rotation deg, median", part(&errors.rotation_deg, 0.5), 2, None),
        row("rotation deg, p90", part(&errors.rotation_deg, 0.9), 2, None),
        row("rotation deg, largest", part(&errors.rotation_deg, 1.0), 2, None),
        row("ms, median", part(&ms, 0.5), 1, Some(6.0)),
        row("ms, p90", part(&ms, 0.9), 1, None),
    ]))
}

/// What tags an engine saw in pictures that have none.
pub(crate) fn false_ones<'found>(pictures: impl ExactSizeIterator<Item = &'found [Detection]>) -> Goal {
    let many = pictures.len();
    let found: usize = pictures.map(<[Detection]>::len).sum();
    Goal {
        what: format!("tags: in {many} pictures of codes at most 0"),
        measured: found.to_string(),
        is_met: found == 0,
    }
}

impl Errors {
    fn add(&mut self, sight: &Sight, found: &Detection) {
        let far = |(a, b): (&[f64; 2], &[f64; 2])| (a[0] - b[0]).hypot(a[1] - b[1]);
        self.corners_px.extend(found.corners.iter().zip(&sight.object.outline.corners()).map(far));
        let (Some(pose), Some(TagPlace { side_m, position, rotation })) = (&found.pose, &sight.place) else { return };
        // The viewer takes each tag for one of the side that it was told.
        let true_scale = side_m / TOLD_M;
        let off = (0..3).map(|n| (pose.position[n] * true_scale - position[n]).powi(2)).sum::<f64>().sqrt();
        let away = position.iter().map(|value| value * value).sum::<f64>().sqrt();
        self.position_percent.push(100.0 * off / away);
        if pose.ambiguity < CLEAR {
            self.rotation_deg.push(angle(&matrix(pose.rotation), rotation));
        }
    }

    fn sort(&mut self) {
        for values in [&mut self.corners_px, &mut self.position_percent, &mut self.rotation_deg] {
            values.sort_by(f64::total_cmp);
        }
    }
}

/// The value that this share of the sorted values does not exceed; 0 where there is none.
fn part(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((share * last as f64).round() as usize).copied().unwrap_or_default()
}

/// The rotation of a unit quaternion `[w, x, y, z]`.
fn matrix([w, x, y, z]: [f64; 4]) -> [[f64; 3]; 3] {
    [
        [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
        [2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)],
        [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)],
    ]
}

/// Between two rotations, in degrees: the trace of one times the other turned back is 1 + 2 cos.
fn angle(a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]) -> f64 {
    let trace: f64 = a.iter().zip(b).flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| a * b).sum();
    ((trace - 1.0) / 2.0).clamp(-1.0, 1.0).acos().to_degrees()
}

/// As in [`ARGUMENTS`].
const TOLD_M: f64 = 0.16;
/// Ambiguity from which on a rotation is not to be relied on, by the documentation of the report.
const CLEAR: f64 = 0.3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotations_differ_by_the_angle_between_them() {
        let quarter = matrix([0.5_f64.sqrt(), 0.0, 0.5_f64.sqrt(), 0.0]);
        let none = matrix([1.0, 0.0, 0.0, 0.0]);
        assert!((angle(&quarter, &none) - 90.0).abs() < 1e-9 && angle(&quarter, &quarter) < 1e-5);
    }

    #[test]
    fn one_tag_in_a_picture_of_codes_is_one_too_many() {
        let none: [&[Detection]; 2] = [&[], &[]];
        assert!(false_ones(none.into_iter()).is_met);
        let hit = [crate::eval::tests::hit(1.0)];
        let goal = false_ones([&hit[..]].into_iter());
        assert_eq!((goal.is_met, goal.measured.as_str()), (false, "1"));
    }
}
