//! `sensor_msgs/CompressedImage` as ROS 1 encodes it.

use crate::fields::Fields;
use crate::image::{Image, stamp};

/// Reads a picture; `None` if the bytes are not one.
pub(crate) fn decode(message: &[u8]) -> Option<Image<'_>> {
    let mut fields = Fields(message);
    let (_seq, seconds, nanos) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let _frame_id = fields.bytes()?;
    let format = fields.bytes()?;
    Some(Image { taken_ns: stamp(seconds, nanos), format, data: fields.bytes()? })
}
