//! Where a tag is, from its four corners and the camera.

use super::rotation::{Matrix, Vector, about, cross, dot, of_columns, product, quaternion, scaled, sum, times, unit};

/// A pinhole camera without distortion, in pixels of the pictures as they are searched: turned, if the user turns them.
///
/// The origin is the top-left corner of the top-left pixel: half a pixel more than OpenCV's calibration says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// The focal lengths across and down.
    pub focal: [f64; 2],
    /// Where the optical axis meets the picture, `[x, y]`.
    pub centre: [f64; 2],
}

/// Where a tag is, seen from the camera: the camera looks along z, x is to its right and y is down.
///
/// A point `p` of the tag, from its middle, is at `rotation · p + position`; the tag's x runs to its right, y down and z into
/// it, so that an upright tag that faces the camera is not rotated. These are the frames of AprilTag's library and OpenCV.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TagPose {
    /// The middle of the tag, `[x, y, z]` in metres.
    pub position: [f64; 3],
    /// The unit quaternion `[w, x, y, z]`, with `w` not below 0.
    pub rotation: [f64; 4],
    /// How far the corners of a tag with this pose are from those that were found, as a root of the mean square, in pixels.
    pub error_px: f64,
    /// The error of this pose relative to that of the other one that looks nearly the same, the tag tilted the other way:
    /// near 0 it is the right one, near 1 it may be the other. Errors below a twentieth of a pixel are noise, and count as that.
    pub ambiguity: f64,
}

/// A pose that is being improved.
#[derive(Debug, Clone, Copy)]
struct Guess {
    rotation: Matrix,
    position: Vector,
}

/// The pose of the square with these corners, clockwise from the top left; `None` where there is none in front of the camera.
///
/// The first guess comes from the homography (Zhang, 2000), and Gauss and Newton's method with Levenberg's damping takes it to
/// the least squared distance in pixels. A flat thing that is tilted the other way looks nearly the same (Schweighofer and
/// Pinz, 2006), so that pose is tried as well, and the better one taken.
pub(super) fn estimate(corners: &[[f64; 2]; 4], side_m: f64, camera: &Camera) -> Option<TagPose> {
    let seen = Seen { corners, half: side_m / 2.0, camera };
    let (first, error) = seen.improve(seen.guess()?)?;
    let other = first.tilted_the_other_way().and_then(|guess| seen.improve(guess));
    // From close by there is only one, and the other guess has become the same.
    let other = other.filter(|(other, _)| !other.is_turned_as(&first));
    let (best, error, other) = match other {
        Some((guess, less)) if less < error => (guess, less, Some(error)),
        other => (first, error, other.map(|(_, more)| more)),
    };
    let ambiguity = other.map_or(0.0, |other| error.max(NOISE_PX) / other.max(NOISE_PX));
    Some(TagPose { position: best.position, rotation: quaternion(&best.rotation), error_px: error, ambiguity })
}

/// What was found, and how it came about.
struct Seen<'a> {
    corners: &'a [[f64; 2]; 4],
    /// Half a side in metres.
    half: f64,
    camera: &'a Camera,
}

