//! Paths that are too long for a line, without their middle.

/// `text`, and where that does not fit, as much of it as does with dots in the middle: a path's last part stays whole.
///
/// A text without a path comes back as it is; so does the last part where even that does not fit.
pub(super) fn shortened(text: &str, mut fits: impl FnMut(&str) -> bool) -> String {
    let name_at = text.rfind(std::path::MAIN_SEPARATOR);
    let Some((head, name)) = name_at.filter(|_| !fits(text)).map(|at| text.split_at(at)) else {
        return text.to_owned();
    };
    let kept = |count: usize| head.chars().take(count).collect::<String>() + "…" + name;
    // All that is shorter fits as well.
    let (mut fitting, mut too_long) = (0, head.chars().count());
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
            assert!(short.ends_with("…/robot1-frame000012.jpg"), "{short:?}");
            assert!(text.starts_with(short.split('…').next().unwrap()), "{short:?}");
            // As long as there is room: the dots and the name take 24.
            assert_eq!(short.chars().count(), room.max(24), "{short:?}");
        }
        assert_eq!(shortened(text, |_| true), text);
    }

    #[test]
    fn what_has_no_path_is_left_alone() {
        assert_eq!(shortened("QR codes: on", |_| false), "QR codes: on");
        assert_eq!(shortened("/robot.jpg", |_| false), "…/robot.jpg");
    }
}
