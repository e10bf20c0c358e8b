//! Rotations in space, as matrices and as quaternions.

/// Three columns or rows of three; row by row.
pub(super) type Matrix = [[f64; 3]; 3];
pub(super) type Vector = [f64; 3];

pub(super) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(super) fn scaled(a: Vector, by: f64) -> Vector {
    a.map(|value| value * by)
}

pub(super) fn sum(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// Of length 1; `None` for nothing, and for what is not finite.
pub(super) fn unit(a: Vector) -> Option<Vector> {
    let length = dot(a, a).sqrt();
    (length > 0.0 && length.is_finite()).then(|| scaled(a, 1.0 / length))
}

pub(super) fn times(matrix: &Matrix, v: Vector) -> Vector {
    [dot(matrix[0], v), dot(matrix[1], v), dot(matrix[2], v)]
}

pub(super) fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let column = |n: usize| [b[0][n], b[1][n], b[2][n]];
    [0, 1, 2].map(|row: usize| [0, 1, 2].map(|n| dot(a[row], column(n))))
}

/// The matrix with these columns.
pub(super) fn of_columns(a: Vector, b: Vector, c: Vector) -> Matrix {
    [0, 1, 2].map(|row: usize| [a[row], b[row], c[row]])
}

/// The rotation about `axis` by its length in radians (Rodrigues).
pub(super) fn about(axis: Vector) -> Matrix {
    let angle = dot(axis, axis).sqrt();
    let Some([x, y, z]) = unit(axis) else { return [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] };
    let (sin, cos) = angle.sin_cos();
    let rest = 1.0 - cos;
    [
        [cos + x * x * rest, x * y * rest - z * sin, x * z * rest + y * sin],
        [y * x * rest + z * sin, cos + y * y * rest, y * z * rest - x * sin],
        [z * x * rest - y * sin, z * y * rest + x * sin, cos + z * z * rest],
    ]
}

/// The quaternion `[w, x, y, z]` of a rotation, of length 1 and with `w` not below 0.
///
/// Of the four ways to compute it the one that divides by the largest number (Shepperd, 1978).
pub(super) fn quaternion(m: &Matrix) -> [f64; 4] {
    let trace = m[0][0] + m[1][1] + m[2][2];
    let largest = [trace, m[0][0], m[1][1], m[2][2]];
    let n = (0..4).max_by(|&a, &b| largest[a].total_cmp(&largest[b])).unwrap_or(0);
    let q = match n {
        0 => [1.0 + trace, m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]],
        1 => [m[2][1] - m[1][2], 1.0 + 2.0 * m[0][0] - trace, m[0][1] + m[1][0], m[0][2] + m[2][0]],
        2 => [m[0][2] - m[2][0], m[0][1] + m[1][0], 1.0 + 2.0 * m[1][1] - trace, m[1][2] + m[2][1]],
        _ => [m[1][0] - m[0][1], m[0][2] + m[2][0], m[1][2] + m[2][1], 1.0 + 2.0 * m[2][2] - trace],
    };
    let length = q.iter().map(|value| value * value).sum::<f64>().sqrt();
    let sign = if q[0] < 0.0 { -1.0 } else { 1.0 };
    q.map(|value| sign * value / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quaternion_says_the_axis_and_half_the_angle() {
        for axis in [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.6, 0.0, 0.8], [-0.6, 0.8, 0.0]] {
            for angle in [0.0, 0.1, 1.0, 2.0, 3.1] {
                let [w, x, y, z] = quaternion(&about(scaled(axis, angle)));
                let (sin, cos) = (angle / 2.0).sin_cos();
                let off = [w - cos, x - sin * axis[0], y - sin * axis[1], z - sin * axis[2]];
                assert!(off.iter().all(|value| value.abs() < 1e-9), "{axis:?} {angle}: {off:?}");
            }
        }
    }
}
