//! People by Google's MoveNet, without the part that picks a single person: whole people, and parts of them near by.
//!
//! One [`Pass`] looks at an area of the picture in one size. Two are needed: the network sees people of a tenth to nearly
//! all of its input's height, but not of both kinds in one size. See `vision/model/movenet/README.md` for the model.

mod decode;
mod stream;

use opencv::core::{self, Mat, Rect as CvRect, Size, Vector};
use opencv::dnn::{self, Net};
use opencv::imgproc;
use opencv::prelude::{MatTraitConstManual as _, NetTrait as _};

use super::HumanSpeed;
use crate::detect::{Answer, DetectError, Detection, Detector, Kind, Rect, Stream};
use crate::opencv_error::reason;
use crate::picture::Picture;
use decode::{CELL, Grid};
use decode::{Person, Seen, join};
pub(crate) use stream::Memory;

/// The network, ready for pictures.
pub(super) struct Movenet {
    /// The most recently used last: a change of the input's size costs a network as much as a small pass.
    networks: Vec<(Size, Net)>,
    /// Of the pass over the whole picture.
    whole: i32,
}

/// One look at a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pass {
    /// The part of the picture to look at; what is outside the picture is left out.
    area: Rect,
    /// The longer side of the network's input, in pixels: a multiple of 32. People of 36 pixels and higher are found in it.
    long_side: i32,
}

impl Movenet {
    /// Reads the model, which is part of the program.
    pub(super) fn new(speed: HumanSpeed) -> opencv::Result<Self> {
        let whole = match speed {
            HumanSpeed::Thorough => WHOLE,
            HumanSpeed::Fast => WHOLE_FAST,
        };
        Ok(Self { networks: vec![(Size::default(), network()?)], whole })
    }

    /// The passes over a whole picture, for all of its people: those from a tenth of its height on, and those who fill it.
    ///
    /// A small picture is enlarged for the first one, up to double its size.
    fn passes(&self, picture: &Picture) -> [Pass; 2] {
        let area = all_of(picture);
        let own = area.width.max(area.height);
        let whole = (own.saturating_mul(2) / STEP * STEP).clamp(CLOSE, self.whole);
        [whole, CLOSE].map(|long_side| Pass { area, long_side })
    }

    /// What is seen in one pass.
    ///
    /// # Errors
    /// Fails where OpenCV does, and on an area outside the picture.
    fn look(&mut self, picture: &Picture, pass: Pass) -> opencv::Result<Seen> {
        let whole = all_of(picture);
        let area = pass.area.intersection(&whole);
        let size = input_size(area, pass.long_side);
        let input = input(picture, area, size)?;
        let network = self.network_for(size, networks_for(picture))?;
        network.set_input_def(&input)?;
        let mut outputs = Vector::<Mat>::new();
        network.forward(&mut outputs, &Vector::from_iter(["center", "reg"]))?;
        let (centres, offsets) = (outputs.get(0)?, outputs.get(1)?);
        let per_cell = |inside: i32, of: i32| CELL * f64::from(of) / f64::from(inside);
        let grid = Grid {
            columns: (f64::from(size.width) / CELL) as usize,
            rows: (f64::from(size.height) / CELL) as usize,
            origin: [f64::from(area.x), f64::from(area.y)],
            cell: [per_cell(size.width, area.width), per_cell(size.height, area.height)],
        };
        Ok(Seen::decode(centres.data_typed()?, offsets.data_typed()?, grid, whole))
    }

    /// The network that had an input of this size last, or else the one that was used least recently; of `most` in memory.
    fn network_for(&mut self, size: Size, most: usize) -> opencv::Result<&mut Net> {
        let used = match self.networks.iter().position(|(had, _)| *had == size || *had == Size::default()) {
            Some(at) => self.networks.remove(at).1,
            None if self.networks.len() < most => network()?,
            None => self.networks.remove(0).1,
        };
        self.networks.push((size, used));
        self.networks.drain(..self.networks.len().saturating_sub(most));
        Ok(&mut self.networks.last_mut().expect("one was added").1)
    }

