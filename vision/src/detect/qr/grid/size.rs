//! How many modules a code has: that size at which its finder patterns and timing patterns fit best.

use super::Corners;
use super::perspective::{Perspective, brightness};
use crate::picture::Luma;

/// The modules across; `None` where no size fits.
pub(super) fn modules(luma: &Luma, corners: &Corners) -> Option<usize> {
    let side = |a: usize, b: usize| (corners[a].0 - corners[b].0).hypot(corners[a].1 - corners[b].1);
    let most = side(0, 1).max(side(1, 2)).max(side(0, 3)) / LEAST_MODULE;
    let sizes = (1..=40).map(|version| 17 + 4 * version).take_while(|&modules| modules as f64 <= most);
    let fits = sizes.map(|modules| (fit(luma, corners, modules), modules));
    let (fit, modules) = fits.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (fit >= LEAST_FIT).then_some(modules)
}

/// How well the patterns that every code of this size has agree with the picture; 1.5 at best.
fn fit(luma: &Luma, corners: &Corners, modules: usize) -> f32 {
    let perspective = Perspective::new(corners, modules);
    let at = |u: usize, v: usize| {
        let (x, y) = perspective.map(u as f64 - 0.5, v as f64 - 0.5);
        brightness(luma, x as f32, y as f32)
    };
    // One module to the left of the code and above it is number 0.
    let finder = |u: usize, v: usize| correlation((0..81).map(|n| (at(u + n % 9, v + n / 9), ring(n % 9, n / 9))));
    let far = modules - 7;
    let finders = finder(0, 0) + finder(far, 0) + finder(0, far);
    let timing = 9..modules - 7;
    let light = |n: usize| (n + 1) as f32 % 2.0;
    let across = correlation(timing.clone().map(|n| (at(n, 7), light(n))));
    let down = correlation(timing.map(|n| (at(7, n), light(n))));
    finders / 3.0 + (across + down) / 4.0
}

/// The brightness of a finder pattern with a module of what surrounds it, in 9 × 9 modules.
fn ring(u: usize, v: usize) -> f32 {
    match u.abs_diff(4).max(v.abs_diff(4)) {
        0 | 1 | 3 => 0.0,
        _ => 1.0,
    }
}

/// From −1 to 1; 0 where either does not vary.
fn correlation(pairs: impl Iterator<Item = (f32, f32)> + Clone) -> f32 {
    let count = pairs.clone().count() as f32;
    let sums = pairs.clone().fold((0.0, 0.0), |sums, (a, b)| (sums.0 + a, sums.1 + b));
    let (mean_a, mean_b) = (sums.0 / count, sums.1 / count);
    let (mut common, mut own_a, mut own_b) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        let (a, b) = (a - mean_a, b - mean_b);
        common += a * b;
        own_a += a * a;
        own_b += b * b;
    }
    let own = (own_a * own_b).sqrt();
    if own > 0.0 { common / own } else { 0.0 }
}

/// In pixels; smaller ones are not there to be seen.
const LEAST_MODULE: f64 = 0.9;
/// Of the codes that were read after all, the worst had this much.
const LEAST_FIT: f32 = 0.4;
