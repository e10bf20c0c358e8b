//! A robot's pictures are turned while it runs.

use std::sync::Arc;

use vision::{Kind, Orientation};

use super::{Session, Shown};

impl Session {
    /// From now on pictures have this orientation; the one that is shown is turned, and what was followed is forgotten.
    pub(crate) fn turn(&mut self, orientation: Orientation) {
        if self.orientation == orientation {
            return;
        }
        self.orientation = orientation;
        Kind::ALL.into_iter().for_each(|kind| self.forget(kind));
        if let Some(Shown { picture, .. }) = &mut self.last {
            *picture = Arc::new(picture.turned_to(orientation));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use protocol::Frame;
    use vision::{Detection, Payload, Pixels, Point};

    use super::*;
    use crate::event::{Event, Identity};
    use crate::frame::{FrameId, Received, RobotId, StreamPicture};
    use crate::mailbox::Policy;

    const NOW: Duration = Duration::ZERO;
    const SIZE: (usize, usize) = (64, 48);

    fn session() -> Session {
        let robot = Identity { id: RobotId(1), name: None };
        Session::new(robot, "10.0.0.7:5000".parse().unwrap(), None, Policy::EveryFrame, NOW, 0)
    }

    /// Frame `seq`, of this size as it came.
    fn picture(seq: u64, (width, height): (usize, usize), orientation: Orientation) -> Arc<StreamPicture> {
        let id = FrameId { robot: RobotId(1), seq };
        let received = Received { id, frame: Arc::new(Frame::new(*b"jpeg").unwrap()), at: NOW, age: None };
        Arc::new(StreamPicture::new(received, Pixels::new(width, height).into()).turned_to(orientation))
    }

    /// Shows the next frame, 64 × 48 as it came.
    fn show(session: &mut Session, orientation: Orientation) {
        show_of_size(session, SIZE, orientation);
    }

    /// Shows the next frame, of this size as it came.
    fn show_of_size(session: &mut Session, size: (usize, usize), orientation: Orientation) {
        let (seq, _) = session.received(&Arc::new(Frame::new(*b"jpeg").unwrap()), NOW);
        let picture = picture(seq, size, orientation);
        session.decoded(seq, NOW);
        session.showing(&picture, [Kind::Qr].into(), NOW);
        session.shown(&picture, NOW);
    }

    fn answer(session: &mut Session, seq: u64, orientation: Orientation) {
        answer_of_size(session, seq, SIZE, orientation);
    }

    fn answer_of_size(session: &mut Session, seq: u64, size: (usize, usize), orientation: Orientation) {
        let corners = [(0, 0), (9, 0), (9, 9), (0, 9)].map(|(x, y)| Point { x, y });
        let found = vec![Detection::code(corners, Payload::new("a".into(), None), "test")];
        session.answer(&picture(seq, size, orientation), Kind::Qr, Ok(found.into()), &[Kind::Qr].into(), NOW);
    }

    /// How many outlines are on the screen, and what is counted.
    fn seen(session: &mut Session) -> (usize, Option<usize>) {
        let view = session.view(&[Kind::Qr].into(), NOW);
        (view.marks.len(), view.counts[0].1)
    }

    #[test]
    fn what_was_found_in_pictures_that_lay_otherwise_is_not_drawn_and_is_reported() {
        let mut session = session();
        show(&mut session, Orientation::UPRIGHT);
        show(&mut session, Orientation::UPRIGHT);
        answer(&mut session, 0, Orientation::UPRIGHT);
        assert_eq!(seen(&mut session), (1, Some(1)));
        session.turn(Orientation::R90);
        assert_eq!(seen(&mut session), (0, None));
        // The detector was still at it.
        answer(&mut session, 1, Orientation::UPRIGHT);
        assert_eq!(seen(&mut session), (0, None));
        show(&mut session, Orientation::R90);
        answer(&mut session, 2, Orientation::R90);
        assert_eq!(seen(&mut session), (1, Some(1)));

        let frames: Vec<_> = std::iter::from_fn(|| session.poll(NOW))
            .filter_map(|event| match event {
                Event::Frame(frame) => Some((frame.width, frame.height, frame.detections[0].track)),
                _ => None,
            })
            .collect();
        // The number of what is followed from the start is not given again.
        assert_eq!(frames, [(64, 48, Some(1)), (64, 48, None), (48, 64, Some(2))]);
    }

    #[test]
    fn what_was_found_in_pictures_of_another_size_is_not_drawn_and_not_followed() {
        let (mut session, large) = (session(), (128, 96));
        show(&mut session, Orientation::UPRIGHT);
        answer(&mut session, 0, Orientation::UPRIGHT);
        assert_eq!(seen(&mut session), (1, Some(1)));
        show_of_size(&mut session, large, Orientation::UPRIGHT);
        assert_eq!(seen(&mut session), (0, None));
        answer_of_size(&mut session, 1, large, Orientation::UPRIGHT);
        assert_eq!(seen(&mut session), (1, Some(1)));

        let tracks: Vec<_> = std::iter::from_fn(|| session.poll(NOW))
            .filter_map(|event| match event {
                Event::Frame(frame) => Some((frame.width, frame.detections[0].track)),
                _ => None,
            })
            .collect();
        assert_eq!(tracks, [(64, Some(1)), (128, Some(2))]);
    }

    #[test]
    fn the_picture_that_is_shown_is_turned_at_once() {
        let mut session = session();
        show(&mut session, Orientation::UPRIGHT);
        session.turn(Orientation::R270);
        let picture = session.picture().unwrap();
        assert_eq!((picture.pixels().width(), picture.orientation()), (48, Orientation::R270));
        session.turn(Orientation::FLIP_V);
        assert_eq!(session.picture().unwrap().pixels().width(), 64);
    }
}
