//! Options that change what is published and who is watched: a domain of ROS 2, and some robots only.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::parts::{Fleet, end, is_frame};
use super::subscriber::Subscriber;
use crate::programs::{exit_code, fixture};

#[test]
fn with_a_domain_frames_are_messages_of_ros_2_with_the_tokens_by_which_they_are_found() {
    let fleet = Fleet::with_gateway(95, &["--ros-domain", "7", "--name", "127.0.0.0/8=lab 1"]);
    let mut ros = Subscriber::of_domain(&fleet, Some("7"));
    let mut elsewhere = Subscriber::of_domain(&fleet, Some("8"));
    let mut robot = fleet.robot(&["--images", &fixture("jpeg/small.jpg"), "--loop", "60", "--fps", "20"]);
    ros.until("messages", |heard| heard.compressed_images.len() > 20);
    assert_eq!(exit_code(&mut robot), Some(0));
    let gone = |tokens: &[Value]| tokens.iter().filter(|token| token["is_there"] == false).count();
    ros.until("that the node and its publisher are gone", |heard| gone(&heard.ros_tokens) == 2);
    elsewhere.until("the pictures themselves", |heard| heard.pictures.len() > 20);
    let (heard, elsewhere) = (ros.end(), elsewhere.end());
    fleet.end();

    let key = "7/robot_vision/lab_1/camera/compressed/sensor_msgs::msg::dds_::CompressedImage_/\
        RIHS01_15640771531571185e2efc8a100baf923961a4d15d5569652e6cb6691e8e371a";
    let sha256 = fixtures::get("jpeg/small.jpg").expect("it is in the catalogue").sha256();
    let gid = &heard.compressed_images[0]["gid"];
    for image in &heard.compressed_images {
        assert_eq!((&image["key"], &image["gid"], &image["is_stamped"]), (&json!(key), gid, &json!(true)), "{image}");
        assert_eq!((&image["frame_id"], &image["format"]), (&json!("lab 1"), &json!("jpeg")), "{image}");
        assert_eq!(image["sha256"], sha256, "{image}");
    }
    assert!(heard.compressed_images.is_sorted_by(|a, b| a["number"].as_u64() < b["number"].as_u64()));
    let tokens: BTreeSet<&str> = heard.ros_tokens.iter().filter_map(|token| token["key"].as_str()).collect();
    let is = |kind: &str| tokens.iter().any(|token| token.split('/').nth(5) == Some(kind) && token.contains("lab_1"));
    assert!(tokens.len() == 2 && is("NN") && is("MP"), "{tokens:?}");
    assert!(elsewhere.compressed_images.is_empty() && elsewhere.ros_tokens.is_empty(), "of another domain");
}

#[test]
fn viewers_and_workers_take_those_robots_only_whose_names_are_wanted() {
    let fleet = Fleet::start(96);
    let some = ["--zenoh-robots", "*-2", "--zenoh-robots", "*-4"];
    let worker = fleet.worker(&some);
    let mut subscriber = Subscriber::start(&fleet);
    subscriber.until_workers(1);
    let [mut all, mut two] = [&[][..], &some].map(|some| fleet.viewer(some));
    let robots = fleet.robot(&["--images", &fixture("jpeg/small.jpg"), "--loop", "--robots", "4"]);
    let (names, _) = all.all(4, is_frame);
    let wanted: BTreeSet<String> =
        names.iter().filter(|name| name.ends_with("-2") || name.ends_with("-4")).cloned().collect();
    two.all(2, |line| line["seq"].as_u64() > Some(30));
    subscriber.until("answers about both", |heard| wanted.iter().all(|name| heard.objects_of(name).nth(9).is_some()));
    end([robots]);
    let reports = [all, two].map(|viewer| {
        let report = viewer.end();
        report.iter().filter_map(|line| Some(line["name"].as_str()?.to_owned())).collect::<BTreeSet<_>>()
    });
    let heard = subscriber.end();
    end([worker]);
    fleet.end();
    assert_eq!((names.len(), wanted.len(), reports), (4, 2, [names, wanted.clone()]));
    let answered: BTreeSet<&str> =
        heard.objects.iter().filter_map(|objects| objects["found"]["name"].as_str()).collect();
    assert_eq!(answered, wanted.iter().map(String::as_str).collect());
}
