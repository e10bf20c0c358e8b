//! What pages are told: everything that there is to see at one moment, as JSON, with each robot's frame beside it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use pipeline::{
    Difficulty, PictureAge, RecordingState, RobotId, RobotView, StreamPicture, Trouble, Unreached, ViewState,
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use vision::{Kind, Sight};

use crate::overlay::caption;
use crate::scene::{self, Left, Mark};

/// Everything that there is to see at one moment.
#[derive(Debug, Default, Serialize)]
pub(super) struct Board {
    /// The kinds that are searched for.
    on: Vec<&'static str>,
    /// What is wrong with the detectors for all robots, in a few words each.
    troubles: Vec<String>,
    recording: Option<Recording>,
    message: Option<String>,
    waiting: Waiting,
    #[serde(skip)]
    pub(super) robots: Vec<Robot>,
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    board: &'a Board,
    robots: Vec<RobotJson<'a>>,
}

/// One robot, and its picture as it came.
#[derive(Debug)]
pub(super) struct Robot {
    pub(super) id: RobotId,
    /// From 1.
    pub(super) place: usize,
    /// Its name alone, where the user gave it one.
    pub(super) name: Option<Arc<str>>,
    pub(super) sight: InSight,
    pub(super) fields: RobotFields,
    marks: Vec<MarkFields>,
}

/// What is to be seen of a robot.
#[derive(Debug)]
pub(super) enum InSight {
    Nothing { is_gone: bool },
    Live(Arc<StreamPicture>),
    Stale { picture: Arc<StreamPicture>, silent_for: Duration },
}

/// What a board is made of.
pub(super) struct Facts<'a> {
    pub(super) on: &'a BTreeSet<Kind>,
    pub(super) troubles: Vec<Trouble>,
    pub(super) recording: RecordingState,
    pub(super) message: Option<String>,
    pub(super) waiting: &'a scene::Waiting,
    pub(super) now: Duration,
}

impl Board {
    pub(super) fn new(views: Vec<RobotView>, facts: Facts<'_>) -> Self {
        let Facts { on, troubles, recording, message, waiting, now } = facts;
        let is_of_a_robot = |trouble: &Trouble| !matches!(trouble.what, Difficulty::Slow { .. });
        let (of_robots, general): (Vec<_>, Vec<_>) = troubles.into_iter().partition(is_of_a_robot);
        let robot = |view: RobotView| {
            let own = of_robots.iter().filter(|trouble| trouble.concerns(view.robot.id));
            let own = own.map(Trouble::to_string).collect();
            Robot::new(view, own)
        };
        let mut robots: Vec<Robot> = views.into_iter().map(robot).collect();
        robots.sort_by_key(|robot| robot.place);
        // The last one that has left makes room for what helps the next one to come, as in the window.
        if let [Robot { sight: InSight::Nothing { is_gone: true }, .. }] = robots[..] {
            robots.clear();
        }
        let recording = Recording::of(recording, now);
        let on = on.iter().map(|kind| kind.name()).collect();
        let troubles = general.iter().map(Trouble::to_string).collect();
        Self { on, troubles, recording, message, waiting: Waiting::of(waiting.clone()), robots }
    }

    /// All of it, with the robots, for other programs.
    pub(super) fn whole(&self) -> impl Serialize {
        let robots = self.robots.iter();
        let robots = robots.map(|robot| RobotJson { fields: &robot.fields, marks: robot.marks_as_json(usize::MAX) });
        Whole { board: self, robots: robots.collect() }
    }

    /// The robot that `wanted` means: a place, from 1, or the name that the user gave to a robot.
    pub(super) fn robot(&self, wanted: &str) -> Option<&Robot> {
        // Of several, rather one that is there: the others may be what a robot has left behind that is back.
        let named = || {
            let named = self.robots.iter().filter(|robot| robot.name.as_deref() == Some(wanted));
            named.min_by_key(|robot| robot.sight.rank())
        };
        match wanted.parse::<usize>() {
            Ok(place) => self.robots.iter().find(|robot| robot.place == place).or_else(named),
            Err(_) => named(),
        }
    }
}

