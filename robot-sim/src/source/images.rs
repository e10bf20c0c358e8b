//! JPEG files, sent byte for byte unless a size or quality is asked for.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::Frame;

#[cfg(feature = "video")]
use super::encode::JpegEncoder;
use super::sniff::{self, Looks};
use super::{Encoding, HELD_BYTES, Pass, Played, SourceError, natural, open_file};

/// A list of JPEG files, of which there is at least one.
pub(crate) struct ImageFiles {
    paths: Arc<[PathBuf]>,
    encoding: Encoding,
    held: Option<Vec<Played>>,
}

/// Reads each file when its turn comes.
struct Reading {
    paths: Arc<[PathBuf]>,
    loader: Loader,
    next: usize,
}

impl ImageFiles {
    /// Lists the files, and checks both ends of each.
    pub(crate) fn open(
        given: &[PathBuf],
        encoding: Encoding,
        warn: &mut dyn FnMut(String),
    ) -> Result<Self, SourceError> {
        let mut paths = Vec::new();
        for path in given {
            if path.is_dir() {
                paths.extend(folder(path)?);
            } else {
                paths.push(path.clone());
            }
        }
        let mut total = 0;
        for path in &paths {
            total += check(path, warn)?;
        }
        // Small sets are read once, so that neither loops nor further robots wait for the disk; large ones never fill memory.
        let held = if total <= HELD_BYTES {
            let mut loader = Loader::new(encoding)?;
            Some(paths.iter().map(|path| loader.load(path).map(Played::from)).collect::<Result<_, _>>()?)
        } else {
            None
        };
        Ok(Self { paths: paths.into(), encoding, held })
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.paths.len()
    }

    /// All frames, if they are few enough to be in memory.
    pub(super) fn held(&self) -> Option<&[Played]> {
        self.held.as_deref()
    }

    /// Starts with the first file.
    pub(super) fn start(&self) -> Result<Box<dyn Pass>, SourceError> {
        Ok(Box::new(Reading { paths: Arc::clone(&self.paths), loader: Loader::new(self.encoding)?, next: 0 }))
    }
}

impl Pass for Reading {
    fn next_frame(&mut self) -> Result<Option<Played>, SourceError> {
        let Some(path) = self.paths.get(self.next) else { return Ok(None) };
        self.next += 1;
        self.loader.load(path).map(|frame| Some(frame.into()))
    }

    fn skip(&mut self, frames: u64) -> Result<(), SourceError> {
        self.next += usize::try_from(frames).unwrap_or(usize::MAX).min(self.paths.len() - self.next);
        Ok(())
    }
}

/// Reads files, and encodes them again if a size or quality is given.
struct Loader {
    #[cfg(feature = "video")]
    encoder: Option<JpegEncoder>,
}

impl Loader {
    #[cfg(feature = "video")]
    fn new(encoding: Encoding) -> Result<Self, SourceError> {
        let encoder = if encoding.is_as_it_is() { None } else { Some(JpegEncoder::new(encoding)?) };
        Ok(Self { encoder })
    }

    #[cfg(feature = "video")]
    fn load(&mut self, path: &Path) -> Result<Frame, SourceError> {
        let bytes = match &mut self.encoder {
            Some(encoder) => encoder.encode_jpeg(&read(path)?).map_err(|source| SourceError::encode(path, source))?,
            None => read(path)?,
        };
        frame(path, bytes)
    }

    #[cfg(not(feature = "video"))]
    fn new(encoding: Encoding) -> Result<Self, SourceError> {
        if encoding.is_as_it_is() { Ok(Self {}) } else { Err(SourceError::WithoutVideo) }
    }

