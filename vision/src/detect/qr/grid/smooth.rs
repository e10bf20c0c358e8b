//! A smooth bend through what is known of one.

use super::bend::BORDER;
use super::field::Field;

/// The polynomial nearest to `off`, each number with the square of its `clarity`, among the modules that are at most
/// `reach` of the code's side from the middle of a finder pattern.
pub(super) fn fit(off: &Field, clarity: &Field, modules: usize, reach: f32) -> Field {
    let middle = |n: usize| (n as f32 + 0.5 - BORDER as f32) / modules as f32;
    let place = |at: usize| (middle(at % off.side), middle(at / off.side));
    let (near, far) = (3.5 / modules as f32, 1.0 - 3.5 / modules as f32);
    let mut matrix = [[0.0; TERMS + 1]; TERMS];
    for (at, (&off, &clarity)) in off.data.iter().zip(&clarity.data).enumerate() {
        let (x, y) = place(at);
        let is_near = |&(u, v): &(f32, f32)| (x - u).hypot(y - v) <= reach;
        if ![(near, near), (far, near), (near, far)].iter().any(is_near) {
            continue;
        }
        let terms = terms(x, y);
        let weight = f64::from(clarity * clarity);
        for (row, term) in matrix.iter_mut().zip(terms) {
            for (cell, other) in row.iter_mut().zip(terms.into_iter().chain([f64::from(off)])) {
                *cell += weight * term * other;
            }
        }
    }
    let factors = solve(matrix);
    let value = |at: usize| {
        let (x, y) = place(at);
        terms(x, y).iter().zip(factors).map(|(term, factor)| term * factor).sum::<f64>() as f32
    };
    Field { side: off.side, data: (0..off.data.len()).map(value).collect() }
}

/// A cylinder in perspective needs no more.
fn terms(x: f32, y: f32) -> [f64; TERMS] {
    let (x, y) = (f64::from(x), f64::from(y));
    [1.0, x, y, x * x, x * y, y * y, x * x * y, x * y * y]
}

/// Solves the linear equations in the rows of `matrix`, which is positive definite but for its last column.
fn solve(mut matrix: [[f64; TERMS + 1]; TERMS]) -> [f64; TERMS] {
    for pivot in 0..TERMS {
        // Without light nothing is known, and the bend is 0.
        matrix[pivot][pivot] += 1e-9;
        let pivot_row = matrix[pivot];
        for (_, row) in matrix.iter_mut().enumerate().filter(|&(n, _)| n != pivot) {
            let share = row[pivot] / pivot_row[pivot];
            for (cell, value) in row.iter_mut().zip(pivot_row) {
                *cell -= share * value;
            }
        }
    }
    std::array::from_fn(|n| matrix[n][TERMS] / matrix[n][n])
}

const TERMS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bend_that_is_known_near_the_finder_patterns_is_known_everywhere() {
        let modules = 25;
        let side = modules + 2 * BORDER;
        let mut known = Field::new(side);
        let middle = |n: usize| (n as f32 + 0.5 - BORDER as f32) / modules as f32;
        let bend = |at: usize| 2.0 * middle(at % side) * middle(at / side) - middle(at / side).powi(2);
        for at in 0..side * side {
            let is_far = at % side > 20 && at / side > 20;
            known.data[at] = if is_far { 9.0 } else { bend(at) };
        }
        let clear = known.with(&known, |_, _| 1.0);
        let fitted = fit(&known, &clear, modules, 0.4);
        let worst = (0..side * side).map(|at| (fitted.data[at] - bend(at)).abs()).fold(0.0, f32::max);
        assert!(worst < 0.01, "{worst}");
        let dark = known.with(&known, |_, _| 0.0);
        assert!(fit(&known, &dark, modules, 1.0).data.iter().all(|&off| off == 0.0));
    }
}