impl Robot {
    fn new(view: RobotView, troubles: Vec<String>) -> Self {
        let RobotView { robot, tile, state, marks, counts, numbers, .. } = view;
        let place = tile + 1;
        let (mut why, mut ago) = (None, None);
        let (name, sight) = match state {
            ViewState::Waiting { first_corrupt } => {
                why = Some(match first_corrupt {
                    None => "waiting for its first picture".to_owned(),
                    Some(reason) => format!("sends no pictures: {reason}"),
                });
                ("waiting", InSight::Nothing { is_gone: false })
            }
            ViewState::Gone { reason, detail, ago: time } => {
                let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
                (why, ago) = (Some(format!("{}{detail}", reason.as_words())), Some(time));
                ("gone", InSight::Nothing { is_gone: true })
            }
            ViewState::Live(picture) => ("live", InSight::Live(picture)),
            ViewState::Stale { picture, silent_for } => ("stale", InSight::Stale { picture, silent_for }),
        };
        let silent_ms = match &sight {
            InSight::Stale { silent_for, .. } => Some(ms(*silent_for)),
            InSight::Nothing { .. } | InSight::Live(_) => None,
        };
        let picture = sight.picture();
        let orientation = picture.map(|picture| picture.orientation()).unwrap_or_default();
        let (rotate, mirror) = orientation.as_rotation_and_flip();
        let fields = RobotFields {
            place,
            robot: robot.id.0,
            name: robot.to_string(),
            state: name,
            why,
            silent_ms,
            ago_ms: ago.map(ms),
            seq: picture.map(|picture| picture.id.seq),
            width: picture.map(|picture| picture.pixels().width()),
            height: picture.map(|picture| picture.pixels().height()),
            rotate,
            mirror,
            counts: counts.into_iter().map(|(kind, count)| (kind.name(), count)).collect(),
            fps: numbers.map(|numbers| tenths(numbers.fps)),
            age: numbers.map(|numbers| AgeFields::from(numbers.age)),
            dropped: numbers.map(|numbers| numbers.dropped),
            corrupt: numbers.map(|numbers| numbers.corrupt),
            troubles,
        };
        let marks = marks.into_iter().map(MarkFields::from).collect();
        Self { id: robot.id, place, name: robot.name, sight, fields, marks }
    }
}

impl Robot {
    /// What was found in its picture, with the texts of codes as far as they take no more than so many bytes together.
    pub(super) fn marks_as_json(&self, most_text: usize) -> Box<RawValue> {
        let mut left = most_text;
        let mut marks = Vec::with_capacity(self.marks.len());
        for fields in &self.marks {
            let text = fields.text.as_deref().filter(|text| text.len() <= left);
            left -= text.map_or(0, str::len);
            marks.push(MarkJson { fields, text });
        }
        to_raw_value(&marks).expect("its keys are strings and its numbers finite")
    }

    /// How old its picture is, by whatever is known of that.
    pub(super) fn age_ms(&self) -> Option<f64> {
        self.fields.age.as_ref().map(|age| age.ms)
    }
}

impl InSight {
    /// The lower, the more there is to see.
    fn rank(&self) -> u8 {
        match self {
            Self::Live(_) => 0,
            Self::Stale { .. } => 1,
            Self::Nothing { is_gone: false } => 2,
            Self::Nothing { is_gone: true } => 3,
        }
    }

    pub(super) fn picture(&self) -> Option<&Arc<StreamPicture>> {
        match self {
            InSight::Live(picture) | InSight::Stale { picture, .. } => Some(picture),
            InSight::Nothing { .. } => None,
        }
    }
}

/// What is said of a robot.
#[derive(Debug, Serialize)]
pub(super) struct RobotFields {
    place: usize,
    robot: u32,
    name: String,
    state: &'static str,
    why: Option<String>,
    silent_ms: Option<u64>,
    ago_ms: Option<u64>,
    seq: Option<u64>,
    width: Option<usize>,
    height: Option<usize>,
    /// How the JPEG has to be turned to give the picture: rotated clockwise first, in degrees, and then mirrored.
    rotate: u16,
    mirror: bool,
    counts: Vec<(&'static str, Option<usize>)>,
    pub(super) fps: Option<f64>,
    age: Option<AgeFields>,
    pub(super) dropped: Option<u64>,
    pub(super) corrupt: Option<u64>,
    /// The detectors that fail on its pictures or were switched off for it, in a few words each.
    troubles: Vec<String>,
}

impl RobotFields {
    /// How many there are of each kind that has an answer.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.counts.iter().filter_map(|&(kind, count)| Some((kind, count?)))
    }
}

