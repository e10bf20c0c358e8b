//! Fillers from files: GIFs, videos, folders of pictures; each decodes one picture at a time.

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder, Frames, ImageFormat, ImageReader};

use crate::picture::Pixels;
use crate::video::Video;

/// A row of pictures, one after the other.
pub(super) trait Source {
    /// Puts the next picture into `pixels` and says for how long to show it; `None` at the end.
    fn next(&mut self, pixels: &mut Pixels) -> Result<Option<Duration>, String>;

    /// Goes back to the first picture.
    fn rewind(&mut self);
}

/// What the file's first bytes say it is; `None` for anything that is not a picture.
pub(super) fn format_of(path: &Path) -> Result<Option<ImageFormat>, String> {
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(16).read_to_end(&mut head)).map_err(|e| e.to_string())?;
    Ok(image::guess_format(&head).ok())
}

/// An animated GIF, held as its file.
pub(super) struct Gif {
    file: Vec<u8>,
    frames: Frames<'static>,
}

impl Gif {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let file = std::fs::read(path).map_err(|e| e.to_string())?;
        let frames = Self::frames(&file)?;
        Ok(Self { file, frames })
    }

    fn frames(file: &[u8]) -> Result<Frames<'static>, String> {
        let decoder = GifDecoder::new(Cursor::new(file.to_vec())).map_err(|e| e.to_string())?;
        Ok(decoder.into_frames())
    }
}

impl Source for Gif {
    fn next(&mut self, pixels: &mut Pixels) -> Result<Option<Duration>, String> {
        let Some(frame) = self.frames.next() else { return Ok(None) };
        let frame = frame.map_err(|e| e.to_string())?;
        let delay = Duration::from(frame.delay());
        pixels.copy_from_rgba(&frame.into_buffer());
        Ok(Some(delay))
    }

    fn rewind(&mut self) {
        if let Ok(frames) = Self::frames(&self.file) {
            self.frames = frames;
        }
    }
}

/// A video.
pub(super) struct Film(Video);

impl Film {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        Video::open(path).map(Self)
    }
}

impl Source for Film {
    fn next(&mut self, pixels: &mut Pixels) -> Result<Option<Duration>, String> {
        Ok(self.0.next(pixels)?.then(|| self.0.frame_time()))
    }

    fn rewind(&mut self) {
        // A file that has gone since keeps its last picture on the screen.
        _ = self.0.rewind();
    }
}

/// A folder's pictures in the order of their names, ten a second.
pub(super) struct Folder {
    files: Vec<PathBuf>,
    next: usize,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let entries = std::fs::read_dir(path).map_err(|e| e.to_string())?;
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|file| file.extension().and_then(ImageFormat::from_extension).is_some_and(is_still));
        files.sort();
        for file in &files {
            let size = ImageReader::open(file).map_err(image::ImageError::IoError);
            let size = size.and_then(|reader| reader.with_guessed_format()?.into_dimensions());
            size.map_err(|error| format!("{} in it: {error}", file.file_name().unwrap_or_default().display()))?;
        }
        Ok(Self { files, next: 0 })
    }

    /// One picture that stands still.
    pub(super) fn single(path: &Path) -> Self {
        Self { files: vec![path.to_owned()], next: 0 }
    }
}

impl Source for Folder {
    fn next(&mut self, pixels: &mut Pixels) -> Result<Option<Duration>, String> {
        let Some(file) = self.files.get(self.next) else { return Ok(None) };
        self.next += 1;
        let reader = ImageReader::open(file).and_then(ImageReader::with_guessed_format).map_err(|e| e.to_string())?;
        let picture = reader.decode().map_err(|e| e.to_string())?;
        pixels.copy_from_rgba(&picture.into_rgba8());
        Ok(Some(PICTURE_FOR))
    }

    fn rewind(&mut self) {
        self.next = 0;
    }
}

fn is_still(format: ImageFormat) -> bool {
    matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Gif)
}

const PICTURE_FOR: Duration = Duration::from_millis(100);