impl Seen<'_> {
    /// From the homography of a square to its picture (Heckbert, 1989, for the unit square).
    fn guess(&self) -> Option<Guess> {
        let Camera { focal, centre } = self.camera;
        let [p0, p1, p2, p3] = self.corners.map(|[x, y]| [(x - centre[0]) / focal[0], (y - centre[1]) / focal[1]]);
        let bend = [0, 1].map(|n: usize| p0[n] - p1[n] + p2[n] - p3[n]);
        let (a, b) = ([0, 1].map(|n: usize| p1[n] - p2[n]), [0, 1].map(|n: usize| p3[n] - p2[n]));
        let area = a[0] * b[1] - a[1] * b[0];
        let (g, h) = ((bend[0] * b[1] - bend[1] * b[0]) / area, (a[0] * bend[1] - a[1] * bend[0]) / area);
        let right = [p1[0] - p0[0] + g * p1[0], p1[1] - p0[1] + g * p1[1], g];
        let down = [p3[0] - p0[0] + h * p3[0], p3[1] - p0[1] + h * p3[1], h];
        // Both columns have the length of a side where the top left corner is at depth 1.
        let side = (dot(right, right).sqrt() + dot(down, down).sqrt()) / 2.0;
        let metres = 2.0 * self.half / side;
        let (x, y) = (unit(right)?, unit(down)?);
        // Not quite at right angles: the two between and across them are.
        let (between, across) = (unit(sum(x, y))?, unit(sum(x, scaled(y, -1.0)))?);
        let (x, y) = (sum(between, across), sum(between, scaled(across, -1.0)));
        let (x, y) = (unit(x)?, unit(y)?);
        let rotation = of_columns(x, y, cross(x, y));
        let corner = [p0[0] * metres, p0[1] * metres, metres];
        Some(Guess { rotation, position: sum(corner, times(&rotation, [self.half, self.half, 0.0])) })
    }

    /// The guess with the least error nearby, and that error in pixels.
    fn improve(&self, mut guess: Guess) -> Option<(Guess, f64)> {
        let mut damping = 1e-3;
        let mut error = self.error(&guess)?;
        for _ in 0..MOST_STEPS {
            let better = self.step(&guess, damping).and_then(|next| Some((next, self.error(&next)?)));
            match better {
                Some((next, less)) if less < error => {
                    let gain = error - less;
                    (guess, error, damping) = (next, less, damping / 10.0);
                    if gain < ENOUGH_PX {
                        break;
                    }
                }
                _ if damping > 1e6 => break,
                _ => damping *= 10.0,
            }
        }
        Some((guess, error))
    }

    /// The four corners of the tag, in metres from its middle.
    fn on_tag(&self) -> [Vector; 4] {
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(x, y)| [x * self.half, y * self.half, 0.0])
    }

    /// The root of the mean squared distance; `None` where a corner is not in front of the camera.
    fn error(&self, guess: &Guess) -> Option<f64> {
        let Camera { focal, centre } = self.camera;
        let mut squares = 0.0;
        for (&[x, y], on_tag) in self.corners.iter().zip(self.on_tag()) {
            let [u, v, depth] = sum(times(&guess.rotation, on_tag), guess.position);
            if depth <= 0.0 || !depth.is_finite() {
                return None;
            }
            squares += (focal[0] * u / depth + centre[0] - x).powi(2) + (focal[1] * v / depth + centre[1] - y).powi(2);
        }
        Some((squares / 4.0).sqrt())
    }

    /// One damped step; three of its numbers turn the tag about its middle, the others move it.
    fn step(&self, guess: &Guess, damping: f64) -> Option<Guess> {
        let Camera { focal, centre } = self.camera;
        let mut normal = [[0.0; 7]; 6];
        for (corner, on_tag) in self.corners.iter().zip(self.on_tag()) {
            let arm = times(&guess.rotation, on_tag);
            let [x, y, depth] = sum(arm, guess.position);
            let gradients = [
                [focal[0] / depth, 0.0, -focal[0] * x / depth.powi(2)],
                [0.0, focal[1] / depth, -focal[1] * y / depth.powi(2)],
            ];
            let expected = [focal[0] * x / depth + centre[0], focal[1] * y / depth + centre[1]];
            for axis in 0..2 {
                let gradient = gradients[axis];
                // The point moves by turn × arm, and gradient · (turn × arm) = turn · (arm × gradient).
                let [a, b, c] = cross(arm, gradient);
                let row = [a, b, c, gradient[0], gradient[1], gradient[2], corner[axis] - expected[axis]];
                for (n, sums) in normal.iter_mut().enumerate() {
                    sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += row[n] * value);
                }
            }
        }
        normal.iter_mut().enumerate().for_each(|(n, sums)| sums[n] *= 1.0 + damping);
        let [a, b, c, x, y, z] = solved(normal)?;
        let rotation = product(&about([a, b, c]), &guess.rotation);
        Some(Guess { rotation, position: sum(guess.position, [x, y, z]) })
    }
}

impl Guess {
    /// As seen in a mirror across the line of sight, which from far away looks the same.
    fn tilted_the_other_way(&self) -> Option<Self> {
        let sight = unit(self.position)?;
        let column = |n: usize| [self.rotation[0][n], self.rotation[1][n], self.rotation[2][n]];
        let mirrored = |v: Vector| sum(v, scaled(sight, -2.0 * dot(v, sight)));
        let (x, y) = (mirrored(column(0)), mirrored(column(1)));
        Some(Self { rotation: of_columns(x, y, cross(x, y)), position: self.position })
    }

    fn is_turned_as(&self, other: &Self) -> bool {
        let off = (0..3).flat_map(|n| (0..3).map(move |m| (n, m)));
        off.map(|(n, m)| (self.rotation[n][m] - other.rotation[n][m]).abs()).fold(0.0, f64::max) < SAME
    }
}

