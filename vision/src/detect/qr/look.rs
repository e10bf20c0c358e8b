//! Ways of looking at a picture, and the order in which they are tried.

/// One way of changing a picture, or a part of it, before an engine reads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// What it is for, as the decision table in ARCHITECTURE.md calls it.
    pub(super) name: &'static str,
    /// How many times larger, across and down; of a part, on top of bringing it to [`CLOSE_SIDE`].
    pub(super) stretch: (f64, f64),
    pub(super) change: Change,
    pub(super) effort: Effort,
}

/// What is done to the brightness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Change {
    Nothing,
    /// Black or white by the mean of the `window` × `window` enlarged pixels around: for glare, bright spots and shadow.
    LocalThreshold {
        window: f64,
    },
    /// Contrast-limited histogram equalisation in `tiles` × `tiles` fields: for codes in the dark half of a picture.
    LocalContrast {
        limit: f64,
        tiles: i32,
    },
    /// Takes away 1.5 times what a blur of `sigma` enlarged pixels would add: for motion and a lens out of focus.
    Sharpen {
        sigma: f64,
    },
    /// Lets dark grow by one enlarged pixel: for ink that glare or scratches have eaten.
    Erode,
}

/// How an engine goes about it, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effort {
    pub(super) threshold: Threshold,
    pub(super) scope: Scope,
    pub(super) sizes: Sizes,
}

/// Where an engine puts the line between black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Threshold {
    /// By the neighbourhood.
    Local,
    /// By the whole picture's histogram.
    Global,
    /// The picture is black and white already.
    Fixed,
}

/// At which sizes an engine searches what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sizes {
    /// As it is: what smaller ones would show is known.
    One,
    /// As it is, a third of it, a ninth ...
    Pyramid,
}

/// What an engine looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Everything: all kinds of QR codes, inverted ones too.
    Native,
    /// QR codes; single finder patterns count as a hint.
    Whole,
    /// QR codes where one is suspected, inverted ones too.
    Close,
}

/// The picture as it is.
pub(super) const NATIVE: Look = Look {
    name: "native",
    stretch: (1.0, 1.0),
    change: Change::Nothing,
    effort: Effort { threshold: Threshold::Local, scope: Scope::Native, sizes: Sizes::Pyramid },
};

/// For the whole picture, best gain for its cost first.
pub(super) const WHOLE: [Look; 5] = [
    Look {
        name: "local threshold",
        stretch: (2.0, 2.0),
        change: Change::LocalThreshold { window: 22.0 },
        effort: Effort { threshold: Threshold::Fixed, scope: Scope::Whole, sizes: Sizes::One },
    },
    Look { name: "enlarged", stretch: (2.5, 2.5), change: Change::Nothing, effort: LARGE },
    Look {
        name: "local contrast",
        stretch: (2.0, 2.0),
        change: Change::LocalContrast { limit: 4.0, tiles: 8 },
        // The smaller sizes have not been seen with this contrast: half of what this look finds is there.
        effort: Effort { sizes: Sizes::Pyramid, ..LARGE },
    },
    // A code seen from the side is squeezed one way; stretched that way, its finder patterns are square enough.
    Look { name: "stretched across", stretch: (2.0, 1.0), change: Change::Nothing, effort: LARGE },
    Look { name: "stretched down", stretch: (1.0, 2.0), change: Change::Nothing, effort: LARGE },
];

/// For parts where finder patterns were seen but no code was read.
pub(super) const CLOSE: [Look; 4] = [
    close("close", Change::Nothing, Threshold::Local),
    close("close, sharpened", Change::Sharpen { sigma: 4.0 }, Threshold::Local),
    close("close, eroded", Change::Erode, Threshold::Global),
    close("close, local contrast", Change::LocalContrast { limit: 3.0, tiles: 4 }, Threshold::Local),
];

const fn close(name: &'static str, change: Change, threshold: Threshold) -> Look {
    Look { name, stretch: (1.0, 1.0), change, effort: Effort { threshold, scope: Scope::Close, sizes: Sizes::Pyramid } }
}

const LARGE: Effort = Effort { threshold: Threshold::Local, scope: Scope::Whole, sizes: Sizes::One };

/// The longer side of a part that is looked at closely, in pixels: three or more for a module of most codes.
pub(super) const CLOSE_SIDE: f64 = 600.0;