#[derive(Serialize)]
struct RobotJson<'a> {
    #[serde(flatten)]
    fields: &'a RobotFields,
    marks: Box<RawValue>,
}

#[derive(Serialize)]
struct MarkJson<'a> {
    #[serde(flatten)]
    fields: &'a MarkFields,
    text: Option<&'a str>,
}

/// An object, where it should be in the picture.
#[derive(Debug, Serialize)]
struct MarkFields {
    kind: &'static str,
    seen: bool,
    opacity: f64,
    /// The corners, clockwise from the top left of the object itself.
    points: [[i32; 2]; 4],
    label: Option<String>,
    /// Of a code, which may be long.
    #[serde(skip)]
    text: Option<String>,
    track: Option<u32>,
    keypoints: Option<Vec<[i32; 2]>>,
}

impl From<Mark> for MarkFields {
    fn from(Mark { detection, opacity, sight }: Mark) -> Self {
        let point = |point: vision::Point| [point.x, point.y];
        let label = caption(&detection);
        Self {
            kind: detection.kind.name(),
            seen: sight == Sight::Seen,
            opacity: (opacity * 100.0).round() / 100.0,
            points: detection.shape.corners().map(point),
            label,
            text: detection
                .payload
                .as_ref()
                .map(|payload| payload.text().map_or_else(|| payload.to_string(), str::to_owned)),
            track: detection.track,
            keypoints: detection.keypoints.map(|points| points.map(point).to_vec()),
        }
    }
}

/// How old a picture is, and what that is counted from.
#[derive(Debug, Serialize)]
struct AgeFields {
    ms: f64,
    of: &'static str,
}

impl From<PictureAge> for AgeFields {
    fn from(age: PictureAge) -> Self {
        let (age, of) = match age {
            PictureAge::SinceArrival(age) => (age, "arrival"),
            PictureAge::SinceTaken(age) => (age, "taken"),
            PictureAge::OverBest(age) => (age, "best"),
        };
        Self { ms: tenths(age.as_secs_f64() * 1000.0), of }
    }
}

#[derive(Debug, Serialize)]
struct Recording {
    path: String,
    seconds: u64,
    bytes: u64,
    lost: u64,
}

impl Recording {
    fn of(state: RecordingState, now: Duration) -> Option<Self> {
        let RecordingState::On { path, since, bytes, lost, .. } = state else { return None };
        Some(Self { path: path.display().to_string(), seconds: now.saturating_sub(since).as_secs(), bytes, lost })
    }
}

/// What there is to say while no robot is there.
#[derive(Debug, Default, Serialize)]
struct Waiting {
    /// What to run on the robot.
    run: Vec<String>,
    note: Option<String>,
    unreached: Vec<UnreachedFields>,
    left: Option<LeftFields>,
}

#[derive(Debug, Serialize)]
struct UnreachedFields {
    name: Option<String>,
    url: String,
    why: Option<String>,
}

#[derive(Debug, Serialize)]
struct LeftFields {
    name: String,
    why: String,
    ago_ms: u64,
}

impl Waiting {
    fn of(scene::Waiting { reach, unreached, left }: scene::Waiting) -> Self {
        let run: Vec<String> = reach.command().into_iter().collect();
        let note = (run.is_empty() && !reach.is_dialling()).then(|| reach.hint());
        let owned = |text: Arc<str>| text.to_string();
        let unreached = unreached.into_iter().map(|Unreached { name, url, why }| UnreachedFields {
            name: name.map(owned),
            url: owned(url),
            why: why.map(owned),
        });
        let left = left.map(|Left { name, why, detail, ago, .. }| {
            let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
            LeftFields { name, why: format!("{why}{detail}"), ago_ms: ms(ago) }
        });
        Self { run, note, unreached: unreached.collect(), left }
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
