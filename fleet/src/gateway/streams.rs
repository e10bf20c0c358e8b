//! The streams of the robots that are there, as the fleet sees them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pipeline::{EndedEvent, Identity, Received, RobotId};
use protocol::Stamp;
use zenoh::bytes::Encoding;
use zenoh::liveliness::LivelinessToken;
use zenoh::pubsub::Publisher;
use zenoh::qos::CongestionControl;
use zenoh::{Session, Wait as _};

use super::names::Names;
use super::topic::Topic;
use crate::attachment::Attachment;
use crate::end::End;
use crate::key::{self, StreamId, StreamToken};
use crate::ros;

/// The streams, and where they are published.
pub(super) struct Streams {
    session: Option<Session>,
    ros_domain: Option<u8>,
    names: Names,
    streams: HashMap<RobotId, Stream>,
    numbered: u64,
}

struct Stream {
    name: Arc<str>,
    id: StreamId,
    /// The number that the next frame has if none is left out.
    next: u64,
    frames: Publisher<'static>,
    topic: Option<Topic>,
    _token: LivelinessToken,
}

impl Streams {
    pub(super) fn new(ros_domain: Option<u8>) -> Self {
        Self { session: None, ros_domain, names: Names::default(), streams: HashMap::new(), numbered: 0 }
    }

    /// The router was reached for the first time.
    pub(super) fn opened(&mut self, session: Session) {
        self.session = Some(session);
    }

    /// Publishes a frame that came at `now`, which is `now_ns` nanoseconds after 1970.
    pub(super) fn publish(
        &mut self,
        robot: &Identity,
        peer: SocketAddr,
        received: &Received,
        now: Duration,
        now_ns: u64,
    ) {
        let Some(session) = &self.session else { return };
        let name = self.names.of(robot.id, robot.name.as_ref(), peer.ip(), now);
        let stream = match self.streams.get_mut(&robot.id) {
            Some(stream) => stream,
            None => {
                self.numbered += 1;
                // What Zenoh refuses now it may take with the next frame.
                let Ok(topic) = self.topic(session, &name).transpose() else { return };
                let Ok(stream) = Stream::begin(session, name, peer, self.numbered, topic) else { return };
                self.streams.entry(robot.id).or_insert(stream)
            }
        };
        let jpeg = received.frame.as_bytes();
        let time_ns = Stamp::read(jpeg).map_or(now_ns, |stamp| stamp.time_ns);
        let attachment = Attachment { number: received.id.seq, time_ns, stream: stream.id };
        stream.next = received.id.seq + 1;
        // Fails where the session is closed, as at the end.
        _ = stream.frames.put(jpeg).attachment(attachment.to_bytes()).wait();
        if let Some(topic) = &stream.topic {
            topic.publish(&stream.name, jpeg, attachment);
        }
    }

    /// The topic of a new stream of the robot `name`, if there is ROS 2.
    fn topic(&self, session: &Session, name: &str) -> Option<zenoh::Result<Topic>> {
        let domain = self.ros_domain?;
        // Of one robot there may be two streams for a while, and they have one topic.
        let others = || self.streams.values().filter(|stream| *stream.name != *name);
        let is_taken =
            |wanted: &str| others().filter_map(|other| other.topic.as_ref()).any(|topic| topic.name() == wanted);
        Some(Topic::begin(session, domain, ros::name(name, is_taken), self.numbered))
    }

    /// The stream of a robot is over.
    pub(super) fn ended(&mut self, ended: &EndedEvent) {
        self.names.forget(ended.robot.id);
        let (Some(session), Some(stream)) = (&self.session, self.streams.remove(&ended.robot.id)) else { return };
        let end = End { stream: stream.id, reason: ended.reason, detail: ended.detail.clone(), frames: stream.next };
        let put = session.put(key::end(&stream.name), end.to_json()).encoding(Encoding::APPLICATION_JSON);
        // The token goes with the stream: who has not heard the end by then hears that.
        _ = put.congestion_control(CongestionControl::Drop).wait();
    }
}

impl Stream {
    fn begin(
        session: &Session,
        name: Arc<str>,
        peer: SocketAddr,
        number: u64,
        topic: Option<Topic>,
    ) -> zenoh::Result<Self> {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&session.zid().to_le_bytes()[..8]);
        id[8..].copy_from_slice(&number.to_be_bytes());
        let id = StreamId(id);
        let frames = session
            .declare_publisher(key::camera(&name))
            .encoding(Encoding::IMAGE_JPEG)
            .congestion_control(CongestionControl::Drop)
            .express(true)
            .wait()?;
        let token = StreamToken { name: Arc::clone(&name), stream: id, peer };
        let token = session.liveliness().declare_token(token.to_key()).wait()?;
        Ok(Self { name, id, next: 0, frames, topic, _token: token })
    }
}
