//! Paths that are too long for a line, without their middle.

/// `text`, and where that does not fit, as much of it as does with dots in the path: its last part stays whole, and so does what is
/// before the path.
///
/// A text without a path comes back as it is; the shortest that can be made of one with a path comes back though it does not fit.
pub(super) fn shortened(text: &str, mut fits: impl FnMut(&str) -> bool) -> String {
    let (first, last) = (text.find(std::path::MAIN_SEPARATOR), text.rfind(std::path::MAIN_SEPARATOR));
    let (Some(first), Some(last)) = (first, last) else { return text.to_owned() };
    if first == last || fits(text) {
        return text.to_owned();
    }
    let ((head, folders), name) = (text[..last].split_at(first + 1), &text[last..]);
    let kept = |count: usize| head.chars().chain(folders.chars().take(count)).collect::<String>() + "…" + name;
    // All that is shorter fits as well.
    let (mut fitting, mut too_long) = (0, folders.chars().count());
    while too_long - fitting > 1 {
        let middle = fitting.midpoint(too_long);
        if fits(&kept(middle)) { fitting = middle } else { too_long = middle }
    }
    kept(fitting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_loses_its_middle_and_never_its_name() {
        let text = "saved /home/somebody/pictures of the robot/robot1-frame000012.jpg";
        for room in 0..text.len() {
            let short = shortened(text, |text| text.chars().count() <= room);
            assert!(short.starts_with("saved /") && short.ends_with("…/robot1-frame000012.jpg"), "{short:?}");
            assert!(text.starts_with(short.split('…').next().unwrap()), "{short:?}");
            // As long as there is room: what stays takes 31.
            assert_eq!(short.chars().count(), room.max(31), "{short:?}");
        }
        assert_eq!(shortened(text, |_| true), text);
    }

    #[test]
    fn what_has_no_path_is_left_alone() {
        assert_eq!(shortened("QR codes: on", |_| false), "QR codes: on");
        assert_eq!(shortened("/robot.jpg", |_| false), "/robot.jpg");
    }
}
