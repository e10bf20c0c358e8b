//! The page itself, in the program.

/// The page.
pub(super) const PAGE: &str = include_str!("../../web/page.html");

/// What the page loads: the type and the text of the file called `name`.
pub(super) fn file(name: &str) -> Option<(&'static str, &'static str)> {
    let (_, text) = FILES.iter().find(|(file, _)| *file == name)?;
    let content_type =
        if name.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
    Some((content_type, text))
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../web/", $name)))),*]
    };
}

const FILES: [(&str, &str); 17] = files![
    "page.css",
    "connection.js",
    "controls.js",
    "copy.js",
    "dom.js",
    "label.js",
    "layout.js",
    "outline.js",
    "page.js",
    "payloads.js",
    "picture.js",
    "snapshot.js",
    "strip.js",
    "tile.js",
    "update.js",
    "waiting.js",
    "words.js",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_the_page_names_is_served() {
        let texts = FILES.iter().map(|(_, text)| *text).chain([PAGE]);
        for text in texts {
            let named = text.split(['"', '\'']).filter_map(|word| {
                let word = word.trim_start_matches("./").trim_start_matches('/');
                (word.ends_with(".js") || word.ends_with(".css")).then_some(word)
            });
            for name in named {
                assert!(file(name).is_some(), "{name}");
            }
        }
        assert!(file("page.html").is_none() && file("../Cargo.toml").is_none());
    }
}
