//! Files with `unsafe` in them, against the table of them in SECURITY.md.
//!
//! There such a file is written as its path in backticks at the start of a table's row. That each block says why it is sound is
//! checked by clippy (`undocumented_unsafe_blocks`).

use std::collections::BTreeSet;

use super::sources::Source;

/// Where the files are listed.
pub(super) const LIST: &str = "SECURITY.md";

/// Every file that is in one and not in the other, in a line each.
pub(super) fn check(list: &str, sources: &[Source]) -> Vec<String> {
    let listed: BTreeSet<&str> = list
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|path| path.ends_with(".rs"))
        .collect();
    let unsafes: BTreeSet<&str> = sources
        .iter()
        .filter(|source| source.text.lines().any(has_unsafe))
        .map(|source| source.path.as_str())
        .collect();
    let unlisted = unsafes.difference(&listed).map(|path| {
        format!("{path}: has `unsafe` in it, but {LIST} does not list it; add a row | `{path}` | why |, or do without")
    });
    let idle = listed
        .difference(&unsafes)
        .map(|path| format!("{LIST}: lists {path}, which has no `unsafe` in it; remove the row, or correct the path"));
    unlisted.chain(idle).collect()
}

/// Whether a line of code begins something unsafe.
fn has_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"].iter().any(|start| {
        code.split(start).next().is_some_and(|before| before.len() < code.len() && before.matches('"').count() % 2 == 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_file_with_unsafe_has_a_row_and_a_row_has_such_a_file() {
        let sources = [source("a/src/end.rs", "    unsafe { end() }\n"), source("a/src/safe.rs", "// unsafe { no }\n")];
        assert!(check("| `a/src/end.rs` | it ends |\n", &sources).is_empty());
        assert!(check("", &sources)[0].starts_with("a/src/end.rs: has `unsafe`"));
        let idle = check("| `a/src/end.rs` | it ends |\n| `a/src/safe.rs` | why |\n", &sources);
        assert!(idle.len() == 1 && idle[0].starts_with("SECURITY.md: lists a/src/safe.rs"), "{idle:?}");
    }

    #[test]
    fn code_is_told_from_attributes() {
        assert!(has_unsafe("unsafe impl Send for A {}") && has_unsafe("let a = unsafe { b() };"));
        assert!(!has_unsafe("#![expect(unsafe_code)]"));
    }
}
