//! What the window shows until a robot connects: digital rain, or the user's animation.

mod media;
mod rain;

use std::path::PathBuf;
use std::time::Duration;

use crate::canvas::{Placement, Surface};
use media::{Animation, Folder, Gif, VideoFile};
use rain::Rain;
use vision::Pixels;

/// Which filler the user wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum FillerChoice {
    /// Green digital rain, drawn by the program.
    #[default]
    Rain,
    /// A GIF, a video, a picture, or a folder of pictures.
    Path(PathBuf),
}

/// Draws itself for any moment; it never becomes a picture, so detectors, counts and reports cannot see it.
pub(crate) enum Filler {
    Rain(Rain),
    Media(Player),
}

impl Filler {
    /// Opens the filler and decodes its first picture.
    pub(crate) fn open(choice: &FillerChoice) -> Result<Self, FillerError> {
        let FillerChoice::Path(path) = choice else {
            return Ok(Filler::Rain(Rain::new().map_err(FillerError::Rain)?));
        };
        let failed = |reason: String| FillerError::Unreadable { path: path.clone(), reason };
        let animation: Box<dyn Animation> = if path.is_dir() {
            Box::new(Folder::open(path).map_err(failed)?)
        } else {
            match media::format_of(path).map_err(failed)? {
                Some(image::ImageFormat::Gif) => Box::new(Gif::open(path).map_err(failed)?),
                Some(_) => Box::new(Folder::single(path)),
                None => Box::new(VideoFile::open(path).map_err(failed)?),
            }
        };
        Player::start(animation).map(Filler::Media).map_err(failed)
    }

    /// Draws itself over all of `surface`.
    pub(crate) fn draw(&mut self, surface: &mut Surface<'_>, now: Duration) -> opencv::Result<()> {
        let area = surface.area();
        surface.fill(area, BLACK);
        match self {
            Filler::Rain(rain) => {
                rain.draw(surface, now);
                Ok(())
            }
            Filler::Media(player) => {
                let pixels = player.at(now);
                let place = Placement::fit(pixels.width(), pixels.height(), area.width as usize, area.height as usize);
                surface.picture(pixels, place)
            }
        }
    }
}

/// Why there is no filler; the user's file is at fault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FillerError {
    /// The file or folder cannot be shown.
    #[error("filler {}: {reason}; give a GIF, a video, a JPEG or PNG, or a folder of them, or leave --filler out", path.display())]
    Unreadable {
        /// What `--filler` named.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// OpenCV cannot draw text.
    #[error("the digital rain cannot be drawn")]
    Rain(#[source] opencv::Error),
}

/// Plays an animation in a loop, with one picture in memory.
pub(crate) struct Player {
    animation: Box<dyn Animation>,
    current: Pixels,
    shown_for: Duration,
    since: Option<Duration>,
}

impl Player {
    fn start(mut animation: Box<dyn Animation>) -> Result<Self, String> {
        let mut current = Pixels::default();
        let shown_for = animation.next(&mut current)?.ok_or("has no picture in it")?;
        Ok(Self { animation, current, shown_for, since: None })
    }

    fn at(&mut self, now: Duration) -> &Pixels {
        let since = *self.since.get_or_insert(now);
        if now.saturating_sub(since) >= self.shown_for {
            self.advance();
            // After an interruption the animation continues from here; it does not race through what it missed.
            let due = since + self.shown_for;
            self.since = Some(if now.saturating_sub(due) > self.shown_for { now } else { due });
        }
        &self.current
    }

    /// A picture that has become unreadable since the start is skipped; the last one stays.
    fn advance(&mut self) {
        for _ in 0..2 {
            match self.animation.next(&mut self.current) {
                Ok(Some(shown_for)) => {
                    self.shown_for = shown_for.max(SHORTEST);
                    return;
                }
                Ok(None) | Err(_) => self.animation.rewind(),
            }
        }
    }
}

const BLACK: crate::canvas::Colour = [0; 3];
/// For GIFs that give no delay between pictures, as browsers do.
const SHORTEST: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn error(choice: &FillerChoice) -> String {
        Filler::open(choice).err().unwrap().to_string()
    }

    #[test]
    fn a_filler_that_cannot_be_read_is_named_with_the_reason() {
        let dir = std::env::temp_dir().join(format!("filler-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let text = dir.join("notes.txt");
        fs::write(&text, "no picture").unwrap();
        for (path, want) in
            [(dir.join("none.gif"), "No such file"), (text.clone(), "not a video"), (dir.clone(), "no picture")]
        {
            let said = error(&FillerChoice::Path(path.clone()));
            assert!(said.contains(want) && said.contains(&path.display().to_string()), "{said}");
        }
        fs::remove_dir_all(dir).unwrap();
    }

    /// Numbers its pictures by their width.
    struct Counting(usize);

    impl Animation for Counting {
        fn next(&mut self, pixels: &mut Pixels) -> Result<Option<Duration>, String> {
            if self.0 == 3 {
                return Ok(None);
            }
            self.0 += 1;
            pixels.resize(self.0, 1);
            Ok(Some(Duration::from_millis(100)))
        }

        fn rewind(&mut self) {
            self.0 = 0;
        }
    }

    #[test]
    fn an_animation_starts_again_at_its_end_and_does_not_race_after_a_pause() {
        let mut player = Player::start(Box::new(Counting(0))).unwrap();
        let widths =
            [0, 50, 100, 210, 300, 60_000, 60_050, 60_100].map(|ms| player.at(Duration::from_millis(ms)).width());
        assert_eq!(widths, [1, 1, 2, 3, 1, 2, 2, 3]);
    }
}
