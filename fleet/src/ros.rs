//! A robot's pictures in the form that ROS 2's rmw_zenoh gives them: names, keys, tokens and messages. Pure.
//!
//! ```text
//! DOMAIN/TOPIC/TYPE/HASH                                                      key of the messages
//! @ros2_lv/DOMAIN/SESSION/NODE/NODE/NN/%/NAMESPACE/NAME                       token: the node is there
//! @ros2_lv/DOMAIN/SESSION/NODE/ID/MP/%/NAMESPACE/NAME/TOPIC/TYPE/HASH/QOS     token: its publisher is there
//! ```
//!
//! This is what docs/design.md of ros2/rmw_zenoh ("Graph Cache", "Publishers") and liveliness_utils.cpp there describe. A robot is a
//! node of its own, `/robot_vision/NAME/camera`, so that ROS 2 sees it come and go.

use std::iter;

use twox_hash::XxHash3_128;

/// How a robot's camera appears in ROS 2.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Camera {
    /// Where its messages are published.
    pub(crate) key: String,
    /// That its node is there.
    pub(crate) node_token: String,
    /// That its publisher is there.
    pub(crate) publisher_token: String,
}

impl Camera {
    /// The camera of the robot that ROS 2 calls `name`; `session` is Zenoh's name for this program, and `number` is the robot's own in it.
    pub(crate) fn new(domain: u8, name: &str, session: &str, number: u64) -> Self {
        let namespace = format!("/robot_vision/{name}");
        let topic = format!("{namespace}/camera/compressed");
        // Nodes and publishers of a session share one row of numbers.
        let node = Node { domain, session, id: 2 * number, namespace: &namespace, name: "camera" };
        let qos = best_effort(DEPTH);
        let topic = Topic { name: &topic, message: COMPRESSED_IMAGE, hash: COMPRESSED_IMAGE_HASH, qos: &qos };
        Self {
            key: topic.key(domain),
            node_token: node.token(),
            publisher_token: node.publisher_token(2 * number + 1, &topic),
        }
    }

    /// The publisher's number in ROS 2, by which a message tells whose it is: a hash of its token.
    pub(crate) fn gid(&self) -> [u8; 16] {
        gid(&self.publisher_token)
    }
}

/// What ROS 2 calls `robot`: letters, digits and underscores, none of them doubled, first a letter.
///
/// Where that name is taken, a number joins it. A leading underscore would hide the topic from lists.
pub(crate) fn name(robot: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let first = valid(robot);
    let others = (2..).map(|n: u32| format!("{first}_{n}"));
    iter::once(first.clone()).chain(others).find(|name| !is_taken(name)).expect("there are more numbers than robots")
}

/// A picture as `sensor_msgs/msg/CompressedImage`, taken `time_ns` nanoseconds after 1970 by the robot that the fleet calls `robot`.
pub(crate) fn message(time_ns: u64, robot: &str, jpeg: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    recording::encode_compressed_image(time_ns, robot, "jpeg", jpeg, &mut message);
    message
}

/// A node, and the program that it runs in.
struct Node<'a> {
    domain: u8,
    session: &'a str,
    id: u64,
    namespace: &'a str,
    name: &'a str,
}

impl Node<'_> {
    fn token(&self) -> String {
        self.token_of(self.id, "NN")
    }

    fn publisher_token(&self, id: u64, topic: &Topic<'_>) -> String {
        let Topic { name, message, hash, qos } = topic;
        format!("{}/{}/{message}/{hash}/{qos}", self.token_of(id, "MP"), mangled(name))
    }

    fn token_of(&self, id: u64, kind: &str) -> String {
        let Self { domain, session, id: node, namespace, name } = self;
        // The percent sign before the namespace stands for the enclave, which this program has none of.
        format!("@ros2_lv/{domain}/{session}/{node}/{id}/{kind}/%/{}/{name}", mangled(namespace))
    }
}

struct Topic<'a> {
    /// With its namespace.
    name: &'a str,
    message: &'a str,
    hash: &'a str,
    qos: &'a str,
}

impl Topic<'_> {
    fn key(&self, domain: u8) -> String {
        let Self { name, message, hash, .. } = self;
        format!("{domain}/{}/{message}/{hash}", name.trim_matches('/'))
    }
}

/// A name as one part of a key.
fn mangled(name: &str) -> String {
    name.replace('/', "%")
}

/// Best effort, volatile, the last `depth` messages: what differs from rmw_zenoh's defaults, the others are left out.
///
/// The fields are reliability : durability : history, depth : deadline : lifespan : liveliness, with the numbers of rmw/types.h.
fn best_effort(depth: u32) -> String {
    format!("2::,{depth}:,:,:,,")
}

fn gid(token: &str) -> [u8; 16] {
    // The low half comes first, each half as a little-endian machine has it.
    XxHash3_128::oneshot(token.as_bytes()).to_le_bytes()
}

fn valid(robot: &str) -> String {
    let words = robot.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = words.collect::<Vec<_>>().join("_");
    name.truncate(LONGEST_NAME);
    let name = name.trim_end_matches('_');
    match name.chars().next() {
        None => "robot".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("robot_{name}"),
        Some(_) => name.to_owned(),
    }
}

const COMPRESSED_IMAGE: &str = "sensor_msgs::msg::dds_::CompressedImage_";
/// Of ROS 2 Iron and later. Humble knows no hashes.
const COMPRESSED_IMAGE_HASH: &str = "RIHS01_15640771531571185e2efc8a100baf923961a4d15d5569652e6cb6691e8e371a";
/// That of `rmw_qos_profile_sensor_data`, which is for pictures among others.
const DEPTH: u32 = 5;
/// Topics have at most 247 letters.
const LONGEST_NAME: usize = 100;

