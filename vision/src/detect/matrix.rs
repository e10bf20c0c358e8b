//! Grey pictures as OpenCV's engines take them: in memory, or on the OpenCL device.

use opencv::boxed_ref::BoxedRef;
use opencv::core::{_InputArray, Mat, Size, ToInputArray, UMat};
use opencv::imgproc;
use opencv::prelude::MatTraitConst as _;

use super::opencl::Device;
use crate::picture::Luma;

/// A grey picture on the device of its engine; the engine has one path for all of these.
pub(crate) enum Matrix<'a> {
    /// In memory that belongs to a [`Luma`].
    Lent(BoxedRef<'a, Mat>),
    /// In memory of its own.
    Own(Mat),
    /// OpenCV processes this type through OpenCL, where it has an OpenCL version.
    OnDevice(UMat),
}

impl<'a> Matrix<'a> {
    /// The picture on `device`, on which the next OpenCV calls of this thread may run.
    pub(crate) fn of(luma: &'a Luma, device: Device) -> opencv::Result<Self> {
        device.set_for_this_thread()?;
        let mat = luma.mat()?;
        match device {
            Device::Cpu => Ok(Matrix::Lent(mat)),
            Device::OpenCl(_) => {
                let mut copy = UMat::new_def();
                mat.copy_to(&mut copy)?;
                Ok(Matrix::OnDevice(copy))
            }
        }
    }

    /// Scaled: by linear interpolation to a larger size, by averaging to a smaller one, so that thin edges remain.
    pub(crate) fn resized(&self, from: Size, to: Size) -> opencv::Result<Matrix<'static>> {
        let method = if to.width < from.width { imgproc::INTER_AREA } else { imgproc::INTER_LINEAR };
        match self {
            Matrix::OnDevice(source) => {
                let mut target = UMat::new_def();
                imgproc::resize(source, &mut target, to, 0.0, 0.0, method)?;
                Ok(Matrix::OnDevice(target))
            }
            Matrix::Lent(_) | Matrix::Own(_) => {
                let mut target = Mat::default();
                imgproc::resize(self, &mut target, to, 0.0, 0.0, method)?;
                Ok(Matrix::Own(target))
            }
        }
    }

    /// With left and right exchanged.
    pub(crate) fn mirrored(&self) -> opencv::Result<Matrix<'static>> {
        match self {
            Matrix::OnDevice(source) => {
                let mut target = UMat::new_def();
                opencv::core::flip(source, &mut target, AROUND_Y)?;
                Ok(Matrix::OnDevice(target))
            }
            Matrix::Lent(_) | Matrix::Own(_) => {
                let mut target = Mat::default();
                opencv::core::flip(self, &mut target, AROUND_Y)?;
                Ok(Matrix::Own(target))
            }
        }
    }
}

impl ToInputArray for Matrix<'_> {
    fn input_array(&self) -> opencv::Result<BoxedRef<'_, _InputArray>> {
        match self {
            Matrix::Lent(mat) => mat.input_array(),
            Matrix::Own(mat) => mat.input_array(),
            Matrix::OnDevice(umat) => umat.input_array(),
        }
    }
}

/// `flip_code` of OpenCV's `flip`.
const AROUND_Y: i32 = 1;
