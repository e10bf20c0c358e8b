//! Fillers from files: GIFs, videos, folders of pictures; each decodes one picture at a time.

use std::fs::File;
use std::io::{self, Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder, Frames, ImageDecoder as _, ImageFormat, ImageReader, RgbaImage};

use vision::jpeg::PixelLimit;
use vision::picture::Pixels;
use vision::video::Video;

/// Pictures to show one after the other, again and again.
pub(super) trait Animation {
    /// Puts the next picture into `pixels` and says for how long to show it; `None` at the end.
    fn next(&mut self, pixels: &mut Pixels) -> Result<Option<Duration>, String>;

    /// Starts again with the first picture.
    fn rewind(&mut self);
}

/// What the file's first bytes say it is; `None` for anything that is not a picture.
pub(super) fn format_of(path: &Path) -> Result<Option<ImageFormat>, String> {
    let mut head = Vec::new();
    if !is_file(path) {
        return Err("is neither a file nor a folder".to_owned());
    }
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
        let mut decoder = GifDecoder::new(Cursor::new(file.to_vec())).map_err(|e| e.to_string())?;
        check_size(decoder.dimensions())?;
        // A frame may be larger than the picture that it is a part of.
        decoder.set_limits(limits()).map_err(|e| e.to_string())?;
        Ok(decoder.into_frames())
    }
}

impl Animation for Gif {
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

/// A video file.
pub(super) struct VideoFile(Video);

impl VideoFile {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        Video::open(path).map(Self).map_err(|error| error.to_string())
    }
}

impl Animation for VideoFile {
    fn next(&mut self, pixels: &mut Pixels) -> Result<Option<Duration>, String> {
        let has_next = self.0.next(pixels).map_err(|error| error.to_string())?;
        Ok(has_next.then(|| self.0.frame_time()))
    }

    fn rewind(&mut self) {
        // Where the file no longer exists, its last picture stays on the screen.
        _ = self.0.rewind();
    }
}

/// A folder's pictures in the order of their names, ten a second; damaged ones are skipped.
pub(super) struct Folder {
    files: Vec<PathBuf>,
    next: usize,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let entries = std::fs::read_dir(path).map_err(|e| e.to_string())?;
        let files = stills(entries.map(|entry| Ok(entry?.path()))).map_err(|e| e.to_string())?;
        for file in &files {
            let checked = dimensions(file).and_then(check_size);
            checked.map_err(|error| format!("{} in it: {error}", file.file_name().unwrap_or_default().display()))?;
        }
        Ok(Self { files, next: 0 })
    }

    /// A single picture.
    pub(super) fn single(path: &Path) -> Self {
        Self { files: vec![path.to_owned()], next: 0 }
    }
}

impl Animation for Folder {
    fn next(&mut self, pixels: &mut Pixels) -> Result<Option<Duration>, String> {
        let mut broken = None;
        while let Some(file) = self.files.get(self.next) {
            self.next += 1;
            match still(file) {
                Ok(picture) => {
                    pixels.copy_from_rgba(&picture);
                    return Ok(Some(PICTURE_FOR));
                }
                // A damaged file must not hide those after it.
                Err(error) => broken = Some(error),
            }
        }
        broken.map_or(Ok(None), Err)
    }

    fn rewind(&mut self) {
        self.next = 0;
    }
}

/// Those of a folder's entries that end as a picture does, in the order of their names.
fn stills(entries: impl Iterator<Item = io::Result<PathBuf>>) -> io::Result<Vec<PathBuf>> {
    let mut files = entries.collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().and_then(ImageFormat::from_extension).is_some_and(is_still) && is_file(file));
    files.sort();
    Ok(files)
}

/// Whether reading it ends: a pipe or a device may never say anything. What is missing is one, and an error where it is read.
fn is_file(path: &Path) -> bool {
    path.metadata().map_or(true, |found| found.is_file())
}

/// Reads a picture of no more pixels than a robot's may have.
fn still(file: &Path) -> Result<RgbaImage, String> {
    check_size(dimensions(file)?)?;
    let read = || -> image::ImageResult<RgbaImage> {
        let mut reader = ImageReader::open(file)?.with_guessed_format()?;
        reader.limits(limits());
        Ok(reader.decode()?.into_rgba8())
    };
    read().map_err(|error| error.to_string())
}

