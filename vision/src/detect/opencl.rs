//! Where OpenCV's engines run: on the processor, or through OpenCL.

mod signals;

use std::env;
use std::path::Path;

use opencv::core;
use opencv::prelude::DeviceTraitConst as _;

use super::Kind;

/// Whether engines that have an OpenCL version use it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OpenCl {
    /// If OpenCV has a GPU for it.
    #[default]
    Auto,
    /// On the device that OpenCV takes, of whatever kind; without one, loading fails.
    On,
    /// Never.
    Off,
}

/// Whether OpenCL is used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenClUse {
    /// Not used, as asked.
    Off,
    /// Not used: none of the engines has a version for it.
    NoEngine,
    /// Not used: the only device is no GPU. [`OpenCl::On`] would take it.
    NoGpu {
        /// The device's name.
        device: String,
    },
    /// Not used: there is no device.
    NoDevice(NoOpenCl),
    /// Not used although [`OpenCl::On`] asked for it: none of the engines runs on the device. Worth a warning.
    Idle {
        /// The device's name.
        device: String,
    },
    /// Used.
    Used {
        /// The device's name.
        device: String,
        /// The kinds whose engine runs on it.
        kinds: Vec<Kind>,
    },
}

/// Why there is no OpenCL device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoOpenCl {
    /// OpenCV takes GPUs only, unless its own variable names another device.
    #[error(
        "OpenCV takes no OpenCL device of this machine; install the driver of its GPU, or set \
         OPENCV_OPENCL_DEVICE=:CPU: to use one that runs on the processor"
    )]
    Device,
    /// The file system that drivers read is not mounted.
    #[error("{CPUS} is missing, without which OpenCL drivers end the program; mount /sys")]
    Sysfs,
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
    /// Allows or forbids OpenCL for the next OpenCV calls of this thread.
    ///
    /// Without this, OpenCV loads the drivers of the machine for engines on the processor too.
    pub(crate) fn set_for_this_thread(self) -> opencv::Result<()> {
        core::set_use_opencl(self != Device::Cpu)
    }
}

impl OpenCl {
    /// The device for engines that have an OpenCL version; of [`OpenClUse::Used`], the kinds are still to be filled in.
    ///
    /// This loads the OpenCL drivers of the machine, which takes some tenths of a second, except for `Off`.
    pub(crate) fn device(self) -> Result<(Device, OpenClUse), NoOpenCl> {
        match self {
            OpenCl::Off => Ok((Device::Cpu, OpenClUse::Off)),
            OpenCl::Auto | OpenCl::On => self.choose(find()),
        }
    }

    fn choose(self, found: Result<Found, NoOpenCl>) -> Result<(Device, OpenClUse), NoOpenCl> {
        match (self, found) {
            (OpenCl::On, Err(missing)) => Err(missing),
            (OpenCl::On, Ok(Found { name, chip })) | (OpenCl::Auto, Ok(Found { name, chip: chip @ Chip::Gpu })) => {
                Ok((Device::OpenCl(chip), OpenClUse::Used { device: name, kinds: Vec::new() }))
            }
            (_, Ok(Found { name, .. })) => Ok((Device::Cpu, OpenClUse::NoGpu { device: name })),
            (_, Err(missing)) => Ok((Device::Cpu, OpenClUse::NoDevice(missing))),
        }
    }
}

/// The device that OpenCV has picked.
struct Found {
    name: String,
    chip: Chip,
}

fn find() -> Result<Found, NoOpenCl> {
    // PoCL ends the whole program where it cannot look up the processor's layout, as in a bare chroot.
    if cfg!(target_os = "linux") && !Path::new(CPUS).exists() {
        return Err(NoOpenCl::Sysfs);
    }
    signals::kept(device).ok_or(NoOpenCl::Device)
}

fn device() -> Option<Found> {
    // Both are needed: the first says that there is a library, the second that OpenCV found a device and will use it.
    if !core::have_opencl().ok()? || !core::use_opencl().ok()? {
        return None;
    }
    let device = core::Device::get_default().ok()?;
    let chip = if device.typ().ok()? & core::Device_TYPE_GPU != 0 { Chip::Gpu } else { Chip::Other };
    device.available().ok()?.then_some(Found { name: device.name().ok()?, chip })
}

const CPUS: &str = "/sys/devices/system/cpu";

#[cfg(test)]
mod tests {
    use super::*;

    fn found(chip: Chip) -> Result<Found, NoOpenCl> {
        Ok(Found { name: "Name".into(), chip })
    }

    #[test]
    fn auto_takes_a_gpu_only() {
        let used = OpenClUse::Used { device: "Name".into(), kinds: Vec::new() };
        assert_eq!(OpenCl::Auto.choose(found(Chip::Gpu)), Ok((Device::OpenCl(Chip::Gpu), used)));
        let no_gpu = OpenClUse::NoGpu { device: "Name".into() };
        assert_eq!(OpenCl::Auto.choose(found(Chip::Other)), Ok((Device::Cpu, no_gpu)));
        let no_device = OpenClUse::NoDevice(NoOpenCl::Device);
        assert_eq!(OpenCl::Auto.choose(Err(NoOpenCl::Device)), Ok((Device::Cpu, no_device)));
    }

    #[test]
    fn on_takes_any_device_and_fails_without_one() {
        assert_eq!(OpenCl::On.choose(found(Chip::Other)).map(|(device, _)| device), Ok(Device::OpenCl(Chip::Other)));
        for (missing, remedy) in [(NoOpenCl::Device, "OPENCV_OPENCL_DEVICE=:CPU:"), (NoOpenCl::Sysfs, "mount /sys")] {
            let error = OpenCl::On.choose(Err(missing)).unwrap_err();
            assert!(error == missing && error.to_string().contains(remedy), "{error}");
        }
    }
}
