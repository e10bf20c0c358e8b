//! Where OpenCV's engines run: on the processor, or through OpenCL.

use std::env;
use std::path::Path;

use opencv::core;
use opencv::prelude::DeviceTraitConst as _;

use super::settings::SetupError;

/// What the user wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OpenCl {
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
    pub(crate) fn set_for_this_thread(self) -> opencv::Result<()> {
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

    fn choose(self, found: Result<Found, Missing>) -> Result<(Device, String), SetupError> {
        match (self, found) {
            (OpenCl::On, Err(missing)) => Err(SetupError::NoOpenCl(missing)),
            (OpenCl::On, Ok(Found { name, chip })) | (OpenCl::Auto, Ok(Found { name, chip: chip @ Chip::Gpu })) => {
                Ok((Device::OpenCl(chip), format!("OpenCL: on {name}")))
            }
            (_, Ok(Found { name, .. })) => {
                Ok((Device::Cpu, format!("OpenCL: not used, {name} is no GPU; --opencl on takes it all the same")))
            }
            (_, Err(missing)) => Ok((Device::Cpu, format!("OpenCL: not used, {missing}"))),
        }
    }
}

/// The device that OpenCV has picked.
struct Found {
    name: String,
    chip: Chip,
}

/// Why there is no device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    #[error(
        "OpenCV takes no OpenCL device of this machine; install the driver of its GPU, or set \
         OPENCV_OPENCL_DEVICE=:CPU: to use one that runs on the processor"
    )]
    Device,
    #[error("{CPUS} is not there, without which OpenCL's drivers end the program; mount /sys")]
    Sysfs,
}

fn found() -> Result<Found, Missing> {
    // PoCL ends the whole program where it cannot look up the processor's layout, as in a bare chroot.
    if cfg!(target_os = "linux") && !Path::new(CPUS).exists() {
        return Err(Missing::Sysfs);
    }
    device().ok_or(Missing::Device)
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

    fn found(chip: Chip) -> Result<Found, Missing> {
        Ok(Found { name: "Name".into(), chip })
    }

    #[test]
    fn auto_takes_a_gpu_only() {
        let on_gpu = (Device::OpenCl(Chip::Gpu), "OpenCL: on Name".into());
        assert_eq!(OpenCl::Auto.choose(found(Chip::Gpu)).unwrap(), on_gpu);
        assert_eq!(OpenCl::Auto.choose(found(Chip::Other)).unwrap().0, Device::Cpu);
        assert_eq!(OpenCl::Auto.choose(Err(Missing::Device)).unwrap().0, Device::Cpu);
    }

    #[test]
    fn on_takes_any_device_and_fails_without_one() {
        assert_eq!(OpenCl::On.choose(found(Chip::Other)).unwrap().0, Device::OpenCl(Chip::Other));
        for (missing, remedy) in [(Missing::Device, "OPENCV_OPENCL_DEVICE=:CPU:"), (Missing::Sysfs, "mount /sys")] {
            let error = OpenCl::On.choose(Err(missing)).unwrap_err().to_string();
            assert!(["--opencl on", "--opencl auto", remedy].iter().all(|part| error.contains(part)), "{error}");
        }
    }
}
