//! Grey pictures as OpenCV's engines take them: in plain memory, or on the OpenCL device.

use opencv::boxed_ref::BoxedRef;
use opencv::core::{_InputArray, Mat, Size, ToInputArray, UMat};
use opencv::imgproc;
use opencv::prelude::MatTraitConst as _;

use super::opencl::Device;
use crate::picture::Luma;

/// A grey picture where the engine is to run; engines take it as it is and need no second path for OpenCL.
pub(crate) enum Matrix<'a> {
    Lent(BoxedRef<'a, Mat>),
    Own(Mat),
    /// OpenCV sends what it is given like this through OpenCL, where it has an OpenCL version.
    OnDevice(UMat),
}

impl<'a> Matrix<'a> {
    /// The picture where `device` is, which is also where what this thread does next with OpenCV may run.
    pub(crate) fn of(luma: &'a Luma, device: Device) -> opencv::Result<Self> {
        device.set_for_this_thread()?;
        let mat = Mat::new_rows_cols_with_bytes::<u8>(luma.height as i32, luma.width as i32, &luma.data)?;
        match device {
            Device::Cpu => Ok(Matrix::Lent(mat)),
            Device::OpenCl(_) => {
                let mut copy = UMat::new_def();
                mat.copy_to(&mut copy)?;
                Ok(Matrix::OnDevice(copy))
            }
        }
    }

    /// Linear where it grows; averaging where it shrinks, lest thin edges vanish.
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

    /// Left and right changed over.
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
