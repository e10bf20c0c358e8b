//! Figures for Prometheus, in its text format (version 0.0.4).

use std::fmt::Write as _;

use super::board::{Board, InSight, Robot};
use super::latencies::Latencies;

/// All figures, as they are now.
pub(super) fn text(board: &Board, latencies: &Latencies) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, value: &dyn Fn(&Robot) -> Option<f64>| {
        _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for robot in &board.robots {
            if let Some(value) = value(robot) {
                _ = writeln!(text, "{name}{} {value}", labels(robot));
            }
        }
    };
    family("robot_vision_robot_live", "gauge", "1 while pictures come, 0 while none do.", &|robot| {
        Some(f64::from(u8::from(matches!(robot.sight, InSight::Live(_)))))
    });
    family("robot_vision_robot_silent_seconds", "gauge", "For how long no picture has come.", &|robot| match &robot
        .sight
    {
        InSight::Live(_) => Some(0.0),
        InSight::Stale { silent_for, .. } => Some(silent_for.as_secs_f64()),
        InSight::Nothing { .. } => None,
    });
    family("robot_vision_shown_fps", "gauge", "Pictures shown a second, over the last two.", &|robot| robot.fields.fps);
    family(
        "robot_vision_frames_dropped_total",
        "counter",
        "Frames that were not shown, because newer ones came first.",
        &|robot| robot.fields.dropped.map(|count| count as f64),
    );
    family("robot_vision_frames_corrupt_total", "counter", "Frames that are no picture.", &|robot| {
        robot.fields.corrupt.map(|count| count as f64)
    });
    objects(board, &mut text);
    let name = "robot_vision_page_age_seconds";
    _ = writeln!(text, "# HELP {name} How old pictures were when a page had drawn them.\n# TYPE {name} histogram");
    latencies.write(name, &mut text);
    text
}

fn objects(board: &Board, text: &mut String) {
    let name = "robot_vision_objects";
    _ = writeln!(text, "# HELP {name} How many were found in the last answer.\n# TYPE {name} gauge");
    for robot in &board.robots {
        for (kind, count) in robot.fields.counts() {
            let labels = labels(robot);
            _ = writeln!(text, "{name}{{kind=\"{kind}\",{} {count}", labels.trim_start_matches('{'));
        }
    }
}

/// Which robot, by its place and its name.
fn labels(robot: &Robot) -> String {
    let name = robot.name.as_deref().unwrap_or_default();
    let name = name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{{place=\"{}\",name=\"{name}\"}}", robot.place)
}
