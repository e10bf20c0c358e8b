//! The JSON that the documentation shows: valid, and with the fields that the viewer writes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Deserializer, Value};
use xtask::cargo;
use xtask::process::Output;

use crate::programs::{Viewer, exit_code, fixture, robot};
use crate::readme::{blocks, pages};

/// The paths of all fields of a line, such as `detections.box`.
type Fields = BTreeSet<String>;

#[test]
fn the_json_in_the_documentation_has_the_fields_that_the_viewer_writes() {
    let written = written();
    let mut shown = BTreeSet::new();
    for page in pages().into_iter().chain([cargo::root().join("docs/report.md")]) {
        for block in blocks(&page).iter().filter(|block| block.language == "json") {
            for line in Deserializer::from_str(&block.text).into_iter::<Value>() {
                let line = line.unwrap_or_else(|error| panic!("{}: {error}", block.place));
                let event = line["event"].as_str().unwrap_or_else(|| panic!("{}: no event", block.place)).to_owned();
                if let Some((always, ever)) = written.get(&event) {
                    let fields = fields(&line);
                    let (missing, strange) = (always.difference(&fields), fields.difference(ever));
                    let [missing, strange]: [Vec<&String>; 2] = [missing.collect(), strange.collect()];
                    assert!(missing.is_empty(), "{}: {event} lacks {missing:?}", block.place);
                    assert!(strange.is_empty(), "{}: {event} never has {strange:?}", block.place);
                    shown.insert(event);
                }
            }
        }
    }
    let all: BTreeSet<String> = written.into_keys().collect();
    assert_eq!(shown, all, "an event that the viewer writes is shown nowhere, or the other way round");
}

/// For each event that a short stream brings, the fields that all of its lines have, and those that any has.
fn written() -> BTreeMap<String, (Fields, Fields)> {
    let images = fixture("jpeg/two-codes.jpg");
    let codes = lines(Viewer::once(), &["--images", &images, "--loop", "4", "--fault", "garbage@2"]);
    let tags = ["--once", "--detect", "tags", "--tag-size", "0.16", "--camera", "528.7,528.7,320,240"];
    let tags = lines(Viewer::start(&tags), &["--video", &fixture("tags.mp4"), "--fps", "0"]);
    let mut written: BTreeMap<String, (Fields, Fields)> = BTreeMap::new();
    for line in codes.into_iter().chain(tags) {
        let line: Value = serde_json::from_str(&line).expect("a line is JSON");
        let (event, fields) = (line["event"].as_str().expect("a line has an event").to_owned(), fields(&line));
        let (always, ever) = written.entry(event).or_insert_with(|| (fields.clone(), Fields::new()));
        always.retain(|field| fields.contains(field));
        ever.extend(fields.iter().cloned());
    }
    written
}

/// What the viewer writes about a robot that sends this.
fn lines(mut viewer: Viewer, sent: &[&str]) -> Vec<String> {
    let mut robot = robot(&viewer.addr, sent);
    viewer.stream();
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    viewer.running.lines(Output::Stdout)
}

fn fields(line: &Value) -> Fields {
    let mut found = Fields::new();
    collect(line, "", &mut found);
    found
}

fn collect(value: &Value, path: &str, found: &mut Fields) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, path, found)),
        _ => {}
    }
}