    fn find(&mut self, picture: &Picture) -> opencv::Result<Vec<Detection>> {
        if picture.pixels().data().is_empty() {
            return Ok(Vec::new());
        }
        let (people, _) = self.all_people(picture)?;
        Ok(join(people, NAME))
    }

    /// Everybody in a picture that is not empty, some of them several times, and what the close look has seen.
    fn all_people(&mut self, picture: &Picture) -> opencv::Result<(Vec<Person>, Seen)> {
        let [whole, close] = self.passes(picture);
        let close = self.look(picture, close)?;
        let whole = self.look(picture, whole)?;
        let people = whole.confirmed(&close).chain(&close.people).cloned().collect();
        Ok((people, close))
    }
}

impl Detector for Movenet {
    fn kind(&self) -> Kind {
        Kind::Human
    }

    fn detect(&mut self, picture: &Picture) -> Result<Vec<Detection>, DetectError> {
        self.find(picture).map_err(|error| DetectError::failed(NAME, picture.luma(), reason(&error)))
    }

    fn detect_next(&mut self, stream: &mut Stream, picture: &Picture) -> Result<Answer, DetectError> {
        let outcome = self.find_next(stream, picture);
        outcome.map_err(|error| DetectError::failed(NAME, picture.luma(), reason(&error)))
    }
}

fn all_of(picture: &Picture) -> Rect {
    Rect { x: 0, y: 0, width: picture.pixels().width() as i32, height: picture.pixels().height() as i32 }
}

/// How many networks are in memory while pictures like this one are searched.
fn networks_for(picture: &Picture) -> usize {
    // A large picture takes the memory of the second one itself, and each of its strips takes longer than the change.
    if picture.pixels().data().len() > LARGE { 1 } else { 2 }
}

fn network() -> opencv::Result<Net> {
    dnn::read_net_from_onnx_buffer(&Vector::from_slice(MODEL))
}

/// Both sides are the nearest multiples of 32, as the network needs; a picture of 4:3 is then slightly too low.
fn input_size(area: Rect, long_side: i32) -> Size {
    let scale = f64::from(long_side) / f64::from(area.width.max(area.height).max(1));
    // Halves go down: the measured thresholds are for 192×128 in place of 192×144.
    let side = |of: i32| (((f64::from(of) * scale / f64::from(STEP) - 0.5).ceil() as i32) * STEP).max(STEP);
    Size::new(side(area.width), side(area.height))
}

/// The network's input: `[1, 3, height, width]`, red first, from 0 to 255.
fn input(picture: &Picture, area: Rect, size: Size) -> opencv::Result<Mat> {
    let pixels = picture.pixels().mat()?;
    let part = Mat::roi(&pixels, CvRect::new(area.x, area.y, area.width, area.height))?;
    // Averaging keeps texture from turning into patterns that look like people.
    let method = if size.width < area.width { imgproc::INTER_AREA } else { imgproc::INTER_LINEAR };
    let (mut scaled, mut colour) = (Mat::default(), Mat::default());
    imgproc::resize(&part, &mut scaled, size, 0.0, 0.0, method)?;
    imgproc::cvt_color_def(&scaled, &mut colour, imgproc::COLOR_BGRA2RGB)?;
    dnn::blob_from_image(&colour, 1.0, Size::default(), core::Scalar::default(), false, false, core::CV_32F)
}

