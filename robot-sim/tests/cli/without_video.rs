//! A build without video reports that, and how to get one that has it.

use crate::robot::{Folder, Robot, jpeg};

#[test]
fn videos_and_encoding_are_refused_with_the_way_to_build_them() {
    let folder = Folder::new("without-video");
    let file = folder.write("a.jpg", jpeg(1, 20));
    for input in ["--video any.mp4", &format!("--images {file} --size 32x24"), &format!("--images {file} --quality 5")]
    {
        Robot::run(&format!("{input} --to 127.0.0.1:9"))
            .expect_code(1)
            .expect_stderr("built without the feature `video`")
            .expect_stderr("`--no-default-features`");
    }
}