/// The solution of six equations, each with its right side last (Gauss, with the largest pivots).
fn solved(mut rows: [[f64; 7]; 6]) -> Option<[f64; 6]> {
    for n in 0..6 {
        let pivot = (n..6).max_by(|&a, &b| rows[a][n].abs().total_cmp(&rows[b][n].abs()))?;
        rows.swap(n, pivot);
        if rows[n][n] == 0.0 || !rows[n][n].is_finite() {
            return None;
        }
        let of = rows[n];
        for row in rows.iter_mut().skip(n + 1) {
            let share = row[n] / of[n];
            row.iter_mut().zip(of).for_each(|(value, above)| *value -= share * above);
        }
    }
    let mut solution = [0.0; 6];
    for n in (0..6).rev() {
        let known: f64 = (n + 1..6).map(|m| rows[n][m] * solution[m]).sum();
        solution[n] = (rows[n][6] - known) / rows[n][n];
    }
    Some(solution)
}

const MOST_STEPS: usize = 30;
/// A step that gains less is the last.
const ENOUGH_PX: f64 = 1e-9;
/// Of the numbers of two rotations, about radians.
const SAME: f64 = 0.02;
/// What corners of large tags are off by.
const NOISE_PX: f64 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;

    const CAMERA: Camera = Camera { focal: [600.0, 620.0], centre: [320.0, 250.0] };

    fn corners(rotation: &Matrix, position: Vector, side_m: f64) -> [[f64; 2]; 4] {
        let half = side_m / 2.0;
        [(-half, -half), (half, -half), (half, half), (-half, half)].map(|(x, y)| {
            let [u, v, depth] = sum(times(rotation, [x, y, 0.0]), position);
            [600.0 * u / depth + 320.0, 620.0 * v / depth + 250.0]
        })
    }

    #[test]
    fn an_upright_tag_ahead_is_not_rotated() {
        // 96 pixels wide with a focal length of 600: a tag of 0.16 m is a metre away.
        let seen = [[272.0, 200.4], [368.0, 200.4], [368.0, 299.6], [272.0, 299.6]];
        let TagPose { position, rotation, error_px, .. } = estimate(&seen, 0.16, &CAMERA).unwrap();
        let off = [position[0], position[1], position[2] - 1.0, rotation[0] - 1.0, error_px];
        assert!(off.iter().all(|value| value.abs() < 1e-6), "{position:?} {rotation:?} {error_px}");
    }

    #[test]
    fn exact_corners_give_the_exact_pose() {
        for axis in [[0.9, 0.1, 0.3], [-0.5, 0.7, 2.0], [0.0, -1.0, 0.0], [0.3, 0.3, -3.0]] {
            let (rotation, position) = (about(axis), [0.2, -0.1, 0.9]);
            let pose = estimate(&corners(&rotation, position, 0.16), 0.16, &CAMERA).unwrap();
            let (want, got) = (quaternion(&rotation), pose.rotation);
            assert!(want.iter().zip(got).all(|(a, b)| (a - b).abs() < 1e-5), "{axis:?}: {want:?} {got:?}");
            assert!(position.iter().zip(pose.position).all(|(a, b)| (a - b).abs() < 1e-6), "{axis:?}: {pose:?}");
            assert!(pose.error_px < 1e-5 && pose.ambiguity < 0.5, "{axis:?}: {pose:?}");
        }
    }

    #[test]
    fn a_tag_far_away_may_be_tilted_either_way_and_one_close_by_may_not() {
        let ambiguity = |depth: f64| {
            let seen = corners(&about([0.0, 0.5, 0.0]), [0.0, 0.0, depth], 0.16);
            // A tenth of a pixel off, as corners are.
            let seen = [[seen[0][0] + 0.1, seen[0][1]], seen[1], [seen[2][0], seen[2][1] - 0.1], seen[3]];
            estimate(&seen, 0.16, &CAMERA).unwrap().ambiguity
        };
        assert!(ambiguity(0.4) < 0.2, "{}", ambiguity(0.4));
        assert!(ambiguity(8.0) > 0.6, "{}", ambiguity(8.0));
    }

    #[test]
    fn corners_of_no_square_have_no_pose_or_a_large_error() {
        let line = [[10.0, 10.0], [20.0, 20.0], [30.0, 30.0], [40.0, 40.0]];
        assert!(estimate(&line, 0.16, &CAMERA).is_none_or(|pose| pose.error_px > 1.0));
        assert!(estimate(&[[5.0, 5.0]; 4], 0.16, &CAMERA).is_none());
    }
}
