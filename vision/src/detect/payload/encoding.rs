//! What bytes that are not UTF-8 mean, where a code does not say so.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{GBK, SHIFT_JIS};

/// The text of `bytes` in GBK or Shift-JIS, if one of these is the most likely of the Web's encodings and all of them are text.
///
/// Codes from China and Japan often hold these without saying so. What is as likely in another encoding, as three or four
/// characters are, is left to the engine.
pub(crate) fn guessed(bytes: &[u8]) -> Option<String> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let likely = detector.guess(None, Utf8Detection::Deny);
    if ![GBK, SHIFT_JIS].contains(&likely) {
        return None;
    }
    let text = likely.decode_without_bom_handling_and_without_replacement(bytes)?;
    text.chars().all(is_text).then(|| text.into_owned())
}

/// Bytes that mean something else soon have a control character in them, or one that nobody has assigned.
fn is_text(c: char) -> bool {
    let is_private = matches!(c, '\u{E000}'..='\u{F8FF}');
    matches!(c, '\t' | '\n' | '\r') || !(c.is_control() || is_private)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_and_japanese_are_told_apart() {
        for (encoding, texts) in [
            (GBK, ["欢迎光临机器人商店", "编号:A-12;名称=机器人", "请扫描二维码付款"]),
            (SHIFT_JIS, ["こんにちは、ロボット", "部品番号:A-12;名前=ロボット", "東京都の地図です"]),
        ] {
            for text in texts {
                assert_eq!(guessed(&encoding.encode(text).0).as_deref(), Some(text), "{}", encoding.name());
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_get_none() {
        let mut state = 1_u32;
        let mut byte = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for length in [3, 8, 20, 64] {
            let noise: Vec<u8> = (0..length).map(|_| byte()).chain([0x81, 0x01, 0xFF]).collect();
            assert_eq!(guessed(&noise), None, "{noise:02x?}");
        }
        let serial_number = [0x00, 0xC4, 0xE3, 0x10, 0xBA, 0xC3, 0x7F];
        assert_eq!(guessed(&serial_number), None);
    }

    #[test]
    fn other_alphabets_are_left_to_the_engine() {
        for latin in ["Größe 5 µm".chars().map(|c| c as u8).collect::<Vec<_>>(), b"caf\xE9".to_vec()] {
            assert_eq!(guessed(&latin), None);
        }
    }
}