const NAME: &str = "movenet";
const MODEL: &[u8] = include_bytes!("../../../model/movenet/people-for-opencv.onnx");
/// What the sides of the input are multiples of, in pixels.
const STEP: i32 = 32;
/// The longer side of the input for the whole picture, in pixels: people from a sixteenth of it on.
const WHOLE: i32 = 640;
/// Two thirds of the time.
const WHOLE_FAST: i32 = 512;
/// The longer side of the input for people who fill the picture, wholly or in part.
const CLOSE: i32 = 192;
/// The most pixels of a picture for which a second network is kept: one for each of the two sizes of input.
const LARGE: usize = 1280 * 720;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Pixels;

    fn portrait() -> Picture {
        let file = fixtures::get("portrait.jpg").unwrap().path();
        Picture::from_jpeg(&std::fs::read(file).unwrap()).unwrap()
    }

    /// Left, top, right and bottom of the head's key points.
    fn head(human: &Detection) -> [i32; 4] {
        let head = &human.keypoints.unwrap()[..5];
        let (xs, ys) = (head.iter().map(|p| p.x), head.iter().map(|p| p.y));
        [xs.clone().min(), ys.clone().min(), xs.max(), ys.max()].map(Option::unwrap)
    }

    #[test]
    fn somebody_cut_off_by_the_edge_is_one_person_with_a_head_where_it_is() {
        let found = Movenet::new(HumanSpeed::Thorough).unwrap().detect(&portrait()).unwrap();
        let [human] = &found[..] else { panic!("{found:?}") };
        let [left, top, right, bottom] = head(human);
        assert!(70 < left && right < 180 && 40 < top && bottom < 150, "{human:?}");
        assert!(human.shape.bounds().height > 200 && human.engine == NAME, "{human:?}");
    }

    #[test]
    fn what_is_seen_in_a_part_of_the_picture_is_where_it_is_in_all_of_it() {
        let (portrait, mut wall) = (portrait(), Pixels::new(640, 480));
        let (left, top) = (350, 120);
        for (n, &pixel) in portrait.pixels().data().iter().enumerate() {
            let (x, y) = (n % portrait.pixels().width(), n / portrait.pixels().width());
            wall.data_mut()[(top + y) * 640 + left + x] = pixel;
        }
        let mut movenet = Movenet::new(HumanSpeed::Thorough).unwrap();
        let [_, pass] = movenet.passes(&portrait);
        let alone = join(movenet.look(&portrait, pass).unwrap().people, NAME);
        let area = Rect { x: left as i32, y: top as i32, ..pass.area };
        let among = join(movenet.look(&wall.into(), Pass { area, ..pass }).unwrap().people, NAME);
        let there: Vec<_> = alone.iter().map(|human| human.clone().moved(left as i32, top as i32)).collect();
        assert!(!there.is_empty() && head(&there[0]) == head(&among[0]), "{there:?} {among:?}");
    }

    #[test]
    fn inputs_are_multiples_of_32_with_the_long_side_asked_for() {
        let size = |width, height, long| {
            let size = input_size(Rect { x: 0, y: 0, width, height }, long);
            (size.width, size.height)
        };
        assert_eq!(size(640, 480, 640), (640, 480));
        assert_eq!(size(768, 576, 192), (192, 128));
        assert_eq!(size(480, 640, 192), (128, 192));
        assert_eq!(size(1920, 1080, 640), (640, 352));
        assert_eq!(size(1, 4000, 640), (32, 640));
    }

    #[test]
    fn a_small_picture_is_doubled_and_not_more() {
        let movenet = Movenet::new(HumanSpeed::Thorough).unwrap();
        let longs = |side| movenet.passes(&Pixels::new(side, side / 2).into()).map(|pass| pass.long_side);
        assert_eq!([20, 160, 250, 320, 4000].map(longs), [[192, 192], [320, 192], [480, 192], [640, 192], [640, 192]]);
    }

    #[test]
    fn an_area_outside_the_picture_is_an_error_and_no_panic() {
        let pass = Pass { area: Rect { x: 1000, y: 0, width: 10, height: 10 }, long_side: CLOSE };
        assert!(Movenet::new(HumanSpeed::Fast).unwrap().look(&portrait(), pass).is_err());
    }

    #[test]
    fn passes_of_two_sizes_take_a_network_each_and_more_sizes_no_more() {
        let mut movenet = Movenet::new(HumanSpeed::Fast).unwrap();
        let mut sizes_after = |sides: &[i32], most| -> Vec<i32> {
            for &side in sides {
                movenet.network_for(Size::new(side, side), most).unwrap();
            }
            movenet.networks.iter().map(|(size, _)| size.width).collect()
        };
        assert_eq!(sizes_after(&[64, 96, 64, 128, 160], 2), [128, 160]);
        assert_eq!(sizes_after(&[128], 1), [128], "a larger picture leaves room for one");
    }
}
