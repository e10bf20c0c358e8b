//! zxing-cpp, the C++ library behind most readers on phones.

use zxingcpp::{BarcodeFormat, BarcodeReader, ContentType, ImageFormat, ImageView};

use super::{Code, Engine};
use crate::detect::Payload;
use crate::picture::Luma;

pub(super) struct Zxing {
    reader: BarcodeReader,
}

impl Zxing {
    pub(super) fn new() -> Self {
        let formats = [BarcodeFormat::QRCode, BarcodeFormat::MicroQRCode, BarcodeFormat::RMQRCode];
        let reader = zxingcpp::read().formats(formats).try_harder(true).try_rotate(true).try_invert(true);
        Self { reader }
    }
}

// SAFETY: the reader is a C++ value of options that only this struct points to, with no tie to a thread.
#[expect(unsafe_code, reason = "the binding's raw pointer hides that its owner may move to the detector's thread")]
unsafe impl Send for Zxing {}

impl Engine for Zxing {
    fn name(&self) -> &'static str {
        "zxing"
    }

    fn read(&mut self, luma: &Luma) -> Result<Vec<Code>, String> {
        let view = ImageView::from_slice(&luma.data, luma.width, luma.height, ImageFormat::Lum);
        let found = self.reader.from(view.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
        let valid = found.iter().filter(|barcode| barcode.is_valid());
        Ok(valid.map(|barcode| code(barcode, luma)).collect())
    }
}

fn code(barcode: &zxingcpp::Barcode, luma: &Luma) -> Code {
    let place = barcode.position();
    let corners = [place.top_left, place.top_right, place.bottom_right, place.bottom_left].map(|p| (p.x, p.y));
    // Of bytes in no known alphabet the library makes a readable string all the same; that one is no payload.
    let is_text = matches!(barcode.content_type(), ContentType::Text | ContentType::GS1 | ContentType::ISO15434);
    let reading = is_text.then(|| barcode.text());
    Code::new(corners, Payload::new(barcode.bytes(), reading), luma)
}
