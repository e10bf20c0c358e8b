//! zxing-cpp, the C++ library behind most readers on phones.

use zxingcpp::{Barcode, BarcodeFormat, BarcodeReader, Binarizer, ContentType, ImageFormat, ImageView};

use super::darkroom::View;
use super::evidence::Pattern;
use super::look::{Effort, Scope, Sizes, Threshold};
use super::{Engine, Says, Sighted};
use crate::detect::Payload;

pub(super) struct Zxing {
    reader: BarcodeReader,
}

impl Zxing {
    pub(super) fn new() -> Self {
        Self { reader: zxingcpp::read().try_harder(true).try_rotate(true) }
    }

    fn set(&mut self, effort: Effort) {
        let all = [BarcodeFormat::QRCode, BarcodeFormat::MicroQRCode, BarcodeFormat::RMQRCode];
        let formats = if effort.scope == Scope::Close { &all[..1] } else { &all[..] };
        self.reader
            .set_formats(formats)
            .set_try_downscale(effort.sizes == Sizes::Pyramid)
            .set_try_invert(effort.scope != Scope::Whole)
            .set_return_errors(true)
            .set_binarizer(match effort.threshold {
                Threshold::Local => Binarizer::LocalAverage,
                Threshold::Global => Binarizer::GlobalHistogram,
                Threshold::Fixed => Binarizer::FixedThreshold,
            });
    }
}

// SAFETY: the reader is a C++ value of options that only this struct points to, with no tie to a thread.
#[expect(unsafe_code, reason = "the binding's raw pointer hides that its owner may move to the detector's thread")]
unsafe impl Send for Zxing {}

impl Engine for Zxing {
    fn name(&self) -> &'static str {
        "zxing"
    }

    fn read(&mut self, view: &View<'_>, effort: Effort) -> Result<Vec<Sighted>, String> {
        self.set(effort);
        let image = ImageView::from_slice(view.data, view.width, view.height, ImageFormat::Lum);
        let image = image.map_err(|e| e.to_string())?;
        let mut seen = self.reader.from(&image).map_err(|e| e.to_string())?;
        if seen.len() >= MOST_SYMBOLS {
            // Codes that did not decode count too, and may have left no room for those that do.
            self.reader.set_return_errors(false);
            seen = self.reader.from(&image).map_err(|e| e.to_string())?;
        }
        Ok(seen.iter().map(|barcode| sighted(barcode, effort.scope)).collect())
    }
}

fn sighted(barcode: &Barcode, scope: Scope) -> Sighted {
    let place = barcode.position();
    let corners = [place.top_left, place.top_right, place.bottom_right, place.bottom_left];
    let corners = corners.map(|p| (f64::from(p.x), f64::from(p.y)));
    let is_small = matches!(barcode.format(), BarcodeFormat::MicroQRCode | BarcodeFormat::RMQRCode);
    // The smallest codes can tell few errors from data: they are believed only as the camera saw them.
    let is_read = barcode.is_valid() && (!is_small || scope == Scope::Native);
    let says = match (is_read, is_small) {
        (true, _) => Says::Payload(payload(barcode)),
        (false, true) => Says::Nothing(Pattern::Lone),
        (false, false) => Says::Nothing(Pattern::Square),
    };
    Sighted { corners, says }
}

fn payload(barcode: &Barcode) -> Payload {
    // Of bytes in no known alphabet the library makes a readable string all the same; that one is no payload.
    let is_text = matches!(barcode.content_type(), ContentType::Text | ContentType::GS1 | ContentType::ISO15434);
    let reading = is_text.then(|| barcode.text());
    Payload::new(barcode.bytes(), reading)
}

/// The library's limit for one picture.
const MOST_SYMBOLS: usize = 255;
