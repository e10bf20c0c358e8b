//! Where OpenCV's engines run: on the processor, or through OpenCL.

use opencv::core;
use opencv::prelude::DeviceTraitConst as _;

use super::settings::SetupError;

/// What the user wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OpenCl {
    /// where there is a GPU for it; --verbose says what was found
    #[default]
    Auto,
    /// on whatever device OpenCV takes; an error where there is none
    On,
    /// never
    Off,
}

/// Where an engine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Device {
    Cpu,
    OpenCl,
}

impl OpenCl {
    /// The device for engines that have an OpenCL version, and why it is that one.
    ///
    /// Asking loads the machine's OpenCL drivers, which takes some tenths of a second; `Off` does not ask.
    pub(crate) fn device(self) -> Result<(Device, String), SetupError> {
        match self {
            OpenCl::Off => Ok((Device::Cpu, "OpenCL: off, as asked".to_owned())),
            OpenCl::Auto | OpenCl::On => self.choose(found()),
        }
    }

    fn choose(self, found: Option<Found>) -> Result<(Device, String), SetupError> {
        match (self, found) {
            (OpenCl::On, None) => Err(SetupError::NoOpenCl),
            (OpenCl::On, Some(Found { name, .. })) | (OpenCl::Auto, Some(Found { name, is_gpu: true })) => {
                Ok((Device::OpenCl, format!("OpenCL: on {name}")))
            }
            (_, Some(Found { name, .. })) => {
                Ok((Device::Cpu, format!("OpenCL: not used, {name} is no GPU; --opencl on takes it all the same")))
            }
            (_, None) => Ok((Device::Cpu, "OpenCL: not used, OpenCV finds no device".to_owned())),
        }
    }
}

/// The device that OpenCV has picked.
struct Found {
    name: String,
    is_gpu: bool,
}

fn found() -> Option<Found> {
    // Both are needed: the first says that there is a library, the second that OpenCV found a device and will use it.
    if !core::have_opencl().ok()? || !core::use_opencl().ok()? {
        return None;
    }
    let device = core::Device::get_default().ok()?;
    let is_gpu = device.typ().ok()? & core::Device_TYPE_GPU != 0;
    device.available().ok()?.then_some(Found { name: device.name().ok()?, is_gpu })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(is_gpu: bool) -> Option<Found> {
        Some(Found { name: "Chip".into(), is_gpu })
    }

    #[test]
    fn auto_takes_a_gpu_only() {
        assert_eq!(OpenCl::Auto.choose(found(true)).unwrap(), (Device::OpenCl, "OpenCL: on Chip".into()));
        assert_eq!(OpenCl::Auto.choose(found(false)).unwrap().0, Device::Cpu);
        assert_eq!(OpenCl::Auto.choose(None).unwrap().0, Device::Cpu);
    }

    #[test]
    fn on_takes_any_device_and_fails_without_one() {
        assert_eq!(OpenCl::On.choose(found(false)).unwrap().0, Device::OpenCl);
        let error = OpenCl::On.choose(None).unwrap_err().to_string();
        assert!(error.contains("--opencl on") && error.contains("--opencl auto"), "{error}");
    }
}
