//! What each kind of channel holds, in the words of the format that describes it.

/// A schema as MCAP names it.
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    pub(crate) encoding: &'static str,
    pub(crate) message_encoding: &'static str,
}

/// Pictures, as ROS 2 publishes and records them.
pub(crate) const IMAGE: Schema =
    Schema { name: "sensor_msgs/msg/CompressedImage", encoding: "ros2msg", message_encoding: "cdr" };

/// What was found, as Foxglove draws it on pictures.
pub(crate) const DETECTIONS: Schema =
    Schema { name: "foxglove.ImageAnnotations", encoding: "protobuf", message_encoding: "protobuf" };

/// Lines of the report.
pub(crate) const REPORT: Schema =
    Schema { name: "robot_vision.Report", encoding: "jsonschema", message_encoding: "json" };

/// The definition of [`IMAGE`] and, behind lines of 80 equals signs, of what it uses.
pub(crate) const IMAGE_DEFINITION: &str = "\
std_msgs/Header header
string format
uint8[] data
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
";

/// Lines differ in their fields, which the report's documentation lists.
pub(crate) const REPORT_DEFINITION: &str = r#"{"title":"robot_vision.Report","type":"object"}"#;