#[cfg(test)]
mod tests {
    use zenoh::key_expr::KeyExpr;

    use super::*;

    /// The `listener` and the `talker` of docs/design.md in ros2/rmw_zenoh, "Graph Cache".
    const LISTENER: &str = "@ros2_lv/2/aac3178e146ba6f1fc6e6a4085e77f21/0/0/NN/%/%/listener";
    const TALKER: &str = "@ros2_lv/2/8b20917502ee955ac4476e0266340d5c/0/10/MP/%/%/talker/%chatter/\
        std_msgs::msg::dds_::String_/RIHS01_df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18/::,7:,:,:,,";
    const CHATTER: Topic<'_> = Topic {
        name: "/chatter",
        message: "std_msgs::msg::dds_::String_",
        hash: "RIHS01_df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18",
        qos: "::,7:,:,:,,",
    };

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn node<'a>(session: &'a str, name: &'a str) -> Node<'a> {
        Node { domain: 2, session, id: 0, namespace: "/", name }
    }

    #[test]
    fn tokens_are_those_of_rmw_zenohs_documents() {
        assert_eq!(node("aac3178e146ba6f1fc6e6a4085e77f21", "listener").token(), LISTENER);
        assert_eq!(node("8b20917502ee955ac4476e0266340d5c", "talker").publisher_token(10, &CHATTER), TALKER);
    }

    /// `TopicInfo` in liveliness_utils.cpp of ros2/rmw_zenoh joins domain, topic, type and hash.
    #[test]
    fn a_key_has_domain_topic_type_and_hash() {
        let hash = CHATTER.hash;
        assert_eq!(CHATTER.key(2), format!("2/chatter/std_msgs::msg::dds_::String_/{hash}"));
    }

    /// Written by Python's xxhash 4.1.0: `xxh3_128_intdigest(TALKER).to_bytes(16, "little").hex()`. liveliness_utils.cpp copies the low
    /// 64 bits first.
    #[test]
    fn a_publishers_number_is_the_hash_of_its_token() {
        assert_eq!(hex(&gid(TALKER)), "ac170f31eadcd9ff0cd86d7a17907d1c");
    }

    #[test]
    fn a_robots_camera_is_a_node_with_one_publisher() {
        let camera = Camera::new(0, "lab_7", "8b20917502ee955ac4476e0266340d5c", 3);
        let [node, publisher] = ["6/6/NN", "6/7/MP"]
            .map(|ids| format!("@ros2_lv/0/8b20917502ee955ac4476e0266340d5c/{ids}/%/%robot_vision%lab_7/camera"));
        let [message, hash] = [COMPRESSED_IMAGE, COMPRESSED_IMAGE_HASH];
        assert_eq!(camera.node_token, node);
        assert_eq!(
            camera.publisher_token,
            format!("{publisher}/%robot_vision%lab_7%camera%compressed/{message}/{hash}/2::,5:,:,:,,")
        );
        assert_eq!(camera.key, format!("0/robot_vision/lab_7/camera/compressed/{message}/{hash}"));
        assert_eq!(camera.gid(), gid(&camera.publisher_token));
    }

    #[test]
    fn any_robot_has_a_name_that_ros_and_zenoh_take() {
        for (robot, wanted) in [
            ("left", "left"),
            ("lab-7", "lab_7"),
            ("the  lab", "the_lab"),
            ("__hidden__", "hidden"),
            ("10.0.0.7", "robot_10_0_0_7"),
            ("fd00::1", "fd00_1"),
            ("lab-10.0.0.2-2", "lab_10_0_0_2_2"),
            ("7", "robot_7"),
            ("größe", "gr_e"),
            ("機器人", "robot"),
            ("", "robot"),
            ("*/$?#%@", "robot"),
        ] {
            assert_eq!(name(robot, |_| false), wanted, "{robot}");
            let camera = Camera::new(232, wanted, "1", u64::from(u32::MAX));
            for key in [camera.key, camera.node_token, camera.publisher_token] {
                assert!(KeyExpr::try_from(key.clone()).is_ok(), "{key}");
            }
        }
    }

    #[test]
    fn a_long_name_is_cut_so_that_the_topic_fits() {
        let name = name(&format!("{}-{}", "a".repeat(LONGEST_NAME - 1), "b".repeat(200)), |_| false);
        assert_eq!(name, "a".repeat(LONGEST_NAME - 1));
    }

    #[test]
    fn robots_whose_names_become_the_same_are_told_apart_by_a_number() {
        let mut taken: Vec<String> = Vec::new();
        for robot in ["a-b", "a_b", "a b", "a_b_2"] {
            taken.push(name(robot, |name| taken.iter().any(|other| other == name)));
        }
        assert_eq!(taken, ["a_b", "a_b_2", "a_b_3", "a_b_2_2"]);
    }

    /// Written by Python's rosbags 0.11.9, `serialize_cdr` of its type store `ROS2_JAZZY`, whose `hash_rihs01` gives the hash above too.
    #[test]
    fn a_message_has_the_bytes_that_rosbags_writes() {
        let written = "00010000c086fd6a15cd5b07060000006c61622d37000000050000006a7065670000000006000000ffd8ffe0ffd9";
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0xff, 0xd9];
        assert_eq!(hex(&message(1_795_000_000_123_456_789, "lab-7", &jpeg)), written);
    }
}
