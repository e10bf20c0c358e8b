//! The modules of a code that is bent, creased or badly lit, for an engine that has seen its finder patterns only.
//!
//! ```text
//! corners ──▶ perspective ──▶ shape ──▶ bend ───────────────▶ modules ──▶ engine
//!             of a flat code  how many  how far the grid is     black or    error
//!                             modules   off, from place to place white     correction
//! ```
//!
//! An engine lays a flat grid through the finder patterns. Here the grid follows the edges between modules, which show where
//! it is wherever modules of both colours meet.

mod bend;
mod edges;
mod field;
mod flat;
mod modules;
mod perspective;
mod size;
mod smooth;

use super::preprocess::Input;
use crate::picture::Luma;
use bend::Bend;
use modules::Modules;
use perspective::Perspective;

/// The corners of a code in the picture, clockwise from the one between the other two that have a finder pattern.
pub(super) type Corners = [(f64, f64); 4];

/// A code as its modules say, drawn anew: what an engine reads without searching.
pub(super) struct Redrawn {
    pub(super) corners: Corners,
    side: usize,
    data: Vec<u8>,
}

impl Redrawn {
    /// Samples the code with finder patterns in three of `corners`; `None` where there are none after all.
    pub(super) fn sample(luma: &Luma, corners: &Corners) -> Option<Self> {
        let modules = size::modules(luma, corners)?;
        let perspective = Perspective::new(corners, modules);
        let bend = Bend::follow(luma, &perspective, modules);
        let (side, data) = Modules::of(&bend.flatten(luma, &perspective), modules).draw();
        Some(Self { corners: bend.corners(&perspective), side, data })
    }

    pub(super) fn input(&self) -> Input<'_> {
        Input::drawn(self.side, &self.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::qr::engine::{Content, Engine as _, Symbol};
    use crate::detect::qr::findings::Finders;
    use crate::detect::qr::variant::Mode;
    use crate::detect::qr::zxing::Zxing;

    const TEXT: &str = "https://example.org/robots/7/dock";
    const SIDE: usize = 240;
    /// The first corner of the code, across and down.
    const EDGE: f64 = 40.0;

    /// A code on a bottle: it sags in the middle by `sag` modules. Also the width of a module in pixels.
    fn bottle(sag: f64) -> (Luma, f64) {
        let code = zxingcpp::create(zxingcpp::BarcodeFormat::QRCode).from_str(TEXT).unwrap();
        let image = code.to_image_with(&zxingcpp::write().scale(1).add_quiet_zones(false)).unwrap();
        let (modules, pixels) = (image.width() as usize, image.data());
        let module = (SIDE as f64 - 2.0 * EDGE) / modules as f64;
        let mut data = vec![255; SIDE * SIDE];
        for (at, pixel) in data.iter_mut().enumerate() {
            let u = ((at % SIDE) as f64 - EDGE) / module;
            let middle = 2.0 * u / modules as f64 - 1.0;
            let v = ((at / SIDE) as f64 - EDGE) / module - sag * (1.0 - middle * middle);
            let inside = 0.0..modules as f64;
            if inside.contains(&u) && inside.contains(&v) {
                *pixel = pixels[v as usize * modules + u as usize];
            }
        }
        (Luma { width: SIDE, height: SIDE, data }, module)
    }

    fn read(input: &Input<'_>, mode: Mode) -> Vec<Symbol> {
        Zxing::new().read(input, mode).unwrap()
    }

    #[test]
    fn a_code_on_a_bottle_is_read_only_along_its_grid() {
        let (luma, _) = bottle(2.0);
        let symbols = read(&Input::native(&luma), Mode::NATIVE);
        assert!(symbols.iter().all(|symbol| matches!(symbol.content, Content::Unread(_))));
        let candidate =
            symbols.iter().find(|symbol| matches!(symbol.content, Content::Unread(Finders::Three))).unwrap();
        let redrawn = Redrawn::sample(&luma, &candidate.corners).unwrap();
        let texts = read(&redrawn.input(), Mode::DRAWING).into_iter().filter_map(|symbol| match symbol.content {
            Content::Read(payload) => Some(payload.to_string()),
            Content::Unread(_) => None,
        });
        assert_eq!(texts.collect::<Vec<_>>(), [TEXT]);
        let (near, far) = (EDGE, SIDE as f64 - EDGE);
        for (got, want) in redrawn.corners.iter().zip([(near, near), (far, near), (far, far), (near, far)]) {
            assert!((got.0 - want.0).hypot(got.1 - want.1) < 4.0, "{:?}", redrawn.corners);
        }
    }

    #[test]
    fn where_there_are_no_finder_patterns_there_is_no_grid() {
        let (luma, module) = bottle(0.0);
        let (near, far) = (EDGE + 8.0 * module, SIDE as f64 - EDGE - 8.0 * module);
        assert!(Redrawn::sample(&luma, &[(near, near), (far, near), (far, far), (near, far)]).is_none());
        assert!(Redrawn::sample(&luma, &[(5.0, 5.0); 4]).is_none());
        let blank = Luma { width: 50, height: 50, data: vec![128; 2500] };
        assert!(Redrawn::sample(&blank, &[(0.0, 0.0), (50.0, 0.0), (50.0, 50.0), (0.0, 50.0)]).is_none());
    }
}