fn dimensions(file: &Path) -> Result<(u32, u32), String> {
    let size = ImageReader::open(file).map_err(image::ImageError::IoError);
    size.and_then(|reader| reader.with_guessed_format()?.into_dimensions()).map_err(|error| error.to_string())
}

fn check_size((width, height): (u32, u32)) -> Result<(), String> {
    let limit = PixelLimit::DEFAULT.pixels() as u64;
    match u64::from(width) * u64::from(height) {
        0 => Err(format!("{width}×{height} pixels; there is nothing to see")),
        pixels if pixels <= limit => Ok(()),
        _ => Err(format!("{width}×{height} pixels, limit {limit} in all; make the picture smaller")),
    }
}

fn limits() -> image::Limits {
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(MOST_DECODED);
    limits
}

fn is_still(format: ImageFormat) -> bool {
    matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Gif)
}

/// Bytes: of a GIF the picture, one of its frames and what is shown, with 4 a pixel.
const MOST_DECODED: u64 = 3 * 4 * PixelLimit::DEFAULT.pixels() as u64;
const PICTURE_FOR: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_picture_hides_none_of_those_after_it() {
        let dir = std::env::temp_dir().join(format!("filler-folder-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let paint = |name: &str, rgb| {
            image::RgbImage::from_pixel(64, 64, image::Rgb(rgb)).save(dir.join(name)).unwrap();
        };
        paint("1-red.png", [255, 0, 0]);
        paint("2-cut.png", [0, 255, 0]);
        paint("3-blue.png", [0, 0, 255]);
        let whole = std::fs::read(dir.join("2-cut.png")).unwrap();
        std::fs::write(dir.join("2-cut.png"), &whole[..whole.len() / 2]).unwrap();

        let (mut folder, mut pixels) = (Folder::open(&dir).unwrap(), Pixels::default());
        let mut round = || {
            let mut seen = Vec::new();
            while let Some(_shown_for) = folder.next(&mut pixels).unwrap() {
                seen.push(pixels.data()[0] & 0xFF_FFFF);
            }
            folder.rewind();
            seen
        };
        assert_eq!((round(), round()), (vec![0xFF_0000, 0xFF], vec![0xFF_0000, 0xFF]));

        let mut alone = Folder::single(&dir.join("2-cut.png"));
        assert!(alone.next(&mut pixels).is_err(), "half a picture was taken for a whole one");
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_picture_that_would_take_much_memory_is_refused() {
        let dir = std::env::temp_dir().join(format!("filler-large-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = dir.join("large.png");
        image::GrayImage::new(5000, 5000).save(&file).unwrap();
        let alone = Folder::single(&file).next(&mut Pixels::default()).unwrap_err();
        let in_folder = Folder::open(&dir).map(drop).unwrap_err();
        let wanted = "5000×5000 pixels, limit 16777216 in all; make the picture smaller";
        assert_eq!((alone, in_folder), (wanted.to_owned(), format!("large.png in it: {wanted}")));
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_gif_whose_frames_are_larger_than_it_says_is_refused() {
        let dir = std::env::temp_dir().join(format!("filler-gif-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = dir.join("small.gif");
        // One pixel, in a frame of 65535 × 65535 (GIF89a, 18 and 20).
        let (screen, table, frame) =
            (b"GIF89a\x01\0\x01\0\x80\0\0", [0; 6], b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;");
        std::fs::write(&file, [&screen[..], &table, frame].concat()).unwrap();
        let mut pixels = Pixels::default();
        let moving = Gif::open(&file).and_then(|mut gif| gif.next(&mut pixels)).unwrap_err();
        let still = Folder::open(&dir).unwrap().next(&mut pixels).unwrap_err();
        assert!(moving.contains("limit") && still.contains("limit"), "{moving}, {still}");
        // No width.
        std::fs::write(&file, [b"GIF89a\0\0\x01\0\x80\0\0", &table[..], frame].concat()).unwrap();
        assert_eq!(Gif::open(&file).map(drop).unwrap_err(), "0×1 pixels; there is nothing to see");
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_no_picture() {
        let dir = std::env::temp_dir().join(format!("filler-pipe-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let pipe = dir.join("pipe.png");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(format_of(&pipe), Err("is neither a file nor a folder".to_owned()));
        assert_eq!(Folder::open(&dir).unwrap().files, Vec::<PathBuf>::new());
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_listed_to_its_end_is_an_error() {
        let entries = [Ok("a.png".into()), Err(io::ErrorKind::PermissionDenied.into())];
        assert_eq!(stills(entries.into_iter()).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}