    #[cfg(not(feature = "video"))]
    fn load(&mut self, path: &Path) -> Result<Frame, SourceError> {
        frame(path, read(path)?)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, SourceError> {
    fs::read(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })
}

fn frame(path: &Path, bytes: Vec<u8>) -> Result<Frame, SourceError> {
    Frame::new(bytes).map_err(|source| SourceError::Frame { path: path.to_owned(), source })
}

/// Lists the JPEG files of a folder by name; other files may stand beside them.
fn folder(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let read = |source| SourceError::Read { path: path.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(read)? {
        let file = entry.map_err(read)?.path();
        let extension = file.extension().unwrap_or_default();
        if (extension.eq_ignore_ascii_case("jpg") || extension.eq_ignore_ascii_case("jpeg")) && file.is_file() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(SourceError::EmptyFolder { path: path.to_owned() });
    }
    files.sort_by(|a, b| natural::compare(a.as_os_str().as_encoded_bytes(), b.as_os_str().as_encoded_bytes()));
    Ok(files)
}

/// Looks at the ends of a file, and returns its length.
fn check(path: &Path, warn: &mut dyn FnMut(String)) -> Result<u64, SourceError> {
    let (head, tail, len) = ends(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
    let path = path.to_owned();
    match sniff::look(&head, &tail) {
        Looks::Whole => Ok(len),
        Looks::CutShort => {
            warn(format!("{} has no end-of-image marker; it is sent as it is", path.display()));
            Ok(len)
        }
        Looks::Empty => Err(SourceError::Empty { path }),
        Looks::Picture(found) => Err(SourceError::NotJpeg { path, found }),
        Looks::Video => Err(SourceError::Moving { path }),
        Looks::Recording => Err(SourceError::IsRecording { path }),
        Looks::Unknown => Err(SourceError::Unknown { path }),
    }
}

/// Whether it is a recording of robots, whatever it is called.
#[cfg(feature = "video")]
pub(super) fn is_recording(path: &Path) -> bool {
    ends(path).is_ok_and(|(head, tail, _)| sniff::look(&head, &tail) == Looks::Recording)
}

fn ends(path: &Path) -> io::Result<(Vec<u8>, Vec<u8>, u64)> {
    let mut file = open_file(path)?;
    let len = file.metadata()?.len();
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    file.by_ref().take(sniff::HEAD_LEN).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(len.saturating_sub(sniff::TAIL_LEN)))?;
    file.take(sniff::TAIL_LEN).read_to_end(&mut tail)?;
    Ok((head, tail, len))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;
    use std::{env, process};

    use super::*;

    /// A file that begins and ends as a JPEG, with a hole between that takes no room on the disk.
    fn hollow(path: &Path, len: u64) {
        let mut file = File::create(path).unwrap();
        file.write_all(&[0xff, 0xd8, 0xff]).unwrap();
        file.seek(SeekFrom::Start(len - 2)).unwrap();
        file.write_all(&[0xff, 0xd9]).unwrap();
    }

    #[test]
    fn only_files_that_are_small_in_all_are_held_in_memory() {
        let path = env::temp_dir().join(format!("robot-sim-hollow-{}.jpg", process::id()));
        let held = |len| {
            hollow(&path, len);
            let twice = [path.clone(), path.clone()];
            ImageFiles::open(&twice, Encoding::default(), &mut |_| ()).unwrap().held.is_some()
        };
        assert!(held(1000));
        assert!(!held(HELD_BYTES / 2 + 1));
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_pass_has_each_file_once_and_skips_what_it_is_asked_to() {
        let path = env::temp_dir().join(format!("robot-sim-pass-{}.jpg", process::id()));
        hollow(&path, 10);
        let images = ImageFiles::open(&vec![path.clone(); 3], Encoding::default(), &mut |_| ()).unwrap();
        let rest = |skipped| {
            let mut pass = images.start().unwrap();
            pass.skip(skipped).unwrap();
            std::iter::from_fn(|| pass.next_frame().unwrap()).count()
        };
        assert_eq!([rest(0), rest(2), rest(9)], [3, 1, 0]);
        fs::remove_file(&path).unwrap();
    }
}
