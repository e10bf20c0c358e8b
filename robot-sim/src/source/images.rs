//! JPEG files, sent byte for byte unless a size or quality is asked for.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::Frame;

#[cfg(feature = "video")]
use super::encode::JpegEncoder;
use super::sniff::{self, Looks};
use super::{Encoding, Passes, Source, SourceError, natural};

/// A list of JPEG files, of which there is at least one.
pub(crate) struct Stills {
    paths: Arc<[PathBuf]>,
    encoding: Encoding,
    held: Option<Arc<[Frame]>>,
}

/// Plays the files that are held in memory.
struct Held {
    frames: Arc<[Frame]>,
    turn: Turn,
}

/// Reads each file when its turn comes.
struct Streamed {
    paths: Arc<[PathBuf]>,
    loader: Loader,
    turn: Turn,
    frame: Option<Frame>,
}

/// Which file is next, and in which pass.
struct Turn {
    next: usize,
    done: u32,
    passes: Passes,
}

impl Stills {
    /// Lists the files, and looks at the ends of each.
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
            Some(paths.iter().map(|path| loader.load(path)).collect::<Result<_, _>>()?)
        } else {
            None
        };
        Ok(Self { paths: paths.into(), encoding, held })
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.paths.len()
    }

    /// Starts with the first file.
    pub(crate) fn play(&self, passes: Passes) -> Result<Box<dyn Source>, SourceError> {
        let turn = Turn { next: 0, done: 0, passes };
        if let Some(frames) = &self.held {
            return Ok(Box::new(Held { frames: Arc::clone(frames), turn }));
        }
        let loader = Loader::new(self.encoding)?;
        Ok(Box::new(Streamed { paths: Arc::clone(&self.paths), loader, turn, frame: None }))
    }
}

impl Source for Held {
    fn next_frame(&mut self) -> Result<Option<&Frame>, SourceError> {
        Ok(self.turn.take(self.frames.len()).map(|index| &self.frames[index]))
    }
}

impl Source for Streamed {
    fn next_frame(&mut self) -> Result<Option<&Frame>, SourceError> {
        self.frame = match self.turn.take(self.paths.len()) {
            Some(index) => Some(self.loader.load(&self.paths[index])?),
            None => None,
        };
        Ok(self.frame.as_ref())
    }
}

impl Turn {
    /// Returns the index of the next of `count` files, which are not none.
    fn take(&mut self, count: usize) -> Option<usize> {
        if self.next == count {
            self.next = 0;
            self.done = self.done.saturating_add(1);
        }
        if !self.passes.more_after(self.done) {
            return None;
        }
        self.next += 1;
        Some(self.next - 1)
    }
}

/// Reads files, and encodes them anew where that is asked for.
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
        Looks::Unknown => Err(SourceError::Unknown { path }),
    }
}

fn ends(path: &Path) -> io::Result<(Vec<u8>, Vec<u8>, u64)> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    file.by_ref().take(sniff::HEAD_LEN).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(len.saturating_sub(sniff::TAIL_LEN)))?;
    file.take(sniff::TAIL_LEN).read_to_end(&mut tail)?;
    Ok((head, tail, len))
}

/// Files of up to this many bytes in all are held in memory.
const HELD_BYTES: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
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
            Stills::open(&twice, Encoding::default(), &mut |_| ()).unwrap().held.is_some()
        };
        assert!(held(1000));
        assert!(!held(HELD_BYTES / 2 + 1));
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn files_take_turns_and_start_over_as_often_as_asked() {
        let mut turn = Turn { next: 0, done: 0, passes: "2".parse().unwrap() };
        let turns: Vec<usize> = std::iter::from_fn(|| turn.take(3)).collect();
        assert_eq!(turns, [0, 1, 2, 0, 1, 2]);
        assert_eq!(turn.take(3), None);
    }
}
