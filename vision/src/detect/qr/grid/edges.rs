//! Where the edges between modules say that the grid is.

use std::collections::BinaryHeap;
use std::f32::consts::TAU;

use super::bend::BORDER;
use super::field::Field;
use super::flat::{Flat, PIXELS};

/// The direction in which the grid is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Across,
    Down,
}

/// What the edges around each module say.
pub(super) struct Edges {
    /// How far the grid is off, in modules.
    pub(super) off: Field,
    /// How well the edges agree on that, from 0 to 1.
    pub(super) clarity: Field,
}

impl Edges {
    pub(super) fn of(flat: &Flat, axis: Axis, modules: usize) -> Self {
        // The edges as a wave that repeats with each module: its phase is where they are.
        let [real, imaginary, all] = waves(flat, axis).map(|field| field.gaussian(AROUND));
        let phase = real.with(&imaginary, |re, im| -im.atan2(re) / TAU);
        let length = real.with(&imaginary, f32::hypot);
        let clarity = length.with(&all, |length, all| length / (all + 1e-3));
        Self { off: unwrapped(&phase, &clarity, modules), clarity }
    }
}

/// For each module the edges in it: the real and the imaginary part of their wave, and their sum.
fn waves(flat: &Flat, axis: Axis) -> [Field; 3] {
    let turn: [(f32, f32); PIXELS] = std::array::from_fn(|n| {
        let (sine, cosine) = (-TAU * n as f32 / PIXELS as f32).sin_cos();
        (cosine, sine)
    });
    let mut waves = [(); 3].map(|()| Field::new(flat.side));
    let width = flat.side * PIXELS;
    for row in 0..width {
        let here = flat.row(row);
        let (before, first) = match axis {
            Axis::Across => (here, 1),
            Axis::Down => (flat.row(row.saturating_sub(1)), 0),
        };
        for column in first..width {
            let edge = (here[column] - before[column - first]).abs();
            let (cosine, sine) = turn[if axis == Axis::Across { column % PIXELS } else { row % PIXELS }];
            let at = row / PIXELS * flat.side + column / PIXELS;
            waves[0].data[at] += edge * cosine;
            waves[1].data[at] += edge * sine;
            waves[2].data[at] += edge;
        }
    }
    waves
}

/// Phases as distances without jumps: from the finder patterns, where they are less than half a module, to the neighbours,
/// over the clearest modules first.
///
/// R. M. Goldstein et al., "Satellite radar interferometry: two-dimensional phase unwrapping" (1988), with the quality of
/// the phase as a guide.
fn unwrapped(phase: &Field, clarity: &Field, modules: usize) -> Field {
    let side = phase.side;
    let mut off: Vec<Option<f32>> = vec![None; side * side];
    let (near, far) = (BORDER + 3, BORDER + modules - 4);
    let seeds = [(near, near), (far, near), (near, far)].map(|(x, y)| y * side + x);
    // The bits of positive floats are in their order.
    let mut next: BinaryHeap<(u32, usize, usize)> = seeds.iter().map(|&seed| (u32::MAX, seed, seed)).collect();
    while let Some((_, at, from)) = next.pop() {
        if off[at].is_some() {
            continue;
        }
        let wanted = off[from].unwrap_or(0.0);
        off[at] = Some(phase.data[at] + (wanted - phase.data[at]).round());
        let (x, y) = (at % side, at / side);
        let neighbours = [
            (x > 0).then(|| at - 1),
            (x + 1 < side).then(|| at + 1),
            (y > 0).then(|| at - side),
            (y + 1 < side).then(|| at + side),
        ];
        for neighbour in neighbours.into_iter().flatten().filter(|&neighbour| off[neighbour].is_none()) {
            next.push((clarity.data[neighbour].to_bits(), neighbour, at));
        }
    }
    Field { side, data: off.into_iter().map(Option::unwrap_or_default).collect() }
}

/// The blur of the wave, in modules: less follows noise, more loses creases.
const AROUND: f32 = 1.2;
