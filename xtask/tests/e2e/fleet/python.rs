//! What Zenoh's own library for Python reads in a fleet, in the session of `together`.

use serde_json::{Value, json};

use super::together::{STILL, TOGETHER};

#[test]
fn pictures_are_whole_jpegs_with_their_number_time_and_stream() {
    for name in TOGETHER.names() {
        let pictures: Vec<&Value> = TOGETHER.heard.pictures_of(name).collect();
        assert!(!pictures.is_empty(), "{name}");
        for picture in &pictures {
            assert_eq!((&picture["encoding"], &picture["is_whole"]), (&json!("image/jpeg"), &json!(true)), "{picture}");
            assert_eq!((&picture["length"], &picture["stream"]), (&json!(16), &pictures[0]["stream"]), "{picture}");
        }
        let ascend = |key: &str| pictures.is_sorted_by(|a, b| a[key].as_u64() < b[key].as_u64());
        assert!(ascend("number") && ascend("time_ns"), "{name}");
        println!("{name}: Python received {} pictures", pictures.len());
    }
}

#[test]
fn pictures_are_the_robots_own_bytes() {
    let sha256 = fixtures::get(STILL).expect("it is in the catalogue").sha256();
    for picture in TOGETHER.heard.pictures_of(&TOGETHER.still) {
        assert_eq!(picture["sha256"], sha256, "{picture}");
    }
}

#[test]
fn answers_are_json_about_a_frame_of_a_stream_by_a_worker() {
    for name in TOGETHER.names() {
        let stream = &TOGETHER.heard.pictures_of(name).next().expect("it has pictures")["stream"];
        for objects in TOGETHER.heard.objects_of(name) {
            let found = &objects["found"];
            assert_eq!((&objects["encoding"], &found["name"]), (&json!("application/json"), &json!(name)));
            assert_eq!((&found["stream"], &found["kinds"]), (stream, &json!(["qr"])), "{found}");
            assert!(found["seq"].is_u64() && found["worker"].is_string(), "{found}");
            let codes = found["detections"].as_array().expect("detections are a list");
            assert_eq!(found["counts"]["qr"], codes.len(), "{found}");
            assert!(codes.iter().all(|code| code["kind"] == "qr" && code["box"].is_array()), "{found}");
        }
    }
}
