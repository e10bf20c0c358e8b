//! How old stamped pictures are said to be.

use protocol::Age;

use super::*;

#[test]
fn a_stamped_picture_has_the_age_that_it_had_on_the_screen() {
    for (age, shown, viewed) in [
        (Some(Age::SinceTaken(ms(40))), Some(Age::SinceTaken(ms(43))), PictureAge::SinceTaken(ms(50))),
        (Some(Age::OverBest(ms(7))), Some(Age::OverBest(ms(10))), PictureAge::OverBest(ms(17))),
        (None, None, PictureAge::SinceArrival(ms(10))),
    ] {
        let mut stream = Stream::connect(&[]);
        let seq = stream.receive();
        let received = Received { id: id(seq), frame: Arc::new(Frame::new(*b"jpeg").unwrap()), at: ms(100), age };
        let picture = Arc::new(StreamPicture::new(received, Pixels::new(64, 48).into()));
        stream.session.decoded(seq, ms(101));
        stream.session.showing(&picture, BTreeSet::new(), ms(102));
        stream.session.shown(&picture, ms(103));
        stream.poll(ms(103));
        assert!(matches!(stream.events.last(), Some(Event::Frame(frame)) if frame.age == shown), "{:?}", stream.events);
        assert_eq!(stream.view(ms(110)).numbers.map(|numbers| numbers.age), Some(viewed));
    }
}
