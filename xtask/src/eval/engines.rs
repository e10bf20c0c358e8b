//! The engines that are measured: the one list to change when the viewer gains or loses one.

use xtask::score::Kind;

/// One way to run `viewer detect`, under the name it has in the results.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    /// What is added to the command line.
    pub(crate) arguments: &'static [&'static str],
}

/// The engines for `kind`, the viewer's own choice first.
pub(crate) fn of(kind: Kind) -> impl Iterator<Item = &'static Engine> {
    ENGINES.iter().filter(move |engine| engine.kind == kind)
}

const ENGINES: &[Engine] = &[
    qr(DEFAULT, &[]),
    qr("zxing", &["--qr-engine", "zxing"]),
    qr("rqrr", &["--qr-engine", "rqrr"]),
    qr("both", &["--qr-engine", "both"]),
    Engine { kind: Kind::Tag, name: DEFAULT, arguments: super::tags::ARGUMENTS },
    face(DEFAULT, &[]),
    face("seeta", &["--face-engine", "seeta"]),
    face("haar", &["--face-engine", "haar"]),
    face(NEEDS_MODEL, &["--face-engine", "yunet"]),
    human(DEFAULT, &[]),
    human("fast", &["--human-speed", "fast"]),
    human("movenet", &["--human-engine", "movenet"]),
    human("hog", &["--human-engine", "hog"]),
    human("hog-fast", &["--human-engine", "hog", "--human-speed", "fast"]),
    human("haar", &["--human-engine", "haar"]),
    // The original, the Python program that the viewer replaces, counted a human where three neighbouring hits agreed.
    human("original", &["--human-engine", "haar", "--human-neighbours", "3"]),
];

impl Engine {
    /// Whether it searches with the cascades and the parameters of the original, the Python program that the viewer
    /// replaces. There is none for codes, which the original read with a library that is not used here, and none for tags.
    pub(crate) fn is_original(&self) -> bool {
        matches!((self.kind, self.name), (Kind::Face, "haar") | (Kind::Human, "original"))
    }
}

/// The engine that gets the file given with `--face-model`.
pub(crate) const NEEDS_MODEL: &str = "yunet";

/// What the viewer does when no engine is named.
pub(crate) const DEFAULT: &str = "default";

const fn qr(name: &'static str, arguments: &'static [&'static str]) -> Engine {
    Engine { kind: Kind::Qr, name, arguments }
}

const fn face(name: &'static str, arguments: &'static [&'static str]) -> Engine {
    Engine { kind: Kind::Face, name, arguments }
}

const fn human(name: &'static str, arguments: &'static [&'static str]) -> Engine {
    Engine { kind: Kind::Human, name, arguments }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_kind_begins_with_the_default_and_names_each_engine_once() {
        for kind in Kind::ALL {
            let names: Vec<&str> = of(kind).map(|engine| engine.name).collect();
            assert_eq!(names[0], DEFAULT);
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        }
    }

    #[test]
    fn faces_and_humans_have_one_original_each() {
        let originals = |kind| of(kind).filter(|engine| engine.is_original()).count();
        assert_eq!(Kind::ALL.map(originals), [0, 0, 1, 1]);
    }
}
