//! Files that may call what clippy's `disallowed-methods` lists, against the list of them in ARCHITECTURE.md.
//!
//! There such a file is written as its path in backticks with a star behind it, such as `viewer/src/clock.rs`*. The
//! file itself begins with `#![expect(clippy::disallowed_methods, reason = "…")]`. Tests need no star.

use std::collections::BTreeSet;

use super::sources::Source;

/// Where the files are listed.
pub(super) const LIST: &str = "ARCHITECTURE.md";

/// Every file that has the one and not the other, in a line each.
pub(super) fn check(list: &str, sources: &[Source]) -> Vec<String> {
    let starred = starred(list);
    let expecting: BTreeSet<&str> = sources
        .iter()
        .filter(|source| !source.is_test() && expects(&source.text))
        .map(|source| source.path.as_str())
        .collect();
    let unlisted = expecting.difference(&starred).map(|path| {
        format!(
            "{path}: expects clippy::disallowed_methods, but {LIST} does not star it; write `{path}`* there, or take time, \
             sockets and threads as arguments"
        )
    });
    let idle = starred.difference(&expecting).map(|path| {
        format!(
            "{LIST}: stars {path}, which has no #![expect(clippy::disallowed_methods, ...)] at its top; remove the star, or \
             correct the path"
        )
    });
    unlisted.chain(idle).collect()
}

/// The paths in backticks with a star behind them; the star may be escaped.
fn starred(list: &str) -> BTreeSet<&str> {
    let mut paths = BTreeSet::new();
    for line in list.lines() {
        let parts: Vec<&str> = line.split('`').collect();
        // In backticks is every second part.
        for pair in parts.windows(2).skip(1).step_by(2) {
            if let &[path, behind] = pair
                && path.ends_with(".rs")
                && (behind.starts_with('*') || behind.starts_with("\\*"))
            {
                paths.insert(path);
            }
        }
    }
    paths
}

/// Whether the attribute for the whole file is there, on one line or on several.
fn expects(text: &str) -> bool {
    let is_first = |at: usize| text[..at].rsplit('\n').next().is_none_or(|before| before.trim().is_empty());
    text.match_indices("#![expect(").filter(|&(at, _)| is_first(at)).any(|(at, _)| {
        let attribute = text[at..].split(")]").next().unwrap_or_default();
        attribute.contains("clippy::disallowed_methods")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECT: &str =
        "//! A module.\n\n#![expect(clippy::disallowed_methods, reason = \"the only clock\")]\n\nuse a::b;\n";

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_file_that_is_starred_and_expects_the_lint_breaks_no_rule() {
        let sources = [source("viewer/src/clock.rs", EXPECT), source("viewer/src/app.rs", "use a::b;\n")];
        for list in ["- `viewer/src/clock.rs`* the only clock", "a `viewer/src/app.rs`, `viewer/src/clock.rs`\\*, b"] {
            assert_eq!(check(list, &sources), Vec::<String>::new());
        }
    }

    #[test]
    fn a_file_that_is_not_starred_is_named_with_what_to_write() {
        for list in ["", "`viewer/src/clock.rs` the only clock", "viewer/src/clock.rs*", "`clock`*"] {
            let found = check(list, &[source("viewer/src/clock.rs", EXPECT)]);
            assert!(found[0].starts_with("viewer/src/clock.rs: expects"), "{found:?}");
            assert!(found[0].contains("write `viewer/src/clock.rs`*"), "{found:?}");
        }
    }

    #[test]
    fn a_star_without_the_attribute_is_named() {
        for text in ["use a::b;\n", "#[expect(clippy::disallowed_methods, reason = \"in one function\")]\nfn a() {}\n"]
        {
            let found = check("`viewer/src/clock.rs`*", &[source("viewer/src/clock.rs", text)]);
            assert_eq!(found.len(), 1);
            assert!(found[0].starts_with("ARCHITECTURE.md: stars viewer/src/clock.rs, which"), "{found:?}");
        }
        assert_eq!(check("`viewer/src/gone.rs`*", &[]).len(), 1, "the file may not even exist");
    }

    #[test]
    fn the_attribute_may_name_other_lints_and_be_on_several_lines() {
        let text = "#![expect(\n    clippy::print_stdout,\n    clippy::disallowed_methods,\n    reason = \"a\"\n)]\n";
        assert!(expects(text));
        assert!(!expects("#![expect(clippy::print_stdout, reason = \"a\")]\n#[expect(clippy::disallowed_methods)]\n"));
        assert!(!expects("const A: &str = \"#![expect(clippy::disallowed_methods)]\";\n"), "it is in a text");
    }

    #[test]
    fn tests_need_no_star() {
        assert_eq!(check("", &[source("robot-sim/tests/cli/main.rs", EXPECT)]), Vec::<String>::new());
    }
}
