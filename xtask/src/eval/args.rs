//! What `cargo xtask eval` takes: a switch, and options with a path each.

use std::path::PathBuf;

use xtask::cargo;
use xtask::score::Kind;

use crate::args::Usage;

/// What the user typed.
pub(crate) struct Args {
    pub(super) sets: Vec<(Kind, PathBuf)>,
    /// Pictures that show a part of a person each.
    pub(super) partial: Option<PathBuf>,
    /// Whether the project's own videos are measured.
    pub(super) fixtures: bool,
    pub(super) face_model: Option<PathBuf>,
    pub(super) viewer: Option<PathBuf>,
    pub(super) out: PathBuf,
}

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        let (fixtures, typed) = take_switch("--fixtures", typed);
        let options = ["--qr", "--tags", "--faces", "--humans", "--partial", "--face-model", "--viewer", "--out"];
        let [qr, tags, faces, humans, partial, face_model, viewer, out] = paths(HELP, options, &typed)?;
        let named = Kind::ALL.into_iter().zip([qr, tags, faces, humans]);
        let sets: Vec<_> = named.filter_map(|(kind, dir)| Some((kind, dir?))).collect();
        let fixtures = fixtures || sets.is_empty() && partial.is_none();
        Ok(Self {
            sets,
            partial,
            fixtures,
            face_model,
            viewer,
            out: out.unwrap_or_else(|| cargo::output_folder("eval")),
        })
    }
}

const HELP: &str = "\
Builds the viewer for release, runs `viewer detect` over labelled pictures and videos, once for each engine and once with
the default, and prints what was found, false and missed, and the time for a picture. The same is written as eval.json,
and as eval.html with the misses and the false hits drawn into the pictures. Other work on the machine shows in the
times: `default` and `seeta` of the faces, `default` and `movenet` of the humans are the same, and ought to take as long.

Usage: cargo xtask eval [--fixtures] [--qr DIR] [--tags DIR] [--faces DIR] [--humans DIR]
                        [--partial DIR] [--face-model FILE] [--viewer FILE] [--out DIR]

  --fixtures         the project's own videos; they are measured too when no pictures are named
  --qr DIR           pictures of QR codes, with DIR/truth.json: {\"PICTURE\": [[[x,y],[x,y],[x,y],[x,y]], ...], ...}
  --tags DIR         pictures of AprilTags, likewise
  --faces DIR        pictures of faces, likewise: {\"PICTURE\": [[x,y,width,height], ...], ...}
  --humans DIR       pictures of people, likewise: {\"PICTURE\": [[x,y,width,height,difficult], ...], ...}
  --partial DIR      pictures of a part of a person each: {\"PICTURE\": [x,y,width,height], ...}
  --face-model FILE  the model for the face engine that needs one
  --viewer FILE      measures this program instead of building one, to compare two versions
  --out DIR          where the files go instead of target/eval

In pictures a code is found when the centre of a hit lies in it, and false is a hit that lies in none: the labels do not
hold the texts of codes. A face is found at an overlap (intersection over union) above 0.3, a human from 0.4 on; what is
difficult (true or false) counts neither as found nor as missed nor as false. A code's category is its picture's name up
to the first `-`.

A part of a person is found at an overlap from 0.3 on with what of the person is visible. In the photos of codes people are
looked for as well, and all that are reported count as false, though a few are shadows and mirror images of people. The
processor's time is that of all threads. The last table holds the goals.

A video is searched as a stream, where less time is spent per frame: below the figures is the share that was found in
each second of it, in percent. There a code is judged by its text: false is a text that no code in the frame has. Extra is
what was read though its size and blur call it unreadable. Renumbered is how often a code that is in the frame once got
another track number than it had, unless it was out of view for more than two seconds.

Tags are judged by their ids in the video, and their corners and poses are compared with what was drawn; pictures of codes are
searched for tags as well, which are all false.

The original is the Python program that the viewer replaces. The times for faces and humans are compared with those of
its cascades and parameters in the same run: the rows `haar` for faces and `original` for humans. Only the times compare;
the viewer maps and merges the boxes better, and so finds more.
";

/// The paths that were typed after the `known` options, as `--option PATH` or `--option=PATH`.
pub(crate) fn paths<const N: usize>(
    help: &'static str,
    known: [&str; N],
    typed: &[String],
) -> Result<[Option<PathBuf>; N], Usage> {
    let mut paths = [const { None }; N];
    let mut words = typed.iter();
    while let Some(word) = words.next() {
        if word == "--help" || word == "-h" {
            return Err(Usage::Help(help));
        }
        let (option, joined) = word.split_once('=').map_or((word.as_str(), None), |(o, path)| (o, Some(path)));
        let Some(at) = known.iter().position(|&known| known == option) else {
            return Err(Usage::Wrong(format!("unknown argument {word:?}\n\n{help}")));
        };
        let path = joined.or_else(|| words.next().map(String::as_str)).unwrap_or_default();
        if path.is_empty() {
            return Err(Usage::Wrong(format!("{option} needs a path\n\n{help}")));
        }
        if paths[at].replace(PathBuf::from(path)).is_some() {
            return Err(Usage::Wrong(format!("{option} was given twice\n\n{help}")));
        }
    }
    Ok(paths)
}

/// Whether `switch` was typed, and what else was, for tasks that take paths as well.
pub(crate) fn take_switch(switch: &str, typed: &[String]) -> (bool, Vec<String>) {
    let rest: Vec<String> = typed.iter().filter(|&word| word != switch).cloned().collect();
    (rest.len() < typed.len(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    fn parse(words: &[&str]) -> Result<Args, Usage> {
        Args::parse(&typed(words))
    }

    #[test]
    fn without_pictures_the_project_s_own_videos_are_measured() {
        let args = parse(&["--out", "x"]).ok().unwrap();
        assert_eq!((args.sets.len(), args.fixtures, args.out), (0, true, "x".into()));
    }

    #[test]
    fn beside_pictures_the_videos_are_measured_only_where_that_is_asked_for() {
        let args = parse(&["--humans", "h", "--qr", "q"]).ok().unwrap();
        assert_eq!(args.sets, [(Kind::Qr, "q".into()), (Kind::Human, "h".into())]);
        assert!(!args.fixtures && args.out.ends_with("eval"), "{:?}", args.out);
        let args = parse(&["--faces", "f", "--fixtures"]).ok().unwrap();
        assert!(args.fixtures && args.sets.len() == 1);
    }

    #[test]
    fn paths_follow_their_options() {
        let typed = typed(&["--b", "some where", "--a=else/where"]);
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(paths("", ["--a", "--b", "--c"], &typed), Ok([path("else/where"), path("some where"), None]));
    }

    #[test]
    fn a_switch_stands_anywhere_among_paths() {
        assert_eq!(take_switch("--c", &typed(&["--a", "x", "--c"])), (true, typed(&["--a", "x"])));
        assert_eq!(take_switch("--c", &typed(&["--a", "x"])), (false, typed(&["--a", "x"])));
    }

    #[test]
    fn an_option_without_its_path_twice_or_unknown_is_named() {
        for bad in [&["--a"][..], &["--a="], &["--a", "x", "--a", "y"], &["--d", "x"], &["x"]] {
            let Err(Usage::Wrong(message)) = paths("all about it", ["--a"], &typed(bad)) else {
                panic!("accepted: {bad:?}")
            };
            let named = bad[0].trim_end_matches('=');
            assert!(message.contains(named) && message.contains("all about it"), "{message}");
        }
    }
}
