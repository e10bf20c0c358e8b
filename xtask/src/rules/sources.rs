//! What may be in a source file: its length, its attributes, and which file knows the window's library.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// A source file: its path below the workspace's root, with `/` between the parts, and its text.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// Whether it holds tests alone; these may be long, and may use the clock and sockets.
    pub(super) fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.split('/').any(|part| part == "tests")
    }
}

/// Reads every `.rs` file below `root`, but for what cargo and tools keep there.
pub(super) fn read(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                let below = path.strip_prefix(root).context("it was found below the root")?;
                let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
                sources.push(Source { path: parts.join("/"), text });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// Every broken rule, in a line each.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let mut broken: Vec<String> = sources.iter().filter_map(too_long).collect();
    broken.extend(sources.iter().filter_map(path_attribute));
    broken.extend(window_library(sources));
    broken
}

fn too_long(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    (lines > LINES_MAX && !source.is_test()).then(|| {
        format!("{}: {lines} lines, at most {LINES_MAX} are allowed outside tests; split it by job", source.path)
    })
}

fn path_attribute(source: &Source) -> Option<String> {
    let mut lines = source.text.lines().zip(1..);
    let (_, line) = lines.find(|(line, _)| line.trim_start().starts_with("#[path"))?;
    Some(format!(
        "{}:{line}: a #[path] attribute; none is allowed; put the file where its module's name says, or make the test a \
         folder with a main.rs",
        source.path
    ))
}

/// Only one file of the viewer knows minifb, so that the window's library can be replaced there.
fn window_library(sources: &[Source]) -> Vec<String> {
    let names = |source: &&Source| source.path.starts_with("viewer/src/") && has_word(&source.text, WINDOW_LIBRARY);
    let files: Vec<&str> = sources.iter().filter(names).map(|source| source.path.as_str()).collect();
    let is_window = |path: &&str| *path == "viewer/src/window.rs" || path.starts_with("viewer/src/window/");
    let allowed = files.iter().copied().find(is_window);
    let others = files.into_iter().filter(|&file| Some(file) != allowed);
    let line = |file| {
        format!(
            "{file}: names {WINDOW_LIBRARY}; viewer/src/window.rs or one file of viewer/src/window/ may, and no other; let \
             that file turn its types into the viewer's own"
        )
    };
    others.map(line).collect()
}

/// Whether `word` is in the code; comments may speak of anything.
fn has_word(text: &str, word: &str) -> bool {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let is_part = |c: char| !c.is_alphanumeric() && c != '_';
    code.flat_map(|line| line.split(is_part)).any(|part| part == word)
}

const LINES_MAX: usize = 400;
const WINDOW_LIBRARY: &str = "minifb";

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    fn broken(path: &str, text: &str) -> Vec<String> {
        check(&[source(path, text)])
    }

    #[test]
    fn a_file_may_have_400_lines_and_tests_more() {
        assert_eq!(broken("viewer/src/run.rs", &"\n".repeat(400)), Vec::<String>::new());
        let found = broken("viewer/src/run.rs", &"\n".repeat(401));
        assert!(found[0].starts_with("viewer/src/run.rs: 401 lines, at most 400"), "{found:?}");
        for test in ["viewer/src/app/tests.rs", "robot-sim/tests/cli/main.rs", "viewer/src/app/tests/time.rs"] {
            assert_eq!(broken(test, &"\n".repeat(401)), Vec::<String>::new());
        }
    }

    #[test]
    fn a_path_attribute_is_found_with_its_line_in_tests_too() {
        let text = "mod a;\n    #[path = \"../src/b.rs\"]\nmod b;\n";
        let found = broken("viewer/tests/opencl.rs", text);
        assert!(found[0].starts_with("viewer/tests/opencl.rs:2: a #[path] attribute"), "{found:?}");
        assert_eq!(broken("viewer/tests/opencl.rs", "// a #[path] attribute\nmod b;\n"), Vec::<String>::new());
    }

    #[test]
    fn the_window_s_library_is_named_in_one_file() {
        let (code, comment) = ("use minifb::Window;\n", "mod a; // minifb\n/// minifb\n");
        let found =
            |files: &[(&str, &str)]| check(&files.iter().map(|(path, text)| source(path, text)).collect::<Vec<_>>());
        for file in ["viewer/src/window.rs", "viewer/src/window/x11.rs"] {
            assert_eq!(found(&[(file, code), ("viewer/src/run.rs", comment)]), Vec::<String>::new());
        }
        let two = found(&[("viewer/src/screen.rs", code), ("viewer/src/window.rs", code)]);
        let [line] = two.as_slice() else { panic!("{two:?}") };
        assert!(line.starts_with("viewer/src/screen.rs: names minifb"), "{line}");
        assert_eq!(found(&[("viewer/src/screen.rs", code)]).len(), 1, "it is not the window's file");
        assert_eq!(found(&[("viewer/src/window.rs", code), ("viewer/src/window/x11.rs", code)]).len(), 1);
    }

    #[test]
    fn the_workspace_s_own_sources_are_found_and_cargo_s_are_not() {
        let sources = read(&xtask::cargo::root()).unwrap();
        assert!(sources.iter().any(|source| source.path == "xtask/src/rules/sources.rs"));
        assert!(sources.iter().all(|source| !source.path.contains("target/")));
    }
}
