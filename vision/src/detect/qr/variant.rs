//! The ways of preprocessing a picture for an engine, and how the engine then reads it.

/// One way of preprocessing a picture, or a region of it, before an engine reads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Variant {
    /// As in the table of variants in `docs/decisions`, if it is one of those.
    pub(super) name: &'static str,
    /// The magnification, across and down; of a region, on top of bringing it to [`REGION_SIDE`].
    pub(super) stretch: (f64, f64),
    pub(super) filter: Filter,
    pub(super) mode: Mode,
}

/// What is done to the brightness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Filter {
    None,
    /// Black or white, by the mean of the `window` × `window` enlarged pixels around: for glare, bright spots and shadow.
    LocalThreshold {
        window: f64,
    },
    /// Contrast-limited histogram equalisation in `tiles` × `tiles` fields: for codes in the dark half of a picture.
    LocalContrast {
        limit: f64,
        tiles: i32,
    },
    /// Unsharp masking, by 1.5 times a blur of `sigma` enlarged pixels: for motion and a lens out of focus.
    Sharpen {
        sigma: f64,
    },
    /// A blur of `sigma` pixels: for print that shines or is scratched, in codes of many pixels.
    Blur {
        sigma: f64,
    },
}

/// How an engine reads, as far as engines can be configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) threshold: Threshold,
    pub(super) scope: Scope,
    pub(super) sizes: Sizes,
}

/// Where an engine puts the limit between black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Threshold {
    /// By the neighbourhood of each pixel.
    Local,
    /// The picture is black and white already.
    Fixed,
}

/// The sizes at which an engine searches its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sizes {
    /// Full size only: smaller ones have been searched.
    One,
    /// Full size, a third of it, a ninth ...
    Pyramid,
}

/// What an engine looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// In the picture as it is: all kinds of QR codes, inverted ones too.
    Native,
    /// In a variant of the whole picture: QR codes, and single finder patterns as a hint.
    Whole,
    /// In a variant of a region: QR codes, inverted ones too.
    Region,
    /// In a drawing of one code: that code, without a search.
    Drawing,
}

impl Mode {
    /// For the picture as it is.
    pub(super) const NATIVE: Mode = Mode { threshold: Threshold::Local, scope: Scope::Native, sizes: Sizes::Pyramid };
    /// For a code that was drawn anew.
    pub(super) const DRAWING: Mode = Mode { threshold: Threshold::Fixed, scope: Scope::Drawing, sizes: Sizes::One };
    /// For a picture that is merely enlarged.
    const ENLARGED: Mode = Mode { threshold: Threshold::Local, scope: Scope::Whole, sizes: Sizes::One };
}

/// The picture, or a part of it, no larger than an engine may get it.
pub(super) const UNFILTERED: Variant =
    Variant { name: "unfiltered", stretch: (1.0, 1.0), filter: Filter::None, mode: Mode::NATIVE };

/// For the whole picture, in descending order of gain per cost.
pub(super) const WHOLE: [Variant; 6] = [
    Variant {
        name: "local threshold",
        stretch: (2.0, 2.0),
        filter: Filter::LocalThreshold { window: 22.0 },
        mode: Mode { threshold: Threshold::Fixed, scope: Scope::Whole, sizes: Sizes::One },
    },
    Variant { name: "enlarged", stretch: (2.5, 2.5), filter: Filter::None, mode: Mode::ENLARGED },
    Variant {
        name: "local contrast",
        stretch: (2.0, 2.0),
        filter: Filter::LocalContrast { limit: 4.0, tiles: 8 },
        // Smaller sizes have not been searched with this contrast; half of the codes of this variant are found there.
        mode: Mode { sizes: Sizes::Pyramid, ..Mode::ENLARGED },
    },
    // A code seen from the side is squeezed in one direction; stretching makes its finder patterns square enough.
    Variant { name: "stretched across", stretch: (2.0, 1.0), filter: Filter::None, mode: Mode::ENLARGED },
    Variant { name: "stretched down", stretch: (1.0, 2.0), filter: Filter::None, mode: Mode::ENLARGED },
    Variant {
        name: "blurred",
        stretch: (1.0, 1.0),
        filter: Filter::Blur { sigma: 2.5 },
        mode: Mode { sizes: Sizes::Pyramid, ..Mode::ENLARGED },
    },
];

/// For regions where finder patterns were seen but no code was read.
pub(super) const REGION: [Variant; 2] =
    [region("close", Filter::None), region("close, sharpened", Filter::Sharpen { sigma: 3.0 })];

const fn region(name: &'static str, filter: Filter) -> Variant {
    let mode = Mode { threshold: Threshold::Local, scope: Scope::Region, sizes: Sizes::Pyramid };
    Variant { name, stretch: (1.0, 1.0), filter, mode }
}

/// The longer side to which a region is enlarged, in pixels: three or more for a module of most codes.
pub(super) const REGION_SIDE: f64 = 450.0;
