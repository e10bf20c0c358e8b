//! Switches and paths on a task's command line. No task takes more than these, so no argument parser has to be compiled.

use std::path::PathBuf;

/// Why a task does not run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    /// Help was asked for.
    Help(&'static str),
    /// What was typed makes no sense.
    Wrong(String),
}

/// Tells which of the `known` switches were typed.
pub(crate) fn switches<const N: usize>(
    help: &'static str,
    known: [&str; N],
    typed: &[String],
) -> Result<[bool; N], Usage> {
    let mut on = [false; N];
    for word in typed {
        if word == "--help" || word == "-h" {
            return Err(Usage::Help(help));
        }
        let Some(at) = known.iter().position(|switch| switch == word) else {
            return Err(Usage::Wrong(format!("{word:?} means nothing here\n\n{help}")));
        };
        on[at] = true;
    }
    Ok(on)
}

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
            return Err(Usage::Wrong(format!("{word:?} means nothing here\n\n{help}")));
        };
        let path = joined.or_else(|| words.next().map(String::as_str)).unwrap_or_default();
        if path.is_empty() {
            return Err(Usage::Wrong(format!("{option} wants a path after it\n\n{help}")));
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

    #[test]
    fn switches_are_told_apart() {
        assert_eq!(switches("", ["--a", "--b"], &typed(&["--b"])), Ok([false, true]));
        assert_eq!(switches("", ["--a", "--b"], &[]), Ok([false, false]));
    }

    #[test]
    fn an_unknown_word_is_named_and_help_follows() {
        let Err(Usage::Wrong(message)) = switches("all about it", ["--a"], &typed(&["--c"])) else { panic!("taken") };
        assert!(message.contains("--c") && message.contains("all about it"));
    }

    #[test]
    fn help_comes_before_any_complaint() {
        assert_eq!(switches("all about it", [], &typed(&["--help", "--c"])), Err(Usage::Help("all about it")));
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
                panic!("taken: {bad:?}")
            };
            let named = bad[0].trim_end_matches('=');
            assert!(message.contains(named) && message.contains("all about it"), "{message}");
        }
    }
}
