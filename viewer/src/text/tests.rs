use super::fonts::missing;
use super::*;
use std::collections::BTreeSet;

const INK: Lettering = Lettering { size: 15, weight: Weight::Regular, rgb: [1, 2, 3] };

/// Eight of letters that stand for themselves, then some of signs that need each other.
const SCRIPTS: [&str; 14] = [
    "Grüße aus Köln",
    "Привет, робот",
    "Γειά σου",
    "ロボットさん",
    "机器人你好",
    "שלום רובוט",
    "مرحبا يا روبوت",
    "로봇 안녕",
    "नमस्ते रोबोट",
    "สวัสดี",
    "ሰላም",
    "🤖 👍🏽 🇩🇪 ☺",
    "e\u{301} \u{1D11E} \u{E000} \u{10FFFD}",
    "a\nb\rc\u{85}d\u{2029}e\u{FFFD}f\tg",
];

fn covered(bitmap: &TextBitmap) -> usize {
    bitmap.pixels.iter().filter(|pixel| pixel[3] > 0).count()
}

#[test]
fn the_fonts_are_there_that_these_tests_and_those_of_the_overlay_need() {
    let mut fonts = Fonts::with_installed();
    for letter in ['ש', '机'] {
        assert!(has(&mut fonts, letter), "no font has {letter:?}; `cargo xtask setup` installs some that do");
    }
}

#[test]
fn of_a_very_long_text_the_beginning_is_all_that_is_ever_shaped() {
    let mut renderer = TextRenderer::new();
    let text: String = ('a'..='z').cycle().take(100_000).collect();
    for width in [200, 1 << 16] {
        let expected = renderer.line(&(text[..LONGEST].to_owned() + "…"), width, INK).unwrap();
        assert_eq!(renderer.line(&text, width, INK).unwrap(), expected, "{width}");
        assert!(renderer.has_line(&text, width, INK));
    }
    assert!(renderer.line(&text, 1 << 16, INK).unwrap().width > 2000);
}

#[test]
fn latin_greek_cyrillic_and_emoji_look_the_same_whatever_is_installed() {
    let (mut here, mut elsewhere) = (Fonts::with_installed(), Fonts::shipped());
    for text in ["Grüße aus Köln – 40 % “ja”…", "Привет, робот", "Γειά σου", "🤖 ☺ 👍"]
    {
        for weight in [Weight::Regular, Weight::Bold] {
            let [here, elsewhere] =
                [&mut here, &mut elsewhere].map(|fonts| fonts.fitting(text, 900, Lettering { weight, ..INK }).line);
            assert!(here.is_some() && here == elsewhere, "{text:?} in {weight:?}");
        }
        assert_eq!(elsewhere.with_escapes(text), text);
    }
}

#[test]
fn a_line_has_its_colour_and_keeps_to_its_width() {
    let mut renderer = TextRenderer::new();
    let short = renderer.line("Grüße", 600, INK).unwrap();
    assert!(covered(&short) > 100 && short.pixels.iter().any(|pixel| pixel[..3] == INK.rgb));
    let long = renderer.line(&"Grüße ".repeat(100), 200, INK).unwrap();
    assert!(long.width <= 200 && long.width > 150, "{}", long.width);
    for width in 0..60 {
        let cut = renderer.line("Grüße aus Köln", width, INK);
        assert!(cut.is_none_or(|line| line.width <= width), "{width}");
    }
}

#[test]
fn every_script_is_drawn_with_glyphs_or_escaped() {
    let mut fonts = Fonts::with_installed();
    for text in SCRIPTS {
        let escaped = fonts.with_escapes(text);
        let buffer = fonts.shaped(&escaped, INK);
        assert_eq!(buffer.layout_runs().count(), 1, "{text:?} is on several lines");
        assert_eq!(missing(&buffer), BTreeSet::new(), "{text:?} as {escaped:?}");
        assert!(!escaped.contains(['?', '\u{FFFD}', '\u{25A1}']), "{text:?} as {escaped:?}");
        let is_kept = |c: &char| escaped.contains(*c) || escaped.contains(&c.escape_default().to_string());
        assert!(text.chars().all(|c| is_kept(&c)), "{text:?} as {escaped:?}");
    }
}

#[test]
fn every_script_leaves_ink_from_end_to_end_of_its_line() {
    let mut renderer = TextRenderer::new();
    for text in SCRIPTS {
        let line = renderer.line(text, 600, INK).expect(text);
        assert!(covered(&line) > 8 * text.chars().count(), "{text:?}: {} pixels", covered(&line));
        // Right-to-left text must begin at the line's own right end, not beyond it.
        let right = line.pixels.chunks_exact(line.width).any(|row| row[line.width - 12..].iter().any(|p| p[3] > 0));
        let left = line.pixels.chunks_exact(line.width).any(|row| row[..12].iter().any(|p| p[3] > 0));
        assert!(left && right, "{text:?} is not at both ends of its line");
    }
}

#[test]
fn a_letter_is_escaped_only_where_no_installed_font_has_it() {
    let mut fonts = Fonts::with_installed();
    for letter in SCRIPTS[..8].concat().chars() {
        let shown = fonts.with_escapes(&letter.to_string());
        let is_escaped = shown != letter.to_string();
        assert_ne!(is_escaped, has(&mut fonts, letter), "{letter:?} as {shown:?}");
    }
    // What `cargo xtask setup` looks for: fonts for these two.
    for text in ["Grüße aus Köln", "ロボットさん"] {
        assert_eq!(fonts.with_escapes(text), text);
    }
}

