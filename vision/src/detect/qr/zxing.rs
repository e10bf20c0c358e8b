//! zxing-cpp, the C++ library behind most readers on phones.

use zxingcpp::{Barcode, BarcodeFormat, BarcodeReader, Binarizer, ContentType, ImageFormat, ImageView};

use super::engine::{Content, Engine, Symbol};
use super::findings::Finders;
use super::preprocess::Input;
use super::variant::{Mode, Scope, Sizes, Threshold};
use crate::detect::Payload;
use crate::detect::payload::guessed;

pub(super) struct Zxing {
    reader: BarcodeReader,
}

impl Zxing {
    pub(super) fn new() -> Self {
        Self { reader: zxingcpp::read().try_harder(true).try_rotate(true) }
    }

    fn configure(&mut self, mode: Mode) {
        let all = [BarcodeFormat::QRCode, BarcodeFormat::MicroQRCode, BarcodeFormat::RMQRCode];
        let formats = if matches!(mode.scope, Scope::Region | Scope::Drawing) { &all[..1] } else { &all[..] };
        self.reader
            .set_formats(formats)
            .set_try_downscale(mode.sizes == Sizes::Pyramid)
            .set_try_invert(matches!(mode.scope, Scope::Native | Scope::Region))
            .set_is_pure(mode.scope == Scope::Drawing)
            .set_return_errors(true)
            .set_binarizer(match mode.threshold {
                Threshold::Local => Binarizer::LocalAverage,
                Threshold::Fixed => Binarizer::FixedThreshold,
            });
    }
}

#[expect(
    unsafe_code,
    reason = "the raw pointer in the binding keeps the compiler from seeing that the reader may change threads"
)]
// SAFETY: the reader is a C++ struct of options that only this value points to, and is tied to no thread.
unsafe impl Send for Zxing {}

impl Engine for Zxing {
    fn name(&self) -> &'static str {
        "zxing"
    }

    fn read(&mut self, input: &Input<'_>, mode: Mode) -> Result<Vec<Symbol>, String> {
        self.configure(mode);
        let image = ImageView::from_slice(input.data, input.width, input.height, ImageFormat::Lum);
        let image = image.map_err(|e| e.to_string())?;
        let mut found = self.reader.from(&image).map_err(|e| e.to_string())?;
        if found.len() >= MOST_SYMBOLS {
            // Candidates count too, and may have left no room for codes that can be read.
            self.reader.set_return_errors(false);
            found = self.reader.from(&image).map_err(|e| e.to_string())?;
        }
        Ok(found.iter().map(|barcode| symbol(barcode, mode.scope)).collect())
    }
}

fn symbol(barcode: &Barcode, scope: Scope) -> Symbol {
    let place = barcode.position();
    let corners = [place.top_left, place.top_right, place.bottom_right, place.bottom_left];
    let corners = corners.map(|p| (f64::from(p.x), f64::from(p.y)));
    let is_small = matches!(barcode.format(), BarcodeFormat::MicroQRCode | BarcodeFormat::RMQRCode);
    // The error correction of the smallest codes is weak: they count as read only in the picture as it is.
    let is_read = barcode.is_valid() && (!is_small || scope == Scope::Native);
    let content = match (is_read, is_small) {
        (true, _) => Content::Read(payload(barcode)),
        (false, true) => Content::Unread(Finders::One),
        (false, false) => Content::Unread(Finders::Three),
    };
    Symbol { corners, content }
}

fn payload(barcode: &Barcode) -> Payload {
    // The library also makes a string of bytes in no known encoding; that string is no text.
    let is_text = matches!(barcode.content_type(), ContentType::Text | ContentType::GS1 | ContentType::ISO15434);
    let reading = is_text.then(|| barcode.text());
    let bytes = barcode.bytes();
    // Without a declaration the library takes GBK for ISO 8859-1.
    let guess = if barcode.has_eci() { None } else { guessed(&bytes) };
    Payload::new(bytes, guess.or(reading))
}

/// The library's limit for one picture.
const MOST_SYMBOLS: usize = 255;

#[cfg(test)]
mod tests {
    use encoding_rs::{GBK, SHIFT_JIS};
    use qrcode::bits::Bits;
    use qrcode::{EcLevel, QrCode, Version};

    use super::*;
    use crate::picture::Luma;

    /// What is read from a code that holds `bytes` and declares no encoding.
    fn read(bytes: &[u8]) -> Payload {
        let mut bits = Bits::new(Version::Normal(4));
        bits.push_byte_data(bytes).unwrap();
        bits.push_terminator(EcLevel::M).unwrap();
        let code = QrCode::with_bits(bits, EcLevel::M).unwrap();
        let side = 4 * (code.width() + 8);
        let is_dark = |at: usize| {
            let place = |n: usize| (n / 4).checked_sub(4).filter(|&n| n < code.width());
            let module = place(at % side).zip(place(at / side));
            module.is_some_and(|module| code[module] == qrcode::Color::Dark)
        };
        let data = (0..side * side).map(|at| if is_dark(at) { 0 } else { 255 }).collect();
        let luma = Luma { width: side, height: side, data };
        let symbols = Zxing::new().read(&Input::native(&luma), Mode::NATIVE).unwrap();
        let mut payloads = symbols.into_iter().filter_map(|symbol| match symbol.content {
            Content::Read(payload) => Some(payload),
            Content::Unread(_) => None,
        });
        payloads.next_back().unwrap()
    }

    #[test]
    fn a_code_without_a_declared_encoding_is_read_in_the_likely_one() {
        for (encoding, text) in [(GBK, "欢迎光临机器人商店"), (SHIFT_JIS, "こんにちは、ロボット")] {
            let bytes = encoding.encode(text).0;
            let payload = read(&bytes);
            assert_eq!((payload.text(), payload.bytes()), (Some(text), &*bytes));
        }
        assert_eq!(read("Größe, 大きさ".as_bytes()).text(), Some("Größe, 大きさ"));
        assert_eq!(read(b"Gr\xF6\xDFe").text(), Some("Größe"));
    }

    #[test]
    fn bytes_that_are_no_text_stay_bytes() {
        let bytes = [0x00, 0x81, 0x01, 0xFF, 0xC4, 0x10, 0x9D, 0x7F];
        assert_eq!((read(&bytes).text(), read(&bytes).bytes()), (None, &bytes[..]));
    }
}
