//! A robot's pictures as a topic of ROS 2, encoded only while somebody looks at them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zenoh::liveliness::LivelinessToken;
use zenoh::pubsub::Publisher;
use zenoh::qos::CongestionControl;
use zenoh::{Session, Wait as _};

use crate::attachment::Attachment;
use crate::key::StreamId;
use crate::ros::{self, Camera};

/// The topic of one stream.
pub(super) struct Topic {
    name: String,
    gid: StreamId,
    messages: Publisher<'static>,
    is_watched: Arc<AtomicBool>,
    _tokens: [LivelinessToken; 2],
}

impl Topic {
    /// The topic of the robot that ROS 2 calls `name`; no other stream of the session has `number`.
    pub(super) fn begin(session: &Session, domain: u8, name: String, number: u64) -> zenoh::Result<Self> {
        let camera = Camera::new(domain, &name, &session.zid().to_string(), number);
        let gid = StreamId(camera.gid());
        let messages =
            session.declare_publisher(camera.key).congestion_control(CongestionControl::Drop).express(true).wait()?;
        let is_watched = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&is_watched);
        let listener = messages.matching_listener();
        listener.callback(move |status| told.store(status.matching(), Ordering::Relaxed)).background().wait()?;
        let token = |key| session.liveliness().declare_token(key).wait();
        let _tokens = [token(camera.node_token)?, token(camera.publisher_token)?];
        Ok(Self { name, gid, messages, is_watched, _tokens })
    }

    /// What ROS 2 calls the robot.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Publishes a frame of the robot that the fleet calls `robot`, if anybody is there to see it; whether that is so.
    pub(super) fn publish(&self, robot: &str, jpeg: &[u8], attachment: Attachment) -> bool {
        if !self.is_watched.load(Ordering::Relaxed) {
            return false;
        }
        let message = ros::message(attachment.time_ns, robot, jpeg);
        let attachment = Attachment { stream: self.gid, ..attachment };
        // Fails where the session is closed, as at the end.
        _ = self.messages.put(message).attachment(attachment.to_bytes()).wait();
        true
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use zenoh::Config;

    use super::*;

    /// A session that knows nobody but itself.
    fn alone() -> Session {
        let mut config = Config::default();
        for (key, value) in [("listen/endpoints", "[]"), ("scouting/multicast/enabled", "false")] {
            config.insert_json5(key, value).unwrap();
        }
        zenoh::open(config).wait().unwrap()
    }

    #[test]
    fn messages_are_published_while_somebody_subscribes() {
        let session = alone();
        let topic = Topic::begin(&session, 7, "left".to_owned(), 1).unwrap();
        let frame = |number| Attachment { number, time_ns: 1_795_000_000_123_456_789, stream: StreamId([0; 16]) };
        assert!(!topic.publish("left", &[0xff, 0xd8], frame(0)));

        let subscriber = session.declare_subscriber("7/robot_vision/left/camera/compressed/*/*").wait().unwrap();
        // The listener is called on a thread of Zenoh's.
        let received = (0..1000).find_map(|number| {
            topic.publish("left", &[0xff, 0xd8], frame(number));
            let sample = subscriber.recv_timeout(Duration::from_millis(10)).unwrap()?;
            Some((number, sample))
        });
        let (number, sample) = received.unwrap();
        let attachment = Attachment::from_bytes(&sample.attachment().unwrap().to_bytes());
        assert_eq!(attachment, Some(Attachment { stream: topic.gid, ..frame(number) }));
        assert_eq!(*sample.payload().to_bytes(), ros::message(frame(number).time_ns, "left", &[0xff, 0xd8]));

        subscriber.undeclare().wait().unwrap();
        let is_over = (0..1000).any(|number| {
            thread::park_timeout(Duration::from_millis(10));
            !topic.publish("left", &[0xff, 0xd8], frame(number))
        });
        assert!(is_over);
    }
}
