//! AprilTag's C library, safe to call: no other file knows it.
#![expect(unsafe_code, reason = "the crate has the C library's functions and structs as they are")]

use std::ffi::c_int;
use std::ptr::NonNull;

use apriltag_sys as sys;

use super::family::{TagFamily, TagPattern};
use crate::picture::Luma;

/// The library, ready to look for some families.
pub(super) struct Library {
    detector: NonNull<sys::apriltag_detector>,
    families: Vec<(TagFamily, NonNull<sys::apriltag_family>)>,
}

/// Brightness values in rows without padding.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grey<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    /// `width * height` of them.
    pub(super) data: &'a [u8],
}

/// How a picture is searched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// By how much the picture is made smaller to look for squares: 1, 1.5 or a whole number.
    pub(super) decimate: f32,
    /// Grey levels between black and white; where there is less, nothing is looked for.
    pub(super) contrast: i32,
}

/// A tag that was found.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) family: TagFamily,
    pub(super) id: u32,
    /// Clockwise from the top left of the upright tag.
    pub(super) corners: [[f64; 2]; 4],
    pub(super) hamming: u8,
    pub(super) margin: f32,
}

impl<'a> Grey<'a> {
    pub(super) fn of(luma: &'a Luma) -> Self {
        Self { width: luma.width, height: luma.height, data: &luma.data }
    }
}

impl Library {
    pub(super) fn new(families: &[TagFamily]) -> Self {
        // SAFETY: takes nothing, and gives a detector with its defaults or null where there is no memory.
        let detector =
            NonNull::new(unsafe { sys::apriltag_detector_create() }).expect("there is memory for a detector");
        let mut library = Self { detector, families: Vec::new() };
        for &family in families {
            if library.families.iter().all(|(known, _)| *known != family) {
                let made = create(family);
                // SAFETY: both are alive, and this detector is the only one that gets the family. It does not own it.
                unsafe {
                    sys::apriltag_detector_add_family_bits(detector.as_ptr(), made.as_ptr(), family.corrected_bits());
                }
                library.families.push((family, made));
            }
        }
        library
    }

    /// Every tag in `grey`, in its pixels.
    pub(super) fn search(&mut self, grey: Grey<'_>, look: Look) -> Vec<Hit> {
        let Grey { width, height, data } = grey;
        let least_side = LEAST_SIDE.max((LEAST_DECIMATED * look.decimate).ceil() as usize);
        let is_possible = (least_side..=MOST_SIDE).contains(&width) && (least_side..=MOST_SIDE).contains(&height);
        if !is_possible || data.len() < width * height {
            return Vec::new();
        }
        let (columns, rows) = (width as c_int, height as c_int);
        // The library takes a mutable pointer and writes only where it blurs at full size, which `quad_sigma` is 0 for.
        let mut image = sys::image_u8 { width: columns, height: rows, stride: columns, buf: data.as_ptr().cast_mut() };
        // SAFETY: the detector is alive and nobody else has it. The image has as many bytes as it says, which was checked
        // above, and they outlive the call. The list and the hits in it belong to the caller until they are destroyed; their
        // family is one of those that this detector was given.
        unsafe {
            let detector = self.detector.as_mut();
            detector.nthreads = 1;
            detector.quad_decimate = look.decimate;
            detector.quad_sigma = 0.0;
            detector.refine_edges = true;
            detector.decode_sharpening = SHARPENING;
            detector.qtp.min_white_black_diff = look.contrast;
            let list = sys::apriltag_detector_detect(detector, &raw mut image);
            // An empty list has no memory.
            let hits = (*list).data.cast::<*const sys::apriltag_detection>();
            let found = (0..(*list).size as usize).filter_map(|n| self.hit(&**hits.add(n))).collect();
            sys::apriltag_detections_destroy(list);
            found
        }
    }

