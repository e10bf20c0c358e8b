//! The colours that are drawn with.

use crate::canvas::Colour;
use vision::detect::Kind;

/// From the palette of Okabe and Ito (2008), whose colours colour-blind people can tell apart.
pub(crate) fn colour_of(kind: Kind) -> Colour {
    match kind {
        Kind::Qr => [0, 159, 230],
        Kind::Tag => [167, 121, 204],
        Kind::Face => [233, 180, 86],
        Kind::Human => [115, 158, 0],
    }
}

/// The ground of labels and messages, and the line below an outline.
pub(super) const DARK: Colour = [16, 16, 16];
/// Messages and strips.
pub(super) const BRIGHT: Colour = [240, 240, 240];
/// Details in a message.
pub(super) const GREY: Colour = [170, 170, 170];
pub(super) const BLACK: Colour = [0, 0, 0];
pub(super) const STATUS_GROUND: Colour = [40, 32, 28];
/// A count of dropped frames that rises.
pub(super) const AMBER: Colour = [40, 190, 255];
/// The ground of a count of corrupt frames that rises; [`BRIGHT`] text on it.
pub(super) const RED: Colour = [30, 30, 190];
/// That a recording is going on.
pub(super) const LIGHT_RED: Colour = [110, 110, 255];
/// A switch that is on.
pub(super) const GREEN: Colour = [130, 220, 120];

/// What the tests measure colours with.
#[cfg(test)]
pub(super) mod measured {
    use crate::canvas::Colour;

    /// Red, green and blue as light, 0 to 1 (IEC 61966-2-1).
    pub(in crate::overlay) fn light([blue, green, red]: Colour) -> [f64; 3] {
        [red, green, blue].map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// From 1 to 21 (WCAG 2.1, "contrast ratio"); 4.5 is the least for text.
    pub(in crate::overlay) fn contrast(a: Colour, b: Colour) -> f64 {
        let luminance = |colour| {
            let [red, green, blue] = light(colour);
            0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05
        };
        let (a, b) = (luminance(a), luminance(b));
        a.max(b) / a.min(b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_differ_for_every_kind_of_colour_blindness() {
        for (name, matrix) in SEEN_WITH {
            let pairs = Kind::ALL.into_iter().flat_map(|a| Kind::ALL.map(|b| (a, b)));
            for (a, b) in pairs.filter(|(a, b)| a < b) {
                let seen = |kind| lab(times(&matrix, measured::light(colour_of(kind))).map(|v| v.clamp(0.0, 1.0)));
                let (from, to) = (seen(a), seen(b));
                let distance = (0..3).map(|n| (from[n] - to[n]).powi(2)).sum::<f64>().sqrt();
                assert!(distance > TOLD_APART, "{name}: {a} and {b} are {distance:.1} apart");
            }
        }
    }

    #[test]
    fn each_kind_is_readable_on_the_ground_of_its_labels() {
        for kind in Kind::ALL {
            let contrast = measured::contrast(colour_of(kind), DARK);
            assert!(contrast >= 4.5, "{kind}: {contrast:.1}");
        }
    }

    #[test]
    fn all_text_is_readable_on_its_ground() {
        let pairs = [
            (BRIGHT, DARK),
            (GREY, DARK),
            (GREEN, DARK),
            (LIGHT_RED, DARK),
            (AMBER, STATUS_GROUND),
            (BRIGHT, RED),
            (DARK, AMBER),
        ];
        for (text, ground) in pairs.into_iter().chain([(BRIGHT, STATUS_GROUND), (GREY, STATUS_GROUND)]) {
            let contrast = measured::contrast(text, ground);
            assert!(contrast >= 4.5, "{text:?} on {ground:?}: {contrast:.1}");
        }
    }

    fn times(matrix: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
    }

    /// CIELAB under daylight (D65), from light as a screen gives it (IEC 61966-2-1).
    fn lab(light: [f64; 3]) -> [f64; 3] {
        let [x, y, z] = times(&TO_XYZ, light);
        let f = |t: f64| {
            if t > (6.0_f64 / 29.0).powi(3) { t.cbrt() } else { t / (3.0 * (6.0_f64 / 29.0).powi(2)) + 4.0 / 29.0 }
        };
        let (x, y, z) = (f(x / 0.95047), f(y), f(z / 1.08883));
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    const TO_XYZ: [[f64; 3]; 3] =
        [[0.412_456, 0.357_576, 0.180_438], [0.212_673, 0.715_152, 0.072_175], [0.019_334, 0.119_192, 0.950_304]];
    /// What is left of the colours at full severity: Machado, Oliveira and Fernandes, "A Physiologically-based Model for
    /// Simulation of Color Vision Deficiency" (2009), doi 10.1109/TVCG.2009.113; the matrices work on light.
    const SEEN_WITH: [(&str, [[f64; 3]; 3]); 4] = [
        ("full colour vision", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopia",
            [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
        ),
        (
            "tritanopia",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];
    /// CIE76 distance; 2.3 is just noticeable side by side, and thin lines some way apart need several times that.
    const TOLD_APART: f64 = 15.0;
}
