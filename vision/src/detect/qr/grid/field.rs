//! A square of numbers, one for each module.

/// `side` × `side` numbers in rows.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) side: usize,
    pub(super) data: Vec<f32>,
}

impl Field {
    pub(super) fn new(side: usize) -> Self {
        Self { side, data: vec![0.0; side * side] }
    }

    /// Each number of this field and the one at the same place of `other`, put together.
    pub(super) fn with(&self, other: &Field, together: impl Fn(f32, f32) -> f32) -> Field {
        let data = self.data.iter().zip(&other.data).map(|(&a, &b)| together(a, b)).collect();
        Field { side: self.side, data }
    }

    /// Blurred by a Gaussian; beyond its border the field goes on as it is there.
    pub(super) fn gaussian(&self, sigma: f32) -> Field {
        let reach = (3.0 * sigma).ceil() as i32;
        let weights: Vec<f32> = (-reach..=reach).map(|n| (-((n * n) as f32) / (2.0 * sigma * sigma)).exp()).collect();
        self.blurred(&weights)
    }

    /// The mean of `window` × `window` numbers around each; `window` is odd.
    pub(super) fn mean(&self, window: usize) -> Field {
        self.blurred(&vec![1.0; window])
    }

    fn blurred(&self, weights: &[f32]) -> Field {
        self.blurred_along_rows(weights).transposed().blurred_along_rows(weights).transposed()
    }

    fn blurred_along_rows(&self, weights: &[f32]) -> Field {
        let (reach, total) = (weights.len() / 2, weights.iter().sum::<f32>());
        let mut out = Vec::with_capacity(self.data.len());
        for row in self.data.chunks_exact(self.side) {
            let at = |n: usize| row[n.saturating_sub(reach).min(self.side - 1)];
            let blurred = |x: usize| weights.iter().enumerate().map(|(n, weight)| weight * at(x + n)).sum::<f32>();
            out.extend((0..self.side).map(|x| blurred(x) / total));
        }
        Field { side: self.side, data: out }
    }

    fn transposed(&self) -> Field {
        let data = (0..self.data.len()).map(|n| self.data[n % self.side * self.side + n / self.side]).collect();
        Field { side: self.side, data }
    }
}