/// Whether one of the fonts that may be chosen has a glyph for `letter`.
fn has(fonts: &mut Fonts, letter: char) -> bool {
    let faces: Vec<_> = fonts.system.db().faces().map(|face| (face.id, face.weight)).collect();
    faces.into_iter().any(|(id, weight)| {
        fonts.system.get_font(id, weight).is_some_and(|font| font.as_swash().charmap().map(letter) != 0)
    })
}

#[test]
fn what_no_font_has_is_escaped() {
    let mut fonts = Fonts::with_installed();
    // From a plane for private use: no font may claim it for a script.
    assert_eq!(fonts.with_escapes("a\u{10FFFD}b"), r"a\u{10fffd}b");
    assert_eq!(fonts.with_escapes("a\u{FFFD}\u{2029}\n"), r"a\u{fffd}\u{2029}\n");
}

#[test]
fn a_line_is_made_once_for_many_pictures() {
    let mut renderer = TextRenderer::new();
    let long = "Grüße ".repeat(600);
    let first = renderer.line(&long, 300, INK).unwrap();
    for _ in 0..100 {
        assert!(Rc::ptr_eq(&first, &renderer.line(&long, 300, INK).unwrap()));
    }
    assert_eq!(renderer.lines_cached(), 1);
}

#[test]
fn a_line_that_was_cut_for_a_narrow_picture_is_whole_in_a_wide_one() {
    let mut renderer = TextRenderer::new();
    let whole = TextRenderer::new().line("Grüße aus Köln", 600, INK).unwrap();
    let cut = renderer.line("Grüße aus Köln", whole.width - 1, INK).unwrap();
    assert!(cut.width < whole.width);
    assert_eq!(renderer.line("Grüße aus Köln", 600, INK).unwrap(), whole);
    // A whole line serves every width that has room for it, and no other.
    let again = renderer.line("Grüße aus Köln", whole.width, INK).unwrap();
    assert!(Rc::ptr_eq(&again, &renderer.line("Grüße aus Köln", 500, INK).unwrap()));
    assert_eq!(renderer.line("Grüße aus Köln", whole.width - 1, INK).unwrap(), cut);
}

#[test]
fn a_cut_line_has_as_many_letters_as_there_is_room_for() {
    let mut renderer = TextRenderer::new();
    let (narrow, wide) = ("i".repeat(20), "W".repeat(20));
    let room = renderer.line(&(narrow.clone() + "…"), 1000, INK).unwrap().width;
    assert_eq!(renderer.line(&(narrow + &wide), room, INK).unwrap().width, room);
}

#[test]
fn a_line_for_pictures_of_two_widths_is_cut_once_for_each() {
    let mut renderer = TextRenderer::new();
    let long = "Grüße ".repeat(60);
    let first = [300, 301].map(|width| renderer.line(&long, width, INK).unwrap());
    for (width, first) in [300, 301].into_iter().zip(&first).cycle().take(20) {
        assert!(Rc::ptr_eq(first, &renderer.line(&long, width, INK).unwrap()));
    }
    assert!(renderer.has_line(&long, 300, INK) && !renderer.has_line(&long, 299, INK));
}

#[test]
fn lines_that_are_asked_for_again_stay_while_others_come_and_go() {
    let mut renderer = TextRenderer::new();
    let first = renderer.line("robot 1", 300, INK).unwrap();
    for n in 0..3 * KEPT {
        renderer.line(&format!("age {n} ms"), 300, INK);
        assert!(Rc::ptr_eq(&first, &renderer.line("robot 1", 300, INK).unwrap()), "{n}");
    }
    assert!(renderer.lines_cached() <= 2 * KEPT + 1);
}

#[test]
fn large_lines_are_fewer_than_small_ones() {
    let mut renderer = TextRenderer::new();
    let large = Lettering { size: 200, ..INK };
    for n in 0..200 {
        renderer.line(&format!("robot {n}"), 4000, large);
    }
    let lines = renderer.young.values().chain(renderer.old.values());
    let pixels: usize = lines.filter_map(|cached| cached.line.as_ref()).map(|line| line.pixels.len()).sum();
    assert!((KEPT_PIXELS..=2 * KEPT_PIXELS).contains(&pixels), "{pixels}");
}

#[test]
fn where_no_letter_fits_there_is_no_line() {
    let mut renderer = TextRenderer::new();
    assert_eq!(renderer.line("Grüße", 14, INK), None);
    assert!(renderer.has_line("Grüße", 14, INK) && !renderer.has_line("Grüße", 15, INK));
    assert!(renderer.line("Grüße", 100, INK).is_some());
}

#[test]
fn a_text_that_ends_in_dots_gets_no_more_of_them() {
    let mut renderer = TextRenderer::new();
    let once = renderer.line("Grüße…", 600, INK).unwrap();
    for room in once.width..once.width + 6 {
        assert_eq!(renderer.line("Grüße ......", room, INK).unwrap(), once, "{room}");
    }
}

#[test]
fn a_backtick_lies_on_no_letter() {
    let mut text = TextRenderer::new();
    let mut width_of = |line: &str| text.line(line, 1000, INK).unwrap().width;
    assert!(width_of("ab`c") > width_of("abc"));
}
