//! Where OpenCV's engines run: on the processor, or through OpenCL.

use std::env;
use std::path::Path;

use opencv::core;
use opencv::prelude::DeviceTraitConst as _;

use super::settings::SetupError;

/// What the user wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OpenCl {
    /// where there is a GPU for it; --verbose says what was found
    #[default]
    Auto,
    /// on the device that OpenCV takes, an error where it takes none; OpenCV takes GPUs only, unless its own variable
    /// OPENCV_OPENCL_DEVICE names another, such as `:CPU:`
    On,
    /// never
    Off,
}

/// Where an engine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Device {
    /// On the processor, without OpenCL.
    Cpu,
    OpenCl(Chip),
}

/// What OpenCL runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chip {
    Gpu,
    /// A processor, mostly.
    Other,
}

impl Chip {
    /// Whether OpenCV runs neural networks there: on GPUs, unless its own variable lets them run anywhere.
    pub(crate) fn runs_networks(self) -> bool {
        let anywhere = || env::var("OPENCV_DNN_OPENCL_ALLOW_ALL_DEVICES").unwrap_or_default();
        self == Chip::Gpu || ["1", "true", "True", "TRUE"].contains(&anywhere().as_str())
    }
}

impl Device {
    /// This device for an engine that runs on such chips, the processor for one that does not.
    pub(crate) fn for_engine(self, runs_on: impl Fn(Chip) -> bool) -> Self {
        match self {
            Device::OpenCl(chip) if runs_on(chip) => self,
            Device::OpenCl(_) | Device::Cpu => Device::Cpu,
        }
    }

    /// Keeps OpenCV from OpenCL, or lets it, for what this thread does next.
    ///
    /// Without it OpenCV loads the machine's drivers also for engines that are to do without.
    pub(crate) fn choose(self) -> opencv::Result<()> {
        core::set_use_opencl(self != Device::Cpu)
    }
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
            (OpenCl::On, Some(Found { name, chip })) | (OpenCl::Auto, Some(Found { name, chip: chip @ Chip::Gpu })) => {
                Ok((Device::OpenCl(chip), format!("OpenCL: on {name}")))
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
    chip: Chip,
}

fn found() -> Option<Found> {
    // PoCL ends the whole program where it cannot look up the processor's layout, as in a bare chroot.
    if cfg!(target_os = "linux") && !Path::new("/sys/devices/system/cpu").exists() {
        return None;
    }
    // Both are needed: the first says that there is a library, the second that OpenCV found a device and will use it.
    if !core::have_opencl().ok()? || !core::use_opencl().ok()? {
        return None;
    }
    let device = core::Device::get_default().ok()?;
    let chip = if device.typ().ok()? & core::Device_TYPE_GPU != 0 { Chip::Gpu } else { Chip::Other };
    device.available().ok()?.then_some(Found { name: device.name().ok()?, chip })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(chip: Chip) -> Option<Found> {
        Some(Found { name: "Name".into(), chip })
    }

    #[test]
    fn auto_takes_a_gpu_only() {
        let on_gpu = (Device::OpenCl(Chip::Gpu), "OpenCL: on Name".into());
        assert_eq!(OpenCl::Auto.choose(found(Chip::Gpu)).unwrap(), on_gpu);
        assert_eq!(OpenCl::Auto.choose(found(Chip::Other)).unwrap().0, Device::Cpu);
        assert_eq!(OpenCl::Auto.choose(None).unwrap().0, Device::Cpu);
    }

    #[test]
    fn on_takes_any_device_and_fails_without_one() {
        assert_eq!(OpenCl::On.choose(found(Chip::Other)).unwrap().0, Device::OpenCl(Chip::Other));
        let error = OpenCl::On.choose(None).unwrap_err().to_string();
        assert!(error.contains("--opencl on") && error.contains("--opencl auto"), "{error}");
    }
}
