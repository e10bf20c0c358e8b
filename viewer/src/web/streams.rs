//! Pictures for other programs: a stream of JPEGs, and the picture of the moment.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, StreamExt as _};
use pipeline::{Clock, RobotId, StreamPicture};
use protocol::Frame;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::board::{Board, InSight, Robot};
use super::gallery::Gallery;

/// The picture of the moment; 503 if it is old, with its age, and 404 if there is no such robot.
pub(super) fn snapshot(board: &Board, wanted: &str) -> Response {
    let Some(robot) = board.robot(wanted) else { return no_robot(wanted) };
    let unavailable =
        |why: String| (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], why).into_response();
    let (mut response, age) = match &robot.sight {
        InSight::Live(picture) => {
            (([(header::CONTENT_TYPE, "image/jpeg")], jpeg(picture)).into_response(), robot.age_ms())
        }
        InSight::Stale { silent_for, .. } => {
            let why = format!("no new picture for {:.1} s, though the robot is connected\n", silent_for.as_secs_f64());
            (unavailable(why), Some(silent_for.as_secs_f64() * 1000.0))
        }
        InSight::Nothing { is_gone: false } => (unavailable("no picture yet\n".to_owned()), None),
        InSight::Nothing { is_gone: true } => {
            return (StatusCode::NOT_FOUND, "this robot has left; /state says why\n").into_response();
        }
    };
    if let Some(age) = age {
        response.headers_mut().insert(AGE_MS, HeaderValue::from(age.round() as u64));
    }
    response
}

/// JPEG after JPEG (`multipart/x-mixed-replace`), of each moment the newest that the program takes.
///
/// It ends when the robot leaves, or has been silent for so long that a picture which stands still would deceive.
pub(super) fn stream(gallery: &Arc<Gallery>, wanted: &str, permit: OwnedSemaphorePermit) -> Response {
    let board = gallery.look();
    let robot = match board.robot(wanted) {
        Some(Robot { sight: InSight::Nothing { is_gone: true } | InSight::Stale { .. }, .. }) | None => {
            return snapshot(&board, wanted);
        }
        Some(robot) => robot.id,
    };
    let clock = gallery.observer.clock();
    let source = Source { boards: gallery.boards(), clock, robot, sent: None, _permit: permit };
    // There may be no board yet that has the robot.
    gallery.publish();
    let parts = stream::unfold(source, |mut source| async move {
        let part = source.next().await?;
        Some((stream::iter(part.map(Ok::<Bytes, Infallible>)), source))
    });
    let content_type = format!("multipart/x-mixed-replace; boundary={BOUNDARY}");
    ([(header::CONTENT_TYPE, content_type)], Body::from_stream(parts.flatten())).into_response()
}

/// Where a stream is.
struct Source {
    boards: watch::Receiver<Arc<Board>>,
    clock: Clock,
    robot: RobotId,
    /// The last picture that was sent.
    sent: Option<u64>,
    _permit: OwnedSemaphorePermit,
}

/// What there is for a stream at one moment.
enum Look {
    Part(Part),
    Nothing,
    End,
}

impl Source {
    /// The next part; `None` at the end.
    async fn next(&mut self) -> Option<Part> {
        let clock = self.clock;
        let next = async {
            loop {
                match self.look() {
                    Look::Part(part) => return Some(part),
                    Look::Nothing => self.boards.changed().await.ok()?,
                    Look::End => return None,
                }
            }
        };
        clock.timeout(LONGEST_SILENCE, next).await?
    }

    fn look(&mut self) -> Look {
        let board = Arc::clone(&self.boards.borrow_and_update());
        let Some(robot) = board.robots.iter().find(|robot| robot.id == self.robot) else { return Look::End };
        match &robot.sight {
            InSight::Live(picture) if self.sent != Some(picture.id.seq) => {
                self.sent = Some(picture.id.seq);
                Look::Part(part(picture, robot.age_ms()))
            }
            InSight::Nothing { is_gone: true } => Look::End,
            InSight::Live(_) | InSight::Stale { .. } | InSight::Nothing { is_gone: false } => Look::Nothing,
        }
    }
}

/// The head of one picture, its JPEG, and what follows it.
type Part = [Bytes; 3];

fn part(picture: &StreamPicture, age_ms: Option<f64>) -> Part {
    let length = picture.frame.as_bytes().len();
    let age = age_ms.map(|age| format!("X-Age-Ms: {age:.0}\r\n")).unwrap_or_default();
    let head = format!("--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n{age}\r\n");
    [head.into(), jpeg(picture), Bytes::from_static(b"\r\n")]
}

fn jpeg(picture: &StreamPicture) -> Bytes {
    Bytes::from_owner(Jpeg(Arc::clone(&picture.frame)))
}

/// The bytes as the robot sent them, which are not copied; who reads them slowly does not keep the decoded picture.
struct Jpeg(Arc<Frame>);

impl AsRef<[u8]> for Jpeg {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn no_robot(wanted: &str) -> Response {
    let wanted: String = wanted.chars().take(80).collect();
    let why = format!("there is no robot {wanted:?}; /state lists those that are there\n");
    (StatusCode::NOT_FOUND, why).into_response()
}

const BOUNDARY: &str = "robot-vision-frame";
const AGE_MS: HeaderName = HeaderName::from_static("x-age-ms");
/// A program that shows the last picture for longer than this would deceive whoever looks.
const LONGEST_SILENCE: Duration = Duration::from_secs(10);