    fn hit(&self, hit: &sys::apriltag_detection) -> Option<Hit> {
        let (family, _) = *self.families.iter().find(|(_, known)| known.as_ptr() == hit.family)?;
        // The library goes round the other way, from the bottom left.
        let [bottom_left, bottom_right, top_right, top_left] = hit.p;
        Some(Hit {
            family,
            id: u32::try_from(hit.id).ok()?,
            corners: [top_left, top_right, bottom_right, bottom_left],
            hamming: u8::try_from(hit.hamming).unwrap_or(u8::MAX),
            margin: hit.decision_margin,
        })
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: the detector lets go of the families and is not used again; then nobody has the families any more.
        unsafe {
            sys::apriltag_detector_destroy(self.detector.as_ptr());
            for &(family, made) in &self.families {
                destroy(family, made);
            }
        }
    }
}

// SAFETY: the detector is used by one thread at a time, starts none of its own (`nthreads` is 1), and what it points to is
// its own.
unsafe impl Send for Library {}

/// What the tag of this id looks like; the family has to have it.
pub(super) fn pattern(family: TagFamily, id: u32) -> TagPattern {
    assert!(id < family.size(), "the family has the id");
    let made = create(family);
    // SAFETY: the family is alive, and has the id. The image is `stride * height` bytes and is destroyed once it is copied.
    unsafe {
        let image = sys::apriltag_to_image(made.as_ptr(), id);
        let (modules, stride) = ((*image).width as usize, (*image).stride as usize);
        let bytes = std::slice::from_raw_parts((*image).buf, stride * (*image).height as usize);
        let dark = bytes.chunks(stride).flat_map(|row| row[..modules].iter().map(|&value| value == 0)).collect();
        let border = made.as_ref().width_at_border as usize;
        sys::image_u8_destroy(image);
        destroy(family, made);
        TagPattern { modules, border, dark }
    }
}

/// How many tags the library has in this family.
#[cfg(test)]
pub(super) fn size(family: TagFamily) -> u32 {
    let made = create(family);
    // SAFETY: the family is alive until it is destroyed.
    unsafe {
        let size = made.as_ref().ncodes;
        destroy(family, made);
        size
    }
}

fn create(family: TagFamily) -> NonNull<sys::apriltag_family> {
    // SAFETY: these take nothing, and give a new family or null where there is no memory.
    let made = unsafe {
        match family {
            TagFamily::Tag36h11 => sys::tag36h11_create(),
            TagFamily::Tag16h5 => sys::tag16h5_create(),
            TagFamily::Tag25h9 => sys::tag25h9_create(),
            TagFamily::Standard41h12 => sys::tagStandard41h12_create(),
            TagFamily::Standard52h13 => sys::tagStandard52h13_create(),
            TagFamily::Custom48h12 => sys::tagCustom48h12_create(),
            TagFamily::Circle21h7 => sys::tagCircle21h7_create(),
            TagFamily::Circle49h12 => sys::tagCircle49h12_create(),
        }
    };
    NonNull::new(made).expect("there is memory for a family")
}

/// # Safety
/// `made` is what [`create`] has made of `family`, and nobody uses it any more.
unsafe fn destroy(family: TagFamily, made: NonNull<sys::apriltag_family>) {
    let made = made.as_ptr();
    // SAFETY: as the caller promises.
    unsafe {
        match family {
            TagFamily::Tag36h11 => sys::tag36h11_destroy(made),
            TagFamily::Tag16h5 => sys::tag16h5_destroy(made),
            TagFamily::Tag25h9 => sys::tag25h9_destroy(made),
            TagFamily::Standard41h12 => sys::tagStandard41h12_destroy(made),
            TagFamily::Standard52h13 => sys::tagStandard52h13_destroy(made),
            TagFamily::Custom48h12 => sys::tagCustom48h12_destroy(made),
            TagFamily::Circle21h7 => sys::tagCircle21h7_destroy(made),
            TagFamily::Circle49h12 => sys::tagCircle49h12_destroy(made),
        }
    }
}

/// The library's own default. More of it raises the margin and finds no more of the drawn tags.
const SHARPENING: f64 = 0.25;
/// Pixels: in less there is no tag.
const LEAST_SIDE: usize = 16;
/// Pixels of the smaller picture, after [`Look::decimate`]: the library's tiles are four wide, and in a picture of none it reads
/// beside its memory.
const LEAST_DECIMATED: f32 = 8.0;
/// Pixels: beyond this an assertion of the library ends the program.
const MOST_SIDE: usize = 32_767;
