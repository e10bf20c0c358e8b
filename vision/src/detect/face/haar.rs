//! Faces by OpenCV's Haar cascades: from the front and in profile.

use crate::detect::boxes::{BoxEngine, Hit};
use crate::detect::cascade::{Cascade, Search, Shrunk};
use crate::detect::engines::SetupError;
use crate::detect::opencl::Device;
use crate::picture::Picture;

/// Two cascades; the one for profiles finds faces turned to the left, and those turned to the right in a mirrored picture.
pub(super) struct Haar {
    front: Cascade,
    profile: Cascade,
    search: Search,
    device: Device,
}

impl Haar {
    pub(super) fn load(search: Search, device: Device) -> Result<Self, SetupError> {
        let (front, profile) = (Cascade::load("frontalface_default")?, Cascade::load("profileface")?);
        Ok(Self { front, profile, search, device })
    }
}

impl BoxEngine for Haar {
    fn name(&self) -> &'static str {
        "haar"
    }

    fn find(&mut self, picture: &Picture) -> opencv::Result<Vec<Hit>> {
        let luma = picture.luma();
        let picture = Shrunk::of(luma, self.device)?;
        let mut hits = self.front.find(&picture, &self.search)?;
        hits.extend(self.profile.find(&picture, &self.search)?);
        let mut mirrored = self.profile.find(&picture.mirrored()?, &self.search)?;
        for Hit { bounds, .. } in &mut mirrored {
            bounds.x = luma.width as i32 - bounds.x - bounds.width;
        }
        hits.append(&mut mirrored);
        Ok(hits)
    }
}
