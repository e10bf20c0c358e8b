//! Places in pixels, as labels and reports write them in JSON.

use serde_json::Value;

use crate::score::Outline;

/// Four corners: `[[x,y],[x,y],[x,y],[x,y]]`.
pub fn quad(parts: &[Value]) -> Option<Outline> {
    let points: Vec<[f64; 2]> = parts.iter().map(|point| numbers(point.as_array()?)).collect::<Option<_>>()?;
    points.try_into().ok().map(Outline::Quad)
}

/// A rectangle `[x,y,width,height]` that has an area: one without can never be found.
pub fn rect(parts: &[Value]) -> Option<Outline> {
    let [x, y, width, height] = numbers(parts)?;
    (width > 0.0 && height > 0.0).then_some(Outline::Rect([x, y, width, height]))
}

/// As many numbers as are wanted, and nothing else.
pub(crate) fn numbers<const N: usize>(values: &[Value]) -> Option<[f64; N]> {
    let numbers: Vec<f64> = values.iter().map(Value::as_f64).collect::<Option<_>>()?;
    numbers.try_into().ok()
}
